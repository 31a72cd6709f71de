"""What every store promises, whatever it is made of."""

import threading
import time

import gevent
import pytest

from myapp.hub import Hub
from myapp.journal import states
from myapp.store import Past, StoreDown, open_store

SOON = 10  # seconds that a test waits for what must happen
ROOM = "rooms/KXQP"
OTHER = "rooms/BCDF"


def more(doc):
    return {"n": (doc or {"n": 0})["n"] + 1}


def sit(name):
    def change(doc):
        doc = doc or {"seats": []}
        doc["seats"].append(name)
        return doc

    return change


def rung(bell, keys):
    """What rings until all `keys` have: a ring may come a moment after the change has returned."""
    heard = set()
    while not heard >= keys and (now := bell.wait(SOON)):
        heard |= now
    return heard


def nobody_sits(doc):
    raise LookupError("There is no free seat.")


def test_a_room_that_never_was_is_none(store):
    assert store.get(ROOM) is None
    assert store.keys("rooms/") == []


def test_what_ann_saved_bob_reads(store):
    saved, version = store.change(ROOM, sit("Ann"))
    assert saved == {"seats": ["Ann"]}
    assert store.get(ROOM) == ({"seats": ["Ann"]}, version)


def test_any_json_document_comes_back_as_it_was(store):
    doc = {
        "name": "Zoë \u2028 \U0001f98a",
        "big": 10**30,
        "half": 0.5,
        "deep": {"list": [1, None, True, {"empty": {}}]},
        "": "",
    }
    store.change(ROOM, lambda _: doc)
    assert store.get(ROOM)[0] == doc


def test_a_private_copy_is_private(store):
    given = []

    def keep(doc):
        given.append({"seats": ["Ann"]})
        return given[0]

    answer, _ = store.change(ROOM, keep)
    read, _ = store.get(ROOM)
    for mine in (given[0], answer, read):
        mine["seats"].append("Mallory")
    assert store.get(ROOM)[0] == {"seats": ["Ann"]}


def test_versions_differ_when_documents_do_and_agree_in_every_process(server, store):
    _, first = store.change(ROOM, more)
    _, second = store.change(ROOM, more)
    assert first != second
    assert server.open().get(ROOM) == ({"n": 2}, second)
    assert server.run(f"print(store.get({ROOM!r})[1])") == second


def test_many_players_at_once_never_interleave(store):
    def press():
        for _ in range(20):
            store.change(ROOM, more)

    gevent.joinall([gevent.spawn(press) for _ in range(64)], raise_error=True)
    assert store.get(ROOM)[0] == {"n": 64 * 20}


def test_four_processes_at_once_never_interleave(server, store, full):
    count = 2000 if full else 100
    store.change(ROOM, more)
    workers = [
        server.start(f"for _ in range({count}): store.change({ROOM!r}, more)") for _ in range(4)
    ]
    for worker in workers:
        worker.communicate(timeout=600)
        assert worker.returncode == 0
    assert store.get(ROOM)[0] == {"n": 1 + 4 * count}


def test_a_refusal_reaches_its_caller_alone_and_changes_nothing(store):
    _, version = store.change(ROOM, sit("Ann"))
    ann, bob = gevent.spawn(store.change, ROOM, nobody_sits), gevent.spawn(store.get, ROOM)
    with pytest.raises(LookupError, match="no free seat"):
        ann.get()
    assert bob.get() == ({"seats": ["Ann"]}, version)


def test_a_refusal_does_not_spoil_the_changes_made_together_with_it(store):
    together = [
        gevent.spawn(store.change, ROOM, fn) for fn in (sit("Ann"), nobody_sits, sit("Bob"))
    ]
    gevent.joinall(together)
    assert isinstance(together[1].exception, LookupError)
    assert together[0].value[0] == {"seats": ["Ann"]}
    assert together[2].value[0] == {"seats": ["Ann", "Bob"]}
    assert store.get(ROOM)[0] == {"seats": ["Ann", "Bob"]}


@pytest.mark.parametrize("nonsense", ["Ann", 3, ["Ann"], {"seat": object()}, {"name": "\ud800"}])
def test_what_is_no_json_document_is_refused_and_changes_nothing(store, nonsense):
    store.change(ROOM, sit("Ann"))
    with pytest.raises((TypeError, ValueError)):
        store.change(ROOM, lambda doc: nonsense)
    assert store.get(ROOM)[0] == {"seats": ["Ann"]}


