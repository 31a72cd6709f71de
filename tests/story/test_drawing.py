"""Drawing: once for all who see the same, however many look."""

from collections import Counter

import pytest

from myapp.views.drawing import PARTS
from myapp.views.looking import Looking
from myapp.views.who import Who


@pytest.fixture
def drawn(world, monkeypatch):
    """How often each fragment was drawn."""
    count = Counter()
    draw = world.house.drawing.html

    def counted(template, **given):
        count[template] += 1
        return draw(template, **given)

    monkeypatch.setattr(world.house.drawing, "html", counted)
    return count


def parts(drawn):
    """How often each part of the room was drawn that its audience shares."""
    return {part: drawn[f"_{part}.html"] for part in PARTS if drawn[f"_{part}.html"]}


def test_ten_who_watch_share_one_drawing_of_each_change(code, hers, person, drawn):
    pages = [person().open(f"/{code}") for _ in range(10)]
    drawn.clear()
    hers.press("Make public")
    for page in pages:
        page.until("public")
    hers.until("Make private")
    assert parts(drawn) == {"people": 1}  # what shows nothing of it stays


def test_players_and_watchers_of_the_buzzer_share_it_too(code, hers, his, charlie, drawn):
    looker = charlie.open(f"/{code}")
    drawn.clear()
    hers.press("Start")
    for page in (hers, his, looker):
        page.until("Wait for it...")
    assert parts(drawn) == {"banner": 1, "table": 1}


def test_looking_again_draws_nothing_new(ann, bob, code, hers, his, drawn):
    drawn.clear()
    for someone in (ann, bob):
        someone.open(f"/{code}")
    assert not parts(drawn)


def test_another_view_and_another_address_are_other_drawings(ann, code, hers):
    screen = ann.open(f"/{code}?view=screen")
    assert "Invite" in hers.text and "Invite" not in screen.text
    near = ann.ask("GET", f"/{code}", base_url="http://192.168.1.5:8000")
    assert b"http://localhost" not in near.body
    assert b"192.168.1.5" not in ann.get(f"/{code}").body


def test_everybody_at_home_shares_one_list(ann, code, person, drawn):
    homes = [person().open() for _ in range(10)]
    drawn.clear()
    ann.command(f"/{code}/public")
    for home in homes:
        home.until(code)
    assert drawn["_lobby.html"] == 1


def test_a_drawing_is_never_kept_for_a_room_that_has_moved_on(bob, charlie, code, hers, world):
    """The room changes while Charlie's page is being made: nobody may see the old one again."""
    arrived = world.house.lobby.arrived

    def slowly(*args):
        arrived(*args)
        world.house.lobby.arrived = arrived
        bob.command(f"/{code}/join")
        world.house.rooms.get(code)  # as the list of public rooms does

    world.house.lobby.arrived = slowly
    charlie.get(f"/{code}?view=screen")
    assert charlie.open(f"/{code}?view=screen").names("Players") == ["Ann", "Bob"]


def test_what_is_ones_own_is_drawn_for_oneself_alone(code, hers, his, drawn):
    assert "You are the host" in hers.text and "You are the host" not in his.text
    drawn.clear()
    hers.press("Make public")
    his.until("public")
    hers.until("Make private")
    assert (drawn["_host.html"], drawn["_me.html"]) == (1, 0)  # nothing else shows it
    hers.press("Start")
    his.until("Wait for it...")
    hers.until("Wait for it...")
    assert (drawn["_host.html"], drawn["_me.html"]) == (1, 2)


def test_what_one_holds_changes_without_all_that_is_around_it(code, hers, his):
    hers.press("Start")
    hers.until("Wait for it...")
    hers.raw = b""
    hers.press("Buzz")  # too early
    hers.until("false start")
    assert b'<div id="hand"' in hers.raw and b'<div id="me"' not in hers.raw


def test_strangers_who_see_the_same_share_a_drawing_and_others_do_not(
    code, hers, his, person, drawn
):
    pages = [person(name).open(f"/{code}") for name in ("Dan", "Eve", "bob")]
    drawn.clear()
    hers.press("Lock")
    hers.until("Unlock")
    for page in pages:
        page.read()
    assert all("This room is locked" in page.text for page in pages[:2])
    assert drawn["_me.html"] == 2  # that of Dan and Eve, and that of the other Bob
    assert "There is already a" in pages[2].text


@pytest.mark.parametrize("looked_before", [False, True])
def test_who_comes_late_to_a_look_sees_while_others_have_looked_on(code, world, looked_before):
    """As in a crowd that opens its pages all at once."""
    dan = Looking(world.house, code, Who("dan", None), "page", None, "")
    if looked_before:
        dan.look()
    world.later(1)
    scene = dan.scene()
    for _ in range(9):
        world.later(1)
        dan.scene()
    assert b"Enter" in b"".join(dan.see(scene).own)
