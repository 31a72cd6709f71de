"""Cheers: a press pops up for everyone, and then its button has to fill up again.

Times are seconds on a clock that goes on while the room is paused.
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from myapp.game import BadMove, IllegalMove, Say

EMOTES: dict[str, str] = {
    "heart": Say("Love"),
    "clap": Say("Applause"),
    "laugh": Say("Laughter"),
    "wow": Say("Amazement"),
    "sad": Say("Tears"),
    "fire": Say("Fire"),
    "party": Say("Party"),
}
BIG = "party"  # fills everyone's screen
SHOWN = 3.0  # how long a cheer shows
WAIT, BIG_WAIT = 4.0, 60.0  # until the next of the same person; the small ones share one wait
BIG_REST = 10.0  # between two big ones, whosever they are
WINDOW = 5  # whole seconds over which cheers are counted
BEAT = 0.5  # what ends by itself ends on a beat, so that a crowd's cheers end together
REMEMBERED = 1000  # how many people's waits


@dataclass
class Pop:
    """An emote that somebody shows."""

    player: str
    emote: str
    until: float


@dataclass
class Cheers:
    """The cheers of one room. All that grows is bounded by how many people it holds."""

    emotes: ClassVar[dict[str, str]] = EMOTES

    on: bool = False
    pops: list[Pop] = field(default_factory=list)
    big: Pop | None = None
    rested: float = 0.0  # when the next big one may come
    ready: dict[str, float] = field(default_factory=dict)
    big_ready: dict[str, float] = field(default_factory=dict)
    counts: list[tuple[int, int]] = field(default_factory=list)  # by second, oldest first

    @property
    def due(self) -> float | None:
        """When `tick` will change what shows; None for never."""
        ends = [pop.until for pop in [*self.pops, self.big] if pop]
        return min([*ends, *(second + WINDOW for second, _ in self.counts)], default=None)

    def tick(self, now: float) -> None:
        """Forget what is over."""
        self.pops = [pop for pop in self.pops if pop.until > now]
        self.big = self.big if self.big and self.big.until > now else None
        self.counts = [(second, n) for second, n in self.counts if second + WINDOW > now]
        for waits in (self.ready, self.big_ready):
            over = [player for player, at in waits.items() if at <= now]
            for player in over + [*waits][: max(0, len(waits) - len(over) - REMEMBERED)]:
                waits.pop(player, None)

    def switch(self, on: bool) -> None:
        """Let people cheer, or end it and all that shows."""
        self.on, self.pops, self.big, self.counts = on, [], None, []

    def cheer(self, player: str, emote: str, now: float) -> None:
        """Show this emote beside the player. Raises IllegalMove, with the wait, when not ready."""
        if not self.on:
            raise IllegalMove("Cheers are switched off in this room.")
        if emote not in EMOTES:
            raise BadMove("There is no such cheer.")
        wait = self.wait(player, emote, now)
        if wait > 0:
            raise IllegalMove("You can cheer like that again in {wait} s.", wait=math.ceil(wait))
        if emote == BIG and self.rested > now:
            rest = math.ceil(self.rested - now)
            raise IllegalMove("The last big cheer still echoes. Wait {wait} s.", wait=rest)
        self.tick(now)
        pop = Pop(player, emote, math.ceil((now + SHOWN) / BEAT) * BEAT)
        self.pops = [*(other for other in self.pops if other.player != player), pop]
        if emote == BIG:
            self.big, self.rested, self.big_ready[player] = pop, now + BIG_REST, now + BIG_WAIT
        else:
            self.ready[player] = now + WAIT
        second, n = self.counts.pop() if self.counts and self.counts[-1][0] == int(now) else (0, 0)
        self.counts.append((second or int(now), n + 1))

    def wait(self, player: str, emote: str, now: float) -> float:
        """Seconds until the player may show this emote; 0 when it is ready."""
        ready = self.big_ready if emote == BIG else self.ready
        return max(0.0, ready.get(player, 0.0) - now)

    def fill(self, emote: str) -> float:
        """Seconds that its button takes to fill up."""
        return BIG_WAIT if emote == BIG else WAIT

    def stamp(self, player: str) -> object:
        """Differs when the player's own row of buttons is to be drawn again."""
        return self.on, self.ready.get(player), self.big_ready.get(player)

    @property
    def waits(self) -> object:
        """Differs when the stamp of anybody does."""
        return self.ready, self.big_ready

    def popped(self, now: float) -> dict[str, str]:
        """Who shows what, by player."""
        return {pop.player: pop.emote for pop in self.pops if pop.until > now}

    @property
    def shown(self) -> str:
        """What `popped` says as one word for the page: "p1:heart p2:wow"."""
        return " ".join(f"{pop.player}:{pop.emote}" for pop in self.pops)

    @property
    def rate(self) -> float:
        """Cheers a second, all together, over the last few."""
        return sum(n for _, n in self.counts) / WINDOW

    def loudest(self, people: int) -> float:
        """The most that the meter can show when so many cheer."""
        return max(people, 4) / WAIT
