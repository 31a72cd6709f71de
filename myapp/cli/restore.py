"""restore: puts an archive of `backup` in place, when all of it is known to be good."""

import gzip
import json
import os
import re
import secrets
import shutil
import tarfile
import time
import zlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from myapp.cli import data
from myapp.hub import Hub
from myapp.journal import difference, entries, states
from myapp.rooms import Rooms
from myapp.store import StoreDown, open_store, split
from myapp.store_tinydb.journal_file import JOURNALS
from myapp.store_tinydb.locks import RUNNING
from myapp.store_tinydb.tinydb_file import Broken, parse, sync

BIG = 16 * 1024 * 1024  # bytes of one document
HUGE = 4 * 1024 * BIG  # bytes of all of them
MANY = 1_000_000  # documents

MEMBER = re.compile(r"([a-z]+/[A-Za-z0-9_-]{1,64})\.json")
JOURNAL = re.compile(rf"{JOURNALS}/([a-z]+)-([A-Za-z0-9_-]{{1,64}})\.jsonl")


class Damaged(Exception):
    """The archive is not what `backup` writes. The message says why."""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Move what is there to <folder>.before-<time>.")
@data.command
def restore(file: Path, replace: bool) -> None:
    """Put the archive FILE in place, with the server stopped.

    Every document is looked at first; if one is damaged, nothing is changed. Where there is data
    already, this refuses, or with --replace moves it to a folder beside it (or, where this user
    may not make one, to before-<time> in it). Nothing is deleted.
    """
    if not data.on_disk():
        raise click.ClickException(
            f"restore puts an archive into a folder, and MYAPP_STORE_URL names {data.where()}. "
            "Run it with MYAPP_STORE_URL=tinydb:./restored, then `store copy tinydb:./restored "
            "<your store> --replace`."
        )
    folder = data.folder()
    with data.store().alone():
        there = sum(_documents(path) for path in _lasting(folder))
        if there and not replace:
            raise click.ClickException(
                f"{folder} holds {data.many(there, 'document')} already. Add --replace to move "
                f"them to {folder}.before-<time>, or set MYAPP_STORE_URL to a new folder."
            )
        for left in folder.glob(".restore-*"):  # by one that was killed
            shutil.rmtree(left)
        new = folder / f".restore-{secrets.token_hex(4)}"
        new.mkdir(0o700)
        try:
            _unpack(file, new)
            documents = _look_at_all(new)
            moved = swap(folder, new)
            (folder / RUNNING).touch()
        except (Damaged, StoreDown) as error:
            raise click.ClickException(
                f"{file} is damaged: {error}. Nothing was changed; try an older archive."
            ) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(
                f"{where}{error.strerror or error}. Nothing was changed."
            ) from error
        finally:
            shutil.rmtree(new, ignore_errors=True)
    click.echo(f"Restored {data.many(documents, 'document')} into {folder.absolute()}.")
    if moved:
        click.echo(f"What was there is in {moved.absolute()}.")
    click.echo("Now start the server.")


def _unpack(file: Path, new: Path) -> None:
    try:
        _read_through(file)
        with tarfile.open(file, mode="r:gz") as archive:
            names: set[str] = set()
            left = HUGE
            for member in archive:
                left -= member.size
                _must_be_ours(member)
                if member.name in names or len(names) > MANY or left < 0:
                    raise Damaged(f"{data.plain(member.name)!r} is one too many")
                names.add(member.name)
                source = archive.extractfile(member)
                assert source is not None
                text = source.read()
                if member.name == data.AWAY:  # the games in it stood still since then
                    text = _away_until_now(text, member.mtime)
                _write(new / member.name, text)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Damaged(f"it does not unpack ({error})") from error
    except OSError as error:
        if error.errno is None:  # gzip's own
            raise Damaged(f"it does not unpack ({error})") from error
        raise


def _away_until_now(text: bytes, since: float) -> bytes:
    try:
        return f"{float(text) + max(0.0, time.time() - since):.3f}\n".encode()
    except ValueError as error:
        raise Damaged(f"{data.AWAY} is not a number") from error


