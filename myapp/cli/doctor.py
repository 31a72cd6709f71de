"""doctor: what is wrong with this installation, and the cure."""

import os
import sys
from collections.abc import Iterator

import click
from flask import current_app
from flask.cli import with_appcontext

from myapp.cli import data, front, machine
from myapp.cli.site import Site
from myapp.cli.verdict import verdict


@click.command()
@click.option("--url", help="The address players use: look through nginx too, as they do.")
@with_appcontext
def doctor(url: str | None) -> None:
    """Look for what is wrong and say the cure; the exit status is 1 if anything is.

    Works while the server runs, leaves nothing behind, and gives each check a time limit.
    """
    os.umask(0o077)
    site = None
    if url:
        try:
            site = Site.at(url)
        except ValueError as error:
            raise click.BadParameter(
                f"{url} is no address, like https://vroum.example.org"
            ) from error
    verdicts = [*of_this_machine(), *(of_the_front(site) if site else ())]
    wrong = verdicts.count(False)
    click.echo(f"\n{data.many(wrong, 'thing')} to mend." if wrong else "\nAll is well.")
    sys.stdout.flush()
    if False in verdicts:
        # A thread that still hangs would keep an ordinary exit waiting.
        os._exit(1)


def of_this_machine() -> Iterator[bool]:
    if not data.on_disk():
        yield from of_another_store()
        return
    folder, config = data.folder(), current_app.config
    key, url = config["SECRET_KEY"], config["STORE_URL"]
    yield verdict("secret key", lambda: machine.secret_key(key, folder / data.SECRET))
    usable = verdict("data folder", lambda: machine.data_folder(folder))
    yield usable
    yield verdict("disk space", lambda: machine.disk_space(folder))
    if usable:  # Else looking would make it worse.
        yield verdict("store", lambda: machine.round_trip(url), thread=False)
        yield verdict("clock", lambda: machine.clock(data.store(), folder), thread=False)
    yield verdict("open files", machine.descriptors)


def of_another_store() -> Iterator[bool]:
    config = current_app.config
    yield verdict("secret key", lambda: machine.secret_elsewhere(config["SECRET_KEY"]))
    there = verdict("store", lambda: machine.round_trip(config["STORE_URL"]), thread=False)
    yield there
    if there:
        yield verdict("promise", lambda: f"{data.store().examine()}.", thread=False)
        yield verdict("clock", lambda: machine.clock_elsewhere(data.store()), thread=False)
    yield verdict("open files", machine.descriptors)


def of_the_front(site: Site) -> Iterator[bool]:
    there = verdict("address", lambda: front.answers(site))
    yield there
    if not there:
        return
    past = front.past_nginx(site)
    yield verdict("streaming", lambda: front.streaming(site, past), seconds=front.PATIENCE + 5)
    yield verdict("forms", lambda: front.origin(site))
    yield verdict("static files", lambda: front.static(site))
    if site.scheme == "https":
        yield verdict("certificate", lambda: front.certificate(site))
        yield verdict("HTTP/2", lambda: front.http2(site))
        if site.port == 443:
            yield verdict("redirect", lambda: front.redirect(site))
