"""No: what does not come from our pages, or makes no sense, changes nothing and breaks nothing."""

import json
from pathlib import Path

import pytest

from myapp.store import StoreDown

SAME = {"Sec-Fetch-Site": "same-origin"}
JSON = "application/json"


@pytest.fixture
def ask(ann, code, world):
    """`ask(status, body, type)`: Ann asks, the answer has this status, and nothing changed."""

    def asked(status, path="start", **how):
        before = world.document(code)
        answer = ann.ask("POST", f"/{code}/{path}", **{"headers": SAME, **how})
        assert answer.status == status
        assert world.document(code) == before
        return answer

    return asked


STRANGE = [
    {},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "https://localhost"},
    {"Origin": "http://sub.localhost"},
    {"Origin": "http://["},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "http://localhost, http://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Referer": "http://localhost/"},
]


@pytest.mark.parametrize("headers", STRANGE, ids=str)
def test_what_no_page_of_ours_sent_is_refused(ask, headers):
    ask(403, "lock", headers=headers)
    ask(403, "lock", headers=headers, json={})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_whatever_the_method(ann, code, method):
    assert ann.ask(method, f"/{code}/lock").status == 403
    if method != "POST":
        assert ann.ask(method, f"/{code}/lock", headers=SAME).status == 405


def test_a_page_on_plain_http_is_known_by_its_scheme_host_and_port(ann, code, world):
    ann.client.set_cookie("vroum", ann.cookie.value, domain="192.168.1.5")

    def lock(origin):
        base, headers = "http://192.168.1.5:8000", {"Origin": origin}
        return ann.client.post(f"/{code}/lock", base_url=base, headers=headers).status_code

    assert lock("http://192.168.1.5") == 403
    assert lock("http://192.168.1.5:8001") == 403
    assert lock("http://192.168.1.5:8000") == 303
    assert world.document(code)["door"]["locked"]


def test_another_site_gets_no_stream(person, code):
    visitor = person()
    for path in ("/live", f"/{code}/live"):
        assert visitor.ask("GET", path, headers={"Sec-Fetch-Site": "cross-site"}).status == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-json", "text/json", "image/png"])
def test_only_forms_and_json_are_read(ask, kind):
    ask(415, data=b"{}", content_type=kind)


BAD = [
    b"",
    b"{",
    b"nonsense",
    b"[]",
    b"null",
    b"1",
    b'"x"',
    b'{"round": NaN}',
    b'{"round": Infinity}',
    b'{"round": 1e999}',
    b'{"act": "\\ud800"}',
    b'{"act": "\xff"}',
    b'{"act": 1}',
    b'{"act": null}',
    b'{"act": ["a"]}',
    b'{"act": "%s"}' % (b"x" * 65),
    b"[" * 5000,
    b'{"a":' * 2000 + b"1" + b"}" * 2000,
    b"1" * 10_000,
    b'{"a": %s}' % (b"1" * 10_000),
]


@pytest.mark.parametrize("body", BAD, ids=lambda body: repr(body[:24]))
def test_a_body_that_makes_no_sense_is_refused(ask, body):
    ask(400, "lock", data=body, content_type=JSON)
    answer = ask(
        200, "lock", data=body, content_type=JSON, headers={**SAME, "Datastar-Request": "true"}
    )
    assert answer.alert == "That request makes no sense here."


@pytest.mark.parametrize("player", [1, None, [], {}, True, "x" * 201])
def test_a_player_is_named_by_a_short_text(ask, player):
    for verb in ("remove", "admit", "refuse"):
        ask(400, verb, json={"player": player})


@pytest.mark.parametrize(
    "args",
    [
        {"round": -1},
        {"round": -(10**30)},
        {"round": 1.5},
        {"round": "one"},
        {"round": None},
        {"round": []},
        {},
        {"round": 1, "reaction": "fast"},
        {"round": 1, "reaction": 1e300},
        {"round": 1, "more": 1},
        {"round": 1, "player": "p2"},
    ],
    ids=str,
)
def test_a_press_that_makes_no_sense_is_refused(ask, args):
    ask(400, "play/buzz", json=args)
    assert "does not make sense" in ask(400, "play/buzz", json=args).text


