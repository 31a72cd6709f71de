"""What is special to Redis: it goes away and comes back, it is full, empty, slow, a replica."""

import json
import logging
import signal
import time

import gevent
import pytest

from myapp.hub import Hub
from myapp.store import StoreDown, open_store
from tests.conftest import wait_for
from tests.redis import Redis

KINDS = ["redis"]
SOON = 10
ROOM, OTHER = "rooms/KXQP", "rooms/BCDF"


def more(doc):
    return {"n": (doc or {"n": 0})["n"] + 1}


@pytest.fixture
def redis(server):
    return server.redis


def fails(fn, *args):
    """The sentence with which it is refused, and after how long."""
    began = time.monotonic()
    with pytest.raises(StoreDown) as error:
        fn(*args)
    return str(error.value), time.monotonic() - began


def heals(fn, *args):
    """What it gives, as soon as it gives anything."""
    end = time.monotonic() + SOON
    while True:
        try:
            return fn(*args)
        except StoreDown:
            assert time.monotonic() < end
            gevent.sleep(0.05)


def test_a_person_can_read_what_is_in_it(redis, store):
    store.change(ROOM, lambda _: {"name": "Zoë"})
    assert redis.says("HGET", ROOM, "doc") == '{"name":"Zoë"}'


def test_while_redis_stands_still_everything_is_refused_within_two_seconds(redis, store):
    store.change(ROOM, more)
    redis.process.send_signal(signal.SIGSTOP)
    for asked in (store.get, store.version, store.keys, lambda key: store.change(key, more)):
        why, took = fails(asked, "rooms/" if asked == store.keys else ROOM)
        assert "does not answer" in why and took < 2
    redis.process.send_signal(signal.SIGCONT)
    assert heals(store.get, ROOM)[0] == {"n": 1}
    assert heals(store.change, ROOM, more)[0] == {"n": 2}


def test_what_was_refused_while_redis_stood_still_is_not_done_afterwards(redis, server, store):
    crowd = [server.open() for _ in range(5)]
    for bob in crowd:
        bob.change(ROOM, more)
    redis.process.send_signal(signal.SIGSTOP)
    tries = [gevent.spawn(bob.change, ROOM, more) for bob in crowd]
    gevent.joinall(tries)
    assert all(isinstance(attempt.exception, StoreDown) for attempt in tries)
    redis.process.send_signal(signal.SIGCONT)
    assert heals(store.get, ROOM)[0] == {"n": 5}
    gevent.sleep(0.5)
    assert store.get(ROOM)[0] == {"n": 5}


def test_when_redis_comes_back_all_is_there_and_every_bell_rings(redis, store):
    store.change(ROOM, more)
    with store.listen(ROOM) as ann, store.listen("rooms/") as bob:
        redis.stop()
        fails(store.get, ROOM)
        redis.start()
        assert ann.wait(SOON) == {ROOM}
        assert bob.wait(SOON) >= {"rooms/"}
        assert heals(store.get, ROOM)[0] == {"n": 1}
        store.change(ROOM, more)
        assert ann.wait(SOON) == {ROOM}


def test_a_listener_whose_line_is_cut_hears_of_what_it_missed(redis, server, store):
    bob = server.open()
    with store.listen(ROOM) as bell:
        redis.says("CLIENT", "KILL", "TYPE", "pubsub")
        bob.change(ROOM, more)
        assert bell.wait(SOON)
        assert store.get(ROOM)[0] == {"n": 1}
    with store.listen(OTHER) as bell:  # and it hears again
        gevent.sleep(2.5)
        bell.wait(0)
        bob.change(OTHER, more)
        assert bell.wait(SOON) == {OTHER}


def test_what_a_process_holds_it_finds_again(redis, server, store):
    bob = server.open()
    store.lease("presence/ann")
    store.change("presence/ann", lambda _: {"lines": ["Ann"]}, fleeting=True)
    redis.says("FLUSHALL")
    wait_for_(lambda: bob.get("presence/ann"))
    assert bob.get("presence/ann")[0] == {"lines": ["Ann"]}
    with pytest.raises(StoreDown, match="held by another"):
        bob.lease("presence/ann")


def wait_for_(what):
    """Wait in the loop, where the stores of this process live."""
    end = time.monotonic() + SOON
    while not what():
        assert time.monotonic() < end
        gevent.sleep(0.05)


def test_a_redis_that_lost_everything_is_told_plainly(redis, store, caplog):
    secret = store.secret()
    store.change(ROOM, more)
    with store.listen(ROOM) as bell:
        redis.stop()
        for path in redis.folder.glob("appendonlydir/*"):
            path.unlink()
        redis.start()
        with caplog.at_level(logging.ERROR):
            assert bell.wait(SOON)
            assert heals(store.get, ROOM) is None
            wait_for_(lambda: "has lost all its data" in caplog.text)
    assert store.change(ROOM, lambda doc: doc) is None, "and nothing is made up"
    assert store.secret() == secret, "but who is who is still known"
    wait_for_(lambda: redis.says("HGET", "vroum", "secret") == secret)


