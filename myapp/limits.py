"""Limits: how often somebody may do something, and how long to wait after too often.

A limit is a bucket that holds `burst` and fills up by `rate` a second; each try takes one.
"""

import hashlib
import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from myapp.game import IllegalMove
from myapp.store import Store

REMEMBERED = 10_000  # buckets one process keeps; the ones longest unused are full again anyway


@dataclass(frozen=True)
class Limit:
    """`shared` limits count in all processes together, at the price of a fleeting change."""

    name: str
    rate: float
    burst: float
    shared: bool = False


COMMANDS = Limit("commands", rate=10, burst=30)
ROOMS = Limit("rooms", rate=1 / 6, burst=10, shared=True)
ROOMS_OF_ADDRESS = Limit(
    "rooms-of-address", rate=1, burst=60, shared=True
)  # a school is one address
NEWCOMERS = Limit("newcomers-of-address", rate=5, burst=200, shared=True)
READERS = Limit("readers-of-address", rate=20, burst=200)
OPERATOR = Limit("operator-of-address", rate=1 / 10, burst=5, shared=True)
QUEUE = Limit("queue", rate=1 / 2, burst=10, shared=True)

SIGN_UPS = Limit("sign-ups-of-address", rate=1 / 30, burst=60, shared=True)
LOG_INS = Limit("log-ins", rate=1 / 30, burst=10, shared=True)  # to one account from one address
LOG_INS_OF_ADDRESS = Limit("log-ins-of-address", rate=1 / 2, burst=60, shared=True)
LOG_INS_OF_ACCOUNT = Limit("log-ins-of-account", rate=1, burst=200, shared=True)
"""More than one address may try, so that nobody alone locks the owner out; too few to guess by."""


class TooMany(IllegalMove):
    """Too often; `wait` is in how many whole seconds it works again."""

    status = 429

    def __init__(self, wait: float) -> None:
        self.wait = max(1, math.ceil(wait))
        super().__init__("Not so fast. Try again in {wait} s.", wait=self.wait)


class Limits:
    """Counts tries. Nothing but a keyed hash of who tried is ever kept."""

    def __init__(self, store: Store, secret: str) -> None:
        self._store = store
        self._secret = secret
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, limit: Limit, who: str) -> None:
        """Let this try pass. Raises TooMany when it is one too many."""
        keyed = hashlib.blake2b(who.encode(), key=self._secret.encode()[:64], digest_size=10)
        name = f"{limit.name}-{keyed.hexdigest()}"
        wait = self._shared(limit, name) if limit.shared else self._own(limit, name)
        if wait > 0:
            raise TooMany(wait)

    def _own(self, limit: Limit, name: str) -> float:
        wait, self._buckets[name] = draw(limit, self._buckets.get(name))
        self._buckets.move_to_end(name)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return wait

    def _shared(self, limit: Limit, name: str) -> float:
        waits = []

        def taken(doc: dict[str, Any] | None) -> dict[str, Any] | None:
            wait, (left, at) = draw(limit, (doc["left"], doc["at"]) if doc else None)
            waits.append(wait)
            return {"left": left, "at": at} if wait == 0 else doc  # a flood costs no writes

        self._store.change(f"limits/{name}", taken, fleeting=True)
        return waits[-1]

    def sweep(self) -> None:
        """Forget shared buckets that are surely full again."""
        for key in self._store.keys("limits/"):
            found = self._store.get(key)
            if found and time.time() - found[0]["at"] > 3600:
                self._store.change(key, lambda _: None)


def draw(
    limit: Limit, bucket: tuple[float, float] | None, now: float | None = None
) -> tuple[float, tuple[float, float]]:
    """Take one from a bucket (left, at): seconds to wait (0: it was there), the bucket after."""
    now = time.time() if now is None else now
    left, at = bucket or (limit.burst, now)
    left = min(limit.burst, left + max(0.0, now - at) * limit.rate)
    if left < 1:
        return (1 - left) / limit.rate, (left, now)
    return 0.0, (left - 1, now)
