"""Nobody is watching: then nothing is done."""

import math
import time
from pathlib import Path

from myapp.caretaker import SETTLED
from tests.conftest import wait_for
from tests.live.crowd import Visitor, document

ROOMS = 20
BUDGET = 0.1 / 60  # seconds of CPU in a second, all processes together


def test_twenty_rooms_that_nobody_watches_cost_nothing(serve, crowd, counts):
    server = serve(nginx=True, WEB_CONCURRENCY="2")
    started = time.monotonic()
    bob = Visitor(server, "Bob")
    for n in range(ROOMS):
        ann = Visitor(server, "Ann")  # another Ann each time: nobody may open so many rooms
        code = ann.opens_room()
        ann.does(f"/{code}/public")
        if n % 2:
            ann.does(f"/{code}/robot")
            ann.does(f"/{code}/start")  # a GO is due soon, and nobody there to see it
    bob.does(f"/{code}/join")
    pages = crowd.on_both([ann, bob], f"/{code}") + crowd.on_both([ann, bob], "/")
    for page in pages:
        crowd.closes(page)
    ann.does(f"/{code}/private")  # the last that happens: there is nobody to be shown it
    wait_for(lambda: not present(server))
    wait_for(lambda: time.monotonic() > started + SETTLED)  # now everything is looked at
    wait_for(lambda: at_rest(server))

    seconds = counts(6, 60)
    least = math.inf
    for _ in range(3):  # what comes back costs in each of them; a machine that is busy does not
        reads, used = total(server, reads_of), total(server, cpu_of)
        time.sleep(seconds)
        read, used = total(server, reads_of) - reads, total(server, cpu_of) - used
        print(f"{read} reads and {used * 1000:.1f} ms of CPU in {seconds} s")
        assert not read, "something was read"
        least = min(least, used)
        if least < BUDGET * seconds:
            break
    assert len(list((server.data / "rooms").glob("*.json"))) == ROOMS
    assert least < BUDGET * seconds


def present(server):
    """The streams that the workers know of; they notice that a page left when they write to it."""
    documents = [document(path) for path in (server.data / "presence").glob("*.json")]
    return [line for one in documents for line in one["lines"]]


def at_rest(server):
    """Both workers have heard that the last page left: for half a second nobody read anything."""
    before = total(server, reads_of)
    time.sleep(0.5)
    return total(server, reads_of) == before


def total(server, measure):
    return sum(measure(Path(f"/proc/{pid}")) for pid in server.everybody)


def reads_of(process):
    """How many times this process has called the kernel to read anything, and a byte each."""
    io = dict(line.split(": ") for line in (process / "io").read_text().splitlines())
    return int(io["syscr"]) + int(io["rchar"])


def cpu_of(process):
    """Seconds of CPU this process has used, its dead threads too, to the nanosecond."""
    clock = ~int(process.name) << 3 | 2  # as clock_getcpuclockid(3) makes it
    return time.clock_gettime(clock)
