"""What the lock file remembers of a document, as long as any process of the server lives."""

import os
from contextlib import suppress

import msgspec

from myapp.documents import SEAL, version

USUAL = 16 * 1024
"""More than most documents have, in bytes."""


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the journal's lines are true."""

    size: int
    """Bytes of the current journal. Whatever lies beyond is of a change that was never made."""
    gap: bool = False
    """Fleeting changes came after its last line."""


class Kept(msgspec.Struct, omit_defaults=True):
    """The last good document."""

    revision: int
    document: msgspec.Raw
    text: str = ""
    """The version of the file's text that says so, if the server wrote it."""
    journal: Mark | None = None
    """None: there is none, or nobody has looked how far it goes."""


def recall(lock: int) -> Kept | None:
    sealed = contents(lock)
    text = sealed[SEAL:]
    if sealed[:SEAL] != version(text).encode():
        return None
    return msgspec.json.decode(text, type=Kept)


def keep(lock: int, kept: Kept) -> None:
    text = msgspec.json.encode(kept)
    text = version(text).encode() + text
    # Written over the old one, whose rest goes last: a file that was empty for a moment is sent to
    # the disk by some file systems. The seal tells if this was cut short. Where it cannot be kept
    # the document is saved all the same, and only its protection waits.
    with suppress(OSError):
        os.pwrite(lock, text, 0)
        if os.fstat(lock).st_size > len(text):
            os.ftruncate(lock, len(text))


def contents(file: int) -> bytes:
    text = os.pread(file, USUAL, 0)
    return text if len(text) < USUAL else os.pread(file, os.fstat(file).st_size + 1, 0)
