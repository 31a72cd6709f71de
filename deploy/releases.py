"""Which release serves on a machine that deploy/install.sh set up. Run as root, by any Python 3.9+:

    deploy/update vroum-<release>.tar.gz    deploy/rollback    deploy/vroum <flask command>

/srv/vroum/releases has the newest releases, `current` and `previous` are links to two of them, and
each release's .venv is a link into /srv/vroum/venvs, where equal requirements share one. Whatever
fails, the release that served before serves again. For tests, VROUM_ROOT is a folder to take for /,
and the commands that would change the machine are taken from its bin/.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

TEST = os.environ.get("VROUM_ROOT", "")
ROOT = Path(TEST or "/")
HOME = ROOT / "srv/vroum"
CURRENT, PREVIOUS = HOME / "current", HOME / "previous"
RELEASES, VENVS = HOME / "releases", HOME / "venvs"
AS_VROUM = ["setpriv", "--reuid=vroum", "--regid=vroum", "--clear-groups"]
GUNICORN = [".venv/bin/python", "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"]
KEPT = 3  # releases on the disk, beside the current and the previous one
PATIENCE = float(os.environ.get("VROUM_PATIENCE", "30"))  # seconds for a release to answer


class Failed(Exception):
    """What went wrong, in a sentence for the operator."""


def machine(*command: str) -> list[str]:
    """A command that acts on the machine, or its stand-in in a test."""
    return [f"{TEST}/bin/{command[0]}" if TEST else command[0], *command[1:]]


def run(command: list[str], wrong: str) -> str:
    """What the command prints. Raises Failed with `wrong` and what it complained about."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Failed(f"{wrong}\n{done.stdout}".rstrip())
    return done.stdout


# A release on the disk


def unpack(archive: str) -> str:
    """Puts a release beside the others, complete or not at all; its name."""
    new = RELEASES / ".new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    tar = ["tar", "-xf", archive, "-C", str(new), "--strip-components=1"]
    tar += ["--no-same-owner", "--no-same-permissions"]
    run(tar, f"{archive} could not be unpacked:")
    named = new / "static/vendor/RELEASE"
    release = named.read_text().strip() if named.exists() else ""
    if not re.fullmatch(r"\w[\w.+-]*", release):
        raise Failed(f"{archive} is not an archive of `make release`.")
    home = RELEASES / release
    if home.exists():
        shutil.rmtree(new)
        print(f"{release} is unpacked already.")
    else:
        new.rename(home)
    name_by_content(home / "static")
    point(home / ".venv", Path("../../venvs") / venv(home / "requirements.txt"))
    os.utime(home)
    run([str(home / ".venv/bin/python"), "-m", "compileall", "-q", str(home / "myapp")], "Broken:")
    return release


def name_by_content(static: Path) -> None:
    """Puts each static file at static/<hash>/<file> too, where pages ask for it."""
    for file in [path for path in static.rglob("*") if path.is_file()]:
        mark = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        twin = static / mark / file.relative_to(static)
        if mark not in file.parts and not twin.exists():
            twin.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, twin)


