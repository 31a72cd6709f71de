"""The scratch card as it is sent: no byte that anybody gets depends on what is covered."""

import copy
import random
import re

import pytest

from myapp.game import Dice
from myapp.games.scratch import CELLS, PRIZES, TIME, printed

CARDS = 200
SYMBOLS = list(PRIZES)
CLOCK = rb'retry: \d+|"?_now"?: ?[\d.]+'  # what differs from one moment to the next


@pytest.fixture
def room(ann, bob, charlie, person, world):
    """Ann and Bob play, Charlie watches, so do a wall and an overlay: (code, their live pages)."""
    code = ann.post("/rooms", game="scratch").place[-4:]
    for visitor in (bob, charlie):
        visitor.command(f"/{code}/join")
    charlie.command(f"/{code}/watch")
    pages = [someone.open(f"/{code}") for someone in (ann, bob, charlie)]
    pages += [person().open(f"/{code}?view={view}") for view in ("screen", "obs")]
    return code, pages


def deal(world, code, cards, number):
    """Put these cards, as (cells, uncovered) by player, on the table of round `number`."""

    def dealt(doc):
        game, clock = doc["state"], world.house.rooms.get(code).game.now
        doc["started"] = True
        game |= {"round": number, "until": clock + TIME, "hurry": False}
        game["cards"] = {
            player: {"cells": cells, "uncovered": uncovered, "touched": 0.0}
            for player, (cells, uncovered) in cards.items()
        }

    world.edit(code, dealt)


def clear(world, code, pages):
    """Nothing is on the table, and everybody sees that."""
    deal(world, code, {}, 0)
    for page in pages:
        page.until("How to play")


def otherwise(cards, chance, but=None):
    """The same cards with another symbol in each covered cell; `but` is (player, cell) to leave."""
    others = copy.deepcopy(cards)
    for player, (cells, uncovered) in others.items():
        for n, symbol in enumerate(cells):
            if n not in uncovered and (player, n) != but:
                cells[n] = chance.choice([s for s in SYMBOLS if s != symbol])
    return others


def sent(page, read):
    """What `read` makes the server send to this page's stream."""
    before = len(page.raw)
    read()
    return re.sub(CLOCK, b"", page.raw[before:])


def everything(pages):
    """All that these visitors can ask for now: the page, and the first whole view of its stream."""
    bodies = [re.sub(CLOCK, b"", page.person.get(page.path).body) for page in pages]
    return [*bodies, *(sent(page, page.connect) for page in pages)]


def test_what_is_covered_is_in_no_byte_that_anybody_gets(room, world):
    code, pages = room
    ann = pages[0].person
    chance = random.Random(1)
    for number in range(1, CARDS // 2 + 1):
        world.later(1)  # nobody clicks too fast here
        cards = {
            player: (printed(Dice(f"{number:032x}", start)), chance.sample(range(CELLS), covered))
            for player, start, covered in (("p1", 0, number % CELLS), ("p2", 999, number // 2 % 9))
        }
        cell = next(n for n in range(CELLS) if n not in cards["p1"][1])
        clear(world, code, pages)
        deal(world, code, cards, number)
        truth = everything(pages)
        deal(world, code, otherwise(cards, chance), number)
        assert everything(pages) == truth

        frames = []
        for version in (cards, otherwise(cards, chance, but=("p1", cell))):
            clear(world, code, pages)
            deal(world, code, version, number)
            for page in pages:
                page.until(f"Round {number}")
            answer = ann.command(f"/{code}/play/scratch", cell=cell, round=number)
            frames.append([answer.body, *(sent(page, page.read) for page in pages)])
        assert frames[0] == frames[1]
        uncovered = f"scratch-{cards['p1'][0][cell]}".encode()
        assert all(uncovered in frame for frame in frames[0][1:])


def test_a_refusal_tells_nothing_and_changes_nothing(room, world, bob):
    code, pages = room
    cards = {p: (printed(Dice("00" * 16, n)), [4]) for n, p in enumerate(("p1", "p2"))}
    deal(world, code, cards, 1)
    before = world.document(code)
    bad = [
        {"cell": 4, "round": 1},
        {"cell": 9, "round": 1},
        {"cell": -1, "round": 1},
        {"cell": "NaN", "round": 1},
        {"cell": 0, "round": 2},
        {"cell": 0},
        {"cell": 0, "round": 1, "player": "p1"},
    ]
    for fields in bad:
        answer = bob.command(f"/{code}/play/scratch", **fields)
        assert answer.alert and not any(symbol in answer.text for symbol in SYMBOLS), fields
    watcher = pages[2].person.command(f"/{code}/play/scratch", cell=0, round=1)
    assert "Take a seat first." in watcher.alert
    assert world.document(code) == before


def test_everybody_sees_how_far_the_others_are_and_what_they_won(room, world):
    code, pages = room
    ann, bob = (page.person for page in pages[:2])
    won = ["bell", "star", "bell", "star", "bell", "crown", "cherry", "crown", "cherry"]
    blank = ["bell", "star", "bell", "star", "clover", "crown", "cherry", "crown", "cherry"]
    deal(world, code, {"p1": (won, []), "p2": (blank, [])}, 1)
    ann.command(f"/{code}/play/scratch", cell=0, round=1)
    for page in pages:
        page.until("1 of 9", "0 of 9")
    for cell in (2, 4):
        ann.command(f"/{code}/play/scratch", cell=cell, round=1)
    for page in pages:
        page.until("3 of 9", "wins 10")
    assert "you win 10 points" in pages[0].text and "you win" not in pages[1].text
    for player, cells in ((ann, (1, 3, 5, 6, 7, 8)), (bob, range(CELLS))):
        for cell in cells:
            player.command(f"/{code}/play/scratch", cell=cell, round=1)
    for page in pages:
        page.until("Results", "The round is over.")
        rows = [row.text for row in page.tree.first(tag="table", cls="results").all(tag="tr")]
        assert rows[1].startswith("Ann 10 points") and rows[2].startswith("Bob 0 points")


def test_the_card_is_played_by_forms_alone(person, world):
    dan = person("Dan", script=False)
    page = dan.open(f"/{dan.post('/rooms', game='scratch').place[-4:]}")
    page.press("Start")
    code = page.path[-4:]
    for n in range(1, CELLS + 1):
        world.later(1)
        page = dan.open(f"/{code}")
        assert f"Cell {n}, covered" in page.text
        page.press(f"{n}Cell {n}, covered")
    page = dan.open(f"/{code}")
    assert "covered" not in page.text and "Results" in page.text


def test_the_round_does_not_wait_for_who_closed_the_page(room, world):
    code, (hers, his, *_) = room
    hers.press("Start")
    hers.until("Cell 1, covered")
    for cell in range(CELLS):
        hers.person.command(f"/{code}/play/scratch", cell=cell, round=1)
    hers.until("9 of 9", gone="covered")
    his.close()
    his.person.command("/bye", tab=his.tab)
    for _ in range(4):
        assert "Results" not in hers.text
        world.later(10)
    hers.until("Results")
