"""Processes die while people press: what was acknowledged is in the file, and every file is whole."""

import http.client
import os
import random
import re
import secrets
import signal
import threading

from tinydb import TinyDB

from tests.conftest import wait_for
from tests.live.crowd import DONE, Visitor, document

REMEMBERED = 6  # action ids that a room keeps for each player


class Presser(Visitor):
    """Buzzes, gives up the seat, takes it again, and so on; repeats what nobody answered.

    So each of these has an effect, and the room remembers its action id.
    """

    def __init__(self, server, name):
        super().__init__(server, name)
        self.acknowledged, self.open, self.buzzes = [], None, 0
        self.mistakes = []

    def begin(self, code, page):
        self.path, self.page, self.pressing = server_file(self, code), page, True
        self.code = code
        self.thread = threading.Thread(target=self._press)
        self.thread.start()

    def stop(self):
        self.pressing = False
        self.thread.join()

    def remembered(self, file):
        """Whether the file knows the last of what was acknowledged, and at most one thing more."""
        acts = document(file)["acts"].get(self.in_room(self.code)["id"], [])
        known = [self.acknowledged, [*self.acknowledged, self.open and self.open[1]]]
        return acts in [one[-REMEMBERED:] for one in known]

    def _press(self):
        while self.pressing:
            self.open = self.open or self._next()
            what, act, fields = self.open
            try:
                status, _, text = self.post(f"/{self.code}/{what}", act=act, **fields)
            except (OSError, http.client.HTTPException):
                continue  # nobody answered, or half an answer came: the same again
            self.open = None
            if status == DONE:
                self.acknowledged.append(act)
                self.buzzes += what == "play/buzz"
                known = act in document(self.path)["acts"][self.in_room(self.code)["id"]]
                if not known:
                    self.mistakes.append(f"{what} was acknowledged and is not in the file")
            elif status != 409:
                self.mistakes.append(f"{what}: {status} {text}")

    def _next(self):
        turn = len(self.acknowledged)