def venv(requirements: Path) -> str:
    """The name of the virtual environment for these requirements, which is there afterwards."""
    name = venv_name(requirements)
    home = VENVS / name
    if not (home / "ready").exists():
        print("Fetching its packages.")
        shutil.rmtree(home, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(home)], "On Debian: apt-get install python3-venv")
        pip = [str(home / "bin/python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
        pip += ["--only-binary=:all:"]  # nothing of a package runs before it serves
        pip += ["--disable-pip-version-check", "--compile", "-r", str(requirements)]
        run(pip, "A package could not be fetched: is the network up?")
        (home / "ready").touch()
    return name


def venv_name(requirements: Path) -> str:
    python = "{}.{}".format(*sys.version_info)
    return f"{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}-{python}"


def point(link: Path, target: Path) -> None:
    """Makes the link point there, at once for all who look."""
    new = link.with_name(f"{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)


def pointed(link: Path) -> str:
    return os.readlink(link).rsplit("/", 1)[-1] if link.is_symlink() else ""


def tidy() -> None:
    """Removes releases that nobody will go back to, and environments that none of the rest uses."""
    newest = sorted(RELEASES.iterdir(), key=lambda home: home.stat().st_mtime)[-KEPT:]
    keep = {home.name for home in newest} | {pointed(CURRENT), pointed(PREVIOUS)}
    for home in [home for home in RELEASES.iterdir() if home.name not in keep]:
        shutil.rmtree(home)
    used = {pointed(home / ".venv") for home in RELEASES.iterdir()}
    for home in [home for home in VENVS.iterdir() if home.name not in used]:
        shutil.rmtree(home)


# A release that serves


class Line(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, door: Path) -> None:
        super().__init__("localhost", timeout=2)
        self.door = str(door)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.door)


def ask(door: Path, path: str) -> tuple[int, str]:
    line = Line(door)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return 0, f"no answer ({error})"
    finally:
        line.close()


def healthy(door: Path, release: str, alive: subprocess.Popen[bytes] | None = None) -> None:
    """Waits until this release answers, saves and draws. Raises Failed when it does not."""
    end = time.monotonic() + PATIENCE
    wanted = {"/healthz": f"ok {release}\n", "/readyz": "ready\n", "/": "<!doctype html>"}
    for path, words in wanted.items():
        status, said = ask(door, path)
        while status != 200 or not said.lower().startswith(words.lower()):
            if time.monotonic() > end or (alive and alive.poll() is not None):
                raise Failed(f"{path} of {release} says: {status} {said.strip()[:200]}")
            time.sleep(0.2)  # between two questions; a release takes a second or two to start
            status, said = ask(door, path)


def rehearse(release: str) -> None:
    """Starts the release on a socket and a folder of its own, where it can harm nothing."""
    print(f"Trying {release}.")
    mktemp = [*AS_VROUM, "mktemp", "-d", "/tmp/vroum-XXXXXXXX"]
    folder = Path(run(machine(*mktemp), "There is no room in /tmp:").strip())
    own = {
        "MYAPP_BIND": f"unix:{folder}/vroum.sock",
        "MYAPP_STORE_URL": f"tinydb:{folder}/data",
        "WEB_CONCURRENCY": "1",
        "TMPDIR": str(folder),
    }
    home, command = RELEASES / release, machine(*AS_VROUM, *GUNICORN, "--graceful-timeout=1")
    with (folder / "log").open("wb") as log:
        trial = subprocess.Popen(
            command, cwd=home, env={**settings(), **own}, stdout=log, stderr=log
        )
    try:
        healthy(folder / "vroum.sock", release, trial)
    except Failed as why:
        log_ends = (folder / "log").read_text()[-4000:]
        raise Failed(f"{log_ends}\n{why}\nIt was not put to use.") from None
    finally:
        trial.terminate()
        trial.wait(20)
        shutil.rmtree(folder)


def settings() -> dict[str, str]:
    """The environment of the service: what /etc/vroum/settings says, as systemd reads it."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    path = ROOT / "etc/vroum/settings"
    for line in path.read_text().splitlines() if path.exists() else []:
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            environment[name.strip()] = value.strip().strip("\"'")
    return environment


def serve(release: str) -> None:
    """Makes it the release that serves. Raises Failed when it does not."""
    home = RELEASES / release
    for unit in ("vroum.service", "vroum.socket"):
        shutil.copyfile(home / "deploy" / unit, ROOT / "etc/systemd/system" / unit)
    point(CURRENT, Path("releases") / release)
    nginx = (ROOT / "etc/nginx/sites-enabled/vroum").exists()
    if nginx:
        run(machine("nginx", "-t", "-q"), "nginx refuses its configuration:")
    run(machine("systemctl", "daemon-reload"), "systemd refuses:")
    # The socket stays open all the while: whoever comes now waits for the new release.
    run(machine("systemctl", "start", "vroum.socket"), "systemd cannot open the socket:")
    run(machine("systemctl", "restart", "vroum.service"), "It does not start: journalctl -u vroum")
    if nginx:
        run(machine("systemctl", "reload", "nginx"), "nginx does not reload:")
    healthy(ROOT / "run/vroum.sock", release)


def go(release: str) -> None:
    """From the release that serves to this one, or back."""
    before = pointed(CURRENT)
    try:
        serve(release)
    except (Failed, KeyboardInterrupt) as why:
        if before in ("", release):
            raise
        print(f"{release} does not serve. Going back to {before}.", flush=True)
        serve(before)
        raise Failed(f"{why}\n{before} serves again.") from None
    if before not in ("", release):
        point(PREVIOUS, Path("releases") / before)
    print(f"{release} serves.")


# What the operator asks for


def update(archive: str) -> None:
    release = unpack(archive)
    try:
        rehearse(release)
        go(release)
    except Failed:
        if release not in (pointed(CURRENT), pointed(PREVIOUS)):
            shutil.rmtree(RELEASES / release)
        raise
    tidy()


def rollback() -> None:
    if not pointed(PREVIOUS):
        raise Failed("There is no release to go back to.")
    go(pointed(PREVIOUS))


def flask(*words: str) -> None:
    """Becomes `flask`, as the user and with the settings of the service."""
    python = [str(CURRENT / ".venv/bin/python"), "-P", "-m", "flask"]
    command = machine(*AS_VROUM, *python, "--app", str(CURRENT / "wsgi.py"), *words)
    bind = {"MYAPP_BIND": f"unix:{ROOT / 'run/vroum.sock'}"}  # where the doctor looks
    os.execvpe(command[0], command, {**settings(), **bind})


def main() -> None:
    if os.geteuid() != 0 and not TEST:
        raise Failed("Run it as root: put sudo in front.")
    os.umask(0o022)
    what, *words = sys.argv[1:]
    if what == "flask":
        flask(*words)
    with (HOME / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed("Another update is at work. Wait until it is done.") from None
        if what == "update" and len(words) == 1:
            update(*words)
        elif what == "rollback" and not words:
            rollback()
        else:
            raise Failed("Usage: update vroum-<release>.tar.gz, or rollback")


if __name__ == "__main__":
    try:
        main()
    except Failed as why:
        sys.exit(str(why))
