"""The picture of a room's reaction times: who sees it, and that it is drawn once."""

import pytest

from myapp import picture

TIMES = [212, 250, 268, 268, 300, 431]
WORDS = "6 times: the fastest is 212 ms, the median 268 ms, the slowest 431 ms."


@pytest.fixture
def played(code, world):
    """`played(times)`: a game was won in Ann's room, and these times are known of it."""

    def play(times=TIMES):
        world.edit(code, lambda room: room["state"].update(phase="won", points={"p1": 3}))
        world.edit(
            code,
            lambda room: room["state"].update(
                times=times,
                rows=[
                    {
                        **{"player": "p1", "sent": 1.0, "received": 1.3, "reported": None},
                        **{"allowance": 0.35, "accepted": 0.25, "why": "", "rank": 1},
                    }
                ],
            ),
        )

    return play


def image(page):
    """The address of the picture on this page; None without one."""
    found = [i.attrs for i in page.tree.all(tag="img") if "times.svg" in i.attrs["src"]]
    return found[0] if found else None


def test_when_the_game_is_won_everyone_sees_how_fast_the_room_is(hers, his, played, world):
    played()
    for page in (hers, his):
        page.until("As a table")
        assert image(page)["alt"] == WORDS
        answer = page.person.get(image(page)["src"])
        assert answer.headers["Content-Type"].startswith("image/svg+xml")
        assert b"Median: 268 ms" in answer.body


def test_the_same_is_there_as_a_table(hers, played):
    played()
    hers.until("As a table")
    (details,) = hers.tree.all(id="spread")
    assert [cell.text for cell in details.all(tag="th", scope="row")] == [
        *("200 to 249 ms", "250 to 299 ms", "300 to 349 ms", "350 to 399 ms", "400 to 449 ms")
    ]
    assert [cell.text for cell in details.all(tag="td")] == ["1", "3", "1", "0", "1"]


def test_a_few_presses_are_no_picture(hers, played, code, ann):
    played(TIMES[:4])
    hers.until("We have a winner!")
    assert image(hers) is None and "As a table" not in hers.text


def test_a_room_without_times_has_no_picture(ann, code, played):
    assert ann.get(f"/{code}/times.svg").status == 404
    played(TIMES[:1])
    assert ann.get(f"/{code}/times.svg").status == 404
    assert ann.get("/ZZZZ/times.svg").status == 404


def test_new_times_are_another_address(hers, played):
    played()
    hers.until("As a table")
    before = image(hers)["src"]
    played([*TIMES, 500])
    hers.until("500 to 549 ms")
    assert image(hers)["src"] != before


def test_a_stranger_sees_no_picture_through_a_locked_door(hers, charlie, code, played, world):
    played()
    hers.press("Lock")
    hers.until("Unlock")
    assert charlie.get(f"/{code}/times.svg").status == 403
    assert hers.person.get(f"/{code}/times.svg").status == 200


def test_the_big_screen_of_a_locked_room_sees_it_by_its_key(hers, charlie, code, played, world):
    played()
    hers.press("Lock")
    hers.until("Unlock")
    glass = world.house.rooms.get(code).glass
    screen = charlie.open(f"/{code}?view=screen&key={glass}")
    assert charlie.get(image(screen)["src"].replace("&amp;", "&")).status == 200
    assert glass not in image(hers)["src"]
    overlay = charlie.open(f"/{code}?view=obs&key={glass}")
    assert image(overlay) is None


def test_it_is_drawn_once_and_not_sent_again(ann, bob, code, hers, played):
    played()
    picture.spread.cache_clear()
    first = ann.get(f"/{code}/times.svg")
    assert bob.get(f"/{code}/times.svg").body == first.body
    known = {"If-None-Match": first.headers["ETag"]}
    again = ann.ask("GET", f"/{code}/times.svg", headers=known)
    assert again.status == 304 and again.body == b""
    assert picture.spread.cache_info().misses == 1
    assert first.headers["Cache-Control"] == "private, no-cache"
