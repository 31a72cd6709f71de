"""Ann reads steps 1 to 6 of the journey and breaks what can be broken; Bob notices nothing."""

import re

import pytest
from playwright.sync_api import expect

from myapp.journey.frame import STEPS
from tests.browser.reader import LANGUAGES, Reader
from tests.browser.test_page import PHONE
from tests.conftest import wait_for


@pytest.fixture
def server(serve):
    return serve()


@pytest.fixture
def read(server, people):
    """`read("fr", 5, name="Bob")`: somebody has opened step 5 in French."""

    def open_step(language, step, name="Ann", **context):
        (person,) = people(server.url, name, locale=language, **context)
        return Reader(person, language, step)

    return open_step


def number(reader, place):
    return int(reader.page.locator(place).inner_text())


@pytest.mark.parametrize("language", LANGUAGES)
def test_ann_walks_from_the_contents_to_the_last_step(read, language):
    ann = read(language, "")
    ann.page.get_by_role("list", name=ann.said("Steps")).get_by_role("link").first.click()
    titles = []
    for step in range(1, len(STEPS) + 1):
        expect(ann.page).to_have_url(re.compile(f"/journey/{step}$"))
        titles.append(ann.page.get_by_role("heading", level=1).inner_text())
        expect(ann.page.locator(".source pre").first).not_to_be_empty()
        ann.page.locator("a[rel=next]").click()
    expect(ann.page).to_have_url(re.compile("/$"))
    assert len(set(titles)) == len(STEPS)


@pytest.mark.parametrize("step", range(1, len(STEPS) + 1))
def test_every_source_is_folded_on_a_phone_and_fits_its_screen_unfolded(read, step):
    page = read("en", step, **PHONE).page
    assert page.locator(".source[open]").count() == 0
    page.evaluate("document.querySelectorAll('details').forEach((el) => { el.open = true; })")
    heights = {
        source.locator("summary").inner_text(): source.evaluate("el => el.clientHeight")
        for source in page.locator(".source").all()
    }
    assert heights and max(heights.values()) <= 844, heights
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_the_journey_is_wider_than_the_smallest_phone(read, language):
    ann = read(language, "", viewport={"width": 320, "height": 568}, is_mobile=True)
    for step in ("", *range(1, len(STEPS) + 1)):
        ann.open(step)
        ann.page.evaluate(
            "document.querySelectorAll('details').forEach((el) => { el.open = true; })"
        )
        assert ann.page.evaluate("document.documentElement.scrollWidth") <= 320, step


def within_a_screen(reader, *places):
    """All of it can be seen at once, on one screen of a phone."""
    boxes = [reader.page.locator(place).bounding_box() for place in places]
    top, bottom = min(b["y"] for b in boxes), max(b["y"] + b["height"] for b in boxes)
    assert bottom - top <= 844, (top, bottom)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_to_be_compared_is_on_one_screen_of_a_phone(read, language):
    ann = read(language, 1, **PHONE)
    within_a_screen(ann, "#plain", "#htmx", "#datastar")
    ann.open(3)
    within_a_screen(ann, "#field", ".ways")
    ann.open(6)
    expect(ann.page.locator("#frames-Bob")).to_have_text("1")
    within_a_screen(ann, "#Ann", "#Bob", ".duo", "#ill-bob")
    ann.open(10)
    within_a_screen(ann, "#beats", ".tiles", ".ills")
    ann.open(11)
    within_a_screen(ann, "section:has(#plain)", "section:has(#streamed)")
    ann.open(12)
    within_a_screen(ann, "#den", "#rows", "#other")


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_lamp_is_switched_by_three_forms(read, language):
    ann = read(language, 1)
    for form in ("htmx", "datastar"):
        ann.page.locator(f"#{form} button").click()
        ann.sees(f"#{form}", "The lamp is on.")
        ann.sees("#plain", "The lamp is off.")  # nobody told it
    ann.page.locator("#plain button").click()
    for form in ("plain", "htmx", "datastar"):
        ann.sees(f"#{form}", "The lamp is on.")


