"""One server for a story, and the clock that it goes by."""

import time
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from jinja2.bccache import Bucket, BytecodeCache

from myapp import create_app
from myapp.views.house import House


class Compiled(BytecodeCache):
    """Templates, compiled once for all servers of these tests."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class World:
    """One server, everything it ever said, and a clock that can be moved on."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = url
        self.said: list[bytes] = []
        self.pages: list[Any] = []
        self.apps: list[Any] = []
        self._ahead = 0.0
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + self._ahead)
        self.app = self.worker()
        self.house: House = self.app.extensions["house"]

    def worker(self) -> Any:
        """One more process of the server, as far as one test process can be that."""
        app = create_app(STORE_URL=self.url, SECRET_KEY="0123456789abcdef" * 2)
        app.jinja_env.bytecode_cache = COMPILED
        self.apps.append(app)
        return app

    def later(self, seconds: float) -> None:
        """So much time passes, and whoever waits looks at the clock."""
        self._ahead += seconds
        for app in self.apps:
            for key in ("rooms/", "home:rooms"):
                app.extensions["hub"].ring(key)

    def until_due(self, code: str) -> None:
        """Time passes until what is due in this room happens."""
        due = self.house.rooms.get(code).due
        self.later(due - time.time() + 0.001)

    def document(self, code: str) -> dict[str, Any]:
        """What is saved of a room."""
        doc, _ = self.house.store.get(f"rooms/{code}")
        return doc

    def edit(self, code: str, fn: Callable[[dict[str, Any]], object]) -> None:
        """Change what is saved by other means than the rules."""

        def edited(doc: dict[str, Any]) -> dict[str, Any]:
            fn(doc)
            return doc

        self.house.store.change(f"rooms/{code}", edited)

    def secrets(self) -> set[str]:
        """What no page may ever show: rooms' secrets, and who the cookies say people are."""
        found: set[str] = set()
        for key in self.house.store.keys("rooms/"):
            room = self.house.store.get(key)[0]
            found |= {room["secret"], room["opened_by"], *room["acts"]}
            found |= {p["id"] for p in room["people"] if not p["robot"]}
            found |= {*room["door"]["removed"], *(k["id"] for k in room["door"]["knocking"])}
        for key in self.house.store.keys("queue/"):
            found |= {entry["id"] for entry in self.house.store.get(key)[0]["waiting"]}
        for key in self.house.store.keys("accounts/"):
            account = self.house.store.get(key)[0]
            found |= {account["id"], account["password"]}
        return found - {""}

    def close(self) -> None:
        for app in self.apps:
            app.extensions["hub"].close()
        for page in self.pages:
            page.close()
        gevent.sleep(0)
        for app in self.apps:
            app.extensions["house"].store.close()
