"""Pulse: how hard this process works, and what last blocked its loop, for the operator to see."""

import os
import secrets
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import gevent

from myapp import logs, metrics
from myapp.presence import OPERATOR, Presence
from myapp.store import Store

BLOCKED = 0.1  # seconds without a look at the network that somebody may notice
SHARE = 0.1  # of a processor, and
FINE = 0.05  # seconds of lag: finer differences are not told, or telling would never end
HERE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Blocked:
    """The loop stood still: when (wall time), how many seconds, and for what."""

    at: float
    seconds: float
    where: str


@dataclass
class Loop:
    """Sees how long the loop works at a stretch, and costs nothing while it rests.

    An alarm is set whenever the loop wakes, and called off when it rests; if it goes off, its
    handler finds what is being done at that moment.
    """

    blocked: Blocked | None = None
    longest: float = 0.0
    _woke: float = field(default_factory=time.monotonic)
    _where: str = ""
    _watchers: list[Any] = field(default_factory=list)

    def watch(self) -> None:
        signal.signal(signal.SIGALRM, self._alarm)
        loop = gevent.get_hub().loop
        # gevent switches greenlets in watchers of the same kinds: ours are first and last.
        for watcher, do in (
            (loop.check(ref=False, priority=2), self._wakes),
            (loop.prepare(ref=False, priority=-2), self._rests),
        ):
            watcher.start(do)
            self._watchers.append(watcher)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for watcher in self._watchers:
            watcher.stop()
            watcher.close()
        self._watchers.clear()

    def _wakes(self) -> None:
        self._woke = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, BLOCKED)

    def _rests(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        seconds = time.monotonic() - self._woke
        self.longest = max(self.longest, seconds)
        if seconds >= BLOCKED:
            self.blocked = Blocked(time.time(), seconds, self._where or "unknown")
        self._where = ""

    def _alarm(self, _: int, frame: FrameType | None) -> None:
        self._where = place(frame)


def place(frame: FrameType | None) -> str:
    """Where that is: the innermost line of ours, or of whatever was running."""
    inner = frame
    while frame and not ours(frame):
        frame = frame.f_back
    frame = frame or inner
    if frame is None:
        return ""
    path = Path(frame.f_code.co_filename)
    short = path.relative_to(HERE) if ours(frame) else path.name
    return f"{short}:{frame.f_lineno} {frame.f_code.co_qualname}"


def ours(frame: FrameType) -> bool:
    path = frame.f_code.co_filename
    return path.startswith(str(HERE)) and "site-packages" not in path


class Pulse:
    """Tells its figures by a document of its own, but only while an operator looks."""

    def __init__(self, store: Store, presence: Presence) -> None:
        self.loop = Loop()
        self._store = store
        self._presence = presence
        self._key = ""
        self._told: dict[str, Any] | None = None
        self._cpu = time.process_time()
        self._at = time.monotonic()

    def tell(self) -> None:
        """Say how it is, if that differs from what was said. Called about once a second."""
        watched = self._presence.watched(OPERATOR)
        figures = self._figures() if watched else None
        if figures == self._told:
            return
        if not self._key:
            self._key = f"workers/{secrets.token_hex(4)}"
            self._store.lease(self._key)
            self.reap()
        self._store.change(self._key, lambda _: figures, fleeting=True)
        self._told = figures

    def reap(self) -> None:
        """Forget the figures of processes that have died."""
        self._store.reap("workers/")

    def _figures(self) -> dict[str, Any]:
        cpu, at = time.process_time(), time.monotonic()
        share = (cpu - self._cpu) / max(at - self._at, 0.001)
        self._cpu, self._at = cpu, at
        longest, self.loop.longest = self.loop.longest, 0.0
        return {
            "pid": os.getpid(),
            "cpu": round(min(1.0, share) / SHARE) * round(SHARE * 100),  # percent
            "lag": int(longest / FINE) * round(FINE * 1000),  # milliseconds
            "streams": int(metrics.value(metrics.STREAMS)),
            "rooms": len({line.room for line in self._presence.own if line.room}),
            "changes": metrics.counts(metrics.CHANGES),
            "blocked": asdict(self.loop.blocked) if self.loop.blocked else None,
            "log": [asdict(entry) for entry in logs.LATEST],
        }
