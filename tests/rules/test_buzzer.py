"""The buzzer's rules, played in plain Python: no server, and time is a number."""

import random

import pytest

from myapp.game import Dice, IllegalMove
from myapp.games.buzzer import CAP, DELAY, KEPT, LATE, PATIENCE, REARM, SHOW, TIE, WINDOW, Buzzer


@pytest.fixture
def game():
    """Ann and Bob are seated, and nothing has started yet."""
    game = Buzzer()
    game.dice = Dice("00" * 16)
    game.host = "ann"
    for player in ("ann", "bob"):
        game.on_sit(player)
    return game


def go(game):
    """Start, or go on, until GO is on the screens."""
    if game.over:
        game.on_start()
    while game.phase != "go":
        game.now = game.due
        game.on_due()
    return game


def buzz(game, player, after, reported=None, rtt=None):
    """The press arrives so many seconds after GO was sent."""
    game.now, game.rtt = game.sent + after, rtt
    game.play(player, "buzz", {"round": game.round, "reaction": reported})


def test_go_comes_after_a_delay_that_nobody_can_foresee(game):
    delays = []
    for _ in range(200):
        game.phase = "idle"
        game.on_start()
        delays.append(game.due - game.now)
    assert DELAY[0] <= min(delays) < 1.7
    assert 5.8 < max(delays) <= DELAY[1]
    assert len(set(delays)) == 200


def test_ann_is_faster_and_gets_the_point(game):
    go(game)
    buzz(game, "bob", 0.300, 295.0)
    buzz(game, "ann", 0.310, 250.0)
    game.now = game.due
    game.on_due()
    assert [row.player for row in game.rows] == ["ann", "bob"]
    assert game.points == {"ann": 1, "bob": 0}


def test_results_wait_for_slower_lines(game):
    go(game)
    buzz(game, "bob", 0.300)
    assert game.phase == "go"
    assert game.due == pytest.approx(game.sent + 0.300 + WINDOW)


def test_the_first_press_counts_and_a_second_is_refused(game):
    go(game)
    buzz(game, "ann", 0.4)
    with pytest.raises(IllegalMove, match="first press"):
        buzz(game, "ann", 0.5)
    assert len(game.rows) == 1


def test_a_press_before_go_locks_the_button_for_a_while(game):
    game.on_start()
    game.play("ann", "buzz", {"round": 1})
    assert game.rearming("ann") and not game.rearming("bob")
    with pytest.raises(IllegalMove, match="Too early"):
        game.play("ann", "buzz", {"round": 1})
    game.until = 100.0  # GO is far away
    game.now = REARM
    game.on_due()
    assert not game.rearming("ann")


def test_nobody_reacts_in_less_than_a_tenth_of_a_second(game):
    go(game)
    buzz(game, "ann", 0.090, 80.0)
    assert game.rearming("ann") and not game.rows
    buzz(game, "ann", 0.090 + REARM, 150.0)
    assert game.pressed("ann")
    assert game.rows[0].accepted == pytest.approx(0.090 + REARM)


def test_nobody_gains_by_a_false_start_whose_lock_ends_after_go(game):
    game.on_start()
    game.now = game.until - 0.1
    game.play("bob", "buzz", {"round": 1})
    go(game)
    buzz(game, "ann", 0.270, 234.0)
    game.until = game.sent + 10
    game.now = game.sent + REARM - 0.1
    game.on_due()
    buzz(game, "bob", REARM, 165.0)
    assert [row.player for row in game.rows] == ["ann", "bob"]
    assert game.rows[1].accepted == pytest.approx(REARM)
    assert "after a false start" in game.rows[1].why


def test_ties_inside_the_measuring_error_are_ties(game):
    go(game)
    buzz(game, "ann", 0.3000)
    buzz(game, "bob", 0.3000 + TIE * 0.9)
    game.now = game.due
    game.on_due()
    assert [row.rank for row in game.rows] == [1, 1]
    assert game.points == {"ann": 1, "bob": 1}


def test_first_to_the_goal_wins_and_start_begins_anew(game):
    game.goal = 2
    for _ in range(2):
        go(game)
        buzz(game, "ann", 0.3)
        game.now = game.due
        game.on_due()
    assert game.phase == "won" and game.winners == ["ann"] and game.over
    game.on_start()
    assert game.points == {"ann": 0, "bob": 0} and game.round == 1


def test_the_next_round_comes_by_itself(game):
    go(game)
    buzz(game, "ann", 0.3)
    game.now = game.due
    game.on_due()
    assert game.due == pytest.approx(game.now + SHOW)
    game.now = game.due
    game.on_due()
    assert game.phase == "wait" and game.round == 2


def play_a_round(game, *presses):
    go(game)
    for player, after in presses:
        buzz(game, player, after)
    game.now = game.due
    game.on_due()


def test_accepted_times_are_kept_over_a_rematch_and_false_starts_are_not(game):
    game.goal = 1
    play_a_round(game, ("bob", 0.05), ("ann", 0.25))
    assert game.phase == "won" and game.spread == [0.25]
    play_a_round(game, ("bob", 0.3), ("ann", 0.31))
    assert game.spread == [0.25, 0.3, 0.31]


def test_times_of_a_round_are_told_when_it_is_over(game):
    go(game)
    buzz(game, "ann", 0.25)
    assert game.spread == []


