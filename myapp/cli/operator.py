"""operator: a link that lets you into the operator page, once."""

import os
from pathlib import Path

import click

from myapp.cli import data
from myapp.grants import LINK
from myapp.views.house import house

FILE = "operator-link"


@click.command()
@click.option("--url", help="Where players find the server, like https://vroum.example.org.")
@data.command
def operator(url: str | None) -> None:
    """Write a link to the operator page into a file that only you can read.

    It works once, for a quarter of an hour. The page is at /operator.
    """
    url = url or f"http://{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
    key = house().operator.grants.link()
    place = (data.folder() if data.on_disk() else Path()) / FILE
    place.unlink(missing_ok=True)
    with data.write(place) as file:
        file.write(f"{url.rstrip('/')}/operator?key={key}\n".encode())
    minutes = f"{LINK / 60:.0f} minutes"
    click.echo(f"Open the link in {place.absolute()}. It works once, within {minutes}.")
