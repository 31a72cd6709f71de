"""One document on disk: judged and changed under its lock, in real threads.

The lock file also holds the last good document and its revision, as long as any process of the
server lives. So whoever comes next can tell an edit of the newest document (good) from an edit of
an older one (set aside), and can go on from the last good document while the file is broken.
"""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from myapp.store import Change, Check
from myapp.store_tinydb.locks import SIDE, locked
from myapp.store_tinydb.tinydb_file import Broken, WholeFile, parse, sync, tables, write

encode = msgspec.json.encode
decode = msgspec.json.decode

SEAL = 16  # the length of a version
GOES_ON = "The last good document goes on: edit that"
GONE = "Nobody has a good copy, so the document is gone"

Answer = bytes | BaseException | None


@dataclass
class Outcome:
    """What the loop is told when the file has been attended to."""

    body: bytes | None = None
    """The document as compact JSON, None if there is none."""
    answers: list[Answer] = field(default_factory=list)
    """For each change the document it made, or its exception."""
    wrote: bool = False
    """The file was replaced or deleted."""
    proof: int | None = None
    """A descriptor of the file that was written: while it is open, no other gets its number."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the operator."""
    fault: str = ""
    """What is wrong with the file as it stands: which, where, why."""
    mark: str = ""
    """Tells one broken text from another, so that each is reported once."""
    lost: bool = False
    """At fault, and nothing to go on from or nothing to set aside: no change was tried."""


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

    @property
    def mark(self) -> str:
        return version(self.fault.encode() + (self.text or b"")) if self.fault else ""


class Kept(msgspec.Struct):
    """The last good document, as the lock file holds it."""

    revision: int
    document: msgspec.Raw


