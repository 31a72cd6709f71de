"""Accounts: a name and a password that make somebody the same person on every device."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from unicodedata import normalize

import msgspec
from werkzeug.security import check_password_hash, generate_password_hash

from myapp.game import IllegalMove
from myapp.hub import aside_in_turn
from myapp.results import Results
from myapp.store import Document, Store

METHOD = "scrypt:32768:8:1"
NOBODY = f"{METHOD}$nobody${'0' * 128}"  # the hash of no password, and as slow to check as any
SHORTEST = 8  # NIST SP 800-63B: length is what counts, so no rules about digits and capitals
KEPT = 100  # rooms whose results an account remembers


class Taken(IllegalMove):
    def __init__(self, name: str) -> None:
        super().__init__("There is already an account called {name}. Is it yours?", name=name)


class Wrong(IllegalMove):
    """Says the same whether there is such an account or not."""

    status = 403

    def __init__(self) -> None:
        super().__init__("This name and this password do not belong together.")


@dataclass
class Played:
    """What somebody took from the games of one room."""

    title: str
    rank: int
    players: int
    points: float


@dataclass
class Account:
    """One person. `id` is who the cookies of all their devices say they are; never drawn."""

    id: str
    password: str  # hashed, with its own salt
    name: str  # as others see it, and free to change; the one to log in with stays
    played: dict[str, Played] = field(default_factory=dict)  # by room code, the latest last


class Accounts:
    """Every account there is. Somebody's id tells which is theirs, so no cookie says it twice."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.check("accounts/", load)

    def sign_up(self, name: str, password: str) -> Account:
        """A new account by this clean name, with an id of its own. Raises IllegalMove."""
        if len(password) < SHORTEST:
            raise IllegalMove("Please take a password of {n} characters or more.", n=SHORTEST)
        key = key_of(name)
        hashed = aside_in_turn(generate_password_hash, _typed(password), METHOD)
        new = Account(f"{key}-{secrets.token_hex(16)}", hashed, name)

        def signed_up(doc: Document | None) -> Document:
            if doc is not None:
                raise Taken(new.name)
            return dump(new)

        self._store.change(f"accounts/{key}", signed_up)
        return new

    def log_in(self, name: str, password: str) -> Account:
        """The account. Raises Wrong, and takes as long for a name that nobody has."""
        account = self._get(key_of(name))
        hashed = account.password if account else NOBODY
        right = aside_in_turn(check_password_hash, hashed, _typed(password))
        if account is None or not right:
            raise Wrong
        return account

    def of(self, id: str) -> Account | None:
        """The account of the person with this id, who may have none."""
        account = self._get(_key_in(id)) if "-" in id else None
        return account if account and account.id == id else None

    def rename(self, id: str, name: str) -> None:
        """Another name for others to see, if this person has an account."""

        def renamed(account: Account) -> None:
            account.name = name

        self._change(id, renamed)

    def keep(self, found: Iterable[tuple[str, Results]]) -> None:
        """Write down what those with an account took from the games of these rooms, by code."""
        for code, results in found:
            for id in results.ids.values():
                account, mine = self.of(id), played(results, id)
                if account and mine and account.played.get(code) != mine:
                    self._change(id, partial(_write_down, code, mine))

    def delete(self, id: str) -> None:
        """Delete this person's account, if there is one."""
        if self.of(id):
            self._store.change(f"accounts/{_key_in(id)}", lambda _: None)

    def _get(self, key: str) -> Account | None:
        found = self._store.get(f"accounts/{key}")
        return load(found[0]) if found else None

    def _change(self, id: str, fn: Callable[[Account], None]) -> None:
        def changed(doc: Document | None) -> Document | None:
            if doc is None:
                return None
            account = load(doc)
            fn(account)
            return dump(account)

        if self.of(id):
            self._store.change(f"accounts/{_key_in(id)}", changed)


def load(doc: Document) -> Account:
    """The account that this document describes. Raises ValueError that says what is wrong."""
    return msgspec.convert(doc, Account)


def dump(account: Account) -> Document:
    doc: Document = msgspec.to_builtins(account)
    return doc


def key_of(name: str) -> str:
    """Where the account is that one logs in to by this name, however it was typed."""
    typed = " ".join(normalize("NFKC", name).casefold().split())
    return hashlib.sha256(typed.encode()).hexdigest()[:32]


def played(results: Results, id: str) -> Played | None:
    """What this person took from the games of a room; None for somebody who took nothing."""
    ranking = results.scores.ranking
    for rank, player, points in ranking:
        if results.ids.get(player) == id:
            return Played(results.title, rank, len(ranking), points)
    return None


def history(account: Account, found: Iterable[tuple[str, Results]]) -> dict[str, Played]:
    """What somebody has played by room, the latest first; `found` is what is not yet kept."""
    new = {code: mine for code, results in found if (mine := played(results, account.id))}
    kept = {code: mine for code, mine in account.played.items() if code not in new}
    return dict(reversed([*kept.items(), *new.items()]))


def _write_down(code: str, mine: Played, account: Account) -> None:
    others = [item for item in account.played.items() if item[0] != code]
    account.played = dict([*others, (code, mine)][-KEPT:])


def _key_in(id: str) -> str:
    return id.partition("-")[0]


def _typed(password: str) -> str:
    """The password as text that two keyboards agree on."""
    return normalize("NFKC", password)
