"""Streams: how a tab gets its one stream, and how many there may be."""

import logging
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Response, abort, current_app, g, request

from myapp import metrics
from myapp.behind import Behind
from myapp.datastar import SSE, DatastarResponse, read_signals
from myapp.hub import Hub
from myapp.page import PARKS, Page
from myapp.stream import Look, Scene, Sight
from myapp.views.house import House, house
from myapp.views.who import Who, who
from myapp.weather import Weather

log = logging.getLogger("myapp.streams")

TAB = re.compile(r"[A-Za-z0-9_-]{0,64}")

open_here: Counter[str | None] = Counter()
"""The open streams of this process by room; "" is home, None is all together."""


def tab_and_here() -> tuple[str, bool]:
    """The tab id a stream was asked for with, and whether "Use here" was pressed."""
    try:
        signals = read_signals() or {}
    except (ValueError, RecursionError):
        abort(400)
    tab = signals.get("tab", "")
    if not isinstance(tab, str) or not TAB.fullmatch(tab):
        abort(400)
    return tab, bool(signals.get("here"))


def open_stream(room: str, sight: Sight) -> Response:
    """A stream that counts as somebody's presence: one of few, replaced by a newer of its tab.

    A tab that was told "opened elsewhere" gets 204, which keeps it quiet, until "Use here".
    """
    at, visitor = house(), who()
    tab, here = tab_and_here()
    if not visitor.id:
        return passing_stream(room, sight)
    if not tab or (at.presence.is_quiet(tab) and not here):
        return DatastarResponse()
    return passing_stream(room, Present(at, visitor, tab, room, sight))


def passing_stream(room: str, sight: Sight) -> Response:
    """A stream that is nobody's presence: a big screen, a visitor without a name."""
    if full(room):
        return come_later()
    count, packed = Count(house().hub, room, g.request_id), may_be_packed()
    page = Page(house().fanout, sight, packed, count.ended)
    response = DatastarResponse(page.served(gate(), parks(), count.opened))
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.direct_passthrough = True
    return response


def gate() -> Any:
    """The server's end of the connection this request came by, where gunicorn tells it."""
    return request.environ.get("gunicorn.socket")


def connection() -> int | None:
    """Its descriptor."""
    return None if gate() is None else int(gate().fileno())


def parks() -> bool:
    """Whether the server lets the connection be taken away from it; its chunks must be ours."""
    return PARKS in request.environ and request.environ["SERVER_PROTOCOL"] == "HTTP/1.1"


def may_be_packed() -> bool:
    return request.accept_encodings["gzip"] > 0


class Present(Sight):
    """A sight, and what concerns this tab of this person beside it."""

    def __init__(self, at: House, visitor: Who, tab: str, room: str, sight: Sight) -> None:
        self.keys = sight.keys
        self.own_keys = (f"tabs:{visitor.id}",)
        self.see = sight.see  # type: ignore[method-assign]
        self.scene = sight.scene  # type: ignore[method-assign]
        self._at = at
        self._id = visitor.id
        self._tab = tab
        self._sight = sight
        self._here = at.presence.line(visitor.id, tab, room)
        self._later: Behind | None = None

    def begin(self) -> None:
        self._at.operator.begin()
        self._line = self._here.__enter__()

    def end(self) -> None:
        self._here.__exit__(None, None, None)

    def look(self, scene: Scene | None = None) -> Look:
        stays = self._at.presence.stays(self._line)
        if stays is None:
            return Look((), last=True)
        if not stays:
            self._at.presence.quiet(self._tab)
            return Look((SSE.patch_signals({"_elsewhere": True}).encode(),), last=True)
        if self.prompt:
            return self._asked(scene)
        if self._later is None:
            self._later = Behind(self._asked, lambda: self._weather.wait())
        return self._later()

    def _asked(self, scene: Scene | None = None) -> Look:
        """With what the operator wants to know, if so, which a page never shows."""
        seen = self._sight.look(scene)
        id = self._at.operator.asks.pending(self._id, self._tab)
        if not id:
            return seen
        return replace(seen, own=(*seen.own, SSE.patch_signals({"_ask": id}).encode()))

    @property
    def _weather(self) -> Weather:
        return self._at.operator.forecast.of(self._id)

    @property
    def prompt(self) -> bool:
        return self._weather.fair

    def cuts(self) -> bool:
        return self._weather.cuts()


def limited(room: str, frames: Iterator[bytes]) -> Response:
    """These frames as a stream that is counted, and refused when there are too many."""
    if full(room):
        return come_later()
    response = DatastarResponse(_counted(Count(house().hub, room, g.request_id), frames))
    response.direct_passthrough = True
    return response


def full(room: str) -> bool:
    most = current_app.config
    return (
        open_here[None] >= int(most["STREAMS"])
        or open_here[room] >= int(most["STREAMS_PER_ROOM"])
        or house().presence.count() >= int(most["STREAMS_IN_ALL"])
    )


def come_later() -> Response:
    """Never 204 here: that would tell the page not to come back."""
    return DatastarResponse(status=503, headers={"Retry-After": "5"})


class Count:
    """Counts a stream while it is open, with one line when it opens and one when it ends."""

    def __init__(self, hub: Hub, room: str, request_id: str) -> None:
        self.hub = hub
        self._room = room
        self._request_id = request_id
        self._began = 0.0

    def opened(self) -> None:
        self._began = time.monotonic()
        open_here[self._room] += 1
        open_here[None] += 1
        metrics.STREAMS.inc()
        log.info("opened %s %s", "room" if self._room else "home", self._request_id)

    def ended(self, why: str) -> None:
        open_here[None] -= 1
        open_here[self._room] -= 1
        if not open_here[self._room]:
            del open_here[self._room]
        metrics.STREAMS.dec()
        metrics.STREAMS_CLOSED.labels(why).inc()
        seconds = time.monotonic() - self._began
        log.info("closed %s after %.1f s: %s", self._request_id, seconds, why)


def _counted(count: Count, frames: Iterator[bytes]) -> Iterator[bytes]:
    why = "failed"
    count.opened()
    try:
        yield from frames
        why = "server closing" if count.hub.closing else "done"
    except GeneratorExit:
        why = "left"
        raise
    finally:
        count.ended(why)
