"""Health: whether this worker's loop is alive."""

from flask import Blueprint

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> tuple[str, int, dict[str, str]]:
    """Answers while the loop turns; touches nothing else."""
    return "ok\n", 200, {"Content-Type": "text/plain", "Cache-Control": "no-store"}
