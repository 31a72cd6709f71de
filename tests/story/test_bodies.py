"""What is sent: a body that makes no sense changes nothing and breaks nothing."""

import json

import pytest

from tests.story.people import SAME

JSON = "application/json"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-json", "text/json", "image/png"])
def test_only_forms_and_json_are_read(ask, kind):
    ask(415, data=b"{}", content_type=kind)


BAD = [
    b"",
    b"{",
    b"nonsense",
    b"[]",
    b"null",
    b"1",
    b'"x"',
    b'{"round": NaN}',
    b'{"round": Infinity}',
    b'{"round": 1e999}',
    b'{"act": "\\ud800"}',
    b'{"act": "\xff"}',
    b'{"act": 1}',
    b'{"act": null}',
    b'{"act": ["a"]}',
    b'{"act": "%s"}' % (b"x" * 65),
    b"[" * 5000,
    b'{"a":' * 2000 + b"1" + b"}" * 2000,
    b"1" * 10_000,
    b'{"a": %s}' % (b"1" * 10_000),
]


def test_a_body_that_makes_no_sense_is_refused(ask):
    patch = {**SAME, "Datastar-Request": "true"}
    for body in BAD:
        ask(400, "lock", data=body, content_type=JSON)
        answer = ask(200, "lock", data=body, content_type=JSON, headers=patch)
        assert answer.alert == "That request makes no sense here."


def test_a_player_is_named_by_a_short_text(ask):
    for player in (1, None, [], {}, True, "x" * 201):
        for verb in ("remove", "admit", "refuse"):
            ask(400, verb, json={"player": player})


PRESSES = [
    {"round": -1},
    {"round": -(10**30)},
    {"round": 1.5},
    {"round": "one"},
    {"round": None},
    {"round": []},
    {},
    {"round": 1, "reaction": "fast"},
    {"round": 1, "reaction": 1e300},
    {"round": 1, "more": 1},
    {"round": 1, "player": "p2"},
]


def test_a_press_that_makes_no_sense_is_refused(ask):
    for args in PRESSES:
        assert "does not make sense" in ask(400, "play/buzz", json=args).text


def test_a_round_that_cannot_be_is_another_round(ask):
    assert "that round is over" in ask(409, "play/buzz", json={"round": 10**30}).text


def test_only_moves_can_be_played(ask):
    for move in ("nothing", "on_start", "judge", "arm", "measure", "__init__", "dump", "phase"):
        assert "no such move" in ask(400, f"play/{move}", json={}).text


def test_there_are_no_other_verbs(ask):
    for verb in ("frob", "tick", "kick", "play", "play/", "START", "start/", "startx", "play/a/b"):
        ask(404, verb, json={})


def test_too_much_is_too_much(ask):
    answer = ask(413, json={"act": "x" * 17_000})
    assert "too much" in answer.text
    ask(413, data={"act": "x" * 17_000})
    patch = {**SAME, "Datastar-Request": "true"}
    assert "too much" in ask(200, json={"a": "x" * 17_000}, headers=patch).alert


def test_json_from_a_page_may_name_its_charset(ann, code, hers):
    body = json.dumps({"act": "a" * 24})
    ann.ask("POST", f"/{code}/lock", data=body, content_type=f"{JSON}; charset=utf-8", headers=SAME)
    hers.until("Unlock")
