"""Validation: one question, asked of the server in four ways, and a line that asks too much."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import wraps

import gevent
from flask import Response, abort

from myapp.datastar import SSE, DatastarEvent, DatastarResponse, datastar_response, read_signals
from myapp.journey.frame import change, key, lasting, look_again, pages, patch, practice
from myapp.stream import Look

LEASH = 3.0  # seconds that the loop may run
STEP = 0.001  # seconds between its frames

Frames = Iterator[DatastarEvent]


def typed() -> str:
    """The name that the page sent with its signals."""
    try:
        name = (read_signals() or {}).get("name", "")
    except ValueError:
        abort(400)
    return name[:60] if isinstance(name, str) else ""


def good(name: str) -> bool:
    return "uno" in name.lower()


@pages.get("/3/once")
def once() -> Response:
    return DatastarResponse(SSE.patch_signals({"_once": good(typed())}))


@pages.get("/3/yields")
@datastar_response
def yields() -> Frames:
    yield SSE.patch_signals({"_yields": good(typed())})


@pages.get("/3/fragment")
def fragment() -> Response:
    name = typed()
    return DatastarResponse(patch("validation_verdict.html", name=name, good=good(name)))


def counted(name: str, frames: Iterable[bytes | str]) -> Iterator[bytes | str]:
    """The frames, each followed by how many bytes there have been."""
    sent = 0
    for frame in frames:
        sent += len(frame)
        yield frame
        yield SSE.patch_signals({"_sent": {name: sent}})


def leashed(loop: Callable[[], Frames]) -> Callable[[], Response]:
    """Hold the loop back, so that nobody else's page slows down, and end it when it is due."""

    def held() -> Iterator[bytes | str]:
        end = time.monotonic() + LEASH
        for frame in counted("loop", loop()):
            yield frame
            gevent.sleep(STEP)
            if time.monotonic() > end:
                return

    return wraps(loop)(lambda: lasting(held()))


@pages.get("/3/loop")
@leashed
def loop() -> Frames:
    name = typed()
    while True:
        yield SSE.patch_signals({"_loop": good(name)})


@pages.post("/3/name")
def name() -> Response:
    """Keep what is typed; whoever listens to the key hears the bell."""
    name = typed()
    change("name", lambda _: {"name": name})
    return DatastarResponse()


@pages.get("/3/live")
def bell() -> Response:
    def look() -> Look:
        name = practice("name").get("name", "")
        frame = patch("validation_bell.html", name=name, good=good(name))
        return Look((frame.encode(),))

    return lasting(counted("bell", look_again(look, key("name"))))
