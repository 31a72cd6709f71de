"""Lines to the server that no library would open: raw requests, and streams that are only held."""

import json
import re
import secrets
import socket
import time
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface


def connect(server, address="127.0.0.1", seconds=10):
    return socket.create_connection(
        ("127.0.0.1", server.port), timeout=seconds, source_address=(address, 0)
    )


def say(server, request, address="127.0.0.1"):
    """Send these bytes as they are: status (0 for a line that was just closed), whole answer."""
    with connect(server, address, seconds=3) as line:
        heard = b""
        try:
            line.sendall(request)
            while more := line.recv(65536):
                heard += more
                line.shutdown(socket.SHUT_WR)  # or nginx lingers to hear the rest
        except OSError:
            pass  # what came before is the answer
    found = re.match(rb"HTTP/1\.[01] (\d+) ", heard)
    return int(found[1]) if found else 0, heard


def hold(visitor, path, tab="", read_no_more=False):
    """Open a stream and keep its line: the socket and the status of the answer."""
    query = urlencode({"datastar": json.dumps({"tab": tab or secrets.token_hex(8)})})
    mark = "&" if "?" in path else "?"
    line = socket.socket()
    if read_no_more:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(20)
    line.bind((visitor.address, 0))
    line.connect(("127.0.0.1", visitor.server.port))
    cookie = visitor.headers.get("Cookie", "")
    line.sendall(
        f"GET {path}{mark}{query} HTTP/1.1\r\nHost: 127.0.0.1:{visitor.server.port}\r\n"
        f"Cookie: {cookie}\r\nDatastar-Request: true\r\nConnection: close\r\n\r\n".encode()
    )
    status = int(line.recv(64)[9:12])
    return line, status


def read_until(line, words, seconds=10):
    """What comes down a held line, up to and with these bytes."""
    heard, end = b"", time.monotonic() + seconds
    while words not in heard:
        line.settimeout(max(0.01, end - time.monotonic()))
        more = line.recv(65536)
        assert more, f"the line ended without {words!r}: {heard[-300:]!r}"
        heard += more
    return heard


def ended(line, seconds=5):
    """Read a held line to its end; whether that came in time."""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            line.settimeout(max(0.01, end - time.monotonic()))
            if not line.recv(65536):
                return True
    except ConnectionResetError:
        return True
    except TimeoutError:
        pass
    return False


class Somebody:
    """Who a cookie says they are; no request was needed to become it."""

    def __init__(self, server, secret, name, address, id=""):
        self.server, self.name, self.address = server, name, address
        app = Flask(__name__)
        app.secret_key = secret
        signer = SecureCookieSessionInterface().get_signing_serializer(app)
        said = {"_permanent": True, "id": id or secrets.token_hex(16), "name": name}
        self.headers = {"Origin": server.url, "Cookie": f"vroum={signer.dumps(said)}"}


def gauge(server, name):
    """A figure of /metrics."""
    _, _, text = server.ask("GET", "/metrics")
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0
