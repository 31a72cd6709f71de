"""The journal of one document: two files of lines, touched under its lock, in real threads.

`data/journals/rooms-KXQP.jsonl` grows by a line for each saved change. When it is full it becomes
`rooms-KXQP.old.jsonl`, in the place of the one before, and a new one begins with a whole entry. The
folder is not one that anybody watches. A line is durable before its document is put in place, so a
crash may leave lines of a change that was never made: they are ahead of the document, and go.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from myapp.journal import between, patched
from myapp.store_tinydb.kept import Mark
from myapp.store_tinydb.tinydb_file import sync, write_all

JOURNALS = "journals"
FULL = 256 * 1024
"""From this many bytes on a journal becomes the older one."""
OLD, NEW = ".old.jsonl", ".jsonl"

encode = msgspec.json.encode
decode = msgspec.json.decode

Entry = dict[str, Any]


class JournalFile:
    def __init__(self, root: Path, folder: str, name: str) -> None:
        self.path = root / journal_name(f"{folder}/{name}")
        self.folder, self._file = os.fspath(self.path.parent), os.fspath(self.path)
        self.older = self.path.with_name(self.path.name.removesuffix(NEW) + OLD)

    def saved(
        self, mark: Mark | None, was: bytes | None, made: list[bytes | None], revision: int
    ) -> tuple[Mark, int]:
        """Write a line for each document that was made of `was`, one after the other.

        `mark` is how far the journal led to `was`, whose revision is the one before `revision`. The
        lines have yet to be made durable, by the descriptor that is returned.
        """
        lines: list[bytes] = []
        if was is None:
            self.remove()
            mark = Mark(0)
        elif mark is None or mark.size > _size(self._file):
            _, size, leads = self._true(None, was, revision - 1)
            if not leads:
                lines.append(_whole(was, revision - 1))
            mark = Mark(size)
        elif mark.gap:
            was = None
        if mark.size > FULL:
            self.path.replace(self.older)
            mark = Mark(0)
        if not mark.size and not lines:
            was = None  # Each file can be read alone.
        for body in made:
            if body is not None:
                lines.append(_whole(body, revision) if was is None else _step(was, body, revision))
            was = body
        text = b"".join(lines)
        return Mark(mark.size + len(text)), self._append(mark.size, text)

    def edited(self, mark: Mark | None, body: bytes, revision: int) -> Mark | None:
        """A document was found that nobody here wrote, unless one did who died before he told.

        `mark` is how far the journal led to the one before.
        """
        with suppress(OSError):  # The next change sees to it.
            _, size, leads = self._true(None, body, revision)
            if leads:
                return Mark(size)
            size = min(size, mark.size) if mark else size
            line = _whole(body, revision)
            os.close(self._append(size, line))
            return Mark(size + len(line))
        return None

    def trim(self, mark: Mark | None, was: bytes | None, revision: int) -> Mark | None:
        """Remove what was never made, before a change that has no line of its own: later nobody
        could tell it from what was."""
        if was is None:
            self.remove()
            return None
        if mark is None or mark.size > _size(self._file):  # or it is the mark of the older one
            _, size, leads = self._true(None, was, revision)
            mark = Mark(size, gap=not leads)
        if _size(self._file) > mark.size:
            os.truncate(self.path, mark.size)
        return mark

    def anew(self, body: bytes, revision: int) -> Mark:
        """Forget what was; begin with this document."""
        self.remove()
        return self._begin(_whole(body, revision))

    def put(self, entries: list[Entry]) -> Mark | None:
        """Have these entries instead, which lead to the document that is about to be put there."""
        self.remove()
        if not entries:
            return None
        lines = [{"revision": n, **entry} for n, entry in enumerate(entries, 1)]
        return self._begin(b"".join(encode(line) + b"\n" for line in lines))

    def remove(self) -> None:
        for path in (self.path, self.older):
            path.unlink(missing_ok=True)

    def entries(self, mark: Mark | None, body: bytes, revision: int) -> list[Entry]:
        """The entries that lead to the document; whole is the last if the lines do not."""
        lines, _, leads = self._true(mark, body, revision)
        if not leads and mark:  # It may be by one who died before he told.
            more, _, leads = self._true(None, body, revision)
            lines = more if leads else lines
        found: list[Entry] = [decode(line) for line in lines]
        for entry in found:
            entry.pop("revision", None)
        return found if leads else [*found, {"whole": decode(body)}]

    def _true(self, mark: Mark | None, body: bytes, revision: int) -> tuple[list[bytes], int, bool]:
        """The lines that hold, how many bytes of the current file do, and if they lead to the
        document.

        Behind them there may be half a line, and one change that is ahead of the document: it was
        never made. Where the others do not lead to it fleeting changes or a hand came after them.
        What follows a line that is none, or does not fit, is of no use up to the next whole entry.
        """
        lines = [*self._lines(self.older, None)]
        older = len(lines)
        lines += self._lines(self.path, mark)
        if lines and not lines[-1][0].endswith(b"\n"):
            lines.pop()
        while lines and (lines[-1][1] or {}).get("revision") == revision + 1:
            lines.pop()
        good: list[bytes] = []
        doc: Any = None
        for line, entry in lines:
            try:
                if entry and "whole" in entry:
                    doc = entry["whole"]
                elif entry and doc is not None:
                    doc = patched(doc, entry["changed"])
                else:
                    raise ValueError
                good.append(line)
            except (ValueError, LookupError):
                doc = None
        leads = doc is not None and encode(doc) == body
        return good, sum(len(line) for line, _ in lines[older:]), leads

    @staticmethod
    def _lines(path: Path, mark: Mark | None) -> Iterator[tuple[bytes, Entry | None]]:
        text = _read(path)
        for line in text[: mark.size if mark else None].splitlines(keepends=True):
            entry = None
            with suppress(ValueError):
                entry = decode(line, type=Entry) if line.endswith(b"\n") else None
            yield line, entry

    def _begin(self, text: bytes) -> Mark:
        """Write the first lines, and make them durable."""
        file = self._append(0, text)
        try:
            os.fsync(file)
        finally:
            os.close(file)
        return Mark(len(text))

    def _append(self, size: int, text: bytes) -> int:
        """Write where the true lines end."""
        file = self._opened()
        try:
            if os.fstat(file).st_size > size:
                os.ftruncate(file, size)
            write_all(file, text, size)
            if not size:
                sync(self.folder)
        except OSError:
            os.close(file)
            raise
        return file

    def _opened(self) -> int:
        how = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(self._file, how, 0o666)
        except FileNotFoundError:
            self.path.parent.mkdir(exist_ok=True)
            sync(self.path.parent.parent)
            return os.open(self._file, how, 0o666)


def journal_name(key: str) -> str:
    """The file of a document's journal in the data folder, and in an archive of it."""
    return f"{JOURNALS}/{key.replace('/', '-')}{NEW}"


def sweep(root: Path) -> None:
    """Remove the journals of documents that are gone."""
    for path in root.glob(f"{JOURNALS}/*{NEW}"):
        folder, _, name = path.name.removesuffix(OLD).removesuffix(NEW).partition("-")
        if not (root / folder / f"{name}.json").exists():
            path.unlink()


def _whole(body: bytes, revision: int) -> bytes:
    return b'{"revision":%d,"whole":%b}\n' % (revision, body)


def _step(old: bytes, new: bytes, revision: int) -> bytes:
    return encode({"revision": revision, "changed": between(old, new)}) + b"\n"


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def _read(path: Path) -> bytes:
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return b""
