"""Tabs: what was said to pages and by them, as one process knows it; lines are in presence.py."""

from dataclasses import dataclass, field
from typing import Any, Self

MANY = 200  # how many tabs that were told "opened elsewhere", or closed, one process remembers
FAREWELL = 5.0  # a page that closes says so at most so long before or after its line ends


@dataclass
class Tabs:
    quiet: dict[str, tuple[float, bool]] = field(default_factory=dict)
    """By tab: when it was last told, and whether to be quiet. The latest word counts."""
    byes: dict[str, float] = field(default_factory=dict)
    """By tab: when its page said that it was being closed."""

    def tell(self, tab: str, at: float, quiet: bool) -> None:
        self.quiet[tab] = at, quiet
        for old in [*self.quiet][:-MANY]:
            del self.quiet[old]

    def told(self, tab: str) -> tuple[float, bool]:
        """When, and whether to be quiet."""
        return self.quiet.get(tab, (0.0, False))

    def bye(self, tab: str, at: float) -> None:
        self.byes[tab] = at
        for old in [*self.byes][:-MANY]:
            del self.byes[old]

    def closed(self, tab: str, at: float) -> bool:
        """Whether its line, which ended at this time, ended because its page was closed."""
        return tab in self.byes and abs(at - self.byes[tab]) < FAREWELL

    def dump(self) -> dict[str, Any]:
        return {"quiet": dict(self.quiet), "byes": dict(self.byes)}

    @classmethod
    def load(cls, doc: dict[str, Any]) -> Self:
        return cls({tab: (at, quiet) for tab, (at, quiet) in doc["quiet"].items()}, doc["byes"])