def test_a_change_that_changes_nothing_is_not_announced(store):
    _, version = store.change(ROOM, sit("Ann"))
    with store.listen(ROOM, OTHER) as bell:
        assert store.change(ROOM, lambda doc: doc)[1] == version
        store.change(OTHER, more)
        assert bell.wait(SOON) == {OTHER}


def test_deleting_is_returning_none(server, store):
    store.change(ROOM, sit("Ann"))
    with server.open().listen(ROOM) as bell:
        assert store.change(ROOM, lambda doc: None) is None
        assert bell.wait(SOON) == {ROOM}
    assert store.get(ROOM) is None
    assert store.keys("rooms/") == []
    assert store.change(ROOM, lambda doc: doc) is None
    assert store.change(ROOM, more)[0] == {"n": 1}


def test_a_listener_is_rung_when_a_change_has_returned(store):
    with store.listen(ROOM) as bell:
        store.change(ROOM, more)
        assert bell.wait(SOON) == {ROOM}
        store.change(ROOM, more)
        store.change(ROOM, more)
        assert bell.wait(SOON) == {ROOM}
        assert store.get(ROOM)[0] == {"n": 3}


def test_own_changes_ring_once(store):
    with store.listen("rooms/") as bell:
        for _ in range(10):
            store.change(ROOM, more)
            assert bell.wait(SOON) == {ROOM}
        store.change(OTHER, more)
        assert bell.wait(SOON) == {OTHER}


def test_a_listener_in_another_process_is_rung(server, store):
    store.change(ROOM, more)
    bob = server.start(
        f"""
with store.listen({ROOM!r}) as bell:
    print(store.get({ROOM!r})[0]["n"], flush=True)
    print(bell.wait({SOON}), store.get({ROOM!r})[0]["n"], flush=True)
"""
    )
    assert bob.stdout.readline() == "1\n"
    store.change(ROOM, more)
    assert bob.stdout.readline() == f"{ {ROOM} } 2\n"


def test_a_change_in_another_process_is_read_at_once(server, store):
    store.change(ROOM, more)
    assert server.run(f"print(store.change({ROOM!r}, more)[0])") == "{'n': 2}"
    assert store.get(ROOM)[0] == {"n": 2}


def test_two_processes_that_answer_each_other_miss_no_ring(server, full):
    game = f"""
me, last = int(sys.stdin.readline()), {20_000 if full else 400}
with store.listen({ROOM!r}) as bell:
    while (n := (store.get({ROOM!r}) or [{{"n": 0}}])[0]["n"]) < last:
        if n % 2 == me:
            store.change({ROOM!r}, more, fleeting=n % 3 == 0)
        elif not bell.wait({SOON}):
            sys.exit("I was not rung.")
"""
    players = [server.start(game), server.start(game)]
    for me, player in enumerate(players):
        player.stdin.write(f"{me}\n")
        player.stdin.flush()
    for player in players:
        player.communicate(timeout=600)
        assert player.returncode == 0


def test_a_folder_is_every_key_below_it(store):
    with store.listen("rooms/") as bell:
        store.change("players/ann", more)
        store.change(ROOM, more)
        assert bell.wait(SOON) == {ROOM}
        store.change(OTHER, more)
        store.change(ROOM, lambda doc: None)
        assert rung(bell, {ROOM, OTHER}) == {ROOM, OTHER}


def test_a_key_with_a_colon_is_rung_by_the_hub_alone(server):
    hub = Hub()
    store = open_store(server.url, hub)
    with store.listen(ROOM, "here:KXQP") as bell:
        hub.ring("here:KXQP")
        assert bell.wait(SOON) == {"here:KXQP"}
    store.close()


def test_a_closing_hub_ends_every_wait(server):
    hub = Hub()
    store = open_store(server.url, hub)
    with store.listen(ROOM) as bell:
        waiting = gevent.spawn(bell.wait, None)
        gevent.sleep(0)
        hub.close()
        assert waiting.get(timeout=SOON) == set()
        assert bell.wait(None) == set()
    with store.listen(ROOM) as late:
        assert late.wait(None) == set()
    store.close()


