"""Weather: a bad network, which the operator makes for one player."""

import random
import secrets
from dataclasses import asdict, dataclass
from typing import Any

import gevent

from myapp.follow import follow
from myapp.hub import Hub
from myapp.presence import Presence
from myapp.store import Store


@dataclass(frozen=True)
class Weather:
    """How bad it is, each way: whole milliseconds, and the frames of a hundred that cut it."""

    lag: int = 0
    jitter: int = 0
    drop: int = 0

    @property
    def fair(self) -> bool:
        return self == FAIR

    @property
    def added(self) -> float:
        """How many seconds this may add to a press's way there and back: not the player's fault."""
        return 2 * (self.lag + self.jitter) / 1000

    def wait(self) -> float:
        """How many seconds what goes one way takes longer; another number each time."""
        return (self.lag + random.random() * self.jitter) / 1000

    def cuts(self) -> bool:
        """Whether the line breaks now."""
        return random.random() * 100 < self.drop


FAIR = Weather()


class Forecast:
    """Whose weather is bad. Asking costs a look into a dictionary."""

    def __init__(self, hub: Hub, store: Store, presence: Presence) -> None:
        self._hub = hub
        self._store = store
        self._presence = presence
        self._bad: dict[str, Weather] = {}
        self._keys: dict[str, str] = {}
        self._begun = False

    def begin(self) -> None:
        """Hear what the operator does, in whichever process."""
        if not self._begun:
            self._begun = True
            gevent.spawn(follow, self._hub, self._store, "weather/", self._learn)

    def of(self, player: str) -> Weather:
        return self._bad.get(player, FAIR)

    def make(self, player: str, weather: Weather) -> None:
        """Give this player this weather, in all rooms and tabs."""
        key = next((k for k, p in self._keys.items() if p == player), None)
        key = key or f"weather/{secrets.token_hex(8)}"
        doc = None if weather.fair else {"player": player, **asdict(weather)}
        self._store.change(key, lambda _: doc, fleeting=True)
        self._learn(key)

    def sweep(self) -> None:
        """The sun comes out for those who have gone."""
        here = {line.player for line in self._presence.lines()}
        for key, player in [*self._keys.items()]:
            if player not in here:
                self._store.change(key, lambda _: None, fleeting=True)

    def _learn(self, key: str) -> None:
        found = self._store.get(key)
        before = self._keys.pop(key, "")
        self._bad.pop(before, None)
        if found:
            doc: dict[str, Any] = dict(found[0])
            self._keys[key] = player = doc.pop("player")
            self._bad[player] = Weather(**doc)
        self._hub.ring(f"tabs:{self._keys.get(key, before)}")
