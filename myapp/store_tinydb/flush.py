"""Waiting for the disk: whoever waits at the same time shares one flush. Runs in real threads.

A commit is a generator. Where it must be sure of the disk it yields what it has written, and it is
gone on with when that is durable, or hears the OSError there. So a commit reads the same whether it
waits alone or with all the others.

It waits twice: for its texts, and, when they are renamed, for the folder. One flush would do if the
journal were made good for a lost rename after a power cut; but then nobody could tell that from an
old copy which the operator put back, and a stopped server must take any edit.
"""

import ctypes
import os
from collections.abc import Generator, Iterable
from typing import TypeVar

from myapp.store_tinydb.tinydb_file import sync

T = TypeVar("T")

Written = dict[str, int | None]
"""By folder the descriptor of what was written there; None if it is the folder that has changed."""
Commit = Generator[Written, None, T]

CROWD = 4
"""From so many commits on, one flush of the file system costs less than one of each file."""

_libc = ctypes.CDLL(None, use_errno=True)


def alone(commit: Commit[T]) -> T:
    """Go through with a commit that nobody shares."""
    try:
        written = next(commit)
        while True:
            try:
                flush([written])
            except OSError as error:
                written = commit.throw(error)
            else:
                written = next(commit)
    except StopIteration as end:
        value: T = end.value
        return value


def flush(commits: Iterable[Written]) -> None:
    """Make durable what they have written."""
    commits = [*commits]
    files = [(at, file) for written in commits for at, file in written.items() if file is not None]
    if len(commits) < CROWD:
        for _, file in files:
            os.fsync(file)
    else:  # Whatever stands in one folder is on one disk.
        for file in {os.fstat(file).st_dev: file for file in dict(files).values()}.values():
            _syncfs(file)
    for folder in {at for written in commits for at, file in written.items() if file is None}:
        sync(folder)


def _syncfs(file: int) -> None:
    if _libc.syncfs(file) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
