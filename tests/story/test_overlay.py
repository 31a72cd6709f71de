"""The overlay of a stream: nobody, behind the room if the host wishes, with approved names."""

import gevent
import pytest

from myapp import stream


@pytest.fixture
def clock(monkeypatch):
    """The time that streams go by: `clock[0] += 3` is three seconds later."""
    now = [1000.0]
    monkeypatch.setattr(stream.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def overlay(charlie, code, hers, his):
    return charlie.open(f"/{code}?view=obs")


@pytest.fixture
def later(world, clock):
    def pass_by(seconds):
        clock[0] += seconds
        world.later(seconds)

    return pass_by


def test_it_shows_the_room_as_it_was_some_seconds_ago(overlay, hers, later):
    assert "Ann" in overlay.text
    hers.press("5 s")
    hers.press("Start")
    hers.until("Wait for it...")
    reading = gevent.spawn(overlay.read)
    gevent.sleep(0.05)
    later(1)
    gevent.sleep(0.05)
    assert not reading.ready()
    later(4.5)
    reading.get()
    overlay.until("Wait for it...")


def test_one_that_is_opened_late_shows_nothing_newer_either(hers, charlie, code):
    hers.press("5 s")
    page = charlie.get(f"/{code}?view=obs")
    assert b"Ann" not in page.body and b"Press Start" not in page.body


def test_a_name_shows_when_the_host_has_approved_it(hers, his, charlie, code):
    hers.press("Show names I approve")
    page = charlie.open(f"/{code}?view=obs")
    assert page.names("Players") == ["Player 1", "Player 2"]
    assert b"Bob" not in page.raw
    hers.until("Show Bob")
    hers.press("Show Bob")
    page.until("Bob")
    assert page.names("Players") == ["Player 1", "Bob"]
    assert his.names("Players") == ["Ann", "Bob"]
    hers.until("Hide Bob")
    hers.press("Hide Bob")
    page.until("Player 2", gone="Bob")
    hers.press("Show every name")
    page.until("Ann", "Bob")


def test_only_the_host_chooses(his, code, world):
    before = world.document(code)
    for verb, fields in (
        ("delay", {"seconds": "5"}),
        ("vet", {"state": "on"}),
        ("approve", {"player": "p2", "state": "on"}),
        ("late", {"when": "now"}),
        ("cheers", {"state": "on"}),
    ):
        assert "Only the host" in his.person.command(f"/{code}/{verb}", **fields).alert
    assert world.document(code) == before


@pytest.mark.parametrize("seconds", ["", "-1", "4", "1e3", "5.0", "99999999", [5], {}, None, "٥"])
def test_a_delay_that_is_none_is_refused(ask, seconds):
    ask(400, "delay", json={"seconds": seconds})


@pytest.mark.parametrize("verb", ["vet", "cheers", "approve"])
@pytest.mark.parametrize("state", ["", "yes", 1, True, None])
def test_a_switch_is_on_or_off(ask, verb, state):
    ask(400, verb, json={"state": state, "player": "p1"})
