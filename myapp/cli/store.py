"""store: moves everything from one kind of store to another."""

import os
from collections.abc import Callable

import click
from flask.cli import with_appcontext
from gevent.pool import Pool

from myapp.cli import data
from myapp.hub import Hub
from myapp.rooms import Rooms
from myapp.store import Past, Store, StoreDown, open_store, plain

ROUNDING = 0.01  # seconds
TOGETHER = 8  # documents that are copied at once


@click.group()
def store() -> None:
    """Where the documents are: copy them elsewhere."""


@store.command()
@click.argument("src")
@click.argument("dst")
@click.option("--replace", is_flag=True, help="What DST holds goes: make a backup of it first.")
@with_appcontext
def copy(src: str, dst: str, replace: bool) -> None:
    """Copy every document, its journal, the secret key and the time away from SRC to DST.

    Both are written as in MYAPP_STORE_URL, and nobody may use them meanwhile: stop the server. What
    was copied is read back and compared. A copy that was broken off is run again. SRC stays as it
    is. Nothing is copied onto a store of something else, or one that was used after SRC, unless
    with --replace.
    """
    os.umask(0o077)
    source, target = _opened(src), _opened(dst)
    if data.on_disk(src) and not data.place(src).exists():
        raise click.ClickException(f"There is no {data.place(src)}.")
    try:
        with source.alone() as old:
            Rooms(old)  # tells it which documents have a journal
            keys = data.documents(old)
            if not keys and not old.past().secret:
                raise click.ClickException(f"There is nothing in {plain(src)}.")
            with target.alone() as new:
                if not replace and (why := _something_else(old, new)):
                    raise click.ClickException(f"{plain(dst)} {why}")
                Rooms(new)
                new.carry(old.past())
                _copy(old, new, keys)
            with target.alone() as new:  # another, which has to read what it tells
                Rooms(new)
                _compare(old, new, keys)
    except StoreDown as error:
        raise click.ClickException(f"{error}.") from error
    finally:
        source.close()
        target.close()
    many = data.many(len(keys), "document")
    click.echo(f"Copied {many} from {plain(src)} to {plain(dst)}, and read them back the same.")
    click.echo(f"Now set MYAPP_STORE_URL={plain(dst)} and start the server.")


def _opened(url: str) -> Store:
    try:
        opened = open_store(url, Hub())
    except ValueError as error:
        raise click.ClickException(str(error).partition(":")[2].strip() or str(error)) from error
    if url.startswith("memory:"):
        raise click.ClickException("A store in memory ends with its process: copy another.")
    if data.on_disk(url) and (stranger := data.not_the_owner(data.place(url))):
        raise click.ClickException(stranger)
    return opened


def _something_else(old: Store, new: Store) -> str:
    """Why `new` must not be written over; "" if it is empty, or an earlier copy of `old`."""
    there = data.documents(new)
    if not there and new.past().secret in ("", old.past().secret):
        return ""
    was, now = old.past(), new.past()
    if _later(now, was):
        return "was used after what is to be copied: it is the newer one. (--replace copies)"
    ours = bool(was.secret) and was.secret == now.secret
    if ours or all(new.get(key) == old.get(key) for key in there):
        return ""
    many = data.many(len(there), "document")
    return f"holds {many} of something else. Choose another, or add --replace: then they go."


def _later(one: Past, other: Past) -> bool:
    return (one.served or 0.0) > (other.served or 0.0) + ROUNDING


def _copy(old: Store, new: Store, keys: list[str]) -> None:
    for key in {*data.documents(new)} - {*keys}:
        new.change(key, lambda _: None)

    def copied(key: str) -> None:
        found = old.get(key)
        if found:
            new.put(key, found[0], old.journal(key))

    _each(copied, keys, "Copying")


def _compare(old: Store, new: Store, keys: list[str]) -> None:
    wrong = sorted({*data.documents(new)} ^ {*keys})

    def compared(key: str) -> None:
        if new.get(key) != old.get(key) or new.journal(key) != old.journal(key):
            wrong.append(key)

    _each(compared, keys, "Reading back")
    was, now = old.past(), new.past()
    if (was.secret, was.away) != (now.secret, now.away) or _later(was, now) or _later(now, was):
        wrong.append("the secret key and the time away")
    if wrong:
        raise click.ClickException(
            f"{', '.join(wrong[:5])}: not the same when read back. SRC is as it was; try again."
        )


def _each(fn: Callable[[str], None], keys: list[str], label: str) -> None:
    """A few at a time, because each waits for a disk; and how far it is."""
    done = Pool(TOGETHER).imap_unordered(fn, keys)
    with click.progressbar(done, len(keys), label) as progress:
        for _ in progress:
            pass
