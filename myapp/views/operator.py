"""Operator: the page of whoever runs this server. Without a password or a link it is not there."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import gevent
from datastar_py.consts import ElementPatchMode
from flask import Blueprint, Response, abort, render_template, request, session

from myapp import desk
from myapp.asks import PATIENCE
from myapp.datastar import SSE, DatastarEvent, DatastarResponse
from myapp.desk import Desk, Row
from myapp.game import BadMove, IllegalMove
from myapp.grants import mark
from myapp.hub import Bell
from myapp.limits import OPERATOR as TRIES
from myapp.metrics import QUICK
from myapp.people import Player
from myapp.presence import OPERATOR, Line
from myapp.stream import Look, stream
from myapp.views.answers import go, stay
from myapp.views.drawing import event
from myapp.views.house import House, house
from myapp.views.identity import arrived, line, round_trip, sent, text
from myapp.views.streams import connection, limited, tab_and_here
from myapp.views.who import language, who
from myapp.weather import Weather

PACE = 0.2  # seconds between two looks, or a busy house would draw for its operator above all
WORST = {"lag": 2000, "jitter": 2000, "drop": 50}

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


class Looking:
    """One operator's page: the store as it knows it, and the rows that it shows."""

    def __init__(self, at: House, grant: str, language: str, bell: Bell | None = None) -> None:
        self.at = at
        self.grant = grant
        self.language = language
        self._bell = bell
        self._looked = 0.0
        self._drawn: dict[str, tuple[dict[str, Any], str]] = {}
        self._slots: dict[str, bytes] = {}
        self._shown: dict[str, Row] = {}
        self._whole = b""

    @cached_property
    def desk(self) -> Desk:
        """All of it is read once; from then on only what rings."""
        found = Desk(self.at.store)
        found.learn({*desk.PREFIXES}, 0.0)
        return found

    def look(self) -> Look:
        gevent.sleep(max(0.0, self._looked + PACE - time.monotonic()))
        self._looked = time.monotonic()
        if not self.at.operator.grants.holds(self.grant):
            return Look((SSE.patch_signals({"_goto": "/"}).encode(),), last=True)
        known = self.desk
        known.learn(self._bell.wait(0) if self._bell else set(), time.time())
        parts = [event(html) for html in self.around().values()]
        return Look((*parts, *self.rows()))

    def html(self) -> dict[str, str]:
        """The whole page, as it is loaded."""
        return {**self.around(), "documents": self.documents()}

    def around(self) -> dict[str, str]:
        """All but the documents."""
        at, rows = self.at, self.desk.rows
        return {
            "machine": self.once("machine", workers=workers(at, self.desk), bounds=QUICK),
            "present": self.once("present", groups=groups(at), worst=WORST),
            "notes": self.once(
                "notes",
                deleted=desk.deleted(at.store, self.desk.of("deleted/")),
                faults=[row for row in rows.values() if row.fault],
                log=latest(at, self.desk),
            ),
        }

    def documents(self) -> str:
        of = {kind: sorted(self.desk.of(f"{kind}/")) for kind in desk.KINDS}
        kinds = {kind: [self.desk.rows[key] for key in keys] for kind, keys in of.items()}
        return self.draw("documents", kinds=kinds)

    def rows(self) -> Iterator[bytes]:
        """The documents: all of them at first, then each row that came, changed or went."""
        rows, shown = self.desk.rows, self._shown
        if not self._whole:
            self._whole = event(self.documents())
        else:
            for key in sorted({*rows, *shown}):
                row, old = rows.get(key), shown.get(key)
                if row is not old:
                    self._slots[key] = self.row(key, row, old).encode()
        self._shown = dict(rows)
        yield self._whole
        yield from self._slots.values()

    def row(self, key: str, row: Row | None, old: Row | None) -> DatastarEvent:
        if row is None:
            return SSE.remove_elements(f"#row-{key.replace('/', '-')}")
        html = self.draw("row", row=row)
        if old is None:
            return SSE.patch_elements(
                html, selector=f"#rows-{row.kind}", mode=ElementPatchMode.APPEND
            )
        return SSE.patch_elements(html)

    def once(self, part: str, **given: Any) -> str:
        """Draw a part, if it is to show something else than before."""
        before = self._drawn.get(part)
        if before is None or before[0] != given:
            self._drawn[part] = given, self.draw(part, **given)
        return self._drawn[part][1]

    def draw(self, part: str, **given: Any) -> str:
        return self.at.drawing.html(f"operator/{part}.html", self.language, hour=hour, **given)