def test_a_machine_that_vanishes_is_missed_within_ten_seconds_or_so(redis, server, store):
    """Its lines stay open, as they do when a cable is cut: nothing says that it is gone."""
    worker = server.start(
        """
store.lease("presence/w1")
store.change("presence/w1", more, fleeting=True)
print("here", flush=True)
import gevent
gevent.sleep(60)
"""
    )
    assert worker.stdout.readline() == "here\n"
    with store.listen("presence/") as bell:
        worker.send_signal(signal.SIGSTOP)
        assert bell.wait(20) == {"presence/w1"}, "nobody had to ask"
    assert store.get("presence/w1") is None
    worker.send_signal(signal.SIGCONT)
    wait_for_(lambda: store.get("presence/w1"))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (("CONFIG", "SET", "maxmemory", "1mb"), "used all the memory"),
        (("REPLICAOF", "127.0.0.1", "1"), "is a replica"),
        (("CONFIG", "SET", "min-replicas-to-write", "1"), "misses its replicas"),
    ],
)
def test_a_redis_that_takes_no_changes_says_why(redis, store, setting, sentence):
    store.change(ROOM, more)
    assert redis.says(*setting) == "OK"
    assert sentence in fails(store.change, ROOM, more)[0]
    assert store.get(ROOM)[0] == {"n": 1}, "but reading goes on"


def test_a_wrong_password_is_told_without_telling_the_password(redis):
    redis.says("CONFIG", "SET", "requirepass", "right")
    store = open_store(f"unix://:wrong@{redis.socket}", Hub())
    why, _ = fails(store.get, ROOM)
    assert "another password" in why and "wrong" not in why


def test_where_there_is_no_redis_it_says_so(tmp_path):
    store = open_store(f"unix://{tmp_path}/nowhere.sock", Hub())
    assert "is it running?" in fails(store.get, ROOM)[0]


def test_two_hundred_who_wake_at_once_share_a_few_lines(redis, store):
    store.change(ROOM, more)
    looks = [gevent.spawn(store.version, ROOM) for _ in range(200)]
    changes = [gevent.spawn(store.change, f"rooms/R{n}", more) for n in range(200)]
    gevent.joinall([*looks, *changes], raise_error=True)
    assert len({look.value for look in looks}) == 1
    assert len(redis.says("CLIENT", "LIST").splitlines()) < 15


def test_a_crowd_that_looks_asks_redis_once_or_twice(redis, store):
    store.change(ROOM, more)
    before = commands(redis)
    gevent.joinall([gevent.spawn(store.version, ROOM) for _ in range(500)], raise_error=True)
    assert commands(redis) - before < 10


def commands(redis):
    stats = dict(
        line.split(":") for line in redis.says("INFO", "commandstats").splitlines() if ":" in line
    )
    return int(stats["cmdstat_hget"].split("calls=")[1].split(",")[0])


def test_a_document_that_another_program_wrote_is_damaged_until_it_is_set_aside(redis, store):
    store.change(ROOM, more)
    redis.says("HSET", ROOM, "doc", '{"n":')
    assert "by another program" in fails(server_reads, redis)[0]
    assert "set-aside:rooms-KXQP" in store.inspect(ROOM, mend=True)
    assert store.get(ROOM) is None
    assert store.change(ROOM, more)[0] == {"n": 1}


def server_reads(redis):
    store = open_store(redis.url, Hub())
    try:
        return store.get(ROOM)
    finally:
        store.close()


def test_one_who_is_to_serve_waits_for_a_redis_that_is_still_starting(tmp_path, server):
    later = Redis(tmp_path / "later")
    url = later.url
    later.stop()
    store = open_store(url, Hub())
    store.serve()
    waiting = gevent.spawn(store.away)
    gevent.sleep(1)
    assert not waiting.ready()
    later.start()
    assert waiting.get(timeout=SOON) == 0
    store.close()
    later.stop()


def test_its_clock_rules_whatever_this_machine_says(redis, store, monkeypatch):
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600)
    seconds, micro = redis.says("TIME").split()
    assert abs(store.time() - (int(seconds) + int(micro) / 1e6)) < 1


def test_what_it_promises_is_in_words(redis, store):
    assert "appendfsync always: what was acknowledged survives" in store.examine()
    redis.says("CONFIG", "SET", "appendfsync", "everysec")
    assert "the last second" in store.examine()
    redis.says("CONFIG", "SET", "appendonly", "no")
    assert "set appendonly yes" in fails(store.examine)[0]


def test_a_journal_is_a_list_of_lines(redis, store):
    store.keep_journal("rooms/")
    store.change(ROOM, more)
    store.change(ROOM, more)
    lines = redis.says("LRANGE", f"journal:{ROOM}", "0", "-1").splitlines()
    assert [json.loads(line) for line in lines] == store.journal(ROOM)
    wait_for(lambda: redis.says("EXISTS", f"journal:{ROOM}") == "1")


def appended(redis):
    """How many bytes Redis has written to its append-only file."""
    return sum(path.stat().st_size for path in redis.folder.glob("appendonlydir/*.aof"))


def test_what_is_fleeting_costs_the_disk_of_redis_nothing(redis, store):
    store.change(ROOM, more)
    before = appended(redis)
    for _ in range(20):
        store.change(ROOM, more, fleeting=True)
        store.take("ann", 1, 100)
    assert appended(redis) - before < 1000  # a beat may fall into it
    store.change(ROOM, more)
    redis.process.kill()
    redis.process.wait()
    redis.start()
    assert heals(store.get, ROOM)[0] == {"n": 22}
    assert heals(store.change, ROOM, more)[0] == {"n": 23}
