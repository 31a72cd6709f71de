"""Input: whatever is sent, the answer is a plain no, and nothing has changed."""

import gzip
import json
import re
import secrets

import pytest

from tests.faults.lines import hold, read_until, say
from tests.live.crowd import document

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

CODES = [
    "..",
    "....",
    "%2e%2e",
    "KX%00P",
    "KXQP%00",
    "KXQP%0d%0aX",
    "KX%2fP",
    "KXQP%2f..%2fx",
    "..%5c..",
    "KXQPP",
    "AEIO",
    "%ff%ff%ff%ff",
    "KXQ%E2%84%AA",
    "KXQP.json",
    ".side",
    "x" * 5000,
]


@pytest.fixture
def no(ann, code, server):
    """`no(400, "lock", body, headers)`: Ann posts, this is the status, the room is as before."""

    def refused(status, path, body=b"", headers=FORM):
        before = document(server.file(code))
        answer = ann.ask("POST", f"/{code}/{path}", body, headers)
        assert answer[0] == status, answer
        assert document(server.file(code)) == before
        return answer[2]

    return refused


@pytest.mark.parametrize("code", CODES, ids=lambda code: code[:16])
def test_what_is_no_code_is_not_found_and_no_file_is_touched(server, ann, code):
    """Fault 1."""
    before = sorted(server.data.rglob("*"))
    for path in ("", "/live", "/qr.svg", "/join", "/play/buzz"):
        method = "POST" if path in ("/join", "/play/buzz") else "GET"
        status, _, text = ann.ask(method, f"/{code}{path}", headers=FORM)
        assert status in (400, 404, 405, 414) and "Traceback" not in text
    new = {path.name for path in server.data.rglob("*")} - {path.name for path in before}
    assert not [name for name in new if not re.fullmatch(r"[A-Za-z0-9_.-]+", name)]
    assert not [name for name in new if "KXQ" in name or "AEIO" in name]


@pytest.mark.parametrize(
    "sign", ["\r", "\n", "\r\n", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\0"]
)
def test_a_line_break_in_a_name_makes_no_line_in_a_stream(visit, ann, code, sign):
    """Fault 2."""
    name = f"E{sign}event: x"
    eve = visit("Eve")
    status, headers, _ = eve.ask("POST", "/enter", json.dumps({"name": name}), JSON)
    assert status in (303, 400)
    if status == 303:  # a space was meant
        eve.headers["Cookie"] = headers["Set-Cookie"].split(";")[0]
    eve.post(f"/{code}/join")
    line, _ = hold(ann, f"/{code}/live")
    heard = read_until(line, b'id="host"')
    line.close()
    kinds = set(re.findall(rb"(?m)^event: (.*)$", heard))
    assert kinds <= {b"datastar-patch-elements", b"datastar-patch-signals"}
    assert sign == "\r\n" or sign == "\n" or sign.encode() not in heard.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "name", ["<img src=x>", "{{7777*7777}}", '"><b data-init=x', "${x}", "<!--"]
)
def test_a_name_is_text_on_every_page(visit, code, name):
    """Fault 3."""
    eve = visit(name)
    eve.does(f"/{code}/join")
    for path in (f"/{code}", f"/{code}?view=screen", f"/{code}?view=obs", "/"):
        _, _, page = eve.ask("GET", path)
        assert "<img src=x" not in page and "60481729" not in re.sub(r"[0-9a-f]{8,}", "", page)
        assert "<b data-init" not in page and "<!--" not in page


@pytest.mark.parametrize(
    "name", ["\\ud800", "a\\udfff", "An\\u202en", "\\u200b\\u200b", "\\u2800", "", " ", "\\u3164"]
)
def test_a_name_that_nobody_could_read_is_refused(visit, name):
    """Fault 4."""
    status, headers, text = visit("Eve").ask("POST", "/enter", f'{{"name":"{name}"}}', JSON)
    assert status == 400 and "Set-Cookie" not in headers and "<p" in text


