"""Replay: the states that a room has had, to be looked at again."""

import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import msgspec
from gevent.lock import Semaphore

from myapp.game import IllegalMove
from myapp.hub import aside
from myapp.journal import states
from myapp.room import Room
from myapp.store import Document, Store

KEPT = 8  # rooms whose states this process remembers
FOR = 60.0  # seconds; also who was forgotten in another process is gone then


@dataclass
class Replay:
    """What a room was after each of its saved changes, oldest first: step 1, step 2, ..."""

    docs: list[bytes]  # packed
    times: list[float]  # seconds from the first to each

    def __len__(self) -> int:
        return len(self.docs)

    def room(self, step: int) -> Room:
        """The room as it was then. Raises IllegalMove if this version of its game cannot tell."""
        doc: Document = msgspec.json.decode(zlib.decompress(self.docs[step - 1]))
        try:
            room = Room.load(doc)
        except ValueError as error:
            raise IllegalMove("That was too long ago to be drawn again.") from error
        room.past = True
        room.at(_wall(doc))
        return room


class Replays:
    """The replays of rooms, worked out aside, one at a time, and kept while they are looked at."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, tuple[str, float, Replay]] = OrderedDict()
        self._one = Semaphore()

    def of(self, room: Room) -> Replay:
        """The replay of a room that `Rooms.get` gave, up to its last change that was durable."""
        with self._one:  # a crowd that looks waits for one piece of work
            now = time.monotonic()
            known = self._known.pop(room.code, None)
            if known is None or known[0] != room.lasting or known[1] < now:
                entries = self._store.journal(f"rooms/{room.code}")
                known = room.lasting, now + FOR, Replay(*aside(_packed, entries))
            self._known[room.code] = known
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
            return known[2]


def _packed(entries: list[Document]) -> tuple[list[bytes], list[float]]:
    docs, walls = [], []
    for doc in states(entries):
        docs.append(zlib.compress(msgspec.json.encode(doc), 1))
        walls.append(_wall(doc))
    return docs, [max(0.0, wall - walls[0]) for wall in walls]


def _wall(doc: dict[str, Any]) -> float:
    """The rooms' time of the change that made this document."""
    return float(doc.get("last", {}).get("wall") or doc["touched"])
