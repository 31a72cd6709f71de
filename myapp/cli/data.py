"""The data as an operator meets them: where they are, whose they are, what is in them."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from pwd import getpwuid
from typing import BinaryIO, ParamSpec

import click
from flask import current_app
from flask.cli import with_appcontext

from myapp.store import Store, StoreDown
from myapp.store import plain as plain_url
from myapp.views.house import house

P = ParamSpec("P")

SECRET = "secret-key"
AWAY = "away"  # how long the server was not there, in all, when the archive was made
FLEETING = {"asks", "deleted", "limits", "operator", "presence", "probe", "weather", "workers"}
"""What the server knows only while it runs: nobody misses it afterwards."""


def command(fn: Callable[P, None]) -> Callable[P, None]:
    """A command that uses the data: by its owner only, and what the store cannot do is told."""

    @wraps(fn)
    def asked(*args: P.args, **kwargs: P.kwargs) -> None:
        # What this makes is for the server and nobody else.
        os.umask(0o077)
        if where().startswith("memory:"):
            raise click.ClickException(f"{where()} is in the server's memory: nobody else sees it.")
        if on_disk() and (stranger := not_the_owner(folder())):
            raise click.ClickException(stranger)
        try:
            fn(*args, **kwargs)
        except StoreDown as error:
            raise click.ClickException(f"{error}.") from error
        finally:
            store().close()

    return with_appcontext(asked)


def store() -> Store:
    return house().store


def where() -> str:
    """What the setting names, for people: a folder, or another store's address."""
    url = current_app.config["STORE_URL"]
    return str(folder()) if on_disk() else plain_url(url)


def on_disk(url: str | None = None) -> bool:
    """Whether the store is a folder of files."""
    return (url or current_app.config["STORE_URL"]).startswith("tinydb:")


def folder() -> Path:
    """The folder that the setting names, if it names one."""
    return place(current_app.config["STORE_URL"])


def place(url: str) -> Path:
    return Path(url.partition(":")[2])


def not_the_owner(folder: Path) -> str:
    """Why this user must not touch the data; "" if all is well.

    Also who may do anything must not: the side files he made would stop the server.
    """
    if not folder.exists() or folder.stat().st_uid == os.geteuid():
        return ""
    owner = named(folder.stat().st_uid)
    return (
        f"{folder} belongs to {owner}, and you are {named(os.geteuid())}: "
        f"run this as {owner} (sudo -u {owner} ...)."
    )


def named(uid: int) -> str:
    try:
        return getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def documents(of: Store | None = None) -> list[str]:
    """The key of every document that is to last, of whichever kind."""
    of = of or store()
    kinds = [kind for kind in of.kinds() if kind not in FLEETING]
    return [key for kind in kinds for key in of.keys(f"{kind}/")]


def many(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def size(number: float) -> str:
    """A number of bytes, for people."""
    for unit in ("bytes", "KB", "MB"):
        if number < 1024:
            return f"{number:.3g} {unit}" if unit != "bytes" else f"{number} bytes"
        number /= 1024
    return f"{number:.3g} GB"


def write(path: Path) -> BinaryIO:
    """A new file that only its owner may read."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def plain(text: str) -> str:
    """Text that cannot play tricks on a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
