"""Streams: how a tab gets its one stream, and how many there may be."""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from flask import Response, abort, current_app, g, request

from myapp import metrics
from myapp.datastar import SSE, DatastarResponse, read_signals
from myapp.stream import Behind, Look, stream
from myapp.views.house import House, house
from myapp.views.who import Who, who

log = logging.getLogger("myapp.streams")

TAB = re.compile(r"[A-Za-z0-9_-]{0,64}")

Looker = Callable[[], Look]

open_here: Counter[str] = Counter()
"""The open streams of this process by room; "" is home."""


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


def open_stream(room: str, keys: list[str], look: Looker) -> Response:
    """A stream that counts as somebody's presence: one of few, replaced by a newer of its tab.

    A tab that was told "opened elsewhere" gets 204, which keeps it quiet, until "Use here".
    """
    at, visitor = house(), who()
    tab, here = tab_and_here()
    if not visitor.id:
        return passing_stream(room, keys, look)
    if not tab or (at.presence.is_quiet(tab) and not here):
        return DatastarResponse()
    return limited(room, _present(at, visitor, tab, room, keys, look, connection()))


def passing_stream(room: str, keys: list[str], look: Looker) -> Response:
    """A stream that is nobody's presence: a big screen, an overlay, a visitor without a name."""
    at = house()
    return limited(room, stream(at.hub, at.store, keys, look, connection()))


def connection() -> int | None:
    """The descriptor of the connection this request came by, where gunicorn tells it."""
    gate = request.environ.get("gunicorn.socket")
    return None if gate is None else int(gate.fileno())


def _present(
    at: House,
    visitor: Who,
    tab: str,
    room: str,
    keys: list[str],
    look: Looker,
    fd: int | None,
) -> Iterator[bytes]:
    operator = at.operator
    operator.begin()

    def asked() -> Look:
        """With what the operator wants to know, if so, which a page never shows."""
        seen, id = look(), operator.asks.pending(visitor.id, tab)
        if not id:
            return seen
        return replace(seen, parts=(*seen.parts, SSE.patch_signals({"_ask": id}).encode()))

    later = Behind(asked, lambda: operator.forecast.of(visitor.id).wait())

    with at.presence.line(visitor.id, tab, room) as line:

        def look_once_more() -> Look:
            stays = at.presence.stays(line)
            if stays:
                return asked() if operator.forecast.of(visitor.id).fair else later()
            if stays is None:
                return Look((), last=True)
            at.presence.quiet(tab)
            return Look((SSE.patch_signals({"_elsewhere": True}).encode(),), last=True)

        keys = [*keys, f"tabs:{visitor.id}"]
        for frame in stream(at.hub, at.store, keys, look_once_more, fd):
            yield frame
            if operator.forecast.of(visitor.id).cuts():
                return


def limited(room: str, frames: Iterator[bytes]) -> Response:
    """These frames as a stream that is counted, and refused when there are too many."""
    most = current_app.config
    busy = (
        open_here.total() >= int(most["STREAMS"])
        or open_here[room] >= int(most["STREAMS_PER_ROOM"])
        or house().presence.count() >= int(most["STREAMS_IN_ALL"])
    )
    if busy:  # never 204 here: that would tell the page not to come back
        return DatastarResponse(status=503, headers={"Retry-After": "5"})
    response = DatastarResponse(_counted(house(), room, g.request_id, frames))
    response.direct_passthrough = True
    return response


def _counted(at: House, room: str, request_id: str, frames: Iterator[bytes]) -> Iterator[bytes]:
    """Count a stream while it is open, and write one line when it opens and one when it ends."""
    began, why = time.monotonic(), "failed"
    open_here[room] += 1
    metrics.STREAMS.inc()
    log.info("opened %s %s", "room" if room else "home", request_id)
    try:
        yield from frames
        why = "server closing" if at.hub.closing else "done"
    except GeneratorExit:
        why = "left"
        raise
    finally:
        open_here[room] -= 1
        if not open_here[room]:
            del open_here[room]
        metrics.STREAMS.dec()
        metrics.STREAMS_CLOSED.labels(why).inc()
        log.info("closed %s after %.1f s: %s", request_id, time.monotonic() - began, why)
