"""Durable: how many changes a second a store can promise, 64 rooms changing at once.

`python -m bench.durable NAME SECONDS FOLDER` measures one contestant and prints a line of JSON.
Every document is the same real room.
"""

# ruff: noqa: E402 (what is imported below must find everything patched)
from gevent import monkey

monkey.patch_all()

import gc
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
from tinydb import TinyDB

from myapp.hub import Hub
from myapp.store import open_store

ROOMS = 64
DOCUMENTS = 100  # in TinyDB's one file


def vroum(folder: Path, seconds: float) -> int:
    """Vroum's store: 64 callers, each of whom waits until its change is on the disk."""
    store = open_store(f"tinydb:{folder / 'data'}", Hub())
    keys = store.keys("rooms/")[:ROOMS]
    assert len(keys) == ROOMS
    for key in keys:
        store.get(key)
    done, end = [0], time.monotonic() + seconds

    def changes(key: str) -> None:
        while time.monotonic() < end:
            store.change(key, lambda doc: {**(doc or {}), "touched": time.time()})
            done[0] += 1

    gevent.joinall([gevent.spawn(changes, key) for key in keys], raise_error=True)
    store.close()
    return done[0]


def counted(change: Callable[[int], object], seconds: float) -> int:
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        change(done)
        done += 1
    return done


def tinydb(folder: Path, seconds: float) -> int:
    """Plain TinyDB, which rewrites its file and does not wait for the disk."""
    db = TinyDB(folder / "plain.json")
    ids = db.insert_multiple([room(folder)] * DOCUMENTS)
    return counted(lambda n: db.update({"touched": n}, doc_ids=[ids[n % ROOMS]]), seconds)


def sqlite(folder: Path, seconds: float) -> int:
    """SQLite in WAL mode, synchronous=FULL, one transaction for each change."""
    db = sqlite3.connect(folder / "rooms.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE rooms (id INTEGER PRIMARY KEY, doc TEXT)")
    document = room(folder)
    for n in range(ROOMS):
        db.execute("INSERT INTO rooms VALUES (?, ?)", (n, json.dumps(document)))

    def change(n: int) -> None:
        doc = json.dumps(document | {"touched": n})
        db.execute("UPDATE rooms SET doc = ? WHERE id = ?", (doc, n % ROOMS))

    return counted(change, seconds)


def fdatasync(folder: Path, seconds: float) -> int:
    """The limit of whoever syncs once for each change: the same bytes, written over older ones."""
    file = os.open(folder / "log", os.O_CREAT | os.O_WRONLY)
    text = json.dumps(room(folder)).encode()
    os.write(file, text * ROOMS)  # so that no sync has to note a file that grew
    os.fsync(file)

    def change(n: int) -> None:
        os.pwrite(file, text, n % ROOMS * len(text))
        os.fdatasync(file)

    return counted(change, seconds)


def room(folder: Path) -> dict[str, Any]:
    """A real room's document."""
    path = next(rooms(folder))
    (document,) = json.loads(path.read_text())["_default"].values()
    return dict(document)


def rooms(folder: Path) -> Iterator[Path]:
    return (path for path in sorted((folder / "data/rooms").glob("*.json")))


if __name__ == "__main__":
    _, name, seconds, folder = sys.argv
    gc.freeze()  # as the servers do, see myapp/worker.py
    used, began = time.process_time(), time.monotonic()
    contestant = {
        "vroum": vroum,
        "tinydb": tinydb,
        "sqlite": sqlite,
        "fdatasync": fdatasync,
    }[name]
    count = contestant(Path(folder), float(seconds))
    took = time.monotonic() - began
    used = time.process_time() - used
    print(json.dumps({"changes": count / took, "us": used / count * 1e6}))
