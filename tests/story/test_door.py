"""The door: locked, knocked at, shut behind somebody; Charlie sees nothing through it."""

import pytest


@pytest.fixture
def locked(hers):
    """Ann has locked her room."""
    hers.press("Lock")
    hers.until("Unlock", "locked")
    return hers


def test_bob_knocks_and_is_let_in(bob, code, locked):
    his = bob.open(f"/{code}")
    assert "This room is locked." in his.text and "Ann" not in his.text
    his.press("Ask to come in")
    his.until("Waiting for the host")
    locked.until("Bob asks to come in.")
    locked.press("Let Bob in")
    his.until("2 of 64")
    locked.until("2 of 64", gone="asks")
    assert his.names("Players") == ["Ann", "Bob"]


def test_not_now_means_bob_may_ask_again(bob, code, locked):
    his = bob.open(f"/{code}")
    his.press("Ask to come in")
    locked.until("Bob asks")
    locked.press("Not now")
    his.until("Ask to come in")
    locked.until("Unlock", gone="asks")
    his.press("Ask to come in")
    locked.until("Bob asks")


def test_charlie_sees_nothing_through_a_locked_door(charlie, bob, code, hers, his, locked):
    page = charlie.open(f"/{code}")
    his.person.command(f"/{code}/start")
    locked.until("Wait for it...")
    page.connect()
    for name in ("Ann", "Bob", "Wait for it", "Round", "of 64"):
        assert name not in page.text and name.encode() not in page.raw


@pytest.mark.parametrize("view", ["screen", "obs"])
def test_nor_does_he_by_asking_for_another_view(charlie, code, locked, view):
    page = charlie.open(f"/{code}?view={view}")
    assert "Ann" not in page.text and b"Ann" not in page.raw


def test_whoever_was_looking_when_it_was_locked_sees_no_more(charlie, code, hers):
    page = charlie.open(f"/{code}")
    assert "Ann" in page.text
    hers.press("Lock")
    page.until("This room is locked.", gone="Ann")


def test_whoever_is_in_stays_in_and_comes_back_after_a_reload(bob, code, his, locked):
    his.until("locked")
    page = bob.open(f"/{code}")
    assert page.names("Players") == ["Ann", "Bob"]
    page.press("Leave")
    locked.until("1 of 64")
    bob.command(f"/{code}/join")
    locked.until("2 of 64")


def test_bob_is_removed_and_stays_outside(bob, code, hers, his, person):
    hers.press("Remove Bob")
    his.until("You were removed", gone="Players")
    hers.until("1 of 64", "locked")
    assert "removed you" in bob.command(f"/{code}/join").alert
    assert bob.form(f"/{code}/join").status == 403
    assert bob.form(f"/{code}/pause").status == 403
    page = bob.open(f"/{code}")
    assert "You were removed" in page.text and "Join" not in page.buttons
    assert bob.form("/join", code=code).place == f"/{code}"
    hers.press("Add a robot")
    hers.until("Robot")
    assert hers.names("Players") == ["Ann", "Robot"]


def test_with_a_fresh_cookie_bob_still_has_to_knock(code, hers, his, person):
    hers.press("Remove Bob")
    hers.until("1 of 64")
    fresh = person("Bob")
    for path, fields in ((f"/{code}/join", {}), ("/join", {"code": code})):
        fresh.command(path, **fields)
    page = fresh.open(f"/{code}")
    assert "Waiting for the host" in page.text
    hers.until("Bob asks to come in.")
    assert hers.names("Players") == ["Ann"]
    stranger = person()
    page = stranger.open(f"/{code}")
    page.press("Enter", name="Rob")
    assert "This room is locked." in page.text and hers.names("Players") == ["Ann"]


def screen_of(page):
    """What the link to the big screen leads to."""
    (link,) = (a for a in page.tree.all(tag="a") if a.text == "Show on a big screen")
    return page.person.open(link.attrs["href"])


def test_the_hosts_big_screen_sees_through_the_locked_door(person, code, hers, his, locked):
    path = screen_of(locked).path
    assert screen_of(locked).names("Players") == ["Ann", "Bob"]
    overlay = person().open(path.replace("view=screen", "view=obs"))
    assert overlay.names("Players") == ["Ann", "Bob"]
    for wrong in ("", "x", "0" * 12):
        assert "Ann" not in person().open(f"/{code}?view=screen&key={wrong}").text


def test_a_big_screen_at_a_locked_door_says_where_its_address_is(person, code, hers, locked):
    said = "The address for a big screen is under Invite"
    assert said in person().open(f"/{code}?view=screen").text
    hers.press("Unlock")
    assert said not in person().open(f"/{code}?view=screen").text


def test_whoever_was_removed_does_not_watch_on_by_the_big_screens_link(code, hers, his, locked):
    his.until("locked")
    path = screen_of(his).path
    locked.press("Remove Bob")
    locked.until("1 of 64")
    assert "Ann" not in his.person.open(path).text
    assert "Ann" in screen_of(locked).text


def test_a_robot_is_removed_and_the_door_stays_open(code, hers):
    hers.press("Add a robot")
    hers.until("Robot")
    hers.press("Remove Robot")
    hers.until("1 of 64")
    assert "Lock" in hers.buttons


def test_nobody_removes_himself_or_who_is_not_there(ann, code, hers):
    assert "You can leave" in ann.command(f"/{code}/remove", player="p1").alert
    assert "not here any more" in ann.command(f"/{code}/remove", player="p9").alert
    assert "no longer waiting" in ann.command(f"/{code}/admit", player="p9").alert


def test_unlocking_lets_everybody_in(bob, code, locked):
    his = bob.open(f"/{code}")
    his.press("Ask to come in")
    locked.until("Bob asks")
    locked.press("Unlock")
    his.until("There is a seat for you.")
    his.press("Join")
    locked.until("2 of 64")


def test_by_plain_forms_too(person, world):
    ann, bob = (person(name, script=False) for name in ("Ann", "Bob"))
    code = ann.open_room()
    ann.open(f"/{code}").press("Lock")
    assert bob.open(f"/{code}").press("Ask to come in").place == f"/{code}"
    assert "Waiting for the host" in bob.open(f"/{code}").text
    ann.open(f"/{code}").press("Let Bob in")
    assert bob.open(f"/{code}").names("Players") == ["Ann", "Bob"]
    ann.open(f"/{code}").press("Remove Bob")
    assert "You were removed" in bob.open(f"/{code}").text


def test_a_room_does_not_grow_with_those_who_came_and_went(code, world):
    def crowd(room):
        for n in range(400):
            room.leave(room.join(f"id-{n}", f"N{n}"))
            room.note(f"id-{n}", "an action")

    world.house.rooms.change(code, crowd)
    assert len(world.document(code)["people"]) <= 300
    assert len(world.document(code)["acts"]) <= 301
