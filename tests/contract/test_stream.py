"""What every stream does, whichever way the server sends it: parked or not, packed or plain."""

import json
import os
import re
import secrets
import signal
import socket
import time
import zlib

import pytest

from myapp.stream import BEAT
from myapp.views.drawing import PARTS
from tests.conftest import Served, wait_for
from tests.faults.lines import gauge
from tests.live.crowd import Visitor, document, edit

WAYS = [
    pytest.param(version, packed, id=f"{way}, {'packed' if packed else 'plain'}")
    for version, way in (("1.1", "parked"), ("1.0", "by the server"))
    for packed in (False, True)
]


class Line:
    """A stream as it comes, read as a browser does: each event as soon as its bytes are there."""

    def __init__(self, visitor, path, version, packed, tab="", buffer=0):
        tab = tab or secrets.token_hex(8)
        self.said, self.whole, self.raw = b"", False, b""
        self.version, self.packed = version, packed
        self._unpack = zlib.decompressobj(31) if packed else None
        self.socket = socket.socket()
        self.socket.settimeout(10)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect(("127.0.0.1", visitor.server.port))
        mark = "&" if "?" in path else "?"
        self.socket.sendall(
            f"GET {path}{mark}datastar=%7B%22tab%22%3A%22{tab}%22%7D HTTP/{version}\r\n"
            f"Host: x\r\nCookie: {visitor.headers['Cookie']}\r\nDatastar-Request: true\r\n"
            f"{'Accept-Encoding: gzip' if packed else 'X: y'}\r\n\r\n".encode()
        )
        self._in = self.socket.makefile("rb")
        assert b" 200 " in self._in.readline()
        self.headers = dict(
            line.split(b": ", 1) for line in iter(lambda: self._in.readline().strip(), b"")
        )

    def read(self, seconds=10.0):
        """What comes next; b"" at the end of the stream."""
        self.socket.settimeout(seconds)
        if self.version == "1.0":
            data = self._in.read1(65536)
            self.whole = not data
        else:
            size = self._in.readline()
            data = self._in.read(int(size, 16)) if size else b""
            assert not size or self._in.read(2) == b"\r\n"
            self.whole = bool(size) and not data
        self.raw += data
        news = self._unpack.decompress(data) if self._unpack else data
        self.said += news
        return data

    def until(self, *words):
        """Read until all of these have come; what came since the last time."""
        end = time.monotonic() + 15
        while not all(word.encode() in self.said for word in words):
            assert time.monotonic() < end, f"{words} did not come: {self.said[-300:]!r}"
            assert self.read(), f"the stream ended without {words}: {self.said[-300:]!r}"
        said, self.said = self.said, b""
        return said

    def close(self):
        self._in.close()
        self.socket.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()
    server.kept_quiet()


@pytest.fixture
def ann(server):
    return Visitor(server, "Ann")


@pytest.fixture
def bob(server):
    return Visitor(server, "Bob")


@pytest.fixture
def code(ann):
    return ann.opens_room()


@pytest.fixture(params=[way.values for way in WAYS], ids=[way.id for way in WAYS])
def opens(request, server):
    """`opens(visitor, path)` opens a stream in one of the ways; all close with the test."""
    version, packed = request.param
    lines = []

    def open_line(visitor, path, **how):
        lines.append(Line(visitor, path, version, packed, **how))
        return lines[-1]

    yield open_line
    for line in lines:
        line.close()
    wait_for(lambda: gauge(server, "vroum_streams") == 0)


def test_it_shows_all_at_first_and_then_what_changes(opens, ann, bob, code):
    hers, his = opens(ann, f"/{code}/live"), opens(bob, f"/{code}/live")
    assert (b"Content-Encoding" in hers.headers) is hers.packed
    for line in (hers, his):
        whole = line.until('<div id="host"')
        parts = [part.encode() for part in (*PARTS, "me", "host")]
        assert re.findall(rb'elements <\w+ id="(%b)"' % b"|".join(parts), whole) == parts
    ann.does(f"/{code}/public")
    assert b"Make private" in hers.until('id="people"', "Make private")
    assert b'id="host"' not in his.until('id="people"')
    ann.does(f"/{code}/lock")
    assert b"This room is locked" in his.until('id="me"')


def test_each_event_can_be_read_as_soon_as_it_has_come(opens, ann, code):
    line = opens(ann, f"/{code}/live?view=screen")
    line.until('<div id="people"')
    for verb in ("public", "lock", "private", "unlock") * 2:
        ann.does(f"/{code}/{verb}")
        assert line.until('<div id="people"').endswith(b"\n\n")


def test_ten_changes_at_once_are_few_frames_and_end_in_what_is_so(opens, ann, code, server):
    lines = [opens(ann, f"/{code}/live?view=screen") for _ in range(3)]
    for line in lines:
        line.until('<div id="people"')
    for n in range(10):
        edit(server.file(code), lambda doc, n=n: doc["people"][0].update(name=f"Ann{n}."))
    for line in lines:
        assert line.until("Ann9.").count(b'<div id="people"') <= 10


def test_pages_that_see_different_things_get_their_own(opens, ann, bob, code):
    lines = {view: opens(bob, f"/{code}/live?view={view}") for view in ("screen", "obs")}
    lines["page"] = opens(ann, f"/{code}/live")
    for view, line in lines.items():
        line.until('<div id="people"', 'id="host"' if view == "page" else "")
    ann.does(f"/{code}/lock")
    assert b"locked" in lines["page"].until('id="people"', 'id="host"')
    for view in ("screen", "obs"):
        assert b"Ann" not in lines[view].until('<div id="people">')


