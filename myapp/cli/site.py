"""How the doctor reaches the server as players do, and what it can ask."""

import http.client
import socket
import ssl
import time
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECT = 5.0  # seconds
SILENCE = 1.0  # seconds; what comes after is another event, and not the rest of the first


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    def header(self, name: str) -> str:
        return str(self.headers.get(name, ""))


@dataclass(frozen=True)
class Site:
    """One way to the server: an address, or gunicorn's own socket; `name` is its Host."""

    scheme: str
    host: str
    port: int
    name: str
    socket: str = ""

    @classmethod
    def at(cls, url: str) -> "Site":
        """The site with this address. Raises ValueError if it is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, parts.hostname, port, parts.netloc.rpartition("@")[2])

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.name}"

    def line(self) -> http.client.HTTPConnection:
        if self.socket:
            return UnixLine(self.socket, self.name)
        if self.scheme == "http":
            return http.client.HTTPConnection(self.host, self.port, timeout=CONNECT)
        return http.client.HTTPSConnection(
            self.host, self.port, timeout=CONNECT, context=unverified()
        )

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        """One request; whoever posts sends an empty form."""
        line = self.line()
        body = None
        if method == "POST":
            body, headers = (
                "name=",
                {"Content-Type": "application/x-www-form-urlencoded", **headers},
            )
        try:
            line.request(method, path, body, {"Host": self.name, **headers})
            answer = line.getresponse()
            text = answer.read(1 << 20).decode(errors="replace")
            return Answer(answer.status, answer.msg, text)
        finally:
            line.close()

    def handshake(self, context: ssl.SSLContext) -> tuple[str, float]:
        """What TLS agrees on: the protocol, and until when the certificate is good (0: unknown)."""
        context.set_alpn_protocols(["h2", "http/1.1"])
        with (
            socket.create_connection((self.host, self.port), CONNECT) as line,
            context.wrap_socket(line, server_hostname=self.host) as tls,
        ):
            until = (tls.getpeercert() or {}).get("notAfter", "")
            good = ssl.cert_time_to_seconds(until) if isinstance(until, str) and until else 0
            return tls.selected_alpn_protocol() or "http/1.1", good

    def hear(self, seconds: float) -> tuple[int, list[float]]:
        """Open the stream of the home page as a browser does: the status, and when the first event
        came and when the next one after a silence, in seconds; those that came in time."""
        heard: list[float] = []
        start, text = time.monotonic(), b""
        line = self.line()
        try:
            asked = {"Host": self.name, "Accept-Encoding": "gzip", "Datastar-Request": "true"}
            line.connect()
            line.sock.settimeout(seconds)
            line.request("GET", "/live", headers=asked)
            answer = line.getresponse()
            zipped = zlib.decompressobj(31) if answer.getheader("Content-Encoding") else None
            while answer.status == 200 and len(heard) < 2:
                line.sock.settimeout(max(0.01, start + seconds - time.monotonic()))
                piece = answer.read1(1 << 16)
                if not piece:
                    break
                text += zipped.decompress(piece) if zipped else piece
                now = time.monotonic() - start
                if b"\n\n" in text and (not heard or now > heard[0] + SILENCE):
                    heard.append(now)
                    text = b""
            return answer.status, heard
        except TimeoutError:
            return 200, heard
        finally:
            line.close()


class UnixLine(http.client.HTTPConnection):
    """HTTP by a unix socket."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(name, timeout=CONNECT)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(CONNECT)
        self.sock.connect(self.path)


def unverified() -> ssl.SSLContext:
    """TLS with whoever answers: a bad certificate is told once, by its own check."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
