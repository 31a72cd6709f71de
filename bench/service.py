"""The whole service as `make serve` runs it, in a temporary folder, and what it weighs."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.conftest import Served
from tests.live.crowd import Crowd


@contextmanager
def service(**settings: str) -> Iterator[tuple[Any, Any]]:
    """(server, crowd), both gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        server, crowd = Served(Path(folder), nginx=True, **settings), Crowd()
        try:
            yield server, crowd
        finally:
            crowd.end()
            server.stop()


def weight(server: Any) -> dict[str, float]:
    """Memory of all processes (proportional set size, MB), open files, requests, streams."""
    memory, files = 0.0, 0
    for pid in server.everybody:
        with suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            memory += int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1]) / 1024  # type: ignore[index]
            files += len([*Path(f"/proc/{pid}/fd").iterdir()])
    numbers = server.ask("GET", "/metrics")[2]

    def number(name: str) -> float:
        return float(re.search(rf"^{name} (\S+)", numbers, re.MULTILINE)[1])  # type: ignore[index]

    return {
        "MB": round(memory, 1),
        "files": files,
        "greenlets": number("vroum_requests"),
        "streams": number("vroum_streams"),
    }
