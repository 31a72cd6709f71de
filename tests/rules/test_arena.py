"""The arena's rules, in plain Python: no server, and time is a number."""

from itertools import pairwise

import pytest

from myapp.game import BadMove, Dice, IllegalMove
from myapp.games.arena import (
    DOWN,
    EDGE,
    HEIGHT,
    HOLD,
    LEFT,
    RATE,
    RIGHT,
    SPEED,
    UP,
    WIDTH,
    Arena,
    Avatar,
    spot,
)


@pytest.fixture
def game():
    """Ann and Bob stand on the field, and it is ten o'clock."""
    game = Arena()
    game.dice = Dice("00" * 16)
    game.host, game.now = "ann", 10.0
    for player in ("ann", "bob"):
        game.on_sit(player)
    return game


def tick_until(game, end):
    """Let everything happen up to then; the ticks that came."""
    ticks = []
    while game.due is not None and game.due <= end:
        game.now = game.due
        game.on_due()
        ticks.append(game.now)
    game.now = end
    return ticks


def hold(game, player, keys, at, n=None):
    game.now = at
    game.play(player, "keys", {"n": int(at * 1000) if n is None else n, "keys": keys})


def told(game, player):
    """What pages are told of this player."""
    return dict(one.split(",", 1) for one in game.places.split())[player]


def place(game, player):
    """Where everybody sees this player: where pages work out that it is by now."""
    x, y, keys, tick = (*map(int, told(game, player).split(",")), 0, 0)[:4]
    walked = Avatar(x, y, at=tick / RATE, keys=keys, heard=tick / RATE + 1e9)
    return tuple(round(number) for number in walked.where(game.shown / RATE))


def test_ann_walks_as_long_as_she_holds_a_key(game):
    (x, y), bob = place(game, "ann"), place(game, "bob")
    hold(game, "ann", RIGHT, 10.03)
    tick_until(game, 10.53)
    hold(game, "ann", 0, 10.53)
    tick_until(game, 12)
    assert place(game, "ann") == pytest.approx((x + SPEED / 2, y), abs=1)
    assert place(game, "bob") == bob


def test_a_tap_between_two_ticks_moves_her_a_little(game):
    x, y = place(game, "ann")
    hold(game, "ann", DOWN, 10.01)
    hold(game, "ann", 0, 10.06)
    tick_until(game, 11)
    assert place(game, "ann") == pytest.approx((x, y + SPEED * 0.05), abs=1)


def test_slanting_is_no_faster(game):
    x, y = place(game, "ann")
    hold(game, "ann", UP | LEFT, 10.0)
    tick_until(game, 10.5)
    left, up = x - place(game, "ann")[0], y - place(game, "ann")[1]
    assert left == up and (left**2 + up**2) ** 0.5 == pytest.approx(SPEED / 2, abs=2)


def test_opposite_keys_cancel_each_other(game):
    before = place(game, "ann")
    hold(game, "ann", UP | DOWN | LEFT | RIGHT, 10.0)
    tick_until(game, 11)
    assert place(game, "ann") == before


def test_nobody_walks_through_a_wall(game):
    for keys, where in (
        (LEFT | UP, (EDGE, EDGE)),
        (RIGHT | DOWN, (WIDTH - EDGE, HEIGHT - EDGE)),
    ):
        for _ in range(8):
            hold(game, "ann", keys, game.now)
            tick_until(game, game.now + 1)
        assert place(game, "ann") == where


def test_everybody_walks_at_ten_ticks_a_second_and_when_nobody_does_nothing_is_due(game):
    assert game.due is None
    hold(game, "ann", RIGHT, 10.03)
    hold(game, "bob", LEFT, 10.07)
    assert tick_until(game, 11.05) == pytest.approx([10 + n / RATE for n in range(1, 11)])
    hold(game, "ann", 0, 11.06)
    hold(game, "bob", 0, 11.07)
    assert tick_until(game, 20) == pytest.approx([11.1])
    assert game.due is None


def test_between_two_ticks_nothing_that_anyone_sees_changes(game):
    before = game.places, game.shown
    hold(game, "ann", RIGHT, 10.01)
    hold(game, "ann", DOWN, 10.08)
    assert (game.places, game.shown) == before


def test_of_one_who_walks_on_nothing_new_is_said_but_what_time_it_is(game):
    hold(game, "ann", RIGHT, 10.03)
    tick_until(game, 10.1)
    said, seen = game.places, [place(game, "ann")[0]]
    for n in range(11, 16):
        hold(game, "ann", RIGHT, 10 + n / RATE - 0.02)
        tick_until(game, 10 + n / RATE)
        assert game.places == said
        seen.append(place(game, "ann")[0])
    assert [after - before for before, after in pairwise(seen)] == [
        SPEED,
        *[SPEED / RATE] * 4,
    ]
    assert game.shown == 115


def test_who_comes_while_others_walk_shows_them_nowhere_they_will_not_be(game):
    x, y = place(game, "ann")
    hold(game, "ann", RIGHT, 10.04)
    game.now = 10.07
    game.on_sit("cem")
    assert place(game, "ann") == pytest.approx((x + SPEED * 0.06, y), abs=1)
    tick_until(game, 10.1)
    assert place(game, "ann") == pytest.approx((x + SPEED * 0.06, y), abs=1)


def test_who_comes_when_all_have_long_gone_sees_them_where_their_keys_were_released(game):
    x, y = place(game, "ann")
    hold(game, "ann", DOWN, 10.0)
    game.now = 5000.0  # nobody looked, and so no tick came
    game.on_sit("cem")
    assert place(game, "ann") == pytest.approx((x, min(y + SPEED * HOLD, HEIGHT - EDGE)), abs=1)


