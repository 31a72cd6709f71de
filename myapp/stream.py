"""Stream: keeps one page true. Listen, look, send what differs; a beat when all is quiet."""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from threading import Event

from datastar_py import ServerSentEventGenerator as SSE

from myapp.hub import Bell, Hub, on_readable
from myapp.store import Store, StoreDown

log = logging.getLogger(__name__)

BEAT = 10.0  # seconds; the page takes a line that is silent for 25 for dead
AGAIN = 200, 900  # milliseconds until a page comes back, spread so that not all come at once

QUIET_BEAT = SSE.patch_signals({"_beat": 1}).encode()


@dataclass(frozen=True)
class Look:
    """What a page should show now.

    `parts` are whole server-sent events, each the newest state of its part of the page and sent
    only when it differs from the one last sent in its place. `wake` is in how many seconds that
    may change by itself. After a `last` look the stream ends.
    """

    parts: tuple[bytes, ...]
    wake: float | None = None
    last: bool = False


class Behind:
    """Shows what `look` showed `delay()` seconds ago; before it can, nothing."""

    def __init__(self, look: Callable[[], Look], delay: Callable[[], float]) -> None:
        self._look = look
        self._delay = delay
        self._seen: deque[tuple[float, Look]] = deque()

    def __call__(self) -> Look:
        now, look, delay = time.monotonic(), self._look(), self._delay()
        if not self._seen or self._seen[-1][1].parts != look.parts:
            self._seen.append((now, look))
        while len(self._seen) > 1 and self._seen[1][0] + delay <= now:
            self._seen.popleft()
        ready = self._seen[0][0] + delay <= now
        shown = self._seen[0][1] if ready else Look(())
        to_come = [at + delay - now for at, _ in islice(self._seen, int(ready), int(ready) + 1)]
        waits = [wait for wait in (look.wake, *to_come) if wait is not None]
        return replace(shown, wake=min(waits, default=None))


def stream(
    hub: Hub, store: Store, keys: list[str], look: Callable[[], Look], fd: int | None = None
) -> Iterator[bytes]:
    """Send what `look` shows, whole at first, again whenever one of `keys` rings.

    A ring that was missed costs nothing and ten changes before a slow page has taken the last one
    are one frame, because only what was last sent is remembered. Ends when the server closes, and
    at once when `fd`, the page's connection, can be read: nothing comes there but its end. While
    the store is down the page is told so, by a signal, and keeps what it shows.
    """
    again = random.randint(*AGAIN)
    yield SSE.patch_signals({"_beat": 0, "_wait": False}, retry_duration=again).encode()
    with store.listen(*keys) as bell, hearing_the_end(fd, bell) as ended:
        sent: tuple[bytes, ...] = ()
        spoke, waits = time.monotonic(), False
        while not (hub.closing or ended.is_set()):
            waited = waits
            try:
                now, waits = look(), False
            except StoreDown as error:  # what is on the screen stays, and is right again soon
                if not waited:
                    log.warning("a page waits: %s", error)
                now, waits = Look(sent, wake=1.0), True
            news = b"".join(
                part for part, old in zip_longest(now.parts, sent) if part != old and part
            )
            if waits != waited:
                news += SSE.patch_signals({"_wait": waits}).encode()
            sent = now.parts
            if not news and time.monotonic() - spoke >= BEAT:
                news = QUIET_BEAT
            if news:
                yield news
                spoke = time.monotonic()
            if now.last:
                return
            quiet = spoke + BEAT - time.monotonic()
            bell.wait(max(0.0, quiet if now.wake is None else min(quiet, now.wake)))


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
