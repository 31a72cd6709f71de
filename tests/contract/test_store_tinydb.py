"""What is special to a folder of files: hands, editors and disks."""

import errno
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import gevent
import pytest
from tinydb import TinyDB

from myapp import store_tinydb
from myapp.hub import Hub, aside
from myapp.store import StoreDown, open_store
from myapp.store_tinydb import document, flush, keeper, spare
from myapp.store_tinydb.flush import alone
from myapp.store_tinydb.tinydb_file import WholeFile

KINDS = ["tinydb"]
SOON = 10
ROOM = "rooms/KXQP"
OTHER = "rooms/BCDF"


def more(doc):
    return {**(doc or {}), "n": (doc or {"n": 0})["n"] + 1}


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def file(data):
    return data / "rooms" / "KXQP.json"


@pytest.fixture
def told(caplog):
    """What the operator has been told since last asked."""

    def sentences():
        said = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return said

    return sentences


def set_aside(data):
    return sorted((data / "set-aside").glob("rooms-KXQP-*.json"))


def counted_looks(monkeypatch):
    """Every outcome of attending to a file, from now on."""
    looks, attend = [], document.DocumentFile.attend

    def counted(self, *args):
        looks.append((yield from attend(self, *args)))
        return looks[-1]

    monkeypatch.setattr(document.DocumentFile, "attend", counted)
    return looks


def in_place(file, text):
    file.write_text(text)


def moved_over(file, text):
    new = file.with_name("new.txt")
    new.write_text(text)
    subprocess.run(["mv", new, file], check=True)


def with_sed(file, text):
    script = file.with_name("script.sed")
    script.write_text("1c\\\n" + text.replace("\\", "\\\\").replace("\n", "\\\n") + "\n2,$d\n")
    subprocess.run(["sed", "-i", "-f", script, file], check=True)


def with_vim(file, text):
    vim = shutil.which("vim") or pytest.skip("vim is not installed")  # one editor of several
    lines = json.dumps(text.split("\n"))
    command = f"call setline(1, {lines}) | silent {text.count(chr(10)) + 2},$d _ | wq"
    more_lines = "set nofixeol | call append('$', repeat([''], 2))"
    subprocess.run([vim, "-u", "NONE", "-es", "-c", more_lines, "-c", command, file], check=True)


HANDS = pytest.mark.parametrize("save", [in_place, moved_over, with_sed, with_vim])


def edited(file, **changes):
    """The text of the file after somebody changed these fields of its document."""
    tables = json.loads(file.read_text())
    tables["_default"]["1"].update(changes)
    return json.dumps(tables, indent=4)


def test_a_stock_tinydb_opens_every_file(store, file):
    store.change(ROOM, lambda _: {"name": "Zoë", "seats": ["Ann"]})
    with TinyDB(file) as db:
        assert [dict(doc) for doc in db.all()] == [{"name": "Zoë", "seats": ["Ann"]}]


def test_a_file_is_written_for_people(store, file):
    store.change(ROOM, lambda _: {"name": "Zoë", "seats": ["Ann"]})
    assert '\n      "name": "Zoë",\n' in file.read_text()


def test_tinydb_can_use_our_storage_for_everything(tmp_path):
    with TinyDB(tmp_path / "a.json", tmp_path / "a.tmp", storage=WholeFile) as db:
        db.insert({"name": "Ann"})
        db.update({"name": "Bob"})
    with TinyDB(tmp_path / "a.json") as db:
        assert [doc["name"] for doc in db.all()] == ["Bob"]


def test_nothing_but_documents_lies_in_the_folder(store, data):
    store.change(ROOM, more)
    store.change(ROOM, more, fleeting=True)
    assert sorted(os.listdir(data / "rooms")) == [".side", "KXQP.json"]


def test_asking_leaves_no_file_behind(store, data):
    store.get(ROOM)
    with pytest.raises(KeyError):
        store.change(ROOM, lambda doc: {}["nobody"])
    store.change(ROOM, more)
    store.change(ROOM, lambda doc: None)
    assert list((data / "rooms").rglob("*")) == [data / "rooms" / ".side"]


def test_a_bad_key_touches_no_file(store, data):
    with pytest.raises(ValueError, match="is not a key"):
        store.get("rooms/../../etc")
    assert not data.exists()


