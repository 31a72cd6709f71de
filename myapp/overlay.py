"""Overlay: what the host has chosen for a stream's picture of the room."""

from dataclasses import dataclass, field

from myapp.game import BadMove

DELAYS = (0, 3, 5, 10, 20, 30)  # seconds that a host may choose


@dataclass
class Overlay:
    """How far behind the room it is, and whether a name shows only once the host approved it."""

    delay: int = 0
    vetted: bool = False
    approved: list[str] = field(default_factory=list)  # players' keys

    def wait(self, seconds: int) -> None:
        if seconds not in DELAYS:
            raise BadMove("There is no such delay.")
        self.delay = seconds

    def approve(self, player: str, approved: bool) -> None:
        others = [key for key in self.approved if key != player]
        self.approved = [*others, player] if approved else others

    def shows(self, player: str) -> bool:
        """Whether this player's name may be seen on it."""
        return not self.vetted or player in self.approved
