"""Serves Vroum to the local network: nginx in front of gunicorn, until Ctrl-C (`make serve`).

Works in the current folder, which holds nginx.conf, deploy/ and static/ (or links to them, in
tests), and keeps its socket, pids and logs in ./run. From the environment: PORT (8000), HOST (all
addresses), and whatever gunicorn and the app read.
"""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import segno

ROOT = Path(__file__).resolve().parent.parent
RUN = Path("run")
PORT = int(os.environ.get("PORT", "8000"))
HOST = os.environ.get("HOST", "")


def can_listen(host: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            door.bind((host, PORT))
    except OSError:
        return False
    return True


def own_address() -> str:
    """The address by which the local network knows this machine; nothing is sent to find it."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def prepare() -> str:
    """Fills ./run and returns the address to open."""
    first = HOST or "0.0.0.0"
    if not can_listen(first):
        sys.exit(f"Port {PORT} of {first} is taken. Choose another: make serve PORT={PORT + 1}")
    hosts = [first] if HOST else [host for host in (first, "::") if can_listen(host)]
    try:
        RUN.mkdir(exist_ok=True)
        RUN.chmod(0o750)
    except PermissionError:
        sys.exit(f"{RUN.resolve()} is another user's: remove it, or serve as that user.")
    RUN.joinpath("gunicorn.pid").unlink(missing_ok=True)  # of a crash; the port is free
    doors = [f"[{host}]" if ":" in host else host for host in hosts]
    RUN.joinpath("listen.conf").write_text("".join(f"listen {door}:{PORT};\n" for door in doors))
    return f"http://{doors[0] if HOST else own_address()}:{PORT}/"


def start_gunicorn() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py")]
    settings = {"MYAPP_BIND": "unix:run/vroum.sock", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*command, "--pid", "run/gunicorn.pid", "wsgi:app"], env=os.environ | settings
    )


def start_nginx() -> subprocess.Popen[bytes]:
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    nginx = shutil.which("nginx", path=places)
    if nginx is None:
        sys.exit("nginx is missing. On Debian or Ubuntu: apt-get install nginx")
    here = f"{Path.cwd()}/"
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers could not open the socket
    command = [nginx, "-p", here, "-c", "nginx.conf", "-e", "run/error.log"]
    return subprocess.Popen([*command, "-g", f"daemon off; {user}"])


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, lambda *_: sys.exit(0))
    url = prepare()
    both = [start_nginx(), start_gunicorn()]
    try:
        print(f"\nOn this network, Vroum is open at {url}  (Ctrl-C closes it)\n", flush=True)
        if sys.stdout.isatty():
            segno.make(url).terminal(compact=True)
        os.wait()  # neither is of use without the other
        sys.exit("nginx or gunicorn stopped, so both are: see the lines above and run/error.log.")
    finally:
        for process in both:
            process.terminate()
        for process in both:
            process.wait()


if __name__ == "__main__":
    main()
