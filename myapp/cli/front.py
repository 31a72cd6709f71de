"""What the doctor looks at through the address that players use: nginx, TLS, streams."""

import os
import re
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from myapp.cli.site import Site, unverified
from myapp.cli.verdict import Wrong
from myapp.stream import BEAT

SOCKET = Path("/run/vroum.sock")  # of deploy/vroum.socket
LATE = 1.5  # seconds that a stream may come later through nginx than without
DAY = 86_400
RENEW = 14  # days that a certificate should still be good for
PATIENCE = BEAT + 5  # seconds


def answers(site: Site) -> str:
    try:
        answer = site.ask("GET", "/healthz")
    except OSError as error:
        raise Wrong(f"nothing answers at {site.url} ({error}). Is nginx running there?") from error
    if answer.status in (502, 503, 504):
        raise Wrong(
            f"{site.url}/healthz answers {answer.status}: nginx runs and does not reach Vroum. "
            "Is it running, and is its socket the one that nginx names?"
        )
    if answer.status != 200 or not answer.text.startswith("ok "):
        raise Wrong(f"{site.url}/healthz answers {answer.status}: that is not Vroum.")
    return f"{site.url} is Vroum, release {answer.text[3:40].strip()}."


def direct(environ: Mapping[str, str], name: str) -> Site:
    """The way past nginx: as deploy/gunicorn.conf.py has it, or systemd's socket."""
    bind = environ.get("MYAPP_BIND", "")
    if bind.startswith("unix:"):
        return Site("http", "", 0, name, bind.removeprefix("unix:"))
    if not bind and SOCKET.is_socket():
        return Site("http", "", 0, name, str(SOCKET))
    host, _, port = bind.rpartition(":")
    host = host.strip("[]") or environ.get("HOST", "127.0.0.1")
    return Site("http", host, int(port or environ.get("PORT", "8000")), name)


def streaming(site: Site, past: Site) -> str:
    """Stream through nginx and past it at the same time, and compare."""
    with ThreadPoolExecutor(2) as pool:
        without = pool.submit(_heard, past)
        status, heard = site.hear(PATIENCE)
        _, bare = without.result()
    if status != 200:
        raise Wrong(
            f"{site.url}/live answers {status}: no page can be live. "
            + ("Too many pages are open." if status in (429, 503) else "Is that Vroum?")
        )
    fair = bare if len(bare) == 2 else [0.0, BEAT]
    for number, what in enumerate(("first event", "beat after it")):
        if len(heard) <= number or heard[number] > fair[number] + LATE:
            took = f"came after {_time(heard[number])}" if len(heard) > number else "did not come"
            if len(bare) == 2 and bare[number] > (0.0, BEAT)[number] + LATE:
                raise Wrong(
                    f"the {what} {took}, past nginx too ({_time(bare[number])}): the server is "
                    "overloaded. Look at its log and at its load."
                )
            raise Wrong(
                f"the {what} {took} within {PATIENCE:.0f} s; {_compared(bare, number)}. Something "
                "between holds it back: in nginx, `proxy_buffering off` for /live and no gzip of "
                "text/event-stream, as in deploy/locations.conf."
            )
    times = f"first event after {_time(heard[0])}, a beat after {_time(heard[1])}"
    if len(bare) == 2:
        return f"{times}; past nginx {_time(bare[0])} and {_time(bare[1])}."
    return f"{times}; the server itself was not reached to compare."


def _heard(past: Site) -> tuple[int, list[float]]:
    try:
        return past.hear(PATIENCE)
    except OSError:
        return 0, []


def _compared(bare: list[float], number: int) -> str:
    if len(bare) > number:
        return f"past nginx it took {_time(bare[number])}"
    return f"the server sends it after {_time((0.0, BEAT)[number])}"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def certificate(site: Site) -> str:
    try:
        _, until = site.handshake(ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        raise Wrong(
            f"browsers will not trust it: {error.verify_message}. "
            f"Get one for this name: certbot certonly --webroot -w /var/www/html -d {site.host}."
        ) from error
    days = int((until - time.time()) // DAY)
    if days < RENEW:
        raise Wrong(f"it is good for {days} more days only: certbot renew, then reload nginx.")
    return f"good for {days} more days."


def http2(site: Site) -> str:
    protocol, _ = site.handshake(unverified())
    if protocol != "h2":
        raise Wrong(
            "not offered, so a browser keeps six pages live at most, in all its tabs together. "
            "In nginx: `listen 443 ssl http2`, or `http2 on` in newer versions."
        )
    return "offered."


def origin(site: Site) -> str:
    """Forms say where they come from; the server compares that with the Host it was told."""
    own, strange = (
        site.ask("POST", "/enter", Origin=place).status
        for place in (site.url, "https://elsewhere.invalid")
    )
    if 429 in (own, strange):
        raise Wrong("too many clicks from this address just now (429). Try again in a minute.")
    if own == 403:
        raise Wrong(
            f"a form from {site.url} is refused, because the server is told another address. "
            "In nginx: `proxy_set_header Host $http_host` (with its port) and "
            "`proxy_set_header X-Forwarded-Proto $scheme`; over TCP, MYAPP_TRUSTED_PROXIES."
        )
    if own != 400:
        raise Wrong(f"an empty name is answered {own} instead of 400. Is that Vroum?")
    if strange != 403:
        raise Wrong(
            f"a form from another site is answered {strange} instead of 403. "
            "Let nginx pass the Origin header on as it is."
        )
    return "a form from this address passes, one from elsewhere is refused."


def static(site: Site) -> str:
    found = re.search(r'/static/[0-9a-f]{12}/[^"]+', site.ask("GET", "/").text)
    if found is None:
        raise Wrong("the first page names no static file. Is that Vroum?")
    answer = site.ask("GET", found[0])
    name = found[0]
    if answer.status != 200:
        raise Wrong(
            f"{name} answers {answer.status}. In nginx, `location ^~ /static/` and `@static` must "
            "be as in deploy/locations.conf; if a file is missing, run the set-up again."
        )
    kept = re.search(r"max-age=(\d+)", answer.header("Cache-Control"))
    if kept is None or int(kept[1]) < 30 * DAY:
        raise Wrong(
            f"{name} may not be kept by browsers, so each page loads it again. In nginx, "
            "`location ^~ /static/` as in deploy/locations.conf."
        )
    return f"{name} is kept for {int(kept[1]) // DAY} days."


def redirect(site: Site, port: int = 80) -> str:
    """Whether plain http leads to https."""
    plain = Site("http", site.host, port, site.host if port == 80 else f"{site.host}:{port}")
    try:
        answer = plain.ask("GET", "/")
    except OSError as error:
        raise Wrong(
            f"nothing answers at {plain.url} ({error}), and people type addresses without https. "
            "In nginx: a server that listens on 80 and returns 301."
        ) from error
    to = answer.header("Location")
    if answer.status not in (301, 302, 307, 308) or not f"{to}/".startswith(f"{site.url}/"):
        raise Wrong(
            f"{plain.url} answers {answer.status} instead of leading to {site.url}. In nginx: "
            "`return 301 https://$server_name$request_uri`, as in deploy/nginx.conf."
        )
    return f"{plain.url} leads to {to}."


def past_nginx(site: Site) -> Site:
    return direct(os.environ, site.name)
