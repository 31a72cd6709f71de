"""The rules that all games share, played in plain Python."""

import pytest

from myapp.door import Forbidden
from myapp.game import IllegalMove
from myapp.games.buzzer import Buzzer
from myapp.people import STRANGERS, NameTaken
from myapp.room import Room

T0 = 1_000_000.0


@pytest.fixture
def room():
    """A room of the buzzer. Ann opened it, Bob came in; Cem only knows the code."""
    room = Room(code="KXQP", kind="buzzer", secret="00" * 16, state=Buzzer().dump())
    room.clock.go(T0)
    room.at(T0)
    room.join("id-ann", "Ann")
    room.join("id-bob", "Bob")
    return room


@pytest.fixture
def ann(room):
    return room.member("id-ann")


@pytest.fixture
def bob(room):
    return room.member("id-bob")


def test_whoever_opens_a_room_is_its_host_and_seated(room, ann, bob):
    assert room.host == ann.key
    assert room.players == [ann, bob]


def test_a_room_survives_the_trip_through_a_document(room):
    doc = room.dump()
    assert Room.load(doc).dump() == doc


@pytest.mark.parametrize(
    "damage",
    [{"kind": "nothing"}, {"people": 3}, {"state": {"points": {"p1": "many"}}}, {"clock": None}],
)
def test_a_document_that_makes_no_sense_is_not_loaded(room, damage):
    with pytest.raises(ValueError):
        Room.load({**room.dump(), **damage})


def test_a_name_that_looks_the_same_is_offered_a_distinguishable_one(room):
    with pytest.raises(NameTaken, match="already a ann here") as no:
        room.join("id-cem", "ann")
    assert no.value.offer == "ann 2"
    assert room.join("id-cem", "ann 2").name == "ann 2"


def test_coming_back_keeps_the_seat_and_the_key(room, bob):
    assert room.join("id-bob", "Bob") is bob
    room.leave(bob)
    assert room.member("id-bob") is None and bob not in room.players
    assert room.join("id-bob", "Bob").key == bob.key


def test_when_all_seats_are_taken_one_watches(room):
    for n in range(room.seats[-1] - 2):
        room.join(f"id-{n}", f"N{n}")
    late = room.join("id-late", "Late")
    assert not late.seated and not room.free
    with pytest.raises(IllegalMove, match="All seats are taken"):
        room.sit(late)


def test_a_room_remembers_only_so_many_people(room):
    for n in range(STRANGERS):
        player = room.join(f"id-{n}", f"N{n}")
        room.leave(player)
    assert len(room.people) == STRANGERS
    assert room.member("id-ann")


def test_the_crown_passes_when_the_host_leaves(room, ann, bob):
    room.leave(ann)
    assert room.host == bob.key
    room.leave(bob)
    assert room.host == ""
    assert room.join("id-cem", "Cem").key == room.host


def test_a_locked_room_that_everybody_left_is_open_again(room, ann, bob):
    room.lock(ann, True)
    room.leave(ann)
    assert room.locked
    room.leave(bob)
    assert not room.locked and room.join("id-cem", "Cem").key == room.host


def test_a_robot_never_gets_the_crown(room, ann, bob):
    room.add_robot(ann)
    room.leave(bob)
    room.leave(ann)
    assert room.host == ""


def test_at_a_locked_door_one_knocks_and_waits(room, ann):
    room.lock(ann, True)
    assert room.join("id-cem", "Cem") is None
    assert room.join("id-cem", "Cem") is None
    assert [k.name for k in room.knocking] == ["Cem"]
    assert room.member("id-cem") is None
    room.admit(ann, room.knocking[0].key)
    assert room.member("id-cem").seated and not room.knocking


def test_somebody_who_was_refused_may_knock_again(room, ann):
    room.lock(ann, True)
    room.join("id-cem", "Cem")
    room.refuse(ann, room.knocking[0].key)
    assert not room.knocking and room.member("id-cem") is None
    room.join("id-cem", "Cem")
    assert len(room.knocking) == 1


