"""Promises: what is to hold, each with the figure that was measured and the one that is wanted.

Nothing here is typed in but what is wanted: every figure is a ratio of two that were measured in
the same round, or one that was measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.results import Results, Where

Figure = Callable[[Results], float | None]


@dataclass(frozen=True)
class Promise:
    says: str
    most: float  # wanted: at most this; at least, if `least`
    figure: Figure
    least: bool = False
    below: bool = False  # wanted: less, not just as much
    of: str = ""  # what it is a figure of, if not a ratio

    def verdict(self, results: Results) -> dict[str, Any]:
        found = self.figure(results)
        if found is None:
            holds = "not measured"
        elif self.least:
            holds = "holds" if found >= self.most else "does not hold"
        else:
            good = found < self.most if self.below else found <= self.most
            holds = "holds" if good else "does not hold"
        sign = "at least" if self.least else "below" if self.below else "at most"
        wanted = f"{sign} {self.most:g}{self.of}"
        return {
            "promise": self.says,
            "figure": found,
            "wanted": wanted,
            "verdict": holds,
        }


def against(figure: str, above: str, below: str, stage: str = "small", size: int = 1000) -> Figure:
    """The ratio of one server's figure to another's in the same place."""
    here = Where(stage, size, above), Where(stage, size, below)
    return lambda results: results.ratio(*here, figure)


def one(figure: str, server: str, stage: str = "small", size: int = 1000) -> Figure:
    return lambda results: results.median(Where(stage, size, server), figure)


def between(figure: str, above: Where, below: Where) -> Figure:
    return lambda results: results.ratio(above, below, figure)


def compressed(figure: str) -> Figure:
    """Compressed to not, in the arena; None where nothing was compressed."""
    frame, found = (against(f, "vroum-packed", "vroum", "arena") for f in ("frame", figure))
    return lambda results: found(results) if (frame(results) or 1) < 0.9 else None


def vroum(stage: str, size: int) -> Where:
    return Where(stage, size, "vroum")


SMALL = "same small room, CPU per delivery:"
ARENA = "big arena, compressed to uncompressed:"
PROMISES = [
    Promise(f"{SMALL} to the C program over TCP", 1.5, against("us", "vroum", "limit")),
    Promise(
        f"{SMALL} to the C program over a unix socket",
        2.5,
        against("us", "vroum-unix", "limit-unix"),
    ),
    Promise(f"{SMALL} to nchan", 1, against("us", "vroum", "nchan"), below=True),
    Promise(f"{SMALL} to Node + better-sse", 1, against("us", "vroum", "node"), below=True),
    Promise(f"{SMALL} to Quart + hypercorn", 1 / 4, against("us", "vroum", "quart")),
    Promise(
        f"{SMALL} at 5,000 streams to that at 1,000",
        1.25,
        between("us", Where("itself", 5000, "small"), Where("itself", 1000, "small")),
    ),
    Promise(
        "everyone sees something different, CPU per delivery: to the same small room",
        1.5,
        between("us", Where("itself", 1000, "different"), Where("itself", 1000, "small")),
    ),
    Promise(
        "behind nginx, CPU of all processes per delivery: to nginx + the queue recipe",
        0.6,
        against("us", "vroum-nginx", "recipe-nginx"),
    ),
    Promise(
        f"{ARENA} bytes per frame and player",
        1 / 25,
        against("frame", "vroum-packed", "vroum", "arena"),
    ),
    Promise(f"{ARENA} CPU per delivery", 1, compressed("us")),
    Promise(f"{ARENA} memory per stream", 1, compressed("kb")),
    Promise(
        "p99 from POST to the last of 1,000 screens: to the C program",
        1.5,
        against("last_p99", "vroum", "limit"),
    ),
    Promise(
        "p99 from POST to the last of 1,000 screens: to nchan",
        1,
        against("last_p99", "vroum", "nchan"),
    ),
    Promise("memory per idle stream in gunicorn", 16, one("kb", "vroum"), of=" KB"),
    Promise(
        "2,000 clients back with their first view: to aiohttp",
        1.5,
        against("seconds", "vroum", "aiohttp", "back", 2000),
    ),
    Promise(
        "an accepted move, 64 in flight, CPU: to Quart + hypercorn answering an empty 204",
        1.2,
        against("us", "vroum", "quart", "moves", 64),
    ),
    Promise(
        "durable changes per second at the store: to plain TinyDB with 100 documents",
        8,
        against("changes", "vroum", "tinydb", "store", 64),
        least=True,
    ),
    Promise(
        "durable changes per second at the store: to SQLite, WAL, synchronous=FULL",
        1,
        against("changes", "vroum", "sqlite", "store", 64),
        least=True,
    ),
]

# Noise alone moves a ratio by so much in a good run: what is promised not to depend on something
# must stay below it.
NOISE = 1.15
GROWTH = [
    Promise(
        f"a change in one room of {rooms:,}: CPU to one room of one",
        NOISE,
        between("change_us", vroum("rooms", rooms), vroum("rooms", 1)),
    )
    for rooms in (100, 5000)
] + [
    Promise(
        "a change while 1,000 streams look at other rooms: CPU to none elsewhere",
        NOISE,
        between("change_us", vroum("elsewhere", 1000), vroum("rooms", 1)),
    )
]


def verdicts(results: Results) -> list[dict[str, Any]]:
    return [promise.verdict(results) for promise in PROMISES + GROWTH]
