"""Limits: who asks for too much is told to wait, and others at the same address are not."""

import threading
import time

from tests.faults.conftest import fresh_address
from tests.live.crowd import Visitor


class Player(threading.Thread):
    """Somebody who gives up the seat and takes it again, twice a second, for so many times."""

    def __init__(self, visitor, code, times):
        super().__init__()
        self.visitor, self.code, self.times = visitor, code, times
        self.seen, self.slowest = [], 0.0

    def run(self):
        for n in range(self.times):
            began = time.monotonic()
            self.seen.append(self.visitor.post(f"/{self.code}/{'sit' if n % 2 else 'watch'}")[0])
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(max(0.0, began + 0.5 - time.monotonic()))


def test_one_who_floods_is_told_to_wait_while_forty_at_the_same_address_play_on(server, counts):
    school = fresh_address()
    people = [Visitor(server, f"P{n}", school) for n in range(40)]
    flood = [Visitor(server, f"Eve {n}", school) for n in range(2)]
    code = people[0].opens_room()
    for person in people[1:]:
        person.does(f"/{code}/join")
    players = [Player(person, code, counts(6, 60)) for person in people]
    for player in players:
        player.start()
    rooms, commands, waits = [], [], set()

    def open_rooms():
        for _ in range(500):
            status, headers, _ = flood[0].post("/rooms", game="buzzer")
            rooms.append(status)
            if status == 429:
                waits.add(headers.get("Retry-After"))

    def press():
        flood[1].post(f"/{code}/join")
        for _ in range(counts(100, 1500)):
            began = time.monotonic()
            status, headers, _ = flood[1].post(f"/{code}/watch")
            commands.append(status)
            if status == 429:
                waits.add(headers.get("Retry-After"))
            time.sleep(max(0.0, began + 0.02 - time.monotonic()))

    floods = [threading.Thread(target=what) for what in (open_rooms, press)]
    for thread in floods:
        thread.start()
    for thread in [*floods, *players]:
        thread.join()
    assert set(rooms) == {303, 429} and rooms.count(303) <= 30
    assert commands.count(429) > 30 and set(commands) <= {303, 429}
    assert waits and all(wait and int(wait) >= 1 for wait in waits)
    assert {status for player in players for status in player.seen} == {303}
    assert max(player.slowest for player in players) < 1


def test_five_hundred_rooms_from_one_address_are_too_many_whoever_asks(server, counts):
    """Each with a new name: the address counts."""
    school, seen = fresh_address(), []
    for n in range(counts(10, 60)):
        eve = Visitor(server, f"Eve {n}", school)
        seen += [eve.post("/rooms", game="buzzer")[:2] for _ in range(10)]
    assert 60 <= sum(status == 303 for status, _ in seen) <= 60 + 30
    refused = [headers for status, headers in seen if status == 429]
    assert refused and all(int(headers["Retry-After"]) >= 1 for headers in refused)


def test_who_types_a_new_name_all_day_is_told_to_wait(server, counts):
    """Log-ins of one address: each makes somebody whose limits begin anew."""
    eve, seen = Visitor(server, "Eve", fresh_address()), []
    del eve.headers["Cookie"]
    for n in range(500):
        seen.append(eve.post("/enter", name=f"Eve {n}")[0])
    assert seen.count(303) >= 100, "a school comes in at once"
    assert seen.count(429) >= 100


def test_limits_of_one_worker_are_those_of_all(pair, visit):
    ann = visit("Ann", at=pair)
    seen = [ann.post("/rooms", game="buzzer")[0] for _ in range(14)]
    assert seen == [303] * 10 + [429] * 4


def test_a_refused_player_may_go_on_when_told(server, visit):
    ann = visit("Ann")
    code = ann.opens_room()
    seen = [ann.post(f"/{code}/lock") for _ in range(40)]
    wait = next(int(headers["Retry-After"]) for status, headers, _ in seen if status == 429)
    time.sleep(wait)
    assert ann.post(f"/{code}/lock")[0] == 303
    assert ann.ask("GET", f"/{code}")[0] == 200


def test_a_refusal_for_haste_reaches_a_page_with_scripts(visit):
    """As a patch, which needs status 200."""
    ann = visit("Ann")
    code = ann.opens_room()
    seen = [ann.post(f"/{code}/lock", headers={"Datastar-Request": "true"}) for _ in range(80)]
    status, headers, text = next(answer for answer in seen if answer[0] != 204)
    assert status == 200 and int(headers["Retry-After"]) >= 1
    assert 'role="alert"' in text and "Not so fast" in text
