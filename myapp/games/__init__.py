"""The games: one file each, found by being here."""

import importlib
import pkgutil
from functools import cache

from myapp.game import Game


@cache
def found() -> dict[str, type[Game]]:
    """Every game in this folder, by the name of its file."""
    games = {}
    for module in pkgutil.iter_modules(__path__):
        for thing in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if isinstance(thing, type) and issubclass(thing, Game) and thing is not Game:
                thing.kind = module.name
                games[module.name] = thing
    return games
