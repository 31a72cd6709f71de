"""Drawing: rooms and the lobby as fragments, each drawn once for all who see the same."""

import math
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from jinja2 import Environment

from myapp import games, metrics, names
from myapp.datastar import SSE
from myapp.lobby import Lobby
from myapp.overlay import DELAYS
from myapp.people import Player
from myapp.presence import AWAY, CROWN, Presence
from myapp.room import Room
from myapp.rooms import Rooms
from myapp.views.reading import Facts, Path
from myapp.views.who import Who
from myapp.words import ENGLISH, words

PARTS = {"head": "lasting", "backdrop": "lasting", "table": "version", "people": "lasting"}
"""What of a room its audience shares, and what of the room must have changed to draw it again."""
KEPT = 2000  # drawings remembered; the ones longest unused go first

MOMENT = 0.02  # seconds for which what was worked out for one own part serves the next

Drawn = tuple[str, bytes]
"""A fragment as HTML, and as the event that puts it on a page."""


@dataclass(frozen=True)
class Here:
    """Who of a room's people has its page open, as far as others should see it."""

    gone: frozenset[str]
    lost: frozenset[str]  # gone for longer than the grace of the game
    until: float  # the rooms' time when this may change by itself
    heirs: frozenset[str]  # who may take the crown now; empty while its bearer keeps it

    def away(self, key: str) -> bool:
        return key in self.gone

    @property
    def stamp(self) -> object:
        """Differs when something of this is to be drawn differently."""
        return self.gone, self.lost


class Given(NamedTuple):
    """What is drawn of a visitor beside who they are in the room."""

    hosting: bool
    name: str | bool | None  # told only when it is to be seen
    offer: str | None
    removed: bool
    knocked: bool


@dataclass(eq=False, slots=True)
class Own:
    """A visitor's own part of a room's page: as HTML, as event, and what it was drawn from."""

    facts: Facts
    reads: frozenset[Path]
    me: Player | None
    cheers: object
    html: str
    parts: tuple[bytes, ...]

    def stays(self, facts: Facts) -> bool:
        """Whether it would be drawn the same of these facts; then it goes by them from now on."""
        if self.facts is not facts:
            if not facts.as_before(self.facts, self.reads):
                return False
            self.facts = facts
        return True


THEN = Here(frozenset(), frozenset(), math.inf, frozenset())
"""In the past nobody is away: who had the page open is not written down."""


