"""What every game in the house keeps to, whoever wrote it."""

import copy
import json

import pytest

from myapp import games
from myapp.game import Dice, Game
from myapp.room import Room

T0 = 1_000_000.0


@pytest.fixture(params=sorted(games.found()))
def room(request):
    """A room with as many robots as the game needs beside Ann, its host."""
    kind = request.param
    game = games.found()[kind]
    room = Room(code="KXQP", kind=kind, secret="00" * 16, state=game().dump())
    room.clock.go(T0)
    room.at(T0)
    room.join("id-ann", "Ann")
    while len(room.players) < game.seats[0]:
        room.add_robot(room.players[0])
    return room


def test_it_says_what_it_is(room):
    assert room.title and room.title == room.title.strip()
    assert 1 <= room.seats[0] <= room.seats[-1]
    assert type(room.game).__module__ == f"myapp.games.{room.kind}"


def test_its_state_survives_a_trip_through_json(room):
    room.start(room.players[0], T0)
    for wall in (T0, T0 + 3, T0 + 30):
        room.tick(wall)
        doc = room.dump()
        assert Room.load(json.loads(json.dumps(doc, allow_nan=False))).dump() == doc


def test_it_says_in_words_what_is_going_on(room):
    assert isinstance(room.game.status, str) and room.game.status
    room.start(room.players[0], T0)
    assert room.game.status


def test_looking_changes_nothing(room):
    room.start(room.players[0], T0)
    before = copy.deepcopy(room.dump())
    for player in ("", *(p.key for p in room.players)):
        assert isinstance(room.game.audience(player), str)
        room.game.robot(player)
    _ = room.game.due, room.game.over, room.game.status
    assert room.dump() == before


def test_the_same_secret_plays_the_same_game(room):
    doc = room.dump()

    def play():
        again = Room.load(copy.deepcopy(doc))
        again.start(again.players[0], T0)
        for _ in range(20):
            if again.due is None:
                break
            again.tick(again.due)
        return again.dump()

    assert play() == play()


def test_players_may_come_and_go_at_any_time(room):
    room.join("id-bob", "Bob")
    room.start(room.players[0], T0)
    room.tick(T0 + 10)
    if room.member("id-bob").seated:
        room.watch(room.member("id-bob"))
    room.leave(room.member("id-ann"))
    room.tick(T0 + 20)
    assert Room.load(room.dump()).dump() == room.dump()


def test_time_that_passed_unwatched_is_caught_up_with_in_a_few_steps(room):
    room.start(room.players[0], T0)
    for _ in range(50):
        room.tick(T0 + 1e6)
    assert room.due is None or room.due > T0 + 1e6


def test_dice_repeat_only_for_whoever_knows_the_secret():
    one, same, other = Dice("01" * 16), Dice("01" * 16), Dice("02" * 16)
    numbers = [one.random() for _ in range(5)]
    assert numbers == [same.random() for _ in range(5)]
    assert numbers != [other.random() for _ in range(5)]
    assert Dice("01" * 16, drawn=5).random() == one.random()
    assert one.of("a", 1) == same.of("a", 1) != one.of("a", 2)
    assert 0 <= min(one.random() for _ in range(1000)) < 0.01
    assert sorted(one.sample(range(9), 9)) == list(range(9))


def test_nothing_but_a_dataclass_with_a_kind_is_a_game():
    assert all(issubclass(game, Game) and game.kind == kind for kind, game in games.found().items())
