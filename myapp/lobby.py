"""Lobby: what people meet before a room: the public rooms, and the queue for a quick match."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import gevent
from gevent.lock import Semaphore

from myapp import games
from myapp.game import BadMove
from myapp.hub import Hub
from myapp.presence import Presence
from myapp.room import Room
from myapp.rooms import Rooms
from myapp.store import Store, StoreDown

SEEN = 20.0  # seconds that a visit without JavaScript keeps a place in the queue

log = logging.getLogger(__name__)

Entry = dict[str, Any]


class Lobby:
    """The public rooms and the queues. Rings "home:rooms" in this process when the list changes."""

    def __init__(self, hub: Hub, store: Store, rooms: Rooms, presence: Presence) -> None:
        self._hub = hub
        self._store = store
        self._rooms = rooms
        self._presence = presence
        self._public: dict[str, tuple[object, ...]] = {}
        self._starting = Semaphore()
        self._following: gevent.Greenlet | None = None

    # Public rooms

    def public(self) -> list[Room]:
        """The rooms that their host has made public, those with most players first."""
        with self._starting:  # whoever comes meanwhile waits for the whole list
            if not self._following:
                self._following = gevent.spawn(self._follow)
                self._learn_all()
        rooms = [self._rooms.get(code) for code in [*self._public]]
        return sorted(
            (room for room in rooms if room and room.public),
            key=lambda room: (-len(room.players), room.code),
        )

    def _follow(self) -> None:
        """Look at each room that changes, whoever changed it, and at no other."""
        while not self._hub.closing:
            try:
                with self._store.listen("rooms/") as bell:
                    while not self._hub.closing:
                        rung = bell.wait(None)
                        if "rooms/" in rung:  # anything may have changed
                            self._learn_all()
                        for key in rung - {"rooms/"}:
                            self._learn(key)
            except StoreDown as error:
                log.warning("the list of public rooms waits: %s", error)
                gevent.sleep(1)
            except Exception:
                log.exception("the list of public rooms stumbled and goes on")
                gevent.sleep(1)

    def _learn_all(self) -> None:
        for key in {*self._store.keys("rooms/"), *(f"rooms/{code}" for code in self._public)}:
            self._learn(key)

    def _learn(self, key: str) -> None:
        """Take in one room, and ring when its line on the home page has changed."""
        code = key.removeprefix("rooms/")
        room = None
        with suppress(StoreDown):
            room = self._rooms.get(code)
        before = self._public.pop(code, None)
        now = None
        if room and room.public:
            host = room.player(room.host)
            now = (room.title, room.locked, room.playing, len(room.players), host and host.name)
            self._public[code] = now
        if before != now:
            self._hub.ring("home:rooms")

    # Quick match

    def wait(self, kind: str, id: str, name: str) -> str | None:
        """Take a place in the queue; the code of the room, when that makes enough players."""
        if kind not in games.found():
            raise BadMove("There is no such game here.")
        now = self._store.time()

        def waiting(queue: list[Entry]) -> list[Entry]:
            if any(entry["id"] == id for entry in queue):
                return [{**e, "seen": now} if e["id"] == id else e for e in queue]
            return [*queue, {"id": id, "name": name, "seen": now, "room": None}]

        queue = self._change(kind, waiting)
        needed = games.found()[kind].seats[0]
        ready = [entry for entry in queue if self._alive(entry, id)][:needed]
        if len(ready) < needed:
            return None
        code = self._rooms.open(kind, [(entry["id"], entry["name"]) for entry in ready])
        ids = {entry["id"] for entry in ready}

        def matched(queue: list[Entry]) -> list[Entry]:
            free = {entry["id"] for entry in queue if entry["room"] is None}
            if not ids <= free:  # another worker was quicker: let its match stand
                return queue
            return [{**e, "room": code} if e["id"] in ids else e for e in queue]

        queue = self._change(kind, matched)
        mine = next((e["room"] for e in queue if e["id"] == id), None)
        if mine != code:
            self._rooms.close(code)
        return mine

    def leave(self, kind: str, id: str) -> None:
        """Give up the place in the queue."""
        if self._store.get(f"queue/{kind}"):
            self._change(kind, lambda queue: [e for e in queue if e["id"] != id])

    def arrived(self, kind: str, id: str) -> None:
        """The player is at the room that was opened for the match."""
        if any(e["id"] == id and e["room"] for e in self._queue(kind)):
            self.leave(kind, id)

    def match(self, id: str) -> str | None:
        """The code of the room that was opened for this player, who is not there yet."""
        for kind in games.found():
            for entry in self._queue(kind):
                if entry["id"] == id and entry["room"] and self._rooms.get(entry["room"]):
                    return str(entry["room"])
        return None

    def places(self, id: str) -> dict[str, tuple[int, int, int]]:
        """For each queue this player waits in: his place from 1, how many wait and are needed."""
        places = {}
        for kind, game in games.found().items():
            alive = [e["id"] for e in self._queue(kind) if self._alive(e, id)]
            if id in alive:
                places[kind] = (alive.index(id) + 1, len(alive), game.seats[0])
        return places

    def stamp(self) -> object:
        """Differs when a home page may have something else to show."""
        queues = tuple(self._store.version(f"queue/{kind}") for kind in games.found())
        return tuple((room.code, room.version) for room in self.public()), queues

    def settle(self, id: str) -> None:
        """Open the room when enough wait, though nobody has pressed anything just now."""
        for kind, (_, waiting, needed) in self.places(id).items():
            if waiting >= needed:
                self.wait(kind, id, "")

    def seen(self, id: str) -> None:
        """A visit of the home page: keeps the places of somebody who has no stream."""
        for kind in self.places(id):
            self.wait(kind, id, "")

    def _alive(self, entry: Entry, me: str) -> bool:
        here = entry["id"] == me or self._presence.here("", entry["id"])
        return entry["room"] is None and (here or self._store.time() - entry["seen"] < SEEN)

    def _queue(self, kind: str) -> list[Entry]:
        found = self._store.get(f"queue/{kind}")
        return found[0]["waiting"] if found else []

    def _change(self, kind: str, fn: Callable[[list[Entry]], list[Entry]]) -> list[Entry]:
        """Change a queue; people who are long gone fall out of it."""
        old = self._store.time() - 3600

        def changed(doc: dict[str, Any] | None) -> dict[str, Any]:
            queue = fn(doc["waiting"] if doc else [])
            return {"waiting": [entry for entry in queue if entry["seen"] > old]}

        saved = self._store.change(f"queue/{kind}", changed)
        return saved[0]["waiting"] if saved else []
