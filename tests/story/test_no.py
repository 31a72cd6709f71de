"""No: addresses that are none, actions sent twice, haste, and trouble of our own."""

import time
from pathlib import Path

import pytest

from myapp.store import StoreDown

POSTS = [
    "/enter",
    "/rooms",
    "/join",
    "/queue/buzzer",
    "/queue/buzzer/leave",
    "/{}/start",
    "/{}/join",
    "/{}/play/buzz",
]


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_done_by_a_link(ann, code, path):
    answer = ann.get(path.format(code))
    assert answer.status == 405 and "POST" in answer.headers["Allow"]


CODES = [
    "..",
    "%2e%2e",
    "....",
    "a%00b",
    "KX%00P",
    "KXQP%00",
    "KXQP%0d%0aX",
    "%0aKXQP",
    "KXQP%0a",
    "KX%2fP",
    "..%5c..",
    "KXQPP",
    "KXQ",
    "AEIO",
    "KXQ1",
    "x" * 5000,
    "%ff%ff%ff%ff",
    "KXQ%E2%84%AA",
    "KXQP.json",
    ".side",
]


def test_what_is_no_code_never_touches_a_file(ann, world, monkeypatch):
    def touched(self, *args, **how):
        raise AssertionError("the store was asked")

    for name in ("get", "change"):
        monkeypatch.setattr(type(world.house.store), name, touched)
    for code in CODES:
        world.later(1)
        for path in ("", "/live", "/qr.svg"):
            assert ann.get(f"/{code}{path}").status == 404, code
        for verb in ("join", "start", "play/buzz"):
            assert ann.form(f"/{code}/{verb}").status == 404, code


def test_asking_for_a_room_that_never_was_leaves_no_file(ann, world):
    ann.get("/ZZZZ")
    ann.form("/ZZZZ/join")
    ann.form("/join", code="ZZZZ")
    folder = Path(world.url.partition(":")[2]) / "rooms"
    assert not [f for f in folder.rglob("*") if "ZZZZ" in f.name and f.suffix != ".lock"]


def test_the_same_action_twice_has_one_effect_and_the_same_answer(ann, code, hers, world):
    first, second = (ann.command(f"/{code}/robot", act="a" * 24) for _ in range(2))
    assert (first.status, first.body) == (second.status, second.body) == (204, b"")
    hers.until("2 of 64")
    assert hers.names("Players") == ["Ann", "Robot"]
    left = [ann.command(f"/{code}/leave", act="b" * 24) for _ in range(2)]
    assert left[0].place == left[1].place == "/"
    assert left[0].body == left[1].body


def test_the_same_action_id_of_somebody_else_is_another_action(ann, bob, code, his, world):
    ann.command(f"/{code}/watch", act="a" * 24)
    bob.command(f"/{code}/watch", act="a" * 24)
    his.until("0 of 64")


def test_a_refused_action_may_be_tried_again_with_its_id(ann, bob, code, hers):
    assert "needs at least 2" in ann.command(f"/{code}/start", act="a" * 24).alert
    bob.command(f"/{code}/join")
    assert ann.command(f"/{code}/start", act="a" * 24).status == 204
    hers.until("Wait for it...")


def test_plain_clients_get_the_right_status(ann, bob, charlie, code, his):
    assert charlie.form(f"/{code}/start").status == 403
    assert bob.form(f"/{code}/lock").status == 403
    assert bob.form(f"/{code}/play/buzz", round=0).status == 409
    assert bob.form(f"/{code}/play/buzz", round="x").status == 400
    assert bob.form("/ZZZZ/start").status == 404
    answer = bob.form(f"/{code}/play/buzz", round=0)
    assert "that round is over" in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")


def test_when_the_store_is_down_nothing_breaks_but_the_command(ann, code, hers, world, monkeypatch):
    def down(*args, **how):
        raise StoreDown("/data: no space left")

    monkeypatch.setattr(type(world.house.store), "change", down)
    answer = ann.form(f"/{code}/lock")
    assert answer.status == 503 and answer.headers["Retry-After"]
    assert "cannot save right now" in answer.text and "no space" not in answer.text
    assert "cannot save right now" in ann.command(f"/{code}/lock").alert
    assert ann.get(f"/{code}").status == 200


def test_whoever_clicks_like_a_machine_is_told_to_wait(ann, bob, code, hers, world, monkeypatch):
    now = time.time()
    with monkeypatch.context() as still:  # time stands still, however slow this machine is
        still.setattr(time, "time", lambda: now)
        answers = [ann.form(f"/{code}/{verb}") for _ in range(20) for verb in ("lock", "unlock")]
        hasty = answers[-1]
        assert hasty.status == 429 and int(hasty.headers["Retry-After"]) >= 1
        assert "Not so fast" in hasty.text
        assert "Not so fast" in ann.command(f"/{code}/lock").alert
        assert bob.form("/join", code=code).status == 303
    world.later(60)
    assert ann.command(f"/{code}/public").status == 204
    hers.until("Make private")


def test_a_mistake_of_ours_is_a_sentence_and_keeps_its_details(ann, code, world, monkeypatch):
    def oops(*args, **how):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(world.house.rooms, "get", oops)
    answer = ann.get(f"/{code}")
    assert answer.status == 500 and "Something broke" in answer.text
    assert b"secret detail" not in answer.body


def test_every_answer_guards_the_page(ann, code):
    for path in (
        "/",
        f"/{code}",
        "/ZZZZ",
        "/nothing/here",
        f"/{code}/qr.svg",
        "/healthz",
        "/static/icon.svg",
        "/static/nothing",
    ):
        answer = ann.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe-inline" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert ann.get(f"/{code}").headers["Cache-Control"] == "no-store"


def test_no_page_has_an_inline_script_or_style(ann, code, hers, charlie):
    for page in (
        hers,
        ann.open(),
        charlie.open(f"/{code}"),
        ann.open(f"/{code}?view=screen"),
        ann.open("/ZZZZ"),
    ):
        for element in page.tree.all():
            assert "style" not in element.attrs
            assert not [name for name in element.attrs if name.startswith("on")]
            assert element.tag != "script" or "src" in element.attrs
        assert not list(page.tree.all(tag="style"))


def test_a_strange_host_breaks_nothing(ann, code):
    for host in ("x" * 3000, "a b", "evil.example:99999", "[::1", "ü.example"):
        status = ann.client.get(
            f"/{code}/qr.svg", environ_overrides={"HTTP_HOST": host}
        ).status_code
        assert status < 500
