"""Limits: how often somebody may do something, and how long to wait after too often.

A limit is a bucket that holds `burst` and fills up by `rate` a second; each try takes one.
"""

import hashlib
import math
from dataclasses import dataclass

from myapp.game import IllegalMove
from myapp.store import Store


@dataclass(frozen=True)
class Limit:
    name: str
    rate: float
    burst: float


COMMANDS = Limit("commands", rate=10, burst=30)
ROOMS = Limit("rooms", rate=1 / 6, burst=10)
ROOMS_OF_ADDRESS = Limit("rooms-of-address", rate=1, burst=60)  # a school is one address
NEWCOMERS = Limit("newcomers-of-address", rate=5, burst=200)
READERS = Limit("readers-of-address", rate=20, burst=200)
OPERATOR = Limit("operator-of-address", rate=1 / 10, burst=5)
QUEUE = Limit("queue", rate=1 / 2, burst=10)

SIGN_UPS = Limit("sign-ups-of-address", rate=1 / 30, burst=60)
LOG_INS = Limit("log-ins", rate=1 / 30, burst=10)  # to one account from one address
LOG_INS_OF_ADDRESS = Limit("log-ins-of-address", rate=1 / 2, burst=60)
LOG_INS_OF_ACCOUNT = Limit("log-ins-of-account", rate=1, burst=200)
"""More than one address may try, so that nobody alone locks the owner out; too few to guess by."""


class TooMany(IllegalMove):
    """Too often; `wait` is in how many whole seconds it works again."""

    status = 429

    def __init__(self, wait: float) -> None:
        self.wait = max(1, math.ceil(wait))
        super().__init__("Not so fast. Try again in {wait} s.", wait=self.wait)


class Limits:
    """Counts tries, in all processes together. Nothing but a keyed hash of who tried is kept."""

    def __init__(self, store: Store, secret: str) -> None:
        self._store = store
        self._secret = secret

    def take(self, limit: Limit, who: str) -> None:
        """Let this try pass. Raises TooMany when it is one too many."""
        keyed = hashlib.blake2b(who.encode(), key=self._secret.encode()[:64], digest_size=10)
        name = f"{limit.name}-{keyed.hexdigest()}"
        wait = self._store.take(name, limit.rate, limit.burst)
        if wait > 0:
            raise TooMany(wait)
