"""Accounts: sign up, log in, log out. Plain forms, answered by a page or a redirect."""

import logging
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from myapp import undo
from myapp.accounts import Account, Taken, Wrong, history, key_of
from myapp.game import IllegalMove
from myapp.limits import LOG_INS, LOG_INS_OF_ACCOUNT, LOG_INS_OF_ADDRESS, SIGN_UPS, TooMany
from myapp.names import clean
from myapp.views.answers import go
from myapp.views.house import house
from myapp.views.identity import become, line, sent, text
from myapp.views.urls import find_code
from myapp.views.who import who

pages = Blueprint("accounts", __name__)
log = logging.getLogger("myapp.refused")


@pages.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> Any:
    """A new account, which takes over the seats of the guest who asks for it."""
    if request.method == "GET":
        mine = house().accounts.of(who().id)
        return redirect(url_for(".log_in"), 303) if mine else form("sign-up", who().name or "")
    name, password = typed()
    try:
        house().limits.take(SIGN_UPS, line())
        return enter(made(clean(name), password))
    except IllegalMove as error:
        return form("sign-up", name, error)


@pages.route("/log-in", methods=["GET", "POST"])
def log_in() -> Any:
    """Be the same person on this device, too; for who is that already, their account."""
    if request.method == "GET":
        mine = house().accounts.of(who().id)
        return account(mine) if mine else form("log-in", who().name or "")
    name, password = typed()
    try:
        return enter(proven(name, password))
    except IllegalMove as error:
        return form("log-in", name, error)


@pages.route("/log-out", methods=["GET", "POST"])
def log_out() -> Any:
    """This device is nobody's again; the account and its other devices stay as they are."""
    if request.method == "GET":
        return redirect(url_for(".log_in"), 303)
    sent()
    become("", "")
    return go(url_for("home.home"))


def typed() -> tuple[str, str]:
    body = sent()
    return text(body, "name"), text(body, "password")


def made(name: str, password: str) -> Account:
    """A new account, or the one with this name if the password is its own: pressed twice, say."""
    try:
        return house().accounts.sign_up(name, password)
    except Taken as taken:
        try:
            return proven(name, password)
        except Wrong:
            raise taken from None


def proven(name: str, password: str) -> Account:
    """The account that this password opens. Guesses are counted before they are looked at."""
    house().limits.take(LOG_INS_OF_ADDRESS, line())
    house().limits.take(LOG_INS, f"{key_of(name)} {line()}")
    house().limits.take(LOG_INS_OF_ACCOUNT, key_of(name))
    return house().accounts.log_in(name, password)


def enter(account: Account) -> Response:
    """Go on as the owner of this account, where one wanted to go.

    The cookie from before is good for nothing afterwards, so whoever planted it has gained nothing.
    """
    guest, at = who().id, house()
    if guest and not at.accounts.of(guest):
        at.rooms.hand_over(guest, account.id)
        undo.hand_over(at.store, guest, account.id, at.rooms.time())
    become(account.id, account.name)
    code = find_code(text(sent(), "next"))
    return go(url_for("room.page", code=code) if code else url_for("home.home"))


def form(what: str, name: str, error: IllegalMove | None = None) -> Any:
    """The page to sign up or log in, with what was wrong and what was typed but the password."""
    if error:
        log.info("%s %s %s", error.status, request.endpoint, error.said.message)
    page = render_template(
        f"{what}.html",
        name=name,
        next=find_code(request.values.get("next", "")) or "",
        sentence=error.said if error else "",
    )
    headers = {"Retry-After": str(error.wait)} if isinstance(error, TooMany) else {}
    return page, error.status if error else 200, headers


def account(mine: Account) -> str:
    """What the account keeps, with the rooms of today."""
    played = history(mine, house().rooms.all_results())
    return render_template("account.html", name=mine.name, played=played)
