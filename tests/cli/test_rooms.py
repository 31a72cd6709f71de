"""The operator looks at rooms and closes one while Ann and Bob play."""

import pytest

from tests.cli.conftest import break_, document
from tests.conftest import wait_for
from tests.live.crowd import Visitor


@pytest.fixture
def code(server, ann):
    """Ann's room, with Bob in it."""
    code = ann.opens_room()
    Visitor(server, "Bob").does(f"/{code}/join")
    return code


def test_the_list_has_a_line_for_each_room(server, operator, ann, code):
    other = ann.opens_room()
    for verb in ("public", "lock", "start", "pause"):
        ann.does(f"/{code}/{verb}")
    said = operator(server).does("rooms", "list")
    line = next(line for line in said.splitlines() if line.startswith(code))
    assert line.split()[:7] == [code, "Buzzer", "2", "2", "public,", "locked", "paused"]
    assert "(just now)" in line
    line = next(line for line in said.splitlines() if line.startswith(other))
    assert line.split()[:6] == [other, "Buzzer", "1", "1", "private", "waiting"]


def test_without_rooms_the_list_says_so(server, operator):
    assert "There are no rooms" in operator(server).does("rooms", "list")


def test_a_damaged_room_is_in_the_list(server, operator, ann, code):
    other = ann.opens_room()
    server.stop()
    break_(server.file(code))
    said = operator(server).types("rooms", "list")
    assert said.status == 0 and f"{code}  damaged" in said.out and f"{other}  Buzzer" in said.out


def test_one_room_is_told_in_words_without_its_secrets(server, operator, ann, code):
    ann.does(f"/{code}/robot")
    room = document(server.file(code))
    hidden = {room["secret"], room["opened_by"], *room["acts"]}
    hidden |= {person["id"] for person in room["people"] if not person["robot"]}
    said = operator(server).does("rooms", "show", code.lower())
    assert "Ann (p1, host), Bob (p2), Robot (p3, robot)" in said
    assert "private" in said and "waiting" in said
    assert not [secret for secret in hidden if secret in said]
    said = operator(server).does("rooms", "show", code, "--secrets")
    assert all(secret in said for secret in hidden)


def test_no_name_plays_tricks_on_the_terminal(server, operator, code):
    server.stop()
    path = server.file(code)
    path.write_text(path.read_text().replace('"Bob"', '"B\\u001b[2Job\\u202e"'))
    said = operator(server).does("rooms", "show", code)
    assert "B?[2Job?" in said and "\x1b" not in said


def test_an_open_page_sees_its_room_closed(server, operator, ann, code, crowd):
    page = crowd.looks(ann, f"/{code}")
    said = operator(server).does("rooms", "close", code, "--yes")
    assert said == f"Room {code} is closed.\n"
    wait_for(lambda: "closed" in page.reads())
    assert not server.file(code).exists()
    assert ann.ask("GET", f"/{code}")[0] == 404


def test_closing_asks_first(server, operator, code):
    said = operator(server).types("rooms", "close", code, answer="n\n")
    assert said.status == 1 and "for everybody in it?" in said.out
    assert server.file(code).exists()
    operator(server).does("rooms", "close", code, answer="y\n")
    assert not server.file(code).exists()


@pytest.mark.parametrize("verb", ["show", "close"])
def test_what_is_no_room_is_told(server, operator, verb):
    assert "There is no room ZZZZ" in operator(server).types("rooms", verb, "ZZZZ").err
    said = operator(server).types("rooms", verb, "../KXQP/..")
    assert said.status == 1 and "four letters" in said.err
