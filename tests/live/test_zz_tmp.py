"""The operator reloads and stops a server that is full of people."""

import itertools
import os
import runpy
import secrets
import signal
import threading
import time

from tests.conftest import ROOT, wait_for
from tests.live.crowd import DONE, Visitor, document

CLASS = 100
BACK = 2.0  # seconds after a reload until everybody's page lives again


class Clicker(Visitor):
    """Gives up the seat and takes it again, for ever; each answer must be a yes, and in the file."""

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
            self.done += 1
            time.sleep(0.02)  # nginx lets nobody click more than 50 times a second


def phones(server, cls, names):
    """Somebody of each name, each with an address of their own."""
    return [cls(server, name, f"127.1.{n // 250}.{n % 250 + 1}") for n, name in enumerate(names)]


def test_a_reload_brings_every_page_back_within_two_seconds_and_loses_no_click(
    serve, crowd, counts
):
    server = serve(nginx=True, WEB_CONCURRENCY="2")
    pupils = phones(server, Visitor, [f"Pupil {n}" for n in range(counts(60, 500))])
    codes = []
    for n, pupil in enumerate(pupils):
        if n % CLASS == 0:
            codes.append(pupil.opens_room())
        else:
            pupil.does(f"/{codes[-1]}/join")
        crowd.opens(pupil, f"/{codes[-1]}")
    clickers = phones(server, Clicker, ["Ann", "Bob", "Cleo", "Dan"])
    for clicker, code in zip(clickers, itertools.cycle(codes)):
        clicker.does(f"/{code}/join")
        clicker.begin(code)
    wait_for(lambda: all(page.live for page in crowd.pages))
    for page in crowd.pages:
        page.wholes, page.ends = [0], []
    before, done = server.workers, [clicker.done for clicker in clickers]

    start = time.monotonic()
    os.kill(server.master, signal.SIGHUP)
    wait_for(lambda: all(page.ends and page.live for page in crowd.pages))
    back = [page.wholes[-1] - start for page in crowd.pages]
    wait_for(lambda: all(c.done > n + 10 for c, n in zip(clickers, done, strict=True)))
    for clicker in clickers:
        clicker.stop()

    print(f"{len(back)} pages: first back after {min(back):.2f} s, last after {max(back):.2f} s")
    print("ends", *[round(min(page.ends[0] for page in crowd.pages)-start,2), round(max(page.ends[0] for page in crowd.pages)-start,2)], sum(c.done for c in clickers)-sum(done))
    print(max(len(page.ends) for page in crowd.pages), sum(p.cuts for p in crowd.pages))
    assert max(back) < BACK
    assert not set(server.workers) & set(before)
    assert not [page.refusals for page in crowd.pages if page.refusals or page.cuts]
    assert not [clicker.mistakes for clicker in clickers if clicker.mistakes]
