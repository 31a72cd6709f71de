"""Looking: what somebody sees of a room, at its page or at one of the views that are nobody."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import request

from myapp.behind import Behind
from myapp.datastar import event
from myapp.people import Player
from myapp.room import Room
from myapp.stream import Look, Parts, Scene, Sight
from myapp.views.here import Here
from myapp.views.house import House
from myapp.views.owns import Own
from myapp.views.reading import Facts, Sheet
from myapp.views.who import Who

VIEWS = ("page", "present", "screen", "obs")
STAGES = ("page", "present")
"""The views from which people play; the others are nobody: no seat, no count."""


def invite(code: str) -> str:
    return request.root_url + code


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

    def shared(self, room: Room, me: Player | None, at_first: bool = False) -> dict[str, Sheet]:
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
            return Look((event(closed),), last=True)
        room, me = scene.room, scene.members.get(self.visitor.id)
        seated = me.key if me and me.seated and self.view in STAGES else ""
        alike = (room.game.audience(seated), me is None, self._alike)
        parts = scene.drawn.get(alike)
        if parts is None:
            drawn = self.shared(room, me).values()
            parts = scene.drawn[alike] = tuple(sheet.event for sheet in drawn)
        if self.view not in STAGES:
            return Look(parts, (), scene.wake)
        self._mine = self.at.drawing.owns.drawn(room, me, self.visitor, scene.facts, self._mine)
        kin = (self._mine, alike) if me is None else None
        return Look(parts, self._mine.parts, scene.wake, kin=kin)

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
