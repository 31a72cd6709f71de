"""The other views of a room: the big screen, the overlay, the QR code; and rooms that are swept."""

import io
import time

import pytest
import segno

from myapp.rooms import DAY

VIEWS = ["screen", "obs"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_screen_follows_the_room_and_is_nobody(ann, code, hers, his, world, view):
    screen = ann.open(f"/{code}?view={view}", tab="screen")
    assert screen.names("Players") == ["Ann", "Bob"]
    hers.press("Start")
    screen.until("Wait for it...")
    world.until_due(code)
    screen.until("GO!")
    assert screen.buttons == [] and not list(screen.tree.first(tag="main").all(tag="form"))
    assert screen.tree.first(id="me") is None
    assert world.document(code)["keys"] == 2


@pytest.mark.parametrize("view", VIEWS)
def test_a_screen_counts_neither_as_presence_nor_as_a_tab(person, code, hers, world, view):
    for _ in range(5):
        person().open(f"/{code}?view={view}")
    ann = hers.person
    for n in range(5):
        ann.open(f"/{code}?view={view}", tab=f"screen{n}")
    hers.press("Lock")
    hers.until("Unlock")
    assert "_elsewhere" not in hers.signals
    hers.close()
    assert not world.house.presence.watched(code)


@pytest.mark.parametrize("view", VIEWS)
def test_a_screen_of_somebody_without_a_cookie_stays_live(person, code, hers, view):
    screen = person().open(f"/{code}?view={view}")
    hers.press("Make public")
    screen.until("public")


def test_the_big_screen_shows_the_way_in(person, code):
    screen = person().open(f"/{code}?view=screen")
    assert f"http://localhost/{code}" in screen.text
    assert list(screen.tree.all(tag="img", src=f"/{code}/qr.svg"))


@pytest.mark.parametrize("view", ["", "x", "door", "PAGE", "../obs"])
def test_there_are_no_other_views(ann, code, view):
    assert ann.get(f"/{code}?view={view}").status == 404
    assert ann.get(f"/{code}/live?view={view}").status == 404


def test_the_invitation_is_a_link_and_its_qr_code(ann, code, hers):
    assert list(hers.tree.all(id="link", value=f"http://localhost/{code}"))
    answer = ann.get(f"/{code}/qr.svg")
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    drawn = io.BytesIO()
    link = segno.make(f"http://localhost/{code}", error="m")
    link.save(drawn, kind="svg", scale=8, border=2, light="#fff")
    assert answer.body == drawn.getvalue()
    assert b"<script" not in answer.body and b"style=" not in answer.body


def test_the_link_has_the_port_one_came_by(ann, code):
    page = ann.ask("GET", f"/{code}", base_url="http://192.168.1.5:8000")
    assert f'value="http://192.168.1.5:8000/{code}"'.encode() in page.body


def test_there_is_no_qr_code_of_no_room(ann):
    assert ann.get("/ZZZZ/qr.svg").status == 404


def test_a_room_nobody_touched_for_a_day_is_swept(person, code, hers, world):
    stranger = person().open(f"/{code}")
    hers.close()
    world.later(DAY - 60)
    world.house.rooms.sweep(world.house.presence.watched)
    assert world.house.rooms.codes() == [code]
    world.later(120)
    world.house.rooms.sweep(world.house.presence.watched)
    assert world.house.rooms.codes() == []
    stranger.until("This room is closed")
    assert stranger.ended()
    assert stranger.connect() == 204


def test_a_room_that_is_watched_is_not_swept(code, hers, world):
    world.later(DAY + 60)
    world.house.rooms.sweep(world.house.presence.watched)
    assert world.house.rooms.codes() == [code]
    hers.press("Lock")
    hers.until("Unlock")
    assert time.time() - world.document(code)["touched"] < 60


def test_a_room_whose_file_was_removed_says_so_on_every_page(code, hers, his, world):
    world.house.store.change(f"rooms/{code}", lambda _: None)
    for page in (hers, his):
        page.until("This room is closed", gone="Leave")
        assert page.ended()
    assert "There is no room" in hers.person.command(f"/{code}/start").alert
    assert hers.person.form(f"/{code}/start").status == 404
