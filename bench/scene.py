"""Scene: a kind of room with so many streams, ready to be served by anyone.

In Vroum it is a folder of data, with sessions for everybody; peers are told how many bytes Vroum's
events had in it, uncompressed, and send as many.
"""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from bench.client import Plan
from bench.processes import ROOT

SECRET = "known to the bench, and long enough"
MOVERS, HELD = (
    40,
    1.5,
)  # who walks in the arena, and how many seconds until a key is said again
MOVES_RATE = MOVERS / HELD  # posts a second
TICKS = 10  # of the arena, in a second
NUMBERS = range(10, 20)  # of changes, round and round
CHANGES = 10  # of anything else, in a second, when time is measured

KINDS = {
    "small": "everyone sees the same small room",
    "arena": "everyone sees the same big arena",
    "different": "everyone sees something different",
}


@dataclass
class Scene:
    """`shared` and `own` are the bytes of one change's events: what all see, and one's own part."""

    kind: str
    streams: int
    data: Path
    shared: int = 0
    own: int = 0
    viewers: list[tuple[str, str]] = field(default_factory=list)  # room, id of who looks at it
    posts: list[bytes] = field(default_factory=list)
    token: bytes = b""
    at_once: int = 1

    @property
    def ticks(self) -> bool:
        """Whether frames come by the clock, and not with each post."""
        return self.kind == "arena"

    @property
    def settings(self) -> dict[str, str]:
        """What the application is told in its environment."""
        return {
            "MYAPP_STORE_URL": "tinydb:data",
            "MYAPP_SECRET_KEY": SECRET,
            "WEB_CONCURRENCY": "1",
            "PYTHONPATH": str(ROOT),
        }

    def plan(self, packed: bool = False) -> Plan:
        """What the load client says to Vroum here."""
        encoding = {"Accept-Encoding": "gzip, deflate, br, zstd"} if packed else {}
        streams = []
        for room, id in self.viewers[: self.streams]:
            query = urlencode({"datastar": json.dumps({"tab": secrets.token_hex(8)})})
            streams.append(request("GET", f"/{room}/live?{query}", id=id, **encoding))
        return Plan(
            streams,
            self.posts,
            self.token,
            first=b'id="host"',
            numbered=not (self.ticks or packed),
            at_once=self.at_once,
            by_chunks=1 if packed else 0,
        )


_app = Flask(__name__)
_app.secret_key = SECRET
_signer = SecureCookieSessionInterface().get_signing_serializer(_app)
assert _signer  # there is a key
_sign = _signer.dumps


def name_of(id: str) -> str:
    return f"P{int(id[-6:], 16)}"


def id_of(room: int, number: int) -> str:
    """Somebody's id; everybody's is different in every room."""
    return f"be7c{room:08x}{number:020x}"


def request(method: str, path: str, body: object = None, id: str = "", **headers: str) -> bytes:
    """The bytes of a request as a page makes it, by whoever has this id."""
    headers |= {
        "Host": "vroum.test",
        "Datastar-Request": "true",
        "Sec-Fetch-Site": "same-origin",
    }
    if id:
        said = {"_permanent": True, "id": id, "name": name_of(id)}
        headers["Cookie"] = f"vroum={_sign(said)}"
    content = b""
    if body is not None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    if method == "POST":
        headers["Content-Length"] = str(len(content))
    lines = [
        f"{method} {path} HTTP/1.1",
        *(f"{name}: {said}" for name, said in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content
