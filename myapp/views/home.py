"""Home: a name, new rooms, joining by code, public rooms, quick match."""

import secrets
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for

from myapp import games, undo
from myapp.datastar import SSE, DatastarResponse, event
from myapp.game import BadMove, IllegalMove
from myapp.limits import NEWCOMERS, QUEUE, ROOMS, ROOMS_OF_ADDRESS
from myapp.names import clean
from myapp.rooms import NoSuchRoom
from myapp.stream import Look, Scene, Sight
from myapp.views.answers import go, named, stay
from myapp.views.house import House, house
from myapp.views.identity import line, remember, sent, text
from myapp.views.streams import open_stream
from myapp.views.urls import find_code
from myapp.views.who import Who, who

pages = Blueprint("home", __name__)


@pages.get("/")
def home() -> Any:
    visitor = who()
    house().lobby.seen(visitor.id)
    match = house().lobby.match(visitor.id) if visitor.id else None
    if match:
        return redirect(url_for("room.page", code=match), 303)
    draw = house().drawing
    return render_template(
        "home.html",
        name=visitor.name,
        account=house().accounts.of(visitor.id) is not None,
        lobby=draw.lobby_part(visitor.language).html,
        mine=draw.home_mine(visitor),
        tab=secrets.token_hex(8),
        live=url_for("home.live"),
    )


@pages.get("/live")
def live() -> Response:
    """The home page's one stream."""
    return open_stream("", Outlook(house(), who()))


class Outlook(Sight):
    """Somebody who looks at the home page."""

    keys = ("home:rooms", "queue/")

    def __init__(self, at: House, visitor: Who) -> None:
        self._at = at
        self._visitor = visitor

    def scene(self) -> Scene:
        stamp = self._at.lobby.stamp()
        return Scene(stamp, stamp)

    def see(self, scene: Scene) -> Look:
        at, visitor = self._at, self._visitor
        if visitor.id:
            at.lobby.settle(visitor.id)
        match = at.lobby.match(visitor.id) if visitor.id else None
        if match:
            return Look((SSE.patch_signals({"_goto": f"/{match}"}).encode(),))
        everybodys = at.drawing.lobby_part(visitor.language)
        return Look((everybodys.event,), (event(at.drawing.home_mine(visitor)),))


@pages.post("/enter")
def enter() -> Response:
    """Type a name, and go where one wanted to go."""
    body = sent()
    name = clean(text(body, "name"))
    if not who().id:
        house().limits.take(NEWCOMERS, line())
    remember(name)
    house().accounts.rename(who().id, name)
    code = find_code(text(body, "next"))
    if code:
        come_in(code, who())
    if "Datastar-Request" in request.headers:
        # The page stays, and asks for its stream again: as somebody with a name.
        again = SSE.patch_signals({"_try": secrets.randbelow(1 << 30)})
        return DatastarResponse((SSE.patch_elements(render_template("_who.html")), again))
    return go(url_for("room.page", code=code) if code else url_for("home.home"))


@pages.post("/bye")
def bye() -> Response:
    """A page is being closed: its player is gone sooner than if the line had dropped."""
    tab = text(sent(), "tab", 64)
    if tab and who().id:
        house().presence.bye(tab)
    return Response(status=204)


@pages.get("/privacy")
def privacy() -> str:
    """What is kept, how long, and how to have it deleted."""
    return render_template("privacy.html", name=who().name)


@pages.post("/forget")
def forget() -> Response:
    """Delete what is known of this visitor, and the cookie."""
    sent()
    visitor = who()
    if visitor.id:
        for kind in games.found():
            house().lobby.leave(kind, visitor.id)
        house().accounts.delete(visitor.id)
        house().rooms.forget_person(visitor.id)
        undo.forget(house().store, visitor.id, house().rooms.time())
    if "reader" in session:
        house().practice.forget(str(session["reader"]))
    session.clear()
    return go(url_for("home.home"))


@pages.post("/rooms")
def open_room() -> Response:
    body, visitor = sent(), named()
    house().limits.take(ROOMS, visitor.id)
    house().limits.take(ROOMS_OF_ADDRESS, line())
    code = house().rooms.open(
        text(body, "game"), [(visitor.id, visitor.name or "")], text(body, "act", 64)
    )
    return go(url_for("room.page", code=code))


@pages.post("/join")
def join() -> Response:
    """Go to the room with this code; its page does the rest."""
    typed = text(sent(), "code")
    code = find_code(typed)
    if code is None:
        raise BadMove("A room code is four letters, like KXQP.")
    if house().rooms.get(code) is None:
        raise NoSuchRoom(code)
    come_in(code, who())
    return go(url_for("room.page", code=code))


def come_in(code: str, visitor: Who) -> None:
    """Join, if that needs no more asking; else the room's own page says what it takes."""
    if visitor.name:
        name = visitor.name
        with suppress(IllegalMove):
            house().rooms.change(
                code,
                lambda room: room.locked or room.join(visitor.id, name),
                by=visitor.id,
                did="join",
            )


@pages.post("/queue/<kind>")
def wait(kind: str) -> Response:
    sent()
    visitor = named()
    house().limits.take(QUEUE, visitor.id)
    code = house().lobby.wait(known(kind), visitor.id, visitor.name or "")
    return go(url_for("room.page", code=code)) if code else stay("home.home")


@pages.post("/queue/<kind>/leave")
def leave(kind: str) -> Response:
    sent()
    house().lobby.leave(known(kind), named().id)
    return stay("home.home")


def known(kind: str) -> str:
    if kind not in games.found():
        abort(404)
    return kind
