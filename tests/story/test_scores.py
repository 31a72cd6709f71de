"""A room remembers who won its games, and its results outlive it for a day."""

import json

import pytest

DAY = 86_400


@pytest.fixture
def wins(hers, his, code, world):
    """`wins(page)`: one game of one round, which the person of this page wins."""
    hers.press("First to 1")

    def play(page):
        hers.press("Start a rematch" if "Start a rematch" in hers.buttons else "Start")
        for each in (hers, his):
            each.until("Wait for it...")
        world.until_due(code)
        for each in (hers, his):
            each.until("GO!")
        world.later(0.3)
        page.person.command(f"/{code}/play/buzz", round=1)
        world.until_due(code)
        for each in (hers, his):
            each.until("We have a winner!")

    return play


def scoreboard(page):
    """(name, points) in the order of the room's scoreboard."""
    (table,) = [t for d in page.tree.all(id="scores") for t in d.all(tag="table")]
    rows = [row for row in table.all(tag="tr") if row.attrs.get("id")]
    return [(next(row.all(tag="bdi")).text, next(row.all(cls="score")).text) for row in rows]


def test_a_rematch_adds_to_the_scoreboard(wins, hers, his):
    wins(hers)
    assert scoreboard(his) == [("Ann", "1"), ("Bob", "0")]
    wins(his)
    wins(his)
    assert scoreboard(hers) == [("Bob", "2"), ("Ann", "1")]


def test_a_game_is_counted_once_however_often_the_room_changes(wins, hers, his):
    wins(hers)
    for label in ("Make public", "Lock"):
        hers.press(label)
    his.until("public", "locked")
    assert scoreboard(his) == [("Ann", "1"), ("Bob", "0")]


def test_the_results_are_a_page_and_json(wins, hers, his, code):
    wins(hers)
    wins(his)
    wins(hers)
    page = his.person.get(f"/{code}/results")
    assert page.status == 200 and "Ann" in page.text and "Game by game" in page.text
    found = json.loads(his.person.get(f"/{code}/results.json").body)
    assert [(row["rank"], row["name"], row["points"]) for row in found["totals"]] == [
        (1, "Ann", 2.0),
        (2, "Bob", 1.0),
    ]
    assert [game["points"] for game in found["games"]] == [
        {"p1": 1.0, "p2": 0.0},
        {"p1": 0.0, "p2": 1.0},
        {"p1": 1.0, "p2": 0.0},
    ]


def test_the_results_outlive_the_room_by_a_day(wins, hers, his, code, world):
    wins(his)
    for page in (hers, his):
        page.close()
    world.later(DAY + 60)
    world.house.rooms.sweep(lambda code: False)
    assert his.person.get(f"/{code}").status == 404
    assert "Bob" in his.person.get(f"/{code}/results").text
    world.later(DAY - 60)
    world.house.rooms.sweep(lambda code: False)
    assert "Bob" in his.person.get(f"/{code}/results").text
    world.later(120)
    world.house.rooms.sweep(lambda code: False)
    assert his.person.get(f"/{code}/results").status == 404


@pytest.mark.parametrize("room_is", ["open", "gone"])
def test_somebody_who_is_forgotten_has_points_without_a_name(wins, hers, his, code, world, room_is):
    wins(his)
    if room_is == "gone":
        world.house.rooms.close(code)
    his.person.form("/forget")
    found = json.loads(hers.person.get(f"/{code}/results.json").body)
    assert [(row["name"], row["points"]) for row in found["totals"]] == [(None, 1.0), ("Ann", 0.0)]


def test_a_stranger_sees_no_results_of_a_locked_room(wins, hers, code, charlie):
    wins(hers)
    hers.press("Lock")
    for path in (f"/{code}/results", f"/{code}/results.json"):
        answer = charlie.get(path)
        assert answer.status == 403 and b"Ann" not in answer.body


def test_results_of_no_room(ann):
    assert ann.get("/ZZZZ/results").status == 404


def test_a_reset_begins_anew_with_the_same_people(wins, hers, his, code):
    wins(hers)
    hers.press("Reset")
    his.until("Press Start when everyone is here.", gone="Scoreboard")
    assert his.names("Players") == ["Ann", "Bob"]
    assert "first to 1" in his.text
    assert "Only the host" in his.person.command(f"/{code}/reset").alert
