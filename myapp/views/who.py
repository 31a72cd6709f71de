"""Who made this request, as far as their cookie tells."""

from dataclasses import dataclass

from flask import session


@dataclass(frozen=True)
class Who:
    """A visitor: a random id that never leaves the cookie, and a name once one is typed."""

    id: str
    name: str | None


def who() -> Who:
    """The visitor who made this request."""
    return Who(str(session.get("id", "")), session.get("name"))
