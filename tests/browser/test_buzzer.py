"""Ann and Bob play the buzzer, each with a real browser."""

import re

from playwright.sync_api import expect

from tests.conftest import PARTY, wait_for
from tests.live.crowd import worker_of


def play_three_rounds(ann, bob):
    """Everyone sees GO, the winner presses, everyone sees the results; three times."""
    ann.press("Start")
    for number, winner in enumerate((ann, bob, ann), start=1):
        for person in (ann, bob):
            person.sees("status", "Game", "GO!")
        winner.page.wait_for_timeout(200)  # faster than a tenth of a second is a false start
        winner.page.keyboard.press("Space")
        for person in (ann, bob):
            expect(person.page.get_by_role("table", name="Results")).to_contain_text(winner.name)
        if number < 3:
            ann.sees("status", "Game", "Wait for it...")


def test_ann_and_bob_play_three_rounds(serve, people):
    ann, bob = people(serve().url, "Ann", "Bob")
    ann.enter()
    code = ann.open_room()
    bob.enter()
    bob.join(code)
    for person in (ann, bob):
        person.live()
        for name in ("Ann", "Bob"):
            person.sees("list", "Players", name)
    play_three_rounds(ann, bob)
    row = ann.page.get_by_role("row").filter(has_text="Ann")
    row.get_by_text("Why?").click()
    expect(row).to_contain_text("The page reported")
    expect(row).to_contain_text(re.compile(r"Accepted.*ms"))


def test_they_play_on_different_workers_behind_nginx_from_phones(serve, people):
    """By a name with a port on plain http, where browsers send no Sec-Fetch-Site."""
    server = serve(nginx=True, WEB_CONCURRENCY="2")
    ann, bob = people(f"http://{PARTY}:{server.port}", "Ann", "Bob")
    sent = []
    bob.page.on("request", lambda request: sent.append(request.all_headers()))
    ann.enter()
    code = ann.open_room()
    bob.enter(f"/{code}")

    def worker(person):
        person.live()
        return wait_for(lambda: worker_of(server, person.tab_id))

    for _ in range(30):
        if worker(ann) != worker(bob):
            break
        bob.page.reload()
    assert {worker(ann), worker(bob)} == set(server.workers)
    play_three_rounds(ann, bob)
    assert sent and not any("sec-fetch-site" in headers for headers in sent)