def test_a_fleeting_change_is_seen_by_all_and_a_durable_one_carries_it_along(server, store):
    bob = server.open()
    with bob.listen(ROOM) as bell:
        store.change(ROOM, more, fleeting=True)
        assert bell.wait(SOON) == {ROOM}
        assert bob.get(ROOM)[0] == {"n": 1}
    store.change(ROOM, lambda doc: {**doc, "name": "Ann"})
    assert server.run(f"print(store.get({ROOM!r})[0])") == "{'n': 1, 'name': 'Ann'}"


def test_keys_are_sorted_and_below_their_prefix(store):
    for name in ("KXQP", "BCDF", "KBBB"):
        store.change(f"rooms/{name}", more)
    store.change("players/ann", more)
    assert store.keys("rooms/") == ["rooms/BCDF", "rooms/KBBB", "rooms/KXQP"]
    assert store.keys("rooms/K") == ["rooms/KBBB", "rooms/KXQP"]
    assert store.keys("nothing/") == []


def led(store, key=ROOM):
    """Every document that the journal leads to, with the order of its names."""
    return [[*doc.items()] for doc in states(store.journal(key))]


@pytest.fixture
def journal(store):
    store.keep_journal("rooms/")
    return store


def test_a_journal_holds_each_saved_change_and_the_first_is_whole(journal):
    assert journal.journal(ROOM) == []
    for name in ("Ann", "Bob"):
        journal.change(ROOM, sit(name))
    journal.change(ROOM, lambda doc: {**doc, "turn": "Ann"})
    assert journal.journal(ROOM) == [
        {"whole": {"seats": ["Ann"]}},
        {"changed": [[["seats", 1], "Bob"]]},
        {"changed": [[["turn"], "Ann"]]},
    ]


def test_a_journal_leads_to_the_document_to_the_last_byte(server, journal):
    docs = [
        {"b": 1, "a": 1.0},
        {"b": True, "a": 1},
        {"a": 1, "b": True},
        {"é": "\u2028", "a": -0.0},
    ]
    for doc in docs:
        journal.change(ROOM, lambda _, doc=doc: doc)
    for store in (journal, keeping(server)):
        assert repr(led(store)) == repr([[*doc.items()] for doc in docs])


def keeping(server):
    store = server.open()
    store.keep_journal("rooms/")
    return store


def test_what_was_refused_or_changed_nothing_has_no_line(journal):
    journal.change(ROOM, sit("Ann"))
    with pytest.raises(LookupError):
        journal.change(ROOM, nobody_sits)
    journal.change(ROOM, lambda doc: doc)
    assert len(journal.journal(ROOM)) == 1


def test_changes_made_together_have_a_line_each(server, journal):
    bob = keeping(server)
    stores = [journal, bob]
    gevent.joinall([gevent.spawn(stores[n % 2].change, ROOM, more) for n in range(40)])
    assert led(journal) == [[("n", n)] for n in range(1, 41)]


def test_a_fleeting_change_has_no_line_and_the_next_saved_one_holds_what_it_did(server, journal):
    journal.change(ROOM, sit("Ann"))
    for _ in range(3):
        journal.change(ROOM, sit("Bob"), fleeting=True)
    after = [("seats", ["Ann", "Bob", "Bob", "Bob"])]
    assert led(journal) == led(keeping(server)) == [[("seats", ["Ann"])], after]
    journal.change(ROOM, sit("Cleo"))
    assert led(journal) == [[("seats", ["Ann"])], [("seats", [*after[0][1], "Cleo"])]]


def test_a_journal_goes_with_its_document(journal):
    journal.change(ROOM, more)
    journal.change(ROOM, lambda doc: None)
    assert journal.journal(ROOM) == []
    journal.change(ROOM, sit("Bob"))
    assert journal.journal(ROOM) == [{"whole": {"seats": ["Bob"]}}]


def test_a_journal_that_was_cut_begins_anew_with_what_is(server, journal):
    for name in ("Ann", "Bob"):
        journal.change(ROOM, sit(name))
    journal.cut(ROOM)
    assert journal.journal(ROOM) == [{"whole": {"seats": ["Ann", "Bob"]}}]
    keeping(server).change(ROOM, sit("Cleo"))
    assert journal.journal(ROOM)[1:] == [{"changed": [[["seats", 2], "Cleo"]]}]
    journal.cut(OTHER)
    assert journal.journal(OTHER) == []


