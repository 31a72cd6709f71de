"""Rooms: documents <-> rooms, opening and sweeping them."""

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from gevent.lock import Semaphore

from myapp import games, metrics
from myapp.deeds import Last
from myapp.door import Forbidden
from myapp.game import BadMove, IllegalMove
from myapp.gathering import TOGETHER, Gathering, Wish
from myapp.hub import aside
from myapp.people import Player
from myapp.results import Archive, Results, results_of
from myapp.room import Room
from myapp.store import Store, StoreDown

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no words, and no clash with any other URL
DAY = 86_400.0  # a room that nobody has touched for so long is swept

log = logging.getLogger(__name__)


class NoSuchRoom(IllegalMove):
    status = 404

    def __init__(self, code: str) -> None:
        super().__init__("There is no room {code}. Look at the code again?", code=code)


class Rooms:
    """Every room there is, by its code of four letters."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._seen: dict[str, tuple[str, Room]] = {}
        self._ticked: dict[str, tuple[str, frozenset[str]]] = {}
        self._due: dict[str, tuple[object, float | None]] = {}
        self._gathering = Gathering(self.change)
        self._archive = Archive(store)
        self._reading: dict[str, Semaphore] = {}
        store.check("rooms/", Room.load)
        store.keep_journal("rooms/")

    def time(self) -> float:
        """The wall time less all the time that the server was away: the wall that rooms know."""
        return self.store.time() - self.store.away()

    def get(self, code: str) -> Room | None:
        """The room as it is now, to look at and not to change; shared by all who look."""
        seen = self._seen.get(code)
        if seen and self.store.version(f"rooms/{code}") == seen[0]:
            return seen[1]
        with self._reading.setdefault(code, Semaphore()):  # a crowd of streams reads a change once
            return self._read(code)

    def _read(self, code: str) -> Room | None:
        seen = self._seen.get(code)
        if seen and self.store.version(f"rooms/{code}") == seen[0]:
            return seen[1]
        found = self.store.get(f"rooms/{code}")
        if found is None:
            self.forget(code)
            return None
        doc, version = found
        room = Room.load(doc)
        room.version = room.lasting = version
        if seen and seen[1].differs_fleetingly(room):
            room.lasting = seen[1].lasting
        if seen and seen[1].people == room.people:
            room.people = seen[1].people  # a crowd that is itself is compared in no time
        self._seen[code] = (version, room)
        return room

    def due(self, room: Room) -> float | None:
        """`room.due` of a room that `get` gave, worked out once for all who look."""
        stamp = room.version, room.game.lost
        known = self._due.get(room.code)
        if known is None or known[0] != stamp:
            self._due[room.code] = known = stamp, room.due
        return known[1]

    def codes(self) -> list[str]:
        return [key.removeprefix("rooms/") for key in self.store.keys("rooms/")]

    def change(
        self,
        code: str,
        fn: Callable[[Room], object],
        *,
        by: str = "",
        act: str = "",
        wall: float | None = None,
        rtt: float | None = None,
        fleeting: bool = False,
        did: str = "",
    ) -> None:
        """Load the room, let `fn` change it, save it. Durable when it returns, unless fleeting.

        `by` and `act` name the player (by cookie) and the action id: the second time the same
        action comes it is answered like the first and changes nothing. `wall` is when the action
        arrived, in the rooms' time. What `fn` raises reaches the caller; then nothing is saved.
        `did` is what is done, see Deed, if `fn` does not tell.
        """
        wall = self.time() if wall is None else wall

        def changed(doc: dict[str, Any] | None) -> dict[str, Any]:
            if doc is None:
                raise NoSuchRoom(code)
            room = Room.load(doc)
            if room.done(by, act):
                return doc
            room.at(wall, rtt)
            fn(room)
            if did:
                room.tell(did, next((p.key for p in room.people if p.id == by), ""))
            room.settle()
            new = room.dump()
            if new == doc:
                return doc
            room.note(by, act)
            room.count(fleeting)
            return {
                **new,
                "acts": room.acts,
                "touched": wall,
                "changes": room.changes,
                "steps": room.steps,
                "last": msgspec.to_builtins(room.last),
            }

        with metrics.CHANGES.time():
            self.store.change(f"rooms/{code}", changed, fleeting=fleeting, tell=False)
        self.store.beat()

    def act(
        self,
        code: str,
        id: str,
        fn: Callable[[Room, Player], object],
        *,
        act: str = "",
        wall: float | None = None,
        rtt: float | None = None,
        fleeting: bool = False,
        did: str = "",
        args: Mapping[str, Any] | None = None,
    ) -> None:
        """Change the room as the person with this cookie, who must be in it.

        Fleeting changes of a room that ticks anyway happen with its next tick, all in one: a crowd
        that walks does not wake every stream at each step.
        """

        def acted(room: Room) -> None:
            player = room.member(id)
            if player is None:
                raise Forbidden("You are not in this room.")
            fn(room, player)
            if did:
                room.tell(did, player.key, args)

        if fleeting:
            wall = self.time() if wall is None else wall
            self._gathering.join(code, Wish(acted, id, act, wall, rtt), self._ticks_soon)
        else:
            self.change(code, acted, by=id, act=act, wall=wall, rtt=rtt)

    def _ticks_soon(self, code: str) -> bool:
        room = self.get(code)
        due = room.due if room else None
        return due is not None and due < self.time() + TOGETHER

    def open(self, kind: str, people: Iterable[tuple[str, str]], act: str = "") -> str:
        """Open a room for these (cookie, name) pairs, the first of them its host; returns its code.

        The same action id opens the same room.
        """
        if kind not in games.found():
            raise BadMove("There is no such game here.")
        people = list(people)
        act = act or secrets.token_hex(12)
        mark = hashlib.sha256(f"{people[0][0]} {act}".encode()).hexdigest()
        wall = self.time()

        def opened(doc: dict[str, Any] | None) -> dict[str, Any]:
            if doc is not None:
                return doc
            room = Room(
                code=code,
                kind=kind,
                secret=secrets.token_hex(16),
                opened_by=mark,
                touched=wall,
                state=games.found()[kind]().dump(),
            )
            room.clock.go(wall)
            room.cheers.switch(room.game.cheers)
            room.started = room.game.at_once
            for id, name in people:
                room.welcome(id, name)
            room.tell("open", room.host)
            room.last = Last(room.game.now, wall, room.deeds)
            return room.dump()

        number = int(mark, 16)
        while True:
            code = _letters(number)
            saved = self.store.change(f"rooms/{code}", opened)
            if saved and saved[0]["opened_by"] == mark:
                return code
            number = int(hashlib.sha256(str(number).encode()).hexdigest(), 16)

    def close(self, code: str) -> None:
        """Delete the room, but not yet its results."""
        with suppress(StoreDown):  # one that cannot be read has none
            self._keep_results(code)
        self.store.change(f"rooms/{code}", lambda _: None)
        self.forget(code)

    def results(self, code: str) -> Results:
        """What was played in this room, also for a day after it is gone. Raises NoSuchRoom."""
        room = self.get(code)
        results = results_of(room, self.time() + DAY) if room else self._archive.get(code)
        if results is None:
            raise NoSuchRoom(code)
        return results

    def _keep_results(self, code: str) -> None:
        room = self.get(code)
        if room and room.scores.games:
            self._archive.keep(code, results_of(room, self.time() + DAY))

    def tick(self, room: Room, heirs: frozenset[str] = frozenset()) -> None:
        """Let happen what is due in this room; `heirs` (keys) may take the crown.

        A worker tries once for each version it has seen; others may have been quicker.
        """
        code = room.code
        lost = room.game.lost
        if self._ticked.get(code) == (room.version, lost):
            return
        self._ticked[code] = room.version, lost
        wall = self.time()
        fleeting = not heirs and room.only_fleeting(wall)

        def ticked(room: Room) -> None:
            room.game.lost = lost
            room.tick(wall, fleeting)
            if heirs:
                before = room.host
                room.pass_crown(lambda player: player.key in heirs)
                if room.host != before:
                    room.tell("crown", room.host)

        try:
            if fleeting:
                self._gathering.grant(code, ticked, wall)
            else:
                self.change(code, ticked, wall=wall)
        except NoSuchRoom:
            self.forget(code)
        except StoreDown:
            self._ticked.pop(code, None)
            raise

    def all(self) -> Iterator[Room]:
        """Every room that can be read; the store has told the operator about the others."""
        for code in self.codes():
            with suppress(StoreDown):
                room = self.get(code)
                if room:
                    yield room

    def all_results(self) -> Iterator[tuple[str, Results]]:
        """What was played, by code: in open rooms and in those gone for less than a day."""
        yield from self._archive.all()
        for room in self.all():
            if room.scores.games:
                yield room.code, results_of(room, self.time() + DAY)

    def hand_over(self, id: str, to: str) -> None:
        """Whoever had the cookie `id` has the cookie `to` from now on, in every room."""
        for known in self.all():
            if known.knows(id) or id in known.door.removed:
                self.change(known.code, lambda room: room.hand_over(id, to), by=to, did="account")
        self._archive.hand_over(id, to)

    def forget_person(self, id: str) -> None:
        """Remove every trace of this person from every room."""
        for known in self.all():
            if known.knows(id):
                self.change(known.code, lambda room: room.forget(id), did="forget")
            if self._remembers(known.code, id):
                self.store.cut(f"rooms/{known.code}")
        self._archive.forget_person(id)

    def _remembers(self, code: str, id: str) -> bool:
        """Whether the room's journal knows this person, who may be long gone from the room."""
        entries = self.store.journal(f"rooms/{code}")
        return id.encode() in aside(msgspec.json.encode, entries)

    def sweep(self, watched: Callable[[str], bool]) -> None:
        """Delete rooms that nobody has touched for a day and whose page nobody has open."""
        for room in self.all():
            if not watched(room.code) and self.time() - room.touched > DAY:
                self._keep_results(room.code)
                self.store.change(f"rooms/{room.code}", self._untouched)
                log.info("swept a room of %s", room.kind)
            self.forget(room.code)
        self._archive.sweep(self.time())

    def forget(self, code: str) -> None:
        """Drop what this process remembers of a room that nobody here looks at any more."""
        for kept in (self._seen, self._ticked, self._reading, self._due):
            kept.pop(code, None)

    def _untouched(self, doc: dict[str, Any] | None) -> dict[str, Any] | None:
        return doc if doc and self.time() - doc["touched"] <= DAY else None


def _letters(number: int) -> str:
    code = ""
    for _ in range(4):
        number, letter = divmod(number, len(LETTERS))
        code += LETTERS[letter]
    return code