def test_without_javascript_all_three_are_plain_forms(read):
    ann = read("en", 1, java_script_enabled=False)
    for form, state in (("plain", "on"), ("htmx", "off"), ("datastar", "on")):
        ann.page.locator(f"#{form} button").click()
        for each in ("plain", "htmx", "datastar"):
            ann.sees(f"#{each}", f"The lamp is {state}.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_underscore_stays_in_the_browser(read, language):
    ann = read(language, 2)
    ann.types("A name", "Ann of Green Gables")
    ann.page.get_by_role("checkbox", name=ann.said("shout")).check()
    expect(ann.page.locator(".loud")).to_have_text("Ann of Green Gables")
    ann.sees(".mirror >> nth=0", "That is long for a name.")
    ann.press("What does the server get?")
    expect(ann.page.locator("#got")).to_contain_text('"name": "Ann of Green Gables"')
    expect(ann.page.locator("#got")).not_to_contain_text("loud")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_attribute_wins(read, language):
    ann = read(language, 2)
    expect(ann.page.locator("#order p")).to_have_text(ann.said("dog"))
    ann.press("Swap the two attributes")
    expect(ann.page.locator("#order p")).to_have_text(ann.said("cat"))
    ann.press("Swap them back")
    expect(ann.page.locator("#order p")).to_have_text(ann.said("dog"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_attribute_that_throws_takes_all_after_it_along_and_is_mended(read, language):
    ann = read(language, 2)
    hearts = ann.page.locator("#chain li")
    expect(hearts).to_have_text(["♥", "♥", "♥", "♥"])
    ann.press("Break the second")
    expect(hearts).to_have_text(["♥", "?", "?", "?"])
    ann.press("Mend it")
    expect(hearts).to_have_text(["♥", "♥", "♥", "♥"])
    ann.ill("chain", 3)
    ann.types("A name", "Ann")
    expect(ann.page.locator(".mirror .meter").first).to_have_text("Ann")  # all the rest lives
    assert ann.person.mistakes
    assert all("ExecuteExpression" in mistake for mistake in ann.person.mistakes)
    ann.person.mistakes.clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_client_of_twenty_lines_works(read, language):
    ann = read(language, 2)
    ann.types("Anything", "onu")
    expect(ann.page.locator("p[glue-text]")).to_have_text("uno")
    for _ in range(2):
        ann.press("+1")
    expect(ann.page.locator("b[glue-text]")).to_have_text("2")
    ann.press("What time is it there?")
    expect(ann.page.locator("#clock")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_is_good_by_every_way_of_asking(read, language):
    ann = read(language, 3)
    ann.press("Open a line with a bell")
    ann.types("A name with uno in it", "Bruno")
    verdicts = ann.page.locator(".verdict")
    expect(verdicts).to_have_text(["✓", "✓", "✗"])  # nobody opened the loop
    ann.sees("#verdict", "%(name)s will do.", name="Bruno")
    ann.sees("#bell-verdict", "Good: %(name)s", name="Bruno")
    ann.types("A name with uno in it", "Ann")
    expect(verdicts).to_have_text(["✗", "✗", "✗"])
    ann.sees("#verdict", "There is no uno in %(name)s.", name="Ann")
    ann.sees("#bell-verdict", "Not yet: %(name)s", name="Ann")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_loop_costs_kilobytes_a_second_and_a_bell_nothing_until_the_plug_is_pulled(
    read, language
):
    ann = read(language, 3)
    ann.press("Open a line with a bell")
    meters = ann.page.locator(".row .meter")
    expect(meters).to_have_text(["0", re.compile(r"[1-9]\d\d?")])  # the first look is sent
    expect(meters).to_have_text(["0", "0"])
    ann.press("Open the loop")
    expect(meters).to_have_text([re.compile(r"\d{4,}"), "0"])
    expect(ann.button("Open the loop")).to_be_disabled()
    expect(ann.button("Open the loop")).to_be_enabled()
    expect(meters).to_have_text([re.compile(r"\d{4,}"), "0"])  # its most, to compare
    ann.types("A name with uno in it", "uno")
    ann.sees("#bell-verdict", "Good: %(name)s", name="uno")


def test_a_password_is_shown_where_it_would_have_gone_and_does_not_go(read):
    ann = read("en", 3)
    asked = []
    ann.page.on("request", lambda request: asked.append(request.url))
    ann.page.get_by_label("A password (not one of yours)").fill("hunter2")
    expect(ann.page.locator("code[data-text]")).to_contain_text("hunter2")
    ann.types("A name with uno in it", "uno")
    ann.sees("#verdict", "%(name)s will do.", name="uno")
    assert asked and not any("hunter2" in url for url in asked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cheat_enables_the_button_and_the_server_says_no(read, language):
    ann = read(language, 4)
    fireball = ann.page.locator(".row .big")
    fireball.click()
    expect(fireball).to_be_disabled()
    expect(ann.page.locator("#casts b")).to_have_text("1")
    ann.press("Cheat")
    expect(fireball).to_be_enabled()
    fireball.click()
    no = ann.said("No: {left} s to go. The grey was only paint.").split("{left}")[0]
    expect(ann.page.get_by_role("alert")).to_contain_text(no)
    expect(ann.page.locator("#casts b")).to_have_text("1")


def enter_a_room(reader):
    reader.press("Click to enter")
    reader.press("Create a room")
    expect(reader.page.locator("#lines")).to_have_text("1")
    expect(reader.page.locator("#inside li")).to_have_text([reader.said("you")])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_opens_with_the_room_and_closes_with_it(read, language):
    ann = read(language, 5)
    expect(ann.page.locator("#lines")).to_have_text("0")
    enter_a_room(ann)
    code = ann.page.locator("#door h3").inner_text()[-4:]
    ann.press("Somebody comes in")
    expect(ann.page.locator("#inside li")).to_have_text([ann.said("you"), "Bob"])
    ann.press("Back to the hall")
    expect(ann.page.locator("#lines")).to_have_text("0")
    for typed in ("AAAA", code.lower()):
        ann.types("or join one", typed)
        ann.press("Come in")
        if typed == "AAAA":
            expect(ann.page.get_by_role("alert")).to_have_text(
                ann.said("There is no room with this code.")
            )
    expect(ann.page.locator("#inside li")).to_have_text([ann.said("you"), "Bob"])
    expect(ann.page.locator("#lines")).to_have_text("1")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_piece_without_an_id_changes_nothing(read, language):
    ann = read(language, 5)
    before = ann.page.locator("#door").inner_html()
    ann.press("Send it")
    expect(ann.page.locator("#arrived")).to_contain_text(ann.said("Bonjour?"))
    ann.sees("#box", "The letter box is empty.")
    assert ann.page.locator("#door").inner_html() == before
    ann.press("Send it with an id")
    ann.sees("#box", "Bonjour?")
    assert ann.page.locator("#door").inner_html() == before
    enter_a_room(ann)


@pytest.mark.parametrize("language", LANGUAGES)
def test_bob_is_not_sent_what_ann_chose(read, language):
    ann = read(language, 6)
    hers, his = (ann.region("What %(name)s sees", name=name) for name in ("Ann", "Bob"))
    expect(ann.page.locator("#frames-Bob")).to_have_text("1")
    ann.press("rock", hers)
    expect(ann.page.locator("#Ann")).to_contain_text(ann.said("You wait for %(name)s.", name="Bob"))
    frame = his.locator(".frames")
    expect(frame).to_contain_text(ann.said("hidden"))
    assert ann.said("rock") not in frame.inner_text()
    ann.press("paper", his)
    ann.sees("#Ann", "You lost.")
    ann.sees("#Bob", "You won!")
    expect(ann.page.locator("#kept")).to_contain_text('"Ann": "rock"')


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_bob_missed_comes_in_one_frame(read, language):
    ann = read(language, 6)
    hers, his = (ann.region("What %(name)s sees", name=name) for name in ("Ann", "Bob"))
    expect(ann.page.locator("#frames-Bob")).to_have_text("1")
    ann.press("Cut Bob's line")
    for hand in ("rock", "paper", "scissors"):
        frames = number(ann, "#frames-Ann")
        ann.press(hand, hers)
        expect(ann.page.locator("#frames-Ann")).to_have_text(str(frames + 1))
        ann.press("rock", his)
        expect(ann.page.locator("#frames-Ann")).to_have_text(str(frames + 2))
    ann.sees("#Bob", "Show a hand.")
    assert number(ann, "#frames-Bob") == 1
    ann.press("Mend it")
    ann.sees("#Bob", "You won!")
    assert number(ann, "#frames-Bob") == 2


def test_bob_notices_nothing_of_what_ann_breaks(read):
    bob = read("fr", 5, name="Bob")
    enter_a_room(bob)
    opened = len(bob.lines)
    ann = read("en", 2)
    ann.press("Break the second")
    expect(ann.page.locator("#chain li")).to_have_text(["♥", "?", "?", "?"])
    ann.open(3)
    ann.person.mistakes.clear()
    ann.press("Open the loop")
    bob.press("Somebody comes in")
    expect(bob.page.locator("#inside li")).to_have_text(["toi", "Bob"], timeout=1000)
    expect(ann.button("Open the loop")).to_be_enabled()
    ann.open(6)
    ann.press("Cut Bob's line")
    assert len(bob.lines) == opened
    bob.press("Somebody comes in")
    expect(bob.page.locator("#inside li")).to_have_text(["toi", "Bob", "Cem"])


def test_a_loop_ends_on_the_server_too(read, server):
    ann = read("en", 3)
    ann.press("Open the loop")
    wait_for(lambda: "opened" in server.log.read_text())
    ann.page.goto("/privacy")
    wait_for(lambda: re.search(r"closed \w+ after", server.log.read_text()), 5)
