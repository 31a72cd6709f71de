"""Machines for the tests: network namespaces, each with an address and a Vroum of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, Served, wait_for

FAKETIME = Path("/usr/bin/faketime")


def why_not():
    """Why this machine can have no machines in it; "" if it can."""
    if not shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin"):
        return "there is no `ip` (Debian: iproute2)"
    name = f"vroum{os.getpid()}try"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    why = tried.stderr.strip()
    return why and f"network namespaces are not allowed here ({why})"


class Network:
    """`/30` nets between this machine, at .1, and others, at .2."""

    def __init__(self, number):
        self.name = f"vroum{os.getpid() % 10_000}n{number}"
        self.net = f"10.{91 + number}.{os.getpid() % 250}"
        self.ours, self.theirs = f"{self.net}.1", f"{self.net}.2"
        near, far = f"v{os.getpid() % 10_000}n{number}a", f"v{os.getpid() % 10_000}n{number}b"
        for line in (
            f"netns add {self.name}",
            f"link add {near} type veth peer name {far} netns {self.name}",
            f"addr add {self.ours}/30 dev {near}",
            f"link set {near} up",
            f"-n {self.name} addr add {self.theirs}/30 dev {far}",
            f"-n {self.name} link set {far} up",
            f"-n {self.name} link set lo up",
        ):
            subprocess.run(["ip", *line.split()], check=True, capture_output=True)

    def end(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True)


class Machine(Served):
    """One that serves, on the net of its own; its clock is ahead by so many seconds."""

    def __init__(self, folder, network, redis, ahead=0.0):
        self.network, self.ahead = network, ahead
        super().__init__(
            folder,
            redis=redis,
            HOST=network.theirs,
            MYAPP_STORE_URL=f"redis://{network.ours}:{redis.port}/0",
            MYAPP_TRUSTED_PROXIES=network.ours,
        )

    @property
    def host(self):
        return self.network.theirs

    @property
    def workers(self):
        return super().workers if self.process.poll() is None else []

    def start(self):
        config = str(ROOT / "deploy/gunicorn.conf.py")
        clock = [str(FAKETIME), "-f", f"{self.ahead:+}s"] if self.ahead else []
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *("ip", "netns", "exec", self.network.name, *clock, sys.executable),
                    *("-m", "gunicorn", "-c", config, "--pid", "gunicorn.pid", "wsgi:app"),
                ],
                cwd=self.folder,
                env={**os.environ, **self.settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self.answers, 30)


class Front(Served):
    """nginx before several machines: the project's own nginx.conf, with more lines upstream."""

    def __init__(self, folder, redis, machines, affinity=""):
        self._machines, self._affinity = machines, affinity
        super().__init__(folder, nginx=True, redis=redis)

    def start(self):
        run = self.folder / "run"
        run.mkdir()
        (run / "listen.conf").write_text(f"listen 127.0.0.1:{self.port};\n")
        servers = "".join(f"server {m.host}:{m.port};\n" for m in self._machines)
        conf = (ROOT / "nginx.conf").read_text()
        conf = conf.replace("server unix:run/vroum.sock;", self._affinity + servers)
        (self.folder / "nginx.conf").unlink()
        (self.folder / "nginx.conf").write_text(conf)
        user = "user root;" if os.geteuid() == 0 else ""
        command = ["nginx", "-p", f"{self.folder}/", "-c", "nginx.conf", "-e", "run/error.log"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "-g", f"daemon off; {user}"],
                stdout=log,
                stderr=log,
                env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
                start_new_session=True,
            )
        wait_for(self.answers, 30)

    @property
    def workers(self):
        return [pid for machine in self._machines for pid in machine.workers]
