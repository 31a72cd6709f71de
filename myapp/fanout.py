"""Fanout: sends one change to many pages at once, straight to their connections.

A stream begins like any answer. Once its page has seen the whole view, the stream is parked: its
connection is taken from the server, no greenlet waits for it, and it stands with all others that
look at the same scene in their Circle. A change wakes the circle once. It looks once for those who
see the same and writes the same bytes to all of them. Whoever cannot take them all leaves the row,
is sent the rest by a greenlet of its own, then only the newest view, and is parked again.

Where the server cannot give a connection away, and for pages that lag on purpose, Stream.frames
does the same, one page at a time.
"""

from collections.abc import Callable
from contextlib import suppress

from myapp.circle import Circle
from myapp.hub import Hub, every
from myapp.rows import TICK
from myapp.store import Store


class Fanout:
    """Every parked page of this process. All of their heartbeats share one timer."""

    def __init__(self, hub: Hub, store: Store) -> None:
        self.hub = hub
        self.store = store
        self._circles: dict[tuple[str, ...], Circle] = {}
        self._stop: Callable[[], None] | None = None
        hub.at_the_end(self.close)

    @property
    def parked(self) -> int:
        return sum(circle.size for circle in self._circles.values())

    def circle(self, keys: tuple[str, ...]) -> Circle:
        if self._stop is None:
            self._stop = every(TICK, self._tick)
        if keys not in self._circles:
            self._circles[keys] = Circle(self, keys)
        return self._circles[keys]

    def end(self, circle: Circle) -> None:
        if self._circles.get(circle.keys) is circle:
            del self._circles[circle.keys]
        if not self._circles and self._stop:
            self._stop()
            self._stop = None

    def close(self) -> None:
        """End every stream whole, at once."""
        for circle in [*self._circles.values()]:
            circle.close()

    def _tick(self) -> None:
        for circle in [*self._circles.values()]:
            with suppress(Exception):
                circle.beats()
