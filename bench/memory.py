"""`make memory`: what the whole service weighs with nobody there and with 500 open pages."""

import sys

from bench.service import service, weight
from tests.conftest import wait_for
from tests.live.crowd import Visitor

STREAMS = 500
VPS = 512  # MB
SYSTEM = 150  # MB that Debian itself takes on a small VPS


def main() -> None:
    with service() as (server, crowd):
        print(f"nobody there: {weight(server)}")
        people = [
            Visitor(server, f"P{n}", f"127.1.{n // 250}.{n % 250 + 1}") for n in range(STREAMS)
        ]
        rooms = [people[n].opens_room() for n in range(0, STREAMS, 25)]
        for n, person in enumerate(people):
            person.does("/join", code=rooms[n // 25])
            crowd.opens(person, f"/{rooms[n // 25]}")
        wait_for(lambda: all(page.live for page in crowd.pages), 60)
        full = weight(server)
        print(f"{STREAMS} pages:  {full}")
        print(f"with {SYSTEM} MB for the system: {full['MB'] + SYSTEM:.0f} of {VPS} MB")
        sys.exit(full["MB"] + SYSTEM > VPS)


if __name__ == "__main__":
    main()