@pytest.mark.parametrize(
    "body", ["[" * 5000, '{"a":' * 2000 + "1" + "}" * 2000, '{"act":' + "[" * 4000]
)
def test_towers_of_brackets_fall(no, body):
    """Fault 5."""
    no(400, "lock", body, JSON)
    no(400, "play/buzz", body, JSON)


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 10_000]
)
def test_a_number_that_is_none_is_refused(no, number):
    """Fault 6."""
    no(400, "play/buzz", f'{{"round":{number}}}', JSON)
    no(400, "play/buzz", f'{{"round":0,"reaction":{number}}}', JSON)


def test_seventeen_kilobytes_are_too_much_with_a_length_and_in_chunks(no, ann, code, server):
    """Fault 7."""
    no(413, "lock", "a" * 17_000)
    chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    head = f"POST /{code}/lock HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    status, _ = say(server, head + chunk * 2 + b"0\r\n\r\n", ann.address)
    assert status == 413


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/json", "application/xml", "image/png", "x", "/"]
)
def test_json_under_another_name_is_not_read(no, kind):
    """Fault 8."""
    no(415, "lock", "{}", {"Content-Type": kind})


@pytest.mark.parametrize(
    "body", ["null", "[]", "1", '"x"', "true", "", "{", '{"act":1}', '{"act":[]}']
)
def test_what_is_no_object_or_has_other_types_is_refused(no, body):
    """Fault 9."""
    no(400, "lock", body, JSON)


@pytest.mark.parametrize("round", [-1, -(10**30), 1.5, "one", None, [], {}, "-inf", "nan", True])
def test_a_round_that_is_no_round_is_refused(no, round):
    """Fault 10."""
    assert "does not make sense" in no(400, "play/buzz", json.dumps({"round": round}), JSON)


@pytest.mark.parametrize("verb", ["frob", "tick", "play", "START", "start/", "play/a/b", ".."])
def test_there_are_no_other_verbs(no, verb):
    """Fault 11."""
    no(404, verb)
    no(400, "%00")


@pytest.mark.parametrize(
    "move", ["nothing", "__init__", "on_start", "arm", "dump", "phase", "x" * 3000]
)
def test_there_are_no_other_moves(no, move):
    """Fault 11."""
    assert "no such move" in no(400, f"play/{move}")


@pytest.mark.parametrize(
    "method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "CONNECT", "get"]
)
def test_other_methods_are_refused(ann, code, server, method):
    """Fault 12."""
    before = document(server.file(code))
    for path in ("/", f"/{code}", f"/{code}/lock", "/enter"):
        status, _, _ = ann.ask(method, path, headers=FORM)
        assert status in ((405,) if method != "get" and method != "CONNECT" else (405, 400))
    assert document(server.file(code)) == before


def test_a_query_of_nine_kilobytes_is_too_long(ann, code):
    """Fault 13."""
    assert ann.ask("GET", f"/{code}/live?datastar=" + "a" * 9000)[0] == 414


@pytest.mark.parametrize("kind", [JSON, FORM], ids=["json", "form"])
def test_a_packed_body_is_not_unpacked_and_not_taken_for_an_empty_one(no, kind):
    """Fault 14."""
    before = {"act": secrets.token_hex(12)}
    body = gzip.compress(json.dumps(before).encode())
    assert no(415, "lock", body, {**kind, "Content-Encoding": "gzip"})


@pytest.mark.parametrize("verb", ["robot", "lock", "leave"])
def test_an_action_that_comes_twice_is_done_once_and_answered_alike(ann, code, server, verb):
    """Fault 15."""
    body, seen = json.dumps({"act": "a" * 24}), []
    for _ in range(2):
        status, headers, text = ann.ask("POST", f"/{code}/{verb}", body, JSON)
        seen.append((status, headers.get("Location"), text, document(server.file(code))))
    assert seen[0] == seen[1] and seen[0][0] == 303
