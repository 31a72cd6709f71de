"""Fanout: sends one change to many pages at once, straight to their connections.

A stream begins like any answer. Once its page has seen the whole view, the stream is parked: its
connection is taken from the server, no greenlet waits for it, and it stands with all others that
look at the same scene in their Circle. A change wakes the circle once. It looks once for those who
see the same and writes the same bytes to all of them. Whoever cannot take them all leaves the row,
is sent the rest by a greenlet of its own, then only the newest view, and is parked again.

Where the server cannot give a connection away, and for pages that lag on purpose, Stream.frames
does the same, one page at a time.
"""

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from myapp.hub import Hub, beside, breathe, every
from myapp.page import Page
from myapp.store import Store, StoreDown
from myapp.stream import BEAT, WAITS, Look, Parts, Scene, differing
from myapp.wire import Tape, chunk, frame, write_each

log = logging.getLogger(__name__)

SLICE = 128  # connections written to between two looks at the network
SEEN = 64  # pages looked at between two glances at the clock, and
STRETCH = 0.004  # seconds at most until others take a turn
TICK = BEAT / 4  # seconds between two rounds of heartbeats
CROWD = 8  # pages that are worth a tape, if
QUICK = 1.0  # seconds pass at most between two frames
LENGTH = 64  # frames of a tape, after which all who are not in step get into it


@dataclass(eq=False, slots=True)
class Row:
    """Pages that were sent the same, and are all plain or all packed."""

    parts: Parts
    packed: bool
    pages: dict[int, Page] = field(default_factory=dict)
    spoke: float = field(default_factory=time.monotonic)
    tape: Tape | None = None


