"""new-game: the two files of a game, playable before a line is changed."""

import keyword
import re
from pathlib import Path

import click
from flask import current_app

from myapp import games

GAME = '''"""{title}: say in one line what this game is."""

from dataclasses import dataclass, field

from myapp.game import Game, IllegalMove, move

GOAL = 10


@dataclass
class {name}(Game):
    title = "{title}"
    seats = range(2, 9)

    points: dict[str, int] = field(default_factory=dict)
    last: str = ""

    @property
    def over(self) -> bool:
        return max(self.points.values(), default=0) >= GOAL

    @property
    def status(self) -> str:
        return "The game is over." if self.over else f"First to {{GOAL}}, and never twice in a row."

    def audience(self, player: str) -> str:
        return "everyone"

    def on_sit(self, player: str) -> None:
        self.points.setdefault(player, 0)

    def on_start(self) -> None:
        self.points, self.last = dict.fromkeys(self.points, 0), ""

    @move
    def press(self, player: str) -> None:
        if self.over:
            raise IllegalMove("The game is over.")
        if player == self.last:
            raise IllegalMove("Let somebody else press first.")
        self.points[player] += 1
        self.last = player
'''

TEMPLATE = """{% from "macros.html" import command %}

{% macro stage(room, game, presence, view) %}
<ul aria-label="Points">
  {% for player in room.players %}
  <li id="points-{{ player.key }}"><bdi>{{ player.name }}</bdi>: {{ game.points[player.key] }}</li>
  {% endfor %}
</ul>
{% endmacro %}

{% macro hand(room, game, me) %}
{{ command("/" ~ room.code ~ "/play/press", "Press") }}
{% endmacro %}
"""


@click.command("new-game")
@click.argument("name")
def new_game(name: str) -> None:
    """Write the two files of a new game called NAME, playable before you change them."""
    taken = keyword.iskeyword(name) or name in games.found()
    if taken or not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", name):
        raise click.BadParameter("take a new name of small letters, like tic_tac_toe")
    words = [word.capitalize() for word in name.split("_")]
    folder = Path(current_app.root_path)
    files = {
        folder / "games" / f"{name}.py": GAME.format(name="".join(words), title=" ".join(words)),
        folder.parent / "templates" / "games" / f"{name}.html": TEMPLATE,
    }
    for path, words_in_it in files.items():
        path.write_text(words_in_it)
        click.echo(f"wrote {path.relative_to(folder.parent)}")
