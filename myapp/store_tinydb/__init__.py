"""A folder of TinyDB files, one per document; any number of processes on one machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import gevent
from gevent.lock import Semaphore

from myapp.documents import private, version
from myapp.hub import Bell, Hub, aside, aside_waiting
from myapp.store import Change, Check, Document, Past, Store, StoreDown, split, split_prefix
from myapp.store_tinydb.buckets import BUCKETS, Buckets
from myapp.store_tinydb.committer import Committer
from myapp.store_tinydb.document import DocumentFile
from myapp.store_tinydb.folders import folders, furnish, key_of, keys
from myapp.store_tinydb.keeper import PATIENCE, TRIES, Keeper, Wish
from myapp.store_tinydb.leases import Leases
from myapp.store_tinydb.locks import away, inside, move_in, shut
from myapp.store_tinydb.past import SECRET, carry, past
from myapp.store_tinydb.tinydb_file import made_once
from myapp.store_tinydb.trouble import trouble_told
from myapp.store_tinydb.watch import Watch

KEEPERS = 4096
"""How many documents a process remembers. Forgetting one costs a read of its file."""


class TinyStore(Store):
    """Begins when it is first used, in the process that uses it: it may be made before a fork.

    What greenlets share is touched in the loop alone; real threads get inputs and return outputs.
    """

    def __init__(self, root: Path, hub: Hub) -> None:
        self._root = root
        self._hub = hub
        self._keepers: dict[str, Keeper] = {}
        self._checks: dict[str, Check] = {}
        self._journals: set[str] = set()
        self._committer = Committer(self._drain)
        self._leases = Leases()
        self._watched: set[str] = set()
        self._watch: Watch | None = None
        self._door: int | None = None
        self._buckets: Buckets | None = None
        self._away = 0.0
        self._serves = False
        self._entering = Semaphore()

    def get(self, key: str) -> tuple[Document, str] | None:
        keeper = self._true(key)
        return None if keeper.body is None else (private(keeper.body), keeper.version)

    def version(self, key: str) -> str | None:
        keeper = self._true(key)
        return None if keeper.body is None else keeper.version

    def _true(self, key: str) -> Keeper:
        """The keeper of a document, once it knows what stands in the file now."""
        keeper = self._keeper(key)
        self._drain()  # The kernel knows of a change at once; the loop would tell us in its turn.
        if not keeper.fresh:
            keeper.ask(Wish())
        if keeper.trouble:
            raise StoreDown(keeper.trouble)
        return keeper

    def change(
        self, key: str, fn: Change, *, fleeting: bool = False, tell: bool = True
    ) -> tuple[Document, str] | None:
        keeper = self._keeper(key)
        body = keeper.ask(Wish(fn, fleeting))
        if body is None or not tell:
            return None
        return private(body), keeper.version if body is keeper.body else version(body)

    @contextmanager
    def listen(self, *keys: str) -> Iterator[Bell]:
        for key in keys:
            if ":" not in key:
                self._enter(split_prefix(key)[0] if key.endswith("/") else split(key)[0])
        with self._hub.listen(*keys) as bell:
            yield bell

    def keys(self, prefix: str) -> list[str]:
        folder, start = split_prefix(prefix)
        with trouble_told():
            return aside(keys, self._root, folder, start)

    def kinds(self) -> list[str]:
        with trouble_told():
            return aside(folders, self._root)

    def lease(self, key: str) -> None:
        self._leases.hold(key, self._keeper(key).file)

    def reap(self, prefix: str) -> list[str]:
        return [key for key in self.keys(prefix) if self._leases.reap(key, self._keeper(key).file)]

    def serve(self) -> None:
        self._serves = True

    def beat(self) -> None:
        if self._door is not None:
            with suppress(OSError):  # a disk in trouble is told by those who have to save
                os.utime(self._door)

    def away(self) -> float:
        if self._door is None:
            with self._entering:
                self._move_in()
        return self._away

    def secret(self) -> str:
        return made_once(self._root / SECRET)

    def take(self, bucket: str, rate: float, burst: float) -> float:
        if self._buckets is None:
            with trouble_told():
                with self._entering:
                    self._move_in()
                self._buckets = Buckets(self._root / BUCKETS)
        return self._buckets.take(bucket, rate, burst)

    def check(self, prefix: str, fn: Check) -> None:
        self._checks[split_prefix(prefix)[0]] = fn
        self._keepers.clear()

    def keep_journal(self, prefix: str) -> None:
        self._journals.add(split_prefix(prefix)[0])
        self._keepers.clear()

    def journal(self, key: str) -> list[Document]:
        file = self._keeper(key).file
        with trouble_told():
            return aside_waiting(file.entries)

    def cut(self, key: str) -> None:
        file = self._keeper(key).file
        with trouble_told():
            aside_waiting(file.cut)

    def fault(self, key: str) -> str:
        return self._keeper(key).fault

    def inspect(self, key: str, mend: bool = False) -> str:
        file = self._keeper(key).file
        with trouble_told():
            for _ in range(TRIES):  # An editor may be half-way through saving.
                if not (fault := aside_waiting(file.inspect, False)):
                    return ""
                gevent.sleep(PATIENCE)
            return aside_waiting(file.inspect, True) if mend else fault

    @contextmanager
    def alone(self) -> Iterator["TinyStore"]:
        self.close()
        with trouble_told():
            self._root.mkdir(0o700, parents=True, exist_ok=True)
            held = aside(shut, self._root)
        if held is None:
            pids = ", ".join(str(pid) for pid in inside(self._root))
            who = f" (process {pids})" if pids else ""
            raise StoreDown(f"{self._root} is in use{who}: stop the server first")
        store = TinyStore(self._root, self._hub)
        store._door = held
        try:
            yield store
        finally:
            store.close()

    def put(self, key: str, document: Document, journal: list[Document]) -> None:
        if journal and split(key)[0] not in self._journals:
            self.keep_journal(f"{split(key)[0]}/")
        file = self._keeper(key).file
        with trouble_told():
            aside_waiting(file.put, document, journal)

    def past(self) -> Past:
        with trouble_told():
            return aside(past, self._root)

    def carry(self, past: Past) -> None:
        with trouble_told():
            aside(carry, self._root, past)

    def close(self) -> None:
        for keeper in list(self._keepers.values()):
            keeper.finish()
        if self._watch:
            self._watch.close()
        if self._buckets:
            self._buckets.close()
        self._leases.close()
        if self._door is not None:
            os.close(self._door)
        self._watch = self._door = self._buckets = None
        self._keepers.clear()
        self._watched.clear()

    def _keeper(self, key: str) -> Keeper:
        if key not in self._keepers:
            folder, name = split(key)
            self._enter(folder)
            if len(self._keepers) >= KEEPERS:
                del self._keepers[next(iter(self._keepers))]
            check, journal = self._checks.get(folder), folder in self._journals
            file = DocumentFile(self._root, folder, name, check, journal)
            ring, carry_out = partial(self._hub.ring, key), self._committer.carry_out
            keeper = Keeper(file, ring, carry_out)
            self._keepers.setdefault(key, keeper)
        return self._keepers[key]

    def _enter(self, folder: str) -> None:
        """Watch a folder before the first look into it, so that nothing is missed between."""
        if folder in self._watched:
            return
        with self._entering, trouble_told():
            self._move_in()
            if self._watch is None:
                self._watch = Watch(self._on_name, self._on_lost)
            aside(furnish, self._root / folder)
            self._watch.add(self._root / folder)
            self._watched.add(folder)

    def _move_in(self) -> None:
        if self._door is None:
            self._door = aside_waiting(move_in, self._root, self._serves)
            self._away = away(self._root)

    def _drain(self) -> None:
        if self._watch:
            self._watch.drain()

    def _on_name(self, folder: str, name: str, written: bool) -> None:
        key = key_of(folder, name)
        if key and (key in self._keepers or self._hub.hears(key)):
            self._keeper(key).hear(written)

    def _on_lost(self, folder: str | None) -> None:
        lost = {folder} if folder else set(self._watched)
        if folder:
            self._watched.discard(folder)
        self._keepers.clear()
        for name in lost:
            self._hub.ring(f"{name}/")
