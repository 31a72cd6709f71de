"""The buzzer: wait for GO, press first, and let everybody check how it was measured.

All times are seconds on the room's clock. A page reports how long after painting GO the press
came; the server knows when it sent GO and when the press arrived, and believes a report only
inside [elapsed - allowance, elapsed]. The allowance is what the line may have taken.
"""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from myapp.game import Game, IllegalMove, Plan, Say, move

DELAY = 1.5, 6.0  # before GO, drawn on the server and told to nobody
CAP = 0.350  # the most that a line may ever excuse
SLACK = 0.020  # on top of a measured round trip: one frame of paint, and the way to the wire
ANTICIPATION = 0.100  # nobody reacts faster: World Athletics' limit for a false start, TR 16.6
REARM = 2.0  # how long a false start locks the button
TIE = 1 / 120  # half a refresh of a 60 Hz screen: two presses nearer than this are a tie
WINDOW = 1.0  # results wait this long after the first press for slower lines
PATIENCE = 10.0  # after GO, when nobody presses
SHOW = 5.0  # results stay this long before the next round
LATE = 1.0  # GO this late (nobody watched, the server was down) would be no surprise: arm anew
ROBOT = 0.25, 0.45  # how fast robots are
KEPT = 500  # times that the room remembers
STATUS = {"wait": Say("Wait for it..."), "go": Say("GO!"), "won": Say("We have a winner!")}


@dataclass
class Press:
    """One accepted press and its evidence, for everyone to see."""

    player: str
    sent: float
    received: float
    reported: float | None
    allowance: float
    accepted: float
    why: str = ""
    rank: int = 0

    @property
    def elapsed(self) -> float:
        return self.received - self.sent


