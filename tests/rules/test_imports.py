"""Who may import whom: left knows nothing of right, and one library has one file."""

import ast
from pathlib import Path

import pytest

MYAPP = Path(__file__).parents[2] / "myapp"
FILES = sorted(MYAPP.rglob("*.py"))

# See "Who may import whom" in the README.
LAYERS = [
    [
        "hub",
        "dice",
        "game",
        "gamekit",
        "names",
        "clock",
        "datastar",
        "proxy",
        "metrics",
        "logs",
        "scores",
        "picture",
        "words",
        "wire",
    ],
    ["store", "door", "cheers", "deeds", "overlay", "people", "tabs"],
    ["journal", "documents"],
    ["store_tinydb", "store_redis", "store_memory", "games"],
    ["room"],
    ["results", "gathering"],
    ["rooms", "presence", "stream", "behind", "page", "rows", "circle", "fanout", "practice"],
    ["replay", "limits", "accounts", "desk", "follow", "grants", "pulse", "undo"],
    ["asks", "weather"],
    ["operator"],
    ["lobby", "caretaker"],
    ["views"],
    ["journey"],
    ["cli", "worker"],
    ["__init__"],
]
SHELVES = ("views", "journey", "games", "gamekit", "store_tinydb", "store_redis", "cli")
"""Folders whose files may import each other."""
HOMES = {
    "babel": {"words", "views"},
    "flask_babel": {"views"},
    "chess": {"games", "gamekit"},
    "flask": {"__init__", "views", "journey", "datastar", "cli", "logs"},
    "tinydb": {"store_tinydb"},
    "redis": {"store_redis"},
    "gevent": {
        "rooms",
        "gathering",
        "replay",
        "worker",
        "store_tinydb",
        "store_redis",
        "store_memory",
        "hub",
        "presence",
        "lobby",
        "caretaker",
        "follow",
        "asks",
        "weather",
        "pulse",
        "views",
        "journey",
        "cli",
    },
    "gunicorn": {"worker"},
    "msgspec": {
        "documents",
        "accounts",
        "desk",
        "game",
        "games",
        "journal",
        "room",
        "replay",
        "results",
        "rooms",
        "store_tinydb",
        "views",
        "journey",
    },
    "werkzeug": {"accounts", "proxy", "views"},
    "prometheus_client": {"metrics"},
    "pygments": {"journey"},
    "segno": {"views"},
    "pygal": {"picture"},
}


def home(path):
    """The name a file goes by in the tables: its own, or its folder's."""
    parts = path.relative_to(MYAPP).with_suffix("").parts
    return parts[0]


def imports(path):
    """Full dotted names of what a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(MYAPP)))
def test_left_knows_nothing_of_right(path):
    rank = {name: n for n, layer in enumerate(LAYERS) for name in layer}
    for name in imports(path):
        if name.startswith("myapp.") and (other := name.split(".")[1]) in rank:
            assert rank[other] <= rank[home(path)], f"{path.name} must not know {name}"
            assert home(path) in SHELVES or other != home(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(MYAPP)))
def test_one_library_has_one_file(path):
    for name in imports(path):
        library = name.split(".")[0]
        if library in HOMES:
            assert home(path) in HOMES[library], f"{path.name} must not import {library}"


def test_a_game_knows_the_house_only_by_the_game_module():
    for path in (MYAPP / "games").glob("*.py"):
        mine = {name for name in imports(path) if name.startswith("myapp")}
        assert all(name.startswith("myapp.game") for name in mine), path.name


def test_the_datastar_adapter_could_be_offered_to_others():
    assert not any(name.startswith("myapp") for name in imports(MYAPP / "datastar.py"))
