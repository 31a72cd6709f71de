"""Nobody is watching: then nothing is done."""

import time
from pathlib import Path

from tests.conftest import wait_for
from tests.live.crowd import Visitor, document

ROOMS = 20
BUDGET = 0.1 / 60  # seconds of CPU in a second, all processes together


def test_twenty_rooms_that_nobody_watches_cost_nothing(serve, crowd, counts):
    server = serve(nginx=True, WEB_CONCURRENCY="2")
    ann, bob = Visitor(server, "Ann"), Visitor(server, "Bob")
    for n in range(ROOMS):
        code = ann.opens_room()
        bob.does(f"/{code}/join")
        ann.does(f"/{code}/public")
        if n % 2:
            ann.does(f"/{code}/start")  # a GO is due soon, and nobody there to see it
    pages = crowd.on_both([ann, bob], f"/{code}") + crowd.on_both([ann, bob], "/")
    for page in pages:
        crowd.closes(page)
    wait_for(lambda: not present(server), 30)

    seconds = counts(10, 60)
    reads, used = total(server, reads_of), total(server, cpu_of)
    time.sleep(seconds)
    read, used = total(server, reads_of) - reads, total(server, cpu_of) - used

    print(f"{read} reads and {used * 1000:.1f} ms of CPU in {seconds} s")
    assert len(list((server.data / "rooms").glob("*.json"))) == ROOMS
    assert not read, "something was read"
    assert used < BUDGET * seconds


def present(server):
    """Whose streams the workers still know of: they notice at their next beat that a page left."""
    return [line for path in (server.data / "presence").glob("*.json") for line in document(path)["lines"]]


def total(server, measure):
    return sum(measure(Path(f"/proc/{pid}")) for pid in server.everybody)


def reads_of(process):
    """How many times this process has called the kernel to read anything, and a byte each."""
    io = dict(line.split(": ") for line in (process / "io").read_text().splitlines())
    return int(io["syscr"]) + int(io["rchar"])


def cpu_of(process):
    """Seconds of CPU this process has used, to the nanosecond."""
    return sum(int(path.read_text().split()[0]) for path in process.glob("task/*/schedstat")) / 1e9
