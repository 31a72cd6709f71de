"""Owns: what of a room's page is one visitor's own, drawn again when something it shows changed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from myapp import names
from myapp.overlay import DELAYS
from myapp.people import Player
from myapp.room import Room
from myapp.views.reading import Facts, Path, Sheet
from myapp.views.who import Who

if TYPE_CHECKING:  # it is given to it
    from myapp.views.drawing import Drawing

KEPT = 2000  # drawings remembered that strangers share; the oldest go first


class Given(NamedTuple):
    """What is drawn of a visitor beside who they are in the room."""

    hosting: bool
    name: str | bool | None  # told only when it is to be seen
    offer: str | None
    removed: bool
    knocked: bool


@dataclass(eq=False, slots=True)
class Own:
    """A visitor's own part of a room's page: what they hold, and all that is around it."""

    me: Player | None
    cheers: object
    hand: Sheet
    rest: Sheet
    parts: tuple[bytes, ...]

    @property
    def html(self) -> str:
        return self.hand.html + self.rest.html


class Owns:
    """Draws own parts."""

    def __init__(self, drawing: "Drawing") -> None:
        self._drawing = drawing
        self._strangers: dict[tuple[str, str, Given], Own] = {}

    def drawn(
        self, room: Room, me: Player | None, who: Who, facts: Facts, before: Own | None = None
    ) -> Own:
        """A visitor's own part as it is now; `before` itself, if that is still right.

        Strangers who are to see the same share a drawing.
        """
        cheers = me and room.cheers.stamp(me.key)
        hand = rest = None
        if before and before.me == me:
            hand = before.hand if before.hand.stays(facts) else None
            rest = before.rest if before.cheers == cheers and before.rest.stays(facts) else None
            if hand and rest:
                return before
        given = self._given(room, me, who)
        kept = (room.code, who.language, given)
        if me is None and kept in self._strangers and self._strangers[kept].rest.stays(facts):
            return self._strangers[kept]
        hand = hand or self._hand(room, me, who, facts)
        rest = rest or self._rest(me, who, facts, given)
        own = Own(me, cheers, hand, rest, (hand.event, rest.event))
        if me is None:
            self._strangers[kept] = own
            while len(self._strangers) > KEPT:
                del self._strangers[next(iter(self._strangers))]
        return own

    def _hand(self, room: Room, me: Player | None, who: Who, facts: Facts) -> Sheet:
        """By the macros alone: a whole template takes five times as long, for each of a crowd."""
        reads: set[Path] = set()
        own = self._drawing.macros("_hand.html", who.language)
        play = self._drawing.macros(f"games/{room.kind}.html", who.language)
        html = own.hand(play, facts.eye("room", reads), facts.eye("game", reads), me)
        return Sheet.of(str(html), facts, reads)

    def _rest(self, me: Player | None, who: Who, facts: Facts, given: Given) -> Sheet:
        reads: set[Path] = set()
        for name in ("people", "door") if me is None else ("host",):  # what is given depends on it
            getattr(facts.eye("room", reads), name)
        html = self._drawing.html(
            "_me.html",
            language=who.language,
            room=facts.eye("room", reads),
            game=facts.eye("game", reads),
            presence=facts.eye("presence", reads),
            me=me,
            delays=DELAYS,
            now=self._drawing.rooms.time(),
            **given._asdict(),
        )
        reads.discard(("room", "cheers", None))  # the stamp of one's own cheers says it better
        return Sheet.of(html, facts, reads)

    def _given(self, room: Room, me: Player | None, who: Who) -> Given:
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
