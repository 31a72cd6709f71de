"""Moving house: everything goes from one kind of store to another, and can be read there."""

import json
import subprocess
import time

import pytest

from myapp.hub import Hub
from myapp.store import open_store
from tests.conftest import wait_for
from tests.live.crowd import Visitor
from tests.redis import Redis


@pytest.fixture
def redis(tmp_path):
    redis = Redis(tmp_path / "redis")
    yield redis
    redis.stop()


@pytest.fixture
def played(serve, tmp_path):
    """A folder that a server has left behind: rooms, a journal, results, an account, a secret."""
    server = serve()
    ann, bob = Visitor(server, "Ann"), Visitor(server, "Bob")
    ann.does("/sign-up", name="Ann", password="correct horse battery")
    for game in ("buzzer", "chess", "arena"):
        code = ann.opens_room(game)
        bob.does(f"/{code}/join")
        ann.does(f"/{code}/start")
    server.stop()
    server.code = code
    server.people = ann, bob
    return server


def contents(url):
    """Every document with its journal and what stands beside, to the byte."""
    store = open_store(url, Hub())
    store.keep_journal("rooms/")
    keys = [key for kind in store.kinds() for key in store.keys(f"{kind}/")]
    keys = [key for key in keys if key.partition("/")[0] in ("rooms", "results", "accounts")]
    documents = {
        key: json.dumps([store.get(key), store.journal(key)], ensure_ascii=False) for key in keys
    }
    past = store.past()
    store.close()
    assert any(key.startswith("rooms/") for key in keys) and past.secret
    return documents, past.secret, past.away


def test_from_a_folder_to_redis_and_back_nothing_has_changed(played, redis, operator, tmp_path):
    home, back = f"tinydb:{played.data}", f"tinydb:{tmp_path / 'back'}"
    before = contents(home)
    said = operator(played).does("store", "copy", home, redis.url)
    assert "read them back the same" in said and f"MYAPP_STORE_URL={redis.url}" in said
    assert contents(redis.url) == before
    operator(played).does("store", "copy", redis.url, back)
    assert contents(back) == before
    for path in (played.data / "rooms").glob("*.json"):
        copy = json.loads((tmp_path / "back/rooms" / path.name).read_text())
        assert json.dumps(copy["_default"]) == json.dumps(json.loads(path.read_text())["_default"])
    assert (tmp_path / "back/secret-key").stat().st_mode & 0o777 == 0o600


def test_the_game_goes_on_in_the_new_house_and_nobody_was_charged(
    played, serve, redis, operator, crowd
):
    ann, bob = played.people
    operator(played).does("store", "copy", f"tinydb:{played.data}", redis.url)
    clock = json.loads(redis.says("HGET", f"rooms/{played.code}", "doc"))["clock"]
    server = serve(redis=redis)
    for visitor in (ann, bob):
        visitor.server, visitor.headers["Origin"] = server, server.url
    page = crowd.looks(ann, f"/{played.code}")
    wait_for(lambda: page.row("Bob"))
    ann.does(f"/{played.code}/pause")
    after = server.document(f"rooms/{played.code}")["clock"]
    away = float(redis.says("HGET", "vroum", "away"))
    assert away > 0.5
    assert after["at"] - clock["at"] < time.time() - clock["since"] - away + 1
    bob.does("/log-in", name="Ann", password="correct horse battery")


def test_it_can_be_run_again_also_when_it_was_broken_off(played, redis, operator):
    home = f"tinydb:{played.data}"
    operator(played).does("store", "copy", home, redis.url)
    redis.says("DEL", f"rooms/{played.code}")
    assert "the same" in operator(played).does("store", "copy", home, redis.url)
    assert contents(redis.url) == contents(home)


def test_it_refuses_what_is_in_use_what_is_something_else_and_what_is_newer(
    played, redis, operator, serve
):
    home = f"tinydb:{played.data}"
    redis.put("rooms/BCDF", '{"something":"else"}')
    said = operator(played).types("store", "copy", home, redis.url)
    assert said.status == 1 and "holds 1 document of something else" in said.err
    operator(played).does("store", "copy", home, redis.url, "--replace")
    assert redis.says("EXISTS", "rooms/BCDF") == "0"

    server = serve(redis=redis)
    Visitor(server, "Cleo").opens_room()
    said = operator(played).types("store", "copy", home, redis.url)
    assert said.status == 1 and "in use (process" in said.err
    server.stop()
    said = operator(played).types("store", "copy", home, redis.url)
    assert said.status == 1 and "it is the newer one" in said.err

    played.start()
    said = operator(played).types("store", "copy", home, redis.url, "--replace")
    assert said.status == 1 and "stop the server first" in said.err


@pytest.mark.parametrize(
    ("src", "sentence"),
    [
        ("tinydb:./nowhere", "There is no nowhere"),
        ("mongo:x", "give it a folder"),
        ("memory:", "ends with its process"),
    ],
)
def test_a_source_that_is_none_is_named(redis, operator, src, sentence):
    said = operator().types("store", "copy", src, redis.url)
    assert said.status == 1 and sentence in said.err


def test_the_other_commands_beside_a_server_on_redis(serve, operator, tmp_path):
    server = serve(redis=True)
    ann = Visitor(server, "Ann")
    code = ann.opens_room()
    desk = operator(server, MYAPP_STORE_URL=server.redis.url)
    said = desk.types("doctor")
    assert said.status == 0, said
    names = ["secret key", "store", "promise", "clock", "open files"]
    assert [line[7:].partition(":")[0] for line in said.out.splitlines()[:-2]] == names
    assert "survives a power cut" in said.line("promise")
    assert code in desk.does("rooms", "list") and "Ann" in desk.does("rooms", "show", code)
    assert "all good" in desk.does("check")
    assert "operator-link" in desk.does("operator")
    archive = tmp_path / "today.tar.gz"
    assert "Wrote" in desk.does("backup", archive)
    said = desk.types("restore", archive)
    assert said.status == 1 and "store copy" in said.err
    restored = operator(server, MYAPP_STORE_URL=f"tinydb:{tmp_path / 'restored'}")
    assert "Restored" in restored.does("restore", archive)
    assert (tmp_path / f"restored/rooms/{code}.json").exists()
    desk.does("rooms", "close", code, "--yes")
    assert ann.ask("GET", f"/{code}")[0] == 404
    server.redis.says("CONFIG", "SET", "appendonly", "no")
    assert desk.types("doctor").line("promise").startswith("WRONG")


def test_without_redis_a_command_says_so(operator, tmp_path):
    desk = operator(MYAPP_STORE_URL=f"unix://{tmp_path}/nowhere.sock")
    said = desk.types("rooms", "list")
    assert said.status == 1 and "is it running?" in said.err
    assert desk.types("doctor").line("store").startswith("WRONG")
    assert subprocess.run(["ls", tmp_path / "desk"], capture_output=True).stdout == b""
