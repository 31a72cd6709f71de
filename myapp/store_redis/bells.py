"""Bells: hears what changes in Redis and rings the hub, whatever becomes of the line."""

import logging
from collections.abc import Iterator
from typing import Any

import gevent
from gevent.event import Event
from redis.exceptions import RedisError

from myapp.hub import Hub
from myapp.store import StoreDown
from myapp.store_redis.line import PATIENCE, Line

SILENCE = 3.0
"""Seconds: each process rings itself every second, so a line this silent is dead."""
AGAIN = 0.2, 2.0
"""Seconds until the next try to connect: at first, and at most."""

log = logging.getLogger(__name__)


class Bells:
    """A line of its own, on which the channel `life` says that this process lives.

    What changes while the line is down is heard of afterwards: once it is back, all ring.
    """

    def __init__(self, line: Line, hub: Hub, life: str) -> None:
        self._line, self._hub, self._life = line, hub, life
        self.trouble = f"Redis does not answer at {line.url}: is it running?"
        """Why the line is down, when it is."""
        self._heard: dict[str, Event] = {life: Event()}
        self._awaited = {life}
        self._connection: Any = None
        self._greenlet = gevent.spawn(self._listen)

    def hear(self, channel: str) -> bool:
        """Have a folder ring ("rooms/"). False if Redis has not said that it will: then all who
        listen there are rung when it does."""
        if channel not in self._heard:
            self._heard[channel] = Event()
            self._awaited.add(channel)
            try:
                if self._connection:
                    self._connection.send_command("SUBSCRIBE", channel)
            except (RedisError, OSError):
                pass  # the one who reads there finds out, too
        heard: bool = self._heard[channel].wait(PATIENCE)
        self._awaited.discard(channel)
        return heard

    def ring(self) -> None:
        """Anything may have changed."""
        for channel in self._heard:
            if channel != self._life:
                self._hub.ring(channel)

    def close(self) -> None:
        self._greenlet.kill()

    def _listen(self) -> None:
        wait, fine = AGAIN[0], True
        while True:
            try:
                for channel, text in self._messages():
                    wait, fine = AGAIN[0], self._take(channel, text) or fine
            except (RedisError, OSError, StoreDown) as error:
                self.trouble = self._line.sentence(error)
                if fine:
                    log.warning("%s; connecting again", self.trouble)
                fine = False
            except Exception:
                log.exception("the listener stumbled and goes on")
            gevent.sleep(wait)
            wait = min(2 * wait, AGAIN[1])

    def _messages(self) -> Iterator[tuple[str, str]]:
        """What is said on each channel; "" when Redis has begun to tell."""
        connection = self._line.own()
        try:
            connection.connect()
            self._connection = connection
            connection.send_command("SUBSCRIBE", *self._heard)
            while True:
                kind, channel, text = connection.read_response(timeout=SILENCE)
                yield channel.decode(), text.decode() if kind == b"message" else ""
        finally:
            self._connection = None
            connection.disconnect()

    def _take(self, channel: str, text: str) -> bool:
        if text and channel != self._life:
            self._hub.ring(text)
        elif not text:
            self._heard[channel].set()
            if channel not in self._awaited:
                self._hub.ring(channel)
        return True
