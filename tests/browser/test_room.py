"""What every room has, whatever is played in it, in real browsers behind nginx."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def party(serve, people):
    """Ann, the host, and Bob in her room."""
    ann, bob = people(serve(nginx=True).url, "Ann", "Bob")
    ann.enter()
    code = ann.open_room()
    bob.enter(f"/{code}")
    for person in (ann, bob):
        person.live()
        person.sees("list", "Players", "Bob")
    return ann, bob, code


def wins(winner, *others):
    for person in (winner, *others):
        person.sees("status", "Game", "GO!")
    winner.page.wait_for_timeout(200)  # faster than a tenth of a second is a false start
    winner.page.keyboard.press("Space")
    for person in (winner, *others):
        person.sees("status", "Game", "We have a winner!")


def test_a_game_to_its_end_a_rematch_and_the_results_of_both(party):
    ann, bob, code = party
    ann.page.get_by_role("button", name="First to 1", exact=True).click()
    ann.press("Start")
    wins(bob, ann)
    ann.press("Start a rematch")
    wins(ann, bob)
    bob.page.get_by_text("Scoreboard").first.click()
    board = bob.page.locator("#scores")
    expect(board.get_by_role("row")).to_have_count(3)
    for name in ("Ann", "Bob"):
        expect(board.get_by_role("row").filter(has_text=name)).to_contain_text("1")
    board.get_by_role("link", name="All results").click()
    expect(bob.page.get_by_role("heading", name="Game by game")).to_be_visible()
    assert bob.page.request.get(f"/{code}/results.json").json()["games"][1]["points"] == {
        "p1": 1,
        "p2": 0,
    }


def test_a_presenter_plays_with_single_keys(party):
    ann, bob, code = party
    ann.page.goto(f"/{code}?view=present")
    ann.live()
    expect(ann.page.get_by_role("button", name="Start", exact=True)).to_have_attribute(
        "aria-keyshortcuts", "S"
    )
    ann.page.keyboard.press("b")
    bob.sees("list", "Players", "Robot")
    ann.page.keyboard.press("s")
    bob.sees("status", "Game", re.compile("Wait|GO"))
    expect(ann.page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    ann.page.keyboard.press("p")
    bob.sees("status", "Game", "Paused.")
    ann.page.keyboard.press("r")
    bob.sees("status", "Game", re.compile("Press Start|Paused"))
    expect(bob.page.get_by_role("button", name="Start", exact=True)).to_be_visible()


def test_a_key_means_nothing_to_those_who_do_not_present(party):
    ann, bob, _ = party
    ann.page.keyboard.press("b")
    ann.press("Make public")
    bob.sees("heading", re.compile("Players"), "public")
    expect(bob.page.get_by_role("list", name="Players")).not_to_contain_text("Robot")


def test_an_overlay_lags_behind_and_shows_the_names_that_ann_approved(party, people):
    ann, bob, code = party
    ann.page.get_by_text("More settings").click()
    ann.press("Show names I approve")
    ann.press("Show Bob")
    overlay = bob.page.context.new_page()
    overlay.goto(f"/{code}?view=obs")
    players = overlay.get_by_role("list", name="Players")
    expect(players).to_contain_text("Bob")
    expect(players).not_to_contain_text("Ann")
    ann.press("3 s")
    ann.press("Watch")
    bob.sees("list", "Watching", "Ann")
    expect(players).to_contain_text("Player 1")  # three seconds ago she played
    expect(players).not_to_contain_text("Player 1")
    assert overlay.get_by_role("button").count() == 0


def test_a_cheer_pops_up_beside_the_name_in_any_room(party):
    ann, bob, _ = party
    ann.page.get_by_text("More settings").click()
    ann.press("Cheers on")
    bob.press("Applause")
    expect(ann.page.locator(".crowd")).to_contain_text("0.2")
    expect(bob.page.locator("cheer-button#cheer-clap")).to_have_attribute(
        "wait", re.compile("[1-9]")
    )


def test_on_a_phone_a_knock_covers_neither_the_board_nor_a_clock(serve, people):
    server = serve(nginx=True)
    phone = {"viewport": {"width": 360, "height": 740}}
    ann, bob, cem = people(server.url, "Ann", "Bob", "Cem", **phone)
    ann.enter()
    code = ann.open_room("Chess")
    bob.enter(f"/{code}")
    ann.sees("list", "Players", "Bob")
    ann.press("Start")
    ann.sees("status", "Game", "White to move.")
    ann.press("Lock")
    cem.enter(f"/{code}")
    cem.press("Ask to come in")
    ann.sees("list", "At the door", "Cem")
    ann.page.evaluate("scrollTo(0, 0)")
    board = ann.page.locator("chess-board").bounding_box()
    knock = ann.page.get_by_role("list", name="At the door").bounding_box()
    assert board["y"] + board["height"] <= knock["y"], (board, knock)
    assert knock["y"] + knock["height"] <= 740


def test_why_opens_inside_its_table_on_a_french_phone(party):
    ann, _, _ = party
    ann.page.get_by_role("button", name="First to 1", exact=True).click()
    ann.press("Start")
    wins(ann)
    ann.page.set_viewport_size({"width": 360, "height": 740})
    ann.page.locator(".language button").click()
    why = ann.page.locator(".evidence summary").first
    expect(why).to_have_text("Pourquoi\u202f?")
    why.click()
    table = ann.page.get_by_role("table", name="Résultats").bounding_box()
    for shown in (why, ann.page.locator(".evidence dl").first):
        box = shown.bounding_box()
        assert table["x"] <= box["x"] and box["x"] + box["width"] <= table["x"] + table["width"] + 1
