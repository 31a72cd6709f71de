"""Stream: keeps one page true. Listen, look, send what differs; a beat when all is quiet."""

import logging
import random
import time
from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from threading import Event
from typing import Any

from datastar_py import ServerSentEventGenerator as SSE

from myapp.hub import Bell, Hub, on_readable
from myapp.store import Store, StoreDown
from myapp.wire import HEAD, frame

log = logging.getLogger(__name__)

BEAT = 10.0  # seconds; the page takes a line that is silent for 25 for dead
AGAIN = range(200, 900, 10)
"""Milliseconds until a page comes back, one of these, so that not all come at once."""

QUIET_BEAT = SSE.patch_signals({"_beat": 1}).encode()
WAITS = {waits: SSE.patch_signals({"_wait": waits}).encode() for waits in (False, True)}
"""The page is told that the store is down, or that it is back."""

Parts = tuple[bytes, ...]


@dataclass(slots=True)
class Look:
    """What a page should show now.

    `parts` and `own` are whole server-sent events, each the newest state of its part of the page
    and sent only when it differs from the one last sent in its place: those that others are sent
    as well, and those that are this page's alone. `wake` is in how many seconds that may change by
    itself. After a `last` look the stream ends. `kin`: of all pages whose last look had an equal
    kin, as long as one has it again, all do, and what that one sees is what all of them see.
    """

    parts: Parts
    own: Parts = ()
    wake: float | None = None
    last: bool = False
    kin: Hashable = None


@dataclass(slots=True)
class Scene:
    """What all pages look at that listen to the same keys.

    While `stamp` stays, none of them has any news. While `standing` stays, whoever saw the same as
    another still does, and nobody's own part has changed. `wake` is as in Look.
    """

    stamp: Any
    standing: Any
    wake: float | None = None


class Sight:
    """How one page looks at the scene that it shares with others."""

    keys: tuple[str, ...] = ()
    """Whoever listens to the same keys looks at the same scene."""
    own_keys: tuple[str, ...] = ()
    """What rings for this page alone, and makes it `look`."""

    def begin(self) -> None:
        """The stream opens."""

    def end(self) -> None:
        """The stream has ended."""

    def scene(self) -> Scene:
        """What there is to see now. May wait for the store."""
        raise NotImplementedError

    def see(self, scene: Scene) -> Look:
        """What of it this page shows."""
        raise NotImplementedError

    def look(self, scene: Scene | None = None) -> Look:
        """The same, and whatever else may concern this page alone."""
        return self.see(scene or self.scene())

    @property
    def prompt(self) -> bool:
        """Whether this page is to be sent its news as soon as the others of its scene are."""
        return True

    def cuts(self) -> bool:
        """Whether the line breaks after a frame, because it is to."""
        return False


class Stream:
    """One page's stream: what it was sent, and how it goes on by itself.

    A ring that was missed costs nothing and ten changes before a slow page has taken the last one
    are one frame, because only what was last sent is remembered.
    """

    __slots__ = (
        "_look",
        "_store",
        "cuts",
        "hub",
        "keys",
        "kin",
        "over",
        "own",
        "packed",
        "sent",
        "waits",
        "wake",
    )

    def __init__(
        self,
        hub: Hub,
        store: Store,
        keys: tuple[str, ...],
        look: Callable[[], Look],
        packed: bool = False,
        cuts: Callable[[], bool] = lambda: False,
    ) -> None:
        self.hub = hub
        self.keys = keys
        self.packed = packed
        self.cuts = cuts
        self.sent: Parts = ()
        self.own: Parts = ()
        self.kin: Hashable = None
        self.wake: float | None = None
        self.over = self.waits = False
        self._store = store
        self._look = look

    def hello(self) -> bytes:
        """How the answer begins."""
        return hello(random.choice(AGAIN), self.packed)

    def beat(self) -> bytes:
        return frame([QUIET_BEAT], [], self.packed)

    def news(self) -> bytes:
        """What the page is to be sent now: whole at first, then what differs."""
        try:
            now = self._look()
        except StoreDown as error:
            return self.trouble(error)
        return self.take(now)

    def trouble(self, error: StoreDown) -> bytes:
        """What is on the screen stays, and is right again soon; the page is told."""
        self.wake = 1.0
        if self.waits:
            return b""
        log.warning("a page waits: %s", error)
        self.waits = True
        return frame([WAITS[True]], [], self.packed)

    def take(self, now: Look) -> bytes:
        """What brings the page to this look, as if it had been sent."""
        shared = differing(now.parts, self.sent)
        if self.waits:
            self.waits, shared = False, (*shared, WAITS[False])
        news = frame(shared, differing(now.own, self.own), self.packed)
        self.sent, self.own, self.kin = now.parts, now.own, now.kin
        self.wake, self.over = now.wake, now.last
        return news

    def frames(self, fd: int | None = None) -> Generator[bytes, None, None]:
        """Send on and on. Ends when the server closes, and at once when `fd`, the page's
        connection, can be read: nothing comes there but its end."""
        with self._store.listen(*self.keys) as bell, hearing_the_end(fd, bell) as ended:
            spoke = time.monotonic()
            while not (self.hub.closing or ended.is_set()):
                news = self.news()
                if not news and time.monotonic() - spoke >= BEAT:
                    news = self.beat()
                if news:
                    yield news
                    spoke = time.monotonic()
                if self.over or (news and self.cuts()):
                    return
                quiet = spoke + BEAT - time.monotonic()
                bell.wait(max(0.0, quiet if self.wake is None else min(quiet, self.wake)))


def stream(
    hub: Hub, store: Store, keys: list[str], look: Callable[[], Look], fd: int | None = None
) -> Iterator[bytes]:
    """Send what `look` shows, whole at first, again whenever one of `keys` rings."""
    page = Stream(hub, store, tuple(keys), look)
    yield page.hello()
    yield from page.frames(fd)


@lru_cache(2 * len(AGAIN))
def hello(again: int, packed: bool) -> bytes:
    first = SSE.patch_signals({"_beat": 0, "_wait": False}, retry_duration=again).encode()
    return (HEAD if packed else b"") + frame([first], [], packed)


def differing(now: Parts, sent: Parts) -> Parts:
    """What of these parts is to be sent to a page that was sent those."""
    if now is sent:
        return ()
    return tuple([part for part, old in zip_longest(now, sent) if part != old and part])


@contextmanager
def hearing_the_end(fd: int | None, bell: Bell) -> Iterator[Event]:
    """An event that is set, and the bell rung, as soon as the page has gone.

    Without it a page that has gone is noticed at the second write after that: two beats.
    """
    ended = Event()
    if fd is None:
        yield ended
        return

    def end() -> None:
        stop()
        ended.set()
        bell.ring("")

    stop = on_readable(fd, end)
    try:
        yield ended
    finally:
        stop()
