"""Desk: every document of the store as the operator sees it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from myapp.store import Store, StoreDown, split

KINDS = (
    "rooms",
    "results",
    "queue",
    "accounts",
    "practice",
    "presence",
    "workers",
    "limits",
    "asks",
    "weather",
    "operator",
    "deleted",
    "probe",
)
"""The folder of every document that any part of the house keeps."""
PREFIXES = tuple(f"{kind}/" for kind in KINDS)

HIDDEN = {
    "acts", "admitted", "hash", "id", "ids", "key", "mark", "opened_by", "password", "player",
    "removed", "said", "secret", "tab", "lines", "quiet", "byes", "document",
}  # fmt: skip
"""What the page keeps to itself: an operator's screen may be on a wall. The file has it."""
NOISE = {"touched", "changes", "steps", "keys", "drawn"}  # differ at every change, and say nothing
MOST = 3  # differences told of one change
LONG = 60  # letters of a value


@dataclass(frozen=True)
class News:
    """One value that changed: where it stands, and what it was and is, as JSON."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Row:
    """One document. `at` is the wall time of the last change seen, 0 if none was."""

    kind: str
    name: str
    size: int
    version: str
    at: float = 0.0
    news: tuple[News, ...] = ()
    more: int = 0
    fault: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"


class Desk:
    """What one page shows. It is told which keys rang, and reads no others."""

    def __init__(self, store: Store) -> None:
        self.rows: dict[str, Row] = {}
        self._store = store
        self._leaves: dict[str, dict[str, str]] = {}

    def learn(self, rung: set[str], now: float) -> None:
        """Take in what changed: keys, or prefixes below which anything may have."""
        for prefix in rung.intersection(PREFIXES):
            rung = rung | {*self._store.keys(prefix), *self.of(prefix)}
        for key in sorted(rung.difference(PREFIXES)):
            if key.startswith(PREFIXES):
                self._learn(key, now)

    def of(self, prefix: str) -> list[str]:
        return [key for key in self.rows if key.startswith(prefix)]

    def _learn(self, key: str, now: float) -> None:
        kind, name = split(key)
        before = self.rows.get(key)
        try:
            found, fault = self._store.get(key), self._store.fault(key)
        except StoreDown as error:
            found, fault = None, str(error)
        if found is None and not fault:
            self.rows.pop(key, None)
            self._leaves.pop(key, None)
            return
        doc, version = found or ({}, "")
        if before and before.version == version:
            self.rows[key] = replace(before, fault=fault)
            return
        leaves, old = dict(leaves_of(doc)), self._leaves.get(key, {})
        self._leaves[key] = leaves
        news = [
            News(path, old.get(path, ""), leaves.get(path, ""))
            for path in {**leaves, **old}
            if before and old.get(path) != leaves.get(path)
        ]
        size = len(msgspec.json.encode(doc))
        self.rows[key] = Row(
            kind, name, size, version, now, (*news[:MOST],), len(news[MOST:]), fault
        )


def leaves_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each value in a document with its path ("state.points.p1"), but for what is hidden."""
    if not isinstance(value, dict | list):
        text = msgspec.json.encode(value).decode()
        yield path, text if len(text) <= LONG else f"{text[:LONG]}…"
        return
    for name, part in value.items() if isinstance(value, dict) else enumerate(value):
        if name not in HIDDEN and name not in NOISE:
            yield from leaves_of(part, f"{path}.{name}" if path else str(name))
