"""Client: the load client, which is C; what it is to do, and what it found."""

import json
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.processes import CLIENT_CORE, MINE, ROOT, compiled


@dataclass
class Plan:
    """The requests that open streams and make changes, and how a screen's frames are known.

    `token` stands in every frame; `numbered`: two digits follow it, from 10 on, which say which
    change it shows. `first` stands in a whole first view. `at_once` posts are one change, one for
    each room. `by_chunks`: frames are compressed, and each chunk of so many bytes is one.
    """

    streams: list[bytes]
    posts: list[bytes]
    token: bytes
    first: bytes
    numbered: bool = True
    at_once: int = 1
    by_chunks: int = 0
    hello: bytes = b""
    ping: bytes = b""
    pong: bytes = b""

    def write(self, path: Path) -> None:
        records = [(b"S", text) for text in self.streams] + [(b"P", text) for text in self.posts]
        records += [
            (b"T", self.token),
            (b"F", self.first),
            (b"r", b"%d" % self.at_once),
        ]
        records += [(b"H", self.hello), (b"Q", self.ping), (b"A", self.pong)]
        records += [(b"n", b"")] * self.numbered
        records += [(b"c", b"%d" % self.by_chunks)] * bool(self.by_chunks)
        parts = (kind + struct.pack("<I", len(text)) + text for kind, text in records)
        path.write_bytes(b"".join(parts))


@dataclass
class Client:
    """The load client at work, on a core of its own. Every question gets a dictionary of figures.

    `busiest` is the share of its core that it used at most: the client was not the limit while
    that is below one.
    """

    target: str
    plan: Plan
    busiest: float = field(default=0.0, init=False)

    def __enter__(self) -> Self:
        MINE.mkdir(parents=True, exist_ok=True)
        path = MINE / f"plan-{id(self)}"
        self.plan.write(path)
        sources = sorted((ROOT / "bench/load").iterdir())
        self._process = subprocess.Popen(
            [
                "taskset",
                "-c",
                str(CLIENT_CORE),
                compiled("load", *sources),
                self.target,
                path,
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin and self._process.stdout  # both are pipes
        self._asks, self._says = self._process.stdin, self._process.stdout
        self._path = path
        return self

    def __exit__(self, *_: object) -> None:
        self._asks.close()
        self._process.wait(30)
        self._says.close()
        self._path.unlink()

    def does(self, what: str, *numbers: float) -> dict[str, Any]:
        """See bench/load/main.c for what may be asked."""
        self._asks.write(" ".join([what, *map(str, numbers)]) + "\n")
        self._asks.flush()
        line = self._says.readline()
        if not line:
            raise RuntimeError(f"the load client died while it was to {what}")
        found: dict[str, Any] = json.loads(line)
        if what != "close":
            self.busiest = max(self.busiest, found["client"])
        return found
