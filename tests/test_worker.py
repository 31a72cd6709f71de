"""The worker, live: real gunicorn with the project's settings, around a small app made here."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

APP = """
import os
import gevent
from flask import Flask, Response, request
from gevent.event import Event

class Hub:
    def __init__(self):
        self.closed = Event()
    def close(self):
        self.closed.set()

class Parked(BaseException):
    parked = True

class Parking:  # sends one line by the server, takes the connection and writes one more to it
    def __init__(self, environ):
        self.environ, self.sent = environ, False
    def __iter__(self):
        return self
    def __next__(self):
        if not self.sent:
            self.sent = True
            return b"by the server\\n"
        fd = self.environ["gunicorn.socket"].detach()
        def later():
            os.write(fd, b"6\\r\\nours\\r\\n\\r\\n0\\r\\n\\r\\n")
            os.close(fd)
        gevent.spawn_later(0.2, later)
        raise Parked
    def close(self):
        pass

app = Flask(__name__)
hub = app.extensions["hub"] = Hub()

@app.get("/")
def home():
    return "first edition"

@app.get("/live")
def live():
    def stream():
        yield f"{os.getpid()}\\n"
        hub.closed.wait()
        yield "bye\\n"
    return Response(stream())

@app.get("/parked")
def parked():
    assert request.environ["vroum.parks"]
    return Response(Parking(request.environ), direct_passthrough=True)
"""


class Server:
    """gunicorn as the operator starts it, on a free port."""

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.joinpath("wsgi.py").write_text(APP)
        command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py")]
        given = {"HOST": "127.0.0.1", "PORT": "0", "WEB_CONCURRENCY": "1", **settings}
        env = {name: value for name, value in os.environ.items() if name != "MYAPP_BIND"} | given
        self.folder = folder
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "wsgi:app"], cwd=folder, env=env, stdout=log, stderr=log
            )
        self.port = int(self.wait_for_log(r"Listening at: http://127\.0\.0\.1:(\d+)"))

    def wait_for_log(self, pattern: str) -> str:
        def found() -> str | None:
            match = re.search(pattern, self.log.read_text())
            return match and match[1]

        return eventually(found)

    def get(self, path: str) -> http.client.HTTPResponse:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        line.request("GET", path, headers={"Connection": "close"})
        return line.getresponse()

    def watch(self) -> tuple[http.client.HTTPResponse, int]:
        """An open stream, and the process id of the worker that serves it."""
        stream = self.get("/live")
        return stream, int(stream.readline())

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def eventually(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if (seen := look()) is not None:
            return seen
        time.sleep(0.02)
    raise AssertionError("waited 20 s for something that did not happen")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


def read_to_the_end(streams: list[http.client.HTTPResponse]) -> float:
    """Seconds until all have said goodbye and ended whole (a cut one raises IncompleteRead)."""
    start = time.monotonic()
    for stream in streams:
        assert stream.read() == b"bye\n"
        stream.close()
    return time.monotonic() - start


def cpu_seconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def test_a_server_that_is_stopped_while_it_starts_is_gone_at_once(tmp_path: Path) -> None:
    for n in range(6):  # each at another moment, by chance
        folder = tmp_path / str(n)
        folder.mkdir()
        server = Server(folder)
        server.wait_for_log("(Booting worker)")
        start = time.monotonic()
        server.process.terminate()
        server.process.wait(20)
        assert time.monotonic() - start < 2


def test_when_the_operator_reloads_every_stream_ends_and_new_ones_open_on_new_code(
    server: Server,
) -> None:
    streams, workers = zip(*[server.watch() for _ in range(20)], strict=True)
    server.folder.joinpath("wsgi.py").write_text(APP.replace("first", "second"))

    server.process.send_signal(signal.SIGHUP)

    assert read_to_the_end(list(streams)) < 2
    assert server.get("/").read() == b"second edition"
    stream, worker = server.watch()
    assert worker not in workers
    stream.close()


def test_when_the_operator_stops_the_server_every_stream_ends_and_the_server_is_gone(
    server: Server,
) -> None:
    streams = [server.watch()[0] for _ in range(20)]

    server.process.send_signal(signal.SIGTERM)

    assert read_to_the_end(streams) < 2
    assert server.process.wait(timeout=5) == 0


def test_when_one_worker_is_told_to_stop_its_streams_end_and_another_takes_its_place(
    server: Server,
) -> None:
    stream, worker = server.watch()

    os.kill(worker, signal.SIGTERM)

    assert read_to_the_end([stream]) < 2
    stream, other = server.watch()
    assert other != worker
    stream.close()


def test_a_worker_whose_master_was_killed_ends_by_itself(server: Server) -> None:
    stream, worker = server.watch()

    server.process.kill()

    with pytest.raises(http.client.IncompleteRead):  # cut, not left hanging
        stream.read()
    eventually(lambda: None if is_running(worker) else True)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_idle_worker_costs_next_to_nothing(server: Server) -> None:
    stream, worker = server.watch()
    watched = (worker, server.process.pid)

    before = sum(map(cpu_seconds, watched))
    time.sleep(6)
    used = sum(map(cpu_seconds, watched)) - before

    assert used < 0.1 * 6 / 60
    stream.close()


def test_while_developing_a_mistake_is_shown_in_the_page_until_it_is_mended(tmp_path: Path) -> None:
    server = Server(tmp_path, MYAPP_RELOAD="1")
    try:
        assert server.get("/").read() == b"first edition"
        wsgi = tmp_path / "wsgi.py"

        wsgi.write_text("import a_module_that_nobody_wrote")
        eventually(lambda: b"a_module_that_nobody_wrote" in server.get("/").read() or None)

        wsgi.write_text(APP.replace("first", "third"))
        eventually(lambda: server.get("/").read() == b"third edition" or None)
    finally:
        server.stop()


def test_the_server_lets_go_of_a_connection_and_has_kept_nothing_back(server: Server) -> None:
    """What parking a stream needs of gunicorn: environ["gunicorn.socket"] is the connection itself,
    bodies without a length are chunked, each piece is on the wire before the next is asked for,
    and an exception that is no Exception leaves the connection to us, without a last chunk."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as line:
        line.sendall(b"GET /parked HTTP/1.1\r\nHost: x\r\n\r\n")
        heard = b""
        while more := line.recv(4096):
            heard += more
    head, _, body = heard.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert body.lower() == b"e\r\nby the server\n\r\n6\r\nours\r\n\r\n0\r\n\r\n"
    assert "Traceback" not in server.log.read_text()
