"""Logs: nothing that people type or carry stands in any log of nginx or gunicorn."""

import json
from urllib.parse import quote, urlencode

import pytest

from tests.faults.lines import hold, read_until, say
from tests.faults.trap import trap

NAME = "Zanzibarina"
SIGNAL = "plantedsignalvalue"
PASSWORD = "correct-horse-battery-9"


def logs(server):
    """Everything that nginx, gunicorn and the app wrote, or may have kept beside it."""
    found = [server.log, *(path for path in (server.folder / "run").rglob("*") if path.is_file())]
    return [path for path in found if path.suffix not in (".pid", ".conf")]


def grep(server, words):
    """Which of these words stand in which log, whatever their case."""
    found = set()
    for path in logs(server):
        said = path.read_bytes().lower()
        found |= {(path.name, word) for word in words if word.lower().encode() in said}
    return found


@pytest.fixture(scope="module")
def planted(start_server):
    return start_server(nginx=True)


def send_all(server, person, code, cookie):
    """Put each of the words wherever a request has room for it."""
    words = [NAME, SIGNAL, PASSWORD, code, code.lower(), cookie]
    json_ = {"Content-Type": "application/json"}
    for word in words:
        fields = {
            "name": word,
            "code": word,
            "password": word,
            "act": word[:60],
            "next": f"/{word}",
        }
        for path in (
            "/enter",
            "/join",
            "/rooms",
            "/sign-up",
            "/log-in",
            f"/{code}/join",
            f"/{code}/lock",
            f"/{code}/play/buzz",
        ):
            person.post(path, **fields)
            person.ask("POST", path, json.dumps(fields), json_)
            person.ask("POST", path, json.dumps(fields)[:-3], json_)
            person.ask("POST", path, word, {"Content-Type": "text/plain"})
        odd = {
            "Referer": f"http://x/{word}",
            "User-Agent": word,
            "X-Forwarded-For": word,
            "X-Request-Id": word,
            "Cookie": f"vroum={word}",
            "Authorization": f"Basic {word}",
            "Origin": f"http://{word}",
            "Host": word,
        }
        for name, value in odd.items():
            person.ask("GET", f"/{code}", headers={name: value})
            person.ask("POST", f"/{code}/lock", headers={name: value})
        signals = urlencode({"datastar": json.dumps({"tab": word, "_secret": word}), "key": word})
        for path in (
            "/",
            "/live",
            f"/{code}",
            f"/{code}/live",
            f"/{code}/qr.svg",
            "/nothing",
            "/static/x",
        ):
            answer = person.ask("HEAD", f"{path}?{signals}&{word}")
            assert answer[0] < 500
        person.ask("GET", f"/{code}/live?datastar={word}" + "a" * 9000)
        person.ask("GET", f"/live?{word}%")
        say(server, f"GET /?{word} HTTP/1.1\r\n\r\n".encode())
        say(server, f"GET /{code}?{word}\0 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        say(
            server,
            f"POST /enter HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n{word}".encode(),
        )
    for address in (
        f"/{code}/",
        f"//{code}",
        f"/{code}.",
        f"/{code})",
        f"/{code},",
        f"/{code}%0a",
        f"/{code}/x/y",
        f"/{code.lower()}",
        f"/{code}/live/",
        f"/./{code}",
        f"/static/../{code}",
        f"/{quote(code)}%20",
        f"/%{ord(code[0]):x}{code[1:]}",
        f"/{code}/play/{code}",
        f"/{code}x",
        f"/join/{code}",
        f"/room/{code}",
        f"/{NAME}",
        f"/{code}/{NAME}",
        f"/{code}/play/{SIGNAL}",
    ):
        person.ask("GET", address)
        person.ask("POST", address)


def test_no_log_holds_a_name_a_signal_a_cookie_a_code_or_a_password(planted, visit, tmp_path):
    ann = visit(NAME, at=planted)
    code = ann.opens_room()
    cookie = ann.headers["Cookie"].partition("=")[2]
    line, _ = hold(ann, f"/{code}/live", tab=SIGNAL)
    read_until(line, b'id="host"')
    send_all(planted, ann, code, cookie)
    line.close()
    assert planted.ask("GET", "/healthz")[0] == 200  # and what was said before has been written
    words = [NAME, SIGNAL, PASSWORD, f"/{code}", f"/{code.lower()}", cookie, cookie[:40]]
    assert grep(planted, words) == set()
    access = (planted.folder / "run/access.log").read_text()
    assert access.count(" POST ") > 50 and "/<room>" in access


def test_when_gunicorn_is_away_nginx_keeps_the_same_secrets(start_server, visit):
    server = start_server(nginx=True)
    ann = visit(NAME, at=server)
    code = ann.opens_room()
    socket = server.folder / "run/vroum.sock"
    socket.rename(socket.with_name("away"))
    for path in (f"/{code}?key={PASSWORD}", f"/{code}/live?datastar={SIGNAL}"):
        status, headers, _ = ann.ask("GET", path)
        assert status == 503 and headers["Retry-After"]
    assert ann.post(f"/{code}/lock", name=NAME)[0] == 503
    socket.with_name("away").rename(socket)
    assert grep(server, [NAME, SIGNAL, PASSWORD, f"/{code}"]) == set()


def test_when_the_disk_fails_the_log_says_so_and_still_no_rooms_code(planted, visit, tmp_path):
    ann = visit(NAME, at=planted)
    code = ann.opens_room()
    with trap(planted, tmp_path, "fsync", "EIO"):
        assert ann.post(f"/{code}/lock")[0] == 503
    assert "the disk is failing" in planted.log.read_text()
    assert grep(planted, [f"/{code}", f"-{code}"]) == set()


def test_the_grep_finds_what_is_there(planted):
    """Else the tests above would prove nothing."""
    assert {path.name for path in logs(planted)} >= {"log", "access.log", "error.log"}
    for number, path in enumerate([planted.log, planted.folder / "run/access.log"]):
        with path.open("a") as log:
            log.write(f"a line with PLANTED-on-purpose-{number} in it\n")
        assert grep(planted, [f"planted-on-PURPOSE-{number}"]) == {
            (path.name, f"planted-on-PURPOSE-{number}")
        }
    assert grep(planted, ["nobody ever wrote this"]) == set()
