"""backup: every document in one archive, taken while people play."""

import io
import json
import os
import secrets
import tarfile
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click
from flask import current_app

from myapp.cli import data
from myapp.journal import lines, states
from myapp.store import StoreDown
from myapp.store_tinydb.journal_file import journal_name
from myapp.store_tinydb.tinydb_file import sync


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="FILE may be there: it is replaced in the end.")
@data.command
def backup(file: Path | None, replace: bool) -> None:
    """Write all data into one archive FILE, while the server runs.

    Without FILE: vroum-<date>-<time>.tar.gz in this folder. A file that is there stays, unless
    with --replace. The archive holds the secret key, so only you can read it: keep it that way.
    """
    file = file or Path(f"vroum-{datetime.now():%Y%m%d-%H%M%S}.tar.gz")
    if data.on_disk() and not data.folder().exists():
        raise click.ClickException(
            f"There is no {data.folder()}. Is MYAPP_STORE_URL as the server's?"
        )
    if file.exists() and not replace:
        raise click.ClickException(f"{file} exists already: choose another name, or --replace.")
    temp = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    try:
        saved, damaged = _write(temp)
        temp.rename(file)
        sync(file.absolute().parent)
    except OSError as error:
        raise click.ClickException(
            f"{file} could not be written: {error.strerror}. "
            "Free some space, or choose another place."
        ) from error
    finally:
        with suppress(OSError):
            temp.unlink()
    many, size = data.many(saved, "document"), data.size(file.stat().st_size)
    click.echo(f"Wrote {file.absolute()}: {many}, {size}.")
    if current_app.config["SECRET_KEY"]:
        click.echo(
            "The secret key is in MYAPP_SECRET_KEY and not in the archive: keep it yourself."
        )
    for why in damaged:
        click.echo(f"Left out, damaged: {why}.", err=True)
    if damaged:
        raise click.exceptions.Exit(1)


def _write(path: Path) -> tuple[int, list[str]]:
    """Write the archive durably; how many documents are in it, and why others are not."""
    saved, damaged = 0, []
    with data.write(path) as file:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            past = data.store().past()
            if past.secret:
                _add(archive, data.SECRET, past.secret.encode())
            served = int(time.time() if past.served is None else past.served)
            _add(archive, data.AWAY, f"{past.away:.3f}\n".encode(), served)
            for key in data.documents():
                try:
                    found = data.store().get(key)
                except StoreDown as error:
                    damaged.append(str(error))
                    continue
                if not found:  # A room may close between the list and the look.
                    continue
                document, journal = found[0], data.store().journal(key)
                if journal:  # It may have gone on since: what is saved fits together.
                    *_, document = states(journal)
                    _add(archive, journal_name(key), lines(journal))
                _add(archive, f"{key}.json", tinydb_file(document))
                saved += 1
        file.flush()
        os.fsync(file.fileno())
    return saved, damaged


def tinydb_file(document: dict[str, object]) -> bytes:
    """The document as TinyDB's own files have it, for people to read."""
    return json.dumps({"_default": {"1": document}}, indent=2, ensure_ascii=False).encode()


def _add(archive: tarfile.TarFile, name: str, text: bytes, at: int | None = None) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text), 0o600
    member.mtime = int(time.time()) if at is None else at
    archive.addfile(member, io.BytesIO(text))
