"""The home page: new rooms, ways into a room, and the public rooms, live."""

import gzip

import gevent
import pytest

from myapp import games


def test_every_game_has_a_way_in(ann):
    page = ann.open()
    for game in games.found().values():
        assert f"New {game.title} room" in page.buttons
        assert f"Quick match: {game.title}" in page.buttons


def test_ann_opens_a_room_and_is_its_host(ann):
    place = ann.open().press("New Buzzer room").place
    page = ann.open(place)
    assert page.names("Players") == ["Ann"] and "You are the host" in page.text


def test_a_visitor_without_a_name_opens_no_room(person, world):
    visitor = person()
    assert "Type your name first." in visitor.command("/rooms", game="buzzer").alert
    assert visitor.form("/rooms", game="buzzer").status == 403
    assert world.house.rooms.codes() == []


@pytest.mark.parametrize("game", ["", "nothing", "../x", "buzzer/"])
def test_there_is_no_room_of_an_unknown_game(ann, world, game):
    assert "no such game" in ann.command("/rooms", game=game).alert
    assert ann.form("/rooms", game=game).status == 400
    assert world.house.rooms.codes() == []


def test_the_same_action_opens_one_room_and_others_open_others(ann, bob, world):
    places = {ann.command("/rooms", game="buzzer", act="a" * 24).place for _ in range(3)}
    assert len(places) == 1
    assert bob.command("/rooms", game="buzzer", act="a" * 24).place not in places
    assert ann.command("/rooms", game="buzzer", act="b" * 24).place not in places
    assert len(world.house.rooms.codes()) == 3


@pytest.mark.parametrize(
    "typed",
    [
        "{code}",
        "{lower}",
        "  {code} ",
        "http://localhost/{code}",
        "http://localhost/{lower}/",
        "https://vroum.example:8000/{code}?view=screen",
        "localhost/{code}",
    ],
)
def test_bob_joins_by_whatever_he_was_sent(bob, code, hers, typed):
    answer = bob.open().press("Join", code=typed.format(code=code, lower=code.lower()))
    assert answer.place == f"/{code}"
    hers.until("Bob")
    assert hers.names("Players") == ["Ann", "Bob"]


def test_an_unknown_code_says_so_in_a_page_that_helps(bob):
    assert "There is no room ZZZZ" in bob.open().press("Join", code="zzzz").alert
    plain = bob.form("/join", code="ZZZZ")
    assert plain.status == 404 and "There is no room ZZZZ" in plain.text
    page = bob.open("/ZZZZ")
    assert page.status == 404 and "There is no room ZZZZ" in page.text
    assert "Join" in page.buttons
    assert list(page.tree.all(tag="a", href="/"))


@pytest.mark.parametrize(
    "typed", ["", "KX", "KXQPP", "AEIO", "K XQP", "../KXQP/..", "KXQP\0", "1234"]
)
def test_what_is_no_code_is_told_what_a_code_is(bob, typed):
    assert "four letters" in bob.command("/join", code=typed).alert
    assert bob.form("/join", code=typed).status == 400


def test_letters_that_only_look_like_a_code_are_no_code(bob):
    kelvin = "\N{KELVIN SIGN}XQP"
    assert bob.form("/join", code=kelvin).status == 400
    assert bob.get(f"/{kelvin}").status == 404
    assert bob.form(f"/{kelvin}/join").status == 404


def test_a_public_room_appears_changes_and_disappears_while_charlie_looks(
    ann, bob, charlie, code, hers
):
    home = charlie.open()
    assert home.items("Public rooms") == [] and code not in home.text
    hers.press("Make public")
    home.until(code, "with Ann", "1/64")
    bob.command("/join", code=code)
    home.until("2/64")
    ann.command(f"/{code}/leave")
    home.until("with Bob", "1/64")
    bob.command(f"/{code}/private")
    home.until("None just now", gone=code)
    assert home.items("Public rooms") == []


def test_rooms_are_private_until_their_host_says_otherwise(ann, bob, code, his):
    bob.command(f"/{code}/public")
    assert code not in bob.open().text
    ann.command(f"/{code}/public")
    assert code in bob.open().text


def test_a_public_room_that_is_gone_leaves_the_list(ann, charlie, code, world):
    ann.command(f"/{code}/public")
    home = charlie.open()
    home.until(code)
    world.house.store.change(f"rooms/{code}", lambda _: None)
    home.until(gone=code)


