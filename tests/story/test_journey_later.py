"""What the server says to Ann, a reader of steps 7 to 12, and refuses Bob."""

import re

import pytest

from tests.story.people import SAME


def test_no_step_does_anything_for_who_has_not_opened_a_page(ann, world):
    for path in ("/journey/7/deal", "/journey/8/buzz", "/journey/12/undo", "/journey/10/ping"):
        assert ann.ask("POST", path, json={}, headers=SAME).status == 400
    assert world.house.store.keys("practice/") == []


def test_a_covered_symbol_is_in_no_byte_of_the_page(ann, world):
    page = ann.get("/journey/7").body.decode()
    (key,) = world.house.store.keys("practice/card")
    doc, _ = world.house.store.get(key)
    assert len(doc["cells"]) == 9
    assert "#scratch-" not in page
    answer = ann.command("/journey/7/scratch", cell=4).body.decode()
    assert re.findall("#scratch-([a-z]+)", answer) == [doc["cells"][4]]


@pytest.mark.parametrize("cell", (-1, 9, "4", None, 1.5))
def test_a_cell_that_there_is_not_is_refused(ann, cell):
    ann.get("/journey/7")
    answer = ann.ask("POST", "/journey/7/scratch", json={"cell": cell}, headers=SAME)
    assert answer.status == 400


def test_a_false_start_is_one_without_any_page_saying_so(ann):
    ann.get("/journey/8")
    assert b"locked" in ann.command("/journey/8/buzz", reaction=200).body


def test_a_practice_room_is_changed_by_its_reader_alone(ann, bob, world):
    ann.get("/journey/12")
    (key,) = world.house.store.keys("practice/den")
    before = world.house.store.get(key)
    bob.get("/journey/12")
    bob.command("/journey/12/delete", row="1")
    assert world.house.store.get(key) == before


@pytest.mark.parametrize(
    "den",
    (
        '{"guests": {"1": {"name": "Ann", "at": 11}}}',
        """{"guests": {"1');alert(1)//": {"name": "Ann", "at": 1}}}""",
        '{"lamp": "on"}',
        '{"secret": 1}',
    ),
)
def test_a_file_that_is_no_room_is_refused_with_the_reason(ann, world, den):
    ann.get("/journey/12")
    (key,) = world.house.store.keys("practice/den")
    before = world.house.store.get(key)
    text = f'{{"_default": {{"1": {den}}}}}'
    answer = ann.ask("POST", "/journey/12/save", json={"text": text}, headers=SAME)
    assert answer.status == 400
    assert ".json, line 1: " in answer.text
    assert world.house.store.get(key) == before


def test_nobody_finds_a_room_by_guessing(ann):
    for pane in ("0" * 16, "x", "..", "a" * 16):
        assert ann.get(f"/journey/12/{pane}").status == 404
    answer = ann.command(
        "/journey/12/" + "0" * 16 + "/answer/1", taps=1, size="1 × 1", hidden=False
    )
    assert answer.status in (200, 204)


def test_the_addresses_are_counted_when_the_page_is_drawn(ann, world):
    counted = [
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if not rule.rule.startswith(("/journey", "/static"))
    ]
    page = ann.get("/journey/11").body.decode()
    assert f"The whole product has {len(counted)}, counted just now." in page
