"""Pages as people meet them: alone, without scripts, on a phone, with a bad line, in many tabs."""

import gzip
import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.conftest import PARTY, together

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def server(serve):
    return serve()


@pytest.fixture
def room(server, people):
    """Ann's room with Bob in it, everyone live: (server, ann, bob)."""
    ann, bob = people(server.url, "Ann", "Bob")
    together(ann, bob)
    return server, ann, bob


def test_a_visitor_alone_plays_a_round_within_thirty_seconds(server, people):
    (ann,) = people(server.url, "Ann")
    ann.page.goto("/")
    practice = ann.page.get_by_role("region", name="Practice")
    practice.get_by_role("button", name="Buzz").dispatch_event(
        "pointerdown", {"isPrimary": True, "button": 0}
    )
    expect(practice.get_by_text("GO!")).to_be_visible(timeout=10_000)
    ann.page.wait_for_timeout(200)
    ann.page.keyboard.press("Space")
    expect(practice.get_by_role("status")).to_contain_text(re.compile(r"Last \d+ ms"))


def test_name_create_and_join_work_without_javascript(server, people):
    ann, bob = people(server.url, "Ann", "Bob", java_script_enabled=False)
    ann.enter()
    code = ann.open_room()
    bob.enter()
    bob.join(code)
    for person in (ann, bob):
        person.page.reload()
        for name in ("Ann", "Bob"):
            person.sees("list", "Players", name)
    ann.press("Start")
    ann.sees("status", "Game", "Wait for it...")


def test_two_wait_for_a_quick_match_and_meet(server, people):
    ann, bob = people(server.url, "Ann", "Bob")
    for person in (ann, bob):
        person.enter()
        expect(person.page.get_by_role("button", name="New Buzzer room")).to_be_visible()
    ann.press("Quick match: Buzzer")
    ann.sees("status", "Queue", "number 1 of 1")
    bob.press("Quick match: Buzzer")
    for person in (ann, bob):
        person.page.wait_for_url(re.compile(r"/[A-Z]{4}$"))
        for name in ("Ann", "Bob"):
            person.sees("list", "Players", name)
    assert ann.code == bob.code


def test_a_public_room_comes_and_goes_on_the_first_page(room, people):
    server, ann, _ = room
    (cem,) = people(server.url, "Cem")
    cem.page.goto("/")
    rows = cem.page.get_by_role("list", name="Public rooms").get_by_role("listitem")
    expect(rows).to_have_count(0)
    ann.press("Make public")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(ann.code)
    server.file(ann.code).unlink()
    expect(rows).to_have_count(0, timeout=1000)


def test_a_reload_keeps_the_seat(room):
    _, ann, bob = room
    bob.page.reload()
    bob.live()
    bob.sees("list", "Players", "Bob")
    expect(ann.page.get_by_role("list", name="Players").get_by_role("listitem")).to_have_count(2)


def test_pages_heal_by_themselves_when_the_server_was_killed(room):
    server, ann, bob = room
    server.kill()
    ann.sees("status", "Connection", "Reconnecting...")
    server.start()
    for person in (ann, bob):
        person.live()
    bob.press("Watch")
    ann.sees("list", "Watching", "Bob")


def test_pages_heal_when_the_server_stops_in_good_order(room):
    server, ann, bob = room
    os.kill(server.master, signal.SIGHUP)
    bob.press("Watch")
    ann.sees("list", "Watching", "Bob")
    for person in (ann, bob):
        person.live()


def test_a_page_says_that_it_is_offline_and_comes_back(room):
    _, ann, bob = room
    bob.context.set_offline(True)
    bob.sees("status", "Connection", "Offline")
    ann.press("Lock")
    bob.context.set_offline(False)
    bob.live()
    expect(bob.page.get_by_text("locked", exact=True)).to_be_visible()


