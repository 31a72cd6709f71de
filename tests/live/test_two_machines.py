"""Two machines with one Redis and one nginx before them: they are as one, and one may go."""

import random
import signal
import time
from types import SimpleNamespace

import pytest

from tests.conftest import ROOT, free_port, wait_for
from tests.live.crowd import DONE, Visitor
from tests.live.machines import FAKETIME, Front, Machine, Network, why_not
from tests.live.test_two_workers import start_and_go
from tests.redis import Redis

BACK = 2.0  # seconds until the players of a machine that died are back
PATIENCE = 3.0  # seconds until a page says that nothing can be saved
ALIKE = 0.1  # seconds by which two machines may differ about when something was


@pytest.fixture(scope="module")
def networks():
    if why := why_not():
        pytest.skip(f"LEFT OUT: {why}, so two machines were not tried")
    networks = []
    try:
        for number in (1, 2):
            networks.append(Network(number))
        yield networks
    finally:
        for network in networks:
            network.end()


@pytest.fixture
def house(networks, tmp_path):
    """`house(ahead=...)`: one and two, which serve, the redis they share, and the front."""
    begun = []

    def build(ahead=0.0, affinity=""):
        redis = Redis(tmp_path / "redis", free_port(), "0.0.0.0")
        begun.append(redis)
        machines = []
        for network in networks:
            folder = tmp_path / network.name
            folder.mkdir()
            machines.append(Machine(folder, network, redis, ahead if machines else 0.0))
            begun.append(machines[-1])
        (tmp_path / "front").mkdir()
        front = Front(tmp_path / "front", redis, machines, affinity)
        begun.append(front)
        return SimpleNamespace(one=machines[0], two=machines[1], redis=redis, front=front)

    yield build
    for part in reversed(begun):
        if isinstance(part, Machine):
            part.stop()
            part.kept_quiet()
        else:
            part.stop()


def at(machine, visitor):
    """The same person, going straight to this machine."""
    there = Visitor.__new__(Visitor)
    there.server, there.name, there.address = machine, visitor.name, None
    there.headers = {**visitor.headers, "Origin": machine.url}
    return there


def room_on_both(house, crowd, game="buzzer"):
    """Ann, Bob, their room and their pages, on different machines."""
    people = ann, bob = Visitor(house.front, "Ann"), Visitor(house.front, "Bob")
    code = ann.opens_room(game)
    bob.does(f"/{code}/join")
    return ann, bob, code, crowd.on_both(people, f"/{code}")


def test_when_a_machine_dies_its_players_go_on_at_the_other(house, crowd):
    house = house()
    ann, bob, code, pages = room_on_both(house, crowd)
    ann_page, bob_page = pages
    start_and_go(house.front, ann, code, pages)
    dying = next(m for m in (house.one, house.two) if bob_page.worker in m.workers)
    others = house.two if dying is house.one else house.one

    died = time.monotonic()
    dying.kill()

    wait_for(lambda: bob_page.ends and bob_page.live)
    assert bob_page.wholes[-1] - died < BACK
    bob.does(f"/{code}/play/buzz", round=1, reaction=140)
    wait_for(lambda: all("1 point" in page.row("Bob") for page in pages))
    wait_for(lambda: bob_page.worker in others.workers)
    assert not ann_page.ends
    ann.does(f"/{code}/pause")
    wait_for(lambda: "Paused" in bob_page.reads())


@pytest.mark.parametrize("how", ["frozen", "stopped"])
def test_while_redis_is_away_pages_say_so_and_nothing_acknowledged_is_lost(house, crowd, how):
    house = house()
    ann, bob, code, pages = room_on_both(house, crowd)
    start_and_go(house.front, ann, code, pages)
    bob.does(f"/{code}/play/buzz", round=1, reaction=140)
    acknowledged = house.front.document(f"rooms/{code}")["state"]["rows"]
    assert len(acknowledged) == 1

    if how == "frozen":
        house.redis.process.send_signal(signal.SIGSTOP)
    else:
        house.redis.stop()
    gone = time.monotonic()
    wait_for(lambda: all('"_wait":true' in page.says for page in pages), PATIENCE)
    while time.monotonic() < gone + 5:
        for machine in (house.one, house.two):
            began = time.monotonic()
            status, _, text = at(machine, ann).post(f"/{code}/pause")
            assert status == 503 and "cannot save right now" in text
            assert time.monotonic() - began < PATIENCE
            assert at(machine, ann).ask("GET", "/healthz")[0] == 200
    if how == "frozen":
        house.redis.process.send_signal(signal.SIGCONT)
    else:
        house.redis.start()

    wait_for(lambda: all(heals(page) for page in pages))
    after = house.front.document(f"rooms/{code}")
    assert [row["received"] for row in after["state"]["rows"]] == [acknowledged[0]["received"]]
    assert after["clock"]["since"] is not None, "what was refused was not done later either"
    wait_for(lambda: bob.post(f"/{code}/pause")[0] in (DONE, 403))
    ann.does(f"/{code}/pause")
    wait_for(lambda: all("Paused" in page.reads() for page in pages))


