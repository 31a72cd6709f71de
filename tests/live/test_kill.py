"""Processes die while people press: what was acknowledged is in the file, every file is whole."""

import http.client
import itertools
import os
import random
import secrets
import signal
import threading
import time

from tinydb import TinyDB

from tests.conftest import wait_for
from tests.live.crowd import DONE, Visitor, document

HASTY = 429
REMEMBERED = 6  # action ids that a room keeps for each player


class Presser(Visitor):
    """Buzzes, gives up the seat, takes it again, and so on; repeats what nobody answered.

    Each of these changes something, so the room remembers its action id.
    """

    def __init__(self, server, name):
        super().__init__(server, name)
        self.acknowledged, self.buzzes, self.mistakes = [], 0, []
        self.open = None  # what was sent and not answered yet: (path, action id, fields)
        self.paths = itertools.cycle(["play/buzz", "watch", "sit"])

    def begin(self, code):
        self.code, self.file, self.pressing = code, self.server.file(code), True
        self.id = self.in_room(code)["id"]
        self.acknowledged = self.acknowledged or self.remembered
        self.thread = threading.Thread(target=self._press)
        self.thread.start()

    def stop(self):
        self.pressing = False
        self.thread.join()

    @property
    def remembered(self):
        """The action ids in the file."""
        return document(self.file)["acts"].get(self.id, [])

    @property
    def lost(self):
        """Whether the file knows less than what was acknowledged, or more than was sent."""
        known = [self.acknowledged]
        if self.open:
            known.append([*self.acknowledged, self.open[1]])
        return self.remembered not in [acts[-REMEMBERED:] for acts in known]

    def _press(self):
        while self.pressing:
            self.open = self.open or self._next()
            path, act, fields = self.open
            try:
                status, _, text = self.post(f"/{self.code}/{path}", act=act, **fields)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)  # no answer, or half of one: the same again
                continue
            if status == HASTY:
                time.sleep(0.1)
                continue
            self.open = None
            if status == DONE:
                self.acknowledged.append(act)
                self.buzzes += path == "play/buzz"
                if act not in self.remembered:
                    self.mistakes.append(f"{path} was acknowledged and is not in the file")
            elif path != "play/buzz" or status != 409:  # a buzz may come too late
                self.mistakes.append(f"{path}: {status} {text}")

    def _next(self):
        path = next(self.paths)
        known = {"round": document(self.file)["state"]["round"], "reaction": 250}
        return path, secrets.token_hex(12), known if path == "play/buzz" else {}


def test_kill_9_loses_no_acknowledged_press_and_leaves_every_file_readable(serve, crowd, counts):
    dice = random.Random(9)
    server = serve(WEB_CONCURRENCY="2")
    everyone = [Presser(server, name) for name in ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn")]
    ann = everyone[0]
    code = ann.opens_room()
    for player in everyone[1:]:
        player.does(f"/{code}/join")
    ann.does(f"/{code}/play/first_to", points=20)
    ann.does(f"/{code}/late", when="now")  # whoever gives up a seat may have it back at once
    pages = [crowd.looks(player, f"/{code}") for player in everyone]

    for turn in range(counts(6, 100)):
        ann.post(f"/{code}/start")  # again, if somebody has won; else it changes nothing
        for player in everyone:
            player.begin(code)
        all_press(everyone)
        time.sleep(dice.uniform(0, 0.1))

        if turn % 2:
            before = server.workers
            os.kill(dice.choice(before), signal.SIGKILL)
            all_press(everyone)
            wait_for(lambda before=before: len(set(server.workers) - set(before)) == 1)
        else:
            server.kill()
        for player in everyone:
            player.stop()

        assert all_readable(server.data)
        assert not [player.name for player in everyone if player.lost]
        if not turn % 2:
            server.start()
    for player in everyone:
        assert not player.mistakes
        assert player.buzzes
    wait_for(lambda: all(page.live for page in pages))
    done = sum(len(player.acknowledged) for player in everyone)
    print(f"{done} acknowledged in {turn + 1} kills")


def all_press(everyone, times=3):
    """Wait until everybody has that many more acknowledged."""
    before = [len(player.acknowledged) for player in everyone]
    wait_for(
        lambda: all(
            len(player.acknowledged) >= n + times
            for player, n in zip(everyone, before, strict=True)
        )
    )


def all_readable(data):
    """Whether stock TinyDB finds one document in every file."""
    files = [path for path in data.rglob("*.json") if path.is_file()]
    for path in files:
        with TinyDB(path, access_mode="r") as db:
            assert len(db.all()) == 1, path
    return bool(files)
