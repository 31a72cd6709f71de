"""GameClock: thinking time for two sides, and what the line takes of it given back.

All times are seconds on the room's clock. Sides are 0 and 1. What a side is given back comes out
of its quota, which refills a little with each of its moves, as on lichess (scalachess,
LagTracker), so that a line that is always slow, or feigns to be, costs the other side little.
"""

from dataclasses import dataclass, field

CAP = 0.350  # the most that a line may ever excuse
SLACK = 0.020  # on top of a measured round trip: one frame of paint, and the way to the wire
FIRST, MOST = 3, 7  # the quota at the start, and at most, in refills
WAIT = 2.0  # the longest that a fallen flag waits for a move that may be on its way


@dataclass
class GameClock:
    limit: float
    increment: float
    left: list[float] = field(default_factory=list)  # what each side has, as of `since`
    quota: list[float] = field(default_factory=list)  # what each side may yet be given back
    since: float | None = None  # when the side to move began to think; None while it stands

    def __post_init__(self) -> None:
        self.left = self.left or [self.limit, self.limit]
        self.quota = self.quota or [FIRST * self.refill, FIRST * self.refill]
        if not len(self.left) == len(self.quota) == 2:
            raise ValueError("a clock has two sides")

    @property
    def refill(self) -> float:
        """What a move adds to the quota: more in games expected to be longer (40 moves)."""
        return min(1.0, 0.15 + (self.limit + 40 * self.increment) / 250)

    def shows(self, side: int, turn: int, now: float) -> float:
        """What the clock of `side` shows while it is the turn of `turn`."""
        spent = 0.0 if self.since is None or side != turn else now - self.since
        return max(0.0, self.left[side] - spent)

    def falls(self, turn: int) -> float | None:
        """When the flag of the side to move falls, if no move comes."""
        if self.since is None:
            return None
        return self.since + self.left[turn] + min(self.quota[turn], WAIT)

    def press(self, turn: int, now: float, lag: float) -> bool:
        """The side to move has moved; False: too late, what it can be given back included."""
        if self.since is None:
            return True
        spent = now - self.since
        back = max(0.0, min(lag, spent, self.quota[turn]))
        self.quota[turn] = min(self.quota[turn] + self.refill - back, MOST * self.refill)
        self.left[turn] -= spent - back
        in_time = self.left[turn] > 0
        self.left[turn] = self.left[turn] + self.increment if in_time else 0.0
        self.since = now
        return in_time

    def settle(self, turn: int, now: float) -> None:
        """Take what was thought until now, without a move."""
        self.left[turn] = self.shows(turn, turn, now)
        if self.since is not None:
            self.since = now

    def stop(self, turn: int, now: float) -> None:
        self.settle(turn, now)
        self.since = None


def lag(elapsed: float, reported: float | None, rtt: float | None, added: float = 0.0) -> float:
    """What of `elapsed` the line took: believed of a page as far as its round trip explains.

    `reported` is how long the page says its player thought; without it the round trip counts,
    when somebody trustworthy measured one. `added` seconds are granted beside it.
    """
    if reported is None:
        return min(CAP, rtt or 0.0) + added
    allowance = CAP if rtt is None else min(CAP, rtt + SLACK)
    return min(max(0.0, elapsed - reported), allowance + added)
