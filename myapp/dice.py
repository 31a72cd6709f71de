"""Dice: chance that nobody can foresee, and that a replay has again."""

import hashlib
import random


class Dice(random.Random):
    """Chance that belongs to one room: a 128-bit secret and a counter through a hash.

    The same secret and counter give the same numbers, so a replay is exact; a player who sees
    any number of results cannot search his way to the next one, as he could with a small seed.
    """

    def __init__(self, secret: str, drawn: int = 0) -> None:
        self._secret = bytes.fromhex(secret)
        self.drawn = drawn
        super().__init__()

    def seed(self, *_: object, **__: object) -> None:
        """Do nothing: the secret was the seed."""

    def getrandbits(self, k: int, /) -> int:
        self.drawn += 1
        return self._bits(self.drawn.to_bytes(8), k)

    def random(self) -> float:
        return self.getrandbits(53) / (1 << 53)

    def of(self, *words: object) -> float:
        """A number in [0, 1) that belongs to these words: ask again and it is the same one."""
        return self._bits(repr(words).encode(), 53) / (1 << 53)

    def _bits(self, what: bytes, k: int) -> int:
        digest = hashlib.shake_256(self._secret + what).digest((k + 7) // 8)
        return int.from_bytes(digest) >> (-k % 8)
