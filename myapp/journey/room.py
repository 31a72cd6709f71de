"""Room: two people, one document, and a page of its own for each."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from flask import Response, abort, request

from myapp.datastar import DatastarResponse
from myapp.game import IllegalMove
from myapp.journey.frame import change, given, key, live, pages, patch, practice
from myapp.practice import Document
from myapp.stream import Look
from myapp.views.identity import sent, text

SIDES = ("Ann", "Bob")
BEATS = {"rock": "scissors", "paper": "rock", "scissors": "paper"}


@dataclass
class Duel:
    """Rock, paper, scissors."""

    hands: dict[str, str] = field(default_factory=dict)
    wins: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIDES, 0))

    @property
    def over(self) -> bool:
        return len(self.hands) == 2

    @property
    def winner(self) -> str | None:
        for who, other in (SIDES, SIDES[::-1]):
            if self.over and BEATS[self.hands[who]] == self.hands[other]:
                return who
        return None

    def show(self, who: str, hand: str) -> None:
        if self.over:
            self.hands = {}
        if who in self.hands:
            raise IllegalMove("You have shown your hand.")
        self.hands[who] = hand
        if self.winner:
            self.wins[self.winner] += 1


def load(doc: Document) -> Duel:
    known = {f.name for f in fields(Duel)}
    return Duel(**{name: doc[name] for name in known & doc.keys()})


@pages.post("/6/show")
def show() -> Response:
    body = sent()
    who, hand = text(body, "who"), text(body, "hand")
    if who not in SIDES or hand not in BEATS:
        abort(400)

    def play(doc: Document) -> Document:
        duel = load(doc)
        duel.show(who, hand)
        return asdict(duel)

    change("duel", play)
    return DatastarResponse()


@pages.get("/6/live")
def side() -> Response:
    who = request.args.get("who", "")
    if who not in SIDES:
        abort(400)

    def look() -> Look:
        doc = practice("duel")
        page = patch("room_side.html", duel=load(doc), who=who)
        file = patch("room_file.html", kept=kept(doc))
        return Look((page.encode(), file.encode()))

    return live(look, key("duel"))


def kept(doc: Document) -> str:
    """The document, as it is in its file."""
    return json.dumps(doc, indent=2)


@given("room")
def both() -> dict[str, Any]:
    doc = practice("duel")
    return {"duel": load(doc), "kept": kept(doc)}
