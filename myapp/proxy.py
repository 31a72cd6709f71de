"""Proxy: what is believed of a request because of where it came from.

nginx reaches gunicorn by a unix socket, which nobody else can open. Only from there, or from an
address that MYAPP_TRUSTED_PROXIES names, are a forwarded address, scheme and round trip believed.
"""

import random
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

ROUND_TRIP = "vroum.rtt"
REQUEST_ID = "vroum.request_id"

FORWARDED = ("FOR", "PROTO", "HOST", "PORT", "PREFIX")


class TrustedProxy:
    """WSGI middleware: ProxyFix for those who are trusted; for others their claims are removed.

    Puts the round trip of the visitor's line in seconds, or None, at `environ["vroum.rtt"]`, and
    at `environ["vroum.request_id"]` the request's id, the one in nginx's log where there is one.
    """

    def __init__(self, app: Any, trusted: str = "") -> None:
        self.app = app
        self.fixed = ProxyFix(app, x_for=1, x_proto=1)
        self.trusted: list[IPv4Network | IPv6Network] = [ip_network(n) for n in trusted.split()]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        rtt = environ.pop("HTTP_X_TCPINFO_RTT", "")
        if self.trusts(environ.get("REMOTE_ADDR", "")):
            environ[REQUEST_ID] = environ.get("HTTP_X_REQUEST_ID") or some_id()
            environ[ROUND_TRIP] = int(rtt) / 1e6 if rtt.isascii() and rtt.isdigit() else None
            return self.fixed(environ, start_response)
        environ[REQUEST_ID] = some_id()
        environ[ROUND_TRIP] = None
        for name in FORWARDED:
            environ.pop(f"HTTP_X_FORWARDED_{name}", None)
        return self.app(environ, start_response)

    def trusts(self, address: str) -> bool:
        """A unix socket has no address."""
        if not address:
            return True
        try:
            return any(ip_address(address) in network for network in self.trusted)
        except ValueError:
            return False


def some_id() -> str:
    """For the log, so nobody minds that it can be guessed."""
    return f"{random.getrandbits(64):016x}"
