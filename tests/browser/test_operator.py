"""The operator's page in a real browser: the store live, and any page asked for its signals."""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter

import pytest
from playwright.sync_api import expect

from myapp.caretaker import SETTLED
from tests.conftest import ROOT, together, wait_for
from tests.live.test_hand_edits import by_sed
from tests.touches import Touches

SOON = 1000  # milliseconds until the table shows an edit
FIGURES = re.compile(r"workers/(?:\.side/)?([0-9a-f]{8})\.(?:json|lock|tmp)")
SIGNS = {"opened": "O", "put in place": "W"}
OTHERS = 1  # processes beside the one whose figures they are
FRESH = """
import sys
from myapp.hub import Hub
from myapp.store import open_store
store = open_store(sys.argv[1], Hub())
def points(doc):
    doc["state"]["points"]["p1"] = 7
    return doc
store.change(sys.argv[2], points)
store.close()
"""


def link(server):
    """The way in, as the operator makes it at a shell."""
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), "operator"],
        cwd=server.folder,
        env={**os.environ, **server.settings},
        check=True,
        capture_output=True,
        timeout=60,
    )
    file = server.data / "operator-link"
    assert file.stat().st_mode & 0o777 == 0o600
    return file.read_text().strip()


@pytest.fixture
def server(serve):
    return serve(WEB_CONCURRENCY="2")


@pytest.fixture
def room(server, people):
    ann, bob = people(server.url, "Ann", "Bob")
    together(ann, bob)
    return ann, bob


@pytest.fixture
def op(server, people):
    (op,) = people(server.url, "Op")
    op.page.goto(link(server))
    op.press("Come in")
    op.live()
    return op


def row(op, key):
    return op.page.locator(f"#row-{key.replace('/', '-')}")


def person(op, name):
    return op.page.locator("#present li").filter(has_text=name)


def ask(op, name):
    person(op, name).get_by_role("button", name="What do you see?").click()


def test_the_table_shows_an_edit_by_sed_by_another_process_and_by_a_player(server, room, op):
    ann, _ = room
    key, took = f"rooms/{ann.code}", {}

    def shows(text, began):
        expect(row(op, key)).to_contain_text(text, timeout=SOON)
        took[text] = time.monotonic() - began

    expect(row(op, key)).to_be_visible()
    began = time.monotonic()
    by_sed(server.file(ann.code), '"p1": 0', '"p1": 3')
    shows("state.points.p1 0 → 3", began)
    store = f"tinydb:{server.data}"
    other = subprocess.Popen(
        [sys.executable, "-c", FRESH, store, key], cwd=ROOT, stdin=subprocess.DEVNULL
    )
    wait_for(lambda: '"p1": 7' in server.file(ann.code).read_text())
    shows("state.points.p1 3 → 7", time.monotonic())
    assert other.wait(20) == 0
    began = time.monotonic()
    ann.press("Make public")
    shows("public false → true", began)
    print({text: f"{seconds * 1000:.0f} ms" for text, seconds in took.items()})


def test_a_deleted_room_goes_from_every_screen_and_comes_back_by_undo(server, room, op):
    ann, bob = room
    key, rows = f"rooms/{ann.code}", op.page.locator("#rows-rooms tr")
    for code in ("BBBB", "ZZZZ"):
        server.file(code).write_text(server.file(ann.code).read_text().replace(ann.code, code))
    expect(rows).to_have_count(3)
    row(op, key).get_by_role("button", name="Delete").click()
    expect(row(op, key)).to_have_count(0)
    for someone in (ann, bob):
        expect(someone.page.get_by_text("This room is closed")).to_be_visible()
    op.press("Undo")
    expect(row(op, key)).to_be_visible()
    ids = ["BBBB", ann.code, "ZZZZ"]
    assert [row.get_attribute("id")[-4:] for row in rows.all()] == ids
    ann.page.reload()
    ann.sees("list", "Players", "Bob")


def test_a_broken_edit_is_shown_with_file_line_and_reason(server, room, op):
    ann, _ = room
    path = server.file(ann.code)
    line = 1 + path.read_text().split('"public"')[0].count("\n")
    by_sed(path, '"public": false', '"public": maybe')
    alert = op.page.get_by_role("alert", name="Broken by hand")
    expect(alert).to_contain_text(f"{ann.code}.json, line {line}: ", timeout=SOON)
    by_sed(path, '"public": maybe', '"public": false')
    expect(alert).to_have_count(0)


@pytest.mark.alone
def test_a_page_says_what_it_shows_and_its_reader_is_told(server, room, op, counts):
    _, bob = room
    times = []
    for n in range(counts(5, 50)):
        bob.page.set_viewport_size({"width": 400 + n, "height": 700})
        ask(op, "Bob")
        answer = op.page.get_by_role("region", name="Answer")
        expect(answer).to_contain_text(f"{400 + n} x 700")
        expect(answer).to_contain_text("visible")
        signals = json.loads(answer.locator("pre").text_content())
        assert signals["_net"] == "live" and signals["_me"] == "p2"
        expect(bob.page.get_by_role("alert")).to_be_empty()
        times.append(float(re.search(r"([\d.]+) ms", answer.text_content())[1]))
    bob.sees("status", "Operator", "The operator has just looked")
    bob.press("All right")
    expect(bob.page.get_by_role("status", name="Operator")).to_be_empty()
    median = statistics.median(times)
    slow = statistics.quantiles(times, n=20, method="inclusive")[-1]
    print(f"asked {len(times)} times: median {median:.1f} ms, 95 of 100 within {slow:.1f} ms")
    assert median < 100 and slow < 100


