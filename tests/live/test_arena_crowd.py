"""A crowd in the arena: everybody sees everybody walk in time, and nothing is drawn twice."""

import asyncio
import json
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor

from myapp.games.arena import RATE, Avatar
from tests.faults.conftest import SECRET
from tests.faults.lines import Somebody, gauge
from tests.live.crowd import Page, Visitor, document
from tests.live.test_idle import cpu_of, total

WAYS = (1, 2, 3, 4, 6, 8, 9, 12)
HELD, RESTED = (0.4, 1.6), (0.3, 1.2)  # seconds that people walk one way, and then stand
FIELD = re.compile(rb'at="(\d+)" places="([^"]*)"')
DRAWN = 'vroum_drawings_total{part="table"}'


class Walker(Somebody, Visitor):
    """Somebody who needed no request to have a name."""


class Screen(Page):
    """A page that notes when it showed which field; screens that show the same share the note."""

    def __init__(self, visitor, path, known):
        super().__init__(visitor, path)
        self.known, self.showed = known, []

    def _take(self, event):
        super()._take(event)
        if found := FIELD.search(event):
            number = self.known.setdefault(found.groups(), len(self.known))
            self.showed.append((time.monotonic(), number))


async def walk(person, code, end, pressed):
    """Press keys and let go until the end; `pressed` gets who set out, and when.

    Returns when the last key was let go.
    """
    n, keys, last = 0, 0, 0.0
    while keys or time.monotonic() < end:
        await asyncio.sleep(random.uniform(*(HELD if keys else RESTED)))
        n, keys = n + 1, 0 if keys else random.choice(WAYS)
        last = time.monotonic()
        if keys:
            pressed.append((last, person.key))
        body = json.dumps({"n": n, "keys": keys}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", person.server.port)
        writer.write(
            f"POST /{code}/play/keys HTTP/1.1\r\nHost: 127.0.0.1:{person.server.port}\r\n"
            f"Origin: {person.server.url}\r\nCookie: {person.headers['Cookie']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Datastar-Request: true\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        status = int((await reader.read())[9:12])
        writer.close()
        assert status in (200, 204), status
    return last


async def all_walk(screens, people, code, seconds):
    """Open every screen and let everybody walk. What came of it: who set out and when, how long
    after the last key the field was at rest, tables drawn, and CPU used in a second."""
    streams = [asyncio.create_task(screen.stay()) for screen in screens]
    while not all(screen.live for screen in screens):
        await asyncio.sleep(0.05)
    server, pressed = people[0].server, []
    drawn, used, began = gauge(server, DRAWN), total(server, cpu_of), time.monotonic()
    last = max(await asyncio.gather(*(walk(p, code, began + seconds, pressed) for p in people)))
    while document(server.file(code))["state"]["tick"] is not None:
        await asyncio.sleep(0.02)
    rest = time.monotonic() - last
    used = (total(server, cpu_of) - used) / (time.monotonic() - began)
    drawn = gauge(server, DRAWN) - drawn
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    assert not any(screen.cuts or screen.refusals for screen in screens)
    return pressed, rest, drawn, used


def where(now, x, y, keys=0, tick=0):
    """Where a page shows whoever walks like this."""
    return Avatar(x, y, tick / RATE, keys, heard=now).where(now)


def moves(known):
    """For each player: the numbers of the drawings that show them elsewhere than the one before."""
    before, found = {}, {}
    for number, (at, places) in enumerate(known):
        told = (place.split(b",") for place in places.split())
        now = {player: where(int(at) / RATE, *map(int, place)) for player, *place in told}
        for player in now:
            if now[player] != before.get(player):
                found.setdefault(player.decode(), []).append(number)
        before = now
    return found


def delays(screens, pressed, known):
    """Seconds from each key until each screen showed its player under way."""
    elsewhere = moves(known)
    for screen in screens:
        came = {}
        for at, number in screen.showed:
            came.setdefault(number, at)
        for at, player in pressed:
            times = (came[number] for number in elsewhere[player] if number in came)
            seen = next((when for when in times if when > at), None)
            if seen and seen - at < 1:  # or a wall stood in the way
                yield seen - at


def test_all_walk_and_everyone_sees_it_in_a_quarter_of_a_second(serve, counts):
    server = serve(MYAPP_SECRET_KEY=SECRET)
    people = []
    for n in range(counts(40, 200)):
        people.append(Walker(server, SECRET, f"P{n}", f"127.80.{n // 250}.{n % 250 + 1}"))
        if n == 0:
            code = people[0].opens_room("arena")
        people[n].does(f"/{code}/join")
        people[n].key = f"p{n + 1}"
    known = {}
    screens = [Screen(person, f"/{code}/live", known) for person in people]

    with ThreadPoolExecutor() as aside:  # browsers of other tests may have a loop in this one
        walked = all_walk(screens, people, code, counts(10, 60))
        pressed, rest, drawn, used = aside.submit(asyncio.run, walked).result()

    times = sorted(delays(screens, pressed, [*known]))
    p95 = times[int(len(times) * 0.95)]
    print(
        f"\n{len(people)} avatars, {len(pressed)} walks: p50 {times[len(times) // 2] * 1e3:.0f} ms"
    )
    print(f"p95 {p95 * 1e3:.0f} ms, at rest after {rest:.2f} s, {used * 100:.0f} % of a core")
    print(f"{len(known)} different fields, {drawn:.0f} drawings")
    assert len(times) > len(pressed) * len(screens) * 0.5
    assert p95 < 0.25
    assert len(known) - 10 <= drawn <= len(known) + 10
    assert rest < 2
