"""Touches: what anybody does to the files of a folder, as the kernel tells it."""

import ctypes
import os
import struct
from contextlib import suppress
from dataclasses import dataclass

# From linux/inotify.h.
ACCESS, MODIFY, CLOSE_WRITE, OPEN, MOVED_TO = 0x1, 0x2, 0x8, 0x20, 0x80
CREATE, DELETE, ONLYDIR, ISDIR = 0x100, 0x200, 0x01000000, 0x40000000
NAMES = {
    ACCESS: "read",
    MODIFY: "modified",
    CLOSE_WRITE: "written",
    OPEN: "opened",
    MOVED_TO: "put in place",
    CREATE: "created",
    DELETE: "deleted",
}
EVENT = struct.Struct("iIII")

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Touch:
    """A file or a folder, by its path below the root, and what was done to it."""

    path: str
    what: str


class Touches:
    """Watches a folder and all folders in it, hidden ones too; looking is not itself a touch."""

    def __init__(self, root):
        self._fd = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._folders = {}
        folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
        for folder in folders:
            mask = sum(NAMES) | ONLYDIR
            number = _libc.inotify_add_watch(self._fd, os.fsencode(folder), mask)
            assert number >= 0, os.strerror(ctypes.get_errno())
            self._folders[number] = folder.relative_to(root)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._fd)

    def since(self):
        """All touches since this was last asked, in their order."""
        events = b""
        with suppress(BlockingIOError):
            while True:
                events += os.read(self._fd, 1 << 16)
        return [*self._told(events)]

    def _told(self, events):
        at = 0
        while at < len(events):
            number, bits, _, length = EVENT.unpack_from(events, at)
            at += EVENT.size + length
            name = os.fsdecode(events[at - length : at].rstrip(b"\0"))
            assert number in self._folders, "the kernel lost events, or a folder went"
            kind = " folder" if bits & ISDIR else ""
            for bit, what in NAMES.items():
                if bits & bit:
                    yield Touch(str(self._folders[number] / name), what + kind)
