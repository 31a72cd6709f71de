"""Game: a move counts once, in its turn, for whoever was first; and what is hidden stays hidden."""

import json
import threading
import time

import pytest

from tests.conftest import wait_for
from tests.faults.conftest import fresh_address
from tests.faults.lines import hold, read_until
from tests.live.crowd import Visitor, document, edit


@pytest.fixture
def playing(ann, bob, code, server):
    """Ann and Bob wait for GO."""
    bob.does(f"/{code}/join")
    ann.does(f"/{code}/start")
    return code


def game(server, code):
    return document(server.file(code))["state"]


def until_go(server, code):
    """GO comes, because somebody looks."""
    wait_for(lambda: game(server, code)["phase"] == "go", 10)


def test_a_move_out_of_turn_twice_or_after_the_end_changes_nothing(
    server, ann, bob, charlie, playing
):
    """Fault 26."""
    line, _ = hold(ann, f"/{playing}/live")
    before = game(server, playing)
    assert bob.post(f"/{playing}/play/first_to", points=5)[0] == 409  # not the host
    assert ann.post(f"/{playing}/play/first_to", points=5)[0] == 409  # not before the start
    assert charlie.post(f"/{playing}/play/buzz", round=1)[0] == 403
    assert game(server, playing)["goal"] == before["goal"]
    until_go(server, playing)
    time.sleep(0.15)  # nobody reacts faster
    assert ann.post(f"/{playing}/play/buzz", round=1)[0] == 303
    once = game(server, playing)["rows"]
    status, _, text = ann.post(f"/{playing}/play/buzz", round=1)
    assert status == 409 and "Your first press counts." in text
    ann.does(f"/{playing}/pause")
    assert bob.post(f"/{playing}/play/buzz", round=1)[0] == 409
    assert game(server, playing)["rows"] == once
    line.close()


@pytest.mark.parametrize("round", [0, 2, 10**30])
def test_a_move_in_a_round_that_is_over_is_refused_and_the_page_is_fresh(
    server, ann, playing, round
):
    """Fault 27."""
    before = game(server, playing)
    status, _, text = ann.post(f"/{playing}/play/buzz", round=round)
    assert status == 409 and "that round is over" in text
    assert game(server, playing) == before
    assert "Round 1" in ann.ask("GET", f"/{playing}")[2]


def test_of_two_who_take_the_last_seat_at_one_instant_one_has_it(server, counts):
    """Fault 28."""
    ann = Visitor(server, "Ann", fresh_address())
    code = ann.opens_room()
    robots = [
        {
            "key": f"p{n + 2}",
            "id": f"robot-p{n + 2}",
            "name": f"Robot {n + 2}",
            "seated": True,
            "robot": True,
        }
        for n in range(62)
    ]

    def filled(doc):
        doc["people"] += robots
        doc["keys"] = 63

    edit(server.file(code), filled)
    wait_for(lambda: "63 of 64" in ann.ask("GET", f"/{code}")[2])
    left = counts(30, 1000)
    while left:
        pair = [Visitor(server, f"{name} {left}", fresh_address()) for name in ("Bob", "Cem")]
        for _ in range(min(left, 8)):  # so many as a player may press at once
            left -= 1
            seats = []
            start = threading.Barrier(2)

            def take(person, start=start, seats=seats):
                start.wait()
                person.does(f"/{code}/join")
                seats.append(person.in_room(code)["seated"])

            threads = [threading.Thread(target=take, args=(person,)) for person in pair]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(seats) == [False, True]
            people = document(server.file(code))["people"]
            assert sum(p["seated"] for p in people) == 64
            for person in pair:
                person.does(f"/{code}/leave")


def test_the_same_action_sent_ten_times_at_one_instant_is_one(server, ann, code, counts):
    """Fault 28."""
    body, kind = json.dumps({"act": "c" * 24}), {"Content-Type": "application/json"}
    seen = []
    threads = [
        threading.Thread(
            target=lambda: seen.append(ann.ask("POST", f"/{code}/robot", body, kind)[0])
        )
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [303] * 10
    assert len(document(server.file(code))["people"]) == 2


def test_no_byte_says_when_go_comes_or_who_is_who(server, ann, bob, charlie, playing):
    """Fault 29."""
    seen = b""
    for person in (ann, bob, charlie):
        for view in ("", "?view=screen", "?view=obs"):
            line, _ = hold(person, f"/{playing}/live{view}")
            seen += read_until(line, b'id="host"' if not view else b'id="people"')
            line.close()
            seen += person.ask("GET", f"/{playing}{view}")[2].encode()
    doc = document(server.file(playing))
    state = doc["state"]
    assert state["phase"] == "wait"
    secrets = [doc["secret"], doc["opened_by"], *(p["id"] for p in doc["people"])]
    secrets += [act for acts in doc["acts"].values() for act in acts]
    secrets += [f"{state['until']:.2f}", f"{doc['clock']['since'] + state['until']:.1f}"]
    assert not [secret for secret in secrets if secret.encode() in seen]
    for name in (b"Ann", b"Bob"):
        assert name in seen


def test_while_the_server_was_down_nobodys_time_ran_out(start_server, visit):
    """Fault 30. GO was due while nobody could see it: it is drawn anew, not shown late."""
    server = start_server(nginx=False)
    ann, bob = visit("Ann", at=server), visit("Bob", at=server)
    code = ann.opens_room()
    bob.does(f"/{code}/join")
    ann.does(f"/{code}/start")
    server.kill()
    due = game(server, code)["until"]

    def ten_seconds_later(doc):  # as if it had been down for so long
        doc["clock"]["since"] -= 10

    edit(server.file(code), ten_seconds_later)
    server.start()
    line, _ = hold(ann, f"/{code}/live")
    assert b"GO!" not in read_until(line, b'id="host"').split(b"retry:")[-1]
    line.close()
    state = wait_for(lambda: game(server, code)["until"] > due and game(server, code))
    assert state["phase"] == "wait" and state["round"] == 1 and not state["rows"]