def test_a_long_evening_leaves_only_the_latest_times(game):
    game.times = list(range(KEPT))
    play_a_round(game, ("ann", 0.25))
    assert len(game.times) == KEPT
    assert (game.times[0], game.times[-1]) == (1, 250)


def test_when_nobody_presses_the_game_waits_for_a_start(game):
    go(game)
    game.now += PATIENCE
    game.on_due()
    assert game.over and game.due is None and "Nobody pressed" in game.status


def test_a_go_that_comes_too_late_to_be_a_surprise_is_armed_anew(game):
    game.on_start()
    game.now = game.due + LATE + 1
    game.on_due()
    assert game.phase == "wait" and game.round == 1
    assert game.due >= game.now + DELAY[0]


def test_a_press_for_a_round_that_is_over_is_refused(game):
    go(game)
    with pytest.raises(IllegalMove, match="round is over"):
        game.play("ann", "buzz", {"round": game.round - 1})


@pytest.mark.parametrize("reaction", ["fast", "nan", "inf", float("nan"), 1e9, [], {}, True])
def test_a_report_that_makes_no_sense_is_refused(game, reaction):
    go(game)
    before = game.dump()
    with pytest.raises(IllegalMove):
        game.play("ann", "buzz", {"round": game.round, "reaction": reaction})
    assert game.dump() == before


def test_only_the_host_sets_the_goal_and_only_before_the_start(game):
    game.play("ann", "first_to", {"points": "5"})
    assert game.goal == 5
    with pytest.raises(IllegalMove, match="host"):
        game.play("bob", "first_to", {"points": 1})
    game.on_start()
    with pytest.raises(IllegalMove, match="before the start"):
        game.play("ann", "first_to", {"points": 1})


@pytest.mark.parametrize(
    ("elapsed", "reported", "rtt", "accepted", "why"),
    [
        (0.260, 250, 0.020, 0.250, ""),
        (0.560, 250, 0.300, 0.250, ""),
        (0.260, 1, 0.020, 0.220, "less time than the line can explain"),
        (0.560, 1, 0.300, 0.240, "less time than the line can explain"),
        (0.900, 200, 0.900, 0.550, "less time than the line can explain"),
        (0.900, 200, None, 0.550, "less time than the line can explain"),
        (0.260, 400, 0.020, 0.260, "more time than had passed"),
        (0.260, None, 0.020, 0.260, "no report"),
    ],
)
def test_a_report_is_believed_only_as_far_as_the_line_explains_it(
    game, elapsed, reported, rtt, accepted, why
):
    go(game)
    buzz(game, "ann", elapsed, reported, rtt)
    row = game.rows[0]
    assert row.accepted == pytest.approx(accepted)
    assert why in row.why and bool(why) == bool(row.why)
    assert (row.sent, row.received) == (game.sent, pytest.approx(game.sent + elapsed))
    assert row.allowance <= CAP


def play_rounds(rounds, seed, ann, bob):
    """Let two lines play; each is a function (chance, reaction) -> (after, reported, rtt)."""
    chance = random.Random(seed)
    wins = {"ann": 0, "bob": 0}
    gains = []
    game = Buzzer(goal=20)
    game.dice = Dice("07" * 16)
    for player in wins:
        game.on_sit(player)
    for _ in range(rounds):
        game.phase = "idle"
        go(game)
        presses = []
        for player, line in (("ann", ann), ("bob", bob)):
            reaction = max(0.13, chance.gauss(0.260, 0.040))
            presses.append((*line(chance, reaction), player, reaction))
        for after, reported, rtt, player, _ in sorted(presses):
            buzz(game, player, after, reported, rtt)
        gains += [
            (row.player, reaction - row.accepted)
            for row in game.rows
            for *_, player, reaction in presses
            if player == row.player
        ]
        best = [row.player for row in game.rows if row.rank == 1]
        for player in best:
            wins[player] += 1 / len(best)
    return wins, gains


def honest(rtt):
    """Press when GO is painted: half a round trip there, up to one frame of paint, half back."""

    def line(chance, reaction):
        there, back = rtt / 2 + chance.uniform(0, 0.003), rtt / 2 + chance.uniform(0, 0.003)
        paint = chance.uniform(0, 1 / 60)
        return there + paint + reaction + back, reaction * 1000, rtt

    return line


def test_2000_rounds_between_a_near_and_a_far_player_are_fair():
    wins, _ = play_rounds(2000, 1, honest(0.020), honest(0.300))
    assert sum(wins.values()) == pytest.approx(2000)
    assert 0.47 <= wins["ann"] / 2000 <= 0.53, wins


@pytest.mark.parametrize("lie", [1.0, 100.0])
@pytest.mark.parametrize("delay", [0.0, 0.5])
@pytest.mark.parametrize(("rtt", "most"), [(0.020, 0.040), (0.300, 0.320), (2.0, CAP), (None, CAP)])
def test_lying_or_delaying_never_gains_more_than_the_line_explains(rtt, most, delay, lie):
    def liar(chance, reaction):
        way = rtt or 0.050
        return way + reaction + delay, lie, rtt

    _, gains = play_rounds(500, 2, liar, honest(0.020))
    gained = [gain for player, gain in gains if player == "ann"]
    assert max(gained, default=0.0) <= most + 1e-9
    assert gained or lie == 1.0  # a report of 1 ms that is believed is a false start
