"""Gathering: fleeting changes of a room that wait for its next tick, all to be one change with it.

A crowd that walks does not wake every stream at each step.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from gevent.event import AsyncResult

from myapp.game import IllegalMove
from myapp.room import Room

TOGETHER = 0.12  # seconds that a fleeting change waits for a tick


@dataclass(eq=False)
class Wish:
    """A fleeting change that waits, and what came of it."""

    fn: Callable[[Room], object]
    by: str
    act: str
    wall: float
    rtt: float | None
    answer: AsyncResult = field(default_factory=AsyncResult)


class Gathering:
    def __init__(self, change: Callable[..., None]) -> None:
        """`change` is that of Rooms."""
        self._change = change
        self._waiting: dict[str, list[Wish]] = {}

    def join(self, code: str, wish: Wish, ticks_soon: Callable[[str], bool]) -> None:
        """Returns when the change is made; raises what refused it."""
        waiting = self._waiting.setdefault(code, [])
        waiting.append(wish)
        if len(waiting) == 1:  # who came first sees to it that all are granted, if no tick does
            try:
                if ticks_soon(code):
                    wish.answer.wait(TOGETHER)
            finally:
                if self._waiting.get(code) is waiting:
                    self.grant(code, lambda room: None)
        wish.answer.get()

    def grant(self, code: str, last: Callable[[Room], object], wall: float | None = None) -> None:
        """Make one fleeting change of all that waits, and of `last`; refuse what is refused."""
        wishes = self._waiting.pop(code, [])
        refusals: dict[Wish, Exception] = {}

        def granted(room: Room) -> None:
            now, rtt = room.wall, room.game.rtt
            refusals.clear()
            for wish in wishes:
                if not room.done(wish.by, wish.act):
                    room.at(wish.wall, wish.rtt)
                    try:
                        wish.fn(room)
                        room.note(wish.by, wish.act)
                    except IllegalMove as error:  # nothing was changed
                        refusals[wish] = error
            room.at(now, rtt)
            last(room)

        try:
            self._change(code, granted, wall=wall, fleeting=True)
        except Exception as error:
            for wish in wishes:
                wish.answer.set_exception(error)
            raise
        for wish in wishes:
            if wish in refusals:
                wish.answer.set_exception(refusals[wish])
            else:
                wish.answer.set(None)
