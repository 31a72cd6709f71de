"""The operator edits the files of a running server by hand."""

import json
import re
import shutil
import subprocess
import time

import pytest

from tests.conftest import wait_for
from tests.live.crowd import Visitor, document, words

SOON = 1.0  # seconds until every screen shows an edit


@pytest.fixture
def server(serve):
    return serve(WEB_CONCURRENCY="2")


@pytest.fixture
def people(server):
    return [Visitor(server, name) for name in ("Ann", "Bob", "Cleo", "Dan")]


@pytest.fixture
def code(people):
    """A public room, with Ann and Bob in it."""
    ann, bob, *_ = people
    code = ann.opens_room()
    bob.does(f"/{code}/join")
    ann.does(f"/{code}/public")
    return code


def by_sed(path, old, new):
    subprocess.run(["sed", "-i", f"s/{old}/{new}/", path], check=True)


def by_mv(path, old, new):
    copy = path.with_name("copy.txt")
    text = path.read_text()
    copy.write_text(re.sub(old, new, text))
    subprocess.run(["mv", copy, path], check=True)


def by_vim(path, old, new, *settings):
    vim = next(filter(None, map(shutil.which, ("vim", "vi", "ex"))), None)
    assert vim, "This test edits with vim, and there is none. On Debian: apt-get install vim-tiny"
    command = [vim, "-Nu", "NONE", "-es", *settings, "-c", f"%s/{old}/{new}/", "-c", "x", path]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=20)


def by_vim_that_renames(path, old, new):
    by_vim(path, old, new, "--cmd", "set writebackup backupcopy=no")


def by_vim_in_place(path, old, new):
    by_vim(path, old, new, "--cmd", "set writebackup backupcopy=yes")


WAYS = [by_sed, by_mv, by_vim, by_vim_that_renames, by_vim_in_place]


def test_a_score_changed_in_the_file_is_on_every_screen_within_a_second(
    server, people, code, crowd, counts
):
    pages = crowd.on_both(people, f"/{code}")
    key, score = people[0].in_room(code)["key"], 0
    for _ in range(counts(1, 10)):
        for way in WAYS:
            before, score = score, score + 1
            wait_for(lambda before=before: all(shows(page, before) for page in pages))

            way(server.file(code), f'"{key}": {before}', f'"{key}": {score}')

            start = time.monotonic()
            wait_for(lambda score=score: all(shows(page, score) for page in pages))
            assert time.monotonic() - start < SOON, way
            assert document(server.file(code))["state"]["points"][key] == score
    assert not (server.data / "set-aside").exists()


def shows(page, score):
    return re.search(rf"\b{score} points?\b", page.row("Ann"))


def test_a_broken_file_changes_nothing_and_the_log_says_where_it_is_broken(
    server, people, code, crowd
):
    ann, *_ = people
    pages = crowd.on_both(people, f"/{code}")
    path, key = server.file(code), ann.in_room(code)["key"]
    line = 1 + path.read_text().split(f'"{key}": 0')[0].count("\n")
    before = [(page.html["room"], page.ends[:]) for page in pages]

    by_sed(path, f'"{key}": 0', f'"{key}": 5 points')

    wait_for(lambda: re.search(rf"{code}\.json, line {line}: ", server.log.read_text()))
    status, _, text = ann.ask("GET", f"/{code}")
    assert status == 200 and "0 points" in words(text) and "5 points" not in words(text)
    assert [(page.html["room"], page.ends) for page in pages] == before

    by_sed(path, f'"{key}": 5 points', f'"{key}": 6')

    wait_for(lambda: all(shows(page, 6) for page in pages))
    assert server.log.read_text().count(f"{code}.json, line {line}: ") <= len(server.workers)


def test_a_move_goes_on_from_the_last_good_file_and_the_broken_one_is_set_aside(
    server, people, code, crowd
):
    ann, *_ = people
    pages = crowd.on_both(people, f"/{code}")
    by_sed(server.file(code), '"code"', "code")

    ann.does(f"/{code}/play/first_to", points=5)

    assert document(server.file(code))["state"]["goal"] == 5
    wait_for(lambda: all("first to 5" in page.reads().lower() for page in pages))
    (aside,) = (server.data / "set-aside").iterdir()
    with pytest.raises(json.JSONDecodeError):
        json.loads(aside.read_text())


def test_a_deleted_public_room_leaves_every_home_page_within_a_second(server, people, code, crowd):
    pages = crowd.on_both(people, "/")
    row = f'id="open-{code}"'.encode()
    wait_for(lambda: all(row in page.html["lobby"] for page in pages))

    subprocess.run(["rm", server.file(code)], check=True)

    start = time.monotonic()
    wait_for(lambda: not any(row in page.html["lobby"] for page in pages))
    assert time.monotonic() - start < SOON
    assert people[0].ask("GET", f"/{code}")[0] == 404
