"""The operator reloads and stops a server that is full of people."""

import itertools
import os
import re
import secrets
import signal
import threading
import time

import pytest

from tests.conftest import ROOT, wait_for
from tests.live.crowd import DONE, Visitor, document

SETTINGS = (ROOT / "deploy/gunicorn.conf.py").read_text()
GRACE = float(re.search(r"^graceful_timeout = (\d+)", SETTINGS, re.MULTILINE)[1])
BACK = 2.0  # seconds after a reload until everybody's page lives again


class Clicker(Visitor):
    """Gives up the seat and takes it again; each answer must be a yes, and in the file."""

    def begin(self, code):
        self.id, self.done, self.mistakes, self.clicking = self.in_room(code)["id"], 0, [], True
        self.thread = threading.Thread(target=self._click, args=[code])
        self.thread.start()

    def stop(self):
        self.clicking = False
        self.thread.join()

    def _click(self, code):
        for path in itertools.cycle(["watch", "sit"]):
            if not self.clicking:
                return
            act = secrets.token_hex(12)
            try:
                status, _, text = self.post(f"/{code}/{path}", act=act)
            except Exception as lost:
                self.mistakes.append(f"{path}: {lost!r}")
                continue
            if status != DONE:
                self.mistakes.append(f"{path}: {status} {text}")
            elif act not in document(self.server.file(code))["acts"][self.id]:
                self.mistakes.append(f"{path} was acknowledged and is not in the file")
            else:
                self.done += 1
            time.sleep(0.1)  # nobody may do much more than ten things a second


def phones(server, kind, name, count):
    """So many people, each with a phone that has an address of its own."""
    return [
        kind(server, f"{name} {n}", f"127.{len(name)}.{n // 250}.{n % 250 + 1}")
        for n in range(count)
    ]


@pytest.mark.parametrize("size", [25, 250], ids=["in classes", "in big rooms"])
def test_a_reload_brings_every_page_back_within_two_seconds_and_loses_no_click(
    serve, crowd, counts, size
):
    server = serve(nginx=True, WEB_CONCURRENCY="2")
    pupils = phones(server, Visitor, "Pupil", counts(60, 500))
    codes = []
    for n, pupil in enumerate(pupils):
        if n % size == 0:
            codes.append(pupil.opens_room())
        pupil.does(f"/{codes[-1]}/join")
        crowd.opens(pupil, f"/{codes[-1]}")
    clickers = phones(server, Clicker, "Clicker", 6)
    code = clickers[0].opens_room()
    for clicker in clickers:
        clicker.does(f"/{code}/join")
        clicker.begin(code)
    wait_for(lambda: all(page.live for page in crowd.pages))
    wait_for(lambda: len({page.html["room"] for page in crowd.pages}) == len(codes), 60)
    for page in crowd.pages:
        page.wholes, page.ends = [0], []
    before, done = server.workers, [clicker.done for clicker in clickers]

    start = time.monotonic()
    os.kill(server.master, signal.SIGHUP)
    wait_for(lambda: all(page.ends and page.live for page in crowd.pages))
    back = [page.wholes[-1] - start for page in crowd.pages]
    wait_for(lambda: all(c.done > n + 5 for c, n in zip(clickers, done, strict=True)))
    for clicker in clickers:
        clicker.stop()

    print(f"{len(back)} pages: first back after {min(back):.2f} s, last after {max(back):.2f} s")
    assert max(back) < BACK
    assert not set(server.workers) & set(before)
    assert not [page.refusals for page in crowd.pages if page.refusals or page.cuts]
    assert not [clicker.mistakes for clicker in clickers if clicker.mistakes]


@pytest.mark.parametrize("nginx", [False, True], ids=["gunicorn", "behind nginx"])
def test_stopping_is_prompt_and_starting_again_brings_everybody_back_to_their_seats(
    serve, crowd, nginx
):
    server = serve(nginx=nginx, WEB_CONCURRENCY="2")
    everyone = [Visitor(server, name) for name in ("Ann", "Bob", "Cleo")]
    ann, bob, cleo = everyone
    code = ann.opens_room()
    bob.does(f"/{code}/join")
    cleo.does(f"/{code}/join")
    cleo.does(f"/{code}/watch")
    pages = [crowd.looks(visitor, f"/{code}") for visitor in everyone]
    home = crowd.looks(ann, "/")
    room, seats = pages[0].html["room"], document(server.file(code))["people"]

    start = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(20)
    took = time.monotonic() - start

    assert took < GRACE / 2, "it waited for the streams, or for something else"
    assert not server.everybody
    server.start()
    wait_for(lambda: all(page.live for page in [*pages, home]))
    assert document(server.file(code))["people"] == seats
    assert [page.html["room"] for page in pages] == [room] * 3
    ann.does(f"/{code}/start")
    wait_for(lambda: all("Wait for it" in page.reads() for page in pages))
    assert bob.post(f"/{code}/play/buzz", round=1)[0] == DONE
    assert cleo.post(f"/{code}/play/buzz", round=1)[0] == 403
