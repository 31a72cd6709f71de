"""Ann, Bob and Charlie with pages like a browser's, on Flask's test client and a real store."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import gevent
import pytest
from jinja2.bccache import Bucket, BytecodeCache

from myapp import create_app
from myapp.views.house import House
from tests.story.dom import Element, parse
from tests.story.sse import Event, events

PATIENCE = 5.0  # seconds until a test that waits gives up
SAME = {"Sec-Fetch-Site": "same-origin"}
GUARDS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control")


class Compiled(BytecodeCache):
    """Templates, compiled once for all servers of these tests."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Answer:
    """What came back for one request."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.body: bytes = response.get_data()
        self.events: list[Event] = []
        if response.mimetype == "text/event-stream":
            self.events = events(self.body.decode())

    @property
    def tree(self) -> Element:
        """The page, or the fragments that were sent."""
        html = "".join(event.html for event in self.events) or self.body.decode()
        return parse(html)

    @property
    def text(self) -> str:
        tree = self.tree
        return (tree.first(tag="main") or tree).text

    @property
    def signals(self) -> dict[str, Any]:
        return {name: value for event in self.events for name, value in event.signals.items()}

    @property
    def alert(self) -> str:
        """The sentence of a refusal, as a screen reader would say it."""
        return " ".join(e.text for e in self.tree.all(role="alert"))

    @property
    def place(self) -> str:
        """Where this answer sends the visitor; "" for nowhere."""
        return self.headers.get("Location", "") or self.signals.get("_goto", "")


class World:
    """One server, everything it ever said, and a clock that can be moved on."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = url
        self.said: list[bytes] = []
        self.pages: list[Page] = []
        self.apps: list[Any] = []
        self._ahead = 0.0
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + self._ahead)
        self.app = self.worker()
        self.house: House = self.app.extensions["house"]

    def worker(self) -> Any:
        """One more process of the server, as far as one test process can be that."""
        app = create_app(STORE_URL=self.url, SECRET_KEY="0123456789abcdef" * 2)
        app.jinja_env.bytecode_cache = COMPILED
        self.apps.append(app)
        return app

    def later(self, seconds: float) -> None:
        """So much time passes, and whoever waits looks at the clock."""
        self._ahead += seconds
        for app in self.apps:
            for key in ("rooms/", "home:rooms"):
                app.extensions["hub"].ring(key)

    def until_due(self, code: str) -> None:
        """Time passes until what is due in this room happens."""
        due = self.house.rooms.get(code).due
        self.later(due - time.time() + 0.001)

    def document(self, code: str) -> dict[str, Any]:
        """What is saved of a room."""
        doc, _ = self.house.store.get(f"rooms/{code}")
        return doc

    def edit(self, code: str, fn: Callable[[dict[str, Any]], object]) -> None:
        """Change what is saved by other means than the rules."""

        def edited(doc: dict[str, Any]) -> dict[str, Any]:
            fn(doc)
            return doc

        self.house.store.change(f"rooms/{code}", edited)

    def secrets(self) -> set[str]:
        """What no page may ever show: rooms' secrets, and who the cookies say people are."""
        found: set[str] = set()
        for key in self.house.store.keys("rooms/"):
            room = self.house.store.get(key)[0]
            found |= {room["secret"], room["opened_by"], *room["acts"]}
            found |= {p["id"] for p in room["people"] if not p["robot"]}
            found |= {*room["door"]["removed"], *(k["id"] for k in room["door"]["knocking"])}
        for key in self.house.store.keys("queue/"):
            found |= {entry["id"] for entry in self.house.store.get(key)[0]["waiting"]}
        return found - {""}

    def close(self) -> None:
        for app in self.apps:
            app.extensions["hub"].close()
        for page in self.pages:
            page.close()
        gevent.sleep(0)
        for app in self.apps:
            app.extensions["house"].store.close()


class Person:
    """Somebody with a browser of their own; without `script` one that knows forms only."""

    def __init__(self, world: World, script: bool = True, app: Any = None) -> None:
        self.world = world
        self.script = script
        self.client = (app or world.app).test_client()

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        """One request; every answer has the headers that guard the page."""
        response = self.raw(method, path, **how)
        answer = Answer(response)
        response.close()
        self.world.said += [answer.body, str(answer.headers.get("Location")).encode()]
        return answer

    def raw(self, method: str, path: str, **how: Any) -> Any:
        response = self.client.open(path, method=method, **how)
        for name in GUARDS:
            assert name in response.headers, f"{method} {path} has no {name}"
        return response

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def command(self, path: str, **fields: Any) -> Answer:
        """Post as a page with scripts does."""
        body = {"act": secrets.token_hex(12), **fields}
        return self.ask("POST", path, json=body, headers={**SAME, "Datastar-Request": "true"})

    def form(self, path: str, **fields: Any) -> Answer:
        """Post as a form without scripts does; redirects are not followed."""
        return self.ask("POST", path, data=fields, headers=SAME)

    def post(self, path: str, **fields: Any) -> Answer:
        return (self.command if self.script else self.form)(path, **fields)

    def enter(self, name: str) -> Answer:
        return self.post("/enter", name=name)

    def open(self, path: str = "/", tab: str = "") -> "Page":
        """Open a page, following redirects, and its stream."""
        answer = self.get(path)
        while answer.status == 303:
            path = answer.place
            answer = self.get(path)
        page = Page(self, path, answer, tab or secrets.token_hex(8))
        self.world.pages.append(page)
        if self.script and page.live:
            page.connect()
        return page

    def open_room(self) -> str:
        """Open a room of the buzzer; its code."""
        return self.post("/rooms", game="buzzer").place[-4:]

    @property
    def cookie(self) -> Any:
        """The only cookie there is."""
        (cookie,) = self.client._cookies.values()
        return cookie


