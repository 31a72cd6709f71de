"""The line to Redis: a bounded pool of connections, short patience, and sentences for failures."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import gevent.socket as net
import redis
from gevent.lock import BoundedSemaphore
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.retry import Retry

from myapp.store import StoreDown, plain

LANES = 8
"""Connections of one process. Whoever finds all of them taken waits: without that bound a crowd
that wakes at once would open one each."""
PATIENCE = 1.0
"""Seconds for a connection and for an answer, each: then a page says so."""
CROWDED = 5.0  # seconds for a lane, while Redis answers

CURES: list[tuple[type[RedisError], str]] = [
    (BusyLoadingError, "Redis is still loading its data: wait a moment"),
    (ReadOnlyError, "Redis is a replica and takes no changes: name its primary in MYAPP_STORE_URL"),
    (OutOfMemoryError, "Redis has used all the memory it may: raise its maxmemory"),
    (AuthenticationError, "Redis wants another password: put it into MYAPP_STORE_URL"),
    (NoPermissionError, "Redis does not let this user do it: see its ACL"),
]
SAID = {
    "MISCONF": "Redis cannot save to its own disk: see its log, and free some space there",
    "NOREPLICAS": "Redis misses its replicas: see min-replicas-to-write",
    "OOM": CURES[2][1],
    "READONLY": CURES[1][1],
}


# On gevent's sockets by name, so that the loop goes on also where gevent has patched nothing, as
# in the operator's commands.


class _Tcp(redis.Connection):
    def _connect(self) -> Any:
        sock = net.create_connection((self.host, self.port), self.socket_connect_timeout)
        sock.setsockopt(net.IPPROTO_TCP, net.TCP_NODELAY, 1)
        sock.setsockopt(net.SOL_SOCKET, net.SO_KEEPALIVE, 1)
        sock.settimeout(self.socket_timeout)
        return sock


class _Unix(redis.UnixDomainSocketConnection):
    def _connect(self) -> Any:
        sock = net.socket(net.AF_UNIX)
        sock.settimeout(self.socket_connect_timeout)
        try:
            sock.connect(self.path)
        except BaseException:
            sock.close()
            raise
        sock.settimeout(self.socket_timeout)
        return sock


class Line:
    """Connects when it is first used. Tries nothing twice: who asks knows whether that is safe."""

    def __init__(self, url: str) -> None:
        self.url = plain(url)
        self._how = {
            **parse_url(url),  # type: ignore[no-untyped-call]
            "connection_class": _Unix if url.startswith("unix:") else _Tcp,
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
            "protocol": 2,
            "driver_info": None,
        }
        self._pool = redis.ConnectionPool(**self._how)
        self._redis = redis.Redis(connection_pool=self._pool)
        self._lanes = BoundedSemaphore(LANES)
        self._failed = 0.0

    def ask(self, fn: Callable[[Any], Any]) -> Any:
        """What `fn` gets from Redis. StoreDown, with the cure, if Redis cannot answer."""
        self._take_lane()
        try:
            return fn(self._redis)
        except (RedisError, OSError) as error:
            if not isinstance(error, ResponseError):
                self._failed = time.monotonic()
            raise StoreDown(self.sentence(error)) from error
        finally:
            self._lanes.release()

    def _take_lane(self) -> None:
        """In a crowd one waits a while; but not when Redis has just failed those before."""
        began = time.monotonic()
        while not self._lanes.acquire(timeout=PATIENCE):
            if self._failed > began or time.monotonic() - began > CROWDED:
                raise StoreDown(f"Redis at {self.url} is overloaded: too many wait for it")
        if self._failed > began:
            self._lanes.release()
            raise StoreDown(f"Redis does not answer at {self.url}: is it running?")

    def run(self, script: str, keys: Sequence[str], *args: str | bytes | float) -> Any:
        """Run a Lua script, which Redis does in one piece."""
        return self.ask(lambda redis: redis.register_script(script)(keys, args))

    def own(self) -> Any:
        """A connection beside the pool, for one who listens."""
        how = {name: value for name, value in self._how.items() if name != "connection_class"}
        return self._how["connection_class"](**how)

    def close(self) -> None:
        with suppress(RedisError, OSError):
            self._pool.disconnect()

    def sentence(self, error: Exception) -> str:
        """What went wrong and the cure, for the operator."""
        for kind, cure in CURES:
            if isinstance(error, kind):
                return cure
        if isinstance(error, ResponseError):
            text = str(error)
            return next((cure for word, cure in SAID.items() if word in text), f"Redis: {text}")
        return f"Redis does not answer at {self.url}: is it running?"
