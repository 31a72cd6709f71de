"""Undo: documents that the operator took away, and can bring back for an hour."""

import json
import secrets
from collections.abc import Callable
from functools import partial

from myapp.game import IllegalMove
from myapp.results import owned, without
from myapp.room import Room
from myapp.store import Document, Store, split

LASTS = 3600.0  # seconds


def delete(store: Store, key: str, now: float) -> None:
    """Take a document away; for an hour it can be brought back."""
    found = store.get(key)
    if found is None:
        raise IllegalMove("{key} is gone already.", key=key)
    kept = {"key": key, "at": now, "document": found[0]}
    if split(key)[0] != "deleted":
        store.change(f"deleted/{secrets.token_hex(8)}", lambda _: kept)
    store.change(key, lambda _: None)


def bring_back(store: Store, name: str) -> None:
    """Bring a deleted document back as it was."""
    found = store.get(f"deleted/{name}")
    if found is None:
        raise IllegalMove("It is too late to bring that back.")
    key = found[0]["key"]

    def back(doc: Document | None) -> Document:
        if doc is not None:
            raise IllegalMove("There is another {key} now.", key=key)
        document: Document = found[0]["document"]
        return document

    store.change(key, back)
    store.change(f"deleted/{name}", lambda _: None)


def deleted(store: Store, keys: list[str]) -> list[tuple[str, str, float]]:
    """What can be brought back, the latest first: its name here, its key, when it was deleted."""
    found = [(key, store.get(key)) for key in keys]
    rows = [(split(key)[1], doc[0]["key"], doc[0]["at"]) for key, doc in found if doc]
    return sorted(rows, key=lambda row: -row[2])


def sweep(store: Store, now: float) -> None:
    for name, _, at in deleted(store, store.keys("deleted/")):
        if now - at > LASTS:
            store.change(f"deleted/{name}", lambda _: None)


def forget(store: Store, id: str, wall: float) -> None:
    """Whatever comes back does so without this person. `wall` is the rooms' time."""
    _mend(store, id, lambda room: room.forget(id), partial(without, id), wall)


def hand_over(store: Store, id: str, to: str, wall: float) -> None:
    """Whoever had the cookie `id` has the cookie `to`, also in what comes back."""
    _mend(store, id, lambda room: room.hand_over(id, to), partial(owned, id, to), wall)


def _mend(
    store: Store,
    id: str,
    in_room: Callable[[Room], object],
    in_results: Callable[[Document], Document],
    wall: float,
) -> None:
    """Change what is kept of this person in rooms and results; what else names them goes."""

    def in_document(kind: str, doc: Document) -> Document | None:
        if kind == "results":
            return in_results(doc)
        if kind != "rooms":
            return None
        room = Room.load(doc)
        room.at(wall)
        in_room(room)
        return room.dump()

    def mended(kept: Document | None) -> Document | None:
        if kept is None or id not in json.dumps(kept):
            return kept
        try:
            document = in_document(split(kept["key"])[0], kept["document"])
        except ValueError:  # no room that anybody could play in
            return None
        return {**kept, "document": document} if document else None

    for key in store.keys("deleted/"):
        store.change(key, mended)
