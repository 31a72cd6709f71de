"""Side files and their flocks: who is changing a document, who lives, who uses the data folder.

They stand in ".side" beside the documents, a folder apart so that nobody who watches the documents
is woken by them. A lock is never on the document itself, which is another file after each change.
What blocks here runs in real threads.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from myapp.store_tinydb.journal_file import sweep
from myapp.store_tinydb.tinydb_file import close, sync

SIDE = ".side"
RUNNING = ".running"
"""Locked by all who use the data folder, and touched by those who serve: its age is how long
nobody has."""
AWAY = "away"
"""Holds how many seconds nobody served, in all."""
BLINK = 0.05  # seconds: file times are not as fine as the clock


class Busy(Exception):
    """Somebody else has the lock."""


@contextmanager
def locked(path: str) -> Iterator[int]:
    """Alone with the lock file inside the `with`, see `hold`."""
    lock = hold(path)
    try:
        yield lock
    finally:
        close(lock)


def hold(path: str, patient: bool = True) -> int:
    """Alone with the lock file until its descriptor, which may be read and written, is closed. Its
    holder may remove it.

    Blocks the thread until other holders, here or in other processes, are done; without patience
    that is Busy.
    """
    how = fcntl.LOCK_EX if patient else fcntl.LOCK_EX | fcntl.LOCK_NB
    while True:
        lock, held = _opened(path), False
        try:
            fcntl.flock(lock, how)
            held = _still_there(lock)
        except BlockingIOError as error:
            raise Busy from error
        finally:
            if not held:
                close(lock)
        if held:
            return lock


def seize(path: Path) -> int | None:
    """A descriptor that holds the file's lock until it is closed; None if another holds it."""
    held = _opened(path)
    with suppress(BlockingIOError):
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _still_there(held):
            return held
    os.close(held)
    return None


def move_in(root: Path, serves: bool) -> int:
    """A descriptor that says, until it is closed, that this process uses the data folder.

    Whoever finds nobody else there clears what the dead left in the side folders, and, if it
    serves, adds up how long nobody did.
    """
    root.mkdir(0o700, parents=True, exist_ok=True)
    door = _opened(root / RUNNING)
    with suppress(BlockingIOError):
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in root.glob(f"*/{SIDE}/*"):
            left.unlink()
        sweep(root)
        gap = time.time() - os.fstat(door).st_mtime
        if serves and gap > BLINK:
            with suppress(OSError):  # a full disk must not keep a server from starting
                add_away(root, gap)
                os.utime(door)
    fcntl.flock(door, fcntl.LOCK_SH)
    return door


def away(root: Path) -> float:
    """Seconds in all during which nobody served."""
    with suppress(FileNotFoundError, ValueError):
        return float((root / AWAY).read_text())
    return 0.0


def add_away(root: Path, seconds: float) -> None:
    draft = root / f".{AWAY}"  # beside it, so that it is never half there
    with draft.open("w") as file:
        file.write(f"{away(root) + seconds:.3f}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(root / AWAY)
    sync(root)


def shut(root: Path) -> int | None:
    """A descriptor that keeps all others out of the data folder; None while somebody is in it."""
    return seize(root / RUNNING)


def inside(root: Path) -> list[int]:
    """The processes that use the data folder, as far as the kernel tells: not from a container."""
    number = f":{(root / RUNNING).stat().st_ino}"
    with suppress(OSError):
        locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        return sorted({int(w[4]) for w in locks if w[1] == "FLOCK" and w[5].endswith(number)})
    return []


def _opened(path: str | Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _still_there(lock: int) -> bool:
    """False if its last holder removed the file while we waited: then another file has its name."""
    return os.fstat(lock).st_nlink > 0