def test_a_field_that_an_older_version_saved_goes_on(game):
    hold(game, "ann", RIGHT, 10.0)
    tick_until(game, 10.5)
    state = game.dump()
    del state["shown"]
    state["places"] = "ann,840,450 bob,1000,450"  # where all were
    state["avatars"]["ann"] |= {"x": 840.0, "y": 450.0, "at": 10.5}  # where the last tick was
    older = Arena.load(state)
    older.now = 10.5
    assert place(older, "ann") == (840, 450)
    tick_until(older, 10.8)
    assert place(older, "ann") == pytest.approx((840 + SPEED * 0.3, 450), abs=1)


def test_keys_whose_page_has_fallen_silent_count_as_released(game):
    x, y = place(game, "ann")
    hold(game, "ann", DOWN, 10.0)
    ticks = tick_until(game, 60)
    assert ticks[-1] <= 10 + HOLD + 2 / RATE and game.due is None
    assert place(game, "ann") == pytest.approx((x, min(y + SPEED * HOLD, HEIGHT - EDGE)), abs=1)


def test_a_page_that_says_again_that_keys_are_down_walks_on(game):
    for n in range(5):
        hold(game, "ann", LEFT, 10.0 + n)
        tick_until(game, 10.0 + n + 1)
    assert place(game, "ann")[0] == EDGE
    assert game.avatars["ann"].keys == LEFT


def test_an_overtaken_message_changes_nothing(game):
    hold(game, "ann", RIGHT, 10.0, n=5)
    hold(game, "ann", 0, 10.1, n=7)
    hold(game, "ann", RIGHT | UP, 10.2, n=6)
    hold(game, "ann", RIGHT, 10.2, n=7)
    assert game.avatars["ann"].keys == 0


def test_a_page_on_another_device_whose_counter_is_behind_is_heard_after_a_moment(game):
    hold(game, "ann", RIGHT, 10.0, n=1_000_000)
    hold(game, "ann", UP, 10.5, n=3)
    assert game.avatars["ann"].keys == RIGHT
    tick_until(game, 12.5)
    hold(game, "ann", UP, 12.5, n=5)
    assert game.avatars["ann"].keys == UP


def test_a_tick_that_comes_far_too_late_moves_nobody_far(game):
    x, _ = place(game, "ann")
    hold(game, "ann", RIGHT, 10.0)
    game.now = 1e6
    game.on_due()
    assert place(game, "ann")[0] <= x + SPEED * HOLD + 1
    assert game.due is None or game.due > 1e6


def test_two_hundred_avatars_begin_apart_and_inside():
    spots = [spot(n) for n in range(200)]
    near = min(
        (ax - bx) ** 2 + (ay - by) ** 2 for n, (ax, ay) in enumerate(spots) for bx, by in spots[:n]
    )
    assert near**0.5 > 2 * 20
    assert all(EDGE <= x <= WIDTH - EDGE and EDGE <= y <= HEIGHT - EDGE for x, y in spots)


def test_who_gives_up_the_seat_leaves_the_field(game):
    hold(game, "bob", RIGHT, 10.0)
    game.on_leave("bob")
    assert "bob" not in game.places
    tick_until(game, 11)
    assert game.due is None


@pytest.mark.parametrize(
    "args",
    [
        {"n": 1, "keys": 16},
        {"n": 1, "keys": -1},
        {"n": 1, "keys": float("nan")},
        {"n": 1, "keys": 1.5},
        {"n": 1, "keys": [1]},
        {"n": -1, "keys": 1},
        {"n": 2**53, "keys": 1},
        {"n": 1},
        {"keys": 1},
        {"n": 1, "keys": 1, "x": 800},
    ],
)
def test_keys_that_make_no_sense_are_refused(game, args):
    before = game.dump()
    with pytest.raises(BadMove):
        game.play("ann", "keys", args)
    assert game.dump() == before


@pytest.mark.parametrize(
    "typed", ["Vroum_TV", " https://www.twitch.tv/vroum_tv/ ", "twitch.tv/VROUM_TV"]
)
def test_the_host_names_a_channel_and_takes_it_away(game, typed):
    assert game.frames == ()
    game.play("ann", "show", {"channel": typed})
    assert game.channel == "vroum_tv" and game.frames == ("https://player.twitch.tv",)
    game.play("ann", "show", {"channel": "  "})
    assert game.channel == "" and game.frames == ()


@pytest.mark.parametrize(
    "typed", ["a b", "x", "https://evil.test/vroum", "vroum&parent=evil", "ｖｒｏｕｍ", "x" * 26]
)
def test_what_is_no_channel_is_refused(game, typed):
    with pytest.raises(IllegalMove, match="3 to 25 letters"):
        game.play("ann", "show", {"channel": typed})
    assert game.channel == ""


def test_only_the_host_names_it(game):
    with pytest.raises(IllegalMove, match="Only the host"):
        game.play("bob", "show", {"channel": "vroum"})


def test_a_robot_walks_and_rests(game):
    game.on_sit("robot")
    begin, keys, resting = place(game, "robot"), set(), 0
    for _ in range(30):
        plan = game.robot("robot")
        tick_until(game, plan.at)
        resting += game.due is None
        game.play("robot", plan.move, plan.args)
        keys.add(plan.args["keys"])
    assert place(game, "robot") != begin
    assert len(keys) > 4 and 0 in keys and resting > 10
