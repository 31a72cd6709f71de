"""The Flask adapter for datastar-py, shaped like its siblings for other frameworks.

    from datastar import DatastarResponse, datastar_response, read_signals, SSE

    @app.get("/updates")
    @datastar_response
    def updates():
        signals = read_signals()
        yield SSE.patch_elements("<div id='hello'>...</div>")

Imports nothing of the project around it.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ParamSpec, cast

from datastar_py import SSE_HEADERS, ServerSentEventGenerator, _read_signals
from datastar_py.sse import DatastarEvent
from flask import Response, request, stream_with_context

SSE = ServerSentEventGenerator
P = ParamSpec("P")

__all__ = ["SSE", "DatastarEvent", "DatastarResponse", "datastar_response", "event", "read_signals"]


class DatastarResponse(Response):
    """A response of Datastar events: none (then it is a 204), one, or an iterable of them.

    Events may be `DatastarEvent`s or bytes made from them.
    """

    # Plain "no-cache" makes Chromium keep ghost streams when a stream is asked for again.
    default_headers: Mapping[str, str] = {**SSE_HEADERS, "Cache-Control": "no-cache, no-store"}

    def __init__(
        self,
        content: DatastarEvent | Iterable[DatastarEvent | bytes] | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if not content:
            super().__init__(status=status or 204, headers=headers)
            return
        if isinstance(content, DatastarEvent):
            content = (content,)
        super().__init__(
            cast(Any, content), status=status, headers={**self.default_headers, **(headers or {})}
        )


def datastar_response(view: Callable[P, Any]) -> Callable[P, Response]:
    """Let a view return, or yield, Datastar events. A generator keeps the request's context."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Response:
        result = view(*args, **kwargs)
        if isinstance(result, Response):
            return result
        if inspect.isgenerator(result):
            result = stream_with_context(result)
        return DatastarResponse(result)

    return wrapped


def read_signals() -> dict[str, Any] | None:
    """The signals that the page sent with this request; None when Datastar did not make it.

    Raises ValueError when they are not a JSON object.
    """
    signals = _read_signals(
        request.method, cast(Any, request.headers), request.args, request.get_data()
    )
    if signals is not None and not isinstance(signals, dict):
        raise ValueError("signals are not an object")
    return signals


def event(html: str) -> bytes:
    """The server-sent event that puts this fragment on a page, as SSE.patch_elements has it.

    Written out here because a crowd whose pages all differ needs one for each.
    """
    lines = "\ndata: elements ".join(html.splitlines())
    return b"event: datastar-patch-elements\ndata: elements %b\n\n" % lines.encode()
