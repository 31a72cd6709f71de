"""Templates: nothing that people type gets into an expression that Datastar runs."""

import re
from pathlib import Path

import pytest

from myapp.views.drawing import PARTS

FOLDER = Path(__file__).parents[2] / "templates"
FILES = sorted(FOLDER.rglob("*.html"))

# What our own code made up: keys, codes, numbers, and addresses of ours.
OURS = {
    "p.key",
    "row.player",
    "me.key if me",
    "me.key if me else ''",
    "room.code",
    "kind",
    "pane",
    "row",
    "room.cheers.shown",
    "player",
    "game.dealt[0]",
    "game.dealt[1]",
    "key",
    "now",
    "room.wall",
    "game.frames|join(' ')",
    "game.round",
    "here",
    "at",
    "of",
    "stays",
    "url",
    "who_mark",
    "doc.asked.line",
    "ill",
    "loop.index",
    "1 if cls else 2",
    '([""] + words)|tojson',
}


def expressions(text):
    """Each data-* attribute of a template: its name, and what is in it."""
    return re.findall(r"""(?<![\w-])(data-[\w:.-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]*)""", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_expressions_hold_nothing_that_people_typed(path):
    for name, value in expressions(path.read_text()):
        assert "{%" not in value, f"{name} in {path.name}"
        for said in re.findall(r"{{(.*?)}}", value, re.S):
            assert said.strip() in OURS, f"{name} in {path.name} says {said}"
        assert "{{" not in name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_name_of_an_attribute_is_made_up(path):
    assert not re.findall(r"data-[\w:.-]*{{", path.read_text())
    bare = re.sub(r"""=\s*("[^"]*"|'[^']*')""", "", path.read_text())
    assert not re.findall(r"<[a-z-]+\s[^>]*{{[^}]*}}\s*=", bare)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_only_whole_fragments_of_ours_are_trusted_as_html(path):
    trusted = set(re.findall(r"(\w+)\s*\|\s*safe", path.read_text()))
    assert trusted <= {"mine", "lobby", "machine", "present", "notes", "documents", "past", *PARTS}
    assert "autoescape" not in path.read_text()


def test_the_expressions_were_found():
    found = [name for path in FILES for name, _ in expressions(path.read_text())]
    assert {"data-signals", "data-effect", "data-on:submit", "data-class:me"} <= set(found)
