"""Ann reads steps 7 to 12 of the journey and breaks what can be broken; Bob notices nothing."""

import json
import re
import subprocess

import pytest
from playwright.sync_api import expect

from myapp.words import words
from tests.browser.reader import LANGUAGES, line_number, tiles, untouched
from tests.browser.test_page import PHONE
from tests.conftest import wait_for


class Reader:
    """Somebody on a step, in a language of theirs."""

    def __init__(self, person, language, step):
        self.person, self.page, self.language = person, person.page, language
        self.page.goto(f"/journey/{step}")

    def said(self, sentence, **fields):
        """A sentence of the page in the reader's language."""
        return str(words(self.language).gettext(sentence, **fields))

    def button(self, label, exact=True):
        return self.page.get_by_role("button", name=self.said(label), exact=exact)

    def press(self, label):
        self.button(label).click()

    def sees(self, label, text, role="status", **fields):
        thing = self.page.get_by_role(role, name=self.said(label), exact=True)
        expect(thing).to_contain_text(self.said(text, **fields))

    def ticks(self, label, on=True):
        self.page.get_by_role("checkbox", name=self.said(label), exact=True).set_checked(on)


@pytest.fixture
def read(serve, people):
    """`read("fr", 7, "Ann", "Bob")`: each of them has opened step 7 in French."""
    server = serve()

    def open_step(language, step, *names, **context):
        found = people(server.url, *(names or ("Ann",)), locale=language, **context)
        readers = [Reader(person, language, step) for person in found]
        return readers if names else readers[0]

    open_step.server = server
    return open_step


# Step 7


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_naked_counter_is_wiped_and_heals_the_walled_one_stands(read, language):
    ann = read(language, 7)
    walled, naked = (ann.page.locator(f"#{id}").get_by_role("button") for id in ("walled", "naked"))
    walled.click()
    naked.click()
    expect(walled).to_have_text("2")
    expect(naked).to_have_text("2")
    ann.press("Draw them again")
    expect(naked).to_have_count(0)
    expect(walled).to_have_text("2")
    expect(naked).to_have_text("2")
    naked.click()
    expect(walled).to_have_text("3")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_shows_a_symbol_only_once_it_is_scratched(read, language):
    ann = read(language, 7)
    card = ann.page.get_by_role("group", name=ann.said("Your card"))
    covered = ann.said("Cell %(n)s, covered", n=5)
    assert card.locator("use").count() == 0
    card.get_by_role("button", name=covered).press("Enter")
    expect(card.get_by_role("button", name=covered)).to_have_count(0)
    expect(card.locator("use")).to_have_count(1)
    assert card.locator("use").evaluate("use => use.getBBox().width > 0")  # the symbol is there
    ann.press("Another card")
    expect(card.get_by_role("button", name=covered)).to_have_count(1)


