"""Answers: what a command gets back, whichever way it was sent."""

from typing import Any

from flask import Response, redirect, request, url_for

from myapp.datastar import SSE, DatastarResponse
from myapp.door import Forbidden
from myapp.views.who import Who, who


def go(place: str) -> Response:
    """Send the visitor to another page of ours, whichever way the request was made."""
    if "Datastar-Request" in request.headers:
        return DatastarResponse(SSE.patch_signals({"_goto": place}))
    return redirect(place, 303)  # type: ignore[return-value]


def stay(page: str, **values: Any) -> Response:
    """Done: the stream draws it. Without JavaScript, the page itself, named as for `url_for`."""
    if "Datastar-Request" in request.headers:
        return DatastarResponse()
    return go(url_for(page, **values))


def named() -> Who:
    """The visitor, who must have a name by now."""
    visitor = who()
    if not visitor.name:
        raise Forbidden("Type your name first.")
    return visitor
