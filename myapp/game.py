"""Game, @move, IllegalMove, Say and Dice: everything a game file needs to know.

A game is one dataclass. Its fields are the state and survive a trip through JSON; its `@move`
methods are the rules; `raise IllegalMove("...")` is no. It never waits, saves or draws, and it
takes neither time nor chance: both are handed to it, so it can be played in a Python shell and
replayed exactly.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

import msgspec

from myapp.dice import Dice as Dice  # for the games, which know this file alone


class Say(str):
    """A sentence that each page shows in its reader's language; as a str it is in English.

    `message` may hold `{names}` that `fields` fill in, so that it is translated whole; a field that
    is a Say is translated too. A game's state holds str, not Say.
    """

    message: str
    fields: dict[str, object]

    def __new__(cls, message: str, /, **fields: object) -> Self:
        said = super().__new__(cls, message.format(**fields) if fields else message)
        said.message, said.fields = message, fields
        return said


class IllegalMove(Exception):
    """No, with a sentence that its player will read on a phone: see Say.

    `status` is what a plain HTTP client gets.
    """

    status = 409

    def __init__(self, message: str, /, **fields: object) -> None:
        super().__init__(message)
        self.said = Say(message, **fields)

    def __str__(self) -> str:
        return self.said


class BadMove(IllegalMove):
    """The request itself makes no sense: an unknown move, a missing or impossible argument."""

    status = 400


Move = TypeVar("Move", bound=Callable[..., None])


def move(method: Move) -> Move:
    """Mark a method as a move, so that a page may ask for it; nothing else can be reached.

    The first two parameters are `self` and the player's key. The others are what the page sends;
    their annotations convert and bound it, with `Annotated[int, Meta(ge=0, le=8)]` for limits.
    """
    _, _, *sent = inspect.signature(method, eval_str=True).parameters.values()
    method.sent = msgspec.defstruct(  # type: ignore[attr-defined]  # a mark on a function
        method.__name__,
        [
            (p.name, p.annotation) if p.default is p.empty else (p.name, p.annotation, p.default)
            for p in sent
        ],
        forbid_unknown_fields=True,
        kw_only=True,
    )
    return method


def fleeting(method: Move) -> Move:
    """Mark a move, or `on_due`, whose effect everyone sees and nobody would miss after a crash.

    Such a change does not wait for the disk, and only the table is drawn again for it: it must not
    change what `facts`, `status` or anybody's hand show.
    """
    method.fleeting = True  # type: ignore[attr-defined]  # as above
    return method


@dataclass(frozen=True)
class Plan:
    """What a robot does next: play `move` with `args` when the room's clock shows `at`."""

    at: float
    move: str
    args: dict[str, Any]


class Game:
    """What every game has. A subclass is a dataclass and overrides what it needs.

    A player is a key such as "p1", the same for as long as the room lives. Before each call the
    room hands in `now` (seconds on the room's clock, which stands still while the room is paused),
    `rtt` (seconds, the round trip of the line the move came by, or None when nobody trustworthy
    measured it), `host` (the key of the host), `lost` (who has been gone for longer than `grace`)
    and `dice`.
    """

    title: ClassVar[str] = ""
    at_once: ClassVar[bool] = False
    """Whether it is on as soon as the room is open, with nobody to start it."""
    again: ClassVar[str] = Say("Start a rematch")
    """What the start button says once a game is over."""
    settings: ClassVar[tuple[str, ...]] = ()
    """The fields that the host chooses; they stay when the room is reset."""
    cheers: ClassVar[bool] = False
    """Whether people may cheer from the start; the host can always switch it."""
    deeds: ClassVar[dict[str, str]] = {}
    """What a replay says of its moves, by their names: a Say that may hold `{who}`."""
    seats: ClassVar[range] = range(1, 1)
    grace: ClassVar[tuple[float, float]] = 30.0, 90.0
    """Seconds that a player may be gone: after closing the page, after the line dropped."""

    kind = ""
    now = 0.0
    rtt: float | None = None
    added = 0.0
    """Seconds by which the operator has made the line of whoever moves worse; grant them."""
    host = ""
    lost: frozenset[str] = frozenset()
    dice: Dice

    @property
    def due(self) -> float | None:
        """When, on the room's clock, `on_due` is to run; None for never."""
        return None

    @property
    def over(self) -> bool:
        """The game has ended, and the room may start it again."""
        return False

    @property
    def status(self) -> str:
        """What is going on, in words: a Say. The same for everyone."""
        return ""

    def audience(self, player: str) -> str:
        """Who sees the table as this player does. Players who share an answer share a drawing.

        `player` is "" for people who only watch.
        """
        return player

    @property
    def joinable(self) -> bool:
        """Whether somebody who comes now can take part fairly, as between two rounds."""
        return self.over

    @property
    def outcome(self) -> dict[str, float]:
        """Once it is over: what each player takes to the room's scoreboard."""
        return {}

    @property
    def spread(self) -> Sequence[float]:
        """Seconds worth a picture of how they are spread, the latest last; empty for none."""
        return ()

    @property
    def frames(self) -> tuple[str, ...]:
        """Origins that the page of this game may show in a frame. A change reloads the page."""
        return ()

    def record(self, names: dict[str, str]) -> str:
        """The game written down, to take home as a file; "" if there is nothing to write.

        `names` are the players' by key; `record_type` is the ending of the file's name.
        """
        return ""

    record_type: ClassVar[str] = "txt"

    def on_start(self) -> None:
        """The room starts the game, for the first time or after it was over."""

    def on_due(self) -> None:
        """`due` has come. Runs once however late it is; must move `due` on, or clear it."""

    def on_sit(self, player: str) -> None:
        """A player takes a seat, perhaps while the game is on."""

    def on_leave(self, player: str) -> None:
        """A player gives up the seat, perhaps while the game is on."""

    def robot(self, player: str) -> Plan | None:
        """What a robot in this seat would do next. Asked often, so it only looks."""
        return None

    def play(self, player: str, name: str, args: dict[str, Any]) -> dict[str, Any]:
        """Play the move `name` with what a page sent; what of it the move was given.

        Raises IllegalMove, changing nothing else.
        """
        method: Any = getattr(type(self), name, None)
        if not hasattr(method, "sent"):
            raise BadMove("This game has no such move.")
        try:
            sent = msgspec.convert(args, method.sent, strict=False)
        except msgspec.ValidationError as error:
            raise BadMove("That move does not make sense here.") from error
        given: dict[str, Any] = msgspec.structs.asdict(sent)
        method(self, player, **given)
        return given

    @classmethod
    def fleeting(cls, name: str) -> bool:
        """Whether the move of this name, or "on_due", is marked as fleeting."""
        return hasattr(getattr(cls, name, None), "fleeting")

    def dump(self) -> dict[str, Any]:
        """The state as JSON values."""
        state: dict[str, Any] = msgspec.to_builtins(self, str_keys=True)
        return state

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        """The game whose state this is. Raises ValueError, which says where it is wrong."""
        return msgspec.convert(state, cls)