def test_a_journal_is_bounded_and_its_first_entry_is_whole(journal, server):
    journal.change(ROOM, lambda _: {"seats": []})
    for n in range(60):
        journal.change(ROOM, lambda doc, n=n: {**doc, "note": str(n) * 10_000})
    entries = journal.journal(ROOM)
    assert 5 < len(entries) < 60 and "whole" in entries[0]
    assert [doc["note"][:2] for doc in states(entries)] == [str(n) for n in range(60)][
        -len(entries) :
    ]


def test_only_what_was_asked_for_has_a_journal(journal):
    journal.change("players/ann", more)
    assert journal.journal("players/ann") == []


def test_a_store_that_was_opened_again_goes_on_with_the_journal(server, journal):
    journal.change(ROOM, more)
    journal.close()
    for n in (2, 3):
        store = keeping(server)
        store.change(ROOM, more)
        assert led(store) == [[("n", i)] for i in range(1, n + 1)]
        store.close()


BAD = [
    *("", "rooms", "/KXQP", "rooms/../secret", "../x", "Rooms/KXQP", "rooms/a/b", "rooms/.KXQP"),
    *("rooms/K.json", "rooms/K\n", "rooms/K\0", "rooms/é", "rooms/" + "K" * 65),
]


@pytest.mark.parametrize("key", BAD)
def test_a_bad_key_is_refused(store, key):
    def change(key):
        store.change(key, more)

    def listen(key):
        with store.listen(key):
            pass

    for asked in (store.get, change, listen, store.keys, store.lease, store.reap):
        with pytest.raises(ValueError, match="is not a key"):
            asked(key)


def test_a_change_that_takes_long_stops_nobody_else(store):
    gate = threading.Event()

    def think(doc):
        assert gate.wait(SOON), "The loop stood still."
        return more(doc)

    ann = gevent.spawn(store.change, ROOM, think)
    gevent.sleep(0)
    assert store.change(OTHER, more)[0] == {"n": 1}
    gate.set()
    assert ann.get()[0] == {"n": 1}


def test_what_a_living_process_holds_is_not_reaped_and_what_a_dead_one_held_is(server, store):
    worker = server.start(
        """
store.lease("presence/w1")
store.change("presence/w1", more, fleeting=True)
print("here", flush=True)
while sys.stdin.readline():
    print(store.reap("presence/"), store.change("presence/w1", more)[0], flush=True)
"""
    )
    assert worker.stdout.readline() == "here\n"
    store.lease("presence/w2")
    store.lease("presence/w2")
    store.change("presence/w2", more)
    assert store.reap("presence/") == []

    worker.stdin.write("\n")
    worker.stdin.flush()
    assert worker.stdout.readline() == "[] {'n': 2}\n"

    with store.listen("presence/") as bell:
        worker.kill()
        worker.wait()
        assert store.reap("presence/") == ["presence/w1"]
        assert bell.wait(SOON) == {"presence/w1"}
    assert store.keys("presence/") == ["presence/w2"]
    assert server.open().reap("presence/") == []


def test_the_secret_is_made_once_and_is_the_same_for_all(server, store):
    assert len(store.secret()) >= 32
    assert server.open().secret() == store.secret()
    assert server.run("print(store.secret())") == store.secret()


def test_it_works_in_a_process_that_gevent_has_patched(server, store):
    with store.listen(ROOM) as bell:
        said = server.run(
            f"""
import gevent
with store.listen({ROOM!r}) as bell:
    together = [gevent.spawn(store.change, {ROOM!r}, more) for _ in range(50)]
    gevent.joinall(together, raise_error=True)
    print(bell.wait({SOON}), store.get({ROOM!r})[0])
""",
            before="from gevent import monkey; monkey.patch_all()",
        )
        assert said == f"{ {ROOM} } {{'n': 50}}"
        assert bell.wait(SOON) == {ROOM}
    assert store.get(ROOM)[0] == {"n": 50}


def test_a_store_made_before_a_fork_works_on_both_sides(server):
    said = server.run(
        """
import os
if child := os.fork():
    os.waitpid(child, 0)
    print(store.change("rooms/KXQP", more)[0])
else:
    store.change("rooms/KXQP", more)
    os._exit(0)
"""
    )
    assert said == "{'n': 2}"


def test_a_url_that_names_no_store_says_what_to_write():
    for url in ("", "tinydb:", "mongo:whatever", "./data"):
        with pytest.raises(ValueError, match="MYAPP_STORE_URL"):
            open_store(url, Hub())


