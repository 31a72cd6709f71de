"""Store: whatever the disk does, a document is whole, and nobody is told what is not so."""

import http.client
import random
import secrets
import shutil
import subprocess
import threading
import time
from contextlib import suppress

import pytest

from myapp.hub import Hub
from myapp.room import Room
from myapp.store import open_store
from tests.conftest import wait_for
from tests.faults.lines import hold, read_until
from tests.live.crowd import document, edit


def all_readable(server):
    """Every room on the disk is a room."""
    files = list((server.data / "rooms").glob("*.json"))
    assert files
    return [Room.load(document(path)) for path in files]


class Presser(threading.Thread):
    """Somebody who gives up the seat and takes it again, in one room after the other."""

    def __init__(self, person, codes):
        super().__init__()
        self.person, self.codes = person, codes
        self.acknowledged = {}  # the last action id by room
        self.stop = threading.Event()

    def run(self):
        seated = {code: self.person.in_room(code)["seated"] for code in self.codes}
        while not self.stop.wait(0.11):  # no faster than a player may
            code, act = random.choice(self.codes), secrets.token_hex(12)
            try:
                verb = "watch" if seated[code] else "sit"
                if self.person.post(f"/{code}/{verb}", act=act)[0] != 303:
                    return
            except (OSError, http.client.HTTPException):
                return
            seated[code] = not seated[code]
            self.acknowledged[code] = act


def test_kill_9_loses_nothing_that_was_acknowledged(pair, visit, counts):
    """Fault 40."""
    people = [visit(name, at=pair) for name in ("Ann", "Bob", "Cem")]
    codes = [person.opens_room() for person in people]
    for person in people:
        for code in codes:
            person.does(f"/{code}/join")
    acknowledged = 0
    for _ in range(counts(2, 60)):
        pressers = [Presser(person, codes) for person in people]
        for presser in pressers:
            presser.start()
        time.sleep(0.5 + random.random() / 2)
        pair.kill()
        (pair.folder / "run/gunicorn.pid").unlink()  # its number may still be a zombie's here
        for presser in pressers:
            presser.stop.set()
            presser.join()
        all_readable(pair)
        for presser in pressers:
            for code, act in presser.acknowledged.items():
                acknowledged += 1
                me = presser.person.in_room(code)["id"]
                assert act in document(pair.file(code))["acts"][me]
        pair.start()
    assert acknowledged


def test_two_workers_lose_no_change_between_them(pair, visit, counts):
    """Fault 41."""
    crowd = [visit(f"P{n}", at=pair) for n in range(counts(12, 60))]
    code = crowd[0].opens_room()
    rounds = counts(2, 8)

    def come_and_go(person):
        for _ in range(rounds):
            person.does(f"/{code}/join")
            person.does(f"/{code}/leave")
        person.does(f"/{code}/join")

    threads = [threading.Thread(target=come_and_go, args=(person,)) for person in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    people = [p for p in document(pair.file(code))["people"] if not p["left"]]
    assert sorted(p["name"] for p in people) == sorted(p.name for p in crowd)
    assert len({p["key"] for p in people}) == len({p["id"] for p in people}) == len(crowd)


def test_a_file_changed_by_hand_is_shown_and_a_broken_one_is_not(server, ann, code):
    """Fault 43."""
    line, _ = hold(ann, f"/{code}/live")
    read_until(line, b'id="host"')
    path = server.file(code)

    def renamed(doc, name):
        doc["people"][0]["name"] = name

    edit(path, lambda doc: renamed(doc, "Moved"))
    read_until(line, b"Moved")
    subprocess.run(["sed", "-i", "s/Moved/Edited/", path], check=True)
    read_until(line, b"Edited")
    path.write_text(path.read_text().replace("Edited", "Written"))
    read_until(line, b"Written")
    good = path.read_text()
    path.write_text(good[:-20])
    assert "Written" in ann.ask("GET", f"/{code}")[2]
    assert f"{code}.json" in wait_for(server.log.read_text)
    path.write_text(good.replace("Written", "Mended"))
    read_until(line, b"Mended")
    path.unlink()
    read_until(line, b"This room is closed")
    line.close()
    assert ann.ask("GET", f"/{code}")[0] == 404


def test_when_the_data_goes_away_and_comes_back_so_do_the_players(start_server, visit):
    """Fault 44, for the store that there is: its folder is gone for a while."""
    server = start_server(nginx=True)
    ann = visit("Ann", at=server)
    code = ann.opens_room()
    line, _ = hold(ann, f"/{code}/live")
    read_until(line, b'id="host"')
    rooms, away = server.data / "rooms", server.data / "away"
    rooms.rename(away)
    assert ann.post(f"/{code}/lock")[0] in (404, 503)
    assert server.ask("GET", "/healthz")[0] == 200
    line.close()
    wait_for(lambda: _back(rooms, away))
    assert wait_for(lambda: ann.ask("GET", f"/{code}")[0] == 200)
    ann.does(f"/{code}/lock")
    line, _ = hold(ann, f"/{code}/live")
    read_until(line, b'id="host"')
    line.close()
    assert document(server.file(code))["door"]["locked"]


def _back(rooms, away):
    shutil.rmtree(rooms, ignore_errors=True)  # a folder that was made anew meanwhile
    with suppress(OSError):
        away.rename(rooms)
    return rooms.exists() and not away.exists()


def test_a_store_that_does_not_exist_is_refused_at_the_door():
    """Fault 44, for a store that there is not."""
    with pytest.raises(ValueError, match="nosuch"):
        open_store("nosuch://127.0.0.1/0", Hub())
