"""What a store promises, and `open_store(url)`."""

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from myapp.hub import Bell, Hub

Document = dict[str, Any]
Change = Callable[[Document | None], Document | None]
Check = Callable[[Document], object]

_KEY = re.compile(r"([a-z]+)/([A-Za-z0-9_-]{1,64})")
_PREFIX = re.compile(r"([a-z]+)/([A-Za-z0-9_-]{0,64})")


class StoreDown(Exception):
    """The store cannot do it now. The message is a sentence for the operator."""


@dataclass(frozen=True)
class Past:
    """What a store knows beside its documents: its secret ("": none was made), how long nobody
    served, in all, and when somebody last did."""

    secret: str = ""
    away: float = 0.0
    served: float | None = None


class Store(ABC):
    """JSON documents by key. A key is a folder and a name: "rooms/KXQP".

    Whatever is asked, a key of another shape is a ValueError before anything is touched, and
    StoreDown means that the store cannot answer now.
    """

    @abstractmethod
    def get(self, key: str) -> tuple[Document, str] | None:
        """A private copy of the document and its version, or None.

        Never older than the last change that has returned, in whichever process. Versions are
        equal for equal documents, in every process; compare them only for difference.
        """

    @abstractmethod
    def version(self, key: str) -> str | None:
        """The version that `get` would return, without a copy; None if there is no document."""

    @abstractmethod
    def change(
        self, key: str, fn: Change, *, fleeting: bool = False, tell: bool = True
    ) -> tuple[Document, str] | None:
        """Hand `fn` a private copy (None if there is none), save what it returns (None deletes).

        Changes to one key never interleave, in any number of processes. If `fn` raises, nothing
        is saved and its caller alone gets the exception. A change that changes nothing is neither
        written nor announced. On return the change is durable and every listener in every process
        has been, or is about to be, rung. `fn` runs in a real thread under a lock and may run more
        than once, so it only computes.

        A fleeting change is seen by all in the same way but does not wait for the disk; a later
        durable change carries it along.

        Tells what stands there now, as `get` does; or None without `tell`, which costs less.
        """

    @abstractmethod
    def listen(self, *keys: str) -> AbstractContextManager[Bell]:
        """A bell for these keys; "rooms/", with its final slash, is every key below it.

        Wait for the bell, then `get`: nothing that changes after `listen` began is missed. A key
        with a colon ("here:KXQP") is not the store's: the hub of this process alone rings it.
        """

    @abstractmethod
    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with `prefix` ("rooms/" or "rooms/K"), sorted."""

    @abstractmethod
    def kinds(self) -> list[str]:
        """The folders in which there are documents, sorted."""

    @abstractmethod
    def lease(self, key: str) -> None:
        """This process holds `key` for as long as it lives. Lease first, then write."""

    @abstractmethod
    def reap(self, prefix: str) -> list[str]:
        """Delete the documents below `prefix` that no living process holds; the keys deleted."""

    def serve(self) -> None:  # noqa: B027 - not every store needs it
        """This process is to serve, and is not only to look; said before anything is asked."""

    @abstractmethod
    def beat(self) -> None:
        """Say that this process serves now. Does not block, and wakes nobody."""

    @abstractmethod
    def away(self) -> float:
        """Seconds in all during which no process served; the same for the life of a process."""

    def time(self) -> float:
        """The wall time, the same in every process that uses these data, on whichever machine."""
        return time.time()

    @abstractmethod
    def take(self, bucket: str, rate: float, burst: float) -> float:
        """Take one from a bucket that holds `burst`, full at first, and fills by `rate` a second.

        0 if there was one; else in how many seconds there is. All processes share the bucket.
        """

    @abstractmethod
    def secret(self) -> str:
        """A random text made once, kept with the data, the same in every process."""

    @abstractmethod
    def alone(self) -> AbstractContextManager["Store"]:
        """Nobody else uses the data inside the `with`; whoever comes waits until it ends.

        StoreDown if somebody uses it now. Inside, this store itself is not to be used, but the one
        that the `with` gives.
        """

    @abstractmethod
    def past(self) -> Past:
        """What there is beside documents. Makes nothing."""

    @abstractmethod
    def carry(self, past: Past) -> None:
        """Take over what another store knew beside its documents."""

    @abstractmethod
    def put(self, key: str, document: Document, journal: list[Document]) -> None:
        """Have this document here and this journal of it, whatever there was. Durable."""

    @abstractmethod
    def close(self) -> None:
        """Finish what was begun, let go of every lease, and stop watching."""

    def check(self, prefix: str, fn: Check) -> None:  # noqa: B027 - not every store needs it
        """Documents below `prefix` that came from outside count only if `fn(document)` is content.

        `fn` raises ValueError with a reason. A store that no hand can edit never asks.
        """

    def keep_journal(self, prefix: str) -> None:  # noqa: B027 - see `journal`
        """Whatever below `prefix` is changed from now on has a journal, see `myapp/journal.py`."""

    def journal(self, key: str) -> list[Document]:
        """How the document came to be what it is: the entries of its journal, oldest first.

        An entry is a line of one saved change, and durable with it. Fleeting changes have none of
        their own: the next saved change holds what they did, and the last entry here is whole if
        some came after it, so that the entries always lead to the document as it is. An edit by
        hand is a whole entry. The oldest are cut off when there are many; the first is whole then.
        The journal goes with its document. [] for a document that has none.
        """
        return []

    def cut(self, key: str) -> None:  # noqa: B027 - see `journal`
        """Forget how the document came to be: its journal begins anew, with what it is now."""

    def examine(self) -> str:
        """What this store promises as it is set up now, in a sentence for the operator; "" if that
        cannot vary. StoreDown, with the cure, if it does not hold what the server needs."""
        return ""

    def fault(self, key: str) -> str:
        """What is wrong with what a hand wrote under `key`: where and why; "" if nothing is.

        As far as this process, which listens, has seen; a listener is rung when it changes. A
        store that no hand can edit finds nothing wrong.
        """
        return ""

    def inspect(self, key: str, mend: bool = False) -> str:
        """What is wrong with what is kept under `key`: where and why; "" if nothing is.

        With `mend` the damaged text is set aside, and the sentence says where. The document goes
        on as it last was good or, if nobody has a good copy, is gone. A store that no hand can
        edit finds nothing wrong.
        """
        return ""


def fill(bucket: tuple[float, float] | None, now: float, rate: float, burst: float) -> float:
    """How much is in a bucket that held (left, at), see `Store.take`."""
    left, at = bucket or (burst, now)
    return min(burst, left + max(0.0, now - at) * rate)


def split(key: str) -> tuple[str, str]:
    """The folder and the name in a key."""
    return _parts(_KEY, key, 'a folder and a name, like "rooms/KXQP"')


def split_prefix(prefix: str) -> tuple[str, str]:
    """The folder in a prefix, and how the names begin."""
    return _parts(_PREFIX, prefix, 'a folder with its slash, like "rooms/"')


def open_store(url: str, hub: Hub) -> Store:
    """The store that a setting names: "tinydb:" and a folder, "redis:" and a server, "memory:"."""
    scheme, _, place = url.partition(":")
    # By name, when it is wanted: the stores know this file, and their libraries may be absent.
    store: Store
    if scheme == "tinydb" and place:
        store = import_module("myapp.store_tinydb").TinyStore(Path(place), hub)
    elif scheme in ("redis", "unix") and place.startswith("//"):
        store = import_module("myapp.store_redis").RedisStore(url, hub)
    elif scheme == "memory":
        store = import_module("myapp.store_memory").MemoryStore(place, hub)
    else:
        raise ValueError(
            f"MYAPP_STORE_URL is {plain(url)!r}: give it a folder, like tinydb:./data, or a Redis, "
            "like redis://127.0.0.1:6379/0 or unix:///run/redis/redis.sock"
        )
    return store


def plain(url: str) -> str:
    """The address of a store without its password."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _parts(pattern: re.Pattern[str], text: str, wanted: str) -> tuple[str, str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a key: it takes {wanted}")
    return match[1], match[2]
