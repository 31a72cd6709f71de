"""A restart loses nobody while somebody else keeps the socket open, as systemd does."""

import itertools
import threading
import time

import pytest

from tests.conftest import wait_for
from tests.deploy.activated import Activated
from tests.live.crowd import DONE, Visitor


@pytest.fixture
def server(short_folder):
    server = Activated(short_folder)
    yield server
    server.close()
    assert "Traceback" not in (server.folder / "log").read_text()


class Clicker(Visitor):
    """Gives up the seat and takes it again, for ever; each answer must be a yes."""

    def begin(self, code):
        self.refusals, self.done, self.clicking = [], 0, True
        self.thread = threading.Thread(target=self.click, args=[code])
        self.thread.start()

    def click(self, code):
        for verb in itertools.cycle(["watch", "sit"]):
            if not self.clicking:
                return
            try:
                status, _, text = self.post(f"/{code}/{verb}")
            except OSError as lost:
                status, text = 0, repr(lost)
            if status != DONE:
                self.refusals.append(f"{verb}: {status} {text}")
            self.done += 1
            time.sleep(0.15)  # a person may click ten times a second, not more

    def end(self):
        self.clicking = False
        self.thread.join()


def test_a_restart_under_many_pages_refuses_none_of_them_and_loses_no_click(server, crowd, counts):
    pupils = [
        Visitor(server, f"Pupil {n}", f"127.1.{n // 250}.{n % 250 + 1}")
        for n in range(counts(60, 500))
    ]
    codes = []
    for n, pupil in enumerate(pupils):
        if n % 25 == 0:
            codes.append(pupil.opens_room())
        else:
            pupil.does(f"/{codes[-1]}/join")
        crowd.opens(pupil, f"/{codes[-1]}")
    clickers = [Clicker(server, name) for name in ("Ann", "Bob", "Cleo", "Dan")]
    for clicker in clickers:
        code = clicker.opens_room()
        clicker.begin(code)
    wait_for(lambda: all(page.live for page in crowd.pages))

    for _ in range(counts(1, 3)):
        seen = {page: len(page.wholes) for page in crowd.pages}
        start = time.monotonic()
        server.restart()
        wait_for(lambda seen=seen: all(p.live and len(p.wholes) > n for p, n in seen.items()))
        print(f"{len(seen)} pages live again {time.monotonic() - start:.2f} s after the restart")
    done = [clicker.done for clicker in clickers]
    wait_for(lambda: all(c.done > n + 1 for c, n in zip(clickers, done, strict=True)))
    for clicker in clickers:
        clicker.end()

    assert not [page.refusals for page in crowd.pages if page.refusals or page.cuts]
    assert not [clicker.refusals for clicker in clickers if clicker.refusals]
    log = (server.folder / "run/access.log").read_text().splitlines()
    assert len(log) > len(pupils)
    assert not [line for line in log if line.split()[4].startswith("5")]