@HANDS
def test_an_edit_by_hand_is_a_change_like_any_other(server, store, file, save, told):
    store.change(ROOM, more)
    bob = server.open()
    bob.get(ROOM)
    with store.listen(ROOM) as ann_hears, bob.listen("rooms/") as bob_hears:
        save(file, edited(file, n=41))
        for bell in (ann_hears, bob_hears):
            assert bell.wait(SOON) == {ROOM}
    assert store.get(ROOM) == bob.get(ROOM)
    assert store.change(ROOM, more)[0] == {"n": 42}
    assert told() == []


@HANDS
def test_an_edit_is_seen_even_if_nobody_listens_and_the_loop_has_not_run(store, file, save):
    _, version = store.change(ROOM, more)
    save(file, edited(file, n=2))
    found, after = store.get(ROOM)
    assert found == {"n": 2}
    assert after != version
    save(file, edited(file, n=3))
    assert store.change(ROOM, more)[0] == {"n": 4}


def test_an_editor_may_save_again_and_again(store, file, told):
    store.change(ROOM, more)
    for n in range(10, 20):
        in_place(file, edited(file, n=n))
        assert store.get(ROOM)[0] == {"n": n}
    assert told() == []


def test_an_edit_that_lands_while_the_disk_is_busy_goes_first(store, file, monkeypatch):
    store.change(ROOM, more)
    fsync, edits = os.fsync, [edited(file, n=41)]

    def slow(fd):
        if edits:
            file.write_text(edits.pop())
        fsync(fd)

    monkeypatch.setattr(os, "fsync", slow)
    assert store.change(ROOM, more)[0] == {"n": 42}
    assert store.get(ROOM)[0] == {"n": 42}


def another_commits(file):
    other = document.DocumentFile(file.parents[1], "rooms", "KXQP", None)
    os.close(alone(other.attend([(lambda doc: {"n": 7}, True)], True, "")).proof)


@pytest.mark.parametrize(
    ("follow", "found"),
    [
        (another_commits, {"n": 7}),
        (lambda file: in_place(file, edited(file, n=7)), {"n": 7}),
        (lambda file: moved_over(file, edited(file, n=7)), {"n": 7}),
        (Path.unlink, None),
    ],
    ids=["a commit elsewhere", "in place", "moved over", "rm"],
)
def test_what_happens_right_behind_our_own_change_is_not_taken_for_ours(
    store, file, monkeypatch, follow, found
):
    attend, once = document.DocumentFile.attend, [follow]

    def followed(self, *args):
        outcome = yield from attend(self, *args)
        if once:
            monkeypatch.undo()
            once.pop()(self.path)
        return outcome

    monkeypatch.setattr(document.DocumentFile, "attend", followed)
    with store.listen(ROOM) as bell:
        assert store.change(ROOM, more)[0] == {"n": 1}
        assert bell.wait(SOON) == {ROOM}
        assert (store.get(ROOM) or [None])[0] == found


def test_who_reads_a_file_reads_it_to_its_end_however_much_is_played(store, file):
    store.change(ROOM, lambda _: {"n": 0, "names": ["Zoë"] * 100})
    for _ in range(5):
        now = store.get(ROOM)[0]["n"]
        with file.open() as copying:
            text = copying.read(20)
            for _ in range(5):
                store.change(ROOM, more)
            text += copying.read()
        assert json.loads(text)["_default"]["1"]["n"] == now


def test_a_copy_that_shares_the_file_stays_as_it_was(store, file, tmp_path):
    store.change(ROOM, more)
    text = file.read_text()
    (tmp_path / "backup.json").hardlink_to(file)
    for _ in range(5):
        store.change(ROOM, more)
    assert (tmp_path / "backup.json").read_text() == text


def test_a_file_that_is_a_link_leads_nobody_to_write_elsewhere(store, file, tmp_path):
    store.change(ROOM, more)
    elsewhere = tmp_path / "mine.json"
    elsewhere.write_text(text := edited(file, n=41))
    file.unlink()
    file.symlink_to(elsewhere)
    for n in (42, 43, 44):
        assert store.change(ROOM, more)[0] == {"n": n}
    assert elsewhere.read_text() == text and not file.is_symlink()


def test_where_a_disk_cannot_exchange_names_it_replaces_the_file(store, file, monkeypatch):
    def cannot(*_):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(spare, "exchange", cannot)
    for n in range(1, 5):
        assert store.change(ROOM, more)[0] == {"n": n}
        assert json.loads(file.read_text())["_default"]["1"] == {"n": n}


