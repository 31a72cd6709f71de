"""Buckets that all processes of one machine share: a small file that each of them has mapped.

Nobody locks it, because a process that is frozen at the wrong moment must not stop the others: two
that take from one bucket in the same microsecond may take one between them. A full file forgets the
bucket of its neighbourhood that has been left alone the longest.
"""

import hashlib
import mmap
import os
import struct
import time
from pathlib import Path

from myapp.store import fill

BUCKETS = ".buckets"
PLACES = 65_536
NEIGHBOURS = 4  # places where one bucket may be
PLACE = struct.Struct("<Qdd")  # whose, how much was left, when


class Buckets:
    def __init__(self, path: Path) -> None:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(file, PLACES * PLACE.size)
            self._map = mmap.mmap(file, PLACES * PLACE.size)
        finally:
            os.close(file)

    def take(self, bucket: str, rate: float, burst: float) -> float:
        """See `Store.take`. Microseconds, in the loop."""
        mark = int.from_bytes(hashlib.blake2b(bucket.encode(), digest_size=8).digest(), "little")
        near = [(mark + n) % PLACES * PLACE.size for n in range(NEIGHBOURS)]
        found = {at: PLACE.unpack_from(self._map, at) for at in near}
        at = next((at for at in near if found[at][0] == mark), None)
        known = None if at is None else found[at][1:]
        if at is None:
            at = min(near, key=lambda at: found[at][2])
        now = time.time()
        left = fill(known, now, rate, burst)
        if left < 1:
            return (1 - left) / rate
        PLACE.pack_into(self._map, at, mark, left - 1, now)
        return 0.0

    def close(self) -> None:
        self._map.close()
