"""backup and restore: what Ann and Bob played survives the machine."""

import fcntl
import io
import json
import os
import re
import stat
import tarfile
import threading
from pathlib import Path

import pytest
from tinydb import TinyDB

from myapp.cli.restore import swap
from myapp.journal import states
from tests.cli.conftest import Operator, break_, document, within_reach
from tests.live.crowd import Visitor


@pytest.fixture
def archive(operator, server, code):
    """A backup with Ann's room; the server is stopped then."""
    operator(server).does("backup", "good.tar.gz")
    server.stop()
    return operator(server).folder / "good.tar.gz"


def names(archive):
    with tarfile.open(archive) as opened:
        return sorted(opened.getnames())


def packed(archive, **members):
    """An archive of these members: text, or whatever of a TarInfo is to be another."""
    with tarfile.open(archive, "w:gz") as new:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            if isinstance(text, dict):
                for field, value in text.items():
                    setattr(member, field, value)
                text = ""
            member.size = len(text.encode())
            new.addfile(member, io.BytesIO(text.encode()))
    return archive


def room(code="KXQP", **fields):
    good = {"code": code, "kind": "buzzer", "secret": "00" * 16, **fields}
    return json.dumps({"_default": {"1": good}})


# Backup


def test_a_backup_taken_while_people_play_holds_what_is_to_last(server, operator, ann, code, crowd):
    crowd.looks(ann, f"/{code}")  # makes a document of presence
    said = operator(server).does("backup", "b.tar.gz")
    file = operator(server).folder / "b.tar.gz"
    assert names(file) == [
        "away",
        f"journals/rooms-{code}.jsonl",
        f"rooms/{code}.json",
        "secret-key",
    ]
    assert str(file) in said and re.search(r"1 document, \d+ bytes|1 document, [\d.]+ KB", said)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == ["b.tar.gz"]


def test_without_a_name_it_is_called_after_the_time_and_never_overwrites(server, operator, code):
    operator(server).does("backup")
    (name,) = os.listdir(operator(server).folder)
    assert re.fullmatch(r"vroum-\d{8}-\d{6}\.tar\.gz", name)
    before = (operator(server).folder / name).read_bytes()
    inode = (operator(server).folder / name).stat().st_ino
    said = operator(server).types("backup", name)
    assert said.status == 1 and "exists already" in said.err
    assert (operator(server).folder / name).read_bytes() == before
    operator(server).does("backup", name, "--replace")
    assert (operator(server).folder / name).stat().st_ino != inode
    assert os.listdir(operator(server).folder) == [name]


def test_what_is_in_it_opens_with_plain_tinydb(archive, tmp_path, code):
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "by-hand", filter="data")
    with TinyDB(tmp_path / "by-hand/rooms" / f"{code}.json") as db:
        assert db.all()[0]["code"] == code


def test_every_document_in_it_is_whole_while_all_of_them_change(server, operator, counts):
    people = [Visitor(server, f"Player {n}") for n in range(6)]
    codes = [person.opens_room() for person in people]
    stop = threading.Event()

    def play(person, code):
        while not stop.is_set():
            for verb in ("public", "private"):  # 429: not so fast
                assert person.post(f"/{code}/{verb}")[0] in (303, 429)

    players = [threading.Thread(target=play, args=pair) for pair in zip(people, codes, strict=True)]
    for player in players:
        player.start()
    try:
        for n in range(counts(2, 20)):
            operator(server).does("backup", f"{n}.tar.gz")
    finally:
        stop.set()
        for player in players:
            player.join()
    for file in operator(server).folder.glob("*.tar.gz"):
        with tarfile.open(file) as opened:
            texts = [opened.extractfile(f"rooms/{code}.json").read() for code in codes]
        assert [json.loads(text)["_default"]["1"]["code"] for text in texts] == codes


def test_a_damaged_document_is_left_out_and_told(server, operator, ann, code):
    other = ann.opens_room()
    server.stop()
    break_(server.file(code))
    said = operator(server).types("backup", "b.tar.gz")
    assert said.status == 1 and "Left out, damaged" in said.err and "line 3" in said.err
    assert names(operator(server).folder / "b.tar.gz") == [
        "away",
        f"journals/rooms-{other}.jsonl",
        f"rooms/{other}.json",
        "secret-key",
    ]


def test_a_running_server_lends_its_last_good_document(server, operator, code):
    break_(server.file(code))
    operator(server).does("backup", "b.tar.gz")
    assert f"rooms/{code}.json" in names(operator(server).folder / "b.tar.gz")


def test_a_backup_of_nothing_asks_whether_the_setting_is_right(operator):
    said = operator().types("backup", "b.tar.gz")
    assert said.status == 1 and "MYAPP_STORE_URL" in said.err
    assert os.listdir(operator().folder) == [] and not operator().data.exists()


def test_a_backup_that_finds_no_place_leaves_nothing(server, operator, code):
    said = operator(server).types("backup", "missing/b.tar.gz")
    assert said.status == 1 and "could not be written" in said.err
    assert os.listdir(operator(server).folder) == []


