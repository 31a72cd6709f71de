"""Identity: who the cookie says somebody is, and whether a request comes from our own page."""

import secrets
import time
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, cast

import gevent
import msgspec
from flask import Flask, Request, abort, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.http import parse_cookie

from myapp import metrics
from myapp.limits import COMMANDS
from myapp.proxy import REQUEST_ID, ROUND_TRIP
from myapp.views.house import house
from myapp.views.who import Who, who

KNOWN = 10_000
"""Of how many browsers one process remembers what their cookies say, and that it was signed,"""
LONG = 1000
"""unless they are longer than this."""


class Sessions(SecureCookieSessionInterface):
    """Signed cookies. Over TLS the name demands Secure, no domain and the whole site.

    One that a machine with a faster clock has just signed is from the future for the others, and
    good all the same. A cookie is verified when it first comes; its age is looked at each time.
    """

    def __init__(self) -> None:
        self._said = lru_cache(KNOWN)(self._verified)
        self._signs: URLSafeTimedSerializer | None = None

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        cookies = request.environ.get("HTTP_COOKIE")
        if not cookies:
            return self.session_class()
        try:
            look = self._said if len(cookies) <= LONG else self._verified
            said, signed = look(app, self.get_cookie_name(app), cookies)
        except BadSignature:
            return self.session_class()
        fresh = time.time() - signed <= app.permanent_session_lifetime.total_seconds()
        return self.session_class(said if fresh else None)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if self._signs is None:  # once the store has given us a key it stays
            self._signs = super().get_signing_serializer(app)
        return self._signs

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        if session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.headers.add("Vary", "Cookie")

    def _verified(self, app: Flask, name: str, cookies: str) -> tuple[dict[str, Any], float]:
        """What our cookie says, and when it was signed. Raises BadSignature."""
        serializer, cookie = self.get_signing_serializer(app), parse_cookie(cookies).get(name)
        if serializer is None or not cookie:
            raise BadSignature("there is no key yet, or no cookie of ours")
        said, signed = serializer.loads(cookie, return_timestamp=True)
        return said, signed.timestamp()

    def get_cookie_name(self, app: Flask) -> str:
        return "__Host-vroum" if request.is_secure else "vroum"

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def remember(name: str) -> Who:
    """Give the visitor this name, and an id with the first one."""
    session.permanent = True
    session["id"] = session.get("id") or secrets.token_hex(16)
    session["name"] = name
    return who()


def become(id: str, name: str) -> None:
    """Be this person from now on, or nobody; only the language stays what it was."""
    new = {"id": id, "name": name, "language": session.get("language")}
    session.clear()
    session.update({key: value for key, value in new.items() if value})
    if session:
        session.permanent = True


def sent() -> dict[str, Any]:
    """What the page sent: a JSON object or a form, nothing else. Values are not yet checked."""
    if request.headers.get("Content-Encoding"):
        abort(415)
    if request.mimetype == "application/json":
        try:
            body = msgspec.json.decode(posted())
        except (ValueError, RecursionError):
            abort(400)
        if not isinstance(body, dict):
            abort(400)
        return cast(dict[str, Any], body)
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return request.form.to_dict()
    if request.mimetype or request.content_length:
        abort(415)
    return {}


def posted() -> bytes:
    """The body of the request; refused when it is too long or breaks off.

    Flask reads it by three streams, each within another: more work than to make sense of it.
    """
    if "posted" not in g:
        size = request.content_length
        if size is None or size > current_app.config["MAX_CONTENT_LENGTH"]:
            return request.get_data()
        g.posted = request.environ["wsgi.input"].read(size)
        if len(g.posted) < size:
            abort(400)
    return cast(bytes, g.posted)


def text(body: dict[str, Any], key: str, most: int = 200) -> str:
    """One string of what was sent; "" when it is missing."""
    value = body.get(key, "")
    if not isinstance(value, str) or len(value) > most:
        abort(400)
    return value


def line() -> str:
    """The line this request came by: its address, of IPv6 the half that is one household's."""
    address = ip_address(request.remote_addr or "0.0.0.0")
    return str(ip_network((address, 64), strict=False) if address.version == 6 else address)


def arrived() -> float:
    """When this request reached the app, in the rooms' time."""
    ago = time.monotonic() - cast(float, g.arrived)
    return house().rooms.time() - ago


def round_trip() -> float | None:
    """Seconds, as the kernel under nginx measured it; None when nobody trustworthy did."""
    return cast(float | None, request.environ.get(ROUND_TRIP))


def take_longer(by: str) -> None:
    """The way of a command through the bad network that the operator made for its player."""
    weather = house().operator.forecast.of(by)
    if not weather.fair:
        gevent.sleep(weather.wait())


def same_origin(site: str | None) -> bool:
    """Whether our own page sent this request, by what browsers say and page scripts cannot.

    `site` is their Sec-Fetch-Site. Phones that reach a plain http address send none; then Origin
    must name this very scheme, host and port.
    """
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == request.host_url.rstrip("/")


def register(app: Flask) -> None:
    @app.before_request
    def let_in() -> None:
        commands, site = request.method == "POST", request.headers.get("Sec-Fetch-Site")
        by = who().id if commands else ""
        if by:
            take_longer(by)
        g.arrived = time.monotonic()
        g.request_id = request.environ[REQUEST_ID]
        if request.method not in ("GET", "HEAD", "OPTIONS") and not same_origin(site):
            abort(403, "This did not come from a page of this site. Reload the page and try again.")
        if site == "cross-site" and request.path.endswith("/live"):
            abort(403)
        if by:
            house().limits.take(COMMANDS, by)

    @app.after_request
    def guard(response: Any) -> Any:
        given = {name.lower() for name, _ in response.headers}  # `setdefault` raises for each
        for name, value in current_app.config["HEADERS"].items():
            if name.lower() not in given:
                response.headers.add(name, value)
        metrics.ANSWERS.labels(response.status_code).inc()
        return response
