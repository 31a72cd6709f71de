"""Here: who of a room's people has its page open."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Here:
    """Who of a room's people has its page open, as far as others should see it."""

    gone: frozenset[str]
    lost: frozenset[str]  # gone for longer than the grace of the game
    until: float  # the rooms' time when this may change by itself
    heirs: frozenset[str]  # who may take the crown now; empty while its bearer keeps it

    def away(self, key: str) -> bool:
        return key in self.gone

    @property
    def stamp(self) -> object:
        """Differs when something of this is to be drawn differently."""
        return self.gone, self.lost


THEN = Here(frozenset(), frozenset(), math.inf, frozenset())
"""In the past nobody is away: who had the page open is not written down."""
