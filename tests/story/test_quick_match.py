"""Quick match: a place in a queue, and a room when enough people wait."""

import pytest

from myapp import lobby

PRESS = "Quick match: Buzzer"


def test_ann_waits_and_sees_her_place(ann):
    home = ann.open()
    home.press(PRESS)
    home.until("You are number 1 of 1 waiting. The room opens at 2.")
    home.press("Leave the queue")
    home.until(PRESS, gone="waiting")


def test_when_bob_comes_a_room_opens_and_takes_both_there(ann, bob):
    hers, his = ann.open(), bob.open()
    hers.press(PRESS)
    place = his.press(PRESS).place
    assert hers.until_taken() == his.path == place
    for page in (hers, his):
        assert page.names("Players") == ["Ann", "Bob"] and page.names("Watching") == []


def test_a_place_in_the_queue_comes_without_loading_the_page_again(ann):
    home = ann.open()
    assert home.press(PRESS).place == ""
    home.until("number 1 of 1")
    assert home.press("Leave the queue").place == ""


def test_by_plain_forms_too(person):
    ann, bob = (person(name, script=False) for name in ("Ann", "Bob"))
    assert (ann.open().press(PRESS).status, ann.open().path) == (303, "/")
    assert "You are number 1 of 1" in ann.open().text
    answer = bob.open().press(PRESS)
    assert answer.status == 303 and len(answer.place) == 5
    answer = ann.get("/")
    assert (answer.status, answer.place[-5:]) == (303, bob.open(answer.place).path[-5:])


def test_whoever_has_been_there_is_not_taken_there_again(ann, bob):
    home = ann.open()
    home.press(PRESS)
    place = bob.open().press(PRESS).place
    home.close()
    page = ann.open(place)
    page.press("Leave")
    home = ann.open("/")
    assert home.path == "/" and "_goto" not in home.signals
    home.press(PRESS)
    home.until("number 1 of 1")


def test_a_match_whose_room_is_gone_keeps_nobody_from_the_home_page(ann, bob, world):
    ann.form("/queue/buzzer")
    place = bob.form("/queue/buzzer").place
    world.house.rooms.close(place[-4:])
    home = bob.open("/")
    assert home.path == "/" and home.status == 200
    assert "_goto" not in home.signals


def test_leaving_the_queue_leaves_it(ann, bob, world):
    ann.form("/queue/buzzer")
    ann.form("/queue/buzzer/leave")
    assert bob.form("/queue/buzzer").place == "/"
    assert world.house.rooms.codes() == []


def test_pressing_twice_is_one_place(ann, world):
    ann.command("/queue/buzzer")
    ann.command("/queue/buzzer")
    assert "number 1 of 1" in ann.open().text
    assert world.house.rooms.codes() == []


def test_two_who_look_alike_are_told_apart(person):
    anns = [person("Ann"), person("ann")]
    anns[0].form("/queue/buzzer")
    place = anns[1].form("/queue/buzzer").place
    assert anns[0].open(place).names("Players") == ["Ann", "ann 2"]


def test_nobody_is_matched_with_somebody_who_went_away(ann, bob, world):
    ann.form("/queue/buzzer")
    world.later(lobby.SEEN + 1)
    home = bob.open()
    home.press(PRESS)
    home.until("number 1 of 1")
    assert world.house.rooms.codes() == []


def test_whoever_comes_back_to_the_page_is_matched_with_who_waits(ann, bob, world):
    hers = ann.open()
    hers.press(PRESS)
    hers.close()
    world.later(lobby.SEEN + 1)
    his = bob.open()
    his.press(PRESS)
    his.until("number 1 of 1")
    hers.connect()
    assert hers.until_taken() == his.until_taken() != "/"


def test_the_first_in_the_queue_stays_host_when_the_second_is_quicker(ann, bob, world):
    ann.command("/queue/buzzer")
    world.later(90)
    ann.command("/queue/buzzer")
    place = bob.command("/queue/buzzer").place
    his = bob.open(place)
    hers = ann.open(place)
    assert "You are the host" in hers.text and "You are the host" not in his.text


@pytest.mark.parametrize(
    "path", ["/queue/nothing", "/queue/nothing/leave", "/queue/..%2f", "/queue/"]
)
def test_there_is_no_queue_for_an_unknown_game(ann, path):
    assert ann.form(path).status == 404


def test_without_a_name_nobody_waits(person):
    visitor = person()
    assert visitor.form("/queue/buzzer").status == 403
    assert visitor.form("/queue/buzzer/leave").status == 403
