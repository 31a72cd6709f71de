"""What the README shows is true: its example of a game is a game."""

import re
import types
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from myapp.game import IllegalMove

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def block(language):
    return re.search(f"```{language}\n(.*?)```", README, re.DOTALL)[1]


@pytest.fixture
def nim():
    module = types.ModuleType("nim")
    exec(compile(block("python"), "README.md", "exec"), module.__dict__)
    game = module.Nim()
    game.on_sit("ann")
    game.on_sit("bob")
    game.on_start()
    return game


def test_its_game_can_be_played_in_a_python_shell(nim):
    for n in range(7):
        nim.play(("ann", "bob")[n % 2], "take", {"n": "3"})
    assert nim.over and nim.status == "The last match is gone."
    assert type(nim).load(nim.dump()) == nim


@pytest.mark.parametrize("args", [{"n": 0}, {"n": 4}, {}, {"n": "all"}])
def test_its_game_refuses_what_makes_no_sense(nim, args):
    with pytest.raises(IllegalMove):
        nim.play("ann", "take", args)
    with pytest.raises(IllegalMove, match="not your turn"):
        nim.play("bob", "take", {"n": 1})
    assert nim.matches == 21


def test_its_template_draws_the_game(nim):
    files = FileSystemLoader(ROOT / "templates")
    env = Environment(loader=files, autoescape=True)
    page = env.from_string(block("jinja")).module
    room = types.SimpleNamespace(code="KXQP")
    assert "|" * 21 in page.stage(room, nim, None, "page")
    hand = page.hand(room, nim, None)
    assert hand.count("<button>") == 3 and 'action="/KXQP/play/take"' in hand


def test_it_is_shorter_than_forty_lines_of_rules():
    assert len([line for line in block("python").splitlines() if line.strip()]) <= 40
