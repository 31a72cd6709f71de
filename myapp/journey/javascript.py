"""Step 7, your own JavaScript: a counter of ten lines, and a card that keeps its secrets here."""

import secrets
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import gevent
from flask import abort

from myapp.datastar import DatastarEvent, DatastarResponse, datastar_response
from myapp.game import Dice
from myapp.games.scratch import CELLS, Card, printed
from myapp.journey.frame import change, given, pages, patch, practice
from myapp.views.identity import sent

HOLE = 2.0  # seconds that the counter without walls stays empty


@given("javascript")
def card() -> dict[str, Any]:
    """The card that the reader has, or a new one."""
    doc = practice("card") or change("card", dealt)
    return {"card": Card(doc["cells"], doc["uncovered"]), "round": doc["round"]}


def dealt(doc: dict[str, Any]) -> dict[str, Any]:
    cells = printed(Dice(secrets.token_hex(16)))
    return {**asdict(Card(cells)), "round": doc.get("round", 0) + 1}


@pages.post("/7/deal")
def deal() -> DatastarResponse:
    change("card", dealt)
    return DatastarResponse(patch("_card.html", **card()))


@pages.post("/7/scratch")
def scratch() -> DatastarResponse:
    """The foil is off a cell: only now does what it hid leave the server."""
    cell = sent().get("cell")
    if cell not in range(CELLS):
        abort(400)

    def scratched(doc: dict[str, Any]) -> dict[str, Any]:
        return {**doc, "uncovered": list(dict.fromkeys([*doc["uncovered"], cell]))}

    change("card", scratched)
    return DatastarResponse(patch("_card.html", **card()))


@pages.post("/7/redraw")
@datastar_response
def redraw() -> Iterator[DatastarEvent]:
    """Draw both counters, as a server does that never heard what they have inside."""
    yield patch("_counters.html")
    gevent.sleep(HOLE)
    yield patch("_counters.html", replace=True)  # new elements, which begin anew
