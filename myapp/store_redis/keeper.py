"""What this process knows of one document, and the greenlet that saves for all who wait."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import gevent
from gevent.event import AsyncResult

from myapp.documents import Answer, encode, play, version
from myapp.hub import aside
from myapp.journal import between
from myapp.store import Change, StoreDown, split
from myapp.store_redis import scripts
from myapp.store_redis.damage import damage
from myapp.store_redis.life import Life
from myapp.store_redis.line import PATIENCE, Line

IN_TIME = 0.8 * PATIENCE  # seconds until a change no longer counts: the answer takes a while, too
CROWDED = 3  # lost races after which one steps back for a moment


@dataclass
class Wish:
    """Somebody waits for a change."""

    fn: Change
    fleeting: bool
    answer: AsyncResult = field(default_factory=AsyncResult)


@dataclass
class Made:
    """What the changes make of a document, worked out in a real thread."""

    answers: list[Answer]
    old: str  # the version it was made from
    body: bytes | None
    version: str
    last: bytes | None = None
    lines: list[bytes] = field(default_factory=list)
    """For the journal: a document and the steps to it, and so on."""


class Keeper:
    """Whatever is wished while it is at work goes into one commit when it comes back.

    It starts from what it knows. Redis says so if another process was quicker, and what it has
    instead; then all is worked out again.
    """

    def __init__(self, key: str, line: Line, life: Callable[[], Life], journal: bool) -> None:
        self.key = key
        self.body: bytes | None = None
        self.version = ""
        self.known = False
        self._last: bytes | None = None
        self._line, self._life, self._journal = line, life, journal
        self._wishes: list[Wish] = []
        self._at_work: gevent.Greenlet | None = None

    def read(self) -> None:
        self._learn(*self._line.ask(lambda redis: redis.hmget(self.key, "version", "doc", "last")))

    def ask(self, wish: Wish) -> bytes | None:
        self._wishes.append(wish)
        if self._at_work is None:
            self._at_work = gevent.spawn(self._work)
        answer: bytes | None = wish.answer.get()
        return answer

    def finish(self) -> None:
        if self._at_work:
            self._at_work.join()

    def _learn(self, mark: bytes | None, doc: bytes | None, last: bytes | None) -> None:
        if fault := damage(mark, doc):
            raise StoreDown(f"{self.key} in Redis {fault}")
        self.version = (mark or b"").decode()
        self.body, self._last, self.known = doc, last, True

    def _work(self) -> None:
        try:
            while self._wishes:
                wishes, self._wishes = self._wishes, []
                try:
                    self._serve(wishes)
                except Exception as error:
                    self.known = False
                    for wish in wishes:
                        wish.answer.set_exception(error)
        finally:
            self._at_work = None

    def _serve(self, wishes: list[Wish]) -> None:
        fns = [(wish.fn, self._journal and not wish.fleeting) for wish in wishes]
        if not self.known:
            self.read()
        races = 0
        while True:
            made = aside(_make, fns, self.body, self.version, self._last)
            if self._commit(made, wishes):
                break
            races += 1
            if races > CROWDED:
                gevent.sleep(random.random() * races / 1000)
        for wish, answer in zip(wishes, made.answers, strict=True):
            if isinstance(answer, BaseException):
                wish.answer.set_exception(answer)
            else:
                wish.answer.set(answer)

    def _commit(self, made: Made, wishes: list[Wish]) -> bool:
        """False if it has to be worked out again, from what is known now."""
        life, before = self._life(), time.monotonic()
        self.known = False  # until Redis has answered
        what, *said = self._line.run(
            scripts.COMMIT,
            [self.key, f"journal:{self.key}"],
            made.old,
            made.version,
            made.body or b"",
            # A Redis that stood still must not do later what was refused meanwhile.
            life.time() + IN_TIME,
            f"{split(self.key)[0]}/",
            made.last or b"",
            int(all(wish.fleeting for wish in wishes)),
            *made.lines,
        )
        if what == 1:
            self._learn(*said)
            return False
        if what == 2:
            life.measure(before, said[0])
            if time.monotonic() - before >= PATIENCE:
                raise StoreDown(f"Redis at {self._line.url} answered too late")
            return False
        if made.version != made.old:
            self.body, self.version, self._last = made.body, made.version, made.last
        self.known = True
        return True


def _make(
    wishes: list[tuple[Change, bool]], body: bytes | None, old: str, last: bytes | None
) -> Made:
    """`last` is the document that the journal leads to, where that is not `body`. A wish that says
    so gets a line of its own there."""
    made = Made([], old, body, old, last)
    told = last or body
    for fn, line in wishes:
        answer = play(fn, made.body)
        made.answers.append(answer)
        if isinstance(answer, BaseException) or answer == made.body:
            continue
        made.body = answer
        if line and answer is not None:
            steps = between(told, answer) if told else []
            made.lines += answer, encode(steps)
            told = answer
    if made.body == body:
        return Made(made.answers, old, body, old, last)
    made.version = "" if made.body is None else version(made.body)
    made.last = None if told == made.body else told
    if made.lines and made.last is None:
        made.lines[-2] = b""
    return made
