"""Rooms: each kind of room as Vroum has it, made once by its own requests and then copied."""

import itertools
import math
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator

from bench.processes import MINE
from bench.scene import KINDS, MOVERS, MOVES_RATE, NUMBERS, Scene, id_of, request
from bench.servers import Vroum

AVATARS = 200
SEATS = 250  # of the bench's own game
IN_FLIGHT = 64
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
WEIGHED = 6  # changes, to know how many bytes one is
WALK = 120  # seconds for which the walkers' posts are all different


def prepared(kind: str, streams: int, rooms: int = 1) -> Scene:
    """A scene; with `rooms` there are so many of them, which nobody else is in."""
    scene = Scene(kind, streams, MINE / "scenes" / f"{kind}-{streams}-{rooms}")
    shutil.rmtree(scene.data, ignore_errors=True)
    scene.data.mkdir(parents=True)
    server = Vroum("prepare", "Vroum")
    server.start(scene)
    try:
        door = Door(server.port)
        room = SET_UP[kind](scene, door)
        if streams:
            scene.shared, scene.own = weighed(scene, server.port)
        if scene.own and kind != "different":
            scene.own = 0  # the host's buttons
    finally:
        server.stop()
    shutil.rmtree(scene.data)
    shutil.copytree(server.folder / "data", scene.data)
    shutil.rmtree(scene.data / "presence", ignore_errors=True)
    codes = other_codes(room)
    for number in range(1, copies(scene)):
        copy_room(scene, room, next(codes), number)
    for number in range(1, rooms):
        copy_room(scene, room, next(codes), 1_000_000 + number)
    return scene


def copies(scene: Scene) -> int:
    """How many rooms the streams of this scene, or its posts, are spread over."""
    if scene.kind == "moves":
        return IN_FLIGHT
    return math.ceil(scene.streams / SEATS) if scene.kind == "different" else 1


def other_codes(room: str) -> Iterator[str]:
    """Codes for copies of this room, always the same ones."""
    for letters in itertools.product(LETTERS, repeat=4):
        if (code := "".join(letters)) != room:
            yield code


def copy_room(scene: Scene, room: str, code: str, number: int) -> None:
    """The same room under another code, with other people of the same names."""
    text = (scene.data / f"rooms/{room}.json").read_text()
    text = text.replace(room, code).replace(id_of(0, 0)[:12], id_of(number, 0)[:12])
    (scene.data / f"rooms/{code}.json").write_text(text)


class Door:
    """Asks Vroum as a page does, one request at a time."""

    def __init__(self, port: int) -> None:
        self.port = port

    def posts(self, path: str, id: str, **body: object) -> str:
        """The page one is led to."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as line:
            line.sendall(request("POST", path, body, id, Connection="close"))
            answer = b"".join(iter(lambda: line.recv(65536), b"")).decode()
        if answer[9:12] not in ("200", "204"):
            raise RuntimeError(f"{path} was refused: {answer[:2000]}")
        return answer

    def opens(self, game: str, id: str) -> str:
        found = re.search(r'goto":\s*"/([A-Z]{4})"', self.posts("/rooms", id, game=game))
        if found is None:
            raise RuntimeError("no room was opened")
        return found[1]


def move(room: str, name: str, id: str, **body: object) -> bytes:
    return request("POST", f"/{room}/play/{name}", body | {"act": secrets.token_hex(8)}, id)


def small(scene: Scene, door: Door) -> str:
    """A room of the buzzer before the start; its host says to how many points they play."""
    room = door.opens("buzzer", id_of(0, 0))
    scene.viewers = [(room, id_of(0, n)) for n in range(scene.streams)]
    scene.posts = [move(room, "first_to", id_of(0, 0), points=str(n)) for n in NUMBERS]
    scene.token = b"first to "
    return room


def moves(scene: Scene, door: Door) -> str:
    """As many such rooms as moves are in flight, and nobody who looks."""
    room = door.opens("buzzer", id_of(0, 0))
    codes = [room, *itertools.islice(other_codes(room), IN_FLIGHT - 1)]
    scene.posts = [
        move(code, "first_to", id_of(number, 0), points=str(n))
        for n in NUMBERS
        for number, code in enumerate(codes)
    ]
    return room


def arena(scene: Scene, door: Door) -> str:
    """200 avatars, of whom 40 walk to and fro."""
    room = door.opens("arena", id_of(0, 0))
    for n in range(1, AVATARS):
        door.posts(f"/{room}/join", id_of(0, n))
    scene.viewers = [(room, id_of(0, n)) for n in range(scene.streams)]
    for n in range(round(MOVES_RATE * WALK)):
        turn, who = divmod(n, MOVERS)
        body = {"n": turn + 1, "keys": (2, 8)[turn % 2]}
        path, id = f"/{room}/play/keys", id_of(0, who * AVATARS // MOVERS)
        scene.posts.append(request("POST", path, body, id))
    scene.token = b'id="field" at="'
    return room


def different(scene: Scene, door: Door) -> str:
    """Rooms of the bench's own game, in which everyone has a card of their own."""
    room = door.opens("deal", id_of(0, 0))
    for n in range(1, min(SEATS, scene.streams)):
        door.posts(f"/{room}/join", id_of(0, n))
    scene.at_once = copies(scene)
    codes = [room, *itertools.islice(other_codes(room), scene.at_once - 1)]
    scene.viewers = [
        (codes[n // SEATS], id_of(n // SEATS, n % SEATS)) for n in range(scene.streams)
    ]
    scene.posts = [
        move(code, "deal", id_of(number, 0), n=n)
        for n in NUMBERS
        for number, code in enumerate(codes)
    ]
    scene.token = b"yours "
    return room


OWN = b'id="hand"', b'id="me"', b'id="choices"', b'id="host"'
"""What of a page is one visitor's own."""
SET_UP = {"small": small, "arena": arena, "different": different, "moves": moves}
assert KINDS.keys() <= SET_UP.keys()


def weighed(scene: Scene, port: int) -> tuple[int, int]:
    """The bytes of what one change sends to a page: the events that all share, and one's own.

    Of some changes the lightest: with others comes word of somebody who has no page open.
    """
    plan, weights = scene.plan(), []
    posts = plan.posts[:MOVERS] if scene.ticks else plan.posts[:: scene.at_once][-WEIGHED:]
    with socket.create_connection(("127.0.0.1", port), 5) as screen:
        screen.sendall(plan.streams[min(1, scene.streams - 1)])
        listen(screen, 1.0)
        for post in posts:
            with socket.create_connection(("127.0.0.1", port), 5) as line:
                line.sendall(post)
                line.recv(4096)
            heard = listen(screen, 0.05 if scene.ticks else 0.4).split(b"\n\n")
            events = [event + b"\n\n" for event in heard if b"patch-elements" in event]
            if scene.ticks:
                weights += [(len(event), 0) for event in events if scene.token in event]
            elif any(scene.token in event for event in events):
                own = sum(len(e) for e in events if any(mark in e for mark in OWN))
                weights.append((sum(map(len, events)) - own, own))
    if not weights:
        raise RuntimeError(f"no change was seen in the room that is {scene.kind}")
    return sorted(weights)[len(weights) // 2 if scene.ticks else 0]


def listen(line: socket.socket, seconds: float) -> bytes:
    """What comes down a chunked stream in so many seconds."""
    heard, end = b"", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        line.settimeout(left)
        try:
            heard += line.recv(1 << 20)
        except TimeoutError:
            break
    return re.sub(rb"(?:\r\n)?[0-9a-f]+\r\n(?=event|data|retry|$)|\r\n$", b"", heard)
