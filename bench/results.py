"""Results: every figure of every round, and the only two things that are made of them: the median
of a figure, and the median of a ratio whose two figures come from the same round."""

import os
import platform
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple


class Where(NamedTuple):
    """Who was measured: the stage (a kind of room, or "moves"), its size, and the server."""

    stage: str
    size: int
    server: str


@dataclass
class Results:
    machine: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)

    def add(self, stage: str, size: int, server: str, round: int, figures: dict[str, Any]) -> None:
        where = {"stage": stage, "size": size, "server": server, "round": round}
        self.records.append(where | figures)

    def rounds(self, where: Where, figure: str) -> dict[int, float]:
        """The figure by round."""
        return {
            record["round"]: record[figure]
            for record in self.records
            if (record["stage"], record["size"], record["server"]) == where
            and record.get(figure) is not None
        }

    def median(self, where: Where, figure: str) -> float | None:
        found = self.rounds(where, figure)
        return statistics.median(found.values()) if found else None

    def ratio(self, above: Where, below: Where, figure: str) -> float | None:
        """None when the two were not measured in one round."""
        a, b = self.rounds(above, figure), self.rounds(below, figure)
        ratios = [a[round] / b[round] for round in a.keys() & b.keys() if b[round]]
        return statistics.median(ratios) if ratios else None

    def sizes_of(self, stage: str) -> list[int]:
        return sorted({record["size"] for record in self.records if record["stage"] == stage})


def machine() -> dict[str, Any]:
    """What it ran on, in so far as figures depend on it; no name of it."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(": ")[2]
            break
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
        "load before": round(os.getloadavg()[0], 1),
    }
