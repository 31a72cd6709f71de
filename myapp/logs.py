"""Logs: a line per refusal and per stream, none per frame; no names, codes or cookies."""

import logging
import sys
from collections import deque
from dataclasses import dataclass

from flask import g, has_request_context

LATEST: deque["Entry"] = deque(maxlen=20)
"""The latest refusals and troubles of this process, for the operator to see."""


@dataclass(frozen=True)
class Entry:
    """A line of the log: when (wall time), how bad, and what."""

    at: float
    level: str
    text: str


class Keep(logging.Handler):
    """Keeps what was refused and what went wrong; not who came and went."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "myapp.refused" or record.levelno >= logging.WARNING:
            LATEST.append(Entry(record.created, record.levelname, record.getMessage()))


class WithRequest(logging.Filter):
    """Gives each line the id of the request it belongs to, as nginx's log has it too."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request = g.get("request_id", "-") if has_request_context() else "-"
        return True


def configure() -> None:
    """Send the lines of the house to standard error, where journald finds them."""
    logger = logging.getLogger("myapp")
    if logger.handlers:
        return
    logging.logThreads = False  # asking makes an object for each greenlet that says a word
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(request)s %(message)s"))
    handler.addFilter(WithRequest())
    logger.addHandler(handler)
    logger.addHandler(Keep())
    logger.setLevel(logging.INFO)
