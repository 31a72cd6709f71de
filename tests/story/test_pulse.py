"""What the operator is told of a process, and which documents there are."""

import logging
import re
import time
from pathlib import Path

import gevent
import pytest

from myapp import desk, logs
from myapp.presence import OPERATOR
from myapp.pulse import BLOCKED, Loop

MYAPP = Path(desk.__file__).parent


@pytest.fixture
def loop():
    loop = Loop()
    loop.watch()
    yield loop
    loop.stop()


def stand_still(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_what_blocks_the_loop_is_told_with_its_place(loop):
    gevent.sleep(0.01)
    gevent.spawn(stand_still, BLOCKED + 0.1).join()
    gevent.sleep(0.01)
    assert loop.blocked.seconds >= BLOCKED + 0.1
    assert re.fullmatch(r"tests/story/test_pulse.py:\d+ stand_still", loop.blocked.where)


def test_a_loop_that_rests_is_not_blocked(loop):
    gevent.sleep(0.01)
    loop.blocked = None
    gevent.sleep(2 * BLOCKED)
    assert loop.blocked is None


def test_figures_are_told_only_while_somebody_looks_and_only_when_they_differ(world):
    pulse, store = world.house.operator.pulse, world.house.store
    pulse.tell()
    assert not store.keys("workers/")
    with world.house.presence.line(OPERATOR, "tab", OPERATOR):
        pulse.tell()
        (key,) = store.keys("workers/")
        gevent.sleep(0.5)  # what it took to begin is over
        pulse.tell()
        figures, version = store.get(key)
        assert (figures["streams"], figures["rooms"], figures["cpu"]) == (0, 0, 0)
        gevent.sleep(0.5)
        pulse.tell()
        assert store.version(key) == version
    pulse.tell()
    assert not store.keys("workers/")


def test_refusals_and_troubles_are_kept_and_comings_and_goings_are_not():
    logs.LATEST.clear()
    logging.getLogger("myapp.refused").info("409 room.play Too late.")
    logging.getLogger("myapp.streams").info("opened room")
    logging.getLogger("myapp.store_tinydb").error("a file is broken")
    assert [entry.text for entry in logs.LATEST] == ["409 room.play Too late.", "a file is broken"]


def test_the_desk_shows_every_kind_of_document_that_anybody_keeps():
    outside = ("views", "journey", "cli", "__init__.py")
    files = [path for path in MYAPP.rglob("*.py") if path.parts[len(MYAPP.parts)] not in outside]
    found = {kind for path in files for kind in re.findall(r'f"([a-z]+)/\{', path.read_text())}
    assert {"rooms", "presence", "asks"} < found <= set(desk.KINDS)
