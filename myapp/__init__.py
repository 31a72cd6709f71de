"""Vroum: live game rooms. create_app is the one place where its parts are joined."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from jinja2 import StrictUndefined

from myapp import caretaker, cli, journey, logs, metrics, picture, views
from myapp.accounts import Accounts
from myapp.fanout import Fanout
from myapp.hub import Hub
from myapp.limits import Limits
from myapp.lobby import Lobby
from myapp.operator import Operator
from myapp.practice import Practice
from myapp.presence import TABS, Presence
from myapp.proxy import TrustedProxy
from myapp.replay import Replays
from myapp.rooms import Rooms
from myapp.store import open_store
from myapp.views.drawing import Drawing
from myapp.views.house import House
from myapp.views.templates import Compiled, Templates

ROOT = Path(__file__).parent.parent

# Datastar compiles its attributes, hence 'unsafe-eval'. Nothing inline is allowed.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-eval'; "
    "style-src 'self'; connect-src 'self'; img-src 'self' data:; object-src 'none'; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


def create_app(**settings: Any) -> Flask:
    """The whole server. Settings come from MYAPP_* in the environment, then from `settings`.

    STORE_URL: "tinydb:<folder>". SECRET_KEY: at least 32 characters; without one it is made once
    and kept beside the data; SECRET_KEY_FALLBACKS: older ones that are still good, separated by
    spaces. TRUSTED_PROXIES: addresses believed over TCP, separated by spaces.
    OPERATOR_PASSWORD: 12 characters or more; without one the operator page opens by a link alone.
    How many streams may be open: TABS of one player, STREAMS and STREAMS_PER_ROOM of one worker,
    STREAMS_IN_ALL.
    """
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.jinja_environment = Templates
    app.jinja_options = {"bytecode_cache": Compiled()}
    app.ensure_sync = lambda view: view  # type: ignore[method-assign, assignment]  # none is async
    app.config.from_mapping(
        STORE_URL="tinydb:./data",
        SECRET_KEY=None,
        SECRET_KEY_FALLBACKS="",
        TRUSTED_PROXIES="",
        OPERATOR_PASSWORD=None,
        TABS=TABS,
        STREAMS=7000,
        STREAMS_PER_ROOM=5000,
        STREAMS_IN_ALL=20_000,
        RELEASE=release(),
        MAX_CONTENT_LENGTH=16 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=365 * 86_400,
        SESSION_REFRESH_EACH_REQUEST=False,
        HEADERS=HEADERS,
    )
    app.config.from_prefixed_env("MYAPP", loads=str)
    app.config.update(settings)
    app.config["SECRET_KEY_FALLBACKS"] = app.config["SECRET_KEY_FALLBACKS"].split()

    app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or credential("vroum_secret_key")
    logs.configure()
    hub = Hub()
    store = open_store(app.config["STORE_URL"], hub)
    if not cli.commanded():  # A command looks at what there is, broken perhaps, and makes nothing.
        store.serve()
        app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or store.secret()
        if len(app.config["SECRET_KEY"]) < 32:
            raise RuntimeError("MYAPP_SECRET_KEY is too short: give it 32 characters or more.")
    presence = Presence(store, hub, int(app.config["TABS"]))
    rooms = Rooms(store)
    limits = Limits(store, app.config["SECRET_KEY"])
    practice = Practice(store, app.config["SECRET_KEY"])
    accounts = Accounts(store)
    operator = Operator(hub, store, presence, app.config["OPERATOR_PASSWORD"])
    lobby = Lobby(hub, store, rooms, presence)

    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals["asset"] = asset
    app.add_url_rule("/static/<string(length=12):mark>/<path:name>", view_func=lasting)
    app.jinja_env.globals["spread_of"] = picture.Spread.of
    drawing = Drawing(app.jinja_env, rooms, lobby, presence)
    app.extensions["hub"] = hub
    fanout = Fanout(hub, store)
    app.extensions["count"] = lambda served: metrics.REQUESTS.set(served + fanout.parked)
    app.extensions["begin"] = caretaker.begin(
        store, presence, rooms, accounts, practice, operator, drawing.warm
    )
    app.extensions["house"] = House(
        hub,
        fanout,
        store,
        presence,
        rooms,
        lobby,
        drawing,
        limits,
        accounts,
        practice,
        operator,
        Replays(store),
    )
    views.register(app)
    journey.register(app)
    cli.register(app)
    app.wsgi_app = TrustedProxy(app.wsgi_app, app.config["TRUSTED_PROXIES"])  # type: ignore[method-assign]
    return app


def credential(name: str) -> str | None:
    """A secret that systemd hands to the service (LoadCredential)."""
    path = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"), name)
    return path.read_text().strip() if path.exists() else None


def release() -> str:
    """Which release this is: an archive of `make release` says so."""
    path = ROOT / "static/vendor/RELEASE"
    return path.read_text().strip() if path.exists() else "development"


@lru_cache(1000)
def asset(name: str) -> str:
    """The URL of a static file; it changes with the file, so that browsers may keep it for ever."""
    path = ROOT / "static" / name
    if not path.exists():
        raise FileNotFoundError(f"static/{name} is missing: run `make run` once, which builds it.")
    return f"/static/{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}/{name}"


def lasting(mark: str, name: str) -> Response:
    """A static file by its `asset` URL. A page from before an update, which asks by the mark of an
    older file, gets the newer one, but not to keep under that name."""
    response = current_app.send_static_file(name)
    if request.path == asset(name):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
