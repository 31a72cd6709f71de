"""Step 9, several things at once: one stream composes what several tasks find out."""

import http.client
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
from flask import Response, abort, request
from gevent.lock import Semaphore

from myapp.datastar import SSE, DatastarEvent, DatastarResponse, read_signals
from myapp.game import IllegalMove
from myapp.journey.frame import change, key, lasting, pages, patch, practice
from myapp.rooms import Rooms
from myapp.stream import hearing_the_end
from myapp.views.house import house
from myapp.views.streams import connection

Task = tuple[Callable[[Any], object], object]

BEAT = 5.0  # seconds
SPIN = 0.5  # seconds that the scary loop is let loose

spinning = Semaphore()


def fetch(door: socket.socket | None) -> str:
    """Ask a server over HTTP whether it is well: this very one, by its own front door."""
    gevent.sleep(1.2)  # others live farther away
    if door is None:
        return "nobody there"
    line = http.client.HTTPConnection("localhost", timeout=2)
    line.sock = socket.socket(door.family)
    line.sock.connect(door.getsockname())
    line.request("GET", "/healthz")
    return line.getresponse().read().decode().split()[0]


def validate(value: str) -> bool:
    """A name is valid when it contains "uno"."""
    gevent.sleep(0.4)  # for effect
    return "uno" in value.lower()


def query(rooms: Rooms) -> int:
    """How many rooms the real store holds."""
    gevent.sleep(0.8)
    return len(rooms.codes())


@pages.get("/9/live")
def together() -> Response:
    """What is asked for is frozen when the stream opens. To ask for something else, ask again."""
    signals = read_signals() or {}
    value, wanted = signals.get("value"), signals.get("tasks")
    if not isinstance(value, str) or not isinstance(wanted, dict):
        abort(400)
    door = request.environ.get("gunicorn.socket")
    tasks: dict[str, Task] = {
        "fetch": (fetch, door),
        "validate": (validate, value),
        "query": (query, house().rooms),
    }
    chosen = {name: task for name, task in tasks.items() if wanted.get(name)}
    return lasting(compose(key("tasks"), value[:40], chosen))


def compose(mine: str, value: str, tasks: dict[str, Task]) -> Iterator[DatastarEvent]:
    """Begin all of them, and tell what comes of each as soon as it is known."""
    began, wakes, left = time.monotonic(), 0, set(tasks)
    before, note = practice("tasks"), noted(secrets.token_hex(4), left)
    with house().store.listen(mine) as bell, hearing_the_end(connection(), bell) as gone:
        note()
        yield patch("_tasks.html", names=[*tasks], value=value, before=before, now=time.time())
        running = {name: gevent.spawn(*task) for name, task in tasks.items()}
        for name, task in running.items():
            task.link(lambda _, name=name: bell.ring(name))
        try:
            while not (gone.is_set() or house().hub.closing):
                for name in bell.wait(BEAT) & left:
                    left.remove(name)
                    note()
                    after = time.monotonic() - began
                    yield patch("_task.html", name=name, found=running[name].value, after=after)
                wakes += 1
                yield SSE.patch_signals({"_wakes": wakes, "_done": bool(tasks) and not left})
        finally:  # the page has gone, or asks for something else
            gevent.killall([*running.values()], block=False)
            note(ended=time.time())


def noted(id: str, left: set[str]) -> Callable[..., None]:
    """Keep in the reader's document how it is with this stream, until the next one is asked for.

    The next one may come before this one has heard that nobody listens; then it has the last word.
    """
    change("tasks", lambda _: {"id": id, "began": time.time()})

    def note(**more: float) -> None:
        now = {"left": len(left), **more}
        change("tasks", lambda doc: {**doc, **now} if doc.get("id") == id else doc)

    return note


@pages.post("/9/spin")
def spin() -> DatastarResponse:
    """Wait for nothing, twice: asking all the time whether it has come, and being told."""
    if not spinning.acquire(blocking=False):
        raise IllegalMove("One such loop at a time. Try again in a second.")
    try:
        with house().store.listen(key("spin")) as bell:
            loop, wait = cost(lambda: gevent.sleep(0)), cost(lambda: bell.wait(SPIN))
    finally:
        spinning.release()
    return DatastarResponse(patch("_spin.html", loop=loop, wait=wait, seconds=SPIN))


def cost(pause: Callable[[], object]) -> tuple[int, float]:
    """How many turns a loop with this pause makes in SPIN seconds, and what it burns."""
    turns, burnt, end = 0, time.process_time(), time.monotonic() + SPIN
    while time.monotonic() < end:
        pause()
        turns += 1
    return turns, time.process_time() - burnt
