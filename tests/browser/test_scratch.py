"""Ann and Bob scratch their cards, each with a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.conftest import PARTY, wait_for
from tests.live.crowd import edit

LUCKY = ["bell", "star", "bell", "star", "bell", "crown", "cherry", "crown", "cherry"]
BLANK = ["clover", "star", "bell", "star", "clover", "crown", "cherry", "crown", "bell"]
ZIGZAG = [(0.1, 0.15), (0.9, 0.2), (0.1, 0.5), (0.9, 0.5), (0.1, 0.85), (0.9, 0.8)]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def play(serve, people):
    """`play(hers, his)`: a round has begun in which they have these cards; (ann, bob)."""

    def begin(hers=LUCKY, his=BLANK, nginx=False, **context):
        server = serve(nginx=nginx)
        host = PARTY if nginx else "127.0.0.1"
        ann, bob = people(f"http://{host}:{server.port}", "Ann", "Bob", **context)
        ann.enter()
        code = ann.open_room("Scratch card")
        bob.enter(f"/{code}")
        for person in (ann, bob):
            person.live()
            person.sees("list", "Players", "Bob")
        ann.press("Start")
        for person in (ann, bob):
            expect(cell(person, 1)).to_have_accessible_name("Cell 1, covered")

        def print_cards(doc):
            for player, cells in (("p1", hers), ("p2", his)):
                doc["state"]["cards"][player]["cells"] = cells

        edit(server.file(code), print_cards)
        return ann, bob

    return begin


def cell(person, number):
    return person.page.get_by_role("group", name="Your card").get_by_role("button").nth(number - 1)


def covered(person, number):
    expect(cell(person, number)).to_have_accessible_name(f"Cell {number}, covered")


def shows(person, number, symbol):
    expect(cell(person, number)).to_have_accessible_name(f"Cell {number}: {symbol}")


def scratch(person, number, path=ZIGZAG):
    """Drag the mouse over a cell, along this path in cells."""
    cell(person, number).scroll_into_view_if_needed()
    box = cell(person, number).bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in path]
    mouse = person.page.mouse
    mouse.move(*points[0])
    mouse.down()
    for point in points[1:]:
        mouse.move(*point, steps=8)
    mouse.up()


def foil(person, number):
    """How much of the middle of a cell is under foil: 0 to 1."""
    return person.page.evaluate(
        """n => {
        const card = document.querySelector('scratch-card');
        const canvas = card.renderRoot.querySelector('#foil');
        const all = canvas.getBoundingClientRect();
        const on = card.querySelectorAll('button')[n - 1].getBoundingClientRect();
        const sharp = canvas.width / all.width;
        const side = on.width / 2 * sharp;
        const x = (on.x - all.x) * sharp + side / 2;
        const y = (on.y - all.y) * sharp + side / 2;
        const pixels = canvas.getContext('2d').getImageData(x, y, side, side).data;
        return pixels.filter((v, i) => i % 4 === 3 && v > 128).length / (pixels.length / 4);
        }""",
        number,
    )


def shavings(person):
    """Whether any are in the air."""
    return person.page.evaluate(
        """() => {
        const canvas = document.querySelector('scratch-card').renderRoot.querySelector('#dust');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value) => value);
        }"""
    )


def progress(person, name):
    cards = person.page.get_by_role("list", name="Cards").get_by_role("listitem")
    return cards.filter(has_text=name)


def test_ann_by_mouse_and_bob_by_keyboard_play_a_round_to_its_end_behind_nginx(play):
    ann, bob = play(nginx=True)
    for number in (1, 2, 3):
        scratch(ann, number)
        shows(ann, number, LUCKY[number - 1])
    for person in (ann, bob):
        expect(progress(person, "Ann")).to_contain_text("3 of 9")
    covered(bob, 1)

    cell(bob, 1).focus()
    for number, keys in ((1, ["Enter"]), (2, ["ArrowRight", "Space"]), (5, ["ArrowDown", "Enter"])):
        for key in keys:
            bob.page.keyboard.press(key)
        shows(bob, number, BLANK[number - 1])
    expect(cell(bob, 5)).to_be_focused()
    bob.sees("status", "Card", "Cell 5: clover. 3 of 9 scratched.")
    expect(progress(ann, "Bob")).to_contain_text("3 of 9")

    bob.page.reload()
    bob.live()
    for number in (1, 2, 5):
        shows(bob, number, BLANK[number - 1])
        assert foil(bob, number) == 0
    covered(bob, 3)
    assert foil(bob, 3) == 1

    scratch(ann, 5)
    ann.sees("status", "Card", "Three alike: you win 10 points!")
    for person in (ann, bob):
        expect(progress(person, "Ann")).to_contain_text("wins 10")
    expect(ann.page.locator(".cells .lucky")).to_have_count(3)
    for number in (4, 6, 7, 8, 9):
        scratch(ann, number)
        shows(ann, number, LUCKY[number - 1])
    cell(bob, 3).focus()
    for key in ("Enter", "ArrowDown", "Enter", "ArrowDown", "Enter", "ArrowLeft", "Enter"):
        bob.page.keyboard.press(key)
    for key in ("ArrowLeft", "Enter", "ArrowUp", "Enter"):
        bob.page.keyboard.press(key)
    for person in (ann, bob):
        person.sees("status", "Game", "The round is over.")
        rows = person.page.get_by_role("table", name="Results").get_by_role("row")
        expect(rows).to_have_count(3)
        expect(rows.nth(1)).to_contain_text(re.compile(r"Ann\s*10"))
        expect(rows.nth(2)).to_contain_text(re.compile(r"Bob\s*0"))
    bob.sees("status", "Card", "No three alike this time.")

    ann.page.get_by_role("button", name=re.compile("Start")).click()
    for person in (ann, bob):
        for number in range(1, 10):
            covered(person, number)
        assert foil(person, 1) == 1


def test_the_foil_comes_off_at_once_and_what_was_under_it_only_with_the_answer(play):
    ann, _ = play()
    held = []
    ann.page.route("**/play/scratch", lambda route: held.append(route))
    scratch(ann, 1, ZIGZAG[:2])
    assert 0.2 < foil(ann, 1) < 1 and not held
    with ann.page.expect_request("**/play/scratch") as request:
        scratch(ann, 1)
    assert request.value.post_data_json.items() >= {"cell": 0, "round": 1}.items()
    assert foil(ann, 1) < 0.1
    covered(ann, 1)
    assert "#scratch-bell" not in cell(ann, 1).inner_html()
    held[0].continue_()
    shows(ann, 1, "bell")


def test_a_cell_whose_scratch_was_never_answered_gets_its_foil_back(play):
    ann, _ = play()
    ann.page.route("**/play/scratch", lambda route: route.fulfill(status=204))
    scratch(ann, 2)
    assert foil(ann, 2) < 0.1
    ann.page.unroute("**/play/scratch")
    wait_for(lambda: foil(ann, 2) == 1)
    covered(ann, 2)
    scratch(ann, 2)
    shows(ann, 2, "star")


def test_a_refusal_is_a_sentence_and_the_foil_comes_back(play):
    ann, bob = play()
    ann.page.evaluate("document.querySelector('scratch-card').round = 7")
    scratch(ann, 4)
    expect(ann.page.get_by_role("alert")).to_contain_text("That round is over.")
    wait_for(lambda: foil(ann, 4) == 1)
    covered(ann, 4)
    expect(progress(bob, "Ann")).to_contain_text("0 of 9")


def test_fingers_scratch_and_taps_do_on_a_phone(play):
    ann, bob = play(**PHONE)
    cell(ann, 1).tap()
    shows(ann, 1, "bell")
    line = ann.context.new_cdp_session(ann.page)
    box = cell(ann, 3).bounding_box()
    before = ann.page.evaluate("scrollY")
    for n, (x, y) in enumerate(ZIGZAG):
        point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        kind = "touchMove" if n else "touchStart"
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    shows(ann, 3, "bell")
    assert ann.page.evaluate("scrollY") == before
    expect(progress(bob, "Ann")).to_contain_text("2 of 9")
    covered(ann, 2)


def test_shavings_fly_but_not_for_those_who_want_it_calm(play, people):
    ann, bob = play()
    scratch(ann, 1, ZIGZAG[:3])
    wait_for(lambda: shavings(ann))
    bob.page.emulate_media(reduced_motion="reduce")
    cell(bob, 1).focus()
    bob.page.keyboard.press("Enter")
    shows(bob, 1, "clover")
    scratch(bob, 2)
    shows(bob, 2, "star")
    assert not shavings(bob)


def test_a_scratch_survives_turning_the_phone(play):
    ann, _ = play(**PHONE)
    scratch(ann, 1, ZIGZAG[:2])
    before = foil(ann, 1)
    assert 0.2 < before < 1
    ann.page.set_viewport_size({"width": 500, "height": 844})
    wait_for(lambda: foil(ann, 2) == 1 and abs(foil(ann, 1) - before) < 0.1)
