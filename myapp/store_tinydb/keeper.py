"""What this process knows of one document, and how it serves all who wait for it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import gevent
from gevent.event import AsyncResult, Event

from myapp.documents import version
from myapp.store import Change, StoreDown
from myapp.store_tinydb.committer import End
from myapp.store_tinydb.document import DocumentFile, Outcome
from myapp.store_tinydb.flush import Commit
from myapp.store_tinydb.trouble import sentence

PATIENCE = 0.05
"""Seconds an editor may take between moving the old file away and having written the new."""
TRIES = 3
"""How often a file that keeps moving gets that time."""
MEND = "The last good document stays in use until the file is mended"
LOST = "Nobody has a good copy: mend the file"

log = logging.getLogger(__name__)


@dataclass
class Wish:
    """Somebody waits: for a change or, without `fn`, for a look at the file."""

    fn: Change | None = None
    fleeting: bool = False
    answer: AsyncResult = field(default_factory=AsyncResult)


class Keeper:
    """Whatever is wished while it is at work goes into one commit when it comes back.

    `ring` tells this process that the document is another. `carry_out` tells the end of a commit
    when every event of the folder up to then has been reported, by calling `hear`. All of it is
    done in the loop, without a greenlet: that would cost more than what it does.
    """

    def __init__(
        self,
        file: DocumentFile,
        ring: Callable[[], None],
        carry_out: Callable[[Callable[[bool], Commit[Any]], End], None],
    ) -> None:
        self.body: bytes | None = None
        self.version = ""
        self.trouble = ""
        self.fault = ""
        self.file = file
        self._ring = ring
        self._carry_out = carry_out
        self._known = False
        self._heard = 0  # events of the file, ever
        self._taken = 0  # those that `body` has taken in
        self._written = 0  # which of them was the last to be written in place
        self._rumour = False
        self._stirred = Event()
        self._wishes: list[Wish] = []
        self._served: list[Wish] | None = None  # None while nothing is to be done
        self._tries = TRIES
        self._reported = ""

    @property
    def fresh(self) -> bool:
        """Whether the file is still what `body` says, as far as has been heard."""
        return self._known and self._heard == self._taken

    def hear(self, written: bool) -> None:
        """Something happened to the file: have a look. We ourselves never write in place."""
        self._heard += 1
        if written:
            self._written = self._heard
        self._rumour = True
        self._stirred.set()
        self._begin()

    def ask(self, wish: Wish) -> bytes | None:
        self._wishes.append(wish)
        self._begin()
        answer: bytes | None = wish.answer.get()
        return answer

    def finish(self) -> None:
        while self._served is not None:
            wish = Wish()
            self._wishes.append(wish)
            wish.answer.wait()

    def _begin(self) -> None:
        """In the loop's next turn, for others may have wishes in this one."""
        if self._served is None:
            self._served = []
            gevent.get_hub().loop.run_callback(self._take_up)

    def _take_up(self) -> None:
        self._served, self._wishes = self._wishes, []
        self._tries = TRIES
        self._attend()

    def _attend(self) -> None:
        fns = [(wish.fn, not wish.fleeting) for wish in self._served or () if wish.fn]
        self._stirred.clear()
        begin = partial(self.file.attend, fns, self._tries > 0, self._reported)
        self._carry_out(begin, partial(self._ended, self._heard))

    def _wait(self) -> None:
        """An editor is half-way through saving: until he goes on, or as long as he may take."""
        self._tries = self._tries - 1 if self._stirred.wait(PATIENCE) else 0
        self._attend()

    def _ended(self, heard: int, outcome: Outcome | None, error: BaseException | None) -> None:
        """`heard` is how many of the events it has taken in."""
        wishes = self._served or []
        try:
            if error:
                raise error
            if outcome is None:
                gevent.spawn(self._wait)
                return
            self._serve(wishes, outcome, heard)
        except BaseException as error:
            self._fail(wishes, error)
        self._served = None
        if self._wishes or self._heard > self._taken:
            self._begin()

    def _serve(self, wishes: list[Wish], outcome: Outcome, heard: int) -> None:
        # Our own doing has been reported by now, and is no news.
        ours = self.file.still_as_written(outcome) and self._written <= heard
        self._taken = self._heard if ours else heard
        self._report(outcome)
        fault, self.fault = self.fault, outcome.fault
        if not outcome.lost or self.body is None:
            changed = outcome.body != self.body
            news = changed if self._known else self._rumour or outcome.wrote
            if changed or not self._known:
                self.version = version(outcome.body or b"")
            self._known, self.body = True, outcome.body
            self.trouble = f"{outcome.fault}. {LOST}" if outcome.lost else ""
            if news or fault != self.fault:
                self._ring()
        elif fault != self.fault:
            self._ring()
        self._rumour = self._heard > self._taken
        answers = iter(outcome.answers)
        for wish in wishes:
            if wish.fn is None:
                wish.answer.set(None)
            elif outcome.lost:
                wish.answer.set_exception(StoreDown(f"{outcome.fault}. {LOST}"))
            elif isinstance(answer := next(answers), BaseException):
                wish.answer.set_exception(answer)
            else:
                wish.answer.set(answer)

    def _report(self, outcome: Outcome) -> None:
        if outcome.fault and outcome.mark != self._reported:
            outcome.notes.append(f"{outcome.fault}. {LOST if outcome.lost else MEND}")
        self._reported = outcome.mark
        for note in outcome.notes:
            log.error(note)

    def _fail(self, wishes: list[Wish], error: BaseException) -> None:
        self._known, self._taken = False, self._heard
        if isinstance(error, OSError):
            # The folder will do: the disk fails for all of them, and a room's name is its key.
            down = f"A file in {self.file.path.parent} was not saved. {sentence(error)}"
            log.error(down)
        else:
            log.error("A file in %s was not saved", self.file.path.parent, exc_info=error)
        for wish in wishes:
            wish.answer.set_exception(StoreDown(down) if isinstance(error, OSError) else error)