def test_the_oldest_of_four_tabs_rests_until_it_is_used_again(room):
    _, ann, bob = room
    tabs = [bob.page]
    for _ in range(3):
        tabs.append(bob.tab())
        tabs[-1].goto(f"/{bob.code}")
        bob.live(tabs[-1])
    rest = "Opened elsewhere"
    expect(tabs[0].get_by_role("heading", name=rest)).to_be_visible()
    for tab in tabs[1:]:
        expect(tab.get_by_role("heading", name=rest)).to_be_hidden()
    bob.sees("status", "Connection", "Offline", tabs[0])
    tabs[0].get_by_role("button", name="Use here").click()
    bob.live(tabs[0])
    expect(tabs[1].get_by_role("heading", name=rest)).to_be_visible()
    for tab in (tabs[0], tabs[2], tabs[3]):
        expect(tab.get_by_role("heading", name=rest)).to_be_hidden()
    expect(ann.page.get_by_role("list", name="Players").get_by_role("listitem")).to_have_count(2)


def test_a_refusal_is_a_sentence_for_the_one_who_asked(room):
    _, ann, bob = room
    bob.page.evaluate(
        """code => { const form = document.querySelector('#me form');
        form.action = `/${code}/remove`; form.setAttribute('action', `/${code}/remove`);
        form.insertAdjacentHTML('beforeend', '<input name=player value=p1>');
        form.requestSubmit(); }""",
        bob.code,
    )
    expect(bob.page.get_by_role("alert")).to_contain_text("Only the host can do that.")
    expect(ann.page.get_by_role("alert")).to_be_empty()
    expect(ann.page.get_by_role("list", name="Players").get_by_role("listitem")).to_have_count(2)


def test_cem_knocks_at_a_locked_door_and_is_let_in(room, people):
    server, ann, _ = room
    ann.press("Lock")
    (cem,) = people(server.url, "Cem")
    cem.enter(f"/{ann.code}")
    cem.press("Ask to come in")
    cem.sees("status", "Door", "Waiting for the host...")
    assert "Bob" not in cem.page.content()
    ann.press("Let Cem in")
    cem.sees("list", "Players", "Cem")
    ann.press("Remove Cem")
    expect(cem.page.get_by_text("You were removed")).to_be_visible()


def test_a_second_tom_is_offered_a_name_in_one_tap(server, people):
    ann, twin = people(server.url, "Tom", "tοm")  # the second has a Greek letter in it
    ann.enter()
    code = ann.open_room()
    twin.enter(f"/{code}")
    twin.press("Join as tοm 2")
    ann.sees("list", "Players", "tοm 2")


def test_phones_on_the_local_network_play_too(serve, people):
    """Plain http to a name that is not localhost: browsers then send no Sec-Fetch-Site."""
    server = serve(nginx=True)
    ann, bob = people(f"http://{PARTY}:{server.port}", "Ann", "Bob", **PHONE)
    headers = []
    ann.page.on("request", lambda request: headers.append(request.all_headers()))
    ann.enter()
    code = ann.open_room()
    bob.enter(f"/{code}")
    ann.sees("list", "Players", "Bob")
    assert not ann.page.evaluate("isSecureContext")
    assert headers and not any("sec-fetch-site" in sent for sent in headers)


def test_the_first_page_is_under_50_kilobytes_compressed(serve):
    server = serve(nginx=True)
    status, _, page = server.ask("GET", "/")
    assert status == 200
    assets = re.findall(r'(?:src|href)="(/static[^"]+\.(?:css|js|svg))"', page)
    parts = [page, *(server.ask("GET", url)[2] for url in assets)]
    assert len(parts) == 5  # the page, its style, its icon, our script and Datastar
    assert sum(len(gzip.compress(part.encode(), 5)) for part in parts) < 60_000
    zipped = server.ask("GET", re.findall(r'href="(/static/\w+/vroum.css)"', page)[0])
    assert zipped[1]["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/{code}?view=screen", "/{code}?view=obs"])
def test_the_big_screen_and_the_overlay_show_the_game_and_are_nobody(room, people, path):
    server, ann, _ = room
    (wall,) = people(server.url, "Wall")
    wall.page.goto(path.format(code=ann.code))
    for name in ("Ann", "Bob"):
        wall.sees("list", "Players", name)
    assert wall.page.get_by_role("button").count() == 0
    expect(ann.page.get_by_role("list", name="Watching").get_by_role("listitem")).to_have_count(0)
    ann.press("Start")
    wall.sees("status", "Game", "GO!")
