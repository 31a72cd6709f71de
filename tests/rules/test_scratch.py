"""The scratch card's rules, played in plain Python: no server, and time is a number."""

import json
from collections import Counter

import pytest

from myapp.game import Dice, IllegalMove
from myapp.games.scratch import (
    BLANKS,
    CELLS,
    FAIR,
    HURRY,
    PRIZES,
    THOUSAND,
    TIME,
    Card,
    Scratch,
    printed,
)

SECRET = "00" * 16


@pytest.fixture
def game():
    """Ann and Bob are seated, and nothing has started yet."""
    game = Scratch()
    game.dice = Dice(SECRET)
    game.host = "ann"
    for player in ("ann", "bob"):
        game.on_sit(player)
    return game


@pytest.fixture
def round(game):
    """Ann and Bob have their cards."""
    game.on_start()
    return game


def scratch(game, player, *cells):
    for cell in cells:
        game.play(player, "scratch", {"cell": cell, "round": game.round})


def triples(cells):
    return [symbol for symbol, count in Counter(cells).items() if count >= 3]


def test_cards_win_as_often_as_the_table_says():
    dice, cards = Dice(SECRET), 20_000
    won = Counter("".join(triples(printed(dice))) for _ in range(cards))
    for symbol, chance in [*((s, p.cards) for s, p in PRIZES.items()), ("", BLANKS)]:
        p = chance / THOUSAND
        assert abs(won[symbol] - cards * p) < 4 * (cards * p * (1 - p)) ** 0.5, symbol
    assert sum(won.values()) == cards


def test_the_table_adds_up():
    assert sum(prize.cards for prize in PRIZES.values()) + BLANKS == THOUSAND
    assert BLANKS > 0
    points = [prize.points for prize in PRIZES.values()]
    assert points == sorted(points, reverse=True) and points[-1] > 0


def test_no_card_has_two_threes_or_four_alike_and_a_blank_has_none():
    dice = Dice(SECRET)
    for _ in range(2_000):
        cells = printed(dice)
        assert len(cells) == CELLS and set(cells) <= set(PRIZES)
        assert max(Counter(cells).values()) <= 3
        assert len(triples(cells)) <= 1


def test_the_winning_cells_lie_anywhere():
    dice = Dice(SECRET)
    where = Counter(
        n
        for cells in (printed(dice) for _ in range(3_000))
        for won in triples(cells)
        for n, symbol in enumerate(cells)
        if symbol == won
    )
    assert len(where) == CELLS and max(where.values()) < 1.25 * min(where.values())


def test_everyone_gets_a_card_of_their_own(round):
    assert set(round.cards) == {"ann", "bob"}
    assert round.cards["ann"].cells != round.cards["bob"].cells
    assert not round.over and round.due == TIME - HURRY


def test_only_what_was_scratched_is_shown_in_that_order(round):
    scratch(round, "ann", 4, 0)
    card = round.cards["ann"]
    assert card.uncovered == [4, 0]
    assert [n for n, symbol in enumerate(card.shown) if symbol] == [0, 4]
    assert round.cards["bob"].shown == [""] * CELLS


def test_three_alike_win_as_soon_as_they_are_seen(round):
    round.cards["ann"] = Card(["bell", "star", "bell", "star", "bell", *["crown", "cherry"] * 2])
    scratch(round, "ann", 0, 1, 2, 3)
    assert round.cards["ann"].won == "" and round.cards["ann"].prize == 0
    scratch(round, "ann", 4)
    assert round.cards["ann"].won == "bell"
    assert round.cards["ann"].prize == PRIZES["bell"].points
    assert round.outcome == {}


def test_the_round_ends_when_every_card_is_scratched(round):
    scratch(round, "ann", *range(CELLS))
    assert not round.over
    scratch(round, "bob", *range(CELLS))
    assert round.over and round.due is None and "over" in round.status
    assert round.outcome == {p: round.cards[p].prize for p in ("ann", "bob")}
    assert round.ranking[0] == max(round.cards, key=lambda p: round.cards[p].prize)


def test_the_next_start_deals_new_cards(round):
    before = round.cards["ann"].cells
    for player in ("ann", "bob"):
        scratch(round, player, *range(CELLS))
    round.on_start()
    assert round.round == 2 and not round.over
    assert round.cards["ann"].cells != before and not round.cards["ann"].uncovered


def test_time_is_limited_and_what_is_not_scratched_wins_nothing(round):
    round.cards["ann"] = Card(["bell"] * 3 + ["star", "crown", "cherry"] * 2)
    scratch(round, "ann", 0, 1)
    round.now = round.due
    round.on_due()
    assert round.hurry and "Hurry" in round.status and round.due == TIME
    round.now = round.due
    round.on_due()
    assert round.over and round.outcome["ann"] == 0
    assert round.cards["ann"].shown.count("") == CELLS - 2


