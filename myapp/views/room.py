"""Room: its page, its one stream, and what people may do in it."""

import io
import secrets
import time
from collections.abc import Callable
from typing import Any

import segno
from flask import Blueprint, Response, abort, render_template, request, send_file, url_for

from myapp.datastar import DatastarResponse
from myapp.room import Player, Room
from myapp.rooms import NoSuchRoom
from myapp.stream import Look
from myapp.views.answers import clean, go, named
from myapp.views.drawing import event
from myapp.views.house import House, house
from myapp.views.identity import arrived, round_trip, sent, text
from myapp.views.streams import open_stream, passing_stream
from myapp.views.who import Who, who

pages = Blueprint("room", __name__)

VIEWS = ("page", "screen", "obs")

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
}


def view_asked_for() -> str:
    view = request.args.get("view", "page")
    if view not in VIEWS:
        abort(404)
    return view


@pages.get("/<code:code>")
def page(code: str) -> Any:
    room = house().rooms.get(code)
    if room is None:
        raise NoSuchRoom(code)
    view, visitor = view_asked_for(), who()
    if visitor.id:
        house().lobby.arrived(room.kind, visitor.id)
    draw = house().drawing
    me = room.member(visitor.id) if visitor.id and view == "page" else None
    live = url_for("room.live", code=code, view=None if view == "page" else view)
    return render_template(
        "room.html",
        room=room,
        view=view,
        shared=draw.shared(room, me, seen_as(room, me, view), invite(code))[0],
        mine=draw.mine(room, visitor) if view == "page" else "",
        me=me,
        tab=secrets.token_hex(8),
        live=live,
    )


def invite(code: str) -> str:
    return url_for("room.page", code=code, _external=True)


def seen_as(room: Room, me: Player | None, view: str) -> str:
    """Which drawing a visitor gets: through a locked door a stranger sees nothing."""
    return "door" if view == "page" and room.locked and me is None else view


@pages.get("/<code:code>/live")
def live(code: str) -> Response:
    """The room page's one stream."""
    view = view_asked_for()
    if house().rooms.get(code) is None:
        return DatastarResponse()
    keys = [f"rooms/{code}", f"here:{code}"]
    look = room_look(house(), code, who(), view, invite(code))
    return (open_stream if view == "page" else passing_stream)(code, keys, look)


def room_look(at: House, code: str, visitor: Who, view: str, link: str) -> Callable[[], Look]:
    """How this visitor sees the room now; makes happen what is due."""

    def look() -> Look:
        room = at.rooms.get(code)
        wall = time.time()
        if room and due(at, room, wall):
            at.rooms.tick(code, set(at.drawing.here(room).heirs))
            room = at.rooms.get(code)
        if room is None:
            closed = at.drawing.html("_closed.html", code=code)
            return Look((event(closed), event('<div id="me"></div>')), last=True)
        me = room.member(visitor.id) if visitor.id and view == "page" else None
        _, shared = at.drawing.shared(room, me, seen_as(room, me, view), link)
        mine = event(at.drawing.mine(room, visitor)) if view == "page" else b""
        times = [at.drawing.here(room).until]
        if room.due is not None and room.due > wall:
            times.append(room.due)
        return Look((shared, mine), wake=min(times) - wall)

    return look


def due(at: House, room: Room, wall: float) -> bool:
    happens = room.due is not None and room.due <= wall
    return happens or bool(at.drawing.here(room).heirs)


@pages.get("/<code:code>/qr.svg")
def qr(code: str) -> Response:
    """The way into this room, for a phone's camera."""
    if house().rooms.get(code) is None:
        raise NoSuchRoom(code)
    picture = io.BytesIO()
    segno.make(invite(code), error="m").save(picture, kind="svg", scale=8, border=2, light="#fff")
    picture.seek(0)
    return send_file(picture, "image/svg+xml", max_age=3600)


@pages.post("/<code:code>/join")
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
    )
    return back(code)


@pages.post("/<code:code>/<any({verbs}):verb>".format(verbs=", ".join(VERBS)))
def act(code: str, verb: str) -> Response:
    body, wall = sent(), arrived()
    house().rooms.act(
        code,
        who().id,
        lambda room, me: VERBS[verb](room, me, body, wall),
        act=text(body, "act", 64),
        wall=wall,
    )
    return go(url_for("home.home")) if verb == "leave" else back(code)


@pages.post("/<code:code>/play/<move>")
def play(code: str, move: str) -> Response:
    body = sent()
    action = text(body, "act", 64)
    body.pop("act", None)
    house().rooms.act(
        code,
        who().id,
        lambda room, me: room.play(me, move, body),
        act=action,
        wall=arrived(),
        rtt=round_trip(),
    )
    return back(code)


def back(code: str) -> Response:
    """Done: the stream draws it. Without JavaScript, the page itself."""
    if "Datastar-Request" in request.headers:
        return DatastarResponse()
    return go(url_for("room.page", code=code))
