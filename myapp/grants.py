"""Grants: who may use the operator page, by a password or by a link that works once."""

import hashlib
import hmac
import secrets
from typing import Any

from myapp.game import IllegalMove
from myapp.store import Store

LASTS = 12 * 3600.0  # seconds that a grant is good
LINK = 15 * 60.0  # seconds that a link waits to be used


class WrongPassword(IllegalMove):
    status = 403

    def __init__(self) -> None:
        super().__init__("That is not the password.")


class UsedLink(IllegalMove):
    status = 403

    def __init__(self) -> None:
        super().__init__("This link does not work any more. Each works once; make a new one.")


class Grants:
    """A grant is a random text in the operator's cookie; the store holds its hash alone.

    So it ends at once, in every process, when its document is deleted.
    """

    def __init__(self, store: Store, password: str | None) -> None:
        if password is not None and len(password) < 12:
            raise RuntimeError(
                "MYAPP_OPERATOR_PASSWORD is too short: give it 12 characters or more."
            )
        self._store = store
        self._password = password

    @property
    def by_password(self) -> bool:
        return self._password is not None

    @property
    def by_link(self) -> bool:
        """Whether a link waits to be used."""
        return self._lives("operator/link")

    def link(self) -> str:
        """The key of a new link. The one before it does not work any more."""
        key = secrets.token_urlsafe(24)
        doc = {"mark": mark(key), "until": self._store.time() + LINK}
        self._store.change("operator/link", lambda _: doc)
        return key

    def enter(self, key: str, password: str) -> str:
        """A new grant for this key or, without one, for this password. Raises IllegalMove."""
        if key:
            self._use_up(key)
        elif self._password is None or not same(password, self._password):
            raise WrongPassword
        grant = secrets.token_urlsafe(24)
        doc = {"until": self._store.time() + LASTS}
        self._store.change(f"operator/{mark(grant)}", lambda _: doc)
        return grant

    def _use_up(self, key: str) -> None:
        def used(doc: dict[str, Any] | None) -> None:
            if doc is None or doc["until"] < self._store.time() or not same(mark(key), doc["mark"]):
                raise UsedLink

        self._store.change("operator/link", used)

    def holds(self, grant: str) -> bool:
        return bool(grant) and self._lives(f"operator/{mark(grant)}")

    def leave(self, grant: str) -> None:
        self._store.change(f"operator/{mark(grant)}", lambda _: None)

    def sweep(self) -> None:
        for key in self._store.keys("operator/"):
            if not self._lives(key):
                self._store.change(key, lambda _: None)

    def _lives(self, key: str) -> bool:
        found = self._store.get(key)
        return found is not None and bool(found[0]["until"] > self._store.time())


def mark(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def same(one: str, other: str) -> bool:
    """Compared by their hashes, in a time that tells nothing of how much of it was right."""
    return hmac.compare_digest(*(hashlib.sha256(text.encode()).digest() for text in (one, other)))