# Restore


def test_another_machine_goes_on_where_the_first_stopped(archive, serve, server, ann, code):
    second = serve()
    second.stop()  # it has made its folders, and a key of its own
    operator = Operator(second.folder, second.data)
    assert "Restored 1 document" in operator.does("restore", archive)
    assert document(second.file(code)) == document(server.file(code))
    second.start()
    ann.server = second
    ann.headers["Origin"] = second.url
    ann.does(f"/{code}/robot")  # by the cookie that the first machine has signed
    assert ann.in_room(code)["seated"]
    for path in (second.data / "secret-key", second.file(code).parent):
        assert not path.stat().st_mode & 0o077


def test_the_journal_moves_along_and_goes_on(archive, serve, server, ann, code):
    def lines(at):
        return (at.data / f"journals/rooms-{code}.jsonl").read_text().splitlines()

    second = serve()
    second.stop()
    first = [json.loads(line) for line in lines(server)]
    assert first and not any("revision" in json.loads(line) for line in lines_in(archive, code))
    operator = Operator(second.folder, second.data)
    operator.does("restore", archive)
    second.start()
    ann.server = second
    ann.headers["Origin"] = second.url
    ann.does(f"/{code}/robot")
    after = [json.loads(line) for line in lines(second)]
    assert [entry.get("changed") for entry in after[: len(first)]] == [
        entry.get("changed") for entry in first
    ]
    assert len(after) > len(first) and not any("whole" in entry for entry in after[1:])
    (*_, last) = states(after)
    assert last == document(second.file(code))
    second.stop()
    said = operator.does("restore", archive, "--replace")
    (before,) = re.findall(r"What was there is in (.+)\.", said)
    assert len((Path(before) / f"journals/rooms-{code}.jsonl").read_text().splitlines()) == len(
        after
    )
    assert len(lines(second)) == len(first)


def lines_in(archive, code):
    with tarfile.open(archive) as opened:
        return opened.extractfile(f"journals/rooms-{code}.jsonl").read().splitlines()


def test_a_missing_folder_is_made(archive, operator, code, tmp_path):
    operator = Operator(tmp_path, tmp_path / "new/data")
    operator.does("restore", archive)
    assert operator.does("check") == "1 document, all good.\n"
    assert code in operator.does("rooms", "list")


def test_data_that_is_there_stays_unless_it_may_be_moved(archive, server, operator, tree, code):
    server.start()
    other = Visitor(server, "Bob").opens_room()
    server.stop()
    before = tree(server.data)
    said = operator(server).types("restore", archive)
    assert said.status == 1 and "holds 2 documents already. Add --replace" in said.err
    assert tree(server.data) == before
    said = operator(server).does("restore", archive, "--replace")
    assert [path.name for path in (server.data / "rooms").glob("*")] == [f"{code}.json"]
    (old,) = server.folder.glob("data.before-*")
    assert str(old) in said
    assert {f"rooms/{code}.json", f"rooms/{other}.json", "secret-key"} <= {*tree(old)}
    assert {name: before[name] for name in tree(old)} == tree(old)


def test_while_a_server_runs_on_the_folder_restore_refuses(archive, server, operator, tree):
    server.start()
    before = tree(server.data)
    said = operator(server).types("restore", archive, "--replace")
    assert said.status == 1 and "stop the server" in said.err
    assert re.search(r"process (\d+)", said.err)[1] in map(str, server.workers)
    assert tree(server.data) == before
    server.kill()  # a crash leaves no lock behind
    operator(server).does("restore", archive, "--replace")


def test_a_server_that_starts_meanwhile_waits_for_the_restore(archive, server, operator, code):
    restoring = os.open(server.data / ".running", os.O_RDWR | os.O_CREAT)
    fcntl.flock(restoring, fcntl.LOCK_EX)
    listing = operator(server).start("rooms", "show", code)
    try:
        with pytest.raises(Exception, match="timed out"):
            listing.wait(2)
        os.close(restoring)
        out, _ = listing.communicate(timeout=20)
        assert "Ann" in out
    finally:
        listing.kill()
        listing.communicate()