class Page:
    """One tab: what its screen shows, kept true by its stream."""

    def __init__(self, person: Person, path: str, answer: Answer, tab: str) -> None:
        self.person = person
        self.path = path
        self.status = answer.status
        self.tree = answer.tree
        self.tab = tab
        self.signals: dict[str, Any] = {}
        self.raw = b""
        self.frames = 0
        self._stream: Any = None

    # What it shows

    @property
    def text(self) -> str:
        return " ".join(e.text for e in self.tree.all(tag="main"))

    @property
    def alert(self) -> str:
        return " ".join(e.text for e in self.tree.all(role="alert"))

    @property
    def buttons(self) -> list[str]:
        return [b.text for main in self.tree.all(tag="main") for b in main.all(tag="button")]

    def names(self, label: str) -> list[str]:
        """The people in the list with this name."""
        (people,) = self.tree.all(tag="ul", aria_label=label)
        return [e.text for e in people.all(cls="name")]

    def items(self, label: str) -> list[str]:
        (items,) = self.tree.all(tag="ul", aria_label=label)
        return [e.text for e in items.all(tag="li")]

    def status_of(self, label: str) -> str:
        """What the status line with this name says."""
        return " ".join(e.text for e in self.tree.all(role="status", aria_label=label))

    @property
    def live(self) -> str:
        """The address of this page's stream; "" if it has none."""
        return next((e.data["url"] for e in self.tree.all(id="live")), "")

    # Its stream

    def ask_for_stream(self, **signals: Any) -> Any:
        asked = urlencode({"datastar": json.dumps({"tab": self.tab, **signals})})
        joint = "&" if "?" in self.live else "?"
        headers = {**SAME, "Datastar-Request": "true"}
        return self.person.raw("GET", f"{self.live}{joint}{asked}", headers=headers)

    def connect(self, **signals: Any) -> int:
        """Ask for the stream and, if there is one, read its first whole view; the status."""
        self.close()
        response = self.ask_for_stream(**signals)
        if response.status_code == 200:
            self._stream = response
            self._frames: Iterator[bytes] = iter(response.response)
            self.read()
            self.read()
        return int(response.status_code)

    def read(self) -> bytes:
        """The next frame; what it says is shown. b"" when the stream has ended."""
        with gevent.Timeout(PATIENCE, AssertionError(f"no frame came to {self.path}")):
            frame = next(self._frames, b"")
        self.frames += bool(frame)
        self.raw += frame
        self.person.world.said.append(frame)
        self.apply(events(frame.decode()))
        return frame

    def apply(self, news: list[Event]) -> None:
        for event in news:
            self.signals |= event.signals
            for part in parse(event.html).children:
                if isinstance(part, Element):
                    assert self.tree.replace(part), f"no #{part.attrs.get('id')} on {self.path}"

    def until(self, *words: str, gone: str = "") -> None:
        """Read on until all these words are on the screen, and `gone` is not."""
        while not (all(w in self.text for w in words) and (not gone or gone not in self.text)):
            assert self.read(), f"the stream ended; the page says {self.text!r}"

    def until_taken(self) -> str:
        """Read on until the server takes this tab to another page; its address."""
        while "_goto" not in self.signals:
            assert self.read(), "the stream ended"
        self.goes(self.signals["_goto"])
        return self.path

    def ended(self) -> bool:
        """Read to the end of the stream."""
        while self.read():
            pass
        return True

    def goes(self, place: str) -> None:
        """Go to another page of ours, in this same tab."""
        self.close()
        answer = self.person.get(place)
        while answer.status == 303:
            place = answer.place
            answer = self.person.get(place)
        self.path, self.status, self.tree, self.signals = place, answer.status, answer.tree, {}
        if self.live:
            self.connect()

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    # What its reader does

    def press(self, label: str, **typed: str) -> Answer:
        """Type into the form of this button and press it."""
        forms = [f for main in self.tree.all(tag="main") for f in main.all(tag="form")]
        found = [f for f in forms if label in [b.text for b in f.all(tag="button")]]
        assert found, f"there is no button {label!r}, but {self.buttons}"
        inputs = [i for i in found[0].all(tag="input") if "name" in i.attrs]
        fields = {i.attrs["name"]: typed.get(i.attrs["name"], i.attrs.get("value", "")) for i in inputs}
        answer = self.person.post(found[0].attrs["action"], **fields)
        if self.person.script:
            self.apply(answer.events)
            if "_try" in answer.signals:
                self.connect()
            if place := self.signals.pop("_goto", ""):
                self.goes(place)
        return answer


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
