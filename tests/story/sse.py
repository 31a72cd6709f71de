"""Server-sent events as browsers read them, and what Datastar makes of them."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

LINE = re.compile(r"\r\n|\r|\n")


@dataclass
class Event:
    kind: str = ""
    retry: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def html(self) -> str:
        """The fragment it puts on the page."""
        return self._said("elements") if self.kind == "datastar-patch-elements" else ""

    @property
    def mode(self) -> str:
        """How the fragment gets there: in the place of what has its id, or as this says."""
        return self._said("mode")

    @property
    def target(self) -> str:
        """The id that an appended or a removed fragment is told by."""
        return self._said("selector").removeprefix("#")

    @property
    def signals(self) -> dict[str, Any]:
        """The signals it sets."""
        if self.kind != "datastar-patch-signals":
            return {}
        said: dict[str, Any] = json.loads(self._said("signals"))
        return said

    def _said(self, what: str) -> str:
        return "\n".join(
            rest for word, _, rest in (line.partition(" ") for line in self.lines) if word == what
        )


def events(text: str) -> list[Event]:
    """The events in this text. It must hold whole events, of the two kinds we send."""
    found, event = [], Event()
    *lines, last = LINE.split(text)
    assert last == "", f"an event was cut: {last!r}"
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if event.lines:
                assert event.kind in ("datastar-patch-elements", "datastar-patch-signals")
                found.append(event)
            event = Event()
        elif name == "event":
            event.kind = value
        elif name == "data":
            event.lines.append(value)
        elif name == "retry":
            event.retry = value
        else:
            raise AssertionError(f"no page understands {line!r}")
    return found
