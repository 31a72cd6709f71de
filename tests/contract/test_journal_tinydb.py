"""What is special to a journal of lines in a file: hands, restarts, crashes and full files."""

import errno
import json
import os

import pytest

from myapp.journal import states
from myapp.store import StoreDown
from myapp.store_tinydb import journal_file, spare

KINDS = ["tinydb"]
ROOM = "rooms/KXQP"


def more(doc):
    return {**(doc or {}), "n": (doc or {"n": 0})["n"] + 1}


@pytest.fixture
def opened(server):
    """`opened()`: a store that keeps a journal, as in another worker."""

    def another():
        store = server.open()
        store.keep_journal("rooms/")
        return store

    return another


@pytest.fixture
def store(opened):
    return opened()


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def file(data):
    return data / "rooms/KXQP.json"


@pytest.fixture
def lines(data):
    return data / "journals/rooms-KXQP.jsonl"


def numbers(store):
    return [doc["n"] for doc in states(store.journal(ROOM))]


def edit(file, **changes):
    tables = json.loads(file.read_text())
    tables["_default"]["1"].update(changes)
    file.write_text(json.dumps(tables))


def test_a_journal_is_written_for_people_a_line_for_each_change(store, lines):
    store.change(ROOM, more)
    store.change(ROOM, lambda doc: {**doc, "seats": ["Zoë"]})
    assert lines.read_text() == (
        '{"revision":1,"whole":{"n":1}}\n{"revision":2,"changed":[[["seats"],["Zoë"]]]}\n'
    )


def test_only_a_room_has_one_and_nothing_of_it_lies_beside_the_documents(store, data):
    store.change(ROOM, more)
    store.change("players/ann", more)
    assert sorted(os.listdir(data / "rooms")) == [".side", "KXQP.json"]
    assert os.listdir(data / "journals") == ["rooms-KXQP.jsonl"]


def test_an_edit_by_hand_is_a_whole_entry(store, opened, file):
    bob = opened()
    store.change(ROOM, more)
    edit(file, n=41)
    assert store.get(ROOM)[0] == {"n": 41}
    edit(file, n=50)
    assert store.journal(ROOM) == [{"whole": {"n": 1}}, {"whole": {"n": 41}}, {"whole": {"n": 50}}]
    bob.change(ROOM, more)
    for reader in (store, bob):
        assert reader.journal(ROOM)[1:] == [
            {"whole": {"n": 41}},
            {"whole": {"n": 50}},
            {"changed": [[["n"], 51]]},
        ]


def test_an_edit_with_the_server_stopped_is_a_whole_entry_and_nothing_is_forgotten(
    store, opened, file
):
    store.change(ROOM, more)
    old = file.read_text()
    for _ in range(3):
        store.change(ROOM, more)
    store.close()
    file.write_text(old)
    bob = opened()
    assert numbers(bob) == [1, 2, 3, 4, 1]
    bob.change(ROOM, more)
    assert bob.journal(ROOM)[4:] == [{"whole": {"n": 1}}, {"changed": [[["n"], 2]]}]


def test_after_a_restart_the_journal_goes_on_without_a_gap(store, opened, lines):
    for _ in range(3):
        store.change(ROOM, more)
    store.close()
    bob = opened()
    bob.change(ROOM, more)
    assert numbers(bob) == [1, 2, 3, 4]
    assert lines.read_text().count("whole") == 1


def test_a_broken_edit_is_no_entry(store, file):
    store.change(ROOM, more)
    file.write_text("oops")
    assert numbers(store) == [1]
    store.change(ROOM, more)
    assert numbers(store) == [1, 2]


@pytest.mark.parametrize(
    "torn",
    [b'{"revision":3,"chang', b"\0" * 30, b'{"revision":3,"changed":[[["n"],3]]}\n', b"oops\n"],
    ids=["half a line", "nothing but noughts", "of a change that was never made", "nonsense"],
)
@pytest.mark.parametrize("stopped", [True, False], ids=["a restart", "others live"])
def test_what_a_crash_left_behind_the_last_line_goes(store, opened, lines, torn, stopped):
    store.change(ROOM, more)
    store.change(ROOM, more)
    if stopped:
        store.close()
    with lines.open("ab") as journal:
        journal.write(torn)
    bob = opened()
    assert numbers(bob)[:2] == [1, 2] and set(numbers(bob)) == {1, 2}
    bob.change(ROOM, lambda doc: {"n": 7})
    assert numbers(bob)[-1] == 7 and 3 not in numbers(bob)
    entries = lines.read_bytes()
    assert b"\0" not in entries and b"chang{" not in entries


def test_who_died_before_he_could_tell_leaves_a_line_that_holds(store, opened, data, monkeypatch):
    """The document was put in place, and the lock file does not say so yet."""
    store.change(ROOM, more)
    lock = data / "rooms/.side/KXQP.lock"
    before = lock.read_bytes()
    store.change(ROOM, more)
    lock.write_bytes(before)
    bob = opened()
    assert numbers(bob) == [1, 2]
    bob.change(ROOM, more)
    assert numbers(bob) == [1, 2, 3]
    assert [*bob.journal(ROOM)[1]] == ["changed"]


