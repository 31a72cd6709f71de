"""Ann walks the whole journey, does what it asks, breaks all that can be broken and sees it heal;
Bob, on another line all the while, notices nothing."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.reader import LANGUAGES, Reader, line_number, tiles, untouched
from tests.conftest import wait_for


def hypermedia(ann):
    for form, on in (("plain", True), ("htmx", False), ("datastar", False)):
        ann.page.locator(f"#{form} button").click()
        ann.sees(f"#{form}", "The lamp is on." if on else "The lamp is off.")


def signals(ann):
    ann.types("A name", "Ann of Green Gables")
    ann.page.get_by_role("checkbox", name=ann.said("shout")).check()
    ann.press("What does the server get?")
    expect(ann.page.locator("#got")).to_contain_text("Green Gables")
    for label, pet in (("Swap the two attributes", "cat"), ("Swap them back", "dog")):
        ann.press(label)
        expect(ann.page.locator("#order p")).to_have_text(ann.said(pet))
    ann.press("Break the second")
    expect(ann.page.locator("#chain li")).to_have_text(["♥", "?", "?", "?"])
    ann.ill("chain", 1)
    ann.press("Mend it")
    expect(ann.page.locator("#chain li")).to_have_text(["♥"] * 4)
    ann.ill("chain", 3)
    assert all("ExecuteExpression" in mistake for mistake in ann.person.mistakes)
    ann.person.mistakes.clear()
    ann.types("Anything", "onu")
    ann.press("What time is it there?")
    expect(ann.page.locator("#clock")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))


def validation(ann):
    ann.press("Open a line with a bell")
    ann.press("Open the loop")
    ann.ill("loop", 1)
    ann.types("A name with uno in it", "Bruno")
    ann.sees("#verdict", "%(name)s will do.", name="Bruno")
    ann.sees("#bell-verdict", "Good: %(name)s", name="Bruno")
    ann.ill("loop", 3)
    ann.page.locator("#secret").fill("hunter2")
    expect(ann.page.locator("code[data-text]")).to_contain_text("hunter2")


def disabled(ann):
    fireball = ann.page.locator(".row .big")
    fireball.click()
    expect(fireball).to_be_disabled()
    ann.press("Cheat")
    ann.ill("spell", 1)
    fireball.click()
    ann.ill("spell", 3)
    expect(ann.page.get_by_role("alert")).not_to_be_empty()
    expect(ann.page.locator("#casts b")).to_have_text("1")


def fragment(ann):
    ann.press("Click to enter")
    ann.press("Create a room")
    expect(ann.page.locator("#lines")).to_have_text("1")
    code = ann.page.locator("#door h3").inner_text()[-4:]
    for inside in range(2, 6):
        ann.press("Somebody comes in")
        expect(ann.page.locator("#inside li")).to_have_count(inside)
    ann.sees("#inside", "Five: the room is full.")
    ann.press("Somebody comes in")
    ann.sees("#alert", "The room is full. Nobody else gets in.")
    ann.press("Back to the hall")
    expect(ann.page.locator("#lines")).to_have_text("0")
    ann.types("or join one", code)
    ann.press("Come in")
    expect(ann.page.locator("#lines")).to_have_text("1")
    ann.press("Send it")
    expect(ann.page.locator("#arrived")).to_contain_text(ann.said("Bonjour?"))
    ann.sees("#box", "The letter box is empty.")
    ann.ill("letter", 1)
    ann.press("Send it with an id")
    ann.sees("#box", "Bonjour?")
    ann.ill("letter", 3)


def room(ann):
    hers, his = (ann.region("What %(name)s sees", name=name) for name in ("Ann", "Bob"))
    expect(ann.page.locator("#frames-Bob")).to_have_text("1")
    ann.press("rock", hers)
    ann.sees("#Ann", "You wait for %(name)s.", name="Bob")
    ann.press("paper", his)
    ann.sees("#Bob", "You won!")
    ann.press("Cut Bob's line")
    ann.ill("bob", 1)
    ann.press("paper", hers)
    ann.sees("#Ann", "You wait for %(name)s.", name="Bob")
    ann.press("rock", his)
    ann.sees("#Ann", "You won!")
    ann.sees("#Bob", "You won!")  # so he believes
    ann.press("Mend it")
    ann.sees("#Bob", "You lost.")
    ann.ill("bob", 3)


def javascript(ann):
    walled, naked = (ann.page.locator(f"#{id}").get_by_role("button") for id in ("walled", "naked"))
    walled.click()
    naked.click()
    ann.press("Draw them again")
    expect(naked).to_have_count(0)
    ann.ill("naked", 1)
    expect(naked).to_have_text("2")
    ann.ill("naked", 3)
    ann.page.get_by_role("button", name=ann.said("Cell %(n)s, covered", n=5)).press("Enter")
    expect(ann.page.locator("#card use")).to_have_count(1)
    ann.press("Another card")
    expect(ann.page.locator("#card use")).to_have_count(0)


def buzzer(ann):
    for bubbles, composed in ((False, False), (True, False), (False, True), (True, True)):
        for word, on in (("bubbles", bubbles), ("composed", composed)):
            ann.page.get_by_role("checkbox", name=word, exact=True).set_checked(on)
        ann.press("Ring")
    ann.sees("#heard", "The server has heard it once.", n=1)
    pad = ann.page.locator("#pad")
    pad.get_by_role("button").click()
    expect(pad).to_have_attribute("phase", "wait")
    pad.get_by_role("button").click()
    expect(pad).to_have_attribute("phase", "locked")
    expect(pad).to_have_attribute("phase", "ready")
    pad.get_by_role("button").click()
    expect(pad).to_have_attribute("phase", "go", timeout=15_000)
    ann.page.wait_for_timeout(150)  # nobody reacts faster than a tenth of a second
    pad.get_by_role("button").click()
    expect(ann.page.locator("#solo dl")).to_contain_text("ms")


def tasks(ann):
    ann.press("Ask")
    ann.sees("main", "All tasks completed.")
    expect(ann.page.locator("#tasks .done")).to_have_count(3)
    ann.page.get_by_label(ann.said("A name to validate")).fill("duo")
    ann.press("Ask")
    ann.sees("#task-validate", "not valid: there is no uno in it")
    ann.press("Never mind")
    ann.sees("#tasks", "called back")
    ann.press("Ask")
    expect(ann.page.locator("#tasks .done")).to_have_count(3)
    expect(ann.page.locator("#tasks .note")).to_be_visible()  # with a plural, of the one before
    ann.press("Let it run")
    expect(ann.page.locator("#spin tbody tr")).to_have_count(2)
    ann.ill("spin", 3)


def connection(ann):
    line_number(ann, 1)
    ann.press("Add 300 ms")
    ann.ill("slow", 1)
    ann.press("Ping")
    expect(ann.page.locator("#pong b")).to_have_text(re.compile(r"[3-9]\d\d|\d{4,}"))
    ann.press("No delay")
    ann.ill("slow", 3)
    for number, (label, kind) in enumerate(
        (("Cut it", "cut"), ("502 for four seconds", "bad"), ("Freeze it", "freeze")), 2
    ):
        ann.press(label)
        ann.ill(kind, 1)
        ann.ill(kind, 2)
        ann.ill(kind, 3)
        wait_for(lambda n=number: int(ann.page.locator("#beats").get_attribute("data-line")) >= n)
    assert all(tiles(ann))
    once, loop = (ann.page.locator(f"#{what}-said") for what in ("once", "loop"))
    before = loop.inner_text()
    ann.press("Look away for a moment")
    ann.ill("hidden", 3)
    expect(loop).not_to_have_text(before)
    expect(once).to_contain_text(ann.said("asked once.", n=1))
    for _ in range(6):
        ann.press("One more stream")
    ann.ill("many", 2)
    ann.ill("many", 3)
    for cure in ("Cure one: a button that is busy", "Cure two: one per cookie"):
        ann.press(cure)
        expect(ann.page.locator("#streams meter")).to_have_attribute("value", "2")
        expect(ann.page.locator("#streams meter")).to_have_attribute("value", "1", timeout=15_000)
    ann.press("Both polite")
    ann.ill("door", 1)
    ann.ill("door", 3)
    ann.press("One of them rude")
    ann.sees("#door", "Excuse me!")


def account(ann):
    for id, came in (("plain", "form"), ("streamed", "stream")):
        form = ann.page.locator(f"section:has(#{id})")
        form.locator("input").fill("Ann")
        form.get_by_role("button").click()
        ann.page.wait_for_url(f"**/journey/11?came={came}")
        expect(form.get_by_role("status")).to_contain_text("Ann")
        expect(form.get_by_role("status")).to_be_in_viewport()
    badly = ann.page.locator("section:has(#naive)")
    badly.locator("input").fill("Ann")
    ann.press("Sign badly")
    expect(badly.get_by_role("status")).to_contain_text("Ann")
    assert ann.page.url.endswith("came=stream")
    ann.ill("naive", 1)
    ann.page.get_by_role("link", name=ann.said("Mend it: load this page")).click()
    ann.ill("naive", 3)
    ann.press("Wave as Ann, whoever you are")
    ann.ill("ann", 1)
    ann.press("Wave as yourself")
    ann.ill("ann", 3)


def state(ann):
    expect(ann.page.locator("#file")).to_have_value(re.compile("_default"))
    for row in range(1, 4):
        ann.page.locator(f"#row-{row} button.break").click()
        expect(ann.page.locator(f"#guest-{row}")).to_have_count(0)
        ann.press("Undo")
        for page in (ann.page, ann.page.frame_locator("#other")):
            expect(page.locator(f"#guest-{row}")).to_be_visible()
    ann.press("Break it")
    expect(ann.page.get_by_role("alert")).to_contain_text("den-")
    ann.press("Take it back")
    expect(ann.page.locator("#den .guest")).to_have_count(3)
    ann.press("Ask the other screen")
    expect(ann.page.locator("#answer")).to_contain_text("×")


@pytest.mark.parametrize("language", LANGUAGES)
def test_ann_does_breaks_and_heals_all_twelve_steps_and_bob_notices_nothing(
    serve, people, language
):
    server = serve()
    (ann,) = people(server.url, "Ann", locale=language)
    (bob,) = people(server.url, "Bob", locale="fr" if language == "en" else "en")
    bob = Reader(bob, "fr" if language == "en" else "en", 10)
    line_number(bob, 1)
    pressed, refused = set(), []
    ann.page.expose_function("pressed", lambda label: pressed.add(label))
    ann.page.add_init_script(
        "addEventListener('click', ({target}) => target.closest('button.break')"
        " && pressed(target.closest('button.break').innerText.trim()), true)"
    )
    ann.page.on("response", lambda it: it.status in (500, 503) and refused.append(it.url))
    ann = Reader(ann, language, 1)
    steps = (hypermedia, signals, validation, disabled, fragment, room, javascript, buzzer)
    for number, do in enumerate((*steps, tasks, connection, account, state), 1):
        expect(ann.page).to_have_url(re.compile(f"/journey/{number}$"))
        to_break = {text.strip() for text in ann.page.locator("button.break").all_inner_texts()}
        do(ann)
        assert to_break <= pressed, f"step {number}: {to_break - pressed} was not pressed"
        untouched(bob)
        pressed.clear()
        ann.page.locator("a[rel=next]").click()
    expect(ann.page).to_have_url(re.compile(r"\d/$"))
    assert not refused
