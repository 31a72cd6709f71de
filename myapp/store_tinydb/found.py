"""What stands in a document's file, and whether it is good. Runs in real threads."""

import os
from dataclasses import dataclass

import msgspec

from myapp.documents import version
from myapp.store import Check
from myapp.store_tinydb.kept import Kept, Mark, contents
from myapp.store_tinydb.tinydb_file import Broken, close, parse


@dataclass
class Found:
    """What stands in the file, and the document to go on from."""

    text: bytes | None
    body: bytes | None
    revision: int
    fault: str = ""
    stale: bool = False
    lost: bool = False
    doubtful: bool = False
    """Missing or broken: an editor may be half-way through saving."""
    led: Mark | None = None
    """How far its journal leads to what was kept."""
    edited: bool = False
    """It is another document than was kept."""
    known: bool = False
    """It is to the byte what the server wrote."""

    @property
    def mark(self) -> str:
        return version(self.fault.encode() + (self.text or b"")) if self.fault else ""


def look(path: str, kept: Kept | None, check: Check | None) -> Found:
    """Judge what is in the file by what was kept, and by what its game can load."""
    body, newest = (bytes(kept.document), kept.revision) if kept else (None, 0)
    led = kept.journal if kept else None
    text = None
    try:
        text = read(path)
        if text is None:
            return Found(None, None, newest, doubtful=kept is not None)
        if kept and kept.text and kept.text == version(text):
            return Found(text, body, newest, led=led, known=True)
        written, revision = parse(text)
        if revision is not None and revision < newest:
            fault = f"{path} was edited from revision {revision}, older than {newest}"
            return Found(text, body, newest, fault, stale=True, led=led)
        if written == body:  # What the server wrote needs no check.
            return Found(text, body, max(revision or 0, newest), led=led)
        check_edit(check, written)
        return Found(text, written, max(revision or 0, newest), led=led, edited=kept is not None)
    except Broken as broken:
        fault = f"{path}{broken}"
        lost = kept is None or text is None
        return Found(text, body, newest, fault, lost=lost, doubtful=True, led=led)


def read(path: str) -> bytes | None:
    """Raises Broken."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return contents(file)
        finally:
            close(file)
    except FileNotFoundError:
        return None
    except (PermissionError, IsADirectoryError) as error:
        raise Broken(f" cannot be read: {error.strerror}") from error


def check_edit(check: Check | None, body: bytes) -> None:
    """Raises Broken."""
    try:
        if check:
            check(msgspec.json.decode(body))
    except ValueError as error:
        raise Broken(f", line 1: {error}") from error
    except Exception as error:
        raise Broken(f", line 1: {type(error).__name__}: {error}") from error
