"""The operator page: its door, every document live, asking a page, pausing all."""

import gevent
import pytest

from myapp import create_app
from myapp.desk import KINDS
from tests.story.people import SAME

PAGE = {"Datastar-Request": "true", "Page-Size": "390 x 844", "Page-Is": "visible"}
PASSWORD = "correct horse battery"


@pytest.fixture
def op(world, person):
    """The operator, come in by a link."""
    return come_in(world, person())


def come_in(world, somebody):
    key = world.house.operator.grants.link()
    assert "Come in" in [
        b.text for b in somebody.get(f"/operator?key={key}").tree.all(tag="button")
    ]
    assert somebody.form("/operator", key=key).place == "/operator"
    return somebody


def row(page, key):
    found = page.tree.first(id=f"row-{key.replace('/', '-')}")
    return found.text if found else ""


def read_until(page, true):
    while not true():
        assert page.read(), page.text
    return True


def test_without_a_password_or_a_link_there_is_no_such_page(ann):
    assert ann.get("/operator").status == 404
    assert ann.form("/operator", password="").status == 404
    assert ann.get("/operator/live").status == 204
    assert ann.command("/operator/delete", key="rooms/KXQP").alert


def test_a_link_lets_one_in_once(world, ann, bob):
    key = world.house.operator.grants.link()
    assert ann.form("/operator", key=key).place == "/operator"
    assert ann.get("/operator").status == 200
    assert bob.form("/operator", key=key).status in (403, 404)
    assert bob.get("/operator").status == 404


def test_a_link_waits_a_quarter_of_an_hour_and_a_newer_one_replaces_it(world, ann):
    old = world.house.operator.grants.link()
    key = world.house.operator.grants.link()
    assert ann.form("/operator", key=old).status == 403
    world.later(15 * 60 + 1)
    assert ann.form("/operator", key=key).status == 404
    assert ann.get("/operator").status == 404


def test_a_password_lets_in_and_guessing_is_slow(world, ann, bob):
    world.house.operator.grants._password = PASSWORD
    assert [i.attrs["type"] for i in ann.get("/operator").tree.all(id="password")] == ["password"]
    assert ann.form("/operator", password=PASSWORD).place == "/operator"
    statuses = [bob.form("/operator", password=f"guess {n}").status for n in range(6)]
    assert statuses[0] == 403 and statuses[-1] == 429


def test_a_short_password_is_refused_at_the_start(tmp_path):
    with pytest.raises(RuntimeError, match="12 characters"):
        create_app(STORE_URL=f"tinydb:{tmp_path}", SECRET_KEY="x" * 32, OPERATOR_PASSWORD="vroum")


def test_leaving_ends_the_grant_also_for_a_copied_cookie(op, person):
    thief = person()
    thief.client._cookies = dict(op.client._cookies)
    assert thief.get("/operator").status == 200
    op.command("/operator/leave")
    assert thief.get("/operator").status == 404


def test_a_move_is_a_row_that_tells_what_changed(op, hers, code):
    page = op.open("/operator")
    assert f"rooms/{code}" in row(page, f"rooms/{code}")
    hers.press("Make public")
    read_until(page, lambda: "public false → true" in row(page, f"rooms/{code}"))


def test_only_rows_that_changed_are_sent(op, hers, code):
    page = op.open("/operator")
    other = hers.person.open_room()
    read_until(page, lambda: row(page, f"rooms/{other}"))
    page.raw = b""
    hers.press("Make public")
    read_until(page, lambda: "public" in row(page, f"rooms/{code}"))
    assert b"row-rooms-" + other.encode() not in page.raw
    assert b'id="documents"' not in page.raw


def test_a_deleted_document_goes_everywhere_and_can_come_back(op, hers, code, world):
    page = op.open("/operator")
    before = world.document(code)
    op.command("/operator/delete", key=f"rooms/{code}")
    hers.until("This room is closed")
    read_until(page, lambda: not row(page, f"rooms/{code}") and "Undo" in page.buttons)
    page.press("Undo")
    read_until(page, lambda: row(page, f"rooms/{code}") and "Undo" not in page.buttons)
    assert world.document(code) == before
    assert op.command("/operator/delete", key="rooms/../../etc").alert
    assert op.command("/operator/delete", key="nonsense").alert


def test_after_an_hour_nothing_can_be_brought_back(op, hers, code, world):
    op.command("/operator/delete", key=f"rooms/{code}")
    world.later(3601)
    world.house.operator.sweep()
    assert not world.house.store.keys("deleted/")


def test_a_broken_edit_is_shown_with_file_line_and_reason(op, hers, code, tmp_path):
    page = op.open("/operator")
    path = tmp_path / "data" / "rooms" / f"{code}.json"
    text = path.read_text()
    line = 1 + text.split('"public"')[0].count("\n")
    path.write_text(text.replace('"public": false', '"public": maybe'))
    read_until(page, lambda: f"{code}.json, line {line}: " in row(page, f"rooms/{code}"))
    assert f"{code}.json, line {line}: " in page.alert
    path.write_text(text)
    read_until(page, lambda: "line" not in row(page, f"rooms/{code}"))


def test_everyone_is_paused_at_once_and_goes_on(op, hers, his, code, world):
    hers.press("Start")
    op.command("/operator/pause")
    his.until("Paused.")
    op.command("/operator/resume")
    his.until("Wait for it...")
    hers.until("Wait for it...")
    hers.press("Pause")
    op.command("/operator/pause")
    op.command("/operator/resume")
    assert world.house.rooms.get(code).paused


