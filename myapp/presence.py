"""Presence: who has a page open, in every process, and since when the others are gone.

Each process keeps one fleeting document of its own open streams, under a lock it holds for life.
Every process reads all of them, each only when it changed.
"""

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.event import Event

from myapp.hub import Hub
from myapp.store import Store, StoreDown
from myapp.tabs import Tabs

AWAY = 10.0  # seconds after somebody's last page closed until others see "away"
CROWN = 60.0  # how long a host whose line dropped stays the host
TABS = 3  # pages that one player may keep live at once
PACE = 0.1  # seconds at least between two words to the other processes, and
FEW = 5000  # lines at most are told in a second, or a full house would do little else
OPERATOR = "operator"  # where lines of the operator page are

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """One open stream: a tab of a player, on a room's page or at home (room "")."""

    player: str
    tab: str
    room: str
    opened: float


class Presence:
    """Who is here. Rings "here:<room>" and "tabs:<player>" in this process when that changes."""

    def __init__(self, store: Store, hub: Hub, tabs: int = TABS) -> None:
        self._store = store
        self._hub = hub
        self._tabs = tabs
        self._key = ""
        self._started: float | None = None
        self._own: set[Line] = set()
        self._said = Tabs()
        self._others: dict[str, tuple[set[Line], Tabs]] = {}
        self._by_room: dict[str, Counter[str]] = {}  # how many lines each of its players has
        self._by_player: dict[str, set[Line]] = {}
        self._gone: dict[tuple[str, str], tuple[float, str]] = {}
        self._changed = Event()
        self.turn = 0  # goes up whenever anything here changes

    # What is so

    def here(self, room: str, player: str) -> bool:
        """Whether this player has this room's page open, in any process."""
        return player in self._by_room.get(room, ())

    def gone_for(self, room: str, player: str) -> float:
        """Seconds since their last page of this room closed, as far as this process can know."""
        if self.here(room, player):
            return 0.0
        now = self._store.time()
        if self._started is None:
            self._started = now
        return now - self._gone.get((room, player), (self._started, ""))[0]

    def closed(self, room: str, player: str) -> bool:
        """Whether their last page of this room was closed, rather than cut off."""
        at, tab = self._gone.get((room, player), (0.0, ""))
        return any(tabs.closed(tab, at) for tabs in self._every())

    def watched(self, room: str) -> bool:
        """Whether anybody has this room's page open."""
        return room in self._by_room

    @property
    def own(self) -> list[Line]:
        """The open streams of people in this process."""
        return [line for line in self._own if line.room != OPERATOR]

    def lines(self) -> list[Line]:
        """The open streams of people in all processes, the newest first."""
        every = [line for lines in self._by_player.values() for line in lines]
        found = [line for line in every if line.room != OPERATOR]
        return sorted(found, key=lambda line: -line.opened)

    def count(self) -> int:
        """How many streams of people are open, in all processes."""
        return len(self._own) + sum(len(lines) for lines, _ in self._others.values())

    def stays(self, line: Line) -> bool | None:
        """Whether this stream goes on; None when a newer stream of the same tab has replaced it.

        Of more tabs than one player may have of one player the oldest must go.
        """
        tabs: dict[str, float] = {}
        for other in self._by_player.get(line.player, ()):
            tabs[other.tab] = max(other.opened, tabs.get(other.tab, 0.0))
        if tabs.get(line.tab, line.opened) > line.opened:
            return None
        newer = [tab for tab, opened in tabs.items() if (opened, tab) > (line.opened, line.tab)]
        return len(newer) < self._tabs

    def is_quiet(self, tab: str) -> bool:
        """Whether this tab was told that the player went on elsewhere."""
        return max(tabs.told(tab) for tabs in self._every())[1]

    def _every(self) -> list[Tabs]:
        return [self._said, *(tabs for _, tabs in self._others.values())]

    # What happens

    @contextmanager
    def line(self, player: str, tab: str, room: str) -> Iterator[Line]:
        """A stream that is open inside the `with`."""
        self.begin()
        line = Line(player, tab, room, self._store.time())
        if self.is_quiet(tab):
            self.quiet(tab, False)
        self._own.add(line)
        self._learned({line}, set())
        self._changed.set()
        try:
            yield line
        finally:
            self._own.discard(line)
            self._learned(set(), {line})
            self._changed.set()
            if self._hub.closing and not self._own:
                with suppress(StoreDown):
                    self._save(None)  # here, because the process waits for its streams to end

    def quiet(self, tab: str, quiet: bool = True) -> None:
        """Remember that this tab is not to come back by itself, or that it may again."""
        self._said.tell(tab, self._store.time(), quiet)
        self._changed.set()

    def bye(self, tab: str) -> None:
        """This tab's page is being closed."""
        self._said.bye(tab, self._store.time())
        self._changed.set()

    # How it is shared

    def begin(self) -> None:
        """Start where it serves: take a name, clear up after the dead, follow the living."""
        if self._key:
            return
        self._key = f"presence/{secrets.token_hex(8)}"
        self._store.lease(self._key)
        self.reap()
        for work in (self._write, self._follow):
            gevent.spawn(self._supervise, work)

    def reap(self) -> None:
        """Forget the streams of processes that have died."""
        self._store.reap("presence/")

    def _supervise(self, work: Callable[[], None]) -> None:
        while not self._hub.closing:
            try:
                work()
            except StoreDown:
                log.warning("who is here cannot be saved now; trying again")
                gevent.sleep(1)
                self._changed.set()  # what was not saved is still to be saved
            except Exception:
                log.exception("presence stumbled and goes on")
                gevent.sleep(1)
                self._changed.set()  # what was not saved is still to be saved

    def _write(self) -> None:
        """Save what this process knows, at once, and then once for all that came meanwhile.

        A process that is closing says no more until its last stream has ended.
        """
        while self._changed.wait() and not self._hub.closing:
            self._changed.clear()
            lines = [[x.player, x.tab, x.room, x.opened] for x in self._own]
            self._save({"lines": lines, **self._said.dump()})
            gevent.sleep(max(PACE, len(lines) / FEW))

    def _save(self, doc: dict[str, Any] | None) -> None:
        self._store.change(self._key, lambda _: doc, fleeting=True, tell=False)

    def _follow(self) -> None:
        """Read what the other processes know, whenever it changes."""
        with self._store.listen("presence/") as bell:
            keys = {"presence/"}
            while not self._hub.closing:
                if "presence/" in keys:  # anything may have changed
                    keys = {*self._store.keys("presence/"), *self._others}
                for key in keys - {self._key}:
                    self._learn(key)
                keys = bell.wait(None)

    def _learn(self, key: str) -> None:
        """Take in what another process knows."""
        found = self._store.get(key)
        before, _ = self._others.pop(key, (set(), None))
        now = {Line(*line) for line in found[0]["lines"]} if found else set()
        if found:
            self._others[key] = now, Tabs.load(found[0])
        self._learned(now - before, before - now)

    def _learned(self, new: set[Line], ended: set[Line]) -> None:
        """Take in which lines there are; whoever listens hears of all of it once."""
        news = {f"tabs:{line.player}" for line in new | ended}
        for line in new:
            # A page that is back before anybody was told it was away is no news to a classroom.
            if self.gone_for(line.room, line.player) >= AWAY:
                news.add(f"here:{line.room}")
            self._by_room.setdefault(line.room, Counter())[line.player] += 1
            self._by_player.setdefault(line.player, set()).add(line)
        for line in ended:
            if self._drop(line):
                news.add(f"here:{line.room}")
        self.turn += 1
        if not self._hub.closing:  # then nobody here listens any more
            for key in news:
                self._hub.ring(key)

    def _drop(self, line: Line) -> bool:
        """Whether it was the last one of its player in its room."""
        lines = self._by_player[line.player]
        lines.discard(line)
        if not lines:
            del self._by_player[line.player]
        players = self._by_room[line.room]
        players[line.player] -= 1
        if players[line.player]:
            return False
        del players[line.player]
        if not players:
            del self._by_room[line.room]
        self._gone[line.room, line.player] = self._store.time(), line.tab
        if len(self._gone) > 10_000:
            old = self._store.time() - 2 * CROWN
            self._gone = {who: last for who, last in self._gone.items() if last[0] > old}
        return True
