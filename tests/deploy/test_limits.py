"""Limits by address, through nginx: a school plays, and who floods is told how long to wait."""

import http.client
import itertools
import threading
from collections import Counter

from tests.conftest import wait_for
from tests.live.crowd import DONE, Visitor

SCHOOL = "127.2.0.1"  # one line for everybody


def test_fifty_players_behind_one_line_play_while_one_of_them_opens_500_rooms(serve, crowd, counts):
    server = serve(nginx=True, WEB_CONCURRENCY="2")
    pupils = [Visitor(server, f"Pupil {n}", SCHOOL) for n in range(counts(20, 50))]
    code = pupils[0].opens_room()
    for pupil in pupils[1:]:
        pupil.does(f"/{code}/join")
    for pupil in pupils:
        crowd.opens(pupil, f"/{code}")
    wait_for(lambda: all(page.live for page in crowd.pages))

    eager = Visitor(server, "Eager", SCHOOL)
    tries, answers, waits = counts(120, 500), Counter(), []

    def opens_rooms():
        for _ in range(tries):
            status, headers, _ = eager.post("/rooms", game="buzzer")
            answers[status] += 1
            if status == 429:
                waits.append(int(headers["Retry-After"]))

    thread = threading.Thread(target=opens_rooms)
    thread.start()
    for pupil, verb in itertools.product(pupils, ["watch", "sit"]):
        status, _, text = pupil.post(f"/{code}/{verb}")
        assert status == DONE or "seat" in text, f"{pupil.name}: {verb} {status} {text}"
    thread.join()
    assert set(answers) == {DONE, 429}
    assert answers[429] > tries / 2
    assert len(waits) == answers[429]
    assert min(waits) >= 1
    assert not [page.refusals for page in crowd.pages if page.refusals or page.cuts]


def test_a_flood_from_one_address_is_told_to_wait_and_others_are_not(serve):
    server = serve(nginx=True)
    line = http.client.HTTPConnection(
        "127.0.0.1", server.port, timeout=20, source_address=(SCHOOL, 0)
    )
    for _ in range(10_000):
        line.request("GET", "/healthz")
        answer = line.getresponse()
        said = answer.read().decode()
        if answer.status != 200:
            break
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "1"
    assert "Wait a second" in said
    assert server.ask("GET", "/healthz")[0] == 200
    line.request("GET", "/static/vroum.css")
    assert line.getresponse().status == 200
    line.close()
