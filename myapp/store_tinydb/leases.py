"""The leases of this process: locks of side files, held until it ends or lets go of them."""

import os

import gevent

from myapp.hub import aside, aside_waiting
from myapp.store import StoreDown
from myapp.store_tinydb.document import DocumentFile
from myapp.store_tinydb.keeper import PATIENCE
from myapp.store_tinydb.locks import seize

TRIES = 20


class Leases:
    def __init__(self) -> None:
        self._held: dict[str, int] = {}

    def hold(self, key: str, file: DocumentFile) -> None:
        for _ in range(TRIES):  # One who reaps may hold it for a moment.
            if key not in self._held and (held := aside(seize, file.life)) is not None:
                self._held[key] = held
            if key in self._held:
                return
            gevent.sleep(PATIENCE)
        raise StoreDown(f"{key} is held by another process")

    def reap(self, key: str, file: DocumentFile) -> bool:
        """Delete the document if no living process holds it; whether it was deleted."""
        held = None if key in self._held else aside(seize, file.life)
        if held is None:
            return False
        aside_waiting(file.remove)
        file.life.unlink(missing_ok=True)
        os.close(held)
        return True

    def close(self) -> None:
        for held in self._held.values():
            os.close(held)
        self._held.clear()
