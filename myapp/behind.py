"""Behind: a look that lags, as an overlay does that must not help to play, or a line made bad."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from myapp.stream import Look


class Behind:
    """Shows what `look` showed `delay()` seconds ago; before it can, nothing."""

    def __init__(self, look: Callable[[], Look], delay: Callable[[], float]) -> None:
        self._look = look
        self._delay = delay
        self._seen: deque[tuple[float, Look]] = deque()

    def __call__(self) -> Look:
        now, look, delay = time.monotonic(), self._look(), self._delay()
        last = self._seen[-1][1] if self._seen else None
        if last is None or (last.parts, last.own) != (look.parts, look.own):
            self._seen.append((now, look))
        while len(self._seen) > 1 and self._seen[1][0] + delay <= now:
            self._seen.popleft()
        ready = self._seen[0][0] + delay <= now
        shown = self._seen[0][1] if ready else Look(())
        to_come = [at + delay - now for at, _ in islice(self._seen, int(ready), int(ready) + 1)]
        waits = [wait for wait in (look.wake, *to_come) if wait is not None]
        return replace(shown, wake=min(waits, default=None))
