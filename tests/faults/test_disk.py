"""Disk: system calls fail under the store; players hear it in a sentence, and nothing is lost."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from myapp.journal import entries, states
from tests.conftest import wait_for
from tests.faults.lines import hold, read_until
from tests.faults.trap import trap
from tests.live.crowd import document

CALLS = [
    *("openat", "pwrite64", "fsync", "renameat2", "folder fsync", "openat of the lock", "flock"),
    *("openat of the journal", "pwrite64 of the journal", "fsync of the journal"),
]


def led(server, code):
    """The document that the room's journal leads to."""
    text = (server.data / f"journals/rooms-{code}.jsonl").read_bytes()
    (*_, last) = states(entries(text))
    return last


@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "EACCES"])
@pytest.mark.parametrize("call", CALLS)
def test_when_the_disk_fails_the_old_document_stays_and_the_next_change_works(
    server, ann, bob, code, tmp_path, call, error
):
    """Fault 42."""
    path, side = server.file(code), server.data / "rooms/.side"
    temp, lock = side / f"{code}.tmp", side / f"{code}.lock"
    places = {"folder fsync": path.parent, "openat of the lock": lock, "flock": lock}
    journal = server.data / f"journals/rooms-{code}.jsonl"
    place = journal if call.endswith("of the journal") else places.get(call, temp)
    assert ann.post(f"/{code}/unlock")[0] == 303  # From now on there is a file to spare.
    assert ann.post(f"/{code}/public")[0] == 303
    before = document(path)
    name = call.removeprefix("folder ").split()[0]
    with trap(server, tmp_path, name, error, place):
        status, headers, text = ann.post(f"/{code}/lock", act="a" * 24)
        assert status == 503 and headers["Retry-After"] and "cannot save right now" in text
        after = document(path)
        assert after == before or (call == "folder fsync" and after["door"]["locked"])
        assert ann.ask("GET", f"/{code}")[0] in (200, 503)
        assert bob.ask("GET", "/healthz")[0] == 200
    assert ann.post(f"/{code}/lock", act="a" * 24)[0] == 303
    assert document(path)["door"]["locked"]
    assert ann.post(f"/{code}/unlock")[0] == 303
    assert led(server, code) == document(path)


@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "EACCES"])
def test_when_the_flush_fails_that_many_rooms_share_each_host_hears_it(
    server, visit, tmp_path, error
):
    """Fault 42."""
    hosts = [visit(f"Host {n}") for n in range(12)]
    codes = [host.opens_room() for host in hosts]
    refused = []

    def plays(n):
        locked = False
        for turn in range(16):
            door = ("lock", "unlock")[turn % 2]
            status, _, text = hosts[n].post(f"/{codes[n]}/{door}")
            if status == 303:
                locked = door == "lock"
            else:
                assert status == 503 and "cannot save right now" in text
                refused.append(n)
            assert document(server.file(codes[n]))["door"]["locked"] == locked

    with trap(server, tmp_path, "syncfs", error), ThreadPoolExecutor(12) as threads:
        for done in [threads.submit(plays, n) for n in range(12)]:
            done.result()
    assert refused
    for host, code in zip(hosts, codes, strict=True):
        assert host.post(f"/{code}/public")[0] == 303
        assert document(server.file(code))["public"]
        assert led(server, code) == document(server.file(code))


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_when_the_disk_fails_a_page_with_scripts_gets_the_sentence_and_streams_stay(
    server, ann, bob, code, tmp_path, error
):
    """Fault 42."""
    line, _ = hold(bob, f"/{code}/live")
    read_until(line, b'id="host"')
    with trap(server, tmp_path, "fsync", error, server.data / f"rooms/.side/{code}.tmp"):
        status, _, text = ann.post(f"/{code}/lock", headers={"Datastar-Request": "true"})
        assert status == 200 and "cannot save right now" in text and 'role="alert"' in text
    ann.does(f"/{code}/lock")
    read_until(line, b"This room is locked.")
    line.close()


def test_when_the_disk_is_full_no_room_opens_and_none_is_left_half(server, ann, tmp_path):
    """Fault 42."""
    with trap(server, tmp_path, "fsync", "ENOSPC"):
        before = {path.name for path in (server.data / "rooms").iterdir()}
        status, headers, text = ann.post("/rooms", game="buzzer", act="b" * 24)
        assert status == 503 and headers["Retry-After"] and "cannot save" in text
        assert {path.name for path in (server.data / "rooms").iterdir()} == before
        assert server.ask("GET", "/readyz")[0] == 503
        assert server.ask("GET", "/healthz")[0] == 200
    assert ann.post("/rooms", game="buzzer", act="b" * 24)[0] == 303
    assert server.ask("GET", "/readyz")[0] == 200


def test_who_came_while_the_disk_failed_is_known_to_all_when_it_works_again(
    pair, visit, crowd, tmp_path
):
    """Fault 42."""
    ann, bob = (visit(name, at=pair) for name in ("Ann", "Bob"))
    code = ann.opens_room()
    bob.does(f"/{code}/join")
    time.sleep(0.3)
    with trap(pair, tmp_path, "rename", "EIO"):
        page = crowd.looks(bob, f"/{code}")
    wait_for(lambda: page.worker, 5)  # the document of who is here says so
    assert "Traceback" not in pair.log.read_text()