def _read_through(file: Path) -> None:
    """Have gzip check all of it: tarfile takes an archive that was cut for a shorter one."""
    left = 2 * HUGE
    with gzip.open(file) as whole:
        while left > 0 and (piece := whole.read(1 << 20)):
            left -= len(piece)
    if left <= 0:
        raise Damaged(f"it is larger than {data.size(2 * HUGE)}")


def _must_be_ours(member: tarfile.TarInfo) -> None:
    match = MEMBER.fullmatch(member.name)
    ours = (
        member.name in (data.SECRET, data.AWAY)
        or JOURNAL.fullmatch(member.name)
        or (match and split(match[1])[0] not in data.FLEETING)
    )
    if not ours or not member.isreg() or member.sparse is not None:
        raise Damaged(f"{data.plain(member.name)!r} is no file of ours")
    if member.size > BIG:
        raise Damaged(f"{member.name} is larger than {data.size(BIG)}")


def _write(path: Path, text: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with data.write(path) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _look_at_all(new: Path) -> int:
    """Open every document as the server would; how many there are. Raises Damaged."""
    secret = new / data.SECRET
    if secret.exists() and len(secret.read_text(errors="replace")) < 32:
        raise Damaged(f"{data.SECRET} is too short")
    for journal in sorted(new.glob(f"{JOURNALS}/*")):
        _follow(new, journal.relative_to(new))
    store = open_store(f"tinydb:{new}", Hub())
    Rooms(store)  # tells the store what a room must be
    kinds = [kind.name for kind in new.iterdir() if kind.is_dir()]
    try:
        keys = [key for kind in kinds for key in store.keys(f"{kind}/")]
        for key in keys:
            if fault := store.inspect(key):
                raise Damaged(fault.replace(f"{new}/", ""))
    finally:
        store.close()
    for left in [*new.glob("*/.*"), *new.glob(".*")]:  # only what the store put there itself
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    return len(keys)


def _follow(new: Path, journal: Path) -> None:
    """Go through a journal: it must lead to its document."""
    match = JOURNAL.fullmatch(str(journal))
    document = new / match[1] / f"{match[2]}.json" if match else new
    if not document.is_file():
        raise Damaged(f"{journal} is of a document that is not there")
    try:
        *_, last = states(entries((new / journal).read_bytes()))
    except (ValueError, LookupError, TypeError) as error:
        raise Damaged(f"{journal} cannot be followed: {error}") from error
    with suppress(Broken):  # of which the store will tell
        if difference(last, json.loads(parse(document.read_bytes())[0])):
            raise Damaged(f"{journal} does not lead to its document")


def swap(folder: Path, new: Path) -> Path | None:
    """Move what is there out, and what is new in; all or nothing. Where the old things are now.

    The folder itself stays, with its lock and its owner: it may be a mount or the service's own.
    """
    before = f"before-{datetime.now():%Y%m%d-%H%M%S}"
    beside = os.access(folder.resolve().parent, os.W_OK | os.X_OK, effective_ids=True)
    old = folder.with_name(f"{folder.resolve().name}.{before}") if beside else folder / before
    going = [path for path in _lasting(folder) if path.is_file() or _is_kept(path)]
    if not (new / data.SECRET).exists():  # Then the server's own key stays the right one.
        going = [path for path in going if path.name != data.SECRET]
    steps = [(path, old / path.name) for path in going]
    steps += [(path, folder / path.name) for path in new.iterdir()]
    done = []
    try:
        if going:
            old.mkdir(0o700)
        for source, target in steps:
            if target.is_dir() and not _is_kept(target):
                shutil.rmtree(target)  # nothing but locks of the dead
            source.rename(target)
            done.append((source, target))
        for changed in {folder, old if going else folder}:
            sync(changed)
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        with suppress(OSError):
            old.rmdir()
        raise
    return old if going else None


def _lasting(folder: Path) -> list[Path]:
    """What is in the folder that somebody may want to keep."""
    return [
        path for path in folder.iterdir() if path.name not in data.FLEETING and path.name[0] != "."
    ]


def _is_kept(kind: Path) -> bool:
    return any(kind.glob("*.json*"))


def _documents(kind: Path) -> int:
    return len([*kind.glob("*.json")])