def hour(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))


def workers(at: House, known: Desk) -> list[dict[str, Any]]:
    """The figures of each process, with the number of the bucket that half its changes are in."""
    found = [at.store.get(key) for key in sorted(known.of("workers/"))]
    figures = [doc for doc, _ in filter(None, found)]
    return [{**worker, "half": half(worker["changes"])} for worker in figures]


def half(counts: list[int]) -> int:
    return next((n for n, _ in enumerate(counts) if 2 * sum(counts[: n + 1]) >= sum(counts)), 0)


def latest(at: House, known: Desk) -> list[dict[str, Any]]:
    """The newest lines of all workers' logs."""
    lines = [entry for worker in workers(at, known) for entry in worker["log"]]
    return sorted(lines, key=lambda entry: -entry["at"])[:30]


@dataclass(frozen=True)
class Present:
    """Somebody who has a page open, or whose room is open without them."""

    room: str
    key: str  # in the room; of somebody who is in none, a mark of their page
    name: str
    state: str
    tabs: int
    weather: Weather


def groups(at: House) -> dict[str, list[Present]]:
    """Who is here and who is missing, by room; "" is everywhere else."""
    lines = at.presence.lines()
    found: dict[str, list[Present]] = {}
    strangers = []
    for code in sorted({x.room for x in lines}):
        room = at.rooms.get(code) if code else None
        known = [p for p in room.people if not (p.robot or p.left)] if room else []
        found[code] = [present(at, code, p, lines) for p in known]
        ids = {p.id for p in known}
        strangers += [x for x in lines if x.room == code and x.player not in ids]
    outside = [
        Present(x.room, stranger(x), "", "here", 1, at.operator.forecast.of(x.player))
        for x in strangers
    ]
    return {code: people for code, people in {**found, "": outside}.items() if people}


def present(at: House, code: str, player: Player, lines: list[Line]) -> Present:
    tabs = len({x.tab for x in lines if (x.room, x.player) == (code, player.id)})
    state = "here" if tabs else "closed" if at.presence.closed(code, player.id) else "hidden"
    weather = at.operator.forecast.of(player.id)
    return Present(code, player.key, player.name, state, tabs, weather)


def stranger(line: Line) -> str:
    """What the page calls somebody whom no room knows: neither cookie nor tab may be drawn."""
    return mark(f"{line.player} {line.tab}")[:12]


# What there is to do


def find(body: dict[str, Any]) -> tuple[str, list[Line], str]:
    """Who is meant: their id, their open pages there, newest first, and else their state."""
    at, code, key = house(), text(body, "room"), text(body, "player")
    lines = at.presence.lines()
    room = at.rooms.get(code) if code in at.rooms.codes() else None
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
    house().rooms.change(text(body, "room"), lambda room: room.expel(key))


def pause(body: dict[str, Any]) -> None:
    """Pause every room that is not."""
    wall = house().rooms.time()
    for room in house().rooms.all():
        if room.playing and not room.paused:
            house().rooms.change(room.code, lambda room: room.hold(wall))


def resume(body: dict[str, Any]) -> None:
    """Let all go on that `pause` stopped."""
    wall = house().rooms.time()
    for room in house().rooms.all():
        if room.held:
            house().rooms.change(room.code, lambda room: room.release(wall))


def delete(body: dict[str, Any]) -> None:
    desk.delete(house().store, key_in(body), time.time())


def undo(body: dict[str, Any]) -> None:
    desk.undo(house().store, text(body, "player"))


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
    "undo": undo,
    "leave": leave,
}


@pages.post("/operator/<any({verbs}):verb>".format(verbs=", ".join(VERBS)))
def act(verb: str) -> Response:
    if not house().operator.grants.holds(grant()):
        abort(403)
    body = sent()
    log.info("the operator did: %s", verb)
    try:
        return VERBS[verb](body) or stay("/operator")
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
