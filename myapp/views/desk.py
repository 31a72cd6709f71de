"""Desk: the operator page drawn, and kept true."""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import gevent
from datastar_py.consts import ElementPatchMode

from myapp import desk, undo
from myapp.datastar import SSE, DatastarEvent, event
from myapp.desk import Desk, Row
from myapp.grants import mark
from myapp.hub import Bell
from myapp.metrics import QUICK
from myapp.people import Player
from myapp.presence import Line
from myapp.stream import Look
from myapp.views.house import House
from myapp.weather import Weather

PACE = 0.2  # seconds between two looks, or a busy house would draw for its operator above all
WORST = {"lag": 2000, "jitter": 2000, "drop": 50}


class Looking:
    """One operator's page: the store as it knows it, and the rows that it shows."""

    def __init__(self, at: House, grant: str, language: str, bell: Bell | None = None) -> None:
        self.at = at
        self.grant = grant
        self.language = language
        self._bell = bell
        self._looked = 0.0
        self._drawn: dict[str, tuple[dict[str, Any], str]] = {}
        self._shown: dict[str, Row] = {}
        self._whole = self._news = b""

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
        known.learn(self._bell.wait(0) if self._bell else set(), self.at.store.time())
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
                deleted=undo.deleted(at.store, self.desk.of("deleted/")),
                faults=[row for row in rows.values() if row.fault],
                log=latest(at, self.desk),
            ),
        }

    def documents(self) -> str:
        of = {kind: sorted(self.desk.of(f"{kind}/")) for kind in desk.KINDS}
        kinds = {kind: [self.desk.rows[key] for key in keys] for kind, keys in of.items()}
        return self.draw("documents", kinds=kinds)

    def rows(self) -> tuple[bytes, bytes]:
        """The documents: all of them at first, then those that came, changed or went by now."""
        rows, shown = self.desk.rows, self._shown
        if not self._whole:
            self._whole = event(self.documents())
        else:
            news = [key for key in {*rows, *shown} if rows.get(key) is not shown.get(key)]
            if news:
                self._news = b"".join(self.row(key).encode() for key in sorted(news))
        self._shown = dict(rows)
        return self._whole, self._news

    def row(self, key: str) -> DatastarEvent:
        """What makes the page show this document, in its place, as it is now."""
        row = self.desk.rows.get(key)
        if row is None:
            return SSE.remove_elements(selector(key))
        html = self.draw("row", row=row)
        if key in self._shown:
            return SSE.patch_elements(html)
        after = (other for other in self.desk.of(f"{row.kind}/") if other > key)
        next_one = min((other for other in after if other in self._shown), default=None)
        if next_one:
            place, mode = selector(next_one), ElementPatchMode.BEFORE
        else:
            place, mode = f"#rows-{row.kind}", ElementPatchMode.APPEND
        return SSE.patch_elements(html, selector=place, mode=mode)

    def once(self, part: str, **given: Any) -> str:
        """Draw a part, if it is to show something else than before."""
        before = self._drawn.get(part)
        if before is None or before[0] != given:
            self._drawn[part] = given, self.draw(part, **given)
        return self._drawn[part][1]

    def draw(self, part: str, **given: Any) -> str:
        return self.at.drawing.html(f"operator/{part}.html", self.language, hour=hour, **given)


def selector(key: str) -> str:
    """Where the page has the row of a document."""
    return f"#row-{key.replace('/', '-')}"


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
