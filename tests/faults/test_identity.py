"""Identity: nobody is who they say they are, only who their cookie says; and pages of ours ask."""

import json
import statistics
import time

import pytest

from tests.faults.conftest import SECRET
from tests.faults.lines import Somebody, hold, read_until
from tests.live.crowd import Visitor, document

VERBS = [
    "sit",
    "watch",
    "leave",
    "start",
    "pause",
    "resume",
    "lock",
    "unlock",
    "public",
    "private",
    "remove",
    "admit",
    "refuse",
    "robot",
    "play/buzz",
]
OLD = "what-the-key-was-before-this-one,-and-long-enough"


@pytest.fixture(scope="module")
def direct(start_server):
    """gunicorn alone, as somebody reaches it who found a way around nginx; its key was changed."""
    return start_server(MYAPP_SECRET_KEY=SECRET, MYAPP_SECRET_KEY_FALLBACKS=OLD)


def nobody(server, method, path, body=None, **headers):
    return server.ask(method, path, body, Origin=server.url, **headers)


def test_without_a_cookie_one_is_a_guest(server, code):
    """Fault 16."""
    for path in ("/", f"/{code}", f"/{code}?view=screen"):
        assert nobody(server, "GET", path)[0] == 200
    for verb in VERBS:
        assert nobody(server, "POST", f"/{code}/{verb}")[0] == 403
    for path in ("/rooms", "/queue/buzzer", f"/{code}/join"):
        assert nobody(server, "POST", path)[0] == 403


@pytest.mark.parametrize(
    "damage",
    [
        lambda v: v[:-2] + "xx",
        lambda v: "x" + v,
        lambda v: v.rsplit(".", 1)[0],
        lambda v: "",
        lambda v: "a.b.c",
        lambda v: "." + v,
        lambda v: "." * 3000,
        lambda v: '"' + v,
    ],
)
def test_a_cookie_somebody_touched_is_no_cookie(ann, code, damage):
    """Fault 17."""
    name, _, value = ann.headers["Cookie"].partition("=")
    ann.headers["Cookie"] = f"{name}={damage(value)}"
    status, _, page = ann.ask("GET", f"/{code}")
    assert status == 200 and "Come in!" in page and "You are the host" not in page
    assert ann.post(f"/{code}/lock")[0] == 403


def test_an_old_key_is_good_while_it_is_listed_and_no_part_of_it_is_a_key(direct):
    """Fault 18."""

    def hello(key):
        someone = Somebody(direct, key, "Ann", "127.0.0.1")
        return "Who is playing?" not in direct.ask("GET", "/", **someone.headers)[2]

    assert hello(SECRET)
    assert not hello("a key that was never listed anywhere")
    assert not [letter for letter in sorted(set(OLD + SECRET)) if hello(letter)]
    assert hello(OLD)


def test_saying_that_one_is_somebody_else_changes_nothing(ann, bob, code, server):
    """Fault 19."""
    bob.does(f"/{code}/join")
    owner = ann.in_room(code)
    claims = {"id": owner["id"], "player": owner["key"], "me": owner["key"], "host": "true"}
    assert bob.post(f"/{code}/lock", **claims)[0] == 403
    assert bob.post(f"/{code}/watch", **claims)[0] == 303
    assert ann.in_room(code)["seated"] and not bob.in_room(code)["seated"]
    for name, value in claims.items():
        assert bob.post(f"/{code}/lock", headers={name: value})[0] == 403
    assert not document(server.file(code))["door"]["locked"]


def test_in_a_room_one_is_not_in_everything_is_the_same_no(ann, charlie, code):
    """Fault 20."""
    said = {charlie.post(f"/{code}/{verb}", player="p1")[::2] for verb in VERBS}
    ann.does(f"/{code}/lock")
    said |= {charlie.post(f"/{code}/{verb}", player="p1")[::2] for verb in VERBS[:8]}
    assert len(said) == 1 and said.pop()[0] == 403


