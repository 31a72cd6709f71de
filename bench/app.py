"""Vroum as `make bench` serves it: the whole application, as `wsgi` makes it, but for two things.

One player of the bench moves for a whole crowd, so nobody's commands are too many; they are still
counted. And there is one more game, made as anyone would make it, in which everybody's own part of
the page changes with every move.
"""

from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader

from myapp import create_app, games, limits

HERE = Path(__file__).parent / "games"

object.__setattr__(limits.COMMANDS, "rate", 1e9)
object.__setattr__(limits.COMMANDS, "burst", 1e9)
games.__path__.append(str(HERE))

app = create_app()
assert app.jinja_loader  # it has a folder of templates
app.jinja_loader = ChoiceLoader([app.jinja_loader, PrefixLoader({"games": FileSystemLoader(HERE)})])
