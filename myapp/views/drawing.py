"""Drawing: rooms and the lobby as fragments, each drawn once for all who see the same."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from jinja2 import Environment

from myapp import games, metrics, names
from myapp.lobby import Lobby
from myapp.people import Player
from myapp.presence import AWAY, CROWN, Presence
from myapp.room import Room
from myapp.rooms import Rooms
from myapp.views.here import THEN, Here
from myapp.views.owns import Owns
from myapp.views.reading import Facts, Path, Sheet
from myapp.views.who import Who
from myapp.words import ENGLISH, LANGUAGES, words

PARTS = {
    "head": "lasting",
    "banner": "lasting",
    "backdrop": "lasting",
    "table": "version",
    "people": "lasting",
}
"""What of a room its audience shares, and what of the room must have changed to draw it again."""
KEPT = 2000  # drawings remembered; the ones longest unused go first
MOMENT = 0.02  # seconds for which what was worked out for one drawing serves the next


class Drawing:
    """Draws pages, and the fragments of which they are made."""

    def __init__(self, env: Environment, rooms: Rooms, lobby: Lobby, presence: Presence) -> None:
        self.env = env
        self.rooms = rooms
        self.lobby = lobby
        self.presence = presence
        self._spoken: dict[str, Environment] = {}
        self._macros: dict[tuple[str, str], Any] = {}
        self._drawn: OrderedDict[tuple[object, ...], tuple[object, Sheet]] = OrderedDict()
        self._here: dict[str, tuple[object, Here]] = {}
        self._facts: OrderedDict[str, Facts] = OrderedDict()
        self.owns = Owns(self)

    def html(self, template: str, language: str = ENGLISH, **given: Any) -> str:
        return self._in(language).get_template(template).render(given)

    def macros(self, template: str, language: str) -> Any:
        """The macros of a template, to be called without it."""
        key = template, language
        if key not in self._macros:
            self._macros[key] = self._in(language).get_template(template).module
        return self._macros[key]

    def warm(self) -> None:
        """Load what the first look at a room needs, whatever is played there: after a restart a
        crowd comes at once, and would wait for it."""
        play = [f"games/{kind}.html" for kind in games.found()]
        pieces = [f"_{name}.html" for name in (*PARTS, "cheers", "hand", "host", "me")]
        for language in LANGUAGES:
            for template in ("macros.html", *pieces, *play):
                self._in(language).get_template(template)
        names.distinct("Ann", ["Bob"])  # reads the table of letters that look alike

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
    ) -> dict[str, Sheet]:
        """What of a room's page its audience shares, by PARTS: each drawn when what it shows has
        changed."""
        audience = room.game.audience(me.key if me and me.seated else "")
        here = self.here(room)
        room.game.lost = here.lost
        given = {"language": language, "view": view, "invite": invite}

        def drawn(part: str, before: Sheet | None) -> Sheet:
            facts = self.facts(room)
            if before and before.stays(facts):
                return before
            metrics.DRAWINGS.labels(part).inc()
            reads: set[Path] = set()
            eyes = {thing: facts.eye(thing, reads) for thing in ("room", "game", "presence")}
            return Sheet.of(self.html(f"_{part}.html", **given, **eyes), facts, reads)

        return {
            part: self._once(
                (part, room.code, audience, view, invite, language),
                (getattr(room, change), here.stamp),
                partial(drawn, part),
            )
            for part, change in PARTS.items()
        }

    def facts(self, room: Room) -> Facts:
        """What drawings read of this room, at this moment or just before."""
        now, here = self.rooms.time(), self.here(room)
        known = self._facts.get(room.code)
        if known is None or not known.are_of(room, here) or now > known.at + MOMENT:
            room.game.lost = here.lost
            room.at(now)
            known = self._facts[room.code] = Facts(room, here, now)
            if len(self._facts) > KEPT:
                self._facts.popitem(last=False)
        self._facts.move_to_end(room.code)
        return known

    def mine(self, room: Room, who: Who) -> str:
        """The part of a room's page that is one visitor's own."""
        me = room.member(who.id) if who.id else None
        return self.owns.drawn(room, me, who, self.facts(room)).html

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
        )

    def lobby_part(self, language: str) -> Sheet:
        """The part of the home page that everybody shares."""
        rooms = self.lobby.public()

        def drawn(_: Sheet | None) -> Sheet:
            metrics.DRAWINGS.labels("lobby").inc()
            return Sheet.of(self.html("_lobby.html", language=language, rooms=rooms))

        stamp = tuple((room.code, room.version) for room in rooms)
        return self._once(("lobby", language), stamp, drawn)

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

    def _once(
        self, what: tuple[object, ...], stamp: object, draw: Callable[[Sheet | None], Sheet]
    ) -> Sheet:
        """What `draw` made of `what` at this stamp; it is handed what it made at the one before."""
        known = self._drawn.get(what)
        if known is None or known[0] != stamp:
            known = self._drawn[what] = stamp, draw(known and known[1])
        self._drawn.move_to_end(what)
        if len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
        return known[1]
