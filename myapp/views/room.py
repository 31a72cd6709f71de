"""Room: its page, its one stream, and what people may do in it."""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
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
from myapp.stream import Behind, Look, Parts, Scene, Sight
from myapp.views.answers import go, named, stay
from myapp.views.drawing import Drawn, Here, Own, event
from myapp.views.house import House, house
from myapp.views.identity import arrived, round_trip, sent, text
from myapp.views.reading import Facts
from myapp.views.streams import open_stream, passing_stream
from myapp.views.who import Who, who

pages = Blueprint("room", __name__)

VIEWS = ("page", "present", "screen", "obs")
STAGES = ("page", "present")
"""The views from which people play; the others are nobody: no seat, no count."""

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
                part: html for part, (html, _) in looking.shared(room, me, at_first=True).items()
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


def invite(code: str) -> str:
    return url_for("room.page", code=code, _external=True)


class Seen(Scene):
    """A room as it is now, and what those share who look at it."""

    def __init__(self, room: Room, here: Here, facts: Facts, wake: float) -> None:
        super().__init__(
            stamp=(room.version, here.stamp),
            standing=(room.lasting, here.stamp, room.cheers.on, room.cheers.waits),
            wake=wake,
        )
        self.room = room
        self.facts = facts
        self.members = {p.id: p for p in room.people if p.id and not p.left}
        self.drawn: dict[Hashable, Parts] = {}


@dataclass
class Looking(Sight):
    """Somebody who looks at a room: at its page, or at one of the views that are nobody."""

    at: House
    code: str
    visitor: Who
    view: str
    key: str | None
    link: str
    _mine: Own | None = None

    @property
    def keys(self) -> tuple[str, ...]:  # type: ignore[override]
        return (f"rooms/{self.code}", f"here:{self.code}")

    def shared(self, room: Room, me: Player | None, at_first: bool = False) -> dict[str, Drawn]:
        """What this visitor may see of the room: through a locked door a stranger sees nothing.

        `at_first`: as the page is loaded, when an overlay that lags behind cannot show anything.
        """
        view = "page" if self.view in STAGES else self.view
        if self.outside(room, me) or (at_first and view == "obs" and room.overlay.delay):
            view = "door"
        if self.view == "obs":
            room = room.for_overlay(self.visitor.words.say)
        as_me = me if self.view in STAGES else None
        return self.at.drawing.shared(room, as_me, view, self.link, self.visitor.language)

    def me(self, room: Room) -> Player | None:
        return room.member(self.visitor.id) if self.visitor.id else None

    def outside(self, room: Room, me: Player | None) -> bool:
        return room.locked and me is None and self.key != room.glass

    def room(self) -> Room | None:
        """The room as it is now; makes happen what is due."""
        at = self.at
        room = at.rooms.get(self.code)
        if room is None:
            return None
        here = at.drawing.here(room)
        heirs, room.game.lost = here.heirs, here.lost
        due = at.rooms.due(room)
        if heirs or (due is not None and due <= at.rooms.time()):
            at.rooms.tick(room, heirs)
            room = at.rooms.get(self.code)
        return room

    def delay(self) -> float:
        """How many seconds behind the room the host wants the overlay to be."""
        room = self.at.rooms.get(self.code)
        return room.overlay.delay if room else 0.0

    def scene(self) -> Scene:
        room, wall = self.room(), self.at.rooms.time()
        if room is None:
            return Scene(None, None)
        here, due = self.at.drawing.here(room), self.at.rooms.due(room)
        times = [here.until, *([] if due is None or due <= wall else [due])]
        return Seen(room, here, self.at.drawing.facts(room), min(times) - wall)

    def see(self, scene: Scene) -> Look:
        """The room as this visitor sees it now."""
        if not isinstance(scene, Seen):
            words = {"language": self.visitor.language, "code": self.code}
            closed = self.at.drawing.html("_closed.html", **words)
            return Look((event(closed), event('<div id="me"></div>')), last=True)
        room, me = scene.room, scene.members.get(self.visitor.id)
        seated = me.key if me and me.seated and self.view in STAGES else ""
        alike = (room.game.audience(seated), me is None, self._alike)
        parts = scene.drawn.get(alike)
        if parts is None:
            drawn = self.shared(room, me).values()
            parts = scene.drawn[alike] = tuple(event for _, event in drawn)
        if self.view not in STAGES:
            return Look(parts, (), scene.wake)
        self._mine = self.at.drawing.own(room, me, self.visitor, scene.facts, self._mine)
        return Look(parts, self._mine.parts, scene.wake)

    @cached_property
    def _alike(self) -> Hashable:
        """Beside the audience, what makes that two see the same."""
        view = "page" if self.view in STAGES else self.view
        return view, self.key, self.link, self.visitor.language


class Overlay(Looking):
    """A look at the overlay of a stream, which the host may have lag behind."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._behind = Behind(super().look, self.delay)

    def look(self, scene: Scene | None = None) -> Look:
        return self._behind()

    @property
    def prompt(self) -> bool:
        return False


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
    return stay(url_for("room.page", code=code))


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
    return go(url_for("home.home")) if verb == "leave" else stay(url_for("room.page", code=code))


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
    return stay(url_for("room.page", code=code))