def test_the_list_stays_true_when_the_kernel_dropped_what_it_had_to_tell(
    ann, charlie, code, world, caplog
):
    home = charlie.open()
    world.house.hub.ring("rooms/")
    gevent.sleep(0)
    ann.command(f"/{code}/public")
    home.until(code)
    assert "stumbled" not in caplog.text


def test_public_rooms_of_before_a_restart_are_listed_for_all_who_come_at_once(ann, code, world):
    ann.command(f"/{code}/public")
    app = world.worker()

    def look() -> str:
        return app.test_client().get("/").get_data(as_text=True)

    looks = [gevent.spawn(look) for _ in range(3)]
    assert len(gevent.joinall(looks, timeout=5)) == 3
    assert [f"open-{code}" in look.value for look in looks] == [True] * 3


def test_a_room_that_becomes_public_while_the_list_is_read_breaks_no_page(ann, bob, code, world):
    ann.command(f"/{code}/public")
    other = bob.open_room()
    assert code in bob.get("/").text
    get = world.house.rooms.get

    def slowly(asked):
        world.house.rooms.get = get
        bob.command(f"/{other}/public")
        gevent.sleep(0)
        return get(asked)

    world.house.rooms.get = slowly
    assert ann.get("/").status == 200
    page = bob.open()
    page.until(code, other)


def test_a_change_in_a_private_room_is_no_news_at_home(ann, bob, charlie, code, hers):
    ann.command(f"/{code}/public")
    home = charlie.open()
    other = bob.open_room()
    frames = home.frames
    bob.command(f"/{other}/lock")
    ann.command(f"/{code}/private")
    home.until(gone=code)
    assert home.frames == frames + 1


def test_all_of_it_works_by_plain_forms(person, world):
    ann, bob = (person(name, script=False) for name in ("Ann", "Bob"))
    answer = ann.open().press("New Buzzer room")
    assert answer.status == 303
    code = answer.place[-4:]
    assert bob.open().press("Join", code=code.lower()).place == f"/{code}"
    page = ann.open(f"/{code}")
    assert page.names("Players") == ["Ann", "Bob"]
    for press in (
        "Make public",
        "Lock",
        "Unlock",
        "Start",
        "Pause",
        "Resume",
        "Watch",
        "Take a seat",
    ):
        answer = page.press(press)
        assert (answer.status, answer.place) == (303, f"/{code}")
        page = ann.open(f"/{code}")
    assert code in bob.open().text
    answer = page.press("Leave")
    assert (answer.status, answer.place) == (303, "/")
    page = bob.open(f"/{code}")
    assert page.names("Players") == ["Bob"] and "You are the host" in page.text


def test_the_first_page_is_small(person):
    visitor = person()
    page = visitor.get("/")
    parts = [page.body]
    for element in page.tree.all():
        link = element.attrs.get("src") or element.attrs.get("href", "")
        if link.startswith("/static/"):
            parts.append(visitor.get(link).body)
    assert len(parts) >= 4
    assert sum(len(gzip.compress(part)) for part in parts) < 60_000


def test_a_page_from_before_an_update_gets_the_new_style_but_not_to_keep(person):
    visitor = person()
    styles = (e.attrs.get("href", "") for e in visitor.get("/").tree.all())
    link = next(link for link in styles if link.endswith("/vroum.css"))
    style, older = visitor.get(link), visitor.get("/static/0123456789ab/vroum.css")
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert older.headers["Cache-Control"] == "no-cache"
    assert older.body == style.body
    assert visitor.get("/static/vroum.css").headers["Cache-Control"] == "no-cache"
    for none in ("nothing.css", "../../wsgi.py", "%2e%2e/wsgi.py"):
        assert visitor.get(f"/static/0123456789ab/{none}").status == 404


def test_renaming_reaches_the_home_page(ann):
    page = ann.open()
    page.press("Enter", name="Anna")
    page.until("Hello, Anna!")


def test_signals_of_the_home_stream_change_nothing(ann, world):
    page = ann.open()
    page.connect(name="Eve", game="buzzer", code="KXQP")
    assert "Hello, Ann!" in page.text
    assert world.house.rooms.codes() == []