def test_sixty_four_rooms_at_once_are_all_saved_and_a_failing_disk_refuses_each(
    store, data, monkeypatch
):
    keys = [f"rooms/R{n}" for n in range(64)]

    def all_change():
        together = [gevent.spawn(store.change, key, more) for key in keys]
        gevent.joinall(together)
        return together

    for n in (1, 2):
        assert all(each.value[0] == {"n": n} for each in all_change())

    def failing(_):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(flush, "_syncfs", failing)
        patch.setattr(os, "fsync", failing)
        refused = all_change()
    assert all("the disk is failing" in str(each.exception) for each in refused)
    for key in keys:
        assert store.get(key)[0] == {"n": 2}
        assert json.loads((data / f"{key}.json").read_text())["_default"]["1"] == {"n": 2}
    assert all(each.value[0] == {"n": 3} for each in all_change())


def test_tinydb_itself_may_be_the_editor(store, file):
    store.change(ROOM, more)
    with TinyDB(file) as db:
        db.update({"n": 6})
    assert store.change(ROOM, more)[0] == {"n": 7}


def test_a_file_put_there_by_hand_is_a_room(store, file):
    with store.listen("rooms/") as bell:
        with TinyDB(file) as db:
            db.insert({"n": 1})
        assert bell.wait(SOON) == {ROOM}
    assert store.change(ROOM, more)[0] == {"n": 2}


def test_a_file_removed_by_hand_is_gone(store, file):
    store.change(ROOM, more)
    with store.listen("rooms/") as bell:
        file.unlink()
        assert bell.wait(SOON) == {ROOM}
    assert store.get(ROOM) is None
    assert store.change(ROOM, more)[0] == {"n": 1}


def test_a_file_that_is_gone_for_a_moment_is_not_gone(store, file, monkeypatch):
    monkeypatch.setattr(keeper, "PATIENCE", SOON)
    store.change(ROOM, more)
    text = edited(file, n=2)
    looks = counted_looks(monkeypatch)
    with store.listen(ROOM) as bell:
        file.rename(file.with_name("KXQP.json~"))
        reading = gevent.spawn(store.get, ROOM)
        while not looks:
            aside(lambda: None)  # Others run meanwhile.
        in_place(file, text)
        assert reading.get()[0] == {"n": 2}
        assert bell.wait(SOON) == {ROOM}


def test_what_editors_leave_beside_a_file_is_no_room(store, data):
    store.change(ROOM, more)
    with store.listen("rooms/") as bell:
        for name in ("4913", ".KXQP.json.swp", "KXQP.json~", "K.json.json", "sedAbCdEf", ".json"):
            (data / "rooms" / name).write_text("{}")
        store.change(OTHER, more)
        assert bell.wait(SOON) == {OTHER}
    assert store.keys("rooms/") == [OTHER, ROOM]


@HANDS
def test_a_broken_edit_changes_nothing_and_the_operator_is_told_once(store, file, save, told):
    saved = store.change(ROOM, more)
    broken = edited(file, n=2).replace('"n": 2', '"n": two')
    save(file, broken)
    for _ in range(3):
        assert store.get(ROOM) == saved
    (sentence,) = told()
    assert f"{file}, line 4: Expecting value" in sentence
    assert file.read_text().strip() == broken.strip()


def test_a_broken_edit_is_set_aside_when_the_game_goes_on(server, store, file, data, told):
    store.change(ROOM, more)
    bob = server.open()
    file.write_text("{\n  oops")
    assert store.get(ROOM)[0] == {"n": 1}
    assert bob.change(ROOM, more)[0] == {"n": 2}
    assert store.get(ROOM)[0] == {"n": 2}
    (place,) = set_aside(data)
    assert place.read_text() == "{\n  oops"
    assert any(str(place) in sentence for sentence in told())


