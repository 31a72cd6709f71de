"""Owns: what of a room's page is one visitor's own, drawn again when something it shows changed."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from myapp import names
from myapp.datastar import event
from myapp.overlay import DELAYS
from myapp.people import Player
from myapp.room import Room
from myapp.views.reading import Facts, Path, Sheet
from myapp.views.who import Who
from myapp.words import ENGLISH

if TYPE_CHECKING:  # it is given to it
    from myapp.views.drawing import Drawing

KEPT = 2000  # drawings remembered that strangers share; the oldest go first


class Given(NamedTuple):
    """What is drawn of a visitor beside who they are in the room."""

    name: str | bool | None  # told only when it is to be seen
    offer: str | None
    removed: bool
    knocked: bool


MEMBER = Given(True, None, False, False)


@dataclass(eq=False, slots=True)
class Own:
    """A visitor's own part of a room's page, piece by piece: what they hold, their seat or the
    door, and, if they are the host, what they may choose of the game, and their keys."""

    me: Player | None
    hosting: bool
    cheers: object
    hand: Sheet
    seat: Sheet
    choices: Sheet
    keys: Sheet
    parts: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = self.hand.event, self.seat.event, self.choices.event, self.keys.event

    @property
    def html(self) -> str:
        return self.hand.html + self.seat.html + self.choices.html + self.keys.html


class Owns:
    """Draws own parts."""

    def __init__(self, drawing: "Drawing") -> None:
        self._drawing = drawing
        self._strangers: dict[tuple[str, str, Given], Own] = {}
        self._nothings: dict[str, Sheet] = {}

    def drawn(
        self, room: Room, me: Player | None, who: Who, facts: Facts, before: Own | None = None
    ) -> Own:
        """A visitor's own part as it is now; `before` itself, if that is still right.

        Strangers who are to see the same share a drawing.
        """
        cheers = me and room.cheers.stamp(me.key)
        hosting = me is not None and me.key == room.host
        hand = seat = choices = keys = None
        if before and (before.me is me or before.me == me) and before.hosting == hosting:
            hand = before.hand if before.hand.stays(facts) else None
            seat = before.seat if before.cheers == cheers and before.seat.stays(facts) else None
            choices = before.choices if not hosting or before.choices.stays(facts) else None
            keys = before.keys if not hosting or before.keys.stays(facts) else None
            if hand and seat and choices and keys:
                return before
        if me is None:
            given = self._given(room, who)
            kept = (room.code, who.language, given)
            if kept in self._strangers and self._strangers[kept].seat.stays(facts):
                return self._strangers[kept]
        else:
            given = MEMBER
        hand = hand or self._by_macro("hand", room, who, facts, me)
        seat = seat or self._seat(me, who, facts, given)
        if hosting:
            choices = choices or self._by_macro("choices", room, who, facts)
            keys = keys or self._keys(me, who, facts)
        else:
            choices, keys = self._nothing("choices"), self._nothing("host")
        own = Own(me, hosting, cheers, hand, seat, choices, keys)
        if me is None:
            self._strangers[kept] = own
            while len(self._strangers) > KEPT:
                del self._strangers[next(iter(self._strangers))]
        return own

    def _by_macro(
        self, name: str, room: Room, who: Who, facts: Facts, me: Player | None = None
    ) -> Sheet:
        """By the macros alone: a whole template takes five times as long, for each of a crowd."""
        reads: set[Path] = set()
        own = getattr(self._drawing.macros("_hand.html", who.language), name)
        play = self._drawing.macros(f"games/{room.kind}.html", who.language)
        html = own(play, facts.eye("room", reads), facts.eye("game", reads), me)
        return Sheet.of(str(html), facts, reads)

    def _seat(self, me: Player | None, who: Who, facts: Facts, given: Given) -> Sheet:
        reads: set[Path] = set()
        if me is None:  # what is given depends on it
            for name in ("people", "door"):
                getattr(facts.eye("room", reads), name)
        html = self._drawing.html(
            "_me.html",
            language=who.language,
            room=facts.eye("room", reads),
            game=facts.eye("game", reads),
            me=me,
            now=self._drawing.rooms.time(),
            **given._asdict(),
        )
        reads.discard(("room", "cheers", None))  # the stamp of one's own cheers says it better
        return Sheet.of(html, facts, reads)

    def _keys(self, me: Player | None, who: Who, facts: Facts) -> Sheet:
        reads: set[Path] = set()
        given = {"room": facts.eye("room", reads), "me": me, "delays": DELAYS}
        html = self._drawing.html("_host.html", language=who.language, **given)
        return Sheet.of(html, facts, reads)

    def _nothing(self, id: str) -> Sheet:
        """What stands there for those who are not the host. It reads nothing, so it stays."""
        if id not in self._nothings:
            html = self._drawing.macros("_hand.html", ENGLISH).nothing(id)
            self._nothings[id] = Sheet(str(html), event(html), {}, frozenset())
        return self._nothings[id]

    def _given(self, room: Room, who: Who) -> Given:
        offer = who.name
        if who.name:
            offer = names.distinct(who.name, [p.name for p in room.people if not p.left])
        return Given(
            name=who.name if offer != who.name else bool(who.name),
            offer=offer if offer != who.name else None,
            removed=who.id in room.door.removed,
            knocked=any(k.id == who.id for k in room.knocking),
        )
