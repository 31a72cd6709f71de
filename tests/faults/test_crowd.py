"""A crowd: five thousand open streams, and a click is as quick as with none."""

import time

from tests.conftest import wait_for
from tests.faults.conftest import SECRET, fresh_address
from tests.faults.lines import Somebody, gauge, hold
from tests.live.crowd import Visitor

IN_A_ROOM = 50


def p99(times):
    return sorted(times)[int(len(times) * 0.99) - 1]


def measured(server, people, code):
    """How long /healthz and clicks take, in seconds: the slowest but one in a hundred."""
    clicks, health = [], []
    for n in range(12):
        for person in people:
            began = time.perf_counter()
            assert person.post(f"/{code}/{'sit' if n % 2 else 'watch'}")[0] == 303
            clicks.append(time.perf_counter() - began)
            began = time.perf_counter()
            assert server.ask("GET", "/healthz")[0] == 200
            health.append(time.perf_counter() - began)
            time.sleep(0.002)
    return p99(clicks), p99(health)


def test_with_all_streams_open_a_click_and_health_take_no_tenth_of_a_second(start_server, counts):
    """Fault 35."""
    server = start_server(nginx=True, MYAPP_SECRET_KEY=SECRET)
    streams = counts(300, 5000)
    owners = [Visitor(server, f"P{n}", fresh_address()) for n in range(streams // IN_A_ROOM)]
    codes = [owner.opens_room() for owner in owners]
    people = [Visitor(server, f"Q{n}", fresh_address()) for n in range(10)]
    for person in people:
        person.does(f"/{codes[0]}/join")
    alone = measured(server, people[:5], codes[0])
    lines = []
    try:
        for n in range(streams):
            someone = Somebody(server, SECRET, f"S{n}", f"127.60.{n // 250}.{n % 250 + 1}")
            line, status = hold(someone, f"/{codes[n % len(codes)]}/live")
            lines.append(line)
            assert status == 200
        assert gauge(server, "vroum_streams") == streams
        among = measured(server, people[5:], codes[0])
        print(f"\n{streams} streams: click {among[0] * 1e3:.0f} ms, health {among[1] * 1e3:.0f} ms")
        print(f"no streams: click {alone[0] * 1e3:.0f} ms, health {alone[1] * 1e3:.0f} ms")
        assert max(among) < 0.1
    finally:
        for line in lines:
            line.close()
    wait_for(lambda: server.ask("GET", "/healthz")[0] == 200)
