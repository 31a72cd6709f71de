"""Memory: for tests and for a look around. One process; all is gone when it ends."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from gevent.lock import Semaphore

from myapp.documents import decode, encode, play, private, version
from myapp.hub import Bell, Hub, aside
from myapp.journal import between
from myapp.store import Change, Document, Past, Store, StoreDown, fill, split, split_prefix

FULL = 256 * 1024
"""From this many bytes on a journal goes on in a new part, and only the part before it is kept."""


@dataclass
class Heap:
    """What the stores of one name share."""

    documents: dict[str, bytes] = field(default_factory=dict)
    journals: dict[str, list[list[bytes]]] = field(default_factory=dict)
    told: dict[str, bytes] = field(default_factory=dict)
    """The document that a journal leads to."""
    turns: dict[str, Semaphore] = field(default_factory=dict)
    buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    leases: dict[str, "MemoryStore"] = field(default_factory=dict)
    stores: "set[MemoryStore]" = field(default_factory=set)
    past: Past = field(default_factory=Past)


HEAPS: dict[str, Heap] = {}


class MemoryStore(Store):
    def __init__(self, name: str, hub: Hub) -> None:
        self._name, self._hub = name, hub
        self._heap = HEAPS.setdefault(name, Heap())
        self._journals: set[str] = set()

    def get(self, key: str) -> tuple[Document, str] | None:
        body = self._heap.documents.get("/".join(split(key)))
        return None if body is None else (private(body), version(body))

    def version(self, key: str) -> str | None:
        body = self._heap.documents.get("/".join(split(key)))
        return None if body is None else version(body)

    def change(
        self, key: str, fn: Change, *, fleeting: bool = False, tell: bool = True
    ) -> tuple[Document, str] | None:
        split(key)
        with self._heap.turns.setdefault(key, Semaphore()):
            body = self._heap.documents.get(key)
            made = aside(play, fn, body)
            if isinstance(made, BaseException):
                raise made
            if made != body:
                self._keep(key, made, fleeting)
        return (private(made), version(made)) if tell and made is not None else None

    def _keep(self, key: str, body: bytes | None, fleeting: bool) -> None:
        if body is None:
            del self._heap.documents[key]
            self._heap.journals.pop(key, None)
            self._heap.told.pop(key, None)
        else:
            self._heap.documents[key] = body
            if split(key)[0] in self._journals and not fleeting:
                self._note(key, body)
        self._ring(key)

    def _note(self, key: str, body: bytes) -> None:
        parts = self._heap.journals.setdefault(key, [[]])
        if sum(map(len, parts[-1])) > FULL:
            parts[:] = [parts[-1], []]
        told = self._heap.told.get(key)
        if told is None or not parts[-1]:
            parts[-1].append(encode({"whole": decode(body)}))
        else:
            parts[-1].append(encode({"changed": between(told, body)}))
        self._heap.told[key] = body

    def _ring(self, key: str) -> None:
        for store in self._heap.stores:
            store._hub.ring(key)

    @contextmanager
    def listen(self, *keys: str) -> Iterator[Bell]:
        for key in keys:
            if ":" not in key:
                _ = split_prefix(key) if key.endswith("/") else split(key)
        self._heap.stores.add(self)
        with self._hub.listen(*keys) as bell:
            yield bell

    def keys(self, prefix: str) -> list[str]:
        split_prefix(prefix)
        return sorted(key for key in self._heap.documents if key.startswith(prefix))

    def kinds(self) -> list[str]:
        return sorted({split(key)[0] for key in self._heap.documents})

    def lease(self, key: str) -> None:
        split(key)
        if self._heap.leases.setdefault(key, self) is not self:
            raise StoreDown(f"{key} is held by another store")

    def reap(self, prefix: str) -> list[str]:
        dead = [key for key in self.keys(prefix) if key not in self._heap.leases]
        for key in dead:
            self._keep(key, None, True)
        return dead

    def beat(self) -> None:
        pass

    def away(self) -> float:
        return self._heap.past.away

    def take(self, bucket: str, rate: float, burst: float) -> float:
        now = time.time()
        left = fill(self._heap.buckets.get(bucket), now, rate, burst)
        if left < 1:
            return (1 - left) / rate
        self._heap.buckets[bucket] = left - 1, now
        return 0.0

    def secret(self) -> str:
        past = self._heap.past
        self._heap.past = replace(past, secret=past.secret or secrets.token_hex(32))
        return self._heap.past.secret

    def keep_journal(self, prefix: str) -> None:
        self._journals.add(split_prefix(prefix)[0])

    def journal(self, key: str) -> list[Document]:
        body = self._heap.documents.get("/".join(split(key)))
        parts = self._heap.journals.get(key, [])
        entries: list[Document] = [decode(line) for part in parts for line in part]
        if entries and body is not None and body != self._heap.told.get(key):
            entries.append({"whole": decode(body)})
        return entries

    def cut(self, key: str) -> None:
        body = self._heap.documents.get("/".join(split(key)))
        if self._heap.journals.pop(key, None) and body is not None:
            self._heap.told.pop(key)
            self._note(key, body)

    @contextmanager
    def alone(self) -> Iterator[Store]:
        if self._heap.stores - {self}:
            raise StoreDown(f"memory:{self._name} is in use: close the others first")
        yield self

    def past(self) -> Past:
        return self._heap.past

    def carry(self, past: Past) -> None:
        self._heap.past = past

    def put(self, key: str, document: Document, journal: list[Document]) -> None:
        split(key)
        body = self._heap.documents[key] = encode(document)
        if journal:
            self._heap.journals[key] = [[encode(entry) for entry in journal]]
            self._heap.told[key] = body
        self._ring(key)

    def close(self) -> None:
        self._heap.stores.discard(self)
        for key, holder in [*self._heap.leases.items()]:
            if holder is self:
                del self._heap.leases[key]
