"""Circle: the parked pages that look at one scene. It looks once for those who see the same."""

import logging
import os
import time
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from myapp.hub import beside, breathe
from myapp.page import Page
from myapp.rows import Row, Rows
from myapp.store import StoreDown
from myapp.stream import Look, Parts, Scene, differing
from myapp.wire import chunk, frame

if TYPE_CHECKING:  # it is given to it
    from myapp.fanout import Fanout

log = logging.getLogger(__name__)

SEEN = 64  # pages looked at between two glances at the clock, and
STRETCH = 0.004  # seconds at most until others take a turn


class Circle:
    """The parked pages that look at one scene."""

    def __init__(self, fanout: "Fanout", keys: tuple[str, ...]) -> None:
        self.fanout = fanout
        self.keys = keys
        self.rows = Rows()
        self._pages: set[Page] = set()
        self._new: list[Page] = []
        self._seen: Scene | None = None
        self._bell: Any = None
        self._runs = self._busy = False
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
        self.rows.out(page, fd)
        if self._busy:
            self._closed.append(fd)
        else:
            os.close(fd)
        if self._bell and not self._pages:
            self._bell.ring("")

    def beats(self) -> None:
        """Wake those rows that were silent for long. Does not block."""
        if self._bell and self.rows.silent():
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
            if not self.rows.down:
                log.warning("pages wait: %s", error)
                self.rows.tell(True)
            return 1.0
        if self.rows.down:
            self.rows.tell(False)
        before, self._seen = self._seen, scene
        if before is None or before.stamp != scene.stamp:
            if before and before.standing == scene.standing:
                self._move_on(scene)
            else:
                self._regroup(scene)
        new, self._new = dict.fromkeys(self._new), []
        for page in new:
            self._meet(page, scene)
        self.rows.beat()
        return 1.0 if self._new or self._seen is None else scene.wake

    def _move_on(self, scene: Scene) -> None:
        """Those who saw the same see the same: one look for each row."""
        looks = [(row, self._first(row, scene)) for row in self.rows]
        self._advance([(row, now) for row, now in looks if now])

    def _first(self, row: Row, scene: Scene) -> Look | None:
        """What the first of a row sees."""
        page = next(iter(row.pages.values()), None)
        return self._see(page, scene) if page else None

    def _advance(self, looks: list[tuple[Row, Look]]) -> None:
        """All of each row see what comes with it."""
        for row, _ in looks:  # none finds itself among those who are still to move on
            self.rows.forget(row)
        for row, now in looks:
            news = differing(now.parts, row.parts)
            row.parts = now.parts
            pages = row.pages  # which stay what they are, also when it is placed with others
            self.rows.place(row)
            if news:
                self.rows.news(row, pages, news)

    def _regroup(self, scene: Scene) -> None:
        """First one of each kin looks for all of it, for they are many; then everybody else."""
        looks = [(row, self._first(row, scene)) for row in self.rows if row.kin]
        whole = [(row, now) for row, now in looks if now and now.kin == row.kin]
        self._advance(whole)
        together = {row for row, _ in whole}
        self._look_around([row for row in self.rows if row not in together], scene)

    def _look_around(self, rows: list[Row], scene: Scene) -> None:
        """Each of these pages looks; those that are sent the same go on together."""
        groups: dict[tuple[Row, Hashable, Parts, Parts], list[Page]] = {}
        alone: list[tuple[Page, Parts, Parts]] = []
        lasts: list[Page] = []
        count, since = 0, time.monotonic()
        for row in rows:
            parts: Parts | None = None
            group: list[Page] | None = None
            for page in [*row.pages.values()]:
                now = self._see(page, scene)
                if now is None:
                    continue
                if now.parts is not parts:
                    parts, group = now.parts, None
                    shared = differing(parts, row.parts)
                own = self._own_news(page, now)
                page.kin = now.kin
                if now.kin:  # many of a kin may have the same of their own
                    groups.setdefault((row, now.kin, parts, own), []).append(page)
                elif own:
                    row.tape = page.tape = None
                    self.rows.into(page, parts)
                    alone.append((page, shared, own))
                else:
                    if group is None:
                        group = groups.setdefault((row, None, parts, ()), [])
                    group.append(page)
                if now.last:
                    lasts.append(page)
                count += 1
                if count % SEEN == 0 and time.monotonic() - since > STRETCH:
                    breathe()
                    since = time.monotonic()
        self.rows.send_each(alone)
        for (row, kin, parts, own), pages in groups.items():
            row.tape = None
            news = differing(parts, row.parts)
            if len(pages) == len(row.pages) and not own:
                self.rows.forget(row)
                row.parts, row.kin, row.spoke = parts, kin, time.monotonic()
                self.rows.place(row)
            else:
                for page in pages:
                    self.rows.into(page, parts)
            crowd = {page.fd: page for page in pages if page.fd >= 0}
            self.rows.send(crowd, frame(news, own, row.packed))
        for page in lasts:
            page.finish("done")

    @staticmethod
    def _own_news(page: Page, now: Look) -> Parts:
        """What differs of its own part, which it then has."""
        if now.own is page.own:
            return ()
        news = differing(now.own, page.own[: len(now.own)])
        page.own = now.own + page.own[len(now.own) :]
        return news

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
            self.rows.send_one(page, page.trouble(error))
            return
        except Exception:
            log.exception("a stream stumbled and ends")
            page.finish("failed")
            return
        if not page.sight.prompt:
            self.rows.out(page, page.fd)
            page.alone(chunk(news) if news else b"")
            return
        self.rows.into(page, page.sent)
        if news:
            page.tape = None
            self.rows.send_one(page, news)
        if page.over:
            page.finish("done")

    def _see(self, page: Page, scene: Scene) -> Look | None:
        try:
            return page.sight.see(scene)
        except StoreDown:
            self._new.append(page)  # which sees to it
        except Exception:
            log.exception("a stream stumbled and ends")
            page.finish("failed")
        self._seen = None  # whoever is in step with it looks again
        return None