def test_fifty_strangers_at_a_locked_door_stay_outside(room, ann):
    room.lock(ann, True)
    for n in range(50):
        try:
            room.join(f"stranger-{n}", f"S{n}")
        except Forbidden as no:
            assert "Too many" in str(no)
    assert [p.name for p in room.people] == ["Ann", "Bob"]
    assert room.host == ann.key


def test_a_removed_player_does_not_come_back_not_even_with_a_fresh_cookie(room, ann, bob):
    room.remove(ann, bob.key)
    with pytest.raises(Forbidden, match="removed you"):
        room.join("id-bob", "Bob")
    assert room.join("fresh-cookie", "Bob") is None
    assert [p.name for p in room.people] == ["Ann"]


@pytest.mark.parametrize("verb", ["lock", "unlock", "public", "admit", "refuse", "remove", "robot"])
def test_what_is_the_hosts_is_forbidden_to_others(room, ann, bob, verb):
    before = room.dump()
    with pytest.raises(Forbidden):
        {
            "lock": lambda: room.lock(bob, True),
            "unlock": lambda: room.lock(bob, False),
            "public": lambda: room.publish(bob, True),
            "admit": lambda: room.admit(bob, "p9"),
            "refuse": lambda: room.refuse(bob, "p9"),
            "remove": lambda: room.remove(bob, ann.key),
            "robot": lambda: room.add_robot(bob),
        }[verb]()
    assert room.dump() == before


def test_two_starts_at_once_are_one_start(room, ann, bob):
    room.start(ann, T0)
    before = room.dump()
    room.start(bob, T0)
    assert room.dump() == before


def test_nobody_starts_alone(room, ann, bob):
    room.leave(bob)
    with pytest.raises(IllegalMove, match="at least 2 players"):
        room.start(ann, T0)
    room.add_robot(ann)
    room.start(ann, T0)
    assert room.playing


def test_watchers_neither_start_nor_play(room, bob):
    room.watch(bob)
    for act in (lambda: room.start(bob, T0), lambda: room.play(bob, "buzz", {"round": 0})):
        with pytest.raises(Forbidden, match="seat"):
            act()


def test_all_clocks_stop_while_the_room_is_paused(room, ann):
    room.start(ann, T0)
    left = room.due - T0
    room.pause(ann, T0 + 0.5)
    assert room.due is None
    with pytest.raises(IllegalMove, match="paused"):
        room.play(ann, "buzz", {"round": 1})
    before = room.dump()
    room.tick(T0 + 1000)
    assert room.dump() == before
    room.resume(ann, T0 + 1000)
    assert room.due == pytest.approx(T0 + 1000 + left - 0.5)


def test_a_robot_plays_by_itself_and_the_same_way_every_time(room, ann, bob):
    room.leave(bob)
    room.add_robot(ann)
    room.start(ann, T0)
    doc = room.dump()

    def play():
        room = Room.load(doc)
        while not room.game.rows:
            room.tick(room.due)
        return room.dump()

    assert play() == play()
    assert [p.name for p in room.players if p.robot] == ["Robot"]
    assert Room.load(play()).game.rows[0].player == room.players[1].key


@pytest.mark.parametrize("move", ["on_start", "judge", "__init__", "dump", "nothing", "phase", ""])
def test_only_moves_can_be_reached(room, ann, move):
    with pytest.raises(IllegalMove, match="no such move"):
        room.play(ann, move, {})


@pytest.mark.parametrize("args", [{}, {"round": "x"}, {"round": -1}, {"round": 0, "more": 1}])
def test_a_move_with_wrong_arguments_is_refused(room, ann, args):
    with pytest.raises(IllegalMove, match="does not make sense") as no:
        room.play(ann, "buzz", args)
    assert no.value.status == 400
