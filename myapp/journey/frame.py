"""Frame: the pages of the journey, and what its steps have at hand."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from datastar_py.consts import ElementPatchMode
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    render_template,
    request,
    session,
    stream_with_context,
)

from myapp.datastar import SSE, DatastarEvent
from myapp.game import BadMove
from myapp.limits import READERS
from myapp.practice import Document
from myapp.stream import Look, stream
from myapp.views.house import house
from myapp.views.identity import line
from myapp.views.streams import connection, limited

STEPS = (
    "hypermedia",
    "signals",
    "validation",
    "disabled",
    "fragment",
    "room",
    "javascript",
    "buzzer",
    "tasks",
    "connection",
    "account",
    "state",
)
"""In order. A step is templates/journey/<name>.html and, where a server is needed, <name>.py."""

pages = Blueprint("journey", __name__, url_prefix="/journey")

_given: dict[str, Callable[[], dict[str, Any]]] = {}


def given(name: str) -> Callable[[Callable[[], dict[str, Any]]], Callable[[], dict[str, Any]]]:
    """Mark what the page of a step is drawn with when it is opened."""

    def mark(fn: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        _given[name] = fn
        return fn

    return mark


@pages.before_request
def refuse_haste() -> None:
    if request.method == "POST":
        house().limits.take(READERS, line())


@pages.get("")
def contents() -> str:
    return render_template("journey.html", written=[written(name) for name in STEPS])


@pages.get("/<int:number>")
def step(number: int) -> str:
    if not 1 <= number <= len(STEPS) or not written(STEPS[number - 1]):
        abort(404)
    session.setdefault("reader", secrets.token_hex(8))
    name = STEPS[number - 1]
    drawn_with = _given.get(name, dict)()
    return render_template(f"journey/{name}.html", number=number, last=len(STEPS), **drawn_with)


def written(name: str) -> bool:
    return Path(current_app.root_path, "../templates/journey", f"{name}.html").exists()


def reader() -> str:
    """Whose practice this is. Only who has opened a step has any."""
    key = str(session.get("reader", ""))
    if not re.fullmatch("[0-9a-f]{16}", key):
        raise BadMove("Open the page of this step first: it gives you the cookie that this needs.")
    return key


def practice(what: str) -> Document:
    """What the reader has done so far with `what`; {} at first."""
    return house().practice.get(reader(), what)


def change(what: str, fn: Callable[[Document], Document | None]) -> Document:
    """Change it: `fn` gets a copy and returns what to keep. If it raises, nothing has changed."""
    return house().practice.change(reader(), what, fn)


def key(what: str) -> str:
    """The key of its document, to listen to."""
    return house().practice.key(reader(), what)


def patch(template: str, replace: bool = False, **drawn_with: Any) -> DatastarEvent:
    """A fragment, drawn from its template, as the event that puts it on the page.

    It is morphed into what is there, or with `replace` takes its place.
    """
    mode = ElementPatchMode.REPLACE if replace else None
    return SSE.patch_elements(render_template(f"journey/{template}", **drawn_with), mode=mode)


def look_again(look: Callable[[], Look], *keys: str) -> Iterator[bytes]:
    """The house's own frames: listen to `keys`, look, send what differs."""
    at = house()
    return stream(at.hub, at.store, list(keys), look, connection())


def live(look: Callable[[], Look], *keys: str) -> Response:
    """The house's own stream."""
    return lasting(look_again(look, *keys))


def lasting(frames: Iterable[bytes | str]) -> Response:
    """A stream of frames made here, one of as many as the house allows."""
    encoded = (frame.encode() if isinstance(frame, str) else frame for frame in frames)
    return limited("journey", stream_with_context(encoded))
