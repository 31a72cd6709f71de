"""A room's page: seats, watching, the host, pausing, robots, as Ann and Bob see them."""

import pytest

from myapp import presence
from myapp.games.buzzer import Buzzer


def test_bob_joins_by_the_button_and_both_see_both(bob, code, hers):
    his = bob.open(f"/{code}")
    assert "There is a seat for you." in his.text
    his.press("Join")
    for page in (hers, his):
        page.until("2 of 64")
        assert page.names("Players") == ["Ann", "Bob"]
    assert "Leave" in his.buttons and "You are the host" not in his.text


def test_the_host_is_marked_for_all_and_ones_own_seat_for_oneself(hers, his):
    for page in (hers, his):
        assert [i[:9] for i in page.items("Players") if i.startswith("Host:")] == ["Host: Ann"]
    assert "_me:'p1'" in hers.tree.first(id="me").attrs["data-signals"]
    assert "_me:'p2'" in his.tree.first(id="me").attrs["data-signals"]


def test_bob_watches_sits_again_and_leaves(hers, his):
    his.press("Watch")
    hers.until("1 of 64")
    assert (hers.names("Players"), hers.names("Watching")) == (["Ann"], ["Bob"])
    his.until("Take a seat")
    his.press("Take a seat")
    hers.until("2 of 64")
    his.until("Watch")
    his.press("Leave")
    hers.until("1 of 64")
    assert hers.names("Watching") == [] and his.path == "/"


def test_a_later_page_brings_bob_his_old_seat(bob, code, his, world):
    key = world.document(code)["people"][1]["key"]
    his.press("Leave")
    bob.command(f"/{code}/join")
    assert [p["key"] for p in world.document(code)["people"]] == ["p1", key]


def test_in_a_full_room_one_may_watch(bob, code, hers, world):
    world.house.rooms.change(code, lambda r: [r.join(f"id-{n}", f"N{n}") for n in range(63)])
    page = bob.open(f"/{code}")
    assert "All seats are taken, but you can watch." in page.text
    page.press("Join")
    page.until("You are watching")
    assert page.names("Watching") == ["Bob"] and "Take a seat" not in page.buttons
    assert "All seats are taken" in bob.command(f"/{code}/sit").alert
    assert bob.form(f"/{code}/sit").status == 409
    assert "All seats are taken" in hers.person.command(f"/{code}/robot").alert


def test_ann_starts_and_both_wait_then_see_go(hers, his, code, world):
    hers.press("Start")
    for page in (hers, his):
        page.until("Wait for it...", "Round 1")
    world.until_due(code)
    for page in (hers, his):
        page.until("GO!")


def test_nobody_starts_alone_but_with_a_robot(hers, code):
    assert "needs at least 2 players" in hers.press("Start").alert
    assert hers.status_of("Game") == "Press Start when everyone is here."
    hers.press("Add a robot")
    hers.until("2 of 64")
    assert hers.items("Players")[1].startswith("Robot you robot")
    hers.press("Start")
    hers.until("Wait for it...")


def test_the_robot_presses_and_ann_sees_the_result(hers, code, world):
    hers.press("Add a robot")
    hers.until("Robot")
    hers.press("Start")
    hers.until("Wait for it...")
    world.until_due(code)
    hers.until("GO!")
    for _ in ("the press", "the judging"):
        world.until_due(code)
        world.house.rooms.tick(world.house.rooms.get(code), frozenset())
    hers.until("Round 1 is over")
    rows = [row.text for table in hers.tree.all(tag="table") for row in table.all(tag="tr")]
    assert "Robot" in rows[1] and "The page reported" in rows[1]


def test_pause_stops_all_clocks_and_anybody_seated_goes_on(hers, his, code, world):
    hers.press("Start")
    his.until("Wait for it...")
    his.press("Pause")
    hers.until("Paused.", "Resume")
    left = world.document(code)["state"]["until"] - world.house.rooms.get(code).game.now
    world.later(3600)
    assert "The room is paused." in his.person.command(f"/{code}/play/buzz", round=1).alert
    hers.press("Resume")
    his.until("Wait for it...")
    room = world.house.rooms.get(code)
    assert room.game.until - room.clock.read(world.document(code)["touched"]) == pytest.approx(left)