def test_a_frozen_page_is_given_up_and_told_when_it_thaws(server, room, op):
    _, bob = room
    bob.page.evaluate(
        "setTimeout(() => { const end = Date.now() + 3000; while (Date.now() < end); }, 50)"
    )
    time.sleep(0.2)
    began = time.monotonic()
    ask(op, "Bob")
    op.sees("region", "Answer", "No answer within 1 s")
    assert 0.9 < time.monotonic() - began < 2.5
    bob.sees("status", "Operator", "The operator has just looked")


def test_a_hidden_page_and_a_closed_one_are_told_apart(server, room, op):
    ann, bob = room
    bob.page.goto("/privacy")
    expect(person(op, "Bob")).to_contain_text("gone: closed the page")
    ask(op, "Bob")
    op.sees("region", "Answer", "Bob has closed the page.")
    ann.page.evaluate(
        """() => { Object.defineProperty(document, 'hidden', {value: true});
        document.dispatchEvent(new Event('visibilitychange')); }"""
    )
    bob.page.goto(f"/{ann.code}")
    expect(person(op, "Ann")).to_contain_text("hidden, or without a line")


def test_bad_network_lags_one_player_and_no_other(server, room, op):
    ann, bob = room
    form = person(op, "Bob")
    form.get_by_text("Network", exact=True).click()
    form.get_by_label("Lag, ms").fill("400")
    form.get_by_role("button", name="Make it so").click()
    expect(form).to_contain_text("bad network")
    began = time.monotonic()
    ann.press("Make public")
    expect(ann.page.get_by_text("public", exact=True)).to_be_visible()
    quick = time.monotonic() - began
    expect(bob.page.get_by_text("public", exact=True)).to_be_visible()
    assert quick < 0.4 <= time.monotonic() - began


def test_all_rooms_pause_and_go_on(server, room, op):
    ann, bob = room
    ann.press("Start")
    op.press("Pause all rooms")
    for someone in (ann, bob):
        someone.sees("status", "Game", "Paused.")
    op.press("Let all go on")
    bob.page.get_by_role("button", name="Pause", exact=True).wait_for()


def test_every_process_has_a_fan(server, room, op):
    fans = op.page.get_by_role("img", name=re.compile("Processor: "))
    expect(fans).to_have_count(2)
    op.sees("region", "Processes", "Streams")


def test_while_nothing_happens_nothing_is_read(server, room, op, counts):
    """Neither a document nor a folder, in one long look at every folder of the data.

    A process tells its figures when they have changed, which is a write, and the others read it
    then: once each. Whoever polls reads what nobody has written.
    """
    expect(op.page.get_by_role("img", name=re.compile("Processor: "))).to_have_count(2)
    time.sleep(SETTLED)  # the caretakers look at everything once, soon after the start
    seconds = counts(6, 30)
    with Touches(server.data) as touches:
        until_quiet(touches)
        time.sleep(seconds)
        seen = until_quiet(touches)
    told = Counter(re.sub("[0-9a-f]{8}", "figures", f"{t.path} {t.what}") for t in seen)
    print(f"in {seconds} s: {dict(told) or 'nothing'}")
    figures = [touch for touch in seen if FIGURES.fullmatch(touch.path)]
    assert seen == figures, "other things than figures were touched"
    for name in {FIGURES.fullmatch(touch.path)[1] for touch in figures}:
        whats = [touch.what for touch in figures if touch.path == f"workers/{name}.json"]
        *before, after = "".join(SIGNS.get(what, "") for what in whats).split("W")
        assert before, f"workers/{name} was read, and nobody had written it"
        # Who writes looks first, and again before he puts the new one in place of the old.
        assert len(before[0]) <= 2, "read before the first write"
        assert max(map(len, before)) <= 2 + OTHERS and len(after) <= OTHERS, whats


def until_quiet(touches):
    """What was touched, until nobody is in the middle of telling his figures."""
    seen = touches.since()
    for _ in range(50):
        time.sleep(0.3)
        new = touches.since()
        if not new:
            return seen
        seen += new
    raise AssertionError(f"it never rests: {seen[-5:]}")


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_it_fits_a_phone(server, room, people, locale):
    (op,) = people(server.url, "Op", viewport={"width": 320, "height": 640}, locale=locale)
    op.page.goto(link(server))
    op.page.locator("main form button").click()
    expect(op.page.locator("#net.live")).to_be_visible()
    expect(op.page.locator(".worker")).to_have_count(2)
    assert op.page.evaluate("document.documentElement.scrollWidth") <= 320
