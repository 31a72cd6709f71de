"""Streams: how many there may be, how they end, and how all come back."""

import ctypes
import os
import re
import signal
import socket
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT, Served, wait_for
from tests.faults.conftest import FULL
from tests.faults.lines import ended, gauge, hold, read_until
from tests.live.crowd import document, edit


class Hasty(Served):
    """A server whose nginx waits one second, not fifteen, for a page that does not read."""

    def start(self):
        deploy = self.folder / "deploy"
        if deploy.is_symlink():
            deploy.unlink()
            deploy.mkdir()
            for path in (ROOT / "deploy").iterdir():
                if path.name != "locations.conf":
                    (deploy / path.name).symlink_to(path)
            text = (ROOT / "deploy/locations.conf").read_text()
            assert "send_timeout 15s;" in text
            (deploy / "locations.conf").write_text(
                text.replace("send_timeout 15s;", "send_timeout 1s;")
            )
        super().start()


@contextmanager
def patience_as_installed():
    """How long the kernel goes on with a line that is silent, as deploy/install.sh sets it."""
    installed = re.search(r"tcp_retries2 = (\d+)", (ROOT / "deploy/install.sh").read_text())
    setting = Path("/proc/sys/net/ipv4/tcp_retries2")
    here = setting.read_text()
    setting.write_text(installed[1])
    try:
        yield
    finally:
        setting.write_text(here)


@pytest.fixture(scope="module")
def small(start_server):
    """A server that can take nine streams, four of them in one room."""
    return start_server(nginx=True, MYAPP_STREAMS="9", MYAPP_STREAMS_PER_ROOM="4")


def test_of_nine_tabs_the_newest_three_live_and_the_others_stay_quiet(ann, code, open_streams):
    """Fault 31."""
    lines = [open_streams(ann, f"/{code}/live", tab=f"tab{n}")[0] for n in range(9)]
    for line in lines[:6]:
        assert b"_elsewhere" in read_until(line, b"_elsewhere")
        assert ended(line)
    for n in range(6):
        assert open_streams(ann, f"/{code}/live", tab=f"tab{n}")[1] == 204
    for line in lines[6:]:
        read_until(line, b'id="host"')


def test_a_closed_page_is_gone_within_a_second(server, ann, code, open_streams):
    """Fault 32."""
    before = gauge(server, "vroum_streams")
    line, _ = open_streams(ann, f"/{code}/live")
    wait_for(lambda: gauge(server, "vroum_streams") == before + 1)
    line.close()
    wait_for(lambda: gauge(server, "vroum_streams") == before, 1)


def test_a_page_that_vanishes_without_a_word_is_gone_in_two_minutes(
    server, ann, code, open_streams
):
    """Fault 33. Its kernel answers nothing any more, as when a phone leaves the network."""
    before = gauge(server, "vroum_streams")
    line, _ = open_streams(ann, f"/{code}/live")
    read_until(line, b'id="host"')
    if not FULL:  # then it is at least gone when its kernel says that it knows of no such line
        line.setsockopt(socket.IPPROTO_TCP, 19, 1)  # TCP_REPAIR: closed without a FIN
        line.close()
        ann.does(f"/{code}/lock")
        wait_for(lambda: gauge(server, "vroum_streams") == before, 2)
        return
    deaf = ctypes.create_string_buffer(b"\x06" + bytes(7), 8)  # a filter: let no packet through
    program = (1).to_bytes(8, "little") + ctypes.addressof(deaf).to_bytes(8, "little")
    with patience_as_installed():
        line.setsockopt(socket.SOL_SOCKET, 26, program)  # SO_ATTACH_FILTER
        wait_for(lambda: gauge(server, "vroum_streams") == before, 120)


def test_a_page_that_never_reads_is_cut_and_costs_no_memory(start_server, visit, open_streams):
    """Fault 34."""
    server = start_server(Hasty, nginx=True)
    ann = visit("Ann", at=server)
    code = ann.opens_room()

    def crowded(doc, n):
        doc["people"] = doc["people"][:1] + [
            {"key": f"p{k}", "id": f"id{k}", "name": f"{n} {k}" + "x" * 12, "seated": k < 60}
            for k in range(2, 200)
        ]

    edit(server.file(code), lambda doc: crowded(doc, 0))
    open_streams(ann, f"/{code}/live", read_no_more=True)
    wait_for(lambda: gauge(server, "vroum_streams") == 1)
    memory = _memory(server)
    for n in range(1, 2000):
        edit(server.file(code), lambda doc, n=n: crowded(doc, n % 97))
        time.sleep(0.01)
        if n % 20 == 0 and gauge(server, "vroum_streams") == 0:
            break
    assert gauge(server, "vroum_streams") == 0
    assert _memory(server) < memory + 20_000_000