def test_a_bucket_is_empty_for_all_when_all_have_taken_enough(server, store):
    bob = server.open()
    assert [who.take("ann", 1 / 60, 4) for who in (store, bob, store, bob)] == [0, 0, 0, 0]
    assert 50 < store.take("ann", 1 / 60, 4) <= 60
    assert 50 < bob.take("ann", 1 / 60, 4) <= 60
    assert bob.take("bob", 1 / 60, 4) == 0


def test_a_bucket_fills_again(store):
    assert store.take("ann", 2, 1) == 0
    wait = store.take("ann", 2, 1)
    assert 0 < wait <= 0.5
    gevent.sleep(wait + 0.01)
    assert store.take("ann", 2, 1) == 0


def test_processes_share_their_buckets(server):
    takers = [
        server.start("print([store.take('ann', 1e-6, 30) for _ in range(20)].count(0))")
        for _ in range(3)
    ]
    assert sum(int(taker.communicate(timeout=60)[0]) for taker in takers) == 30


def test_the_time_is_the_same_for_all(server, store):
    assert abs(store.time() - server.open().time()) < 0.05
    assert abs(store.time() - float(server.run("print(store.time())"))) < 5


def test_the_kinds_of_documents_are_those_that_there_are(store):
    assert store.kinds() == []
    store.change("players/ann", more)
    store.change(ROOM, more)
    assert store.kinds() == ["players", "rooms"]


def test_time_in_which_nobody_served_is_counted_and_told_to_all(server):
    serves = """
import time, gevent
store.serve()
print(store.away())
for _ in range(25):
    store.beat()
    gevent.sleep(0.1)
print(time.monotonic())
"""
    first, ended = map(float, server.run(serves).split())
    assert first == 0
    gevent.sleep(1)
    for_good = "store.serve(); print(store.away(), flush=True); sys.stdin.readline()"
    ann = server.start(for_good)
    away = float(ann.stdout.readline())
    assert 0.9 < away < time.monotonic() - ended + 2
    bob = server.start(for_good)
    assert float(bob.stdout.readline()) == away
    assert server.open().away() == away


def test_one_who_is_alone_sees_all_and_whoever_comes_waits(server, store):
    store.change(ROOM, sit("Ann"))
    store.close()
    with server.open().alone() as inside:
        assert inside.get(ROOM)[0] == {"seats": ["Ann"]}
        bob = server.start(f"print(store.get({ROOM!r})[0], flush=True)")
        gevent.sleep(0.5)
        assert bob.poll() is None
        inside.change(ROOM, sit("Eve"))
    assert bob.communicate(timeout=60)[0] == "{'seats': ['Ann', 'Eve']}\n"


def test_nobody_is_alone_while_somebody_uses_the_data(server, store):
    worker = server.start(f"store.get({ROOM!r}); print('in', flush=True); sys.stdin.readline()")
    assert worker.stdout.readline() == "in\n"
    with pytest.raises(StoreDown, match=f"in use .*{worker.pid}"), store.alone():
        pass
    worker.kill()
    worker.wait()
    with store.alone():
        pass


def test_what_stands_beside_documents_can_be_carried_over(server, store):
    assert store.past() == Past()
    with store.alone() as inside:
        inside.carry(Past("a secret of old", 12.5, 1_700_000_000.25))
        assert inside.past() == Past("a secret of old", 12.5, 1_700_000_000.25)
    assert server.open().secret() == "a secret of old"
    assert server.open().away() == 12.5


def test_a_document_is_put_with_its_journal_whatever_there_was(server, journal):
    entries = [{"whole": {"seats": ["Ann"]}}, {"changed": [[["seats", 1], "Bob"]]}]
    journal.change(ROOM, more)
    journal.put(ROOM, {"seats": ["Ann", "Bob"]}, entries)
    journal.put(OTHER, {"n": 1}, [])
    for store in (journal, keeping(server)):
        assert store.get(ROOM)[0] == {"seats": ["Ann", "Bob"]}
        assert store.journal(ROOM) == entries
    journal.change(ROOM, sit("Cleo"))
    assert journal.journal(ROOM) == [*entries, {"changed": [[["seats", 2], "Cleo"]]}]
    journal.change(OTHER, more)
    assert led(journal, OTHER)[-1] == [("n", 2)]
