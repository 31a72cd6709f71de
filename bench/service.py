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


def number(line: str, text: str) -> float:
    """The number in the first line of a text that begins so."""
    found = re.search(f"^{line}", text, re.MULTILINE)
    assert found, f"there is no line {line}"
    return float(found[1])


def weight(server: Any) -> dict[str, float]:
    """Memory of all processes (proportional set size, MB), open files, requests, streams."""
    memory, files = 0.0, 0
    for pid in server.everybody:
        with suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            memory += number(r"Pss:\s+(\d+)", rollup) / 1024
            files += len([*Path(f"/proc/{pid}/fd").iterdir()])
    numbers = server.ask("GET", "/metrics")[2]

    return {
        "MB": round(memory, 1),
        "files": files,
        "greenlets": number(r"vroum_requests (\S+)", numbers),
        "streams": number(r"vroum_streams (\S+)", numbers),
    }
