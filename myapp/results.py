"""Results: what a room has played, as its page shows it; they outlive the room."""

from dataclasses import dataclass

from myapp.room import Room
from myapp.scores import Scores


@dataclass
class Results:
    """The scoreboard of a room, and the names (by key) of those who are on it."""

    kind: str
    title: str
    scores: Scores
    names: dict[str, str]
    ids: dict[str, str]  # by key: who their cookie says they are; never drawn
    spread: list[float]  # seconds, see Game.spread
    until: float  # how long they are kept, in the rooms' time


def results_of(room: Room, until: float) -> Results:
    """The results of a room as it is now."""
    on_board = [p for p in room.people if p.key in room.scores.totals]
    return Results(
        kind=room.kind,
        title=str(room.title),
        scores=room.scores,
        names={p.key: p.name for p in on_board},
        ids={p.key: p.id for p in on_board if not p.robot},
        spread=list(room.game.spread),
        until=until,
    )
