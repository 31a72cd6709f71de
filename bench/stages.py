"""Stages: what is measured one after the other; in each, all contestants take turns round by round,
so that a machine that grows slower does so for all."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bench.contestants import everybody
from bench.measure import Figures, alone, back, crowded, flooded, measured
from bench.processes import ROOT, SERVER_CORE, WORK
from bench.results import Results
from bench.rooms import IN_FLIGHT, other_codes, prepared
from bench.scene import KINDS, Scene, id_of
from bench.servers import Server

COMING_BACK = 2000
ROOMS = (1, 100, 5000)
LOOKERS, LOOKED_AT = 1000, 10  # elsewhere, and in so many rooms
GROUP = 100  # streams of the room that is measured while others exist


STORES = {
    "fdatasync": "fdatasync alone (the limit of one each)",
    "vroum": "Vroum's store",
    "sqlite": "SQLite, WAL, synchronous=FULL",
    "tinydb": "plain TinyDB, 100 documents, unsynced",
}


@dataclass
class Wanted:
    """What is to be measured, as asked for on the command line."""

    streams: list[int]
    kinds: list[str]
    stages: list[str]
    only: list[str]
    rounds: int
    seconds: float


class Run:
    """One run of the benchmark: says what it does, and puts what it finds into `results`."""

    def __init__(self, wanted: Wanted, results: Results) -> None:
        self.wanted, self.results = wanted, results
        self.servers = [s for s in everybody() if not wanted.only or s.name in wanted.only]
        for server in [s for s in self.servers if s.missing]:
            self.leave_out(server.name, server.title, server.missing)
            self.servers.remove(server)

    def leave_out(self, name: str, title: str, why: str) -> None:
        print(f"  left out: {title}: {why}", flush=True)
        self.results.left_out[f"{title} ({name})"] = why

    def all(self) -> None:
        for stage in self.wanted.stages:
            STAGES[stage](self)

    def take_turns(
        self,
        stage: str,
        size: int,
        servers: Iterable[Server],
        measure: Callable[..., Figures],
        *scenes: Scene,
        **more: int,
    ) -> None:
        """`measure(server, *scenes, seconds, **more)` for each of them, round by round."""
        failed: set[str] = set()
        for round in range(self.wanted.rounds):
            for server in servers:
                if server.name in failed:
                    continue
                say(f"{stage} {size}, round {round + 1} of {self.wanted.rounds}: {server.title}")
                try:
                    figures = measure(server, *scenes, self.wanted.seconds, **more)
                except (RuntimeError, OSError) as error:
                    failed.add(server.name)
                    self.leave_out(f"{server.name}, {stage} {size}", server.title, str(error))
                    continue
                self.results.add(stage, size, server.name, round, figures)

    def named(self, *names: str) -> list[Server]:
        return [server for server in self.servers if server.name in names]


def fan_out(run: Run) -> None:
    """A change in a room reaches all its screens: the table's main part."""
    for kind in run.wanted.kinds:
        for streams in run.wanted.streams:
            say(f"{KINDS[kind]}: setting up for {streams} streams")
            scene = prepared(kind, streams)
            run.results.sizes[f"{kind} {streams}"] = {"shared": scene.shared, "own": scene.own}
            servers = [server for server in run.servers if kind in server.kinds]
            run.take_turns(kind, streams, servers, measured, scene)


def come_back(run: Run) -> None:
    """Everybody's streams after a restart."""
    scene = prepared("small", COMING_BACK)
    servers = [s for s in run.servers if s.name not in ("vroum-packed", "vroum-unix", "limit-unix")]
    run.take_turns("back", COMING_BACK, servers, back, scene)


def accept_moves(run: Run) -> None:
    """A move in Vroum, and in the others a request that is answered with an empty 204."""
    scene = replace(prepared("moves", 0), shared=1000)
    servers = [s for s in run.servers if s.name not in ("vroum-packed", "nchan")]
    run.take_turns("moves", IN_FLIGHT, servers, flooded, scene, in_flight=IN_FLIGHT)


def grow(run: Run) -> None:
    """What a change costs in one room of many, and while others look at theirs."""
    for rooms in ROOMS:
        say(f"growth: setting up {rooms} rooms")
        scene = prepared("small", GROUP, rooms=rooms)
        run.take_turns("rooms", rooms, run.named("vroum"), alone, scene)
    scene = prepared("small", GROUP, rooms=LOOKED_AT + 1)
    elsewhere = watched_elsewhere(scene)
    run.take_turns("elsewhere", LOOKERS, run.named("vroum"), crowded, scene, elsewhere)


def watched_elsewhere(scene: Scene) -> Scene:
    """The same data, seen by people who look at the other rooms."""
    codes = other_codes(scene.viewers[0][0])
    rooms = [next(codes) for _ in range(LOOKED_AT)]
    viewers = [(rooms[n % LOOKED_AT], id_of(2_000_000, n)) for n in range(LOOKERS)]
    return replace(scene, streams=LOOKERS, viewers=viewers)


def keep(run: Run) -> None:
    """Durable changes a second at the store."""
    scene = prepared("moves", 0)
    folder = WORK / "store"
    for round in range(run.wanted.rounds):
        for name in STORES:
            say(f"store, round {round + 1} of {run.wanted.rounds}: {name}")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(scene.data, folder / "data")
            command = ["taskset", "-c", str(SERVER_CORE), sys.executable, "-m", "bench.durable"]
            command += [name, str(run.wanted.seconds), str(folder)]
            env = {**os.environ, "PYTHONPATH": str(ROOT)}
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
            if done.returncode:
                run.leave_out(name, "the store", done.stderr[-1000:])
                continue
            run.results.add("store", 64, name, round, json.loads(done.stdout))


STAGES = {"fan": fan_out, "back": come_back, "moves": accept_moves, "grow": grow, "store": keep}


def say(what: str) -> None:
    print(f"  {what}", flush=True)