def heals(page):
    return page.says.rfind('"_wait":false') > page.says.rfind('"_wait":true') and page.live


def test_a_redis_that_comes_back_empty_is_told_plainly_and_nothing_is_made_up(house, crowd):
    house = house()
    ann, _, code, pages = room_on_both(house, crowd)
    house.redis.stop()
    for path in house.redis.folder.glob("appendonlydir/*"):
        path.unlink()
    house.redis.start()

    wait_for(lambda: all("This room is closed" in page.reads() for page in pages))
    for machine in (house.one, house.two):
        wait_for(lambda machine=machine: "has lost all its data" in machine.log.read_text())
        assert at(machine, ann).ask("GET", f"/{code}")[0] == 404
    assert house.front.keys("rooms") == []
    new = ann.opens_room()
    wait_for(lambda: len(house.front.keys("presence")) == 2)
    assert house.front.document(f"rooms/{new}")["people"][0]["name"] == "Ann"


@pytest.mark.skipif(not FAKETIME.exists(), reason="LEFT OUT: Debian's faketime is not here")
@pytest.mark.parametrize("ahead", [1.0, -1.0])
def test_clocks_that_differ_by_a_second_change_no_ranking(house, crowd, ahead):
    house = house(ahead)
    ann, bob, code, pages = room_on_both(house, crowd)
    begun = time.time()
    start_and_go(house.front, ann, code, pages)
    order = [(house.one, ann), (house.two, bob)]
    random.shuffle(order)
    pressed = []
    for machine, player in order:
        pressed.append(time.time())
        assert at(machine, player).post(f"/{code}/play/buzz", round=1, reaction=140)[0] == DONE
        time.sleep(0.3)
    rows = {row["player"]: row for row in house.front.document(f"rooms/{code}")["state"]["rows"]}
    first, second = (rows[player.in_room(code)["key"]] for _, player in order)
    assert abs(second["received"] - first["received"] - (pressed[1] - pressed[0])) < ALIKE
    assert 0 < first["received"] - first["sent"] < pressed[0] - begun + ALIKE
    assert first["rank"] == 1


@pytest.mark.skipif(not FAKETIME.exists(), reason="LEFT OUT: Debian's faketime is not here")
def test_clocks_that_differ_by_a_second_cost_nobody_a_second_at_chess(house, crowd):
    house = house(1.0)
    ann, bob, code, _ = room_on_both(house, crowd, "chess")
    ann.does(f"/{code}/start")
    doc = house.front.document(f"rooms/{code}")
    white = doc["state"]["white"]
    players = sorted((ann, bob), key=lambda who: who.in_room(code)["key"] != white)
    thought = {0: 0.0, 1: 0.0}
    since = time.monotonic()
    for ply, move in enumerate(("e4", "e5", "Nf3", "Nc6", "Bb5", "a6", "Ba4", "Nf6")):
        time.sleep(0.2)
        machine = (house.one, house.two)[ply % 3 % 2]
        status, _, text = at(machine, players[ply % 2]).post(
            f"/{code}/play/make", move=move, ply=ply
        )
        assert status == DONE, text
        now = time.monotonic()
        thought[ply % 2] += now - since
        since = now
    clock = house.front.document(f"rooms/{code}")["state"]["clock"]
    for side in (0, 1):
        spent = clock["limit"] + 4 * clock["increment"] - clock["left"][side]
        assert spent <= thought[side] + ALIKE
        assert spent >= thought[side] - 4 * 0.35 - ALIKE


def test_with_room_affinity_a_room_is_on_one_machine_and_needs_it_not(house, crowd):
    line = "hash $vroum_room consistent;\n"
    assert f"    # {line}" in (ROOT / "deploy/nginx.conf").read_text()
    house = house(affinity=line)
    ann, bob = Visitor(house.front, "Ann"), Visitor(house.front, "Bob")
    codes = [ann.opens_room() for _ in range(8)]
    used = set()
    for code in codes:
        bob.does(f"/{code}/join")
        pages = [crowd.looks(person, f"/{code}") for person in (ann, bob)]
        workers = {wait_for(lambda page=page: page.worker) for page in pages}
        assert len(workers) == 1
        used |= workers
        for page in pages:
            crowd.closes(page)
    assert len(used) == 2, "rooms are spread"
    pages = [crowd.looks(person, f"/{codes[0]}") for person in (ann, bob)]
    worker = wait_for(lambda: pages[0].worker)
    dying = next(machine for machine in (house.one, house.two) if worker in machine.workers)
    dying.kill()
    wait_for(lambda: all(page.ends and page.live for page in pages))
    ann.does(f"/{codes[0]}/start")
    wait_for(lambda: all("Wait for it" in page.reads() for page in pages))
