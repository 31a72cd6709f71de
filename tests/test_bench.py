"""The benchmark's own parts: the load client counts what was sent, and ratios are what they say."""

import shutil
from dataclasses import replace

import pytest

from bench.client import Client
from bench.contestants import everybody
from bench.processes import MINE
from bench.promises import Promise, against
from bench.results import Results, Where
from bench.rooms import prepared
from bench.scene import Scene

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="the load client is C")
SCREENS = 50
CHUNK = len("3e8\r\n\r\n")  # around an event of a thousand bytes


@pytest.fixture(autouse=True)
def swept():
    yield
    shutil.rmtree(MINE, ignore_errors=True)


@pytest.fixture
def look(tmp_path):
    """`look(scene, name, ...)`: this contestant is started and everybody looks at it."""
    started = []

    def opened(scene, name="limit", **plan):
        server = next(server for server in everybody() if server.name == name)
        server.start(scene)
        client = Client(server.target, replace(server.plan(scene), **plan)).__enter__()
        started.append((client, server))
        assert client.does("open", scene.streams)["first"] == scene.streams
        return client

    yield opened
    for client, server in started:
        client.__exit__()
        server.stop()


def a_scene(tmp_path, own=0):
    return Scene("different" if own else "small", SCREENS, tmp_path, shared=1000, own=own)


def test_each_change_is_one_delivery_on_every_screen_to_the_byte(look, tmp_path):
    found = look(a_scene(tmp_path)).does("saturate", 0.2)
    assert found["changes"] > 1
    assert found["deliveries"] == found["changes"] * SCREENS
    assert found["bytes"] == found["deliveries"] * (1000 + CHUNK)
    assert not (found["failed"] or found["lost"] or found["stuck"])


def test_chunks_that_cannot_be_read_are_counted_like_those_that_can(look, tmp_path):
    client = look(a_scene(tmp_path), by_chunks=1, numbered=False)
    found = client.does("saturate", 0.2)
    assert found["deliveries"] == found["changes"] * SCREENS == found["frames"]


def test_a_change_is_shown_when_one_s_own_part_has_come(look, tmp_path):
    found = look(a_scene(tmp_path, own=300)).does("pace", 0.5, 20)
    assert found["changes"] == 10
    assert found["deliveries"] == 10 * SCREENS
    assert found["missing"] == 0
    assert 0 < found["p50"] <= found["p99"] <= found["last_p99"]


def test_over_a_unix_socket_it_is_the_same(look, tmp_path):
    found = look(a_scene(tmp_path), "limit-unix").does("saturate", 0.2)
    assert found["bytes"] == found["changes"] * SCREENS * (1000 + CHUNK)


def test_in_a_real_room_everybody_sees_each_change_and_a_card_of_their_own(look):
    scene = prepared("different", 3)
    assert scene.own and scene.shared > 900
    client = look(scene, "vroum")
    found = client.does("saturate", 0.6)  # each change is awaited; two at once may be one delivery
    assert found["changes"] > 1
    assert found["deliveries"] == found["changes"] * 3
    assert not (found["failed"] or found["stuck"])
    assert client.does("pace", 0.6, 10)["missing"] == 0


def test_a_ratio_is_of_figures_from_the_same_round():
    results = Results()
    for round, (ours, theirs) in enumerate([(10, 5), (40, 10), (90, 30)]):
        results.add("small", 1000, "ours", round, {"us": ours})
        results.add("small", 1000, "theirs", round, {"us": theirs})
    results.add("small", 1000, "ours", 3, {"us": 1000})  # the others failed in this one
    ours, theirs = Where("small", 1000, "ours"), Where("small", 1000, "theirs")
    assert results.ratio(ours, theirs, "us") == 3
    assert results.median(theirs, "us") == 10


@pytest.mark.parametrize(
    ("ours", "verdict"), [(14, "holds"), (16, "does not hold"), (None, "not measured")]
)
def test_a_promise_is_held_by_figures_alone(ours, verdict):
    results = Results()
    results.add("small", 1000, "ours", 0, {"us": ours})
    results.add("small", 1000, "theirs", 0, {"us": 10})
    promise = Promise("ours to theirs", 1.5, against("us", "ours", "theirs"))
    assert promise.verdict(results)["verdict"] == verdict
