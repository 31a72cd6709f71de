"""One document on disk: judged and changed under its lock, in real threads.

The lock file also holds the last good document and its revision, as long as any process of the
server lives. So whoever comes next can tell an edit of the newest document (good) from an edit of
an older one (set aside), and can go on from the last good document while the file is broken.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from myapp.documents import Answer, encode, play, version
from myapp.store import Change, Check, Document
from myapp.store_tinydb.flush import Commit, alone
from myapp.store_tinydb.found import Found, check_edit, look, read
from myapp.store_tinydb.journal_file import JournalFile
from myapp.store_tinydb.kept import Kept, Mark, keep, recall
from myapp.store_tinydb.locks import SIDE, hold, locked
from myapp.store_tinydb.spare import draft, put_in_place
from myapp.store_tinydb.tinydb_file import Broken, close, sync, tables, write

GOES_ON = "The last good document goes on: edit that"
GONE = "Nobody has a good copy, so the document is gone"


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


class DocumentFile:
    def __init__(
        self, root: Path, folder: str, name: str, check: Check | None, journal: bool = False
    ) -> None:
        self.path = root / folder / f"{name}.json"
        self.life = root / folder / SIDE / f"{name}.life"
        self._folder, self._file = os.fspath(root / folder), os.fspath(self.path)
        side = f"{self._folder}/{SIDE}/{name}"
        self._lock, self._temp, self._fresh = f"{side}.lock", f"{side}.tmp", f"{side}.new"
        self._aside = root / "set-aside" / f"{folder}-{name}"
        self._check = check
        self._journal = JournalFile(root, folder, name) if journal else None

    def attend(
        self,
        fns: Sequence[tuple[Change, bool]],
        patient: bool,
        reported: str,
        waits: bool = True,
    ) -> Commit[Outcome | None]:
        """Read the file, judge it, and save what the changes make of it, all of them at once.

        With each change goes whether it is durable; if one is, all are. None means that nothing was
        done because an editor may be half-way through saving: come back in a moment, and in the end
        without patience. `reported` is the mark of the fault that is known already. Unless it
        `waits` for who else is at the document, that is Busy. Raises OSError, and then no change is
        saved.
        """
        if not fns and not any(map(os.path.exists, (self._file, self._lock))):
            return Outcome()  # Asking for a room that never was leaves no file behind.
        lock = hold(self._lock, waits)
        try:
            while True:
                found = look(self._file, self._recall(lock), self._check)
                if found.doubtful and patient and (not found.mark or found.mark != reported):
                    return None
                outcome = Outcome(found.body, fault=found.fault, mark=found.mark, lost=found.lost)
                if found.lost:
                    return outcome
                if found.body is not None and not found.fault and not found.known:
                    # It may be an edit, or by one who died before he could keep it.
                    if self._journal and found.edited:
                        found.led = self._journal.edited(found.led, found.body, found.revision)
                    self._keep(lock, found.revision, found.body, found.text or b"", found.led)
                made: list[bytes | None] = []
                for fn, durable in fns:
                    answer = play(fn, outcome.body)
                    outcome.answers.append(answer)
                    if not isinstance(answer, BaseException):
                        if durable and answer != outcome.body:
                            made.append(answer)
                        outcome.body = answer
                if outcome.body == found.body and not found.stale:
                    if found.body is None:
                        self._forget()
                    return outcome
                durable = any(durable for _, durable in fns)
                if (yield from self._save(lock, found, outcome, durable, made)):
                    return outcome
        finally:
            close(lock)

    def still_as_written(self, outcome: Outcome) -> bool:
        """Whether nobody has replaced or deleted the file since. Asked once, and in the loop.

        The kernel reports two renames of one name as a single event, so counting them is no help.
        """
        try:
            now = os.stat(self._file)
            return outcome.proof is not None and os.path.samestat(now, os.fstat(outcome.proof))
        except FileNotFoundError:
            return outcome.wrote and outcome.body is None
        finally:
            if outcome.proof is not None:
                close(outcome.proof)

    def inspect(self, mend: bool) -> str:
        """What is wrong with the file; with `mend` it is set aside for the last good document."""
        with locked(self._lock) as lock:
            while True:
                found = look(self._file, self._recall(lock), self._check)
                if found.body is not None and not found.fault:
                    try:
                        check_edit(self._check, found.body)  # also of what an older server wrote
                    except Broken as broken:
                        found.fault, found.body = f"{self.path}{broken}", None
                if not (mend and found.fault) or found.text is None:
                    return found.fault
                outcome = Outcome(found.body)
                if alone(self._save(lock, found, outcome, durable=True, made=[])):
                    return outcome.notes[0]

    def remove(self) -> None:
        """Delete the file, whatever is in it. Not durable: for what nobody misses."""
        with locked(self._lock):
            self.path.unlink(missing_ok=True)
            self._forget()

    def entries(self) -> list[Document]:
        """The journal, as it leads to the last good document."""
        if self._journal is None or not self.path.exists():
            return []
        with locked(self._lock) as lock:
            found = look(self._file, self._recall(lock), self._check)
            if found.body is None:
                return []
            return self._journal.entries(found.led, found.body, found.revision)

    def cut(self) -> None:
        """Begin the journal anew. Raises OSError."""
        if self._journal is None or not self.path.exists():
            return
        with locked(self._lock) as lock:
            found = look(self._file, self._recall(lock), self._check)
            Path(self._temp).unlink(missing_ok=True)  # It holds the document before this one.
            if found.body is not None:
                led = self._journal.anew(found.body, found.revision)
                self._keep(lock, found.revision, found.body, b"", led)

    def put(self, document: Document, journal: list[Document]) -> None:
        """Have this document and this journal here, whatever there was. Raises OSError."""
        with locked(self._lock) as lock:
            revision, body = max(1, len(journal)), encode(document)
            text = tables(body, revision)
            write(self._fresh, text, durable=True)
            led = self._journal.put(journal) if self._journal else None
            os.replace(self._fresh, self._file)
            sync(self._folder)
            self._keep(lock, revision, body, text, led)

    def _save(
        self, lock: int, found: Found, outcome: Outcome, durable: bool, made: list[bytes | None]
    ) -> Commit[bool]:
        """False if an edit landed while the disk took its time: then that edit goes first."""
        revision, body, led = found.revision + 1, outcome.body, found.led
        written: dict[str, int] = {}
        try:
            text = b"" if body is None else tables(body, revision)
            if body is not None:
                temp = self._temp if durable else self._fresh
                written[self._folder] = draft(temp, text, reuse=durable)
                if self._journal and made:
                    led, file = self._journal.saved(led, found.body, made, revision)
                    written[self._journal.folder] = file
                elif self._journal:
                    led = self._journal.trim(led, found.body, found.revision)
                if led and body != (made[-1] if made else found.body):
                    led = Mark(led.size, gap=True)
                if durable:
                    yield {**written}
            if read(self._file) != found.text:
                return False
            if found.fault:
                note = self._set_aside(found.fault, found.text or b"")
                outcome.notes.append(f"{note}. {GOES_ON if body is not None else GONE}")
                outcome.fault = outcome.mark = ""
            if body is None:
                os.unlink(self._file)
            else:
                put_in_place(temp, self._file, spare=durable)
            if durable:
                yield {self._folder: None}
            outcome.wrote = True
            if body is None:
                self._forget()
            else:
                outcome.proof = written.pop(self._folder)
                self._keep(lock, revision, body, text, led)
            return True
        finally:
            for file in written.values():
                close(file)

    def _recall(self, lock: int) -> Kept | None:
        kept = recall(lock)
        if kept and not self._journal:
            kept.journal = None  # Who does not write it leaves it behind.
        return kept

    @staticmethod
    def _keep(lock: int, revision: int, body: bytes, text: bytes, led: Mark | None) -> None:
        """`text` is what stands in the file, or nothing if that is not known to be good."""
        keep(lock, Kept(revision, msgspec.Raw(body), version(text) if text else "", led))

    def _forget(self) -> None:
        """The document is gone, and with it what was kept of it."""
        if self._journal:
            self._journal.remove()
        for left in (self._temp, self._lock):  # Without its lock the rest is already another's.
            with suppress(FileNotFoundError):
                os.unlink(left)

    def _set_aside(self, fault: str, text: bytes) -> str:
        self._aside.parent.mkdir(exist_ok=True)
        place = Path(f"{self._aside}-{datetime.now():%Y%m%dT%H%M%S-%f}.json")
        write(place, text, durable=True)
        return f"{fault}. It was set aside as {place}"
