"""Servers: how each is started, and what the load client says to it.

`Vroum` is the real application, with a real room, sessions and store.
"""

import os
import shutil
import socket
import time
from contextlib import suppress
from dataclasses import dataclass

from bench.client import Plan
from bench.processes import MINE, ROOT, Group
from bench.scene import KINDS, Scene

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin") or "nginx"


@dataclass
class Server:
    """One contestant: `missing` says why it cannot take part; "" when it can."""

    name: str
    title: str
    path: str = ""  # of a unix socket; or else it listens on a port

    kinds: tuple[str, ...] = tuple(KINDS)

    @property
    def missing(self) -> str:
        return ""

    def start(self, scene: Scene) -> None:
        """Start with a fresh folder, and return when it answers."""
        self.folder = MINE / "server"
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "run").mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.again(scene, fresh=True)

    def again(self, scene: Scene, fresh: bool = False) -> None:
        """Start with the folder that is there."""
        self.group = Group(self.folder / "log")
        self.run(scene, fresh)
        end = time.monotonic() + 30
        while not self.answers():
            if not self.group.alive() or time.monotonic() > end:
                self.group.stop()
                log = self.group.log.read_text(errors="replace")
                raise RuntimeError(f"{self.title} did not start:\n{log[-2000:]}")
            time.sleep(0.02)  # nothing is measured yet

    def run(self, scene: Scene, fresh: bool) -> None:
        """Start its processes; each kind of server has its own."""
        raise NotImplementedError

    def plan(self, scene: Scene) -> Plan:
        """What the load client is to say to it; each kind of server has its own."""
        raise NotImplementedError

    @property
    def target(self) -> str:
        """The port, or the path from the project's folder: a socket's name must be short."""
        return str((self.folder / self.path).relative_to(ROOT)) if self.path else str(self.port)

    def answers(self) -> bool:
        """Whether it answers any request."""
        family = socket.AF_UNIX if self.path else socket.AF_INET
        with suppress(OSError), socket.socket(family) as line:
            line.settimeout(5)
            line.connect(self.target if self.path else ("127.0.0.1", self.port))
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: vroum.test\r\n\r\n")
            return line.recv(12)[9:12] in (b"200", b"204", b"404")
        return False

    def stop(self) -> None:
        self.group.stop()


@dataclass
class Vroum(Server):
    """`way` is "tcp", "unix" or "nginx"; `packed`: pages say that they take compressed streams."""

    way: str = "tcp"
    packed: bool = False

    def run(self, scene: Scene, fresh: bool) -> None:
        if fresh:
            shutil.copytree(scene.data, self.folder / "data")
        bind = f"127.0.0.1:{self.port}" if self.way == "tcp" else "unix:run/vroum.sock"
        env = scene.settings | {"MYAPP_BIND": bind, "TMPDIR": str(self.folder)}
        config = str(ROOT / "deploy/gunicorn.conf.py")
        command = [
            str(ROOT / ".venv/bin/python"),
            "-m",
            "gunicorn",
            "-c",
            config,
            "bench.app:app",
        ]
        self.group.start(command, self.folder, env)
        if self.way == "nginx":
            run_nginx(self)

    def plan(self, scene: Scene) -> Plan:
        return scene.plan(self.packed)


def run_nginx(server: Server) -> None:
    """nginx in front, with the configuration that `make serve` uses, or with the folder's own."""
    for name in ("nginx.conf", "deploy", "static"):
        if not (server.folder / name).exists():
            (server.folder / name).symlink_to(ROOT / name)
    (server.folder / "run/listen.conf").write_text(
        f"listen 127.0.0.1:{server.port} backlog=4096;\n"
    )
    user = "user root; " if os.geteuid() == 0 else ""
    command = [
        NGINX,
        "-p",
        f"{server.folder}/",
        "-c",
        "nginx.conf",
        "-e",
        "run/error.log",
    ]
    server.group.start([*command, "-g", f"daemon off; {user}"], server.folder, {})
