"""Step 10, staying connected: one reader's own stream, and everything that can befall it."""

import secrets
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from flask import Response, abort, request
from gevent.queue import Empty, Queue

from myapp.datastar import SSE, DatastarEvent, DatastarResponse, datastar_response
from myapp.game import BadMove
from myapp.journey.frame import change, given, key, lasting, pages, patch, practice
from myapp.stream import hearing_the_end
from myapp.views.house import house
from myapp.views.identity import sent, text
from myapp.views.streams import connection

TROUBLES = ("cut", "slow", "fast", "bad", "freeze")
BEAT = 1.0  # seconds
SLOW = 0.3
FROZEN = 8.0  # the page loses its patience after 4
BAD = 4.0  # how long a bad gateway stays bad
LIFE = 600.0  # a line asks again after this long
EXTRA = 6.0  # how long one of the streams lives that nobody needs
FUSE = 5  # streams of one reader: a browser has six sockets for a server that speaks HTTP/1.1
PATIENCE = 2.0


@given("connection")
def begin() -> dict[str, Any]:
    change("line", lambda doc: {**doc, "kind": "fast", "asked": {}})
    return {"fuse": FUSE}


@pages.post("/10/trouble")
def trouble() -> DatastarResponse:
    """Make trouble, for this reader alone."""
    kind = text(sent(), "kind")
    if kind not in TROUBLES:
        abort(400)
    now = time.time()
    change("line", lambda doc: {**doc, "kind": kind, "at": now, "number": doc.get("number", 0) + 1})
    return DatastarResponse()


@pages.post("/10/ping")
def ping() -> DatastarResponse:
    change("line", lambda doc: {**doc, "pings": doc.get("pings", 0) + 1})
    return DatastarResponse()


@pages.get("/10/live")
def open_line() -> Response:
    asked = ask("line")
    if asked["kind"] == "bad" and time.time() < asked["at"] + BAD:
        return DatastarResponse(status=502)
    return lasting(line(asked.get("number", 0)))


def line(number: int) -> Iterator[DatastarEvent]:
    """A beat a second, until its reader asks for trouble."""
    beats, end = 0, time.monotonic() + LIFE
    with (
        house().store.listen(key("line")) as bell,
        hearing_the_end(connection(), bell) as gone,
        counted("line", LIFE),
    ):
        while not (gone.is_set() or house().hub.closing) and time.monotonic() < end:
            doc = practice("line")
            if doc["kind"] == "slow":
                gevent.sleep(SLOW)
            if doc.get("number", 0) != number:
                number = doc["number"]
                if doc["kind"] in ("cut", "bad"):
                    return hang_up()
                if doc["kind"] == "freeze":
                    gevent.sleep(FROZEN)
            beats += 1
            streams = len(still_open(doc))
            yield patch("_line.html", beats=beats, doc=doc, fuse=FUSE, streams=streams)
            yield SSE.patch_signals({"_pong": doc.get("pings", 0), "_open": streams})
            bell.wait(BEAT)


def hang_up() -> None:
    """As a tunnel does, or a cable: no good-bye."""
    door = request.environ.get("gunicorn.socket")
    if door:
        door.shutdown(socket.SHUT_RDWR)


@pages.get("/10/once")
def say_one_thing() -> DatastarResponse:
    """No loop behind it: it says one thing, and that was it."""
    return DatastarResponse(patch("_once.html", asked=ask("once")["asked"]["once"]))


def ask(what: str) -> dict[str, Any]:
    """Count that the page has asked for this."""

    def asked(doc: dict[str, Any]) -> dict[str, Any]:
        before = doc.get("asked", {})
        return {"kind": "fast", **doc, "asked": {**before, what: before.get(what, 0) + 1}}

    return change("line", asked)


@pages.get("/10/more/live")
def more() -> Response:
    """One more stream, which nobody needs."""
    cure = request.args.get("cure", "")
    if cure == "cap" and any(kind == "more" for kind, _ in still_open(practice("line"))):
        raise BadMove("You have one open already.")
    if len(still_open(practice("line"))) >= FUSE:
        raise BadMove("That is enough: one more, and your browser has no line left to say stop.")
    return lasting(another(cure))


def another(cure: str) -> Iterator[DatastarEvent]:
    with counted("more", EXTRA):
        yield patch("_busy.html", busy=cure == "busy")
        gevent.sleep(EXTRA)
        yield patch("_busy.html", busy=False)


@contextmanager
def counted(kind: str, life: float) -> Iterator[None]:
    """Inside, this stream is one of the reader's open ones."""
    id, until = secrets.token_hex(4), time.time() + life
    change("line", lambda doc: {**doc, "open": {**doc.get("open", {}), id: [kind, until]}})
    try:
        yield
    finally:
        change(
            "line", lambda doc: {**doc, "open": {k: v for k, v in doc["open"].items() if k != id}}
        )


def still_open(doc: dict[str, Any]) -> list[list[Any]]:
    """[kind, until] of each. One whose server was killed counts no longer than it would live."""
    return [stream for stream in doc.get("open", {}).values() if stream[1] > time.time()]


@pages.post("/10/door")
@datastar_response
def door() -> Iterator[DatastarEvent]:
    return meet(rude if text(sent(), "manners") == "rude" else polite)


def meet(manners: Callable[[Queue, Queue], str]) -> Iterator[DatastarEvent]:
    """Two at a door, each with a queue for what the other says to him."""
    ann, bob = Queue(), Queue()
    both = [gevent.spawn(polite, ann, bob), gevent.spawn(manners, bob, ann)]
    gevent.sleep(PATIENCE / 4)
    yield patch("_door.html", stuck=[where(one) for one in both], said=None)
    gevent.joinall(both)
    yield patch("_door.html", stuck=[None, None], said=[one.value for one in both])


def polite(mine: Queue, yours: Queue) -> str:
    try:
        heard = mine.get(timeout=PATIENCE)  # first you
    except Empty:
        return ""
    yours.put("Thank you!")
    return str(heard)


def rude(mine: Queue, yours: Queue) -> str:
    yours.put("Excuse me!")
    return str(mine.get(timeout=PATIENCE))


def where(one: gevent.Greenlet) -> tuple[int, str] | None:
    """The line of this file in which somebody stands and waits; None if he is through."""
    stack = traceback.extract_stack(one.gr_frame) if one.gr_frame else []
    ours = [frame for frame in stack if frame.filename == __file__]
    return (ours[-1].lineno or 0, ours[-1].line or "") if ours else None