def test_a_refused_move_leaves_a_broken_file_to_its_editor(store, file):
    store.change(ROOM, more)
    file.write_text("oops")
    with pytest.raises(KeyError):
        store.change(ROOM, lambda doc: doc["nobody"])
    assert file.read_text() == "oops"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{\n "_default": {\n  "1": {"n": }}}', "line 3: Expecting value"),
        (b"", "line 1"),
        (b'{"_default": {"1": {\n"n": "\xff"}}}', "line 2: not UTF-8"),
        (b'{"_default": {"1": {"n": NaN}}}', "line 1"),
        (b"[" * 100_000, "line 1"),
        (b"[]", "line 1: Expected `object`"),
        (b'{"_default": {"1": 3}}', "line 1: Expected `object`"),
        (b'{"_default": {}}', "must hold one document, and holds 0"),
        (b'{"_default": {"1": {}, "2": {}}}', "must hold one document, and holds 2"),
    ],
)
def test_a_file_that_was_never_good_is_left_alone(store, file, text, reason, told):
    file.parent.mkdir(parents=True)
    file.write_bytes(text)
    for asked in (store.get, lambda key: store.change(key, more)):
        with pytest.raises(StoreDown) as down:
            asked(ROOM)
        assert str(down.value).startswith(str(file))
        assert reason in str(down.value)
    assert len(told()) == 1
    assert file.read_bytes() == text
    file.write_text('{"_default": {"1": {"n": 1}}}')
    assert store.change(ROOM, more)[0] == {"n": 2}


def test_what_its_game_cannot_load_is_broken_too(server, file, told):
    asked = []

    def load(doc):
        asked.append(doc)
        if doc["n"] > 9:
            raise ValueError("n must be 9 or less")

    store, bob = server.open(), server.open()
    for each in (store, bob):
        each.check("rooms/", load)
    saved = store.change(ROOM, more)
    assert bob.get(ROOM) == saved
    assert store.change(ROOM, more)[0] == {"n": 2}
    assert bob.get(ROOM)[0] == {"n": 2}
    assert asked == []  # What a server wrote needs no check.

    file.write_text(edited(file, n=10))
    assert store.get(ROOM)[0] == {"n": 2}
    assert set(told()) == {f"{file}, line 1: n must be 9 or less. {keeper.MEND}"}
    file.write_text(edited(file, n=9))
    assert store.get(ROOM)[0] == {"n": 9}
    assert store.change(ROOM, more)[0] == {"n": 10}


@HANDS
def test_a_stale_edit_is_set_aside_and_the_operator_told(store, file, data, save, told):
    store.change(ROOM, more)
    opened = edited(file, n=50)
    saved = store.change(ROOM, more)
    save(file, opened)
    assert store.get(ROOM) == saved
    assert json.loads(file.read_text())["_default"]["1"] == {"n": 2}
    (place,) = set_aside(data)
    assert json.loads(place.read_text()) == json.loads(opened)
    (sentence,) = told()
    assert str(file) in sentence
    assert "edited from revision 1, older than 2" in sentence
    assert str(place) in sentence
    assert store.change(ROOM, more)[0] == {"n": 3}


def test_a_stale_edit_is_noticed_by_whoever_comes_next(server, file, data):
    ann = server.start(f"store.change({ROOM!r}, more); print(); sys.stdin.readline()")
    ann.stdout.readline()
    opened = edited(file, n=50)
    server.run(f"store.change({ROOM!r}, more)")
    file.write_text(opened)
    assert server.run(f"print(store.change({ROOM!r}, more)[0])") == "{'n': 3}"
    assert len(set_aside(data)) == 1


def test_with_the_server_stopped_any_edit_is_good(server, store, file, data, told):
    store.change(ROOM, more)
    opened = edited(file, n=50)
    store.change(ROOM, more)
    store.close()
    file.write_text(opened)
    assert server.open().change(ROOM, more)[0] == {"n": 51}
    assert (set_aside(data), told()) == ([], [])


@pytest.mark.parametrize(("module", "call"), [(os, "fsync"), (spare, "exchange")])
def test_when_the_disk_fails_no_change_is_saved_and_the_old_file_stays(
    store, file, monkeypatch, told, module, call
):
    saved = store.change(ROOM, more)
    text = file.read_text()

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, call, full)
        together = [gevent.spawn(store.change, ROOM, more) for _ in range(3)]
        gevent.joinall(together)
    for each in together:
        assert isinstance(each.exception, StoreDown)
        assert str(each.exception) == (
            f"A file in {file.parent} was not saved. "
            "No space left on device: free some space on the disk"
        )
    assert len(told()) == 1
    assert file.read_text() == text
    assert store.get(ROOM) == saved
    assert store.change(ROOM, more)[0] == {"n": 2}


def test_data_that_cannot_be_used_is_refused_with_the_cure(tmp_path):
    (tmp_path / "data").write_text("I am a file.")
    store = open_store(f"tinydb:{tmp_path / 'data'}", Hub())
    with pytest.raises(StoreDown, match="set MYAPP_STORE_URL"):
        store.get(ROOM)


