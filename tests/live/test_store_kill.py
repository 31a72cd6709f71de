"""Processes that die while they write: what was acknowledged is there, every file is readable."""

import json
import os
import random
import signal
import subprocess
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from tinydb import TinyDB

from myapp.hub import Hub
from myapp.journal import states
from myapp.store import open_store
from tests.redis import Redis

ROOT = Path(__file__).parents[2]
ROOMS = ["BCDF", "GHJK", "LMNP"]
FULL = os.environ.get("VROUM_COUNTS") == "full"
ROUNDS = 50 if FULL else 3
WORKERS = 4

# Every greenlet counts in a field of its own, in a room that all share, and tells each change that
# it was told is saved. One in four is fleeting: that too survives the death of its process.
WRITER = """
import os, sys
import gevent
from myapp.hub import Hub
from myapp.store import open_store
store = open_store(sys.argv[1], Hub())
store.keep_journal("rooms/")
def press(me, room):
    n = 0
    while True:
        n += 1
        def count(doc):
            doc = doc or {}
            doc[me] = n
            return doc
        fleeting = n % 4 == 0 and "all lasts" not in sys.argv
        store.change(f"rooms/{room}", count, fleeting=fleeting)
        os.write(1, f"{room} {me} {n}\\n".encode())
rooms = sys.argv[4:]
gevent.joinall(
    [gevent.spawn(press, f"{sys.argv[2]}-{g}", rooms[g % len(rooms)]) for g in range(9)],
    raise_error=True,
)
"""


def start(url, name, how):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, name, how, *ROOMS],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )


def acknowledged(workers):
    """What the dead had been told is saved: by room and writer, the last number."""
    last = {}
    for line in b"".join(worker.stdout.read() for worker in workers).splitlines(keepends=True):
        if line.endswith(b"\n"):
            room, writer, n = line.split()
            last[room.decode(), writer.decode()] = int(n)
    return last


def hear(worker, lines):
    """Read that many acknowledgements, and hand back what they said."""
    return [worker.stdout.readline() for _ in range(lines)]


@pytest.fixture
def redis(tmp_path):
    redis = Redis(tmp_path / "redis")
    yield redis
    redis.stop()


@pytest.mark.parametrize("stale_edits", [False, True], ids=["", "while an editor saves old texts"])
def test_kill_9_loses_no_acknowledged_change_and_leaves_every_file_readable(tmp_path, stale_edits):
    data = tmp_path / "data"
    kill_and_compare(f"tinydb:{data}", partial(read_files, data), stale_edits and data)


def test_kill_9_of_processes_loses_no_acknowledged_change_in_redis(redis):
    kill_and_compare(redis.url, partial(read_redis, redis))


def test_kill_9_of_redis_loses_no_acknowledged_change_either(redis):
    """Each round ends with it, and it comes back from its append-only file. What is fleeting may
    go with it."""

    def read():
        redis.process.kill()
        redis.process.wait()
        redis.start()
        return read_redis(redis)

    kill_and_compare(redis.url, read, how="all lasts")


def kill_and_compare(url, read, edited=None, how=""):
    """Rounds of writing and dying; after each, `read()` must give what was acknowledged."""
    dice = random.Random(2)
    expected = {}
    for turn in range(ROUNDS):
        living = open_store(url, Hub())  # Outlives the others, where it is used.
        living.keep_journal("rooms/")
        workers = [start(url, f"{turn}-{n}", how) for n in range(WORKERS)]
        try:
            heard = []
            for victim in dice.sample(workers, len(workers)):
                heard += hear(victim, dice.randint(30, 400))
                if edited:
                    living.get("rooms/BCDF")
                    save_an_old_text(edited, dice)
                victim.send_signal(signal.SIGKILL)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        for line in heard:
            room, writer, n = line.decode().split()
            expected[room, writer] = int(n)
        expected.update(acknowledged(workers))
        for worker in workers:
            worker.stdout.close()
        if edited:
            assert all(living.get(f"rooms/{room}") for room in ROOMS)
        living.close()
        docs = read()
        lost = {
            (room, writer): (n, docs[room].get(writer))
            for (room, writer), n in expected.items()
            if not n <= docs[room].get(writer, 0) <= n + 1
        }
        assert not lost
        check_journals(url)


def check_journals(url):
    """Each leads to its document, and no writer's number ever went back or was left out."""
    store = open_store(url, Hub())
    store.keep_journal("rooms/")
    for room in ROOMS:
        docs = [*states(store.journal(f"rooms/{room}"))]
        assert docs[-1] == store.get(f"rooms/{room}")[0]
        for before, after in pairwise(docs):
            back = {w: (n, after.get(w)) for w, n in before.items() if n > after.get(w, 0)}
            assert not back, room
    store.close()


def save_an_old_text(data, dice):
    """What an editor does that was opened a while ago: a text of before is moved into place.

    Two revisions old: the newest one may be that of a change nobody was told is saved.
    """
    path = data / "rooms" / f"{dice.choice(ROOMS)}.json"
    tables = json.loads(path.read_text())
    tables["saved"]["1"]["revision"] -= 2
    tables["_default"]["1"] = {"the operator": "was here"}
    new = path.with_name("new.txt")
    new.write_text(json.dumps(tables))
    new.replace(path)


def read_files(data):
    docs = {}
    for room in ROOMS:
        path = data / "rooms" / f"{room}.json"
        json.loads(path.read_text())
        with TinyDB(path) as db:
            (docs[room],) = db.all()
    return docs


def read_redis(redis):
    return {room: json.loads(redis.says("HGET", f"rooms/{room}", "doc")) for room in ROOMS}
