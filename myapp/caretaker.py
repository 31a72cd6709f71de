"""Caretaker: what a serving process does beside serving."""

import logging
from collections.abc import Callable

import gevent

from myapp.presence import Presence
from myapp.rooms import Rooms

ROUNDS = 3600.0  # seconds between two looks at everything

log = logging.getLogger(__name__)


def begin(presence: Presence, rooms: Rooms) -> Callable[[], None]:
    """What a worker calls once, when it begins to serve."""

    def work() -> None:
        while True:
            try:
                presence.reap()
                rooms.sweep(presence.watched)
            except Exception:
                log.exception("the caretaker stumbled and goes on")
            gevent.sleep(ROUNDS)

    def start() -> None:
        presence.begin()
        gevent.spawn(work)

    return start
