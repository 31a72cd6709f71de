"""The journey's practice: whose it is, and how long it is kept."""

from typing import Any

import pytest

from tests.story.people import SAME, Person
from tests.story.world import World


def test_who_never_opened_a_step_has_nothing_to_practise_on(ann: Person, world: World) -> None:
    answer = ann.ask("POST", "/journey/1/lamp", headers=SAME, data={"lamp": "on"})
    assert answer.status == 400
    assert not world.house.store.keys("practice/")


def test_everybody_has_a_lamp_of_their_own(ann: Person, bob: Person) -> None:
    for reader in (ann, bob):
        reader.ask("GET", "/journey/1")
    ann.ask("POST", "/journey/1/lamp", headers=SAME, data={"lamp": "on"})
    lit = b'class="lamp on"'
    assert lit in ann.ask("GET", "/journey/1").body
    assert lit not in bob.ask("GET", "/journey/1").body


def test_practice_is_kept_for_a_day_after_the_last_touch(ann: Person, world: World) -> None:
    ann.ask("GET", "/journey/1")
    ann.ask("POST", "/journey/1/lamp", headers=SAME, data={"lamp": "on"})
    for hours, left in ((23, 1), (2, 0)):
        world.later(hours * 3600)
        world.house.practice.sweep()
        assert len(world.house.store.keys("practice/")) == left


@pytest.mark.parametrize("step", ["0", "13", "99999999999999999999", "x"])
def test_there_are_twelve_steps(ann: Person, step: str) -> None:
    assert ann.ask("GET", f"/journey/{step}").status == 404


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("/journey/6/show", {"json": {"who": "Cem", "hand": "rock"}}),
        ("/journey/6/show", {"json": {"who": "Ann", "hand": "well"}}),
        ("/journey/6/show", {"json": {"who": ["Ann"], "hand": "rock"}}),
    ],
)
def test_nonsense_is_refused(ann: Person, path: str, how: dict[str, Any], world: World) -> None:
    ann.ask("GET", "/journey/6")
    assert ann.ask("POST", path, headers=SAME, **how).status == 400
    assert not world.house.store.keys("practice/")
