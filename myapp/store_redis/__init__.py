"""Redis, for several machines: a hash for each document, changed by compare-and-set.

A change has returned when Redis has answered, so it is as durable as Redis's own setting makes it:
with `appendfsync always` it is on Redis's disk, with `everysec` a power cut may take the last
second; that Redis itself is killed loses nothing in either case. A fleeting change stays in its
memory.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
from gevent.lock import Semaphore

from myapp.documents import decode, encode, private, version
from myapp.hub import Bell, Hub, aside
from myapp.store import Change, Check, Document, Past, Store, StoreDown, split, split_prefix
from myapp.store_redis import scripts
from myapp.store_redis.keeper import Keeper, Wish, damage
from myapp.store_redis.life import Life
from myapp.store_redis.line import Line
from myapp.store_redis.looks import Looks
from myapp.store_redis.promise import promise

KEEPERS = 4096
"""How many documents a process remembers. Forgetting one costs a read."""
SCAN = 1000  # keys that Redis looks at in one piece


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
        self, key: str, fn: Change, *, fleeting: bool = False
    ) -> tuple[Document, str] | None:
        keeper = self._keeper(key)
        self._enter()
        body = keeper.ask(Wish(fn, fleeting))
        if key in self._leased:
            self._leased[key] = body
        return None if body is None else (private(body), version(body))

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
        return [key for key in self._scan(f"{prefix}*") if _is_key(key)]

    def kinds(self) -> list[str]:
        return sorted({split(key)[0] for key in self._scan("*/*") if _is_key(key)})

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
        made = secrets.token_hex(32)
        life = self._enter()
        self._line.ask(lambda redis: redis.hsetnx("vroum", "secret", made))
        found = self._line.ask(lambda redis: redis.hget("vroum", "secret"))
        life.secret = (found or b"").decode()
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
        secret, away, served = self._line.ask(
            lambda redis: redis.hmget("vroum", "secret", "away", "served")
        )
        return Past((secret or b"").decode(), float(away or 0), float(served) if served else None)

    def carry(self, past: Past) -> None:
        life = self._enter()
        life.away = past.away
        values = {"secret": past.secret, "away": f"{past.away:.3f}", "served": past.served}
        gone = [name for name, value in values.items() if not value]
        there = {name: value for name, value in values.items() if value}
        self._line.ask(lambda redis: redis.hdel("vroum", "none", *gone))
        self._line.ask(lambda redis: redis.hset("vroum", mapping=there))

    def put(self, key: str, document: Document, journal: list[Document]) -> None:
        folder, _ = split(key)
        self._enter()
        body, lines = encode(document), [encode(entry) for entry in journal]
        keys = [key, f"journal:{key}"]
        self._line.run(scripts.PUT, keys, version(body), body, f"{folder}/", *lines)

    def inspect(self, key: str, mend: bool = False) -> str:
        folder, name = split(key)
        self._enter()
        mark, doc = self._line.ask(lambda redis: redis.hmget(key, "version", "doc"))
        fault = damage(mark, doc)
        try:
            if doc and not fault and folder in self._checks:
                aside(lambda: self._checks[folder](decode(doc)))
        except Exception as error:
            fault = f"cannot be used: {error}"
        if not fault:
            return ""
        if not mend:
            return f"{key} in Redis {fault}"
        place = f"set-aside:{folder}-{name}-{time.time_ns()}"
        self._line.ask(lambda redis: redis.rename(key, place))
        self._line.ask(lambda redis: redis.publish(f"{folder}/", key))
        return f"{key} in Redis {fault}. It was set aside as {place}"

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

    def _scan(self, pattern: str) -> list[str]:
        self._enter()
        found = self._line.ask(
            lambda redis: {*redis.scan_iter(match=pattern, count=SCAN, _type="hash")}
        )
        return sorted(key.decode(errors="replace") for key in found)

    def _put_back(self, key: str) -> None:
        """What this process holds and Redis has lost, or another process took for a dead one's."""
        body = self._leased.get(key)
        if body is not None:
            gevent.spawn(self.change, key, lambda doc: doc or decode(body), fleeting=True)

    def _emptied(self) -> None:
        self._keepers.clear()
        if self._life:
            self._life.bells.ring()


def _is_key(text: str) -> bool:
    try:
        split(text)
    except ValueError:
        return False
    return True


def _who(name: bytes) -> str:
    host, pid, _ = name.decode().rsplit(":", 2)
    return f"process {pid} on {host}"
