"""Measure: one server in one scene, once. What is found is a dictionary of figures, by name:

deliveries  a second, at saturation: one change on one screen is one delivery
us          CPU microseconds of the server per delivery, user and system, all its processes
share       of its core that the server used then; client: of its own that the load client did
p50, p99    seconds from a post to each screen, at CHANGES a second; last_...: to the last screen;
            of ticks, which no post makes: from the first screen to each other
missing     how many deliveries of those never came
kb          memory per idle stream, PSS of all processes
bytes       a second and player: at CHANGES a second, in the arena at its TICKS
frame       bytes of one delivery
failed      posts refused, and streams lost
"""

import time
from typing import Any

from bench.client import Client
from bench.contestants import Peer
from bench.scene import CHANGES, MOVES_RATE, TICKS, Scene
from bench.servers import Server

SETTLED = 0.7  # seconds after which a server that nobody asks has done what it had to
WARM = 20  # streams that come and go before memory is weighed

Figures = dict[str, Any]


def measured(server: Server, scene: Scene, seconds: float) -> Figures:
    """Start this server, measure for about so many seconds each, and stop it."""
    server.start(scene)
    try:
        with Client(server.target, server.plan(scene)) as client:
            figures = opened(server, client, scene)
            measure = ticking if scene.ticks else changing
            figures |= measure(server, client, scene, seconds)
            return figures | {"client": client.busiest}
    finally:
        server.stop()


def opened(server: Server, client: Client, scene: Scene) -> Figures:
    client.does("open", min(WARM, scene.streams))
    client.does("close")
    time.sleep(SETTLED)
    before = server.group.memory()
    found = client.does("open", scene.streams)
    if found["first"] < scene.streams:
        raise RuntimeError(f"only {found['first']} of {scene.streams} streams had a first view")
    time.sleep(SETTLED)
    kb = (server.group.memory() - before) / scene.streams
    client.busiest = 0.0  # from here on it must not be the limit
    return {"kb": kb, "open": found["seconds"]}


def changing(server: Server, client: Client, scene: Scene, seconds: float) -> Figures:
    client.does("saturate", min(0.5, seconds / 3))
    used = server.group.cpu()
    full = client.does("saturate", seconds)
    used = server.group.cpu() - used
    paced = client.does("pace", seconds * 3, CHANGES)
    if full["stuck"] or not full["deliveries"]:
        raise RuntimeError(f"a change did not reach every screen: {full}")
    return {
        "deliveries": full["deliveries"] / full["seconds"],
        "us": used / full["deliveries"] * 1e6,
        "share": used / full["seconds"],
        **{name: paced.get(name) for name in ("p50", "p99", "last_p50", "last_p99", "missing")},
        "bytes": paced["bytes"] / paced["seconds"] / scene.streams,
        "frame": full["bytes"] / full["deliveries"],
        "failed": full["failed"] + paced["failed"] + paced["lost"],
    }


def ticking(server: Server, client: Client, scene: Scene, seconds: float) -> Figures:
    """Vroum's clock makes the frames; for peers the load client's posts do, as often."""
    rate = MOVES_RATE + (TICKS if isinstance(server, Peer) else 0)
    client.does("drive", 1, rate)
    used = server.group.cpu()
    found = client.does("drive", seconds * 2, rate)
    used = server.group.cpu() - used
    if not found["frames"]:
        raise RuntimeError(f"nobody saw anything move: {found}")
    return {
        "deliveries": found["frames"] / found["seconds"],
        "us": used / found["frames"] * 1e6,
        "share": used / found["seconds"],
        "p50": found.get("p50"),
        "p99": found.get("p99"),
        "bytes": found["bytes"] / found["seconds"] / scene.streams,
        "frame": found["bytes"] / found["frames"],
        "failed": found["failed"] + found["lost"],
    }


def back(server: Server, scene: Scene, seconds: float) -> Figures:
    """Seconds until everybody is back with a first view, when a server is stopped and started."""
    server.start(scene)
    with Client(server.target, server.plan(scene)) as client:
        try:
            client.does("open", scene.streams)
        finally:
            server.stop()
        client.does("close")
        server.again(scene)
        try:
            client.target = server.target
            found = client.does("open", scene.streams)
        finally:
            server.stop()
    if found["first"] < scene.streams:
        raise RuntimeError(f"only {found['first']} of {scene.streams} are back")
    return {"seconds": found["seconds"], "client": found["client"]}


def flooded(server: Server, scene: Scene, in_flight: int, seconds: float) -> Figures:
    """CPU of the server per post, with so many on their way at any time."""
    server.start(scene)
    try:
        with Client(server.target, server.plan(scene)) as client:
            client.does("flood", min(0.5, seconds / 3), in_flight)
            used = server.group.cpu()
            found = client.does("flood", seconds, in_flight)
            used = server.group.cpu() - used
    finally:
        server.stop()
    return {
        "us": used / found["posts"] * 1e6,
        "posts": found["posts"] / found["seconds"],
        "failed": found["failed"],
        "client": found["client"],
    }


def alone(server: Server, scene: Scene, seconds: float) -> Figures:
    """CPU per change and per delivery."""
    server.start(scene)
    try:
        with Client(server.target, server.plan(scene)) as client:
            return costs(server, client, scene, seconds)
    finally:
        server.stop()


def crowded(server: Server, scene: Scene, elsewhere: Scene, seconds: float) -> Figures:
    """The same while others look at rooms of their own."""
    server.start(scene)
    try:
        with (
            Client(server.target, server.plan(elsewhere)) as others,
            Client(server.target, server.plan(scene)) as client,
        ):
            others.does("open", elsewhere.streams)
            time.sleep(SETTLED)
            return costs(server, client, scene, seconds)
    finally:
        server.stop()


def costs(server: Server, client: Client, scene: Scene, seconds: float) -> Figures:
    client.does("open", scene.streams)
    client.does("saturate", 0.5)
    used = server.group.cpu()
    found = client.does("saturate", seconds)
    used = server.group.cpu() - used
    return {
        "change_us": used / found["changes"] * 1e6,
        "us": used / found["deliveries"] * 1e6,
        "failed": found["failed"],
    }
