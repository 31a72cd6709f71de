"""Redis, for several machines: a hash for each document, changed by compare-and-set.

A change has returned when Redis has answered, so it is as durable as Redis's own setting makes it:
with `appendfsync always` it is on Redis's disk, with `everysec` a power cut may take the last
second; that Redis itself is killed loses nothing in either case. A fleeting change stays in its
memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import gevent
from gevent.lock import Semaphore

from myapp.documents import decode, encode, private, version
from myapp.hub import Bell, Hub, aside
from myapp.store import Change, Check, Document, Past, Store, StoreDown, split, split_prefix
from myapp.store_redis import scripts
from myapp.store_redis.damage import inspect
from myapp.store_redis.folders import folders, keys
from myapp.store_redis.keeper import Keeper, Wish
from myapp.store_redis.life import Life
from myapp.store_redis.line import Line
from myapp.store_redis.looks import Looks
from myapp.store_redis.past import carry, made_once, past
from myapp.store_redis.promise import promise

KEEPERS = 4096
"""How many documents a process remembers. Forgetting one costs a read."""


class RedisStore(Store):
    """Begins when it is first used, in the process that uses it: it may be made before a fork."""

    def __init__(self, url: str, hub: Hub) -> None:
        self._url, self._hub = url, hub
        self._line = Line(url)
        self._looks = Looks(self._line)
        self._keepers: dict[str, Keeper] = {}
        self._leased: dict[str, bytes | None] = {}
        self._checks: dict[str, Check] = {}
        self._journals: set[str] = set()
        self._life: Life | None = None
        self._serves = False
        self._entering = Semaphore()

    def get(self, key: str) -> tuple[Document, str] | None:
        keeper = self._keeper(key)
        self._enter()
        if not keeper.known or keeper.version != self._looks.version(key):
            keeper.read()
        return None if keeper.body is None else (private(keeper.body), keeper.version)

    def version(self, key: str) -> str | None:
        split(key)
        self._enter()
        return self._looks.version(key) or None

    def change(
        self, key: str, fn: Change, *, fleeting: bool = False, tell: bool = True
    ) -> tuple[Document, str] | None:
        keeper = self._keeper(key)
        self._enter()
        body = keeper.ask(Wish(fn, fleeting))
        if key in self._leased:
            self._leased[key] = body
        return (private(body), version(body)) if tell and body is not None else None

    @contextmanager
    def listen(self, *keys: str) -> Iterator[Bell]:
        for key in keys:
            if ":" not in key:
                folder = split_prefix(key)[0] if key.endswith("/") else split(key)[0]
                self._enter().bells.hear(f"{folder}/")
        with self._hub.listen(*keys) as bell:
            yield bell

    def keys(self, prefix: str) -> list[str]:
        split_prefix(prefix)
        self._enter()
        return keys(self._line, prefix)

    def kinds(self) -> list[str]:
        self._enter()
        return folders(self._line)

    def lease(self, key: str) -> None:
        split(key)
        life = self._enter()
        if not self._line.run(scripts.LEASE, [], life.name, key):
            raise StoreDown(f"{key} is held by another process")
        self._leased.setdefault(key, None)
        life.leases.add(key)

    def reap(self, prefix: str) -> list[str]:
        keys = self.keys(prefix)
        self._enter()
        return [key.decode() for key in self._line.run(scripts.REAP, [], *keys)] if keys else []

    def serve(self) -> None:
        self._serves = True

    def beat(self) -> None:
        if self._life:
            self._life.served = True

    def away(self) -> float:
        return self._enter().away

    def time(self) -> float:
        return self._enter().time()

    def secret(self) -> str:
        life = self._enter()
        life.secret = made_once(self._line)
        return life.secret

    def take(self, bucket: str, rate: float, burst: float) -> float:
        self._enter()
        return float(self._line.run(scripts.TAKE, [f"bucket:{bucket}"], rate, burst))

    def check(self, prefix: str, fn: Check) -> None:
        self._checks[split_prefix(prefix)[0]] = fn

    def keep_journal(self, prefix: str) -> None:
        self._journals.add(split_prefix(prefix)[0])
        self._keepers.clear()

    def journal(self, key: str) -> list[Document]:
        split(key)
        self._enter()
        lines, (doc, last) = self._line.ask(
            lambda redis: (
                redis.pipeline().lrange(f"journal:{key}", 0, -1).hmget(key, "doc", "last").execute()
            )
        )
        entries: list[Document] = aside(lambda: [decode(line) for line in lines])
        if entries and last is not None:
            entries.append({"whole": decode(doc)})
        return entries

    def cut(self, key: str) -> None:
        split(key)
        self._enter()
        self._line.run(scripts.CUT, [key, f"journal:{key}"])

    def past(self) -> Past:
        self._enter()
        return past(self._line)

    def carry(self, past: Past) -> None:
        self._enter().away = past.away
        carry(self._line, past)

    def put(self, key: str, document: Document, journal: list[Document]) -> None:
        folder, _ = split(key)
        self._enter()
        body, lines = encode(document), [encode(entry) for entry in journal]
        keys = [key, f"journal:{key}"]
        self._line.run(scripts.PUT, keys, version(body), body, f"{folder}/", *lines)

    def inspect(self, key: str, mend: bool = False) -> str:
        folder, _ = split(key)
        self._enter()
        return inspect(self._line, key, self._checks.get(folder), mend)

    def examine(self) -> str:
        self._enter()
        is_ = self._line.ask(lambda redis: redis.info())
        try:
            sync = self._line.ask(lambda redis: redis.config_get("appendfsync"))["appendfsync"]
        except (StoreDown, KeyError):
            sync = "of its own choice"
        return promise(is_, sync)

    @contextmanager
    def alone(self) -> Iterator["RedisStore"]:
        self.close()
        inside = RedisStore(self._url, self._hub)
        inside._journals = self._journals
        try:
            life = inside._enter(shuts=True)
            others = self._line.run(scripts.SHUT, [], life.name)
            if others:
                who = ", ".join(sorted({_who(name) for name in others}))
                raise StoreDown(f"{self._line.url} is in use ({who}): stop the server first")
            yield inside
        finally:
            inside.close()

    def close(self) -> None:
        for keeper in list(self._keepers.values()):
            keeper.finish()
        if self._life:
            self._life.leave()
        self._life = None
        self._line.close()
        self._keepers.clear()
        self._leased.clear()

    def _enter(self, shuts: bool = False) -> Life:
        if self._life is None:
            with self._entering:
                if self._life is None:
                    life = Life(self._line, self._hub, self._put_back, self._emptied)
                    try:
                        life.enter(self._serves)
                    except BaseException:
                        life.leave()
                        raise
                    self._life = life
        return self._life

    def _keeper(self, key: str) -> Keeper:
        if key not in self._keepers:
            folder, _ = split(key)
            if len(self._keepers) >= KEEPERS:
                del self._keepers[next(iter(self._keepers))]
            journal = folder in self._journals
            self._keepers[key] = Keeper(key, self._line, self._enter, journal)
        return self._keepers[key]

    def _put_back(self, key: str) -> None:
        """What this process holds and Redis has lost, or another process took for a dead one's."""
        body = self._leased.get(key)
        if body is not None:
            gevent.spawn(self.change, key, lambda doc: doc or decode(body), fleeting=True)

    def _emptied(self) -> None:
        self._keepers.clear()
        if self._life:
            self._life.bells.ring()


def _who(name: bytes) -> str:
    host, pid, _ = name.decode().rsplit(":", 2)
    return f"process {pid} on {host}"
