"""Ann, Bob and Charlie, with pages like a browser's, on Flask's test client and a real store."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.story.answer import Answer
from tests.story.people import SAME, Page, Person
from tests.story.world import World


@pytest.fixture
def world(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A server; in the end nothing it ever said may hold a secret."""
    world = World(f"tinydb:{tmp_path / 'data'}", monkeypatch)
    try:
        yield world
        said = b"\n".join(world.said)
        assert not [secret for secret in world.secrets() if secret.encode() in said]
    finally:
        world.close()


@pytest.fixture
def person(world: World) -> Callable[..., Person]:
    """`person("Dan", script=False)`: one more visitor, with a name if one is given."""

    def arrive(name: str = "", **how: Any) -> Person:
        someone = Person(world, **how)
        if name:
            someone.enter(name)
        return someone

    return arrive


@pytest.fixture
def ann(person: Callable[..., Person]) -> Person:
    """Ann owns the room."""
    return person("Ann")


@pytest.fixture
def bob(person: Callable[..., Person]) -> Person:
    """Bob may."""
    return person("Bob")


@pytest.fixture
def charlie(person: Callable[..., Person]) -> Person:
    """Charlie must see nothing."""
    return person("Charlie")


@pytest.fixture
def code(ann: Person) -> str:
    """Ann's room."""
    return ann.open_room()


@pytest.fixture
def hers(ann: Person, code: str) -> Page:
    """Ann's page of her room."""
    return ann.open(f"/{code}")


@pytest.fixture
def his(bob: Person, code: str, hers: Page) -> Page:
    """Bob's page of Ann's room, where he has a seat; Ann sees him."""
    bob.command(f"/{code}/join")
    page = bob.open(f"/{code}")
    hers.until("Bob")
    return page


@pytest.fixture
def ask(ann: Person, code: str, world: World) -> Callable[..., Answer]:
    """`ask(status, verb, json=...)`: Ann asks, the answer has this status, nothing changes."""

    def asked(status: int, path: str = "start", **how: Any) -> Answer:
        world.later(1)  # nobody clicks too fast here
        before = world.document(code)
        answer = ann.ask("POST", f"/{code}/{path}", **{"headers": SAME, **how})
        assert answer.status == status, f"{path} with {how}"
        assert world.document(code) == before
        return answer

    return asked
