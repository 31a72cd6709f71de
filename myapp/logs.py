"""Logs: a line per refusal and per stream, none per frame; no names, codes or cookies."""

import logging
import sys

from flask import g, has_request_context


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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(request)s %(message)s"))
    handler.addFilter(WithRequest())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
