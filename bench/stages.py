"""Stages: what is measured one after the other; in each, all contestants take turns round by round,
so that a machine that grows slower does so for all."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from bench.contestants import everybody
from bench.measure import Figures, alone, back, crowded, flooded, measured
from bench.processes import MINE, ROOT, SERVER_CORE
from bench.results import Results, Where
from bench.rooms import IN_FLIGHT, other_codes, prepared
from bench.scene import KINDS, Scene, id_of
from bench.servers import Server

COMING_BACK = 2000
ROOMS = (1, 100, 5000)
LOOKERS, LOOKED_AT = 1000, 10  # elsewhere, and in so many rooms
GROUP = 100  # streams of the room that is measured while others exist


@dataclass(frozen=True)
class Turn:
    """One measurement that is taken once in every round, for about so many seconds."""

    where: Where
    title: str
    measure: Callable[[float], Figures]


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

    def take_turns(self, turns: list[Turn]) -> None:
        """Measure all of them, round by round. Who fails once is left out from then on."""
        failed: set[Where] = set()
        for round in range(self.wanted.rounds):
            for turn in [turn for turn in turns if turn.where not in failed]:
                stage, size, name = turn.where
                say(f"{stage} {size:,}, round {round + 1} of {self.wanted.rounds}: {turn.title}")
                try:
                    figures = turn.measure(self.wanted.seconds)
                except (RuntimeError, OSError) as error:
                    failed.add(turn.where)
                    self.leave_out(f"{name}, {stage} {size}", turn.title, str(error))
                else:
                    self.results.add(stage, size, name, round, figures)

    @property
    def vroum(self) -> list[Server]:
        """Vroum, over TCP; nobody when others alone are asked for."""
        return [server for server in self.servers if server.name == "vroum"]


def fan_out(run: Run) -> None:
    """A change in a room reaches all its screens: the table's main part."""
    for kind in run.wanted.kinds:
        for streams in run.wanted.streams:
            say(f"{KINDS[kind]}: setting up for {streams} streams")
            scene = prepared(kind, streams)
            run.results.sizes[f"{kind} {streams}"] = {
                "shared": scene.shared,
                "own": scene.own,
            }
            run.take_turns(
                [
                    Turn(
                        Where(kind, streams, s.name),
                        s.title,
                        partial(measured, s, scene),
                    )
                    for s in run.servers
                    if kind in s.kinds
                ]
            )


def compare_itself(run: Run) -> None:
    """Vroum beside itself: with more streams, and where everyone sees something different."""
    scenes = [
        prepared("small", 1000),
        prepared("small", 5000),
        prepared("different", 1000),
    ]
    run.take_turns(
        [
            Turn(
                Where("itself", at.streams, at.kind),
                f"Vroum, {at.kind}",
                partial(alone, s, at),
            )
            for at in scenes
            for s in run.vroum
        ]
    )


def come_back(run: Run) -> None:
    """Everybody's streams after a restart."""
    scene = prepared("small", COMING_BACK)
    absent = "vroum-packed", "vroum-unix", "limit-unix"
    run.take_turns(
        [
            Turn(Where("back", COMING_BACK, s.name), s.title, partial(back, s, scene))
            for s in run.servers
            if s.name not in absent
        ]
    )


def accept_moves(run: Run) -> None:
    """A move in Vroum, and in the others a request that is answered with an empty 204."""
    scene = replace(prepared("moves", 0), shared=1000)
    run.take_turns(
        [
            Turn(
                Where("moves", IN_FLIGHT, s.name),
                s.title,
                partial(flooded, s, scene, IN_FLIGHT),
            )
            for s in run.servers
            if s.name != "vroum-packed"
        ]
    )


def grow(run: Run) -> None:
    """What a change costs in one room of many, and while others look at theirs."""
    turns = []
    for server in run.vroum:
        for rooms in ROOMS:
            say(f"growth: setting up {rooms:,} rooms")
            scene = prepared("small", GROUP, rooms=rooms)
            measure = partial(alone, server, scene)
            turns.append(Turn(Where("rooms", rooms, "vroum"), f"{rooms:,} rooms", measure))
        scene = prepared("small", GROUP, rooms=LOOKED_AT + 1)
        measure = partial(crowded, server, scene, watched_elsewhere(scene))
        turns.append(Turn(Where("elsewhere", LOOKERS, "vroum"), "others look elsewhere", measure))
    run.take_turns(turns)


def watched_elsewhere(scene: Scene) -> Scene:
    """The same data, seen by people who look at the other rooms."""
    codes = other_codes(scene.viewers[0][0])
    rooms = [next(codes) for _ in range(LOOKED_AT)]
    viewers = [(rooms[n % LOOKED_AT], id_of(2_000_000, n)) for n in range(LOOKERS)]
    return replace(scene, streams=LOOKERS, viewers=viewers)


def keep(run: Run) -> None:
    """Durable changes a second at the store."""
    scene = prepared("moves", 0)
    run.take_turns(
        [
            Turn(Where("store", IN_FLIGHT, name), title, partial(durable, scene, name))
            for name, title in STORES.items()
        ]
    )


def durable(scene: Scene, name: str, seconds: float) -> Figures:
    """Measured by a process of its own, on the servers' core."""
    folder = MINE / "store"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(scene.data, folder / "data")
    command = [
        "taskset",
        "-c",
        str(SERVER_CORE),
        sys.executable,
        "-m",
        "bench.durable",
        name,
    ]
    done = subprocess.run(
        [*command, str(seconds), str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-1000:])
    figures: Figures = json.loads(done.stdout)
    return figures


STAGES = {
    "fan": fan_out,
    "itself": compare_itself,
    "back": come_back,
    "moves": accept_moves,
    "grow": grow,
    "store": keep,
}


def say(what: str) -> None:
    print(f"  {what}", flush=True)
