"""Contestants: who takes part. Each peer is a small file in bench/peers/ that does the same work as
Vroum, in the way its own documentation shows.
"""

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from bench.client import Plan
from bench.processes import ROOT, compiled
from bench.scene import MOVES_RATE, NUMBERS, TICKS, Scene
from bench.servers import Server, Vroum, run_nginx

PEERS = ROOT / "bench/peers"
PYTHON = str(ROOT / "bench/.venv/bin/python")
NODE = shutil.which("node", path=f"{ROOT}/.setup/bin:{os.environ['PATH']}") or "node"
BETTER_SSE = str(ROOT / "bench/node_modules/better-sse")
NCHAN = "/usr/lib/nginx/modules/ngx_nchan_module.so"  # where Debian has it
FRAME = len("event: datastar-patch-elements\ndata: elements \n\n")


@dataclass
class Peer(Server):
    """Started by `command`, in which {port} and {peers} are filled in."""

    command: tuple[str, ...] = ()
    needs: str = ""  # what must be installed: a path
    behind_nginx: bool = False
    posts_html: bool = False  # it has no application: the posts bring the HTML
    websocket: bool = False

    @property
    def missing(self) -> str:
        return "" if not self.needs or Path(self.needs).exists() else f"{self.needs} is not there"

    def run(self, scene: Scene, fresh: bool) -> None:
        sizes = {"shared": scene.shared, "own": scene.own}
        where = {"port": self.port, "peers": PEERS, **sizes}
        if self.posts_html:
            (self.folder / "nginx.conf").write_text((PEERS / "nchan.conf").read_text())
            run_nginx(self)
            return
        env = {f"BENCH_{name.upper()}": str(value) for name, value in where.items()}
        command = [part.format(**where) for part in self.command]
        self.group.start(command, self.folder, {**env, "PYTHONPATH": str(PEERS)})
        if self.behind_nginx:
            run_nginx(self)

    def plan(self, scene: Scene) -> Plan:
        streams = [self._stream(n) for n in range(scene.streams)]
        changes = [self._change(scene, n) for n in NUMBERS]
        if scene.kind == "moves":
            posts = [request("POST", "/move")]
        elif scene.ticks:  # as many posts as the walkers of the arena send, and a tick now and then
            moves = [request("POST", "/move")] * round(MOVES_RATE * 3)
            ticks = (changes * 100)[: round(TICKS * 3)]
            at = [(n / len(moves), post) for n, post in enumerate(moves)]
            at += [(n / len(ticks), post) for n, post in enumerate(ticks)]
            posts = [post for _, post in sorted(at, key=lambda pair: pair[0])]
        else:
            posts = changes
        token = b"yours " if scene.own else b"goal "
        plan = Plan(streams, posts, token, token, numbered=not scene.ticks)
        if self.websocket:
            plan.hello = b"\x81\x82\0\0\0\x0040"  # a masked text frame: socket.io's "connect"
            plan.ping, plan.pong = b"\x81\x012", b"\x81\x81\0\0\0\x003"
        return plan

    def _stream(self, n: int) -> bytes:
        if not self.websocket:
            return request("GET", f"/live?me=p{n:05}", accept="text/event-stream")
        key = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
        }
        key["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
        return request(
            "GET",
            f"/socket.io/?EIO=4&transport=websocket&me=p{n:05}",
            accept="*/*",
            **key,
        )

    def _change(self, scene: Scene, n: int) -> bytes:
        if not self.posts_html:
            return request("POST", f"/change?n={n}")
        html = (
            f'elements <div id="table">goal {n} '.ljust(
                scene.shared - FRAME + len("elements ") - len("</div>"), "x"
            )
            + "</div>"
        )
        return request("POST", f"/change?n={n}", html.encode())

    def start(self, scene: Scene) -> None:
        super().start(scene)
        self._publish(scene)

    def again(self, scene: Scene, fresh: bool = False) -> None:
        super().again(scene, fresh)
        if not fresh:
            self._publish(scene)

    def _publish(self, scene: Scene) -> None:
        """There is something to see before anyone looks."""
        if self.posts_html:
            with socket.create_connection(("127.0.0.1", self.port), 5) as line:
                line.sendall(self._change(scene, 10))
                line.recv(4096)


def request(
    method: str, path: str, body: bytes = b"", accept: str = "*/*", **headers: str
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: vroum.test", f"Accept: {accept}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}"] if method == "POST" else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def limit(port_or_path: str) -> tuple[str, ...]:
    return (
        str(compiled("limit", PEERS / "limit.c")),
        port_or_path,
        "{shared}",
        "{own}",
    )


def gunicorn(app: str, bind: str) -> tuple[str, ...]:
    serve = (PYTHON, "-m", "gunicorn", "-k", "gevent", "-w", "1", "--backlog", "4096")
    return (*serve, "--worker-connections", "20000", "-b", bind, f"{app}:app")


def everybody() -> list[Server]:
    """All contestants, in the order of the table."""
    module, tcp = (PYTHON, "-m"), "127.0.0.1:{port}"
    hypercorn = (*module, "hypercorn", "-b", tcp, "--backlog", "4096", "quart_app:app")
    uvicorn = (*module, "uvicorn", "--host", "127.0.0.1", "--port", "{port}")
    uvicorn = (*uvicorn, "--no-access-log", "starlette_app:app")
    unix, shared = ("small",), ("small", "arena")
    recipe = "unix:run/vroum.sock"
    return [
        Peer("limit", "C, epoll (the limit)", command=limit("{port}")),
        Vroum("vroum", "Vroum"),
        Vroum("vroum-packed", "Vroum, compressed", packed=True, kinds=shared),
        Peer("nchan", "nchan in nginx", needs=NCHAN, posts_html=True, kinds=shared),
        Peer(
            "node",
            "Node + better-sse",
            command=(NODE, "{peers}/better_sse.mjs"),
            needs=BETTER_SSE,
        ),
        Peer(
            "aiohttp",
            "aiohttp on uvloop",
            command=(PYTHON, "{peers}/aiohttp_app.py"),
            needs=PYTHON,
        ),
        Peer(
            "recipe",
            "gunicorn gevent + queues",
            command=gunicorn("recipe_app", tcp),
            needs=PYTHON,
        ),
        Peer("starlette", "Starlette + uvicorn", command=uvicorn, needs=PYTHON),
        Peer(
            "socketio",
            "Flask-SocketIO, gevent",
            command=gunicorn("socketio_app", tcp),
            needs=PYTHON,
            websocket=True,
        ),
        Peer("quart", "Quart + hypercorn", command=hypercorn, needs=PYTHON),
        Peer(
            "limit-unix",
            "C, epoll, unix socket",
            path="run/c",
            command=limit("run/c"),
            kinds=unix,
        ),
        Vroum(
            "vroum-unix",
            "Vroum, unix socket",
            path="run/vroum.sock",
            way="unix",
            kinds=unix,
        ),
        Vroum("vroum-nginx", "Vroum behind nginx", way="nginx"),
        Peer(
            "recipe-nginx",
            "queues behind nginx",
            command=gunicorn("recipe_app", recipe),
            needs=PYTHON,
            behind_nginx=True,
            kinds=unix,
        ),
    ]
