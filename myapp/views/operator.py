"""Operator: the page of whoever runs this server. Without a password or a link it is not there."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, session

from myapp import desk, undo
from myapp.asks import PATIENCE
from myapp.datastar import SSE, DatastarResponse
from myapp.game import BadMove, IllegalMove
from myapp.limits import OPERATOR as TRIES
from myapp.presence import OPERATOR, Line
from myapp.stream import stream
from myapp.views.answers import go, stay
from myapp.views.desk import WORST, Looking, present, stranger
from myapp.views.house import house
from myapp.views.identity import arrived, line, round_trip, sent, text
from myapp.views.streams import connection, limited, tab_and_here
from myapp.views.urls import find_code
from myapp.views.who import language, who
from myapp.weather import Weather

pages = Blueprint("operator", __name__)
log = logging.getLogger("myapp.operator")


# The door


@pages.route("/operator", methods=["GET", "POST"])
def page() -> Any:
    """The page, or the way to it. POST is the way in, by a plain form: no password in signals."""
    grants = house().operator.grants
    if request.method == "GET" and grants.holds(grant()):
        house().operator.pulse.reap()
        return render_template("operator.html", parts=Looking(house(), grant(), language()).html())
    if not (grants.by_password or grants.by_link):
        abort(404)
    if request.method == "GET":
        key = request.args.get("key", "")
        return render_template("operator/door.html", key=key, by_password=grants.by_password)
    body = sent()
    house().limits.take(TRIES, line())
    session["operator"] = grants.enter(text(body, "key"), text(body, "password"))
    log.warning("somebody came in as operator")
    return go("/operator")


def grant() -> str:
    return str(session.get("operator", ""))


# What there is to see


@pages.get("/operator/live")
def live() -> Response:
    """The operator page's one stream."""
    at, mine, spoken = house(), grant(), language()
    if not at.operator.grants.holds(mine):
        return DatastarResponse()
    tab, _ = tab_and_here()
    keys = [*desk.PREFIXES]

    def frames(fd: int | None) -> Iterator[bytes]:
        with at.store.listen(*keys) as bell, at.presence.line(OPERATOR, tab, OPERATOR):
            looking = Looking(at, mine, spoken, bell)
            yield from stream(at.hub, at.store, keys, looking.look, fd)

    return limited(OPERATOR, frames(connection()))


# What there is to do


def find(body: dict[str, Any]) -> tuple[str, list[Line], str]:
    """Who is meant: their id, their open pages there, newest first, and else their state."""
    at, code, key = house(), text(body, "room"), text(body, "player")
    lines = at.presence.lines()
    room = at.rooms.get(code) if find_code(code) == code else None
    player = room.player(key) if room else None
    if player:
        mine = [x for x in lines if (x.room, x.player) == (code, player.id)]
        return player.id, mine, present(at, code, player, lines).state
    mine = [x for x in lines if stranger(x) == key]
    if not mine:
        raise IllegalMove("They are not here any more.")
    return mine[0].player, mine, "here"


def ask(body: dict[str, Any]) -> Response:
    """What somebody's newest page shows, drawn for the one who asked and nobody else."""
    _, lines, state = find(body)
    answer = house().operator.asks.ask(lines[0]) if lines else None
    html = house().drawing.html(
        "operator/answer.html",
        language(),
        name=text(body, "name"),
        state=state,
        answer=answer,
        patience=PATIENCE,
    )
    if "Datastar-Request" not in request.headers:
        return go("/operator")
    return DatastarResponse(SSE.patch_elements(html))


def make_weather(body: dict[str, Any]) -> None:
    """Make somebody's network bad, or fair again."""
    numbers = {name: str(body.get(name, "")) for name in WORST}
    if not all(digits.isascii() and digits.isdigit() for digits in numbers.values()):
        raise BadMove("Give whole numbers.")
    weather = Weather(**{name: min(int(numbers[name][:6]), WORST[name]) for name in WORST})
    house().operator.forecast.make(find(body)[0], weather)


def remove(body: dict[str, Any]) -> None:
    key = text(body, "player")
    house().rooms.change(text(body, "room"), lambda room: room.expel(key), did="expel")


def pause(body: dict[str, Any]) -> None:
    """Pause every room that is not."""
    wall = house().rooms.time()
    for room in house().rooms.all():
        if room.playing and not room.paused:
            house().rooms.change(room.code, lambda room: room.hold(wall), did="hold")


def resume(body: dict[str, Any]) -> None:
    """Let all go on that `pause` stopped."""
    wall = house().rooms.time()
    for room in house().rooms.all():
        if room.held:
            house().rooms.change(room.code, lambda room: room.release(wall), did="release")


def delete(body: dict[str, Any]) -> None:
    undo.delete(house().store, key_in(body), house().store.time())


def bring_back(body: dict[str, Any]) -> None:
    undo.bring_back(house().store, text(body, "player"))


def key_in(body: dict[str, Any]) -> str:
    key = text(body, "key")
    if not key.startswith(desk.PREFIXES):
        raise BadMove("There is no such document.")
    return key


def leave(body: dict[str, Any]) -> Response:
    house().operator.grants.leave(grant())
    session.pop("operator", None)
    return go("/")


VERBS: dict[str, Callable[[dict[str, Any]], Response | None]] = {
    "ask": ask,
    "weather": make_weather,
    "remove": remove,
    "pause": pause,
    "resume": resume,
    "delete": delete,
    "undo": bring_back,
    "leave": leave,
}


@pages.post("/operator/<any({verbs}):verb>".format(verbs=", ".join(VERBS)))
def act(verb: str) -> Response:
    if not house().operator.grants.holds(grant()):
        abort(403)
    body = sent()
    log.info("the operator did: %s", verb)
    try:
        return VERBS[verb](body) or stay("operator.page")
    except ValueError as error:
        raise BadMove("There is no such document.") from error


# What every page does


@pages.post("/answer/<id>")
def answer(id: str) -> Response:
    """A page says what it shows, because the operator asked; and its reader is told."""
    body = sent()
    house().operator.asks.answer(
        id,
        who().id,
        {**body, **({"_rtt": rtt} if (rtt := round_trip()) is not None else {})},
        request.headers.get("Page-Size", "")[:40],
        request.headers.get("Page-Is", "")[:40],
        arrived() + house().store.away(),
    )
    return DatastarResponse(SSE.patch_elements(render_template("_told.html", told=True)))