def test_a_server_that_was_away_ends_the_round_in_one_step(round):
    round.now = TIME + 100
    round.on_due()
    assert round.over


def test_who_went_away_does_not_hold_up_the_round(round):
    scratch(round, "ann", *range(CELLS))
    assert not round.over
    round.now, round.lost = 40.0, frozenset(["bob"])
    assert round.due <= round.now
    round.on_due()
    assert round.over and not round.hurry


def test_who_gives_up_the_seat_does_not_hold_up_the_round(round):
    scratch(round, "ann", *range(CELLS))
    round.on_leave("bob")
    assert round.over and round.outcome["bob"] == 0


def test_when_all_leave_the_round_is_over(round):
    round.on_leave("ann")
    round.on_leave("bob")
    assert round.over


def test_nobody_gets_a_second_card_by_coming_back(round):
    scratch(round, "ann", 3)
    card = round.cards["ann"]
    round.on_leave("ann")
    with_bob = round.over
    round.on_sit("ann")
    assert not with_bob and round.cards["ann"] is card and card.uncovered == [3]


def test_who_is_seated_early_in_a_round_gets_a_card_and_who_is_late_waits(round):
    assert not round.joinable
    round.now = TIME - FAIR
    round.on_sit("cem")
    assert "cem" in round.cards
    round.now += 0.1
    round.on_sit("dan")
    assert "dan" not in round.cards
    with pytest.raises(IllegalMove, match="next round"):
        scratch(round, "dan", 0)
    round.now = TIME
    round.on_due()
    assert round.joinable and "dan" not in round.outcome
    round.on_start()
    assert "dan" in round.cards


@pytest.mark.parametrize(
    "cell", [-1, CELLS, 1e9, 3.5, "x", "", None, float("nan"), float("inf"), [], {}, True]
)
def test_a_cell_that_is_not_there_is_refused(round, cell):
    before = round.dump()
    with pytest.raises(IllegalMove):
        round.play("ann", "scratch", {"cell": cell, "round": 1})
    assert round.dump() == before


@pytest.mark.parametrize(
    "args", [{"cell": 0}, {"round": 1}, {"cell": 0, "round": 1, "player": "bob"}, {}]
)
def test_a_move_that_makes_no_sense_is_refused(round, args):
    before = round.dump()
    with pytest.raises(IllegalMove):
        round.play("ann", "scratch", args)
    assert round.dump() == before


def test_a_scratch_of_another_round_is_refused(round):
    for number in (0, 2):
        with pytest.raises(IllegalMove, match="round is over"):
            round.play("ann", "scratch", {"cell": 0, "round": number})
    assert not round.cards["ann"].uncovered


def test_a_scratch_after_the_end_is_refused(round):
    round.now = TIME
    round.on_due()
    with pytest.raises(IllegalMove, match="round is over"):
        scratch(round, "ann", 0)


def test_the_same_cell_twice_is_refused(round):
    scratch(round, "ann", 5)
    with pytest.raises(IllegalMove, match="already"):
        scratch(round, "ann", 5)
    assert round.cards["ann"].uncovered == [5]


def test_a_finished_card_is_finished(round):
    scratch(round, "ann", *range(CELLS))
    with pytest.raises(IllegalMove, match="all scratched"):
        scratch(round, "ann", 0)


def test_nobody_scratches_without_a_card(round):
    with pytest.raises(IllegalMove, match="card"):
        scratch(round, "eve", 0)


@pytest.mark.parametrize("name", ["deal", "on_start", "on_due", "cards", "robot", "Scratch"])
def test_only_scratching_is_a_move(round, name):
    with pytest.raises(IllegalMove, match="no such move"):
        round.play("ann", name, {})


def test_a_game_in_the_middle_survives_a_trip_through_json(round):
    scratch(round, "ann", 7, 2)
    state = json.loads(json.dumps(round.dump(), allow_nan=False))
    again = Scratch.load(state)
    assert again == round and again.cards["ann"].shown == round.cards["ann"].shown


def test_a_robot_scratches_its_card_cell_by_cell(game):
    game.on_sit("robot")
    game.on_start()
    times = []
    while plan := game.robot("robot"):
        assert plan == game.robot("robot")
        times.append(plan.at - game.now)
        game.now = plan.at
        game.play("robot", plan.move, plan.args)
    assert game.cards["robot"].done and not game.over
    assert len(times) == CELLS and min(times) > 0.5 and game.now < TIME / 2
