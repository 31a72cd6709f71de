"""Room and Player: people around one game, and the rules that all games share."""

import hashlib
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import msgspec

from myapp import games, names
from myapp.cheers import Cheers
from myapp.clock import Clock
from myapp.door import Door, Forbidden, Knock
from myapp.game import BadMove, Dice, Game, IllegalMove
from myapp.overlay import Overlay
from myapp.scores import Scores

STRANGERS = 300  # how many people one room remembers
ROUNDING = 1e-6  # seconds
REPEATS = 6  # how many of a player's latest action ids are remembered


class NameTaken(IllegalMove):
    """Somebody here has a name that looks the same; `offer` is one that does not."""

    def __init__(self, name: str, offer: str) -> None:
        super().__init__("There is already a {name} here.", name=name)
        self.offer = offer


@dataclass
class Player:
    """Somebody this room knows: seated, watching, or gone and perhaps coming back."""

    key: str  # "p1": theirs for the life of the room, and the only name for them a page may see
    id: str  # who their cookie says they are; never drawn
    name: str
    seated: bool = False
    waiting: bool = False  # for a seat, until it is fair to come in
    left: bool = False
    robot: bool = False
    came: float = 0.0  # the wall time


@dataclass
class Room:
    """People around one game. Every method either does what it says or raises IllegalMove."""

    code: str
    kind: str
    secret: str
    drawn: int = 0
    keys: int = 0
    host: str = ""
    public: bool = False
    started: bool = False
    late: Literal["round", "now", "no"] = "round"  # when somebody who comes during a game plays
    scored: bool = False  # whether the game that is over stands in the scores
    opened_by: str = ""  # action id, so that opening it twice is opening it once
    touched: float = 0.0
    changes: int = 0  # how many were durable
    steps: int = 0  # how many were fleeting
    clock: Clock = field(default_factory=Clock)
    people: list[Player] = field(default_factory=list)
    door: Door = field(default_factory=Door)
    cheers: Cheers = field(default_factory=Cheers)
    overlay: Overlay = field(default_factory=Overlay)
    scores: Scores = field(default_factory=Scores)
    acts: dict[str, list[str]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)

    version = ""  # of the document this was loaded from
    lasting = ""  # the version when it last changed in more than a fleeting way

    def __post_init__(self) -> None:
        if self.kind not in games.found():
            raise ValueError(f"there is no game called {self.kind!r}")
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
    def players(self) -> list[Player]:
        """Who has a seat."""
        return [p for p in self.people if p.seated]

    @property
    def locked(self) -> bool:
        return self.door.locked

    @property
    def knocking(self) -> list[Knock]:
        return self.door.knocking

    @property
    def glass(self) -> str:
        """What a big screen or an overlay shows to be let look into a locked room.

        A new one after each removal, so that nobody watches on by an old link.
        """
        return hashlib.sha256(f"{self.secret} glass {self.door.removed}".encode()).hexdigest()[:12]

    @property
    def free(self) -> bool:
        """Whether there is a seat that nobody has or waits for."""
        return len(self.players) + len(self.newcomers) < self.seats[-1]

    @property
    def newcomers(self) -> list[Player]:
        """Who gets a seat as soon as it is fair."""
        return [p for p in self.people if p.waiting]

    @property
    def names(self) -> dict[str, str]:
        """Everybody's name, by key."""
        return {p.key: p.name for p in self.people}

    @property
    def paused(self) -> bool:
        return self.clock.since is None

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

    def player(self, key: str) -> Player | None:
        return next((p for p in self.people if p.key == key), None)

    def member(self, id: str) -> Player | None:
        """The person with this cookie, if here."""
        return next((p for p in self.people if p.id == id and not p.left), None)

    def knows(self, id: str) -> bool:
        """Whether anything of this person is kept here."""
        return id in [p.id for p in self.people] + [k.id for k in self.knocking]

    def at(self, wall: float, rtt: float | None = None) -> None:
        """Let the game know what time it is, and how long the line of whoever acts is."""
        self.wall = wall
        self.game.now, self.game.rtt = self.clock.read(wall), rtt

    def differs_fleetingly(self, other: "Room") -> bool:
        """Whether only fleeting changes lie between. An edit by hand is none: it counts nothing."""
        return self.changes == other.changes and self.steps != other.steps

    def count(self, fleeting: bool) -> None:
        if fleeting:
            self.steps += 1
        else:
            self.changes += 1

    # Coming and going

    def join(self, id: str, name: str) -> Player | None:
        """Come in, to a free seat or to watch; None: knocked at a locked door, and waiting."""
        may_enter = self.door.open_to(id)
        known = next((p for p in self.people if p.id == id), None)
        if known and not known.left:
            return known
        if not may_enter and any(not (p.left or p.robot) for p in self.people):
            self.door.knock(self._key(), id, name)
            return None
        taken = [p.name for p in self.people if p.id != id and not p.left]
        offer = names.distinct(name, taken)
        if offer != name:
            raise NameTaken(name, offer)
        self.door.admit(id)
        if not known:
            self._forget_the_oldest()
            known = Player(self._key(), id, name)
            self.people.append(known)
        known.name, known.left, known.came = name, False, self.wall
        if self.free:
            self.sit(known)
        if not self.host:
            self._crown(known.key)
        return known

    def welcome(self, id: str, name: str) -> None:
        """Join under this name, or under one like it that nobody here has."""
        self.join(id, names.distinct(name, [p.name for p in self.people if not p.left]))

    def _key(self) -> str:
        self.keys += 1  # never used twice: games keep points by key
        return f"p{self.keys}"

    def _forget_the_oldest(self) -> None:
        if len(self.people) < STRANGERS:
            return
        idle = next((p for p in self.people if p.left), None)
        if idle is None:
            raise Forbidden("This room is full.")
        self.people.remove(idle)

    def sit(self, player: Player) -> None:
        """Take a seat: now if that is fair, else as soon as the host's choice lets it be."""
        if player.seated or player.waiting:
            return
        if not self.free:
            raise IllegalMove("All seats are taken. You can watch until one is free.")
        player.waiting = True
        self._seat()

    def _seat(self) -> None:
        """Give those who wait their seats, if somebody who comes now can play."""
        fair = {"now": True, "round": self.game.joinable, "no": False}[self.late]
        if fair or not self.playing:
            for player in self.newcomers:
                player.seated, player.waiting = True, False
                self.game.on_sit(player.key)

    def watch(self, player: Player) -> None:
        """Give up the seat, or the wait for one, but stay."""
        player.waiting = False
        if player.seated:
            player.seated = False
            self.game.on_leave(player.key)

    def leave(self, player: Player) -> None:
        self.watch(player)
        player.left = True
        if player.key == self.host:
            self.pass_crown(lambda p: True)
        if not self.host:
            self.door.lock(False)  # nobody is left to answer it

    def forget(self, id: str) -> None:
        """Remove every trace of this person but the points of a seat without a name."""
        for player in [p for p in self.people if p.id == id]:
            self.leave(player)
            self.scores.forget(player.key)
            self.people.remove(player)
        self.door.knocking = [k for k in self.door.knocking if k.id != id]
        self.door.admitted = [other for other in self.door.admitted if other != id]
        self.acts.pop(id, None)

    def pass_crown(self, here: Callable[[Player], bool]) -> None:
        """Make somebody else the host: a seated player for whom `here(player)` holds, or a watcher.

        With nobody to take it the crown stays, unless its bearer has left for good.
        """
        heirs = [
            p
            for p in sorted(self.people, key=lambda p: not p.seated)
            if not (p.robot or p.left) and p.key != self.host and here(p)
        ]
        bearer = self.player(self.host)
        if heirs:
            self._crown(heirs[0].key)
        elif bearer is None or bearer.left:
            self._crown("")

    def _crown(self, key: str) -> None:
        self.host = self.game.host = key

    # The door, for the host

    def lock(self, by: Player, locked: bool) -> None:
        self._host_only(by)
        self.door.lock(locked)

    def publish(self, by: Player, public: bool) -> None:
        self._host_only(by)
        self.public = public

    def admit(self, by: Player, key: str) -> None:
        """Let somebody in who knocked."""
        self._host_only(by)
        knock = self.door.answer(key)
        self.door.admit(knock.id)
        self.welcome(knock.id, knock.name)

    def refuse(self, by: Player, key: str) -> None:
        """Send somebody away who knocked."""
        self._host_only(by)
        self.door.answer(key)

    def remove(self, by: Player, key: str) -> None:
        """Send somebody away for good, and close the door behind them."""
        self._host_only(by)
        player = self.player(key)
        if player is None or player.left:
            raise IllegalMove("They are not here any more.")
        if player is by:
            raise IllegalMove("You cannot remove yourself. You can leave.")
        self.watch(player)
        self.people.remove(player)
        if not player.robot:
            self.door.shut_out(player.id)

    def add_robot(self, by: Player) -> None:
        self._host_only(by)
        key = self._key()
        robot = Player(
            key, f"robot-{key}", names.distinct("Robot", [p.name for p in self.people]), robot=True
        )
        self.people.append(robot)
        try:
            self.sit(robot)
        except IllegalMove:
            self.people.remove(robot)
            raise

    def _host_only(self, by: Player) -> None:
        if by.key != self.host:
            raise Forbidden("Only the host can do that.")

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
                title=self.title,
                n=self.seats[0],
            )
        if self.paused:
            self.resume(by, wall)
        self.started, self.scored = True, False
        self._seat()
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

    def reset(self, by: Player) -> None:
        """Begin anew with the same people: no game on, and an empty scoreboard."""
        self._host_only(by)
        kept = {name: getattr(self.game, name) for name in self.game.settings}
        self.state = {**type(self.game)().dump(), **kept}
        self.started, self.scored, self.scores = False, False, Scores()
        self._load_game()
        for player in self.players:
            self.game.on_sit(player.key)
        self._seat()

    def settle(self) -> None:
        """What follows from any change: the end of a game is written down, newcomers get seats."""
        if self.started and self.over and not self.scored:
            self.scored = True
            if took := self.game.outcome:
                self.scores.add(took, self.names)
        self._seat()

    def let_in_late(self, by: Player, when: str) -> None:
        """Choose when somebody who comes during a game plays: "now", next "round", or "no"."""
        self._host_only(by)
        if when not in ("round", "now", "no"):
            raise BadMove("There is no such choice.")
        self.late = when  # type: ignore[assignment]

    def cheer(self, by: Player, emote: str) -> None:
        self.cheers.cheer(by.key, emote, self.wall)

    def switch_cheers(self, by: Player, on: bool) -> None:
        self._host_only(by)
        self.cheers.switch(on)

    # The overlay, for the host

    def delay(self, by: Player, seconds: int) -> None:
        self._host_only(by)
        self.overlay.wait(seconds)

    def vet(self, by: Player, vetted: bool) -> None:
        """Choose whether names show on the overlay only when approved."""
        self._host_only(by)
        self.overlay.vetted = vetted

    def approve(self, by: Player, key: str, approved: bool) -> None:
        self._host_only(by)
        if self.player(key) is None:
            raise IllegalMove("They are not here any more.")
        self.overlay.approve(key, approved)

    def for_overlay(self) -> Self:
        """The same room, to look at, without the names that the host has not approved."""
        veiled = copy(self)
        veiled.people = [
            p if self.overlay.shows(p.key) else replace(p, name=self._veil(p)) for p in self.people
        ]
        return veiled

    def _veil(self, player: Player) -> str:
        return f"Player {player.key.removeprefix('p')}"

    def play(
        self, by: Player, move: str, args: dict[str, Any], lost: frozenset[str] = frozenset()
    ) -> None:
        """Play a move of the game. `lost` are the keys of those gone for longer than its grace."""
        self._seated_only(by)
        self.game.lost = lost
        if self.paused:
            raise IllegalMove("The room is paused.")
        self.game.play(by.key, move, args)

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
        for player in self._robots():
            plan = self.game.robot(player.key)
            if plan and (self.game.fleeting(plan.move) or not fleeting) and self._come(plan.at):
                self.game.play(player.key, plan.move, plan.args)

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