def test_a_full_journal_becomes_the_older_one_and_a_new_one_begins_whole(
    store, opened, lines, data, monkeypatch
):
    monkeypatch.setattr(journal_file, "FULL", 1000)
    for _ in range(100):
        store.change(ROOM, more)
    older = data / "journals/rooms-KXQP.old.jsonl"
    for text in (lines.read_text(), older.read_text()):
        first, *others = text.splitlines()
        assert "whole" in first and not any("whole" in line for line in others)
        assert len(text) < 1100
    found = numbers(opened())
    assert found == [*range(101 - len(found), 101)] and 20 < len(found) < 80


def test_who_died_as_a_journal_began_anew_leaves_nothing_that_was_never_made(
    store, lines, monkeypatch
):
    """What is kept of the journal's length is that of the older one. The next change has no line
    of its own, so what is ahead goes before it, or would pass for what was."""
    monkeypatch.setattr(journal_file, "FULL", 300)
    while not lines.exists() or lines.stat().st_size <= journal_file.FULL:
        store.change(ROOM, more)
    n = numbers(store)[-1]
    lines.replace(lines.with_name("rooms-KXQP.old.jsonl"))
    lines.write_text(f'{{"revision":{n + 1},"whole":{{"n":1000}}}}\n')
    store.change(ROOM, more, fleeting=True)
    store.change(ROOM, more)
    assert numbers(store)[-1] == n + 2
    assert 1000 not in numbers(store)


@pytest.mark.parametrize("call", ["exchange", "replace", "fsync", "pwrite", "open"])
def test_when_the_disk_fails_the_change_is_refused_and_the_journal_agrees(
    store, opened, file, lines, monkeypatch, call
):
    """Also when the journal is just full, and the older one must give way."""
    monkeypatch.setattr(journal_file, "FULL", 300)
    module = spare if call == "exchange" else os
    done = getattr(module, call)
    for n in range(1, 20):
        assert store.change(ROOM, more)[0] == {"n": n}
        text = file.read_text()

        def full(what, *args, **kwargs):
            about = os.readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else str(what)
            if "journals" in about or call == "exchange":
                raise OSError(errno.ENOSPC, "No space left on device")
            return done(what, *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(module, call, full)
            if call == "replace" and lines.stat().st_size <= journal_file.FULL:
                continue  # only a full journal is moved
            with pytest.raises(StoreDown, match="free some space"):
                store.change(ROOM, more)
        assert file.read_text() == text
        for reader in (store, opened()):
            assert numbers(reader)[-3:] == [*range(1, n + 1)][-3:]


def test_half_a_line_is_no_line_where_the_disk_is_full(store, monkeypatch):
    store.change(ROOM, more)
    pwrite = os.pwrite
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", lambda file, text, at: pwrite(file, text[:5], at))
        with pytest.raises(StoreDown, match="free some space"):
            store.change(ROOM, more)
    assert numbers(store) == [1]
    store.change(ROOM, more)
    assert numbers(store) == [1, 2]


def test_a_document_removed_by_hand_takes_its_journal_along(store, opened, file, data):
    store.change(ROOM, more)
    file.unlink()
    assert store.get(ROOM) is None and store.journal(ROOM) == []
    assert os.listdir(data / "journals") == []
    store.change(ROOM, more)
    store.close()
    file.unlink()
    assert opened().get(ROOM) is None
    assert os.listdir(data / "journals") == []


def test_what_was_cut_is_in_no_file_any_more(store, data):
    store.change(ROOM, lambda _: {"name": "Mallory"})
    store.change(ROOM, lambda _: {"name": "somebody"})
    store.cut(ROOM)
    texts = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert not any(b"Mallory" in text for text in texts) and b"somebody" in b"".join(texts)


def test_a_journal_that_somebody_took_away_begins_anew(store, lines):
    store.change(ROOM, more)
    lines.unlink()
    assert numbers(store) == [1]
    store.change(ROOM, more)
    assert store.journal(ROOM) == [{"whole": {"n": 1}}, {"changed": [[["n"], 2]]}]


def test_who_keeps_no_journal_leaves_a_gap_that_is_seen(server, store):
    store.change(ROOM, more)
    server.open().change(ROOM, more)
    store.change(ROOM, more)
    assert store.journal(ROOM)[1:] == [{"whole": {"n": 2}}, {"changed": [[["n"], 3]]}]


def test_a_room_made_anew_as_its_last_one_is_deleted_loses_nothing(server, store, monkeypatch):
    unlink = os.unlink

    def unlink_and_wait(path, **how):
        unlink(path, **how)
        if str(path).endswith(".lock"):  # From here on Bob finds nobody in his way.
            monkeypatch.undo()
            server.run(
                f"""
store.keep_journal("rooms/")
for _ in range(2):
    store.change({ROOM!r}, more)
"""
            )

    store.change(ROOM, more)
    monkeypatch.setattr(os, "unlink", unlink_and_wait)
    assert store.change(ROOM, lambda doc: None) is None
    assert store.get(ROOM)[0] == {"n": 2}
    assert numbers(store) == [1, 2]
