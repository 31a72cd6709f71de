"""What came back for one request, as a browser takes it."""

from typing import Any

from tests.story.dom import Element, parse
from tests.story.sse import Event, events


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
