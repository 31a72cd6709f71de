"""Cheers, in plain Python: who may cheer when, what shows, and what is forgotten."""

import msgspec
import pytest

from myapp.cheers import BIG, BIG_REST, BIG_WAIT, EMOTES, SHOWN, WAIT, WINDOW, Cheers
from myapp.game import BadMove, IllegalMove

T0 = 1_000_000.0


@pytest.fixture
def cheers():
    """The host has switched them on."""
    return Cheers(on=True)


def test_anns_heart_shows_for_three_seconds(cheers):
    cheers.cheer("ann", "heart", T0)
    assert cheers.popped(T0) == {"ann": "heart"} and cheers.shown == "ann:heart"
    assert cheers.due == T0 + SHOWN
    cheers.tick(cheers.due)
    assert cheers.popped(T0 + SHOWN) == {} and cheers.shown == ""


def test_her_next_one_has_to_wait_and_she_is_told_how_long(cheers):
    cheers.cheer("ann", "heart", T0)
    with pytest.raises(IllegalMove, match="again in 3 s"):
        cheers.cheer("ann", "wow", T0 + 1.5)
    assert cheers.popped(T0 + 1.5) == {"ann": "heart"}
    cheers.cheer("bob", "wow", T0 + 1.5)
    cheers.cheer("ann", "wow", T0 + WAIT)
    assert cheers.popped(T0 + WAIT) == {"ann": "wow", "bob": "wow"}


def test_a_newer_cheer_takes_the_place_of_the_older(cheers):
    cheers.cheer("ann", BIG, T0)
    cheers.cheer("ann", "clap", T0 + 1)
    assert cheers.popped(T0 + 1) == {"ann": "clap"}
    assert cheers.big and cheers.big.player == "ann"


def test_a_big_cheer_takes_a_minute_to_fill_up(cheers):
    cheers.cheer("ann", BIG, T0)
    assert cheers.wait("ann", BIG, T0 + 1) == BIG_WAIT - 1
    assert cheers.wait("ann", "heart", T0 + 1) == 0
    with pytest.raises(IllegalMove, match="again in 40 s"):
        cheers.cheer("ann", BIG, T0 + 20)
    cheers.cheer("ann", BIG, T0 + BIG_WAIT)


def test_two_big_cheers_do_not_cover_each_other(cheers):
    cheers.cheer("ann", BIG, T0)
    with pytest.raises(IllegalMove, match="still echoes"):
        cheers.cheer("bob", BIG, T0 + 5)
    assert cheers.wait("bob", BIG, T0 + 5) == 0
    cheers.tick(T0 + SHOWN)
    assert cheers.big is None
    cheers.cheer("bob", BIG, T0 + BIG_REST)
    assert cheers.big.player == "bob"


def test_the_meter_counts_everybody_over_the_last_seconds(cheers):
    for n in range(20):
        cheers.cheer(f"p{n}", "clap", T0 + n / 10)
    assert cheers.rate == 20 / WINDOW
    cheers.tick(T0 + WINDOW)
    assert cheers.rate == 10 / WINDOW
    cheers.tick(T0 + 1 + WINDOW)
    assert cheers.rate == 0
    while cheers.due is not None:
        cheers.tick(cheers.due)
    assert cheers.counts == [] and cheers.pops == []


def test_a_crowd_that_cheers_for_an_hour_is_forgotten_again(cheers):
    for n in range(5000):
        cheers.cheer(f"p{n}", "fire", T0 + n / 1000)
    assert len(cheers.pops) <= 4000 and len(cheers.ready) <= 4001
    assert len(cheers.counts) <= WINDOW + 1
    ends = {pop.until for pop in cheers.pops}
    assert len(ends) < 20
    cheers.tick(T0 + 3600)
    assert cheers == Cheers(on=True)


def test_nobody_cheers_where_the_host_has_not_switched_it_on():
    cheers = Cheers()
    with pytest.raises(IllegalMove, match="switched off"):
        cheers.cheer("ann", "heart", T0)


def test_switching_off_ends_what_shows(cheers):
    cheers.cheer("ann", BIG, T0)
    cheers.switch(False)
    assert (cheers.shown, cheers.big, cheers.due, cheers.rate) == ("", None, None, 0)
    cheers.switch(True)
    with pytest.raises(IllegalMove, match="again in"):
        cheers.cheer("ann", BIG, T0 + 1)


@pytest.mark.parametrize("emote", ["", "HEART", "../heart", "nan"])
def test_an_emote_that_there_is_not_is_refused(cheers, emote):
    with pytest.raises(BadMove):
        cheers.cheer("ann", emote, T0)
    assert cheers == Cheers(on=True)


def test_only_the_one_who_cheered_needs_a_new_row_of_buttons(cheers):
    ann, bob = cheers.stamp("ann"), cheers.stamp("bob")
    cheers.cheer("ann", "heart", T0)
    assert cheers.stamp("ann") != ann and cheers.stamp("bob") == bob


def test_cheers_survive_a_trip_through_json(cheers):
    for n, emote in enumerate(EMOTES):
        cheers.cheer(f"p{n}", emote, T0 + n)
    assert msgspec.json.decode(msgspec.json.encode(cheers), type=Cheers) == cheers
