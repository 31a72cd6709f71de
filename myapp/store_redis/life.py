"""Life: what this process says of itself to the others, once a second, and Redis's clock."""

import logging
import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import gevent

from myapp.hub import Hub
from myapp.store import StoreDown
from myapp.store_redis import scripts
from myapp.store_redis.bells import Bells
from myapp.store_redis.line import PATIENCE, Line

BEAT = 1.0
"""Seconds between two beats. A machine that says nothing for ten is taken for dead (`LIFE`)."""
GRACE = 5
"""Beats after Redis was away until this process clears up after the dead: the living come back."""
PATIENT = 20.0
"""Seconds that one who is to serve waits for Redis when it starts."""
KNOCK = 0.2
JUMP = 1.0  # seconds that Redis's clock must be off to have been set anew

EMPTY = (
    "Redis at %s has lost all its data, and with it every room. If it was restarted: is "
    "appendonly on, and is it the right Redis? Restore the latest backup (docs/deploy.md)"
)

log = logging.getLogger(__name__)


class Life:
    """Begins with `enter`. `lost(key)` is told of each lease that this process had to take anew,
    and `emptied()` that everything was lost."""

    def __init__(
        self, line: Line, hub: Hub, lost: Callable[[str], None], emptied: Callable[[], None]
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.leases: set[str] = set()
        self.secret = ""
        self.away = 0.0
        self.served = False
        self._line, self._lost, self._emptied = line, lost, emptied
        self._mark = ""
        self._grace = GRACE
        self._offsets: deque[tuple[float, float]] = deque(maxlen=8)
        self.bells = Bells(line, hub, f"life:{self.name}")
        self._heart: gevent.Greenlet | None = None

    def enter(self, serves: bool) -> None:
        """Say that this process uses the data; waits while another is alone with them."""
        end = time.monotonic() + (PATIENT if serves else 0.0)
        while not self._entered(serves, last=time.monotonic() >= end):
            gevent.sleep(KNOCK)
        self._heart = gevent.spawn(self._live)

    def _entered(self, serves: bool, last: bool) -> bool:
        try:
            if not self.bells.hear(f"life:{self.name}"):
                raise StoreDown(self.bells.trouble)
            before = time.monotonic()
            said = self._line.run(scripts.ENTER, [], self.name, int(serves), secrets.token_hex(4))
        except StoreDown as error:
            if last:
                raise
            log.warning("%s; waiting for it", error)
            return False
        if said[0]:
            self.measure(before, said[1])
            self.away, self._mark = round(float(said[2]), 3), said[3].decode()
        return bool(said[0])

    def time(self) -> float:
        """Redis's clock, which is the same for all processes on all machines."""
        return time.monotonic() + min(self._offsets)[1]

    def measure(self, before: float, now: bytes) -> None:
        """Take in what Redis's clock said between `before` and this moment. The quickest of the
        latest answers is the most exact."""
        after = time.monotonic()
        sample = after - before, float(now) - (before + after) / 2
        if self._offsets and abs(sample[1] - min(self._offsets)[1]) > JUMP + sample[0]:
            self._offsets.clear()
        self._offsets.append(sample)

    def leave(self) -> None:
        if self._heart:
            self._heart.kill()
        with suppress(StoreDown):
            self._line.run(scripts.LEAVE, [], self.name, *self.leases)
        self.bells.close()

    def _live(self) -> None:
        fine = True
        while True:
            gevent.sleep(BEAT)
            try:
                self._beat()
                if not fine:
                    log.info("Redis answers again")
                    self.bells.ring()
                fine = True
            except StoreDown as error:
                if fine:
                    log.warning("%s Nothing can be saved until it answers", error)
                    self.bells.ring()  # so that the pages look, and say so
                fine, self._grace = False, GRACE
            except Exception:
                log.exception("the heartbeat stumbled and goes on")

    def _beat(self) -> None:
        served, self.served = self.served, False
        self._grace = max(0, self._grace - 1)
        say = (int(served), self.away, self.secret, int(not self._grace), secrets.token_hex(4))
        before = time.monotonic()
        now, away, mark, *lost = self._line.run(
            scripts.BEAT, [], self.name, *say, *sorted(self.leases)
        )
        if time.monotonic() - before < PATIENCE:
            self.measure(before, now)
        self.away = float(away)  # another than mine only if Redis has lost it
        if mark.decode() != self._mark:
            self._mark = mark.decode()
            log.error(EMPTY, self._line.url)
            self._emptied()
        for key in lost:
            self._lost(key.decode())
