"""Step 12, the other impossible thing: the server asks a page what it sees."""

import secrets
import time
from typing import Annotated

import msgspec
from flask import abort
from msgspec import Meta

from myapp.datastar import DatastarResponse
from myapp.game import BadMove
from myapp.journey.frame import pages, patch
from myapp.journey.state import PANE, glass
from myapp.practice import Practice
from myapp.views.house import house
from myapp.views.identity import sent

PATIENCE = 1.0  # seconds


class Seen(msgspec.Struct, forbid_unknown_fields=True):
    """What a page says of itself. Nobody has to believe it, so no game may ask."""

    taps: Annotated[int, Meta(ge=0, le=1_000_000)]
    size: Annotated[str, Meta(pattern="^[0-9]{1,5} × [0-9]{1,5}$")]
    hidden: bool
    alone: bool = False  # in a window of its own


@pages.post("/12/ask")
def ask() -> DatastarResponse:
    """Put a question where the other screen's stream looks, and wait, but not for ever."""
    pane, id, began = glass(), secrets.token_hex(8), time.monotonic()
    question = {"id": id, "said": None}
    with house().store.listen(Practice.key(pane, "ask")) as bell:
        house().practice.change(pane, "ask", lambda _: question)
        while not question.get("said") and (left := began + PATIENCE - time.monotonic()) > 0:
            bell.wait(left)
            question = house().practice.get(pane, "ask")
    after = time.monotonic() - began
    return DatastarResponse(patch("_answer.html", said=question.get("said"), after=after))


@pages.post("/12/<pane>/answer/<id>")
def answer(pane: str, id: str) -> DatastarResponse:
    """What the other screen says. It is a stranger's word: bounded, and taken once."""
    if not PANE.fullmatch(pane):
        abort(404)
    try:
        said = msgspec.to_builtins(msgspec.convert(sent(), Seen))
    except msgspec.ValidationError as error:
        raise BadMove("That request makes no sense here.") from error
    house().practice.change(
        pane, "ask", lambda doc: {**doc, "said": said} if doc.get("id") == id else doc
    )
    return DatastarResponse()
