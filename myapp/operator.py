"""Operator: what the operator page can do beside reading the store."""

from myapp import undo
from myapp.asks import Asks
from myapp.grants import Grants
from myapp.hub import Hub
from myapp.presence import Presence
from myapp.pulse import Pulse
from myapp.store import Store
from myapp.weather import Forecast


class Operator:
    def __init__(self, hub: Hub, store: Store, presence: Presence, password: str | None) -> None:
        self.grants = Grants(store, password)
        self.asks = Asks(hub, store, presence)
        self.forecast = Forecast(hub, store, presence)
        self.pulse = Pulse(store, presence)
        self._store = store

    def begin(self) -> None:
        """Start hearing, where it serves. Costs nothing the second time."""
        self.asks.begin()
        self.forecast.begin()

    def sweep(self) -> None:
        """Forget what is over."""
        self.grants.sweep()
        self.asks.sweep()
        self.forecast.sweep()
        self.pulse.reap()
        undo.sweep(self._store, self._store.time())
