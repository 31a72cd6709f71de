"""Fragment: a door that becomes a hall that becomes a room, each a piece drawn by the server."""

import random

from flask import Response, request

from myapp.datastar import DatastarResponse
from myapp.game import IllegalMove
from myapp.journey.frame import change, key, live, pages, patch, practice
from myapp.practice import Document
from myapp.rooms import LETTERS
from myapp.stream import Look
from myapp.views.identity import sent, text

GUESTS = ("Bob", "Cem", "Dina", "Eve")


@pages.post("/5/enter")
def enter() -> Response:
    code = practice("door").get("code", "")
    return DatastarResponse(patch("fragment_hall.html", code=code))


@pages.post("/5/create")
def create() -> Response:
    code = "".join(random.sample(LETTERS, 4))
    room: Document = {"code": code, "inside": ["you"]}
    change("door", lambda _: room)
    return DatastarResponse(patch("fragment_room.html", **room))


@pages.post("/5/join")
def join() -> Response:
    code = text(sent(), "_code").strip().upper()

    def come_in(room: Document) -> Document:
        if not code or room.get("code") != code:
            raise IllegalMove("There is no room with this code.")
        others = [name for name in room["inside"] if name != "you"]
        return {**room, "inside": ["you", *others]}

    room = change("door", come_in)
    return DatastarResponse(patch("fragment_room.html", code=code, inside=room["inside"]))


@pages.get("/5/live")
def inside() -> Response:
    def look() -> Look:
        names = practice("door").get("inside", [])
        return Look((patch("fragment_inside.html", inside=names).encode(),))

    return live(look, key("door"))


@pages.post("/5/guest")
def guest() -> Response:
    """Somebody else comes in: only the room changes, and the answer is empty."""

    def come_in(room: Document) -> Document:
        inside = room.get("inside", [])
        new = [name for name in GUESTS if name not in inside][:1]
        if not new:
            raise IllegalMove("The room is full. Nobody else gets in.")
        return {**room, "inside": inside + new}

    change("door", come_in)
    return DatastarResponse()


@pages.post("/5/leave")
def leave() -> Response:
    def go(room: Document) -> Document:
        inside = [name for name in room.get("inside", []) if name != "you"]
        return {**room, "inside": inside}

    change("door", go)
    return enter()


@pages.post("/5/letter")
def letter() -> Response:
    """A piece of the page. Without an id it has no place there."""
    id = "box" if "id" in request.args else ""
    return DatastarResponse(patch("fragment_letter.html", here=True, id=id))
