"""Who in this process waits on which key, and the one door to real threads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

import gevent
from gevent.event import Event
from gevent.socket import wait_write
from gevent.threadpool import ThreadPool

P = ParamSpec("P")
T = TypeVar("T")

PATIENT_THREADS = 32
"""How many pieces of work may wait for a lock at once."""

_patient: ThreadPool | None = None
_in_turn: ThreadPool | None = None


class Listener(Protocol):
    """Whoever is told that a key rang, and that the hub closes. It must not block."""

    def ring(self, key: str) -> None: ...

    def close(self) -> None: ...


class Bell:
    """Held by one who listens; says which keys rang, and never what happened to them."""

    def __init__(self, closing: bool) -> None:
        self._rung: set[str] = set()
        self._closing = closing
        self._awake = Event()
        if closing:
            self._awake.set()

    def wait(self, timeout: float | None) -> set[str]:
        """The keys that rang since the last wait, at once if there are any.

        Empty after `timeout` seconds without a ring. When the hub is closing no wait lasts.
        """
        self._awake.wait(timeout)
        rung, self._rung = self._rung, set()
        if not self._closing:
            self._awake.clear()
        return rung

    def ring(self, key: str) -> None:
        self._rung.add(key)
        self._awake.set()

    def close(self) -> None:
        self._closing = True
        self._awake.set()


class Hub:
    """Rings bells. It is called from the loop's own thread only, so nothing here needs a lock."""

    def __init__(self) -> None:
        self.closing = False
        self._bells: dict[str, set[Listener]] = {}
        self._at_the_end: list[Callable[[], None]] = []

    @contextmanager
    def listen(self, *keys: str) -> Iterator[Bell]:
        """A bell for these keys; "rooms/", with its final slash, is every key below it."""
        bell = Bell(self.closing)
        self.join(bell, *keys)
        try:
            yield bell
        finally:
            self.part(bell, *keys)

    def join(self, listener: Listener, *keys: str) -> None:
        """From now on `listener` hears these keys, until it parts."""
        for key in keys:
            self._bells.setdefault(key, set()).add(listener)

    def part(self, listener: Listener, *keys: str) -> None:
        for key in keys:
            self._bells[key].discard(listener)
            if not self._bells[key]:
                del self._bells[key]

    def hears(self, key: str) -> bool:
        return key in self._bells or _folder(key) in self._bells

    def ring(self, key: str) -> None:
        """Wake whoever listens to `key`. A folder ("rooms/") wakes whoever listens within it."""
        for bell in [*self._bells.get(key, ()), *self._bells.get(_folder(key), ())]:
            bell.ring(key)
        if key.endswith("/"):
            for heard, bells in self._bells.items():
                if heard.startswith(key):
                    for bell in bells:
                        bell.ring(heard)

    def at_the_end(self, fn: Callable[[], None]) -> None:
        """Call `fn` when the hub closes, before `close` returns."""
        self._at_the_end.append(fn)

    def close(self) -> None:
        """From now on no wait lasts, on any bell, old or new."""
        self.closing = True
        for bell in {bell for bells in self._bells.values() for bell in bells}:
            bell.close()
        for fn in self._at_the_end:
            fn()


def aside(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` in a real thread while the loop goes on; its result, or its exception, comes back.

    `fn` gets inputs and returns an output: it must not touch what the loop's greenlets share.
    """
    return _outcome(gevent.get_hub().threadpool, fn, *args, **kwargs)


def aside_waiting(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`aside` for work that may wait for another process's lock.

    It has threads of its own, so that a frozen process takes none from those who do not wait.
    """
    global _patient
    if _patient is None:
        _patient = ThreadPool(PATIENT_THREADS)
    return _outcome(_patient, fn, *args, **kwargs)


def aside_in_turn(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`aside` for work that takes much of the machine: one piece at a time, whoever asks.

    Hashing a password takes 32 MB and a tenth of a second, on purpose.
    """
    global _in_turn
    if _in_turn is None:
        _in_turn = ThreadPool(1)
    return _outcome(_in_turn, fn, *args, **kwargs)


def on_readable(fd: int, fn: Callable[[], object], rest: float = 0.0) -> Callable[[], None]:
    """Have the loop call `fn`, which must not block, when `fd` can be read, and then not again
    within `rest` seconds. Returns how to stop."""
    loop = gevent.get_hub().loop
    watcher = loop.io(fd, 1)
    timer: Any = loop.timer(rest, rest) if rest else None  # not one for each of a thousand pages

    def call() -> None:
        watcher.stop()
        timer.again(go_on)
        fn()

    def go_on() -> None:
        timer.stop()
        watcher.start(call)

    def stop() -> None:
        nonlocal watcher, timer
        for each in (watcher, timer):
            if each is not None:
                each.stop()
                each.close()
        watcher = timer = None

    watcher.start(call if rest else fn)
    return stop


def every(seconds: float, fn: Callable[[], None]) -> Callable[[], None]:
    """Have the loop call `fn`, which must not block, again and again. Returns how to stop."""
    timer = gevent.get_hub().loop.timer(seconds, seconds)
    timer.start(fn)

    def stop() -> None:
        timer.stop()
        timer.close()

    return stop


def beside(fn: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Callable[[], None]:
    """Run `fn` in a greenlet of its own. Returns how to end it, which does not wait for it."""
    greenlet = gevent.spawn(fn, *args, **kwargs)
    return partial(greenlet.kill, block=False)


def breathe() -> None:
    """Let the loop look at the network, and whoever it wakes take a turn."""
    gevent.sleep(0)


def until_writable(fd: int) -> None:
    wait_write(fd)


def _folder(key: str) -> str:
    return key[: key.find("/") + 1] if not key.endswith("/") else ""


def _outcome(pool: Any, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    # An exception travels as a value: gevent prints the traceback of every pool task that raises.
    result, error = pool.spawn(_try, fn, args, kwargs).get()
    if error is not None:
        raise error
    value: T = result
    return value


def _try(fn: Callable[..., T], args: Any, kwargs: Any) -> tuple[T | None, BaseException | None]:
    try:
        return fn(*args, **kwargs), None
    except BaseException as error:
        return None, error
