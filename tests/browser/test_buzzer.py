"""Ann and Bob play the buzzer, each with a real browser."""

import re

import pytest
from playwright.sync_api import expect


def play_round(number, winner, *others):
    """One round: everyone sees GO, the winner presses, everyone sees the results."""
    everyone = (winner, *others)
    for person in everyone:
        person.sees("status", "Game", "GO!")
    winner.page.wait_for_timeout(200)  # faster than a tenth of a second is a false start
    winner.page.keyboard.press("Space")
    for person in everyone:
        expect(person.page.get_by_role("table", name="Results")).to_contain_text(winner.name)
    return number


@pytest.mark.parametrize(
    "way", [{}, {"nginx": True, "WEB_CONCURRENCY": "2"}], ids=["direct", "nginx, two workers"]
)
def test_ann_and_bob_play_three_rounds(serve, people, way):
    ann, bob = people(serve(**way).url, "Ann", "Bob")
    ann.enter()
    code = ann.open_room()
    bob.enter()
    bob.join(code)
    for person in (ann, bob):
        person.live()
        for name in ("Ann", "Bob"):
            person.sees("list", "Players", name)
    ann.press("Start")
    for number, winner in enumerate((ann, bob, ann), start=1):
        play_round(number, winner, bob if winner is ann else ann)
        if number < 3:
            ann.sees("status", "Game", "Wait for it...")
    row = ann.page.get_by_role("row").filter(has_text="Ann")
    row.get_by_text("Why?").click()
    expect(row).to_contain_text("The page reported")
    expect(row).to_contain_text(re.compile(r"Accepted.*ms"))
