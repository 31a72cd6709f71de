"""Step 8, the buzzer: one round for one reader, measured by the game's own rule."""

import random
from collections.abc import Iterator
from typing import Any

import gevent
from flask import Response, abort

from myapp.datastar import DatastarEvent, DatastarResponse, datastar_response
from myapp.games.buzzer import ANTICIPATION, Buzzer, Press
from myapp.journey.frame import change, lasting, pages, patch, practice
from myapp.views.house import house
from myapp.views.identity import arrived, round_trip, sent

DELAY = 1.5, 4.0  # seconds before GO
REST = 0.8  # seconds until the pad may be pressed for another round


@pages.get("/8/live")
def play() -> Response:
    return lasting(one_round(another_round()["round"]))


def one_round(number: int) -> Iterator[DatastarEvent]:
    """The stream of one round; it ends with GO."""
    yield patch("_pad.html", phase="wait", round=number, press=None)
    gevent.sleep(random.uniform(*DELAY))
    now = house().rooms.time()
    if practice("buzzer")["round"] == number:  # else there was a false start
        change("buzzer", lambda doc: {**doc, "sent": now - doc["began"]})
        yield patch("_pad.html", phase="go", round=number, press=None)


def another_round() -> dict[str, Any]:
    now = house().rooms.time()
    return change("buzzer", lambda doc: {"round": doc.get("round", 0) + 1, "began": now, "sent": 0})


@pages.post("/8/buzz")
@datastar_response
def buzz() -> Iterator[DatastarEvent]:
    """A press came. What the page reports is believed only as far as this clock allows."""
    reaction, doc = sent().get("reaction"), practice("buzzer")
    if not isinstance(reaction, float | int | None):
        abort(400)
    game = Buzzer(round=doc.get("round", 0), sent=doc.get("sent", 0.0))
    game.now, game.rtt = arrived() - doc.get("began", 0.0), round_trip()
    press = game.measure("you", reaction)
    another_round()
    early = not game.sent or press.accepted < ANTICIPATION
    return told("locked" if early else "pressed", game.round, None if early else press)


def told(phase: str, number: int, press: Press | None) -> Iterator[DatastarEvent]:
    yield patch("_pad.html", phase=phase, round=number, press=press)
    gevent.sleep(REST)
    early = phase == "locked"
    yield patch("_pad.html", phase="ready", round=number, press=press, early=early)


@pages.post("/8/ring")
def ring() -> DatastarResponse:
    """The bell was heard all the way down here."""
    heard: Any = change("bell", lambda doc: {"heard": doc.get("heard", 0) + 1})["heard"]
    return DatastarResponse(patch("_heard.html", heard=heard))
