"""Ann and Bob look again at what they played, each with a real browser."""

import chess
import pytest
from playwright.sync_api import expect

from tests.browser.test_chess import SHOWN, click, real, start
from tests.browser.test_chess import play as chess_play  # noqa: F401
from tests.browser.test_scratch import BLANK, LUCKY, covered, foil, scratch, shows
from tests.browser.test_scratch import play as scratch_play  # noqa: F401
from tests.conftest import wait_for

SMALL = {"width": 320, "height": 568}


def opened(person):
    """The replay, by the room's link; every request that might act from there on."""
    sent = []
    person.page.get_by_role("link", name="Replay", exact=True).click()
    person.page.wait_for_url("**/replay")
    person.page.on("request", lambda request: request.method == "GET" or sent.append(request.url))
    return sent


def slider(person):
    return person.page.get_by_role("slider", name="Step", exact=True)


def at(person, step):
    expect(person.page.locator("#step")).to_contain_text(f"{step} of ")
    expect(slider(person)).to_have_value(str(step))


def go(person, step):
    """Move the slider by its keys."""
    slider(person).focus()
    key = "ArrowRight" if step > int(slider(person).input_value()) else "ArrowLeft"
    while int(slider(person).input_value()) != step:
        person.page.keyboard.press(key)
    at(person, step)


def board(person, fen):
    wait_for(lambda: person.page.evaluate(SHOWN) == fen)
    expect(person.page.locator("g-chess-board")).to_be_visible()


@pytest.fixture
def match(chess_play):  # noqa: F811
    """Ann and Bob, six half moves into a game; and the positions, by step of the replay."""
    ann, bob, _, _ = chess_play()
    start(ann, bob)
    position, fens = chess.Board(), {3: chess.Board().board_fen()}
    for move in [*real("knight-mate").mainline_moves()][:6]:
        person = (bob, ann)[position.turn]
        click(person, chess.square_name(move.from_square), chess.square_name(move.to_square))
        position.push(move)
        fens[len(fens) + 3] = position.board_fen()
        for each in (ann, bob):
            board(each, position.board_fen())
    return ann, bob, fens


def test_a_game_of_chess_is_scrubbed_forwards_and_backwards(match):
    ann, bob, fens = match
    for person in (ann, bob):
        sent = opened(person)
        person.sees("status", "What happened", "Ann opened the room.")
        for step in (9, 4, 3, 6, 5):
            go(person, step)
            board(person, fens[step])
        person.sees("status", "What happened", "Bob moved.")
        assert person.page.url.endswith("?at=5")
        person.page.get_by_role("link", name="Next", exact=True).click()
        at(person, 6)
        person.page.get_by_role("link", name="Previous", exact=True).click()
        at(person, 5)
        person.page.reload()
        at(person, 5)
        board(person, fens[5])
        assert not person.page.locator("#live").count() and not sent
    near = "document.querySelector('chess-board').near"
    assert [person.page.evaluate(near) for person in (ann, bob)] == ["white", "black"]


def test_nobody_moves_a_piece_in_the_past(match):
    ann, _, fens = match
    sent = opened(ann)
    go(ann, 9)
    box, mouse = ann.page.locator("g-chess-board").bounding_box(), ann.page.mouse
    for (x, y), act in (((1.5, 7.5), mouse.down), ((2.5, 5.5), mouse.up)):
        mouse.move(box["x"] + box["width"] * x / 8, box["y"] + box["height"] * y / 8, steps=4)
        act()
    board(ann, fens[9])
    assert not ann.page.get_by_role("button", name="Pause").count() and not sent


WATCH = """() => { seen = []; new MutationObserver(() => {
    const step = parseInt(document.getElementById('step').textContent);
    if (seen.at(-1) !== step) seen.push(step);
}).observe(document.body, {subtree: true, childList: true, characterData: true}); }"""


def test_it_plays_by_itself_to_the_end_and_stops_there(match):
    ann, _, fens = match
    opened(ann)
    ann.page.evaluate(WATCH)
    ann.press("Play")
    at(ann, 9)
    assert ann.page.evaluate("seen.filter((step) => step > 1)") == [*range(2, 10)]
    board(ann, fens[9])
    expect(ann.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    ann.press("Play")
    at(ann, 1)
    ann.press("Stop")
    expect(ann.page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_a_small_screen_has_it_all_without_scrolling_sideways(match):
    ann, _, _ = match
    ann.page.set_viewport_size(SMALL)
    opened(ann)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    for step in (1, 9):
        go(ann, step)
        assert not ann.page.evaluate(wide)
    for name in ("Previous", "Play"):
        role = "button" if name == "Play" else "link"
        box = ann.page.get_by_role(role, name=name, exact=True).bounding_box()
        assert box["height"] >= 44 and box["x"] >= 0


def test_a_card_gets_its_foil_back_and_nobody_sees_under_the_others(scratch_play):  # noqa: F811
    ann, bob = scratch_play()
    for number in (1, 2, 3):
        scratch(ann, number)
        shows(ann, number, LUCKY[number - 1])
    scratch(bob, 5)
    shows(bob, 5, BLANK[4])
    said = {
        4: "Something that you could not see.",
        5: "Ann scratched a cell.",
        7: "Ann scratched a cell.",
        8: "Bob scratched a cell.",
    }
    mine = {ann: {4: 0, 5: 1, 7: 3, 8: 3}, bob: {4: 0, 5: 0, 7: 0, 8: 1}}
    cells = {ann: (1, 2, 3), bob: (5,)}
    for person, symbols in ((ann, LUCKY), (bob, BLANK)):
        opened(person)
        for step in (8, 5, 7, 4, 8):
            go(person, step)
            person.sees("status", "What happened", said[step])
            free = cells[person][: mine[person][step]]
            for number in range(1, 10):
                if number in free:
                    shows(person, number, symbols[number - 1])
                else:
                    covered(person, number)
                wait_for(lambda n=number, f=free, p=person: foil(p, n) == (n not in f))
            cards = person.page.get_by_role("list", name="Cards").locator(".small-card .open")
            expect(cards).to_have_count({4: 0, 5: 1, 7: 3, 8: 4}[step])