def test_watchers_have_no_buttons_of_the_game_and_may_not_use_them(his, code, world):
    his.press("Watch")
    his.until("Take a seat")
    assert not {"Start", "Pause", "Buzz"} & set(his.buttons)
    before = world.document(code)
    for verb in ("start", "pause", "resume", "play/buzz"):
        assert "Take a seat first." in his.person.command(f"/{code}/{verb}", round=0).alert
    assert world.document(code) == before


HOSTS = ["lock", "unlock", "public", "private", "robot", "admit", "refuse", "remove"]


@pytest.mark.parametrize("verb", HOSTS)
def test_what_is_the_hosts_is_refused_to_bob_and_to_charlie(bob, charlie, code, his, world, verb):
    before = world.document(code)
    assert "Only the host" in bob.command(f"/{code}/{verb}", player="p1").alert
    assert bob.form(f"/{code}/{verb}", player="p1").status == 403
    assert "You are not in this room" in charlie.command(f"/{code}/{verb}", player="p1").alert
    assert charlie.form(f"/{code}/{verb}", player="p1").status == 403
    assert world.document(code) == before


def test_when_ann_leaves_bob_is_the_host(hers, his):
    hers.press("Leave")
    his.until("You are the host", gone="Ann")
    assert "Lock" in his.buttons


def test_ann_keeps_the_crown_for_a_minute_and_gets_it_back_on_return(ann, code, hers, his, world):
    hers.close()
    world.later(presence.CROWN - 5)
    his.until("Host: Ann you away")
    ann.open(f"/{code}")
    his.until("Host: Ann", gone="away")
    world.later(30)
    assert world.document(code)["host"] == "p1"


def test_after_a_minute_the_crown_passes_to_somebody_who_is_here(ann, code, hers, his, world):
    hers.close()
    world.later(presence.CROWN + 1)
    his.until("You are the host", "Host: Bob")
    assert "You are the host" not in ann.open(f"/{code}").text


def test_a_host_without_scripts_is_not_dethroned_at_once(person, bob, world):
    ann = person("Ann", script=False)
    world.later(3600)
    code = ann.open_room()
    bob.command(f"/{code}/join")
    page = bob.open(f"/{code}")
    assert "You are the host" not in page.text
    assert "You are the host" in ann.open(f"/{code}").text


def test_whoever_has_just_come_is_not_away(bob, code, hers, world):
    world.later(3600)
    bob.command("/join", code=code)
    hers.until("Bob")
    assert "away" not in hers.items("Players")[1]


def test_away_comes_after_ten_seconds_and_goes_on_return(bob, code, hers, his, world):
    his.close()
    world.later(presence.AWAY + 1)
    hers.until("away")
    bob.open(f"/{code}")
    hers.until("Bob", gone="away")


def test_bob_in_two_tabs_is_one_bob_and_closing_one_is_not_leaving(bob, code, hers, his, world):
    second = bob.open(f"/{code}")
    assert second.names("Players") == ["Ann", "Bob"]
    his.close()
    world.later(presence.AWAY + 1)
    second.press("Pause") if "Pause" in second.buttons else second.press("Watch")
    hers.until("1 of 64")
    assert "away" not in hers.text


def test_somebody_with_a_look_alike_name_gets_another_in_one_tap(person, code, hers):
    tom, other = person("Tom"), person("tom")
    tom.command(f"/{code}/join")
    page = other.open(f"/{code}")
    assert "There is already a tom here." in page.text
    page.press("Join as tom 2")
    hers.until("tom 2")
    assert hers.names("Players") == ["Ann", "Tom", "tom 2"]
    assert other.form(f"/{code}/join", name="Ann").place == f"/{code}"


def test_a_taken_name_is_refused_with_a_sentence(person, code, hers):
    other = person("ann")
    assert "There is already a ann here." in other.command(f"/{code}/join").alert
    assert other.form(f"/{code}/join").status == 409
    assert other.form(f"/{code}/join", name="x" * 30).status == 400


def test_the_host_sets_the_goal_before_the_start(hers, his, code):
    hers.press("First to 1")
    his.until("first to 1")
    assert "Only the host" in his.person.command(f"/{code}/play/first_to", points=5).alert
    assert Buzzer.goal != 1
