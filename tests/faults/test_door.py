"""The door: fifty strangers who know the code of a locked room stay outside it."""

import pytest

from tests.conftest import wait_for
from tests.faults.conftest import FULL, fresh_address
from tests.faults.lines import hold, read_until
from tests.live.crowd import Visitor, document
from tests.story.people import Person
from tests.story.world import World

VERBS = [
    "join",
    "sit",
    "start",
    "watch",
    "unlock",
    "public",
    "admit",
    "remove",
    "robot",
    "play/buzz",
]
STRANGERS = [f"Stranger{n}" for n in range(50)]


def test_fifty_strangers_stay_outside_and_put_no_name_on_the_big_screen(server, ann, bob, code):
    bob.does(f"/{code}/join")
    ann.does(f"/{code}/lock")
    before = document(server.file(code))["people"]
    glass = ann.ask("GET", f"/{code}")[2].partition("view=screen&amp;key=")[2][:12]
    assert glass
    screens = [hold(ann, f"/{code}/live?view={view}&key={glass}")[0] for view in ("screen", "obs")]
    for screen in screens:
        read_until(screen, b"Bob")
    seen = set()
    for name in STRANGERS:
        eve = Visitor(server, name, fresh_address())
        for verb in VERBS:
            seen.add((verb, eve.post(f"/{code}/{verb}", player="p1")[0]))
        eve.post("/join", code=code)
        eve.post("/enter", name=name, next=code)
        for view in ("", "?view=screen", "?view=obs", f"?view=screen&key={glass[::-1]}"):
            page = eve.ask("GET", f"/{code}{view}")[2]
            assert "Ann" not in page and "Bob" not in page
    assert {verb for verb, status in seen if status < 400} == {"join"}  # which is a knock
    doc = document(server.file(code))
    assert doc["people"] == before and doc["host"] == "p1" and len(doc["door"]["knocking"]) == 20
    ann.does(f"/{code}/watch")
    for screen in screens:
        assert b"Stranger" not in read_until(screen, b"1 of 64")
        screen.close()
    for view in ("screen", "obs"):
        page = ann.ask("GET", f"/{code}?view={view}&key={glass}")[2]
        assert "Bob" in page and "Stranger" not in page
    ann.does(f"/{code}/admit", player=doc["door"]["knocking"][0]["key"])
    assert [p["name"] for p in document(server.file(code))["people"]][2:] == ["Stranger0"]


@pytest.mark.parametrize("absence", [10.5, 30, 59])
def test_while_the_host_drops_for_half_a_minute_no_stranger_becomes_host(
    tmp_path, monkeypatch, absence
):
    """Time passes by the clock of the stories."""
    world = World(f"tinydb:{tmp_path / 'data'}", monkeypatch)
    try:
        ann, bob = Person(world), Person(world)
        ann.enter("Ann")
        bob.enter("Bob")
        code = ann.open_room()
        hers = ann.open(f"/{code}")
        bob.command(f"/{code}/join")
        his = bob.open(f"/{code}")
        ann.command(f"/{code}/lock")
        strangers = []
        for name in STRANGERS:
            eve = Person(world)
            eve.enter(name)
            eve.command(f"/{code}/join")
            strangers.append(eve)
        pages = [eve.open(f"/{code}") for eve in strangers[:5]]
        hers.close()
        world.later(absence)
        his.connect()
        for page in pages:
            page.connect()
        for eve in strangers:
            for verb in ("join", "sit", "unlock"):
                eve.command(f"/{code}/{verb}")
        doc = world.document(code)
        assert doc["host"] == "p1" and len(doc["people"]) == 2 and doc["door"]["locked"]
        assert "You are the host" in ann.open(f"/{code}").text
    finally:
        world.close()


@pytest.mark.skipif(not FULL, reason="takes half a minute; the clock of the stories shows the same")
def test_while_the_host_drops_for_thirty_real_seconds(server, ann, bob, code):
    bob.does(f"/{code}/join")
    ann.does(f"/{code}/lock")
    lines = [hold(person, f"/{code}/live")[0] for person in (ann, bob)]
    strangers = [Visitor(server, name, fresh_address()) for name in STRANGERS]
    lines[0].close()
    with pytest.raises(AssertionError, match="waited"):
        wait_for(lambda: [eve for eve in strangers if eve.post(f"/{code}/join")[0] == 429], 30)
    lines[1].close()
    doc = document(server.file(code))
    assert doc["host"] == "p1" and len(doc["people"]) == 2
