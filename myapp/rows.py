"""Rows: parked pages that were sent the same stand in a row, and are written to together."""

import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import repeat

from myapp.hub import breathe
from myapp.page import Page
from myapp.stream import BEAT, WAITS, Parts
from myapp.wire import Tape, chunk, frame, once, write_each

SLICE = 256  # connections written to between two looks at the network
TICK = BEAT / 4  # seconds between two rounds of heartbeats
CROWD = 8  # pages that are worth a tape, if
QUICK = 1.0  # seconds pass at most between two frames
PATIENCE = 64  # frames at most that somebody behind a tape is sent whole


@dataclass(eq=False, slots=True)
class Row:
    """Pages that were sent the same, are of one kin or of none, and all plain or all packed."""

    parts: Parts
    packed: bool
    kin: Hashable = None
    pages: dict[int, Page] = field(default_factory=dict)
    spoke: float = field(default_factory=time.monotonic)
    tape: Tape | None = None

    @property
    def key(self) -> "Key":
        return self.parts, self.packed, self.kin


Key = tuple[Parts, bool, Hashable]
Pages = dict[int, Page]
"""By their connections."""


class Rows:
    """The rows of one circle."""

    def __init__(self) -> None:
        self.down = False  # the pages have been told that the store is
        self._outs = 0  # how often a page has left its row
        self._rows: dict[Key, Row] = {}

    def __iter__(self) -> Iterator[Row]:
        """Those there are now, whatever becomes of them meanwhile."""
        return iter([*self._rows.values()])

    def forget(self, row: Row) -> None:
        """Let go of a row, to place it anew or to be rid of it."""
        if self._rows.get(row.key) is row:
            del self._rows[row.key]

    def silent(self) -> bool:
        """Whether a row is due for a heartbeat."""
        late = time.monotonic() - (BEAT - TICK)
        return any(row.spoke < late for row in self._rows.values())

    def tell(self, down: bool) -> None:
        """Tell the pages that the store is down, or that it is back."""
        self.down = down
        for row in self:
            row.tape = None
            self.send(row.pages, frame([WAITS[down]], (), row.packed))

    def news(self, row: Row, pages: Pages, news: Parts) -> None:
        """Send these pages, which were this row, the events that brought it to its parts."""
        if row.packed and len(news) == 1 and len(pages) >= CROWD:
            self.send_tape(row, pages, row.parts.index(news[0]), news[0])
        else:
            row.tape = None
            self.send(pages, frame(news, (), row.packed))
        row.spoke = time.monotonic()

    def place(self, row: Row) -> None:
        """Put this row among the others, or into the one that is sent the same."""
        kept = self._rows.setdefault(row.key, row)
        if kept is not row:
            kept.pages |= row.pages
            for page in row.pages.values():
                page.row = kept

    def into(self, page: Page, parts: Parts) -> None:
        if page.fd < 0:
            return
        row = self._rows.get((parts, page.packed, page.kin))
        if row is None:
            row = Row(parts, page.packed, page.kin)
            self._rows[row.key] = row
        if page.row is not row:
            self.out(page, page.fd)
            row.pages[page.fd] = page
            page.row = row

    def out(self, page: Page, fd: int) -> None:
        self._outs += 1
        row, page.row = page.row, None
        if row is not None:
            page.sent, page.waits = row.parts, self.down
            row.pages.pop(fd, None)
            if not row.pages:
                self.forget(row)

    def send(self, pages: Pages, news: bytes) -> None:
        """Write the same to all of them, and now and then let the loop look at the network.

        As long as each takes all of it no page is looked at, for a thousand of them are more than
        the processor has at hand.
        """
        if not news:
            return
        data, fds, outs = chunk(news), [*pages], self._outs
        for start in range(0, len(fds), SLICE):
            if start:
                breathe()
            some = fds[start : start + SLICE]
            if outs != self._outs:
                some = [fd for fd in some if fd in pages and pages[fd].fd == fd]
            written = write_each(some, repeat(data))
            if written.count(len(data)) < len(some):
                for fd, size in zip(some, written, strict=True):
                    if size < len(data):
                        self._left(pages[fd], fd, size, data)

    def send_each(self, news: list[tuple[Page, Parts, Parts]]) -> None:
        """Write to each of these pages what it shares with others, and its own."""
        for start in range(0, len(news), SLICE):
            if start:
                breathe()
            some = [
                (page, page.fd, chunk(frame(shared, own, page.packed)))
                for page, shared, own in news[start : start + SLICE]
                if page.fd >= 0
            ]
            written = write_each([fd for _, fd, _ in some], [data for _, _, data in some])
            for (page, fd, data), size in zip(some, written, strict=True):
                if size < len(data):
                    self._left(page, fd, size, data)

    def send_one(self, page: Page, news: bytes) -> None:
        if page.fd >= 0:
            self.send({page.fd: page}, news)

    def _left(self, page: Page, fd: int, size: int, data: bytes) -> None:
        """A page did not take all of it: it goes on by itself, unless nobody is there any more."""
        if size < 0:
            page.leave("left")
        else:
            self.out(page, fd)
            page.alone(data[size:])

    def send_tape(self, row: Row, pages: Pages, part: int, event: bytes) -> None:
        """Send an event to pages that were sent others of its kind just before.

        Whoever is behind the tape is sent whole events. When as many were as there are pages, all
        get a new tape, for it costs as much.
        """
        if time.monotonic() - row.spoke > QUICK:
            row.tape = None
            self.send(pages, once(event))
            return
        tape = row.tape
        behind = {fd: page for fd, page in pages.items() if tape is None or page.tape is not tape}
        if tape and behind:
            tape.missed += max(len(behind), len(pages) / PATIENCE)
        if tape is None or tape.part != part or tape.missed > len(pages):
            tape, behind = Tape(part), {}
            row.tape = tape
            for page in pages.values():
                page.tape = tape
        in_step = {fd: pages[fd] for fd in pages if fd not in behind} if behind else pages
        self.send(in_step, tape.add(event))
        if behind:
            self.send(behind, once(event))

    def beat(self) -> None:
        late = time.monotonic() - (BEAT - TICK)
        for row in self:
            if row.spoke < late and row.pages:
                row.tape = None
                self.send(row.pages, next(iter(row.pages.values())).beat())
                row.spoke = time.monotonic()
