"""The room's clock: what games know of time."""

from dataclasses import dataclass


@dataclass
class Clock:
    """Seconds that pass only while it runs. The wall time is handed in, never taken."""

    at: float = 0.0  # what it showed when it last started or stopped
    since: float | None = None  # the wall time when it started; None while it stands still

    def read(self, wall: float) -> float:
        return self.at if self.since is None else self.at + wall - self.since

    def stop(self, wall: float) -> None:
        self.at, self.since = self.read(wall), None

    def go(self, wall: float) -> None:
        self.at, self.since = self.read(wall), wall

    def wall(self, at: float) -> float | None:
        """When it will show `at`, as wall time; None while it stands still."""
        return None if self.since is None else self.since + at - self.at
