"""A file to write the next text into: the one before last, if nobody reads it any more.

A new file for each change, and the end of the old one, cost most of what a change costs in the
kernel (ext4 looks at every file that was deleted lately before it makes one). So a durable change
writes into the spare file and exchanges the two names: a reader finds the old text or the new, and
whoever has opened the old one reads it to its end, for then it is not taken. Runs in real threads.
"""

import ctypes
import errno
import fcntl
import os
import signal
from contextlib import suppress

from myapp.store_tinydb.tinydb_file import close, write_all

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # from linux/fcntl.h and linux/fs.h
CANNOT = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOENT}
"""What a file system says that cannot exchange, or where there is nothing yet."""
NONE = None, 0

_libc = ctypes.CDLL(None, use_errno=True)
_renameat2 = getattr(_libc, "renameat2", None)


def draft(path: str, text: bytes, reuse: bool) -> int:
    """A descriptor of the file with this text alone. The file may only be reused by one who makes
    it durable before he puts it in place: after a power cut it might hold some of both texts.

    Who writes the descriptor is through with it, so that its end is no news to those who watch the
    folder it goes to.
    """
    file, size = _spare(path) if reuse else NONE
    if file is None:
        with suppress(FileNotFoundError):
            os.unlink(path)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        write_all(file, text, 0)
        if size > len(text):
            os.ftruncate(file, len(text))
    finally:
        close(file)
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def put_in_place(draft: str, path: str, spare: bool) -> None:
    """Have the draft under this name; what was there is the spare file then, or gone."""
    try:
        if spare and _renameat2:
            exchange(draft, path)
            return
    except OSError as error:
        if error.errno not in CANNOT:
            raise
    os.replace(draft, path)


def exchange(one: str, other: str) -> None:
    """Each file has the name of the other now."""
    names = AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other)
    if _renameat2 and _renameat2(*names, RENAME_EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _spare(path: str) -> tuple[int | None, int]:
    """A descriptor to write this file, if no other name leads to it and nobody has it open, and its
    size."""
    with suppress(OSError):
        file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with suppress(OSError):
            found = os.fstat(file)
            if found.st_nlink == 1:
                # Only who has a file alone can have a lease of it. Whoever came meanwhile would be
                # told by a signal, one that ends nobody.
                fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
                return file, found.st_size
        close(file)
    return NONE