class Drawing:
    """Draws pages; `event` makes of a fragment the bytes that put it on a page."""

    def __init__(self, env: Environment, rooms: Rooms, lobby: Lobby, presence: Presence) -> None:
        self.env = env
        self.rooms = rooms
        self.lobby = lobby
        self.presence = presence
        self._spoken: dict[str, Environment] = {}
        self._drawn: OrderedDict[tuple[object, ...], tuple[object, str, bytes]] = OrderedDict()
        self._here: dict[str, tuple[object, Here]] = {}
        self._facts: dict[str, deque[Facts]] = {}
        self._reads: dict[frozenset[Path], frozenset[Path]] = {}
        self._strangers: dict[tuple[str, str, Given], Own] = {}

    def html(self, template: str, language: str = ENGLISH, **given: Any) -> str:
        return self._in(language).get_template(template).render(given)

    def _in(self, language: str) -> Environment:
        """The templates as they speak this language, also where there is no request to ask."""
        if language not in self._spoken:
            env, here = self.env.overlay(), words(language)
            spoken = {n: getattr(here, n) for n in ("say", "number", "gettext", "ngettext")}
            env.globals = {**self.env.globals, **spoken, "_": here.gettext}
            self._spoken[language] = env
        return self._spoken[language]

    def here(self, room: Room) -> Here:
        """Who is here; worked out once per change, not once per stream."""
        now = self.rooms.time()
        stamp = (room.lasting, self.presence.turn)
        known = self._here.get(room.code)
        if known and known[0] == stamp and now < known[1].until:
            return known[1]
        gone_for = {
            p.key: min(self.presence.gone_for(room.code, p.id), max(0.0, now - p.came))
            for p in room.people
            if not (p.robot or p.left)
        }
        gone = frozenset(key for key, seconds in gone_for.items() if seconds >= AWAY)
        closed, dropped = room.game.grace
        grace = {
            p.key: closed if self.presence.closed(room.code, p.id) else dropped
            for p in room.people
            if p.seated and p.key in gone
        }
        lost = frozenset(key for key, seconds in grace.items() if gone_for[key] >= seconds)
        bare = gone_for.get(room.host, 0.0)
        heirs = frozenset(gone_for) - gone if bare >= CROWN else frozenset()
        waits = [AWAY - s for s in gone_for.values() if 0 < s < AWAY]
        waits += [grace[key] - gone_for[key] for key in grace.keys() - lost]
        waits += [CROWN - bare] if 0 < bare < CROWN else []
        here = Here(gone, lost, now + min(waits, default=3600.0), heirs)
        if len(self._here) > KEPT:
            self._here.clear()
        self._here[room.code] = stamp, here
        return here

    def shared(
        self, room: Room, me: Player | None, view: str, invite: str, language: str = ENGLISH
    ) -> dict[str, Drawn]:
        """What of a room's page its audience shares, by PARTS: each drawn when it changed."""
        audience = room.game.audience(me.key if me and me.seated else "")
        here = self.here(room)
        room.game.lost = here.lost
        given: dict[str, Any] = {
            "language": language,
            "room": room,
            "game": room.game,
            "presence": here,
            "view": view,
            "invite": invite,
            "now": self.rooms.time(),
        }
        return {
            part: self._once(
                (part, room.code, audience, view, invite, language),
                (getattr(room, change), here.stamp),
                partial(self.html, f"_{part}.html", **given),
            )
            for part, change in PARTS.items()
        }

    def mine(self, room: Room, who: Who) -> str:
        """The part of a room's page that is one visitor's own."""
        me = room.member(who.id) if who.id else None
        return self.own(room, me, who, self.facts(room)).html

    def own(
        self, room: Room, me: Player | None, who: Who, facts: Facts, before: "Own | None" = None
    ) -> "Own":
        """The same, and what there is to know of it; `before` itself, if that is still right.

        Strangers who are to see the same share a drawing.
        """
        cheers = me and room.cheers.stamp(me.key)
        if before and before.me == me and before.cheers == cheers and before.stays(facts):
            return before
        given = self._given(room, me, who)
        kept = (room.code, who.language, given)
        if me is None and kept in self._strangers and self._strangers[kept].stays(facts):
            return self._strangers[kept]
        reads: set[Path] = set()
        for name in ("people", "door") if me is None else ("host",):  # what is given depends on it
            getattr(facts.eye("room", reads), name)
        html = self.html(
            "_me.html",
            language=who.language,
            room=facts.eye("room", reads),
            game=facts.eye("game", reads),
            presence=facts.eye("presence", reads),
            me=me,
            delays=DELAYS,
            now=self.rooms.time(),
            **given._asdict(),
        )
        reads.discard(("room", "cheers", None))  # the stamp of one's own cheers says it better
        paths = self._reads.setdefault(frozenset(reads), frozenset(reads))
        own = Own(facts, paths, me, cheers, html, (event(html),))
        if me is None:
            self._strangers[kept] = own
            _bounded(self._strangers)
        _bounded(self._reads)
        return own

    def _given(self, room: Room, me: Player | None, who: Who) -> "Given":
        if me is not None:
            return Given(me.key == room.host, True, None, False, False)
        offer = who.name
        if who.name:
            offer = names.distinct(who.name, [p.name for p in room.people if not p.left])
        return Given(
            hosting=False,
            name=who.name if offer != who.name else bool(who.name),
            offer=offer if offer != who.name else None,
            removed=who.id in room.door.removed,
            knocked=any(k.id == who.id for k in room.knocking),
        )

    def facts(self, room: Room) -> Facts:
        """What own parts read of a room, at this moment or just before."""
        now, stamp = self.rooms.time(), (room.lasting, self.here(room).stamp)
        kept = self._facts.setdefault(room.code, deque())
        if not kept or kept[-1].stamp != stamp or now > kept[-1].at + MOMENT:
            room.game.lost = self.here(room).lost
            room.at(now)
            things = {"room": room, "game": room.game, "presence": self.here(room)}
            kept.append(Facts(things, stamp, now))
            if len(kept) > 4:  # whoever has not looked for so long is drawn again
                kept.popleft().forget()
        _bounded(self._facts)
        return kept[-1]

    def past(self, room: Room, me: Player | None, language: str = ENGLISH) -> str:
        """A room as it once was, as `me`, one of its people then, saw it; nothing acts there."""
        return self.html(
            "_past.html",
            language=language,
            room=room,
            game=room.game,
            presence=THEN,
            me=me,
            view="replay",
            invite="",
            now=room.wall,
        )

    def lobby_part(self, language: str) -> Drawn:
        """The part of the home page that everybody shares."""
        rooms = self.lobby.public()
        return self._once(
            ("lobby", language),
            tuple((room.code, room.version) for room in rooms),
            partial(self.html, "_lobby.html", language=language, rooms=rooms),
        )

    def home_mine(self, who: Who) -> str:
        """The part of the home page that is one visitor's own."""
        places = self.lobby.places(who.id) if who.id else {}
        return self.html(
            "_mine.html",
            language=who.language,
            name=who.name,
            games=list(games.found().values()),
            places=places,
        )

    def _once(self, what: tuple[object, ...], stamp: object, draw: Callable[[], str]) -> Drawn:
        known = self._drawn.get(what)
        if known is None or known[0] != stamp:
            html = draw()
            metrics.DRAWINGS.labels(what[0]).inc()
            known = (stamp, html, event(html))
            self._drawn[what] = known
        self._drawn.move_to_end(what)
        if len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
        return known[1], known[2]


def _bounded(known: dict[Any, Any]) -> None:
    """Let the oldest go."""
    while len(known) > KEPT:
        del known[next(iter(known))]


def event(html: str) -> bytes:
    """The server-sent event that puts this fragment on a page."""
    return SSE.patch_elements(html).encode()
