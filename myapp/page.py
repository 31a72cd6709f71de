"""Page: one page's stream that can be parked, from its first byte to its last."""

import logging
import os
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from myapp.hub import beside, on_readable, until_writable
from myapp.stream import Sight, Stream
from myapp.wire import END, Tape, chunk, write_each

if TYPE_CHECKING:  # they are given to it
    from myapp.circle import Circle
    from myapp.fanout import Fanout
    from myapp.rows import Row

log = logging.getLogger(__name__)

PARKS = "vroum.parks"
"""In a request's environment: the server lets go of a connection when it is told `Parked`."""


class Parked(BaseException):
    """Said to the server: the connection is not its own any more. Nothing has gone wrong."""

    parked = True  # by which our worker, which does not import this file, knows it


class Page(Stream):
    """A stream that can be parked."""

    __slots__ = (
        "_ended", "_fanout", "_kill", "_stop", "_why", "circle", "fd", "row", "sight", "tape",
    )  # fmt: skip

    def __init__(
        self, fanout: "Fanout", sight: Sight, packed: bool, ended: Callable[[str], None]
    ) -> None:
        super().__init__(
            fanout.hub, fanout.store, sight.keys + sight.own_keys, sight.look, packed, sight.cuts
        )
        self.sight = sight
        self.circle: Circle | None = None
        self.fd = -1
        self.row: Row | None = None
        self.tape: Tape | None = None  # which it is in step with
        self._fanout = fanout
        self._ended = ended
        self._stop: Callable[[], None] | None = None
        self._kill: Callable[[], None] | None = None
        self._why = ""

    def served(self, gate: Any, parks: bool, opened: Callable[[], None]) -> Iterator[bytes]:
        """What the server sends: all of it or, if it `parks`, until the stream is parked.

        `gate` is the server's end of the connection, where it tells it; `opened` is called when
        the first is asked for.
        """
        return Served(self, gate, parks, opened)

    # As a listener: something that concerns this page alone

    def ring(self, key: str) -> None:
        if self.circle:
            self.circle.disturb(self)

    def close(self) -> None:
        """The hub closes; so does the whole fanout."""

    # Parked

    def park(self, fd: int) -> None:
        self.fd = fd
        self._stop = on_readable(fd, partial(beside, self.leave, "left"))
        self.hub.join(self, *self.sight.own_keys)
        self.circle = self._fanout.circle(self.sight.keys)
        self.circle.arrive(self)

    def leave(self, why: str) -> None:
        """The stream ends, unless it has ended."""
        if self._why:
            return
        self._why = why
        fd, self.fd = self.fd, -1
        if fd >= 0 and self.circle and self._stop:
            self._stop()
            self.hub.part(self, *self.sight.own_keys)
            self.circle.forget(self, fd)
        if self._kill:
            self._kill()
        self.sight.end()
        self._ended(why)

    def finish(self, why: str) -> None:
        """The stream ends as it should, if all it was sent has been taken."""
        if self.fd >= 0 and not self._kill:
            write_each([self.fd], [END])
        self.leave(why)

    def alone(self, rest: bytes) -> None:
        """Go on by a greenlet of its own: the rest first, then the newest, until it can keep up."""
        self.tape = None
        self._kill = beside(self._alone, rest)

    def _alone(self, rest: bytes) -> None:
        try:
            self._write(rest)
            done = self.over
            if not (done or self.sight.prompt):
                done = self._lag()
            self._kill = None
            if done or self.hub.closing or self.circle is None:
                self.finish("done")
            else:
                self.circle.arrive(self)
        except OSError:
            self._kill = None
            self.leave("left")
        except Exception:
            log.exception("a stream stumbled and ends")
            self._kill = None
            self.leave("failed")

    def _lag(self) -> bool:
        """Send as late as the page is to be sent things; whether that was the end."""
        for news in self.frames():
            self._write(chunk(news))
            if self.sight.prompt and not self.over:
                return False
        return True

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self.fd, rest) :]
            except BlockingIOError:
                until_writable(self.fd)


class Served:
    """A page's stream as the server iterates it."""

    def __init__(self, page: Page, gate: Any, parks: bool, opened: Callable[[], None]) -> None:
        self._page: Page | None = page
        self._gate = gate
        self._parks = parks
        self._opened = opened
        self._begun = False
        self._frames: Generator[bytes, None, None] | None = None

    def __iter__(self) -> "Served":
        return self

    def __next__(self) -> bytes:
        try:
            return self._next()
        except Exception as stumble:
            page, self._page = self._page, None
            if page and not isinstance(stumble, StopIteration):
                page.leave("failed")
            raise

    def _next(self) -> bytes:
        page = self._page
        if page is None:
            raise StopIteration
        if not self._begun:
            self._begun = True
            self._opened()
            page.sight.begin()
            return page.hello() + (b"" if page.hub.closing else page.news())
        if page.hub.closing or page.over or page.cuts():
            return self._end()
        if self._parks and page.sight.prompt:
            self._page = None
            page.park(self._gate.detach())
            raise Parked
        if self._frames is None:
            self._frames = page.frames(None if self._gate is None else self._gate.fileno())
        for news in self._frames:
            return news
        return self._end()

    def _end(self) -> bytes:
        page, self._page = self._page, None
        if page:
            page.leave("server closing" if page.hub.closing else "done")
        raise StopIteration

    def close(self) -> None:
        """The server is done with it."""
        page, self._page = self._page, None
        if self._frames is not None:
            self._frames.close()
        if page and self._begun:
            page.leave("left")
