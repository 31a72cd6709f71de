"""Asks: a question to a page that is open, and its answer.

It exists for the operator, who looks into somebody's trouble, and for the journey, which shows
that it can be done. A game must never need it: what a page says is what its player wants to be
said, it comes late or not at all, and whatever decides a game is known to the server already.
"""

import logging
import re
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

import gevent

from myapp.follow import follow
from myapp.game import IllegalMove
from myapp.hub import Hub
from myapp.presence import Line, Presence
from myapp.store import Store

PATIENCE = 1.0  # seconds
KEPT = 60.0  # seconds that a late answer is waited for, only to tell its reader
ID = re.compile("[0-9a-f]{16}")

log = logging.getLogger(__name__)


class NoSuchAsk(IllegalMove):
    status = 404

    def __init__(self) -> None:
        super().__init__("Nobody has asked for that.")


@dataclass(frozen=True)
class Answer:
    """What a page said of itself. All of it but `seconds` is its word, and may be a lie."""

    signals: dict[str, Any]
    size: str
    visible: str
    seconds: float  # from the question to the arrival of the answer


class Asks:
    """Questions travel as documents, so that any process may ask any other's pages."""

    def __init__(self, hub: Hub, store: Store, presence: Presence) -> None:
        self._hub = hub
        self._store = store
        self._presence = presence
        self._open: dict[tuple[str, str], str] = {}
        self._begun = False

    def begin(self) -> None:
        """Hear the questions to pages that this process serves."""
        if not self._begun:
            self._begun = True
            gevent.spawn(follow, self._hub, self._store, "asks/", self._learn)

    def ask(self, line: Line, patience: float = PATIENCE) -> Answer | None:
        """What this page says, or None when it says nothing for so many seconds."""
        key = f"asks/{secrets.token_hex(8)}"
        doc = {"player": line.player, "tab": line.tab, "asked": self._store.time()}
        with self._store.listen(key) as bell:
            self._store.change(key, lambda _: {**doc, "said": None, "late": False}, fleeting=True)
            end = time.monotonic() + patience
            while (left := end - time.monotonic()) > 0:
                bell.wait(left)
                found = self._store.get(key)
                if found and found[0]["said"]:
                    break
        told = self._store.change(key, _given_up, fleeting=True)
        said = told[0]["said"] if told else None
        if said:
            self._store.change(key, lambda _: None, fleeting=True)
        return Answer(**said) if said else None

    def pending(self, player: str, tab: str) -> str:
        """The id of the question that waits for this page; "" if none does."""
        return self._open.get((player, tab), "")

    def answer(
        self, id: str, player: str, signals: dict[str, Any], size: str, visible: str, at: float
    ) -> None:
        """Take an answer, which only the player who was asked may give, and only once.

        One that comes too late is taken, too, and goes nowhere. Raises NoSuchAsk.
        """

        def answered(doc: dict[str, Any] | None) -> dict[str, Any] | None:
            if doc is None or doc["player"] != player or doc["said"]:
                raise NoSuchAsk
            if doc["late"]:
                return None
            said = Answer(signals, size, visible, max(0.0, at - doc["asked"]))
            return {**doc, "said": asdict(said)}

        if not ID.fullmatch(id):
            raise NoSuchAsk
        self._store.change(f"asks/{id}", answered, fleeting=True)

    def sweep(self) -> None:
        for key in self._store.keys("asks/"):
            found = self._store.get(key)
            if found and self._store.time() - found[0]["asked"] > KEPT:
                self._store.change(key, lambda _: None, fleeting=True)

    def _learn(self, key: str) -> None:
        id = key.removeprefix("asks/")
        found = self._store.get(key)
        if found is None or found[0]["said"] or found[0]["late"]:
            self._open = {page: other for page, other in self._open.items() if other != id}
            return
        player = found[0]["player"]
        self._open[player, found[0]["tab"]] = id
        self._hub.ring(f"tabs:{player}")


def _given_up(doc: dict[str, Any] | None) -> dict[str, Any] | None:
    return {**doc, "late": not doc["said"]} if doc else None