def _memory(server):
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in server.workers]
    return sum(pages) * os.sysconf("SC_PAGESIZE")


def test_beyond_the_cap_a_stream_waits_its_turn_and_everything_else_goes_on(
    small, visit, open_streams
):
    """Fault 35, for a room and for the server."""
    people = [visit(f"P{n}", at=small) for n in range(5)]
    codes = [person.opens_room() for person in people[:3]]
    seen = [open_streams(people[0], f"/{codes[0]}/live?view=screen")[1] for _ in range(6)]
    assert seen == [200] * 4 + [503] * 2
    lines = []
    for n in range(7):
        lines.append(open_streams(people[n % 5], f"/{codes[1 + n % 2]}/live?view=obs"))
    assert [status for _, status in lines] == [200] * 5 + [503] * 2
    for path in ("/live", f"/{codes[2]}/live", f"/{codes[2]}/live?view=screen"):
        line, status = hold(people[4], path)
        assert status == 503 and b"Retry-After: " in line.recv(4096)
        line.close()
    assert people[1].post(f"/{codes[1]}/lock")[0] == 303
    assert small.ask("GET", "/healthz")[0] == 200
    lines[0][0].close()
    wait_for(lambda: open_streams(people[4], f"/{codes[2]}/live")[1] == 200, 2)


def test_beyond_the_cap_in_all_workers_together_too(start_server, visit, open_streams):
    """Fault 35."""
    server = start_server(nginx=True, MYAPP_STREAMS_IN_ALL="4", WEB_CONCURRENCY="2")
    people = [visit(f"P{n}", at=server) for n in range(8)]
    code = people[0].opens_room()
    seen = []
    for person in people:
        seen.append(open_streams(person, f"/{code}/live")[1])
        wait_for(lambda: told(server) == min(len(seen), 4))
    assert seen == [200] * 4 + [503] * 4


def told(server):
    """How many streams the workers have told each other of."""
    files = (server.data / "presence").glob("*.json")
    return sum(len(document(path)["lines"]) for path in files)


@pytest.fixture
def pages(pair, visit, crowd, counts):
    """Many people look at Ann's room."""
    people = [visit(f"P{n}", at=pair) for n in range(counts(20, 2000))]
    code = people[0].opens_room()
    pages = [crowd.opens(person, f"/{code}") for person in people]
    wait_for(lambda: all(page.live for page in pages), 60)
    return pages


def all_back(pages, seconds):
    """Everybody's page came back whole, in this time, and saw nothing worse than a short wait."""
    wait_for(lambda: all(len(page.wholes) > 1 and page.live for page in pages), seconds + 10)
    waits = [page.wholes[-1] - page.ends[0] for page in pages]
    assert max(waits) < seconds, max(waits)
    assert not [page.refusals for page in pages if page.refusals]


def test_after_a_reload_all_are_back_in_two_seconds_and_no_click_is_lost(pair, pages, visit):
    """Fault 36, and 38: though nothing had changed, each got the whole view."""
    ann = visit("Ann", at=pair)
    os.kill(pair.master, signal.SIGHUP)
    codes = []
    while not all(len(page.wholes) > 1 for page in pages):
        codes.append(ann.opens_room() if len(codes) < 8 else ann.ask("GET", "/")[0])
        time.sleep(0.05)
    all_back(pages, 2)
    assert all(document(pair.file(code))["code"] == code for code in codes if isinstance(code, str))


def test_pages_of_a_killed_worker_are_back_and_the_state_is_whole(pair, pages):
    """Fault 37."""
    before = document(pair.file(pages[0].visitor.opens_room()))
    worker = pair.workers[0]
    wait_for(lambda: all(page.worker for page in pages[:3]))
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: worker not in pair.workers and len(pair.workers) == 2)
    wait_for(lambda: all(page.live for page in pages), 8)
    gone = [page for page in pages if page.ends or page.cuts]
    waits = [page.wholes[-1] - page.ends[-1] for page in gone if page.ends]
    assert not waits or max(waits) < 3
    assert document(pair.file(before["code"])) == before


def test_reloading_nginx_brings_all_back_too(pair, pages):
    """Fault 39."""
    nginx = int((pair.folder / "run/nginx.pid").read_text())
    children = Path(f"/proc/{nginx}/task/{nginx}/children")
    old = set(children.read_text().split())
    os.kill(nginx, signal.SIGHUP)
    wait_for(lambda: set(children.read_text().split()) - old)
    assert pair.ask("GET", "/healthz")[0] == 200
    if FULL:
        wait_for(lambda: all(len(page.wholes) > 1 for page in pages), 20)
    wait_for(lambda: all(page.live for page in pages))
    assert not [page.refusals for page in pages if page.refusals]
