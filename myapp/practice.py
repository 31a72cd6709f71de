"""Practice: what readers of the journey try out. It is theirs alone, and gone after a day."""

import hashlib
from collections.abc import Callable
from typing import Any

from myapp.store import Store

DAY = 86_400

Document = dict[str, Any]


class Practice:
    """Documents "practice/<what>-<reader>": a reader has one for each thing he tries."""

    def __init__(self, store: Store, secret: str) -> None:
        self._store = store
        self._secret = secret

    @staticmethod
    def key(reader: str, what: str) -> str:
        return f"practice/{what}-{reader}"

    def get(self, reader: str, what: str) -> Document:
        """What there is; {} before the first change."""
        found = self._store.get(self.key(reader, what))
        return found[0] if found else {}

    def change(self, reader: str, what: str, fn: Callable[[Document], Document | None]) -> Document:
        """Change it as `Store.change` does, from {} at first. Returns what is there now."""
        now = self._store.time()

        def touched(doc: Document | None) -> Document | None:
            changed = fn(doc or {})
            return None if changed is None else {**changed, "touched": now}

        done = self._store.change(self.key(reader, what), touched, fleeting=True)
        return done[0] if done else {}

    def glass(self, reader: str) -> str:
        """Names what of the reader's others may look at, and does not tell who he is."""
        key = self._secret.encode()[:64]
        return hashlib.blake2b(reader.encode(), key=key, digest_size=8).hexdigest()

    def forget(self, reader: str) -> None:
        """Delete all that this reader has tried."""
        mine = tuple(f"-{name}" for name in (reader, self.glass(reader)))
        for key in self._store.keys("practice/"):
            if key.endswith(mine):
                self._store.change(key, lambda _: None, fleeting=True)

    def sweep(self) -> None:
        """Delete what nobody has touched for a day."""
        for key in self._store.keys("practice/"):
            self._store.change(key, self._fresh)

    def _fresh(self, doc: Document | None) -> Document | None:
        return doc if doc and self._store.time() - doc.get("touched", 0.0) < DAY else None