def test_a_round_that_cannot_be_is_another_round(ask):
    assert "that round is over" in ask(409, "play/buzz", json={"round": 10**30}).text


@pytest.mark.parametrize("move", ["nothing", "on_start", "judge", "arm", "measure", "__init__", "dump", "phase"])
def test_only_moves_can_be_played(ask, move):
    assert "no such move" in ask(400, f"play/{move}", json={}).text


@pytest.mark.parametrize("verb", ["frob", "tick", "kick", "play", "play/", "START", "start/", "startx", "play/a/b"])
def test_there_are_no_other_verbs(ask, verb):
    ask(404, verb, json={})


def test_too_much_is_too_much(ask):
    answer = ask(413, json={"act": "x" * 17_000})
    assert "too much" in answer.text
    ask(413, data={"act": "x" * 17_000})
    patch = {**SAME, "Datastar-Request": "true"}
    assert "too much" in ask(200, json={"a": "x" * 17_000}, headers=patch).alert


POSTS = ["/enter", "/rooms", "/join", "/queue/buzzer", "/queue/buzzer/leave", "/{}/start", "/{}/join", "/{}/play/buzz"]


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_done_by_a_link(ann, code, path):
    answer = ann.get(path.format(code))
    assert answer.status == 405 and "POST" in answer.headers["Allow"]


CODES = ["..", "%2e%2e", "....", "a%00b", "KX%00P", "KXQP%00", "KXQP%0d%0aX", "%0aKXQP", "KXQP%0a", "KX%2fP", "..%5c..", "KXQPP", "KXQ", "AEIO", "KXQ1", "x" * 5000, "%ff%ff%ff%ff", "KXQ%E2%84%AA", "KXQP.json", ".side"]


@pytest.mark.parametrize("code", CODES, ids=lambda code: code[:16])
def test_what_is_no_code_never_touches_a_file(ann, world, code, monkeypatch):
    def touched(self, *args, **how):
        raise AssertionError("the store was asked")

    for name in ("get", "change"):
        monkeypatch.setattr(type(world.house.store), name, touched)
    for path in ("", "/live", "/qr.svg"):
        assert ann.get(f"/{code}{path}").status == 404
    for verb in ("join", "start", "play/buzz"):
        assert ann.form(f"/{code}/{verb}").status == 404


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


def test_a_mistake_of_ours_is_a_sentence_and_keeps_its_details(ann, code, world, monkeypatch):
    def oops(*args, **how):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(world.house.rooms, "get", oops)
    answer = ann.get(f"/{code}")
    assert answer.status == 500 and "Something broke" in answer.text
    assert b"secret detail" not in answer.body


def test_every_answer_guards_the_page(ann, code):
    for path in ("/", f"/{code}", "/ZZZZ", "/nothing/here", f"/{code}/qr.svg", "/healthz", "/static/icon.svg", "/static/nothing"):
        answer = ann.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe-inline" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert ann.get(f"/{code}").headers["Cache-Control"] == "no-store"


def test_no_page_has_an_inline_script_or_style(ann, code, hers, charlie):
    for page in (hers, ann.open(), charlie.open(f"/{code}"), ann.open(f"/{code}?view=screen"), ann.open("/ZZZZ")):
        for element in page.tree.all():
            assert "style" not in element.attrs
            assert not [name for name in element.attrs if name.startswith("on")]
            assert element.tag != "script" or "src" in element.attrs
        assert not list(page.tree.all(tag="style"))


def test_json_from_a_page_may_name_its_charset(ann, code, hers):
    body = json.dumps({"act": "a" * 24})
    ann.ask("POST", f"/{code}/lock", data=body, content_type=f"{JSON}; charset=utf-8", headers=SAME)
    hers.until("Unlock")


def test_a_strange_host_breaks_nothing(ann, code):
    for host in ("x" * 3000, "a b", "evil.example:99999", "[::1", "ü.example"):
        status = ann.client.get(f"/{code}/qr.svg", environ_overrides={"HTTP_HOST": host}).status_code
        assert status < 500