def test_a_page_that_has_gone_is_gone_at_once(opens, ann, code, server):
    line = opens(ann, f"/{code}/live")
    line.until('<div id="host"')
    assert gauge(server, "vroum_streams") == 1
    line.close()
    wait_for(lambda: gauge(server, "vroum_streams") == 0, 1)


def test_a_newer_stream_of_the_same_tab_takes_its_place(opens, ann, code):
    tab = secrets.token_hex(8)
    line = opens(ann, f"/{code}/live", tab=tab)
    line.until('<div id="host"')
    newer = opens(ann, f"/{code}/live", tab=tab)
    while line.read():
        pass
    assert line.whole
    newer.until('<div id="host"')
    lines = [opens(ann, f"/{code}/live") for _ in range(3)]
    newer.until("_elsewhere")
    while newer.read():
        pass
    assert newer.whole
    lines[0].until('<div id="host"')


def test_one_that_does_not_read_delays_nobody_and_then_sees_the_newest(opens, ann, code, server):
    slow = opens(ann, f"/{code}/live?view=screen", buffer=4096)
    quick = opens(ann, f"/{code}/live?view=screen")
    for line in (slow, quick):
        line.until('<div id="people"')

    def crowded(doc, n):
        doc["people"] = doc["people"][:1] + [
            {"key": f"p{k}", "id": f"id{k}", "name": f"{n} {k} {os.urandom(8).hex()}"}
            for k in range(2, 200)
        ]

    for n in range(60):
        edit(server.file(code), lambda doc, n=n: crowded(doc, f"round{n}"))
        start = time.monotonic()
        quick.until(f"round{n} 199")
        assert time.monotonic() - start < 2
    seen = slow.until("round59 199")
    rounds = [int(n) for n in re.findall(rb"round(\d+) 199", seen)]
    assert rounds == sorted(rounds)
    assert slow.packed or len(rounds) < 60, "it was sent what nobody wants any more"
    ann.does(f"/{code}/public")
    for line in (slow, quick):
        line.until("public")


def test_who_comes_to_a_crowd_that_is_sent_one_part_again_and_again_is_soon_in_step(server, ann):
    code = ann.opens_room("arena")
    lines = [Line(ann, f"/{code}/live?view=screen", "1.1", packed=True) for _ in range(12)]
    for n in range(5):
        ann.does(f"/{code}/play/keys", n=n + 1, keys=(2, 8)[n % 2])
        if n == 2:
            lines.append(Line(ann, f"/{code}/live?view=screen", "1.1", packed=True))
        for line in lines:
            sizes = [len(line.read()) for _ in range(9)]
            if n in (1, 4):
                assert sorted(sizes)[4] < 120  # in step: a whole one has 400 bytes
    at = [[*map(int, re.findall(rb'at="(\d+)"', line.said))] for line in lines]
    assert all(seen == sorted(seen) and {*at[-1]} <= {*seen} for seen in at)
    for line in lines:
        line.close()


def test_when_all_is_quiet_it_beats_in_time(server, ann, code):
    lines = [Line(ann, f"/{code}/live?view=screen", *way.values) for way in WAYS]
    for line in lines:
        line.until('<div id="people"')
    start = time.monotonic()
    for line in lines:
        while b'"_beat":1' not in line.said:
            assert line.read(BEAT + 1)  # that Ann is away comes first
    assert time.monotonic() - start > BEAT / 2
    ann.does(f"/{code}/public")
    for line in lines:
        line.until("public")
        line.close()


def test_it_ends_whole_when_the_server_reloads(opens, ann, code, server):
    lines = [opens(ann, f"/{code}/live?view=screen") for _ in range(5)]
    for line in lines:
        line.until('<div id="people"')
    os.kill(server.master, signal.SIGHUP)
    start = time.monotonic()
    for line in lines:
        while line.read():
            pass
        assert line.whole
    assert time.monotonic() - start < 2
    wait_for(server.answers)


def test_through_nginx_a_packed_stream_comes_as_it_is_and_event_by_event(tmp_path):
    server = Served(tmp_path, nginx=True)
    try:
        ann = Visitor(server, "Ann")
        code = ann.opens_room()
        line = Line(ann, f"/{code}/live", "1.1", packed=True)
        assert line.headers[b"Content-Encoding"] == b"gzip"
        line.until('<div id="people"', 'id="host"')
        for verb in ("public", "lock", "private", "unlock") * 2:
            ann.does(f"/{code}/{verb}")
            line.until('<div id="people"')
            assert line.said == b""
        line.close()
    finally:
        server.stop()
    server.kept_quiet()


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_bad_network_made_by_the_operator_reaches_an_open_page_and_ends(
    server, ann, code, version
):
    line = Line(ann, f"/{code}/live", version, packed=version == "1.1")
    line.until('id="host"')
    id = document(server.file(code))["people"][0]["id"]
    folder = server.data / "weather"
    wait_for(folder.exists)
    (folder / "0123456789abcdef.json").write_text(
        json.dumps({"_default": {"1": {"player": id, "lag": 700, "jitter": 0, "drop": 0}}})
    )
    time.sleep(0.3)
    start = time.monotonic()
    ann.does(f"/{code}/public")
    line.until("Make private")
    assert 0.6 < time.monotonic() - start < 5
    (folder / "0123456789abcdef.json").unlink()
    time.sleep(0.3)
    ann.does(f"/{code}/private")
    line.until("Make public")
    start = time.monotonic()
    ann.does(f"/{code}/public")
    line.until("Make private")
    assert time.monotonic() - start < 0.6
    line.close()
