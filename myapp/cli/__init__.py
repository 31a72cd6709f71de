"""Commands for the operator and for who writes a game: `flask --app wsgi ...`."""

import os

from flask import Flask

from myapp.cli.backup import backup
from myapp.cli.check import check
from myapp.cli.doctor import doctor
from myapp.cli.new_game import new_game
from myapp.cli.operator import operator
from myapp.cli.restore import restore
from myapp.cli.rooms import rooms
from myapp.cli.store import store


def register(app: Flask) -> None:
    for command in (doctor, backup, restore, rooms, check, operator, store, new_game):
        app.cli.add_command(command)


def commanded() -> bool:
    """Whether this process runs one of these commands, and serves nobody."""
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true"
