"""People: who is in a room, how they come and go, and who is the host."""

from collections.abc import Callable
from dataclasses import dataclass, field

from myapp import names
from myapp.door import Door, Forbidden, Knock
from myapp.game import IllegalMove

STRANGERS = 300  # how many people one room remembers


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


@dataclass(kw_only=True)
class People:
    """The people of a room. Every method either does what it says or raises IllegalMove.

    What a room adds to them it says and hears by the first few.
    """

    host: str = ""
    keys: int = 0
    people: list[Player] = field(default_factory=list)
    door: Door = field(default_factory=Door)

    wall = 0.0  # what time it is

    # What the room says, and is told

    @property
    def seats(self) -> range:
        """From how many seats to how many, less one."""
        raise NotImplementedError

    @property
    def fair(self) -> bool:
        """Whether somebody who comes now may play."""
        raise NotImplementedError

    def on_sit(self, player: Player) -> None: ...

    def on_leave(self, player: Player) -> None: ...

    def on_crown(self) -> None: ...

    # Looking

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

    def player(self, key: str) -> Player | None:
        return next((p for p in self.people if p.key == key), None)

    def member(self, id: str) -> Player | None:
        """The person with this cookie, if here."""
        return next((p for p in self.people if p.id == id and not p.left), None)

    def knows(self, id: str) -> bool:
        """Whether anything of this person is kept here."""
        return id in [p.id for p in self.people] + [k.id for k in self.knocking]

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
        self.seat_newcomers()

    def seat_newcomers(self) -> None:
        """Give those who wait their seats, if somebody who comes now can play."""
        for player in self.newcomers if self.fair else []:
            player.seated, player.waiting = True, False
            self.on_sit(player)

    def watch(self, player: Player) -> None:
        """Give up the seat, or the wait for one, but stay."""
        player.waiting = False
        if player.seated:
            player.seated = False
            self.on_leave(player)

    def leave(self, player: Player) -> None:
        self.watch(player)
        player.left = True
        if player.key == self.host:
            self.pass_crown(lambda p: True)
        if not self.host:
            self.door.lock(False)  # nobody is left to answer it

    def forget(self, id: str) -> None:
        """Remove every trace of this person."""
        for player in [p for p in self.people if p.id == id]:
            self.leave(player)
            self.people.remove(player)
        self.door.knocking = [k for k in self.door.knocking if k.id != id]
        self.door.admitted = [other for other in self.door.admitted if other != id]

    def hand_over(self, id: str, to: str) -> None:
        """Whoever had the cookie `id` has the cookie `to` from now on.

        If both are here already, the first leaves: nobody has two seats.
        """
        both = any(p.id == to for p in self.people)
        for player in [p for p in self.people if p.id == id]:
            if both:
                self.leave(player)
            else:
                player.id = to
        self.door.hand_over(id, to)

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
        self.host = key
        self.on_crown()

    # The door, for the host

    def lock(self, by: Player, locked: bool) -> None:
        self.host_only(by)
        self.door.lock(locked)

    def admit(self, by: Player, key: str) -> None:
        """Let somebody in who knocked."""
        self.host_only(by)
        knock = self.door.answer(key)
        self.door.admit(knock.id)
        self.welcome(knock.id, knock.name)

    def refuse(self, by: Player, key: str) -> None:
        """Send somebody away who knocked."""
        self.host_only(by)
        self.door.answer(key)

    def remove(self, by: Player, key: str) -> None:
        """Send somebody away for good, and close the door behind them."""
        self.host_only(by)
        if key == by.key:
            raise IllegalMove("You cannot remove yourself. You can leave.")
        self.expel(key)

    def expel(self, key: str) -> None:
        """Send somebody away for good, be it the host; the operator may."""
        player = self.player(key)
        if player is None or player.left:
            raise IllegalMove("They are not here any more.")
        self.leave(player)
        self.people.remove(player)
        if not player.robot:
            self.door.shut_out(player.id)
        if not self.host:
            self.door.lock(False)  # nobody is left to answer it

    def add_robot(self, by: Player) -> None:
        self.host_only(by)
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

    def host_only(self, by: Player) -> None:
        """Raise Forbidden unless this is the host."""
        if by.key != self.host:
            raise Forbidden("Only the host can do that.")