def test_what_is_known_is_not_read_again(store, monkeypatch):
    looks = counted_looks(monkeypatch)
    with store.listen("rooms/"):
        store.change(ROOM, more)
        store.change(ROOM, more, fleeting=True)
        store.get(OTHER)
        for _ in range(10):
            assert store.get(ROOM)[0] == {"n": 2}
            assert store.get(OTHER) is None
    assert len(looks) == 3


def test_what_is_forgotten_is_read_again(store, monkeypatch):
    monkeypatch.setattr(store_tinydb, "KEEPERS", 3)
    with store.listen("rooms/") as bell:
        for n in range(10):
            store.change(f"rooms/R{n}", more)
        for n in range(10):
            assert store.change(f"rooms/R{n}", more)[0] == {"n": 2}
        rooms = {f"rooms/R{n}" for n in range(10)}
        while rooms and (rung := bell.wait(SOON)):
            rooms -= rung
        assert not rooms


def test_a_big_document_is_as_good_as_a_small_one(store):
    big = {"names": ["Zoë" * 100] * 1000}
    store.change(ROOM, lambda _: big)
    assert store.get(ROOM)[0] == big


def test_a_room_made_and_deleted_by_many_is_still_changed_by_one_at_a_time(server, tmp_path):
    program = f"""
import os, time
def toggle(doc):
    os.close(os.open({str(tmp_path / "alone")!r}, os.O_CREAT | os.O_EXCL))
    time.sleep(0.0005)  # Long enough for another to stumble over it.
    os.unlink({str(tmp_path / "alone")!r})
    return None if doc else {{"n": 1}}
for _ in range(100):
    store.change({ROOM!r}, toggle)
"""
    workers = [server.start(program) for _ in range(4)]
    for worker in workers:
        worker.communicate(timeout=60)
        assert worker.returncode == 0


def test_one_who_holds_a_lock_for_ever_stops_only_that_room(store, data):
    store.change(ROOM, more)
    with (data / "rooms" / ".side" / "KXQP.lock").open() as frozen:
        fcntl.flock(frozen, fcntl.LOCK_EX)
        ann = gevent.spawn(store.change, ROOM, more)
        assert store.change(OTHER, more)[0] == {"n": 1}
        assert store.get(ROOM)[0] == {"n": 1}
        assert not ann.ready()
    assert ann.get()[0] == {"n": 2}


def test_whoever_comes_first_clears_what_the_dead_left_behind(server, store, data):
    stray = data / "rooms" / ".side" / "ZZZZ.tmp"
    store.change(ROOM, more)
    stray.write_text("half")
    bob = server.open()
    bob.get(ROOM)
    assert stray.exists()  # A living process may be at it.
    store.close()
    bob.close()
    server.open().get(ROOM)
    assert not stray.exists()


def test_what_a_power_cut_left_empty_is_reaped_all_the_same(store, data):
    (data / "presence").mkdir(parents=True)
    (data / "presence" / "w1.json").touch()
    with store.listen("presence/") as bell:
        assert store.reap("presence/") == ["presence/w1"]
        assert bell.wait(SOON) == {"presence/w1"}
    assert store.get("presence/w1") is None


def test_a_folder_that_is_taken_away_is_watched_again(store, data):
    store.change(ROOM, more)
    with store.listen(ROOM, "rooms/") as bell:
        (data / "rooms").rename(data / "old")
        assert ROOM in bell.wait(SOON)
        assert store.get(ROOM) is None
        assert store.change(ROOM, more)[0] == {"n": 1}
        bell.wait(0)
        moved_over(data / "rooms" / "KXQP.json", edited(data / "rooms" / "KXQP.json", n=7))
        assert ROOM in bell.wait(SOON)
        assert store.get(ROOM)[0] == {"n": 7}


def test_when_the_kernel_drops_events_everybody_looks_again(store, data):
    store.change(ROOM, more)
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    with store.listen(ROOM, "players/") as bell:
        for n in range(limit + 100):
            with (data / "rooms" / f"noise{n % 2}").open("w"):
                pass
        in_place(data / "rooms" / "KXQP.json", edited(data / "rooms" / "KXQP.json", n=7))
        assert bell.wait(SOON) == {ROOM, "players/"}
        assert store.get(ROOM)[0] == {"n": 7}
