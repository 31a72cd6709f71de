"""check: Ann's room was edited badly; the operator finds out where, and nothing is lost."""

import json

import pytest

from tests.cli.conftest import break_, document
from tests.conftest import wait_for


def aside(server):
    return [*(server.data / "set-aside").glob("*")]


def test_good_documents_are_counted(server, operator, code):
    assert operator(server).does("check") == "1 document, all good.\n"


def test_a_damaged_room_is_set_aside_with_file_line_and_reason(server, operator, ann, code):
    ann.does("/rooms", game="buzzer")
    server.stop()
    path = server.file(code)
    break_(path)
    damaged = path.read_bytes()
    said = operator(server).types("check")
    assert said.status == 1
    assert f"{path}, line 3: Expecting property name" in said.out
    assert "1 of 2 documents damaged" in said.out
    (kept,) = aside(server)
    assert str(kept) in said.out and kept.read_bytes() == damaged and not path.exists()
    assert operator(server).does("check") == "1 document, all good.\n"


def test_while_the_server_runs_the_room_goes_on_as_it_last_was_good(server, operator, ann, code):
    path = server.file(code)
    good = document(path)
    break_(path)
    damaged = path.read_bytes()
    said = operator(server).types("check")
    assert said.status == 1 and "last good document goes on" in said.out
    assert document(path) == good and aside(server)[0].read_bytes() == damaged
    ann.does(f"/{code}/robot")
    assert [person["name"] for person in document(path)["people"]] == ["Ann", "Robot"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"buzzer"', '"chess boxing"', "no game called 'chess boxing'"),
        ('"goal": 3', '"goal": "three"', "$.goal"),
        ('"people": [', '"people": [7, ', "Expected `object`, got `int`"),
    ],
)
def test_what_its_own_game_cannot_load_is_damaged(server, operator, code, old, new, reason):
    server.stop()
    path = server.file(code)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    said = operator(server).types("check")
    assert said.status == 1 and reason in said.out and not path.exists() and aside(server)


def test_a_dry_run_only_tells(server, operator, tree, code):
    server.stop()
    break_(server.file(code))
    before = tree(server.data)
    said = operator(server).types("check", "--dry-run")
    assert said.status == 1 and "line 3" in said.out and "nothing was changed" in said.out
    assert tree(server.data) == before


def test_other_documents_are_looked_at_too(server, operator, ann):
    ann.does("/queue/buzzer")
    server.stop()
    path = server.data / "queue/buzzer.json"
    assert operator(server).does("check") == "1 document, all good.\n"
    path.write_text(json.dumps({"_default": {}}))
    said = operator(server).types("check")
    assert said.status == 1 and f"{path}, line 1" in said.out


def test_a_page_is_not_disturbed_by_a_look(server, operator, crowd, ann, code):
    page = crowd.looks(ann, f"/{code}")
    operator(server).does("check")
    assert page.live and not page.ends
    ann.does(f"/{code}/robot")
    wait_for(lambda: "Robot" in page.reads())