@dataclass
class Buzzer(Game):
    title = Say("Buzzer")
    seats = range(2, 65)
    settings = ("goal",)
    deeds: ClassVar[dict[str, str]] = {
        "buzz": Say("{who} pressed."),
        "first_to": Say("{who} set the goal."),
    }

    goal: int = 3
    phase: Literal["idle", "wait", "go", "results", "won"] = "idle"
    round: int = 0
    until: float | None = None  # when this phase ends by itself
    sent: float = 0.0
    points: dict[str, int] = field(default_factory=dict)
    armed: dict[str, float] = field(
        default_factory=dict
    )  # false starts: when the button works again
    locked: list[str] = field(default_factory=list)  # whose button was not ready when GO came
    rows: list[Press] = field(default_factory=list)  # this round's presses, best first
    times: list[int] = field(default_factory=list)  # accepted in all games, milliseconds

    @property
    def due(self) -> float | None:
        times = [*self.armed.values()] + ([] if self.until is None else [self.until])
        return min(times, default=None)

    @property
    def over(self) -> bool:
        return self.phase in ("idle", "won")

    @property
    def joinable(self) -> bool:
        return self.phase not in ("wait", "go")

    @property
    def outcome(self) -> dict[str, float]:
        return {player: float(player in self.winners) for player in self.points}

    @property
    def spread(self) -> list[float]:
        return [ms / 1000 for ms in self.times]

    @property
    def winners(self) -> list[str]:
        """Who has reached the goal, all of them when they tied."""
        best = max(self.points.values(), default=0)
        return [p for p, n in self.points.items() if n == best >= self.goal]

    @property
    def status(self) -> str:
        if self.phase == "idle" and self.round:
            return Say("Nobody pressed. Start again when you are ready.")
        if self.phase == "idle":
            return Say("Press Start when everyone is here.")
        if self.phase == "results":
            return Say("Round {round} is over. The next one comes by itself.", round=self.round)
        return STATUS[self.phase]

    def audience(self, player: str) -> str:
        return "everyone"

    def pressed(self, player: str) -> bool:
        return any(row.player == player for row in self.rows)

    def rearming(self, player: str) -> bool:
        return player in self.armed

    def on_sit(self, player: str) -> None:
        self.points.setdefault(player, 0)

    def on_leave(self, player: str) -> None:
        self.armed.pop(player, None)
        if not self.points.get(player):
            self.points.pop(player, None)

    @move
    def first_to(self, player: str, points: Annotated[int, Meta(ge=1, le=20)]) -> None:
        if player != self.host:
            raise IllegalMove("Only the host sets the goal.")
        if not self.over:
            raise IllegalMove("The goal is set before the start.")
        self.goal = points

    def on_start(self) -> None:
        self.points = dict.fromkeys(self.points, 0)
        self.round = 0
        self.arm()

    def arm(self) -> None:
        """Begin the wait for a GO that nobody can foresee."""
        if self.phase != "wait":
            self.round += 1
        self.phase = "wait"
        self.rows, self.armed, self.locked = [], {}, []
        self.until = self.now + self.dice.uniform(*DELAY)

    def on_due(self) -> None:
        self.armed = {p: until for p, until in self.armed.items() if until > self.now}
        if self.until is None or self.until > self.now:
            return
        if self.phase == "wait" and self.now - self.until > LATE:
            self.arm()
        elif self.phase == "wait":
            self.phase, self.sent = "go", self.now
            self.locked = [*self.armed]
            self.until = self.now + PATIENCE
        elif self.phase == "go" and self.rows:
            self.judge()
        elif self.phase == "go":
            self.phase, self.until, self.armed = "idle", None, {}
        else:
            self.arm()

    @move
    def buzz(
        self,
        player: str,
        round: Annotated[int, Meta(ge=0)],
        reaction: Annotated[float, Meta(ge=-60_000, le=60_000)] | None = None,
    ) -> None:
        """Press. `reaction` is press minus paint in milliseconds, as the player's page saw it."""
        if round != self.round or self.phase not in ("wait", "go"):
            raise IllegalMove("Too late: that round is over.")
        if self.pressed(player):
            raise IllegalMove("Your first press counts.")
        if player in self.armed and self.now < self.armed[player]:
            raise IllegalMove("Too early! Your button is getting ready again.")
        press = self.measure(player, reaction)
        if self.phase == "wait" or press.accepted < ANTICIPATION:
            self.armed[player] = self.now + REARM
            if self.phase == "go":
                self.locked.append(player)
            return
        self.armed.pop(player, None)
        self.rows = rank([*self.rows, press])
        if len(self.rows) == 1:
            self.until = self.now + WINDOW

    def measure(self, player: str, reaction: float | None) -> Press:
        """What is believed of a press that arrived now, and why."""
        elapsed = max(self.now - self.sent, 0.0)
        allowance = CAP if self.rtt is None else min(CAP, self.rtt + SLACK)
        allowance += self.added
        reported = None if reaction is None else reaction / 1000
        believed = elapsed
        why: str = Say("no report: the time until it arrived counts")
        if player in self.locked:
            why = Say("after a false start: the time until it arrived counts")
        elif reported is not None:
            believed, why = min(max(reported, elapsed - allowance), elapsed), ""
            if reported > elapsed:
                why = Say("reported more time than had passed")
            elif reported < believed:
                why = Say("reported less time than the line can explain")
        return Press(player, self.sent, self.now, reported, allowance, believed, str(why))

    def judge(self) -> None:
        """Give the point to the fastest, to all of them when they tied."""
        for row in self.rows:
            if row.rank == 1:
                self.points[row.player] = self.points.get(row.player, 0) + 1
        self.times = [*self.times, *(round(row.accepted * 1000) for row in self.rows)][-KEPT:]
        self.armed = {}
        self.phase, self.until = ("won", None) if self.winners else ("results", self.now + SHOW)

    def robot(self, player: str) -> Plan | None:
        if self.phase != "go" or self.pressed(player):
            return None
        fast, slow = ROBOT
        reaction = fast + (slow - fast) * self.dice.of("reaction", player, self.round)
        return Plan(
            self.sent + reaction, "buzz", {"round": self.round, "reaction": reaction * 1000}
        )


def rank(rows: list[Press]) -> list[Press]:
    """Best first. Rows within TIE of the best of their rank share it; the next rank counts them."""
    rows = sorted(rows, key=lambda row: row.accepted)
    leader = rows[0]
    for place, row in enumerate(rows, start=1):
        if row is leader or row.accepted - leader.accepted > TIE:
            leader, row.rank = row, place
        else:
            row.rank = leader.rank
    return rows
