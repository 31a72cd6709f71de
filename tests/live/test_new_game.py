"""A new game is two files, and needs no other to be touched."""

import hashlib
import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.live.crowd import Visitor, words

NEEDED = ["myapp", "templates", "translations", "static", "deploy", "wsgi.py", "pyproject.toml"]
CONTRACT = "tests/contract/test_games.py"


@pytest.fixture
def house(tmp_path):
    """A copy of the house, to build in."""
    house = tmp_path / "house"
    house.mkdir()
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, house / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, house)
    (house / CONTRACT).parent.mkdir(parents=True)
    shutil.copy(ROOT / CONTRACT, house / CONTRACT)
    return house


def files(house):
    """What is in each file."""
    return {
        str(path.relative_to(house)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in house.rglob("*")
        if path.is_file()
    }


def run(house, *command):
    """What a Python program said that ran in the house; nothing it caches stays."""
    env = {**os.environ, "PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=house, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_two_files_make_a_game_that_ann_and_bob_can_play(serve, house):
    before = files(house)

    run(house, "flask", "--app", "wsgi", "new-game", "tic_toc")

    new = {"myapp/games/tic_toc.py", "templates/games/tic_toc.html"}
    after = files(house)
    assert set(after) - set(before) - {"data/secret-key"} == new
    assert {path: after[path] for path in before} == before

    passed = run(house, "pytest", "-p", "no:cacheprovider", "-k", "tic_toc", "-v", CONTRACT)
    assert "[tic_toc] PASSED" in passed and "FAILED" not in passed

    server = serve(PYTHONPATH=str(house), PYTHONDONTWRITEBYTECODE="1")
    ann, bob = Visitor(server, "Ann"), Visitor(server, "Bob")
    assert "New Tic Toc room" in words(ann.ask("GET", "/")[2])
    code = ann.opens_room("tic_toc")
    bob.does(f"/{code}/join")
    ann.does(f"/{code}/start")

    for _ in range(5):
        ann.does(f"/{code}/play/press")
        status, _, page = ann.post(f"/{code}/play/press")
        assert status == 409 and "Let somebody else press first." in page
        assert bob.post(f"/{code}/play/grab")[0] == 400
        bob.does(f"/{code}/play/press")

    page = words(bob.ask("GET", f"/{code}")[2])
    assert "Ann : 5" in page and "Bob : 5" in page
    assert {path: files(house)[path] for path in after} == after


def test_a_mistake_in_one_page_keeps_no_other_from_being_served(serve, house):
    (house / "templates/games/buzzer.html").write_text("{% macro stage(")
    server = serve(PYTHONPATH=str(house), PYTHONDONTWRITEBYTECODE="1")
    assert Visitor(server, "Ann").opens_room("scratch")
    assert "a page cannot be drawn: TemplateSyntaxError" in server.log.read_text()