# Step 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bell_is_heard_in_the_street_only_with_both_words(read, language):
    ann = read(language, 8)
    street = ann.page.locator(".ring-box").first
    door = ann.page.locator(".ring-box").nth(1)
    for bubbles, composed in ((False, False), (True, False), (False, True), (True, True)):
        ann.ticks("bubbles", bubbles)
        ann.ticks("composed", composed)
        ann.press("Ring")
        for place, heard in ((door, composed), (street, bubbles and composed)):
            check = expect(place)
            (check.to_have_class if heard else check.not_to_have_class)(re.compile(r"\bheard\b"))
    expect(ann.page.locator("#heard")).to_have_text(ann.said("The server has heard it once.", n=1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_round_of_the_buzzer_shows_its_evidence_and_a_false_start_none(read, language):
    ann = read(language, 8)
    pad = ann.page.locator("#pad")
    button = pad.get_by_role("button")
    button.click()
    expect(pad).to_have_attribute("phase", "wait")
    button.click()
    expect(pad).to_have_attribute("phase", "locked")
    expect(pad).to_have_attribute("phase", "ready")
    button.click()
    expect(pad).to_have_attribute("phase", "go", timeout=15_000)
    ann.page.wait_for_timeout(150)  # nobody reacts faster than a tenth of a second
    button.click()
    expect(pad).to_have_attribute("label", re.compile(r"^\d+ ms$"))
    expect(ann.page.locator("#solo dl")).to_contain_text("ms")


# Step 9


@pytest.mark.parametrize("language", LANGUAGES)
def test_three_errands_come_back_in_the_order_they_finish(read, language):
    ann = read(language, 9)
    ann.press("Ask")
    items = ann.page.locator("#tasks li")
    expect(items.nth(1)).to_contain_text(ann.said("valid"))
    ann.sees("Together", "All tasks completed.")
    expect(items.nth(0)).to_contain_text("ok")
    expect(items).to_have_count(3)
    after = [int(re.search(r"(\d+) ms", text)[1]) for text in items.all_text_contents()]
    assert after[1] < after[2] < after[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_asked_is_frozen_until_it_is_asked_again(read, language):
    ann = read(language, 9)
    ann.press("Ask")
    ann.sees("Together", "All tasks completed.")
    ann.page.get_by_label(ann.said("A name to validate")).fill("duo")
    ann.ticks("Fetch", False)
    ann.ticks("Query", False)
    tasks = ann.page.locator("#tasks")
    expect(tasks).to_contain_text("unorthodox")
    ann.press("Ask")
    expect(tasks).to_contain_text("duo")
    expect(tasks.locator("li")).to_have_count(1)
    expect(tasks).to_contain_text(ann.said("not valid: there is no uno in it"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_errands_are_called_back_when_nobody_waits_for_them(read, language):
    ann = read(language, 9)
    ann.press("Ask")
    ann.page.wait_for_function("document.querySelector('#tasks li.done')")  # at the very frame
    ann.press("Never mind")
    expect(ann.page.locator("#tasks li:not(.done)").first).to_contain_text(ann.said("called back"))
    practice = read.server.data / "practice"
    (told,) = wait_for(lambda: [*practice.glob("tasks-*.json")])
    assert json.loads(told.read_text())["_default"]["1"]["stopped"] in (1, 2)
    ann.press("Ask")
    expect(ann.page.locator("#tasks .note")).to_be_visible()
    ann.sees("Together", "All tasks completed.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_loop_burns_what_the_bell_does_not(read, language):
    ann = read(language, 9)
    ann.press("Let it run")
    rows = ann.page.locator("#spin tbody tr")
    expect(rows).to_have_count(2)
    turns = [int(row.locator("td").first.text_content()) for row in rows.all()]
    assert turns[0] > 1000 > 5 > turns[1]


# Step 10


@pytest.fixture
def lines(read):
    """`lines("en")`: Ann and Bob, each with a line that beats."""

    def both(language):
        readers = read(language, 10, "Ann", "Bob")
        for one in readers:
            one.sees("Connection", "Live")
            line_number(one, 1)
        return readers

    return both


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cut_line_heals(lines, language):
    ann, bob = lines(language)
    ann.press("Cut it")
    line_number(ann, 2)
    assert tiles(ann)[1] >= 1
    untouched(bob)


def test_a_bad_gateway_heals(lines):
    ann, bob = lines("en")
    ann.press("502 for four seconds")
    wait_for(lambda: tiles(ann)[2] >= 2)
    ann.sees("Connection", "Live")
    untouched(bob)


def test_a_frozen_line_is_noticed_because_of_its_silence(lines):
    ann, bob = lines("en")
    ann.press("Freeze it")
    line_number(ann, 2)
    assert tiles(ann)[3] == 1
    untouched(bob)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_slow_line_is_slow_and_then_is_not(lines, language):
    ann, bob = lines(language)

    def round_trip():
        before = ann.page.locator("#pong b").get_attribute("data-of")
        ann.press("Ping")
        pong = ann.page.locator("#pong b")
        wait_for(lambda: pong.get_attribute("data-of") != before)
        return int(pong.text_content())

    assert round_trip() < 250
    ann.press("Add 300 ms")
    wait_for(lambda: round_trip() >= 300)
    ann.press("No delay")
    wait_for(lambda: round_trip() < 250)
    untouched(bob)


def test_a_hidden_page_asks_again_only_for_the_stream_that_has_a_loop(lines):
    ann, bob = lines("en")
    once = ann.page.locator("#once-said")
    expect(once).to_contain_text("asked once")
    ann.press("Look away for a moment")
    line_number(ann, 2)
    expect(once).to_contain_text("asked once")
    untouched(bob)


@pytest.mark.parametrize("language", LANGUAGES)
def test_too_many_streams_are_stopped_by_a_fuse_and_cured_twice(lines, language):
    ann, bob = lines(language)
    streams = ann.page.locator("#streams meter")
    for _ in range(6):
        ann.press("One more stream")
    ann.sees("Refusal", "400")
    ann.sees("Refusal", "That is enough: one more, and your browser has no line left to say stop.")
    expect(ann.page.get_by_role("alert")).to_be_empty()
    expect(streams).to_have_attribute("value", "5")
    expect(streams).to_have_attribute("value", "1", timeout=15_000)

    ann.press("Cure one: a button that is busy")
    expect(ann.button("Streaming...")).to_be_disabled()
    expect(ann.page.get_by_text(ann.said("The server said"))).to_be_hidden()
    expect(streams).to_have_attribute("value", "2")
    expect(ann.button("Cure one: a button that is busy")).to_be_enabled(timeout=15_000)

    ann.press("Cure two: one per cookie")
    expect(streams).to_have_attribute("value", "2")
    ann.press("Cure two: one per cookie")
    ann.sees("Refusal", "You have one open already.")
    expect(streams).to_have_attribute("value", "1", timeout=15_000)
    untouched(bob)


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_polite_people_stand_at_a_door_in_the_line_that_is_shown(lines, language):
    ann, bob = lines(language)
    door = ann.page.locator("#door")
    ann.press("Both polite")
    expect(door.locator("code")).to_have_count(2)
    expect(door).to_contain_text("heard = mine.get(timeout=PATIENCE)")
    sentence = "heard nothing, lost patience and climbed through the window."
    expect(door).to_contain_text(ann.said(sentence))
    ann.press("One of them rude")
    expect(door).to_contain_text(ann.said("Excuse me!"))
    expect(door.locator("code")).to_have_count(0)
    untouched(bob)


# Step 11


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_view_sends_on_a_form_and_a_stream(read, language):
    ann = read(language, 11)
    for id, came in (("plain", "form"), ("streamed", "stream")):
        ann.page.locator(f"#{id}").fill("Ann")
        ann.page.locator(f"form:has(#{id}) button").click()
        ann.page.wait_for_url(f"**/journey/11?came={came}")
        expect(ann.page.get_by_role("status", name=ann.said("Guest book"))).to_contain_text("Ann")


def test_the_form_works_without_scripts(serve, people):
    (ann,) = people(serve().url, "Ann", java_script_enabled=False)
    ann.page.goto("/journey/11")
    ann.page.locator("#streamed").fill("Ann")
    ann.page.locator("form:has(#streamed) button").click()
    ann.sees("status", "Guest book", "by a plain form and a 303")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_redirect_for_a_stream_leads_nowhere_until_the_page_is_loaded(read, language):
    ann = read(language, 11)
    ann.page.locator("#naive").fill("Ann")
    ann.press("Sign badly")
    book = ann.page.get_by_role("status", name=ann.said("Guest book"))
    expect(book).to_contain_text("Ann")
    assert ann.page.url.endswith("/journey/11")
    ann.page.get_by_role("link", name=ann.said("Mend it: load this page")).click()
    expect(book).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_lets_anybody_be_ann_and_the_cookie_does_not(read, language):
    bob = read(language, 11)
    bob.press("Wave as Ann, whoever you are")
    bob.sees("Who waved", "Ann", role="list")
    bob.press("Wave as yourself")
    bob.sees("Who waved", "the reader of this page", role="list")


# Step 12


@pytest.fixture
def den(read):
    """`den("en")`: Ann beside her file; Bob, who looks at her room from another screen."""

    def open_den(language):
        ann, bob = read(language, 12, "Ann", "Bob")
        bob.page.goto(ann.page.locator("#other").get_attribute("src"))
        for page in (ann.page, bob.page):
            expect(page.locator("#den .guest")).to_have_count(3)
        return ann, bob

    return open_den


LINE = {"en": "line 2: ", "fr": "ligne 2 : "}


def the_file(read):
    """Ann's file: the one in which somebody has been moved, or the only one."""
    return next((read.server.data / "practice").glob("den-*.json"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deleted_row_vanishes_on_another_screen_and_comes_back(den, language):
    ann, bob = den(language)
    ann.page.locator("#row-2 button.break").click()
    for page in (ann.page, bob.page):
        expect(page.locator("#den")).not_to_contain_text("Bob")
    expect(ann.page.locator("#file")).to_have_value(re.compile('"bin": \\[\\s*"2"'))
    ann.press("Undo")
    expect(ann.page.locator("#rows tbody tr")).to_have_count(3)
    ids = [row.get_attribute("id") for row in ann.page.locator("#rows tbody tr").all()]
    assert ids == ["row-1", "row-2", "row-3"], "in its place"
    for page in (ann.page, bob.page, ann.page.frame_locator("#other")):
        expect(page.locator("#den")).to_contain_text("Bob")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edit_of_the_file_moves_somebody_on_every_screen(den, language):
    ann, bob = den(language)
    file = ann.page.locator("#file")
    expect(file).to_have_value(re.compile("_default"))
    text = file.input_value()
    file.fill(text.replace('"at": 2', '"at": 9'))
    ann.press("Save")
    saved = ann.page.get_by_text(ann.said("Saved: every screen shows it."))
    expect(saved).to_be_visible()
    below = saved.bounding_box()["y"] - ann.button("Save").bounding_box()["y"]
    assert 0 < below < 150, "beside the button"
    for page in (ann.page, bob.page):
        expect(page.locator("#guest-1")).to_have_attribute("x", "185")
    expect(file).to_have_value(re.compile('"at": 9'))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_edit_names_file_line_and_reason_and_changes_nothing(den, language):
    ann, bob = den(language)
    file = ann.page.locator("#file")
    expect(file).to_have_value(re.compile("_default"))
    ann.press("Break it")
    alert = ann.page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile(rf"den-\w+\.json, {LINE[language]}"))
    expect(alert).to_contain_text(ann.said("after a name comes a colon."))
    ann.press("Take it back")
    assert json.loads(file.input_value())
    file.fill(file.input_value().replace('"at": 2', '"at": 99'))
    ann.press("Save")
    rule = ann.said("at is a whole number from 0 to 10.")
    expect(alert).to_contain_text(ann.said("in row {row}, {rule}").format(row=1, rule=rule))
    expect(bob.page.locator("#guest-1")).to_have_attribute("x", "45")


def test_an_edit_behind_the_servers_back_shows_everywhere(read, people):
    ann = read("en", 12)
    expect(ann.page.locator("#den")).to_have_accessible_name(re.compile("lamp on"))
    subprocess.run(["sed", "-i", 's/"lamp": true/"lamp": false/', the_file(read)], check=True)
    for page in (ann.page, ann.page.frame_locator("#other")):
        expect(page.locator("#den")).to_have_accessible_name(re.compile("lamp off"), timeout=1000)
    expect(ann.page.locator("#file")).to_have_value(re.compile('"lamp": false'))


def test_an_edit_behind_the_back_that_is_broken_is_told_beside_the_rows(read):
    ann = read("fr", 12)
    expect(ann.page.locator("#rows tbody tr")).to_have_count(3)
    subprocess.run(["sed", "-i", 's/"lamp": true/"lamp": on/', the_file(read)], check=True)
    said = ann.page.locator("#rows").get_by_role("status")
    expect(said).to_contain_text(re.compile(r"den-\w+\.json, ligne \d+ : "), timeout=1000)
    subprocess.run(["sed", "-i", 's/"lamp": on/"lamp": 7/', the_file(read)], check=True)
    expect(said).to_contain_text(ann.said("lamp is true or false."))
    ann.page.reload()
    expect(said).to_contain_text(ann.said("lamp is true or false."))
    subprocess.run(["sed", "-i", 's/"lamp": 7/"lamp": false/', the_file(read)], check=True)
    expect(said).to_have_count(0)
    expect(ann.page.locator("#rows tbody tr")).to_have_count(3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_phone_the_file_and_the_room_it_moves_are_seen_together(read, language):
    ann = read(language, 12, **PHONE)
    den, file = ann.page.locator("#den"), ann.page.locator("#file")
    expect(file).to_have_value(re.compile("_default"))
    file.evaluate("el => el.scrollIntoView()")
    room, text, save = (it.bounding_box() for it in (den, file, ann.button("Save")))
    assert room["y"] >= 0 and room["y"] + room["height"] < text["y"], "the room above the file"
    assert save["y"] + save["height"] <= 844
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nobody_writes_in_a_room_that_he_only_looks_into(den):
    ann, bob = den("en")
    expect(bob.page.get_by_role("button")).to_have_count(0)
    assert ann.page.locator("#row-1").count() == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_what_it_sees_and_that_it_was_asked(read, language):
    ann = read(language, 12)
    other = ann.page.frame_locator("#other")
    expect(other.locator("#den .guest")).to_have_count(3)
    for _ in range(3):
        other.locator("#den").click()
    ann.press("Ask the other screen")
    answer = ann.page.get_by_role("status", name=ann.said("Answer"))
    expect(answer).to_contain_text(re.compile(r"\b3\b.*×"))
    told = ann.said("Somebody has just asked this page what it sees.")
    expect(other.get_by_text(told)).to_be_visible()
    ann.page.evaluate("document.getElementById('other').remove()")
    ann.press("Ask the other screen")
    silence = ann.said("No answer within a second. It is hidden, frozen, or gone.")
    expect(answer).to_contain_text(silence)
