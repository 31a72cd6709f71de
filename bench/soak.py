"""`make soak MINUTES=60`: people join, play, drop and reload; what the service weighs stays flat.

Prints a line every half minute, and at the end compares the second and the last quarter. Exit
status 1 when memory, open files or greenlets have grown.
"""

import random
import statistics
import sys
import time

from bench.service import service, weight
from tests.conftest import wait_for
from tests.live.crowd import Visitor

PEOPLE, ROOMS = 60, 6
EVERY = 30.0  # seconds between two lines
GROWTH = {"MB": 1.05, "files": 1.05, "greenlets": 1.05}  # noise of what is open just then


def main(minutes: float) -> None:
    chance = random.Random(1)
    with service(WEB_CONCURRENCY="2") as (server, crowd):
        people = [Visitor(server, f"P{n}", f"127.1.1.{n + 1}") for n in range(PEOPLE)]
        codes = [people[n].opens_room() for n in range(ROOMS)]
        pages = {}
        for n, person in enumerate(people):
            person.does("/join", code=codes[n % ROOMS])
            pages[person] = crowd.opens(person, f"/{codes[n % ROOMS]}")
        wait_for(lambda: all(page.live for page in crowd.pages), 60)
        lines, began, acts = [], time.monotonic(), 0
        while time.monotonic() - began < minutes * 60:
            until = time.monotonic() + EVERY
            while time.monotonic() < until:
                act(chance, crowd, pages, codes)
                acts += 1
                time.sleep(0.05)  # twenty acts a second, as sixty people may make
            wait_for(lambda: all(page.live for page in crowd.pages), 60)
            lines.append(weight(server))
            minute = (time.monotonic() - began) / 60
            print(f"{minute:5.1f} min {acts:7} acts {lines[-1]}", flush=True)
    sys.exit(not flat(lines))


def act(chance, crowd, pages, codes) -> None:  # type: ignore[no-untyped-def]
    """Somebody does something: press, move about, drop and come back, or leave for another room."""
    person = chance.choice([*pages])
    code = pages[person].path.split("/")[1]
    what = chance.random()
    if what < 0.5:
        person.post(f"/{code}/{chance.choice(['sit', 'watch', 'start', 'pause', 'resume'])}")
    elif what < 0.8:
        person.post(f"/{code}/play/buzz", round=str(chance.randint(1, 3)))
    elif what < 0.95:
        crowd.closes(pages[person])
        pages[person] = crowd.opens(person, f"/{code}")
    else:
        crowd.closes(pages[person])
        person.post(f"/{code}/leave")
        other = chance.choice(codes)
        person.post("/join", code=other)
        pages[person] = crowd.opens(person, f"/{other}")


def flat(lines: list[dict[str, float]]) -> bool:
    """Whether the last quarter weighs no more than the second."""
    quarter = max(1, len(lines) // 4)
    good = True
    for what, growth in GROWTH.items():
        early = statistics.median(line[what] for line in lines[quarter : 2 * quarter])
        late = statistics.median(line[what] for line in lines[-quarter:])
        print(f"{what}: {early} in the second quarter, {late} in the last")
        good = good and late <= early * growth
    return good


if __name__ == "__main__":
    main(float(sys.argv[1]))
