"""Health: what watches over the server asks; all but /healthz only from this machine."""

import secrets
import time

import gevent
from flask import Blueprint, Response, abort, current_app, request

from myapp import metrics
from myapp.store import StoreDown
from myapp.views.house import house

pages = Blueprint("health", __name__)

PATIENCE = 1.0  # seconds for a write to reach the disk


def plain(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain")


def only_from_here() -> None:
    if request.remote_addr not in (None, "", "127.0.0.1", "::1"):
        abort(404)


@pages.get("/healthz")
def healthz() -> Response:
    """Answers, with the release, while the loop turns; touches nothing else."""
    return plain(f"ok {current_app.config['RELEASE']}\n")


@pages.get("/readyz")
def readyz() -> Response:
    """Whether a change reaches the disk in time."""
    only_from_here()
    key = f"probe/{secrets.token_hex(8)}"
    try:
        with gevent.Timeout(PATIENCE):
            house().store.change(key, lambda _: {"at": time.time()})
            house().store.change(key, lambda _: None)
    except (StoreDown, gevent.Timeout) as error:
        return plain(f"not ready: {error}\n", 503)
    return plain("ready\n")


@pages.get("/metrics")
def numbers() -> Response:
    """For Prometheus."""
    only_from_here()
    return Response(metrics.page(), mimetype="text/plain; version=0.0.4")