OTHERS = [
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://evil.example"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://127.0.0.1:{port}"},
    {"Origin": "http://127.0.0.1:{port}.evil.example"},
    {"Origin": "http://sub.127.0.0.1:{port}"},
    {"Origin": "http://127.0.0.1:{port}/"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:{port}"},
    {},
]


@pytest.mark.parametrize("headers", OTHERS, ids=str)
def test_another_sites_page_cannot_press_for_ann(server, ann, code, headers):
    """Fault 21."""
    said = {k: v.format(port=server.port) for k, v in headers.items()}
    for path, body in ((f"/{code}/lock", ""), ("/enter", "name=Eve"), ("/rooms", "game=buzzer")):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answered, _ = server.ask(
            "POST", path, body, Cookie=ann.headers["Cookie"], **form, **said
        )
        assert status == 403 and "Set-Cookie" not in answered
    assert not document(server.file(code))["door"]["locked"]


def test_typing_a_name_makes_a_new_person_whatever_the_cookie_was_before(server):
    """Fault 22."""
    planted = Somebody(server, "another site's key, which is long", "Eve", "127.0.0.1", id="e" * 32)
    ann = Visitor(server, "Ann")
    code = ann.opens_room()
    assert document(server.file(code))["people"][0]["id"] != "e" * 32
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    _, headers, _ = server.ask("POST", "/enter", "name=Ann", **planted.headers, **form)
    ann.headers["Cookie"] = headers["Set-Cookie"].split(";")[0]
    code = ann.opens_room()
    assert document(server.file(code))["people"][0]["id"] != "e" * 32


def test_a_wrong_key_to_a_locked_rooms_screen_is_like_none_in_words_and_time(ann, charlie, code):
    """Fault 23. What else could be guessed, passwords: see tests/story/test_accounts.py."""
    ann.does(f"/{code}/lock")
    took = {}
    for key in ("", "0" * 12, "0" * 11, "é", "p1", ann.in_room(code)["id"]):
        took[key] = []
        for _ in range(15):
            began = time.perf_counter()
            status, _, page = charlie.ask("GET", f"/{code}?view=screen&key={key.encode().hex()}")
            took[key].append(time.perf_counter() - began)
            assert status == 200 and "Ann" not in page and "of 64" not in page
    times = [statistics.median(all) for all in took.values()]
    assert max(times) < 2 * min(times) + 0.002


FORGED = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "Forwarded": "for=127.0.0.1;proto=https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "1",
    "X-Tcpinfo-Rtt": "340000",
    "X-Request-Id": "KNOWN",
    "X-Forwarded-Ssl": "on",
    "X-Original-Url": "/metrics",
    "Front-End-Https": "on",
}


@pytest.mark.parametrize("through", ["nginx", "gunicorn"])
def test_forged_headers_change_nothing(server, direct, visit, through):
    """Fault 24."""
    eve = visit("Eve", at=server if through == "nginx" else direct)
    code = eve.opens_room()
    for path in ("/metrics", "/readyz"):  # for this machine's own address alone
        assert eve.ask("GET", path, headers=FORGED)[0] == 404
    _, headers, _ = eve.post("/enter", headers=FORGED, name="Eve")
    assert headers["Set-Cookie"].startswith("vroum=") and "Secure" not in headers["Set-Cookie"]
    _, _, page = eve.ask("GET", f"/{code}", headers=FORGED)
    assert "evil" not in page and f"{eve.server.url}/{code}" in page
    said = eve.server.log.read_text()
    assert "KNOWN" not in said


def test_a_forged_host_is_on_nobody_elses_page(server, ann, bob, code):
    """Fault 24."""
    line, _ = hold(ann, f"/{code}/live")
    bob.ask("GET", f"/{code}", headers={"Host": "evil.example"})
    bob.does(f"/{code}/join")
    assert b"evil" not in read_until(line, b"Bob")
    line.close()
    assert "evil" not in ann.ask("GET", f"/{code}")[2]


@pytest.mark.parametrize(
    "next", ["//evil.example", "https:evil", "\tjavascript:x", "/\\evil", "x\r\nA: b"]
)
def test_nobody_is_sent_off_the_site(visit, next):
    """Fault 25."""
    status, headers, _ = visit("Ann").post("/enter", name="Ann", next=next)
    assert status == 303 and headers["Location"] == "/" and "A" not in headers
    body = json.dumps({"name": "Ann", "next": next})
    status, headers, _ = visit("Ann").ask(
        "POST", "/enter", body, {"Content-Type": "application/json"}
    )
    assert headers["Location"] == "/"
