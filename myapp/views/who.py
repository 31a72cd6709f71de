"""Who made this request, as far as their cookie tells, and the language they read."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from flask import request, session
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from myapp.words import ENGLISH, LANGUAGES, Words, words

WHO = "vroum.who"
"""Where a request's environment remembers them."""


@dataclass(frozen=True)
class Who:
    """A visitor: a random id that never leaves the cookie, and a name once one is typed."""

    id: str
    name: str | None
    language: str = ENGLISH

    @property
    def mark(self) -> str:
        """Differs when somebody else reads, or in another language; tells nothing of who it is."""
        return hashlib.sha256(f"{self.id} {self.name} {self.language}".encode()).hexdigest()[:12]

    @property
    def words(self) -> Words:
        return words(self.language)


def who() -> Who:
    """The visitor who made this request."""
    known: Who | None = request.environ.get(WHO)
    if known is None or session.modified:
        known = Who(str(session.get("id", "")), session.get("name"), language())
        request.environ[WHO] = known
    return known


def language() -> str:
    """The one chosen by the switch, or else what the browser asks for."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return _spoken(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))


@lru_cache(500)
def _spoken(asked: str) -> str:
    """The first that is spoken here of those a browser asks for, the most wanted first."""
    for tag, quality in parse_accept_header(asked, LanguageAccept):
        spoken = tag.partition("-")[0].lower()
        if quality and spoken in LANGUAGES:
            return spoken
    return ENGLISH
