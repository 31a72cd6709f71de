"""Caretaker: what a serving process does beside serving."""

import logging
import time
from collections.abc import Callable

import gevent

from myapp import metrics
from myapp.accounts import Accounts
from myapp.operator import Operator
from myapp.practice import Practice
from myapp.presence import Presence
from myapp.rooms import Rooms
from myapp.store import Store, StoreDown

ALIVE = 1.0  # seconds between two words that this process serves
PULSE = 5.0  # seconds between two looks at how late the loop is; idle must cost nothing
SETTLED = 5.0  # seconds until the first look at everything: after a start all pages come back
ROUNDS = 3600.0  # seconds between two such looks

log = logging.getLogger(__name__)


def begin(
    store: Store,
    presence: Presence,
    rooms: Rooms,
    accounts: Accounts,
    practice: Practice,
    operator: Operator,
    warm: Callable[[], None],
) -> Callable[[], None]:
    """What a worker calls once, before it begins to serve."""

    def work() -> None:
        gevent.sleep(SETTLED)
        while True:
            try:
                presence.reap()
                accounts.keep(rooms.all_results())
                rooms.sweep(presence.watched)
                practice.sweep()
                operator.sweep()
            except StoreDown as error:
                log.warning("the caretaker comes back later: %s", error)
            except Exception:
                log.exception("the caretaker stumbled and goes on")
            gevent.sleep(ROUNDS)

    def measure() -> None:
        while True:
            before = time.monotonic()
            gevent.sleep(PULSE)
            metrics.LOOP_LAG.observe(max(0.0, time.monotonic() - before - PULSE))

    def live() -> None:
        while True:
            store.beat()
            try:
                operator.pulse.tell()
            except StoreDown as error:
                log.warning("the operator is not told how this process is: %s", error)
            gevent.sleep(ALIVE)

    def start() -> None:
        try:
            warm()
        except Exception as error:  # what cannot be drawn is no reason to serve nothing else
            log.error("a page cannot be drawn: %r", error)
        presence.begin()
        operator.begin()
        operator.pulse.loop.watch()
        gevent.spawn(live)
        gevent.spawn(work)
        gevent.spawn(measure)

    return start
