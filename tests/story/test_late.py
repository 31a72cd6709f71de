"""Whoever comes during a game plays when the host says, and stands in nobody's way meanwhile."""

import pytest


@pytest.fixture
def playing(hers, his):
    hers.press("Start")
    his.until("Wait for it...")


def test_from_the_next_round_on_unless_the_host_says_otherwise(playing, hers, charlie, code, world):
    charlie.command(f"/{code}/join")
    page = charlie.open(f"/{code}")
    assert "You are in from the next round." in page.text
    assert page.names("Players") == ["Ann", "Bob"] and page.names("Watching") == ["Charlie"]
    hers.until("In from the next round: Charlie")
    assert "Take a seat first." in charlie.command(f"/{code}/play/buzz", round=1).alert
    world.until_due(code)
    hers.until("GO!")
    assert hers.names("Players") == ["Ann", "Bob"]
    world.later(0.3)
    hers.person.command(f"/{code}/play/buzz", round=1)
    world.until_due(code)
    hers.until("Round 1 is over")
    assert hers.names("Players") == ["Ann", "Bob", "Charlie"]
    page.until("Round 1 is over", gone="You are in from")


def test_at_once_if_the_host_says_so(playing, hers, charlie, code):
    hers.press("at once")
    charlie.command(f"/{code}/join")
    assert charlie.open(f"/{code}").names("Players") == ["Ann", "Bob", "Charlie"]


def test_not_in_this_game_if_the_host_says_so(playing, hers, charlie, code, world):
    hers.press("from the next game")
    charlie.command(f"/{code}/join")
    page = charlie.open(f"/{code}")
    assert "You are in from the next game." in page.text
    hers.until("In from the next game: Charlie")
    world.until_due(code)
    hers.until("GO!")
    world.later(0.3)
    hers.person.command(f"/{code}/play/buzz", round=1)
    world.until_due(code)
    hers.until("Round 1 is over")
    assert hers.names("Players") == ["Ann", "Bob"]
    world.edit(code, lambda doc: doc["state"].update(phase="idle", until=None))
    hers.until("Start a rematch")
    hers.press("Start a rematch")
    page.until("Wait for it...", "3 of 64")
    assert page.names("Players") == ["Ann", "Bob", "Charlie"]


def test_a_change_of_mind_seats_those_who_wait(playing, hers, charlie, code):
    charlie.command(f"/{code}/join")
    page = charlie.open(f"/{code}")
    hers.press("at once")
    page.until("3 of 64")
    assert page.names("Players") == ["Ann", "Bob", "Charlie"]


def test_whoever_waits_may_think_better_of_it(playing, hers, charlie, code, world):
    charlie.command(f"/{code}/join")
    page = charlie.open(f"/{code}")
    page.press("Watch")
    page.until("Take a seat")
    hers.press("at once")
    hers.until("Charlie")
    assert hers.names("Players") == ["Ann", "Bob"]


@pytest.mark.parametrize("when", ["", "never", "1"])
def test_a_choice_that_is_none_is_refused(ask, when):
    ask(400, "late", json={"when": when})
