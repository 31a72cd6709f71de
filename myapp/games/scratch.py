"""The scratch card: nine cells under foil, and three alike win.

What lies under a cell is in the room's file alone until its player has scratched there: a template
may draw `Card.shown`, never `Card.cells`.
"""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, NamedTuple

from msgspec import Meta

from myapp.game import Dice, Game, IllegalMove, Plan, Say, move


class Prize(NamedTuple):
    """What three alike win, and how many cards of a THOUSAND have them."""

    symbol: str
    points: int
    cards: int


THOUSAND = 1000
PRIZES = {
    "crown": Prize(Say("crown"), points=100, cards=5),
    "diamond": Prize(Say("diamond"), points=50, cards=15),
    "star": Prize(Say("star"), points=20, cards=50),
    "bell": Prize(Say("bell"), points=10, cards=90),
    "clover": Prize(Say("clover"), points=5, cards=140),
    "cherry": Prize(Say("cherry"), points=2, cards=200),
}
BLANKS = THOUSAND - sum(prize.cards for prize in PRIZES.values())

CELLS = 9
TIME = 90.0  # how long a round lasts
HURRY = 15.0  # the last part of it, when everyone is told
FAIR = 20.0  # whoever sits down with less time left gets a card in the next round
ROBOT = 0.8, 1.6  # seconds from one cell of a robot to the next


@dataclass
class Card:
    """Nine symbols, and which of them have been scratched free, in that order."""

    cells: list[str]
    uncovered: list[int] = field(default_factory=list)
    touched: float = 0.0  # when it was dealt or last scratched

    @property
    def shown(self) -> list[str]:
        """The symbols that may be seen, by cell; "" where there is foil."""
        return [s if n in self.uncovered else "" for n, s in enumerate(self.cells)]

    @property
    def done(self) -> bool:
        return len(self.uncovered) == CELLS

    @property
    def won(self) -> str:
        """The symbol of which three have been uncovered; "" while there is none."""
        return next((symbol for symbol in PRIZES if self.shown.count(symbol) == 3), "")

    @property
    def prize(self) -> int:
        return PRIZES[self.won].points if self.won else 0


@dataclass
class Scratch(Game):
    title = Say("Scratch card")
    again = Say("Start a new round")
    seats = range(1, 33)
    deeds: ClassVar[dict[str, str]] = {"scratch": Say("{who} scratched a cell.")}
    prizes: ClassVar[dict[str, Prize]] = PRIZES
    thousand: ClassVar[int] = THOUSAND

    round: int = 0
    until: float | None = None  # when the round ends at the latest; None between rounds
    hurry: bool = False
    seated: list[str] = field(default_factory=list)
    cards: dict[str, Card] = field(default_factory=dict)  # this round's, also of those who left

    @property
    def over(self) -> bool:
        return self.until is None

    @property
    def waiting(self) -> list[str]:
        """Whose cards the round waits for: it goes on without those who are gone."""
        cards = [(p, self.cards.get(p)) for p in self.seated if p not in self.lost]
        return [p for p, card in cards if card and not card.done]

    @property
    def due(self) -> float | None:
        if self.until is None:
            return None
        if not self.waiting:
            return min(self.now, self.until)
        return self.until if self.hurry else self.until - HURRY

    @property
    def status(self) -> str:
        if self.until is not None:
            if self.hurry:
                return Say("Hurry, only seconds are left!")
            return Say("Scratch! Three alike win.")
        if not self.round:
            return Say("Press Start to deal the cards.")
        best = max((card.prize for card in self.cards.values()), default=0)
        if best:
            return Say("The round is over.")
        return Say("The round is over. Nobody won this time.")

    def audience(self, player: str) -> str:
        return "everyone"

    @property
    def outcome(self) -> dict[str, float]:
        return {p: float(card.prize) for p, card in self.cards.items()} if self.over else {}

    @property
    def ranking(self) -> list[str]:
        """Who has a card, the biggest prize first."""
        return sorted(self.cards, key=lambda p: -self.cards[p].prize)

    def on_sit(self, player: str) -> None:
        self.seated.append(player)
        if self.until is not None and self.until - self.now >= FAIR:
            self.deal(player)

    def on_leave(self, player: str) -> None:
        self.seated.remove(player)
        self.look_for_the_end()

    def on_start(self) -> None:
        self.round += 1
        self.until, self.hurry = self.now + TIME, False
        self.cards = {}
        for player in self.seated:
            self.deal(player)

    def deal(self, player: str) -> None:
        """Give a card for this round; whoever left and came back finds the one he had."""
        if player not in self.cards:
            self.cards[player] = Card(printed(self.dice), touched=self.now)

    @move
    def scratch(
        self,
        player: str,
        cell: Annotated[int, Meta(ge=0, lt=CELLS)],
        round: Annotated[int, Meta(ge=0)],
    ) -> None:
        """Uncover a cell of one's own card: enough of its foil is off."""
        card = self.cards.get(player)
        if self.over or round != self.round:
            raise IllegalMove("That round is over.")
        if card is None:
            raise IllegalMove("You get a card in the next round.")
        if card.done:
            raise IllegalMove("Your card is all scratched.")
        if cell in card.uncovered:
            raise IllegalMove("You have scratched that cell already.")
        card.uncovered.append(cell)
        card.touched = self.now
        self.look_for_the_end()

    def on_due(self) -> None:
        self.hurry = self.until is not None and self.now >= self.until - HURRY
        self.look_for_the_end()

    def look_for_the_end(self) -> None:
        """End the round when its time is up, or nobody is left who scratches."""
        if self.until is not None and (self.now >= self.until or not self.waiting):
            self.until = None

    def robot(self, player: str) -> Plan | None:
        if self.over or player not in self.waiting:
            return None
        card = self.cards[player]
        covered = [n for n in range(CELLS) if n not in card.uncovered]
        chance = self.dice.of("robot", player, self.round, len(covered))
        fast, slow = ROBOT
        return Plan(
            card.touched + fast + (slow - fast) * chance,
            "scratch",
            {"cell": covered[int(chance * len(covered))], "round": self.round},
        )


def printed(dice: Dice) -> list[str]:
    """The symbols of a new card: three alike as often as PRIZES says, and never two such threes."""
    counts = [*(prize.cards for prize in PRIZES.values()), BLANKS]
    (won,) = dice.sample([*PRIZES, ""], 1, counts=counts)
    triple = [won] * 3 if won else []
    pairs = [symbol for symbol in PRIZES if symbol != won] * 2
    cells = triple + dice.sample(pairs, CELLS - len(triple))
    dice.shuffle(cells)
    return cells
