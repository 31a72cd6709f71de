"""Owns: what of a room's page is one visitor's own, drawn again when something it shows changed."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from myapp import names
from myapp.datastar import event
from myapp.overlay import DELAYS
from myapp.people import Player
from myapp.room import Room
from myapp.views.here import Here
from myapp.views.reading import Facts, Path
from myapp.views.who import Who

KEPT = 2000  # of each kind remembered; the oldest go first
MOMENT = 0.02  # seconds for which what was worked out for one own part serves the next


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


class Owns:
    """Draws own parts by `html`; `here` says who is there, and `time` the rooms' time."""

    def __init__(
        self, html: Callable[..., str], here: Callable[[Room], Here], time: Callable[[], float]
    ) -> None:
        self.html = html
        self._here = here
        self._time = time
        self._facts: dict[str, deque[Facts]] = {}
        self._reads: dict[frozenset[Path], frozenset[Path]] = {}
        self._strangers: dict[tuple[str, str, Given], Own] = {}

    def drawn(
        self, room: Room, me: Player | None, who: Who, facts: Facts, before: "Own | None" = None
    ) -> "Own":
        """A visitor's own part as it is now; `before` itself, if that is still right.

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
            now=self._time(),
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
        now, stamp = self._time(), (room.lasting, self._here(room).stamp)
        kept = self._facts.setdefault(room.code, deque())
        if not kept or kept[-1].stamp != stamp or now > kept[-1].at + MOMENT:
            room.game.lost = self._here(room).lost
            room.at(now)
            things = {"room": room, "game": room.game, "presence": self._here(room)}
            kept.append(Facts(things, stamp, now))
            if len(kept) > 4:  # whoever has not looked for so long is drawn again
                kept.popleft().forget()
        _bounded(self._facts)
        return kept[-1]


def _bounded(known: dict[Any, Any]) -> None:
    """Let the oldest go."""
    while len(known) > KEPT:
        del known[next(iter(known))]
