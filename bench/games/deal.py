"""The bench's own game: everyone sees the number, and everyone has a card of their own."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from myapp.game import Game, move

Number = Annotated[int, Meta(ge=10, le=99)]


@dataclass
class Deal(Game):
    title = "Deal"
    seats = range(1, 251)
    at_once = True

    n: int = 10
    goal: int = 10

    @property
    def joinable(self) -> bool:
        return True

    @property
    def status(self) -> str:
        return "Cards are dealt."

    def audience(self, player: str) -> str:
        return "everyone"

    @move
    def deal(self, player: str, n: Number) -> None:
        """What everyone shares changes, and everybody's own part."""
        self.n = self.goal = n

    @move
    def call(self, player: str, n: Number) -> None:
        """What everyone shares changes, and nobody's own part."""
        self.goal = n