def test_the_operator_removes_even_the_host(op, hers, his, code):
    op.command("/operator/remove", room=code, player="p1")
    hers.until("You were removed")
    his.until("You are the host")


def test_one_who_is_gone_is_said_to_be_gone(op, hers, his, code):
    his.close()
    hidden = op.command("/operator/ask", room=code, player="p2", name="Bob")
    assert "hidden, or its line is down" in hidden.text
    his.person.command("/bye", tab=his.tab)
    closed = op.command("/operator/ask", room=code, player="p2", name="Bob")
    assert "has closed the page" in closed.text


def test_a_question_is_for_the_one_who_was_asked(op, hers, bob, code, world):
    asks = world.house.operator.asks
    (line,) = world.house.presence.lines()
    answer = gevent.spawn(asks.ask, line, 3.0)
    read_until(hers, lambda: "_ask" in hers.signals)
    id = hers.signals["_ask"]
    signals = {"tab": "t", "_net": "live"}
    body = {"json": signals, "headers": {**SAME, **PAGE}}
    assert "Nobody has asked" in bob.ask("POST", f"/answer/{id}", **body).alert
    told = hers.person.ask("POST", f"/answer/{id}", **body)
    assert "The operator has just looked" in told.text
    said = answer.get(timeout=3)
    assert said.size == "390 x 844" and said.signals["_net"] == "live" and 0 <= said.seconds < 3
    assert "Nobody has asked" in hers.person.ask("POST", f"/answer/{id}", **body).alert


def test_a_late_answer_goes_nowhere_but_its_reader_is_told(hers, world):
    asks = world.house.operator.asks
    (line,) = world.house.presence.lines()
    answer = gevent.spawn(asks.ask, line, 0.3)
    read_until(hers, lambda: "_ask" in hers.signals)
    assert answer.get(timeout=3) is None
    body = {"json": {}, "headers": {**SAME, "Datastar-Request": "true"}}
    told = hers.person.ask("POST", f"/answer/{hers.signals['_ask']}", **body)
    assert "The operator has just looked" in told.text
    assert not world.house.store.keys("asks/")


def test_bad_weather_lags_and_its_lag_is_granted(op, hers, his, code, world):
    op.command("/operator/weather", room=code, player="p2", lag="120", jitter="0", drop="0")
    weather = world.house.operator.forecast.of(world.house.rooms.get(code).player("p2").id)
    assert weather.added == pytest.approx(0.24)
    hers.press("Start")
    world.until_due(code)
    read_until(his, lambda: his.status_of("Game") == "GO!")
    world.later(0.5)
    his.person.command(
        f"/{code}/play/buzz", round=world.document(code)["state"]["round"], reaction=200
    )
    (press,) = world.document(code)["state"]["rows"]
    assert press["allowance"] == pytest.approx(0.35 + 0.24)
    op.command("/operator/weather", room=code, player="p2", lag="0", jitter="0", drop="0")
    assert not world.house.store.keys("weather/")


def test_no_secret_is_on_the_page(op, hers, his, code):
    page = op.open("/operator")
    hers.press("Start")
    read_until(page, lambda: "started" in row(page, f"rooms/{code}"))  # the world looks for secrets


def test_what_comes_back_comes_back_in_its_place(op, hers, code):
    others = [hers.person.open_room() for _ in range(4)]
    page = op.open("/operator")

    def rows():
        (body,) = page.tree.all(id="rows-rooms")
        return [row.attrs["id"] for row in body.all(tag="tr")]

    before = [f"row-rooms-{code}" for code in sorted([code, *others])]
    read_until(page, lambda: rows() == before)
    for name in before[1:3]:
        op.command("/operator/delete", key=name.removeprefix("row-").replace("-", "/"))
    read_until(page, lambda: rows() == [before[0], *before[3:]])
    for left in (4, 5):
        page.press("Undo")
        read_until(page, lambda left=left: len(rows()) == left)
    assert rows() == before


def names_of(world, op):
    """What is kept for an undo, and what an undo of all of it brings back."""
    kept = [str(world.house.store.get(key)) for key in world.house.store.keys("deleted/")]
    for key in world.house.store.keys("deleted/"):
        op.command("/operator/undo", player=key.removeprefix("deleted/"))
    every = [key for kind in KINDS for key in world.house.store.keys(f"{kind}/")]
    return kept, str([world.house.store.get(key) for key in every])


def test_nobody_who_was_forgotten_comes_back_by_undo(op, bob, hers, his, code, world):
    bob.form("/sign-up", name="Bob", password=PASSWORD)
    bob.command("/queue/buzzer")
    (account,) = world.house.store.keys("accounts/")
    id = world.house.store.get(account)[0]["id"]
    results = {"ids": {"p2": id}, "names": {"p2": "Bob"}, "scores": {"names": {"p2": "Bob"}}}
    world.house.store.change("results/KXQP", lambda _: results)
    for key in (f"rooms/{code}", account, "queue/buzzer", "results/KXQP"):
        op.command("/operator/delete", key=key)
    bob.form("/forget")
    kept, back = names_of(world, op)
    assert len(kept) == 2 and "Ann" in str(kept)
    for text in (*kept, back):
        assert "Bob" not in text and id not in text
    assert [p["name"] for p in world.document(code)["people"]] == ["Ann"]


def test_whoever_signed_up_meanwhile_has_the_seat_in_what_comes_back(op, ann, hers, code, world):
    op.command("/operator/delete", key=f"rooms/{code}")
    ann.form("/sign-up", name="Ann", password=PASSWORD)
    names_of(world, op)
    assert "You are the host" in ann.get(f"/{code}").text