class DocumentFile:
    def __init__(self, root: Path, folder: str, name: str, check: Check | None) -> None:
        self.path = root / folder / f"{name}.json"
        self.lock = root / folder / SIDE / f"{name}.lock"
        self.temp = root / folder / SIDE / f"{name}.tmp"
        self.life = root / folder / SIDE / f"{name}.life"
        self._aside = root / "set-aside" / f"{folder}-{name}"
        self._check = check

    def attend(
        self, fns: Sequence[Change], durable: bool, patient: bool, reported: str
    ) -> Outcome | None:
        """Read the file, judge it, and save what the changes make of it, all of them at once.

        None means that nothing was done because an editor may be half-way through saving: come
        back in a moment, and in the end without patience. `reported` is the mark of the fault that
        is known already. Raises OSError, and then no change is saved.
        """
        if not fns and not self.path.exists() and not self.lock.exists():
            return Outcome()  # Asking for a room that never was leaves no file behind.
        with locked(self.lock) as lock:
            while True:
                found = self._look(lock)
                if found.doubtful and patient and (not found.mark or found.mark != reported):
                    return None
                outcome = Outcome(found.body, fault=found.fault, mark=found.mark, lost=found.lost)
                if found.lost:
                    return outcome
                if found.body is not None and not found.fault:
                    # It may be an edit, or by one who died before he could keep it.
                    self._keep(lock, found.revision, found.body)
                for fn in fns:
                    answer = _play(fn, outcome.body)
                    outcome.answers.append(answer)
                    if not isinstance(answer, BaseException):
                        outcome.body = answer
                if outcome.body == found.body and not found.stale:
                    if found.body is None:
                        self._keep(lock, found.revision, None)
                    return outcome
                if self._save(lock, found, outcome, durable):
                    return outcome

    def still_as_written(self, outcome: Outcome) -> bool:
        """Whether nobody has replaced or deleted the file since. Asked once, and in the loop.

        The kernel reports two renames of one name as a single event, so counting them is no help.
        """
        try:
            now = self.path.stat()
            return outcome.proof is not None and os.path.samestat(now, os.fstat(outcome.proof))
        except FileNotFoundError:
            return outcome.wrote and outcome.body is None
        finally:
            if outcome.proof is not None:
                os.close(outcome.proof)

    def inspect(self, mend: bool) -> str:
        """What is wrong with the file; with `mend` it is set aside for the last good document."""
        with locked(self.lock) as lock:
            while True:
                found = self._look(lock)
                if found.body is not None and not found.fault:
                    try:
                        self._check_edit(found.body)  # also of what an older server wrote
                    except Broken as broken:
                        found.fault, found.body = f"{self.path}{broken}", None
                if not (mend and found.fault) or found.text is None:
                    return found.fault
                outcome = Outcome(found.body)
                if self._save(lock, found, outcome, durable=True):
                    return outcome.notes[0]

    def remove(self) -> None:
        """Delete the file, whatever is in it. Not durable: for what nobody misses."""
        with locked(self.lock):
            self.path.unlink(missing_ok=True)
            self.lock.unlink(missing_ok=True)

    def _look(self, lock: int) -> Found:
        kept = self._recall(lock)
        body, newest = (bytes(kept.document), kept.revision) if kept else (None, 0)
        text = None
        try:
            text = self._read()
            if text is None:
                return Found(None, None, newest, doubtful=kept is not None)
            written, revision = parse(text)
            if revision is not None and revision < newest:
                fault = f"{self.path} was edited from revision {revision}, older than {newest}"
                return Found(text, body, newest, fault, stale=True)
            if written != body:  # What the server wrote needs no check.
                self._check_edit(written)
            return Found(text, written, max(revision or 0, newest))
        except Broken as broken:
            fault = f"{self.path}{broken}"
            lost = kept is None or text is None
            return Found(text, body, newest, fault, lost=lost, doubtful=True)

    def _save(self, lock: int, found: Found, outcome: Outcome, durable: bool) -> bool:
        """False if an edit landed while the disk took its time: then that edit goes first."""
        storage = WholeFile(self.path, self.temp, durable)
        revision, body = found.revision + 1, outcome.body
        if body is not None:
            storage.stage(tables(body, revision))
        if self._read() != found.text:
            return False
        if found.fault:
            note = self._set_aside(found.fault, found.text or b"")
            outcome.notes.append(f"{note}. {GOES_ON if body is not None else GONE}")
            outcome.fault = outcome.mark = ""
        if body is None:
            self.path.unlink()
            if durable:
                sync(self.path.parent)
        else:
            proof = os.open(self.temp, os.O_RDONLY | os.O_CLOEXEC)
            try:
                storage.publish()
            except OSError:
                os.close(proof)
                raise
            outcome.proof = proof
        outcome.wrote = True
        self._keep(lock, revision, body)
        return True

    def _set_aside(self, fault: str, text: bytes) -> str:
        self._aside.parent.mkdir(exist_ok=True)
        place = Path(f"{self._aside}-{datetime.now():%Y%m%dT%H%M%S-%f}.json")
        write(place, text, durable=True)
        return f"{fault}. It was set aside as {place}"

    def _read(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except (PermissionError, IsADirectoryError) as error:
            raise Broken(f" cannot be read: {error.strerror}") from error

    def _check_edit(self, body: bytes) -> None:
        try:
            if self._check:
                self._check(decode(body))
        except ValueError as error:
            raise Broken(f", line 1: {error}") from error
        except Exception as error:
            raise Broken(f", line 1: {type(error).__name__}: {error}") from error

    @staticmethod
    def _recall(lock: int) -> Kept | None:
        sealed = os.pread(lock, os.fstat(lock).st_size, 0)
        text = sealed[SEAL:]
        return decode(text, type=Kept) if sealed[:SEAL] == version(text).encode() else None

    def _keep(self, lock: int, revision: int, body: bytes | None) -> None:
        if body is None:
            self.lock.unlink(missing_ok=True)
            return
        text = encode(Kept(revision, msgspec.Raw(body)))
        text = version(text).encode() + text
        # Written over the old one, whose rest goes last: a file that was empty for a moment is
        # sent to the disk by some file systems. The seal tells if this was cut short. Where it
        # cannot be kept the document is saved all the same, and only its protection waits.
        with suppress(OSError):
            if os.pread(lock, len(text) + 1, 0) != text:
                os.pwrite(lock, text, 0)
                os.ftruncate(lock, len(text))


def version(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=8).hexdigest()


def _play(fn: Change, body: bytes | None) -> Answer:
    try:
        document = fn(None if body is None else decode(body))
        if document is None:
            return None
        if not isinstance(document, dict):
            raise TypeError(f"a change returns a document or None, not {type(document).__name__}")
        return encode(document)
    except BaseException as error:  # Whatever it was, it is for the one who asked.
        return error