class Circle:
    """The parked pages that look at one scene."""

    def __init__(self, fanout: "Fanout", keys: tuple[str, ...]) -> None:
        self.fanout = fanout
        self.keys = keys
        self.rows: dict[tuple[Parts, bool], Row] = {}
        self._pages: set[Page] = set()
        self._new: list[Page] = []
        self._seen: Scene | None = None
        self._bell: Any = None
        self._runs = self._busy = self._down = False
        self._closed: list[int] = []  # connections, while their numbers may still be written to

    @property
    def size(self) -> int:
        return len(self._pages)

    def arrive(self, page: Page) -> None:
        self._pages.add(page)
        self.disturb(page)

    def disturb(self, page: Page) -> None:
        """This page is to look for itself."""
        self._new.append(page)
        if self._bell:
            self._bell.ring("")
        elif not self._runs:
            self._runs = True
            beside(self._run)

    def forget(self, page: Page, fd: int) -> None:
        self._pages.discard(page)
        self._out(page, fd)
        if self._busy:
            self._closed.append(fd)
        else:
            os.close(fd)
        if self._bell and not self._pages:
            self._bell.ring("")

    def beats(self) -> None:
        """Wake those rows that were silent for long. Does not block."""
        late = time.monotonic() - (BEAT - TICK)
        if self._bell and any(row.spoke < late for row in self.rows.values()):
            self._bell.ring("")

    def close(self) -> None:
        for page in [*self._pages]:
            page.finish("server closing")

    # Its greenlet

    def _run(self) -> None:
        try:
            with self.fanout.store.listen(*self.keys) as self._bell:
                while self._pages and not self.fanout.hub.closing:
                    self._busy = True
                    wake = self._round()
                    self._rest()
                    self._bell.wait(wake)
        except Exception:
            log.exception("a circle stumbled: its pages come back")
            for page in [*self._pages]:
                page.finish("failed")
        finally:
            self._rest()
            self._bell, self._runs = None, False
            self.fanout.end(self)

    def _rest(self) -> None:
        self._busy = False
        for fd in self._closed:
            os.close(fd)
        self._closed.clear()

    def _round(self) -> float | None:
        """Show everyone what is so now; in how many seconds that may change."""
        try:
            scene = next(iter(self._pages)).sight.scene()
        except StoreDown as error:  # what is on the screens stays, and is right again soon
            if not self._down:
                log.warning("pages wait: %s", error)
                self._tell(True)
            return 1.0
        if self._down:
            self._tell(False)
        before, self._seen = self._seen, scene
        if before is None or before.stamp != scene.stamp:
            if before and before.standing == scene.standing:
                self._move_on(scene)
            else:
                self._regroup(scene)
        new, self._new = dict.fromkeys(self._new), []
        for page in new:
            self._meet(page, scene)
        self._beat()
        return 1.0 if self._new else scene.wake

    def _tell(self, down: bool) -> None:
        """Tell the pages that the store is down, or that it is back."""
        self._down = down
        for row in [*self.rows.values()]:
            row.tape = None
            self._send([*row.pages.values()], frame([WAITS[down]], (), row.packed))

    def _move_on(self, scene: Scene) -> None:
        """Those who saw the same see the same: one look for each row."""
        rows = [row for row in self.rows.values() if row.pages]
        self.rows = {}
        for row in rows:
            now = self._see(next(iter(row.pages.values())), scene)
            if now is None:
                self.rows[row.parts, row.packed] = row
                continue
            news = differing(now.parts, row.parts)
            pages = [*row.pages.values()]
            row.parts = now.parts
            self._place(row)
            if not news:
                continue
            if row.packed and len(news) == 1 and len(pages) >= CROWD:
                self._send_tape(row, pages, now.parts.index(news[0]), news[0])
            else:
                row.tape = None
                self._send(pages, frame(news, (), row.packed))
            row.spoke = time.monotonic()

    def _regroup(self, scene: Scene) -> None:
        """Each page looks; those that are sent the same go on together."""
        groups: dict[tuple[Row, Parts, Parts], list[Page]] = {}
        lasts: list[Page] = []
        count, since = 0, time.monotonic()
        for row in [*self.rows.values()]:
            parts: Parts | None = None
            group: list[Page] = []
            for page in [*row.pages.values()]:
                now = self._see(page, scene)
                if now is None:
                    continue
                own: Parts = ()
                if now.own is not page.own:
                    own = tuple(differing(now.own, page.own[: len(now.own)]))
                    page.own = now.own + page.own[len(now.own) :]
                if own or now.parts is not parts:
                    parts = now.parts
                    group = groups.setdefault((row, parts, own), [])
                if own:
                    parts = None
                group.append(page)
                if now.last:
                    lasts.append(page)
                count += 1
                if count % SEEN == 0 and time.monotonic() - since > STRETCH:
                    breathe()
                    since = time.monotonic()
        news = {(row, parts): differing(parts, row.parts) for row, parts, _ in groups}
        for (row, parts, own), pages in groups.items():
            row.tape = None
            if len(pages) == len(row.pages) and not own:
                self.rows.pop((row.parts, row.packed), None)
                row.parts, row.spoke, row.tape = parts, time.monotonic(), None
                self._place(row)
            else:
                for page in pages:
                    self._into(page, parts)
            self._send(pages, frame(news[row, parts], own, row.packed))
        for page in lasts:
            page.finish("done")

    def _meet(self, page: Page, scene: Scene) -> None:
        """A page looks for itself: it has just come, or something concerns it alone."""
        if page.fd < 0:
            return
        if page.row:
            page.sent = page.row.parts
        try:
            news = page.take(page.sight.look(scene))
        except StoreDown as error:
            self._new.append(page)
            page.tape = None
            self._send([page], page.trouble(error))
            return
        except Exception:
            log.exception("a stream stumbled and ends")
            page.finish("failed")
            return
        if not page.sight.prompt:
            self._out(page, page.fd)
            page.alone(chunk(news) if news else b"")
            return
        self._into(page, page.sent)
        if news:
            page.tape = None
            self._send([page], news)
        if page.over:
            page.finish("done")

    def _see(self, page: Page, scene: Scene) -> Look | None:
        try:
            return page.sight.see(scene)
        except StoreDown:
            self._new.append(page)  # which sees to it
            return None
        except Exception:
            log.exception("a stream stumbled and ends")
            page.finish("failed")
            return None

    # Rows

    def _place(self, row: Row) -> None:
        """Put this row among the others, or into the one that is sent the same."""
        kept = self.rows.setdefault((row.parts, row.packed), row)
        if kept is not row:
            kept.pages |= row.pages
            for page in row.pages.values():
                page.row = kept

    def _into(self, page: Page, parts: Parts) -> None:
        if page.fd < 0:
            return
        row = self.rows.get((parts, page.packed))
        if row is None:
            row = self.rows[parts, page.packed] = Row(parts, page.packed)
        if page.row is not row:
            self._out(page, page.fd)
            row.pages[page.fd] = page
            page.row = row

    def _out(self, page: Page, fd: int) -> None:
        row, page.row = page.row, None
        if row is not None:
            page.sent, page.waits = row.parts, self._down
            row.pages.pop(fd, None)
            if not row.pages and self.rows.get((row.parts, row.packed)) is row:
                del self.rows[row.parts, row.packed]

    def _send(self, pages: list[Page], news: bytes) -> None:
        """Write the same to all of them, and now and then let the loop look at the network."""
        if not news:
            return
        data = chunk(news)
        for start in range(0, len(pages), SLICE):
            if start:
                breathe()
            some = [page for page in pages[start : start + SLICE] if page.fd >= 0]
            written = write_each([page.fd for page in some], data)
            if written.count(len(data)) < len(some):
                for page, size in zip(some, written, strict=True):
                    if size < 0:
                        page.leave("left")
                    elif size < len(data):
                        self._out(page, page.fd)
                        page.alone(data[size:])

    def _send_tape(self, row: Row, pages: list[Page], part: int, event: bytes) -> None:
        """Send an event to pages that were sent others of its kind just before."""
        tape = row.tape
        if time.monotonic() - row.spoke > QUICK:
            tape = row.tape = None
        elif tape is None or tape.part != part or tape.length >= LENGTH:
            tape = row.tape = Tape(part)
            for page in pages:
                page.tape = tape
        behind = [page for page in pages if page.tape is not tape or tape is None]
        if tape:
            self._send([page for page in pages if page.tape is tape], tape.add(event))
        if behind:
            self._send(behind, frame([event], (), True))

    def _beat(self) -> None:
        late = time.monotonic() - (BEAT - TICK)
        for row in [*self.rows.values()]:
            if row.spoke < late and row.pages:
                pages = [*row.pages.values()]
                row.tape = None
                self._send(pages, pages[0].beat())
                row.spoke = time.monotonic()


class Fanout:
    """Every parked page of this process. All of their heartbeats share one timer."""

    def __init__(self, hub: Hub, store: Store) -> None:
        self.hub = hub
        self.store = store
        self._circles: dict[tuple[str, ...], Circle] = {}
        self._stop: Callable[[], None] | None = None
        hub.at_the_end(self.close)

    @property
    def parked(self) -> int:
        return sum(circle.size for circle in self._circles.values())

    def circle(self, keys: tuple[str, ...]) -> Circle:
        if self._stop is None:
            self._stop = every(TICK, self._tick)
        if keys not in self._circles:
            self._circles[keys] = Circle(self, keys)
        return self._circles[keys]

    def end(self, circle: Circle) -> None:
        if self._circles.get(circle.keys) is circle:
            del self._circles[circle.keys]
        if not self._circles and self._stop:
            self._stop()
            self._stop = None

    def close(self) -> None:
        """End every stream whole, at once."""
        for circle in [*self._circles.values()]:
            circle.close()

    def _tick(self) -> None:
        for circle in [*self._circles.values()]:
            with suppress(Exception):
                circle.beats()
