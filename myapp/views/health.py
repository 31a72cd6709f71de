"""Health: whether this worker's loop is alive."""

from flask import Blueprint, current_app

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> tuple[str, int, dict[str, str]]:
    """Answers, with the release, while the loop turns; touches nothing else."""
    return (
        f"ok {current_app.config['RELEASE']}\n",
        200,
        {"Content-Type": "text/plain", "Cache-Control": "no-store"},
    )
