"""Results: what a room has played, as its page shows it; they outlive the room."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import msgspec

from myapp.room import Room
from myapp.scores import Scores
from myapp.store import Document, Store


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


class Archive:
    """The results of rooms that are gone, by the code they had."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, code: str) -> Results | None:
        found = self._store.get(f"results/{code}")
        return msgspec.convert(found[0], Results) if found else None

    def all(self) -> Iterator[tuple[str, Results]]:
        for key in self._store.keys("results/"):
            code = key.removeprefix("results/")
            results = self.get(code)
            if results:
                yield code, results

    def keep(self, code: str, results: Results) -> None:
        kept = msgspec.to_builtins(results)
        self._store.change(f"results/{code}", lambda _: kept)

    def hand_over(self, id: str, to: str) -> None:
        """Whoever had the cookie `id` has the cookie `to` from now on."""
        self._change_all(partial(owned, id, to))

    def forget_person(self, id: str) -> None:
        """Remove the names of this person."""
        self._change_all(partial(without, id))

    def sweep(self, now: float) -> None:
        """Delete what was kept until `now`."""
        self._change_all(lambda doc: doc if doc["until"] > now else None)

    def _change_all(self, fn: Callable[[Document], Document | None]) -> None:
        for key in self._store.keys("results/"):
            self._store.change(key, lambda doc: fn(doc) if doc else None)


def without(id: str, doc: Document) -> Document:
    """The results as a document, without the names of this person."""
    for player, owner in [*doc["ids"].items()]:
        if owner == id:
            doc["names"].pop(player, None)
            doc["scores"]["names"].pop(player, None)
            del doc["ids"][player]
    return doc


def owned(id: str, to: str, doc: Document) -> Document:
    """The results as a document, with `to` as the owner of what was `id`'s."""
    doc["ids"] = {player: to if owner == id else owner for player, owner in doc["ids"].items()}
    return doc
