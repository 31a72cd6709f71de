"""Several things at once: one stream tells what becomes of each task, in the order they finish."""

import time
from collections.abc import Callable, Iterator

import gevent
from datastar_py import ServerSentEventGenerator as SSE

from myapp.hub import Bell

BEAT = 5.0  # seconds

Task = Callable[[], object]


def compose(
    tasks: dict[str, Task], bell: Bell, gone: Callable[[], bool], draw: Callable[..., str]
) -> Iterator[bytes]:
    """Do all of it at the same time. `draw(name, result, after)` is a fragment."""
    began = time.monotonic()
    running = {name: gevent.spawn(task) for name, task in tasks.items()}
    for name, task in running.items():
        task.link(lambda _, name=name: bell.ring(name))
    left = set(running)
    try:
        while not gone():
            for name in bell.wait(BEAT) & left:
                left.remove(name)
                yield SSE.patch_elements(
                    draw(name, running[name].value, time.monotonic() - began)
                ).encode()
                if not left:
                    yield SSE.patch_signals({"_message": "All tasks completed."}).encode()
            yield SSE.patch_signals({"_beat": 1}).encode()
    finally:
        gevent.killall(list(running.values()), block=False)
