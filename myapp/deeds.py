"""Deeds: what people, robots and the clock do to a room, noted so that its journal can be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from myapp.game import Say

MOST = 8  # deeds that one change tells of
LONGEST = 100  # characters of an argument

WORDS: dict[str, str] = {
    "open": Say("{who} opened the room."),
    "join": Say("{who} came in."),
    "sit": Say("{who} took a seat."),
    "watch": Say("{who} only watches now."),
    "leave": Say("{who} left."),
    "start": Say("{who} started the game."),
    "pause": Say("{who} paused the room."),
    "resume": Say("{who} ended the pause."),
    "reset": Say("{who} reset the room."),
    "lock": Say("{who} locked the door."),
    "unlock": Say("{who} unlocked the door."),
    "admit": Say("{who} let somebody in."),
    "remove": Say("{who} removed {whom}."),
    "robot": Say("{who} added a robot."),
    "public": Say("{who} made the room public."),
    "private": Say("{who} made the room private."),
    "cheer": Say("{who} cheered."),
    "cheers": Say("{who} switched the cheers."),
    "crown": Say("{who} is the host now."),
    "account": Say("{who} logged in."),
    "forget": Say("Somebody asked to be forgotten."),
    "expel": Say("The operator removed somebody."),
    "hold": Say("The operator paused the room."),
    "release": Say("The operator ended the pause."),
    "tick": Say("The time had come."),
}
PLAYED = Say("{who} played.")
DID = Say("{who} changed something.")
BY_ITSELF = Say("Time went by.")
BY_HAND = Say("Somebody edited the room's file.")
UNSEEN = Say("Something that you could not see.")
SOMEBODY = Say("Somebody")


@dataclass
class Deed:
    """`what` is a verb of the room ("sit"), a move ("play/scratch"), or "tick" of the clock."""

    what: str
    who: str = ""  # a player's key; "" for the clock, the operator, and whoever was outside
    args: dict[str, Any] = field(default_factory=dict)


@dataclass
class Last:
    """What last changed a room: mostly one deed, and when."""

    now: float = 0.0  # on the room's clock
    wall: float = 0.0
    deeds: list[Deed] = field(default_factory=list)


def bounded(args: Mapping[str, Any]) -> dict[str, Any]:
    """As much of these arguments as is told."""
    kept = {}
    for name, value in [*args.items()][:MOST]:
        plain = value is None or isinstance(value, bool | int | float)
        kept[name[:LONGEST]] = value if plain else str(value)[:LONGEST]
    return kept


def told(deeds: Iterable[Deed], names: Mapping[str, str], moves: Mapping[str, str]) -> list[Say]:
    """The deeds in words. `names` are the people's by key, `moves` what the game calls its own."""
    return [_told(deed, names, moves) for deed in deeds] or [Say(BY_ITSELF)]


def _told(deed: Deed, names: Mapping[str, str], moves: Mapping[str, str]) -> Say:
    move = deed.what.removeprefix("play/")
    words = WORDS.get(deed.what, DID) if move == deed.what else moves.get(move, PLAYED)
    whom = names.get(str(deed.args.get("player")), SOMEBODY)
    return Say(words, who=names.get(deed.who, SOMEBODY), whom=whom)