FILE = {"type": tarfile.REGTYPE}
GOOD = room()
BAD = {
    "a name that leads out": {"../KXQP.json": GOOD},
    "a name that leads out from within": {"rooms/../../x.json": GOOD},
    "an absolute name": {"/tmp/KXQP.json": GOOD},
    "a link": {"rooms/KXQP.json": {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}},
    "a hard link": {"rooms/KXQP.json": {"type": tarfile.LNKTYPE, "linkname": "secret-key"}},
    "a device": {"rooms/KXQP.json": {"type": tarfile.CHRTYPE}},
    "a folder": {"rooms.json": {"type": tarfile.DIRTYPE}},
    "a file of no known kind": {"rooms/KXQP.json": GOOD, "rooms/run.sh": "rm"},
    "a hidden file": {".running": ""},
    "who is present": {"presence/abc.json": GOOD},
    "a text that is no JSON": {"rooms/KXQP.json": GOOD, "rooms/BCDF.json": "{"},
    "no text": {"rooms/BCDF.json": ""},
    "a room of no known game": {"rooms/KXQP.json": room(kind="halma")},
    "a room that its game cannot load": {"rooms/KXQP.json": room(state={"goal": "x"})},
    "a short key": {"rooms/KXQP.json": GOOD, "secret-key": "short"},
    "a journal of nothing": {"journals/rooms-KXQP.jsonl": '{"whole":{}}'},
    "a journal of something else": {
        "rooms/KXQP.json": GOOD,
        "journals/rooms-KXQP.jsonl": '{"whole":{"code":"KXQP"}}',
    },
    "a journal that was cut": {
        "rooms/KXQP.json": GOOD,
        "journals/rooms-KXQP.jsonl": '{"whole":{"code":"KX',
    },
    "a journal that begins nowhere": {
        "rooms/KXQP.json": GOOD,
        "journals/rooms-KXQP.jsonl": '{"changed":[[["points","p1"],3]]}',
    },
    "a text too long": {"rooms/KXQP.json": GOOD, "rooms/BCDF.json": " " * (16 * 1024 * 1024 + 1)},
}


@pytest.mark.parametrize("what", BAD)
def test_an_archive_with_something_bad_changes_nothing(operator, tmp_path, what):
    operator().data.mkdir()
    said = operator().types("restore", packed(tmp_path / "bad.tar.gz", **BAD[what]))
    assert said.status == 1 and "is damaged" in said.err and "Nothing was changed" in said.err
    assert {*os.listdir(operator().data)} <= {".running"}
    assert sorted(os.listdir(tmp_path)) == ["bad.tar.gz", "data", "desk"]


def test_a_name_twice_changes_nothing(operator, tmp_path):
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as new:
        for _ in range(2):
            member = tarfile.TarInfo("rooms/KXQP.json")
            member.size = len(GOOD)
            new.addfile(member, io.BytesIO(GOOD.encode()))
    assert "one too many" in operator().types("restore", tmp_path / "bad.tar.gz").err
    assert {*os.listdir(operator().data)} <= {".running"}


def test_every_archive_that_was_cut_or_altered_changes_nothing(
    archive, operator, server, tree, counts
):
    good, before = archive.read_bytes(), tree(server.data)
    step = len(good) // counts(4, 40)
    damaged = [good[:at] for at in range(0, len(good) - 1, step)]
    damaged += [
        good[:at] + bytes([good[at] ^ 255]) + good[at + 1 :] for at in range(64, len(good), step)
    ]
    for text in damaged:
        archive.write_bytes(text)
        said = operator(server).types("restore", archive, "--replace")
        assert said.status == 1 and "Nothing was changed" in said.err, said
        assert tree(server.data) == before
    assert not [*server.folder.glob("data.before-*")]


def test_what_is_no_archive_is_told(operator, tmp_path):
    (tmp_path / "notes.txt").write_text("Dear Ann,")
    said = operator().types("restore", tmp_path / "notes.txt")
    assert said.status == 1 and "does not unpack" in said.err


def test_a_backup_without_a_key_leaves_the_servers_own(operator, server, code, archive, tmp_path):
    own = (server.data / "secret-key").read_bytes()
    operator(server).does(
        "restore", packed(tmp_path / "b.tar.gz", **{"rooms/KXQP.json": GOOD}), "--replace"
    )
    assert (server.data / "secret-key").read_bytes() == own
    assert [path.name for path in (server.data / "rooms").glob("*.json")] == ["KXQP.json"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_where_nothing_can_be_made_beside_the_old_data_stays_within(tmp_path):
    for above in within_reach(tmp_path):
        above.chmod(0o755)
    folder, new = tmp_path / "data", tmp_path / "data/.restore-1"
    for path in (folder / "rooms", new / "rooms"):
        path.mkdir(parents=True)
    (folder / "rooms/KXQP.json").write_text("old")
    (new / "rooms/KXQP.json").write_text("new")
    for path in (folder, new, *folder.rglob("*"), *new.rglob("*")):
        os.chown(path, 65534, -1)
    os.seteuid(65534)
    try:
        old = swap(folder, new)
    finally:
        os.seteuid(0)
    assert old.parent == folder and (old / "rooms/KXQP.json").read_text() == "old"
    assert (folder / "rooms/KXQP.json").read_text() == "new"


def test_a_swap_that_fails_half_way_is_taken_back(tmp_path, monkeypatch):
    folder, new = tmp_path / "data", tmp_path / "data/.restore-1"
    for path in (folder / "rooms", folder / "queue", new / "rooms"):
        path.mkdir(parents=True)
        (path / "KXQP.json").write_text(str(path))
    before = sorted(folder.rglob("*"))
    real = Path.rename

    def rename(path, target):
        if path.parent == new:
            raise OSError(5, "Input/output error", str(path))
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="Input/output"):
        swap(folder, new)
    assert sorted(folder.rglob("*")) == before and os.listdir(tmp_path) == ["data"]
