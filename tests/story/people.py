"""People of a story: their browsers, the pages these show, and what they do there."""

import json
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import gevent

from tests.story.answer import Answer
from tests.story.dom import Element, parse
from tests.story.sse import Event, events
from tests.story.world import World

PATIENCE = 5.0  # seconds until a test that waits gives up
SAME = {"Sec-Fetch-Site": "same-origin"}
GUARDS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control")


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
            if self.read().count(b"event:") == 1:  # what it begins with came alone
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
            if event.mode == "remove":
                assert self.tree.remove(event.target), f"no #{event.target} on {self.path}"
            for part in parse(event.html).children:
                if isinstance(part, Element) and event.mode == "append":
                    into = self.tree.first(id=event.target)
                    assert into, f"no #{event.target} on {self.path}"
                    into.children.append(part)
                elif isinstance(part, Element) and event.mode == "before":
                    put = self.tree.put_before(event.target, part)
                    assert put, f"no #{event.target} on {self.path}"
                elif isinstance(part, Element):
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
        fields = {
            i.attrs["name"]: typed.get(i.attrs["name"], i.attrs.get("value", "")) for i in inputs
        }
        answer = self.person.post(found[0].attrs["action"], **fields)
        if self.person.script:
            self.apply(answer.events)
            if "_try" in answer.signals:
                self.connect()
            if place := self.signals.pop("_goto", ""):
                self.goes(place)
        return answer
