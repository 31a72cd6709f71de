"""The stream of a page: whole at first, then what changed, and never a byte too many."""

import re

import gevent
import pytest

from myapp import stream
from myapp.store import StoreDown
from myapp.views.drawing import PARTS
from tests.story.sse import events


def test_the_first_frame_is_the_whole_current_view(bob, code, hers, his):
    hers.press("Lock")
    his.until("locked")
    page = bob.open(f"/{code}")
    ids = [
        part
        for event in events(page.raw.decode())
        for part in re.findall(r'^<(?:div|section) id="(\w+)"', event.html)
    ]
    assert ids == [*PARTS, "hand", "me", "choices", "host"]
    assert page.frames == 1


def test_the_page_and_its_first_frame_draw_the_same(code, hers):
    page = hers.person.get(f"/{code}").tree
    for part in ("room", "hand", "me", "choices", "host"):
        assert page.first(id=part).text == hers.tree.first(id=part).text


def test_the_stream_says_when_to_come_back_and_spreads_the_returns(ann, code):
    page = ann.open(f"/{code}", tab="t")
    returns = []
    for _ in range(8):
        page.raw = b""
        page.connect()
        returns += [int(event.retry) for event in events(page.raw.decode()) if event.retry]
    assert len(returns) == 8 and len(set(returns)) > 1
    assert stream.AGAIN[0] <= min(returns) <= max(returns) <= stream.AGAIN[-1]


def test_a_stream_is_never_kept_or_buffered_on_its_way(ann, code):
    for path in (f"/{code}/live", "/live"):
        response = ann.raw(
            "GET",
            path,
            headers={"Datastar-Request": "true"},
            query_string={"datastar": '{"tab":"t"}'},
        )
        assert response.mimetype == "text/event-stream"
        assert response.headers["X-Accel-Buffering"] == "no"
        assert "no-store" in response.headers["Cache-Control"]
        response.close()


def test_a_refusal_reaches_only_who_asked_and_changes_nothing(hers, his, code, world):
    before = world.document(code)
    assert "Only the host can do that." in his.person.command(f"/{code}/lock").alert
    assert world.document(code) == before
    hers.press("Make public")
    his.until("public")
    hers.until("Make private")
    for page in (hers, his):
        assert b"alert" not in page.raw and b"Only the host" not in page.raw


def test_a_refusal_is_a_patch_that_a_screen_reader_speaks(his, code):
    answer = his.person.command(f"/{code}/lock")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/event-stream")
    (event,) = answer.events
    assert event.html == '<div id="alert" role="alert">Only the host can do that.</div>'
    his.apply(answer.events)
    assert his.alert == "Only the host can do that."


def test_what_is_done_is_answered_with_nothing_at_all(hers, code):
    answer = hers.person.command(f"/{code}/lock")
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(
    "signals",
    [
        {"name": "Eve", "_me": "p1", "host": "p2", "player": "p1"},
        {"act": "a" * 24, "move": "buzz", "round": 1, "started": True, "locked": True},
    ],
)
def test_signals_of_a_stream_request_change_nothing(his, code, world, signals):
    before = world.document(code)
    assert his.connect(**signals) == 200
    assert world.document(code) == before
    assert his.names("Players") == ["Ann", "Bob"]


@pytest.mark.parametrize(
    "query",
    [
        "[]",
        "1",
        "nonsense",
        "{",
        "[" * 3000,
        '{"tab":1}',
        '{"tab":["x"]}',
        '{"tab":"%s"}' % ("x" * 65),
        '{"tab":"\\ud800"}',
    ],
)
def test_a_stream_request_that_makes_no_sense_is_refused(ann, code, query):
    for path in (f"/{code}/live", "/live"):
        headers = {"Datastar-Request": "true"}
        response = ann.raw("GET", path, headers=headers, query_string={"datastar": query})
        assert response.status_code == 400
        response.close()


def test_ten_changes_before_the_page_looks_are_one_frame(hers, his, code, world):
    frames = his.frames
    for _ in range(5):
        for verb in ("lock", "unlock"):
            hers.person.command(f"/{code}/{verb}")
    hers.person.command(f"/{code}/public")
    his.until("public")
    assert his.frames == frames + 1
    assert "locked" not in his.text


def test_what_stays_the_same_is_not_sent_again(hers, his, code):
    his.raw = b""
    hers.press("Make public")
    his.read()
    assert b'<div id="people"' in his.raw and b'<div id="me"' not in his.raw


def test_a_change_that_changes_nothing_is_no_frame(hers, his, code):
    frames = his.frames
    for _ in range(3):
        hers.person.command(f"/{code}/unlock")
    hers.press("Make public")
    his.until("public")
    assert his.frames == frames + 1


def test_when_all_is_quiet_the_stream_beats(hers, monkeypatch):
    monkeypatch.setattr(stream, "BEAT", 0.01)
    hers.raw = b""
    hers.connect()
    hers.read()
    assert hers.signals["_beat"] == 1


def test_go_is_in_no_byte_before_go(hers, his, code, world):
    hers.press("Start")
    his.until("Wait for it...")
    state = world.document(code)["state"]
    said = hers.raw + his.raw
    for secret in (state["until"], world.house.rooms.get(code).due):
        assert f"{secret:.2f}".encode() not in said and f"{secret * 1000:.0f}".encode() not in said


def test_nothing_on_the_page_depends_on_when_go_will_come(hers, his, code, world):
    hers.press("Start")
    his.until("Wait for it...")
    drawn = world.house.drawing
    room = world.house.rooms.get(code)

    def shared(room):
        return [sheet.html for sheet in drawn.shared(room, None, "page", "x").values()]

    before = shared(room)
    world.edit(code, lambda doc: doc["state"].update(until=doc["state"]["until"] + 1.2345))
    room = world.house.rooms.get(code)
    assert shared(room) == before
    frames = his.frames
    hers.press("Make public")
    his.until("public")
    assert his.frames == frames + 1


def test_go_comes_even_if_the_store_stumbled_when_it_was_due(hers, code, world, monkeypatch):
    hers.press("Add a robot")
    hers.press("Start")
    hers.until("Wait for it...")
    asked = []

    def full(*args, **how):
        asked.append(args)
        raise StoreDown("The disk is full.")

    with monkeypatch.context() as trouble:
        trouble.setattr(world.house.store, "change", full)
        world.until_due(code)
        reading = gevent.spawn(hers.read)
        gevent.sleep(0)
    assert asked
    world.later(0.001)
    reading.get()
    hers.until("GO!")


def test_streams_end_when_the_server_closes_and_new_ones_are_told_to_come_again(hers, world):
    world.house.hub.close()
    assert hers.ended()
    assert hers.connect() == 200
    assert hers.ended()


def test_a_hand_edit_is_on_every_screen(hers, his, code, world):
    world.edit(code, lambda doc: doc["state"]["points"].update(p1=7))
    for page in (hers, his):
        page.until("7 points")


def test_a_page_of_an_unknown_room_has_no_stream(ann):
    response = ann.raw(
        "GET",
        "/ZZZZ/live",
        headers={"Datastar-Request": "true"},
        query_string={"datastar": '{"tab":"t"}'},
    )
    assert response.status_code == 204


def test_a_stream_of_somebody_without_a_cookie_is_live_too(person, code, hers):
    page = person().open(f"/{code}")
    hers.press("Make public")
    page.until("public")
    assert not page.person.world.house.presence.here(code, "")
