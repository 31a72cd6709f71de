"""Scores: who took what from the games that a room has played."""

from dataclasses import dataclass, field

KEPT = 100  # games that a room remembers one by one; the totals hold all


@dataclass
class Result:
    """One game that was played to its end: what each player, by key, took from it."""

    number: int
    took: dict[str, float]


@dataclass
class Scores:
    """The scoreboard of a room. `names` are those its players had when they last took something."""

    games: list[Result] = field(default_factory=list)
    totals: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, took: dict[str, float], names: dict[str, str]) -> None:
        """Write down a game that has ended. `names` may hold others too."""
        number = self.games[-1].number + 1 if self.games else 1
        self.games = [*self.games, Result(number, took)][-KEPT:]
        for player, points in took.items():
            self.totals[player] = self.totals.get(player, 0) + points
            self.names[player] = names.get(player, "")

    def forget(self, player: str) -> None:
        """Keep the points, without a name."""
        self.names.pop(player, None)

    @property
    def ranking(self) -> list[tuple[int, str, float]]:
        """(rank, player, points), best first; equals share a rank, and the next counts them all."""
        best = sorted(self.totals.items(), key=lambda item: -item[1])
        return [
            (1 + sum(n > points for n in self.totals.values()), p, points) for p, points in best
        ]
