"""Streams: how a tab gets its one stream, and how many a player may keep."""

from collections.abc import Callable, Iterator

from flask import Response, abort

from myapp.datastar import SSE, DatastarResponse, read_signals
from myapp.stream import Look, stream
from myapp.views.house import house
from myapp.views.identity import who


def tab_and_here() -> tuple[str, bool]:
    """The tab id a stream was asked for with, and whether "Use here" was pressed."""
    try:
        signals = read_signals() or {}
    except (ValueError, RecursionError):
        abort(400)
    tab = signals.get("tab", "")
    if not isinstance(tab, str) or len(tab) > 64:
        abort(400)
    return tab, bool(signals.get("here"))


def open_stream(
    room: str, tab: str, here: bool, keys: list[str], look: Callable[[], Look]
) -> Response:
    """A stream for this visitor's tab: counted as present, one of few, ended when replaced.

    A tab that was told "opened elsewhere" gets 204, which keeps it quiet, until "Use here".
    """
    at, visitor = house(), who()
    if not visitor.id:
        return streaming(stream(at.hub, at.store, keys, look))
    if not tab or (at.presence.is_quiet(tab) and not here):
        return DatastarResponse()

    def lines() -> Iterator[bytes]:
        with at.presence.line(visitor.id, tab, room) as line:

            def look_once_more() -> Look:
                stays = at.presence.stays(line)
                if stays:
                    return look()
                if stays is None:
                    return Look((), last=True)
                at.presence.quiet(tab)
                return Look((SSE.patch_signals({"_elsewhere": True}).encode(),), last=True)

            yield from stream(at.hub, at.store, [*keys, f"tabs:{visitor.id}"], look_once_more)

    return streaming(lines())


def streaming(frames: Iterator[bytes]) -> Response:
    if house().hub.closing:
        abort(503)  # never 204 here: that would tell the page not to come back
    response = DatastarResponse(frames)
    response.direct_passthrough = True
    return response
