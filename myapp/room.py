"""Room: people around one game, and the rules that all games share."""

import hashlib
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import msgspec

from myapp import games
from myapp.cheers import Cheers
from myapp.clock import Clock
from myapp.deeds import MOST, Deed, Last, bounded
from myapp.door import Forbidden
from myapp.game import BadMove, Dice, Game, IllegalMove, Say
from myapp.overlay import Overlay
from myapp.people import STRANGERS, People, Player
from myapp.scores import Scores

ROUNDING = 1e-6  # seconds
REPEATS = 6  # how many of a player's latest action ids are remembered


@dataclass(kw_only=True)
class Room(People):
    """People around one game. Every method either does what it says or raises IllegalMove."""

    code: str
    kind: str
    secret: str
    drawn: int = 0
    public: bool = False
    started: bool = False
    held: bool = False  # paused by the operator
    late: Literal["round", "now", "no"] = "round"  # when somebody who comes during a game plays
    scored: bool = False  # whether the game that is over stands in the scores
    opened_by: str = ""  # action id, so that opening it twice is opening it once
    touched: float = 0.0
    changes: int = 0  # how many were durable
    steps: int = 0  # how many were fleeting
    last: Last = field(default_factory=Last)
    clock: Clock = field(default_factory=Clock)
    cheers: Cheers = field(default_factory=Cheers)
    overlay: Overlay = field(default_factory=Overlay)
    scores: Scores = field(default_factory=Scores)
    acts: dict[str, list[str]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)

    version = ""  # of the document this was loaded from
    lasting = ""  # the version when it last changed in more than a fleeting way
    past = False  # whether this is how it once was, to be looked at again

    def __post_init__(self) -> None:
        if self.kind not in games.found():
            raise ValueError(f"there is no game called {self.kind!r}")
        self.deeds: list[Deed] = []
        self._load_game()

    def _load_game(self) -> None:
        self.game: Game = games.found()[self.kind].load(self.state)
        self.game.dice = Dice(self.secret, self.drawn)
        self.game.host = self.host
        self.at(self.touched)

    @classmethod
    def load(cls, doc: dict[str, Any]) -> Self:
        """The room that this document describes. Raises ValueError that says what is wrong."""
        return msgspec.convert(doc, cls)

    def dump(self) -> dict[str, Any]:
        """The document that describes this room."""
        self.state, self.drawn = self.game.dump(), self.game.dice.drawn
        doc: dict[str, Any] = msgspec.to_builtins(self, str_keys=True)
        return doc

    # Looking

    @property
    def title(self) -> str:
        return self.game.title

    @property
    def seats(self) -> range:
        return self.game.seats

    @property
    def glass(self) -> str:
        """What a big screen or an overlay shows to be let look into a locked room.

        A new one after each removal, so that nobody watches on by an old link.
        """
        return hashlib.sha256(f"{self.secret} glass {self.door.removed}".encode()).hexdigest()[:12]

    @property
    def paused(self) -> bool:
        return self.clock.since is None

    @property
    def still(self) -> bool:
        """Whether nobody can move, whoever's turn it is."""
        return self.paused or self.past

    @property
    def over(self) -> bool:
        return self.game.over

    @property
    def playing(self) -> bool:
        return self.started and not self.over

    @property
    def due(self) -> float | None:
        """The wall time when something happens by itself; None for never."""
        plans = [self.game.robot(p.key) for p in self._robots()]
        times = [self.game.due, *(plan.at for plan in plans if plan)]
        walls = [self.clock.wall(at) for at in times if at is not None]
        return min((at for at in [*walls, self.cheers.due] if at is not None), default=None)

    def at(self, wall: float, rtt: float | None = None) -> None:
        """Let the game know what time it is, and how long the line of whoever acts is."""
        self.wall = wall
        self.game.now, self.game.rtt = self.clock.read(wall), rtt

    def differs_fleetingly(self, other: "Room") -> bool:
        """Whether only fleeting changes lie between. An edit by hand is none: it counts nothing."""
        return self.changes == other.changes and self.steps != other.steps

    def tell(self, what: str, who: str = "", args: Mapping[str, Any] | None = None) -> None:
        """What is being done, see Deed, for whoever reads the journal."""
        self.deeds.append(Deed(what, who, bounded(args or {})))

    def count(self, fleeting: bool) -> None:
        """Count one more change, the one that was told of."""
        self.last = Last(self.game.now, self.wall, self.deeds[-MOST:])
        if fleeting:
            self.steps += 1
        else:
            self.changes += 1

    def publish(self, by: Player, public: bool) -> None:
        self.host_only(by)
        self.public = public

    # What the people tell the game

    @property
    def fair(self) -> bool:
        late = {"now": True, "round": self.game.joinable, "no": False}
        return not self.playing or late[self.late]

    def on_sit(self, player: Player) -> None:
        self.game.on_sit(player.key)

    def on_leave(self, player: Player) -> None:
        self.game.on_leave(player.key)

    def on_crown(self) -> None:
        self.game.host = self.host

    def forget(self, id: str) -> None:
        """Remove every trace of this person but the points of a seat without a name."""
        for player in self.people:
            if player.id == id:
                self.scores.forget(player.key)
        self.acts.pop(id, None)
        super().forget(id)

    # Playing

    def start(self, by: Player, wall: float) -> None:
        """Start, or start again after the end. Two starts at once are one start."""
        self._seated_only(by)
        self.at(wall)
        if self.playing:
            return
        if len(self.players) < self.seats[0]:
            raise IllegalMove(
                "{title} needs at least {n} players. Invite someone, or add a robot.",
                title=Say(self.title),
                n=self.seats[0],
            )
        if self.paused:
            self.resume(by, wall)
        self.started, self.scored = True, False
        self.seat_newcomers()
        self.game.on_start()

    def pause(self, by: Player, wall: float) -> None:
        self._seated_only(by)
        if not self.paused:
            self.clock.stop(wall)
            self.at(wall)

    def resume(self, by: Player, wall: float) -> None:
        self._seated_only(by)
        if self.paused:
            self.clock.go(wall)
            self.at(wall)
            self.held = False

    def hold(self, wall: float) -> None:
        """Pause, by the operator, who pauses all rooms at once."""
        if not self.paused:
            self.clock.stop(wall)
            self.at(wall)
            self.held = True

    def release(self, wall: float) -> None:
        """Go on, if it was the operator who paused."""
        if self.paused and self.held:
            self.clock.go(wall)
            self.at(wall)
        self.held = False

    def reset(self, by: Player) -> None:
        """Begin anew with the same people: no game on, and an empty scoreboard."""
        self.host_only(by)
        kept = {name: getattr(self.game, name) for name in self.game.settings}
        self.state = {**type(self.game)().dump(), **kept}
        self.started, self.scored, self.scores = self.game.at_once, False, Scores()
        self.drawn, wall = self.game.dice.drawn, self.wall
        self._load_game()
        self.at(wall)
        for player in self.players:
            self.game.on_sit(player.key)
        self.seat_newcomers()

    def settle(self) -> None:
        """What follows from any change: the end of a game is written down, newcomers get seats."""
        if self.started and self.over and not self.scored:
            self.scored = True
            if took := self.game.outcome:
                self.scores.add(took, self.names)
        self.seat_newcomers()

    def let_in_late(self, by: Player, when: str) -> None:
        """Choose when somebody who comes during a game plays: "now", next "round", or "no"."""
        self.host_only(by)
        if when not in ("round", "now", "no"):
            raise BadMove("There is no such choice.")
        self.late = when  # type: ignore[assignment]  # it is one of them

    def cheer(self, by: Player, emote: str) -> None:
        self.cheers.cheer(by.key, emote, self.wall)

    def switch_cheers(self, by: Player, on: bool) -> None:
        self.host_only(by)
        self.cheers.switch(on)

    # The overlay, for the host

    def delay(self, by: Player, seconds: int) -> None:
        self.host_only(by)
        self.overlay.wait(seconds)

    def vet(self, by: Player, vetted: bool) -> None:
        """Choose whether names show on the overlay only when approved."""
        self.host_only(by)
        self.overlay.vetted = vetted

    def approve(self, by: Player, key: str, approved: bool) -> None:
        self.host_only(by)
        if self.player(key) is None:
            raise IllegalMove("They are not here any more.")
        self.overlay.approve(key, approved)

    def for_overlay(self, say: Callable[[str], str] = str) -> Self:
        """The same room, to look at, without the names that the host has not approved.

        `say` puts what stands for a name into the language of whoever looks.
        """
        veiled = copy(self)
        veiled.people = [
            p if self.overlay.shows(p.key) else replace(p, name=say(self._veil(p)))
            for p in self.people
        ]
        return veiled

    def _veil(self, player: Player) -> Say:
        return Say("Player {n}", n=player.key.removeprefix("p"))

    def play(
        self,
        by: Player,
        move: str,
        args: dict[str, Any],
        lost: frozenset[str] = frozenset(),
        added: float = 0.0,
    ) -> None:
        """Play a move of the game. `lost` are the keys of those gone for longer than its grace.

        `added` are the seconds by which the operator has made this player's line worse.
        """
        self._seated_only(by)
        self.game.lost, self.game.added = lost, added
        if self.paused:
            raise IllegalMove("The room is paused.")
        self._play(by, move, args)

    def _play(self, player: Player, move: str, args: dict[str, Any]) -> None:
        self.tell("play/" + move, player.key, self.game.play(player.key, move, args))

    def _seated_only(self, by: Player) -> None:
        if not by.seated:
            raise Forbidden("Take a seat first.")

    def tick(self, wall: float, fleeting: bool = False) -> None:
        """Let happen what is due: the game's own time, then each robot's plan.

        With `fleeting` only what is marked so; the rest stays due.
        """
        self.at(wall)
        self.cheers.tick(wall)
        if self.paused:
            return
        if (self.game.fleeting("on_due") or not fleeting) and self._come(self.game.due):
            self.game.on_due()
            self.tell("tick")
        for player in self._robots():
            plan = self.game.robot(player.key)
            if plan and (self.game.fleeting(plan.move) or not fleeting) and self._come(plan.at):
                self._play(player, plan.move, plan.args)

    def only_fleeting(self, wall: float) -> bool:
        """Whether all that is due is marked as fleeting."""
        now = self.clock.read(wall) + ROUNDING
        plans = [plan for p in self._robots() if (plan := self.game.robot(p.key))]
        due = [plan.move for plan in plans if plan.at <= now]
        if self.game.due is not None and self.game.due <= now:
            due.append("on_due")
        return all(self.game.fleeting(name) for name in due)

    def _come(self, at: float | None) -> bool:
        """Whether it is that late. Wall time and back rounds: the game never sees itself early."""
        if at is None or at > self.game.now + ROUNDING:
            return False
        self.game.now = max(self.game.now, at)
        return True

    def _robots(self) -> list[Player]:
        return [p for p in self.people if p.robot and p.seated]

    # Doing things once

    def done(self, by: str, act: str) -> bool:
        """Whether this action id has already had its effect."""
        return bool(act) and act in self.acts.get(by, ())

    def note(self, by: str, act: str) -> None:
        if act:
            self.acts[by] = [*self.acts.pop(by, ()), act][-REPEATS:]
        for idle in [*self.acts][:-STRANGERS]:
            del self.acts[idle]
