"""Room: its page, its one stream, and what people may do in it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    render_template,
    request,
    url_for,
)

from myapp.datastar import DatastarResponse
from myapp.names import clean
from myapp.people import Player
from myapp.room import Room
from myapp.rooms import NoSuchRoom
from myapp.views.answers import go, named, stay
from myapp.views.house import house
from myapp.views.identity import arrived, round_trip, sent, text
from myapp.views.looking import STAGES, VIEWS, Looking, Overlay, invite
from myapp.views.streams import open_stream, passing_stream
from myapp.views.who import who

pages = Blueprint("room", __name__)

Verb = Callable[[Room, Player, dict[str, Any], float], object]
VERBS: dict[str, Verb] = {
    "sit": lambda room, me, body, wall: room.sit(me),
    "watch": lambda room, me, body, wall: room.watch(me),
    "leave": lambda room, me, body, wall: room.leave(me),
    "start": lambda room, me, body, wall: room.start(me, wall),
    "pause": lambda room, me, body, wall: room.pause(me, wall),
    "resume": lambda room, me, body, wall: room.resume(me, wall),
    "lock": lambda room, me, body, wall: room.lock(me, True),
    "unlock": lambda room, me, body, wall: room.lock(me, False),
    "public": lambda room, me, body, wall: room.publish(me, True),
    "private": lambda room, me, body, wall: room.publish(me, False),
    "remove": lambda room, me, body, wall: room.remove(me, text(body, "player")),
    "admit": lambda room, me, body, wall: room.admit(me, text(body, "player")),
    "refuse": lambda room, me, body, wall: room.refuse(me, text(body, "player")),
    "robot": lambda room, me, body, wall: room.add_robot(me),
    "reset": lambda room, me, body, wall: room.reset(me),
    "late": lambda room, me, body, wall: room.let_in_late(me, text(body, "when")),
    "cheer": lambda room, me, body, wall: room.cheer(me, text(body, "emote")),
    "cheers": lambda room, me, body, wall: room.switch_cheers(me, switched(body)),
    "delay": lambda room, me, body, wall: room.delay(me, number(body, "seconds")),
    "vet": lambda room, me, body, wall: room.vet(me, switched(body)),
    "approve": lambda room, me, body, wall: room.approve(me, text(body, "player"), switched(body)),
}
FLEETING = {"cheer"}
TOLD = ("player", "when", "emote", "state", "seconds")
"""What a verb may be sent."""


def switched(body: dict[str, Any]) -> bool:
    """Whether "on" was sent, rather than "off"."""
    state = text(body, "state")
    if state not in ("on", "off"):
        abort(400)
    return state == "on"


def number(body: dict[str, Any], key: str) -> int:
    digits = str(body.get(key, ""))
    if not re.fullmatch("[0-9]{1,6}", digits, re.ASCII):
        abort(400)
    return int(digits)


def view_asked_for() -> str:
    view = request.args.get("view", "page")
    if view not in VIEWS:
        abort(404)
    return view


@pages.get("/<code:code>")
def page(code: str) -> Any:
    visitor, view = who(), view_asked_for()
    draw, key = house().drawing, request.args.get("key")
    looking = Looking(house(), code, visitor, view, key, invite(code))
    room = looking.room()
    if room is None:
        raise NoSuchRoom(code)
    if visitor.id:
        house().lobby.arrived(room.kind, visitor.id)
    me = looking.me(room)
    response = make_response(
        render_template(
            "room.html",
            room=room,
            view=view,
            now=house().rooms.time(),
            parts={
                part: sheet.html for part, sheet in looking.shared(room, me, at_first=True).items()
            },
            mine=draw.mine(room, visitor) if view in STAGES else "",
            style=style_of(room),
            live=url_for("room.live", code=code, view=request.args.get("view"), key=key),
        )
    )
    if room.game.frames:
        policy = current_app.config["HEADERS"]["Content-Security-Policy"]
        response.headers["Content-Security-Policy"] = (
            f"{policy}; frame-src {' '.join(room.game.frames)}"
        )
    return response


def style_of(room: Room) -> str:
    """How the room's game looks: a file in static/; "" if it has none."""
    style = f"games/{room.kind}.css"
    return style if Path(current_app.static_folder or "", style).exists() else ""


@pages.get("/<code:code>/live")
def live(code: str) -> Response:
    """The room page's one stream."""
    view, at = view_asked_for(), house()
    if at.rooms.get(code) is None:
        return DatastarResponse()
    kind = Overlay if view == "obs" else Looking
    looking = kind(at, code, who(), view, request.args.get("key"), invite(code))
    return (open_stream if view in STAGES else passing_stream)(code, looking)


def join(code: str) -> Response:
    """Come in, under another name when one is sent; at a locked door this is a knock."""
    body, visitor = sent(), named()
    name = clean(text(body, "name")) if body.get("name") else visitor.name or ""
    house().rooms.change(
        code,
        lambda room: room.join(visitor.id, name),
        by=visitor.id,
        act=text(body, "act", 64),
        wall=arrived(),
        did="join",
    )
    return stay("room.page", code=code)


@pages.post("/<code:code>/<any({verbs}):verb>".format(verbs=", ".join(["join", *VERBS])))
def act(code: str, verb: str) -> Response:
    if verb == "join":
        return join(code)
    body, wall = sent(), arrived()
    house().rooms.act(
        code,
        who().id,
        lambda room, me: VERBS[verb](room, me, body, wall),
        act=text(body, "act", 64),
        wall=wall,
        fleeting=verb in FLEETING,
        did=verb,
        args={name: body[name] for name in TOLD if name in body},
    )
    return go(url_for("home.home")) if verb == "leave" else stay("room.page", code=code)


@pages.post("/<code:code>/play/<move>")
def play(code: str, move: str) -> Response:
    body = sent()
    action = text(body, "act", 64)
    body.pop("act", None)
    at = house()
    room = at.rooms.get(code)
    if room is None:
        raise NoSuchRoom(code)
    lost = at.drawing.here(room).lost
    added = at.operator.forecast.of(who().id).added
    at.rooms.act(
        code,
        who().id,
        lambda room, me: room.play(me, move, body, lost, added),
        act=action,
        wall=arrived(),
        rtt=round_trip(),
        fleeting=room.game.fleeting(move),
    )
    return stay("room.page", code=code)
