"""A restart loses nobody while somebody else keeps the socket open, as systemd does."""

import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, free_port, wait_for
from tests.deploy.machine import Door, Nginx
from tests.live.crowd import Visitor
from tests.live.test_reload import Clicker, phones

GUNICORN = ["-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py"), "wsgi:app"]


class Activated:
    """nginx, and gunicorn on a socket that it did not open."""

    def __init__(self, folder):
        self.folder, self.port, self.data = folder, free_port(), folder / "data"
        for name in ("deploy", "static", "nginx.conf"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "run").mkdir()
        (folder / "run/listen.conf").write_text(f"listen 127.0.0.1:{self.port};\n")
        self.door = Door(folder / "run/vroum.sock", 4096, 0o660)
        text = (ROOT / "nginx.conf").read_text()
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").unlink()
        (folder / "nginx.conf").write_text(f"{user}\n{text}")
        self.nginx = Nginx(folder, folder / "nginx.conf")
        self.start()
        self.nginx.reload()
        wait_for(lambda: (folder / "run/nginx.pid").exists())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def file(self, code):
        return self.data / "rooms" / f"{code}.json"

    def start(self):
        own = {"MYAPP_STORE_URL": f"tinydb:{self.data}", "WEB_CONCURRENCY": "2"}
        own |= {"PYTHONPATH": str(ROOT), "TMPDIR": str(self.folder)}
        command = [sys.executable, *GUNICORN]
        self.door.start(command, self.folder, {**os.environ, **own}, self.folder / "log")

    def restart(self):
        self.door.stop()
        self.start()


@pytest.fixture
def server():
    with tempfile.TemporaryDirectory(prefix="vroum-") as folder:
        server = Activated(Path(folder))
        yield server
        server.nginx.stop()
        server.door.close()
        assert "Traceback" not in (server.folder / "log").read_text()


def test_a_restart_under_many_pages_refuses_none_of_them_and_loses_no_click(server, crowd, counts):
    pupils = phones(server, Visitor, [f"Pupil {n}" for n in range(counts(60, 500))])
    codes = []
    for n, pupil in enumerate(pupils):
        if n % 25 == 0:
            codes.append(pupil.opens_room())
        else:
            pupil.does(f"/{codes[-1]}/join")
        crowd.opens(pupil, f"/{codes[-1]}")
    clickers = phones(server, Clicker, ["Ann", "Bob", "Cleo", "Dan"])
    for clicker, code in zip(clickers, itertools.cycle(codes)):
        clicker.does(f"/{code}/join")
        clicker.begin(code)
    wait_for(lambda: all(page.live for page in crowd.pages))

    for _ in range(counts(1, 3)):
        seen = {page: len(page.wholes) for page in crowd.pages}
        start = time.monotonic()
        server.restart()
        wait_for(lambda seen=seen: all(p.live and len(p.wholes) > n for p, n in seen.items()))
        print(f"{len(seen)} pages live again {time.monotonic() - start:.2f} s after the restart")
    for clicker in clickers:
        clicker.stop()

    assert not [page.refusals for page in crowd.pages if page.refusals or page.cuts]
    assert not [clicker.mistakes for clicker in clickers if clicker.mistakes]
    log = (server.folder / "run/access.log").read_text()
    assert not [line for line in log.splitlines() if " 50" in line.split(" ", 4)[4][:5]]
