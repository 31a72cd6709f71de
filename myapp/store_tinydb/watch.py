"""Hears what happens to the files of a folder: one inotify descriptor for all folders watched."""

import ctypes
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from myapp.hub import on_readable

# From linux/inotify.h.
CLOSE_WRITE, MOVED_FROM, MOVED_TO, DELETE = 0x8, 0x40, 0x80, 0x200
DELETE_SELF, MOVE_SELF = 0x400, 0x800
Q_OVERFLOW, IGNORED, ONLYDIR = 0x4000, 0x8000, 0x01000000
WANTED = CLOSE_WRITE | MOVED_FROM | MOVED_TO | DELETE | DELETE_SELF | MOVE_SELF | ONLYDIR
EVENT = struct.Struct("iIII")
LONGEST = EVENT.size + 256
READ_SIZE = 64 * LONGEST
REST = 0.002
"""Seconds between two times that the loop is woken: many changes come at once, and to wake up for
each of them would cost as much as to make it. Who wants to know drains before."""

_libc = ctypes.CDLL(None, use_errno=True)


class Watch:
    """Tells `on_name(folder, name, written)` of each file that was written, moved or deleted.

    Several events of one kind may come as one. `on_lost(folder)` says that the folder itself went,
    or (None) that the kernel dropped events: whatever was known is then suspect. Both are called
    in the loop and must not block.
    """

    def __init__(
        self,
        on_name: Callable[[str, str, bool], None],
        on_lost: Callable[[str | None], None],
    ) -> None:
        self._on_name = on_name
        self._on_lost = on_lost
        self._folders: dict[int, str] = {}
        self._fd = _checked(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), "inotify")
        self._stop = on_readable(self._fd, self.drain, REST)

    def add(self, folder: Path) -> None:
        """Watch `folder`; it is reported by its last name."""
        number = _libc.inotify_add_watch(self._fd, os.fsencode(folder), WANTED)
        self._folders[_checked(number, str(folder))] = folder.name

    def drain(self) -> None:
        """Report everything that has happened up to now."""
        with suppress(BlockingIOError):
            full = True
            while full:
                events = os.read(self._fd, READ_SIZE)
                full = len(events) > READ_SIZE - LONGEST  # else there was no more
                self._report(events)

    def close(self) -> None:
        self._stop()
        os.close(self._fd)
        self._folders.clear()

    def _report(self, events: bytes) -> None:
        at = 0
        while at < len(events):
            number, what, _, length = EVENT.unpack_from(events, at)
            at += EVENT.size + length
            if what & Q_OVERFLOW:
                self._on_lost(None)
            elif what & (DELETE_SELF | MOVE_SELF | IGNORED):
                # A folder that moved away is still watched, under a number we no longer know.
                lost = self._folders.pop(number, None)
                if lost is not None:
                    self._on_lost(lost)
            elif number in self._folders:
                name = events[at - length : at].rstrip(b"\0")
                self._on_name(self._folders[number], os.fsdecode(name), bool(what & CLOSE_WRITE))


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result
