"""A TinyDB file: what its text means, and how it is replaced. Runs in real threads."""

import errno
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from gevent.monkey import get_original
from tinydb.storages import Storage

Tables = dict[str, dict[str, Any]]

close = get_original("os", "close")
"""For files, which no greenlet ever waits on: gevent's own looks for one each time."""


class Broken(Exception):
    """A text that is no document of ours. The message says where and why, and follows a path."""


class WholeFile(Storage):
    """A TinyDB storage that replaces its file whole: a reader finds the old text or the new.

    What it writes is indented for people, and TinyDB's own storage reads it.
    """

    def __init__(self, path: Path, temp: Path, durable: bool = True) -> None:
        self.path, self.temp, self.durable = path, temp, durable

    def read(self) -> Tables | None:
        with suppress(FileNotFoundError):
            return msgspec.json.decode(self.path.read_bytes(), type=Tables)
        return None

    def write(self, data: Tables) -> None:
        write(self.temp, _for_people(msgspec.json.encode(data)), self.durable)
        self.temp.replace(self.path)
        if self.durable:
            sync(self.path.parent)


def tables(body: bytes, revision: int) -> bytes:
    """The text of a document, given as compact JSON, and its revision."""
    return _for_people(b'{"_default":{"1":%b},"saved":{"1":{"revision":%d}}}' % (body, revision))


def _for_people(text: bytes) -> bytes:
    return msgspec.json.format(text, indent=2) + b"\n"


def parse(text: bytes) -> tuple[bytes, int | None]:
    """The document in a file, as compact JSON, and the revision it says it is. Raises Broken."""
    try:
        found = msgspec.json.decode(text, type=dict[str, dict[str, dict[str, Any]]])
    except (ValueError, RecursionError) as error:
        raise Broken(_where(text, error)) from error
    documents = list(found.get("_default", {}).values())
    if len(documents) != 1:
        raise Broken(f', line 1: "_default" must hold one document, and holds {len(documents)}')
    revision = found.get("saved", {}).get("1", {}).get("revision")
    return msgspec.json.encode(documents[0]), revision if isinstance(revision, int) else None


def write(path: str | Path, text: bytes, durable: bool) -> None:
    with open(path, "wb") as file:
        file.write(text)
        file.flush()
        if durable:
            os.fsync(file.fileno())


def write_all(file: int, text: bytes, at: int) -> None:
    """At this place of the file, or an OSError: a disk may run full in the middle."""
    if os.pwrite(file, text, at) < len(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def sync(folder: str | Path) -> None:
    """Make what was renamed, made or removed in the folder survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        close(fd)


def made_once(path: Path) -> str:
    """The secret in this file, which only its owner may read; made by whoever comes first."""
    if not path.exists():
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        temp = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        temp.touch(0o600)
        write(temp, secrets.token_hex(32).encode(), durable=True)
        with suppress(FileExistsError):
            path.hardlink_to(temp)
        temp.unlink()
        sync(path.parent)
    return path.read_text()


def _where(text: bytes, error: Exception) -> str:
    # msgspec counts bytes; the standard library counts lines, as editors do.
    try:
        json.loads(text.decode())
    except json.JSONDecodeError as better:
        return f", line {better.lineno}: {better.msg}"
    except UnicodeDecodeError as better:
        line = text.count(b"\n", 0, better.start) + 1
        return f", line {line}: not UTF-8"
    except RecursionError:
        pass
    return f", line 1: {error}"
