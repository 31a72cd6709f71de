"""A Debian machine in a folder: what docs/deploy.md needs of one, with systemd and nginx to match.

Its bin/ has stand-ins for the commands that would change a real machine. `systemctl` starts what
the installed units say, on a socket that stays open, as systemd does; `nginx` is the real one, with
the machine's own files and free ports.
"""

import configparser
import http.client
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tarfile
import threading
from contextlib import suppress
from multiprocessing.connection import Listener
from pathlib import Path

from tests.conftest import ROOT, wait_for
from tests.deploy.debian import ASK, DEFAULT_SITE, NGINX, STAND_INS, WRITES_DOWN
from tests.deploy.services import Door, Nginx

PLACES = r"(?<![\w.$])/(?=(?:srv|etc|var|run|usr/local)/)"
SHIPPED = ["deploy", "docs", "myapp", "static", "templates", "wsgi.py", "requirements.txt"]
FOLDERS = ["systemd/system", "sysctl.d", "cron.daily", "nginx/conf.d", "nginx/modules-enabled"]
FOLDERS += ["nginx/sites-available", "nginx/sites-enabled", "letsencrypt/live"]


def lasting_port():
    """A free port that nobody is given by chance before nginx starts: those begin at 32768."""
    while True:
        with socket.socket() as door, suppress(OSError):
            port = random.randrange(20_000, 32_000)
            door.bind(("127.0.0.1", port))
            return port


class Machine:
    """`did` is what the stand-ins were asked to do; `log` is the journal of vroum.service."""

    def __init__(self, root):
        self.root, self.http, self.https = root, lasting_port(), lasting_port()
        self.services, self.doors = {}, {}
        for folder in FOLDERS:
            (root / "etc" / folder).mkdir(parents=True)
        for folder in ("bin", "run", "usr/local/bin", "var/log/nginx", "var/www/html", "root"):
            (root / folder).mkdir(parents=True)
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
        (root / "etc/nginx/nginx.conf").write_text(NGINX)
        (root / "etc/nginx/sites-enabled/default").write_text(DEFAULT_SITE)
        (root / "did").touch()
        self.log = root / "journal"
        self.log.touch()
        words = {"root": root, "http": self.http, "https": self.https, "python": sys.executable}
        words["curl"] = shutil.which("curl")
        for name, does in STAND_INS.items():
            path = root / "bin" / name
            path.write_text((WRITES_DOWN + does).format(**words))
            path.chmod(0o755)
        (root / "bin/.ask").write_text(ASK.format(root=root))
        self.nginx = Nginx(root / "run", root / "run/nginx/nginx.conf")
        self.line = Listener(str(root / "bin/.door"))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"https://localhost:{self.https}"

    @property
    def did(self):
        return (self.root / "did").read_text()

    @property
    def release(self):
        return (self.root / "srv/vroum/current").readlink().name

    def here(self, text):
        """The same text with the machine's own places."""
        return re.sub(PLACES, f"{self.root}/", text)

    def shell(self, words, **environment):
        """Run the operator's commands, as typed by root in a folder of their own."""
        settings = {"PATH": f"{self.root}/bin:{self.root}/usr/local/bin:{os.environ['PATH']}"}
        settings |= {"VROUM_ROOT": str(self.root), **environment}
        return subprocess.run(
            ["sh", "-euc", self.here(words)],
            cwd=self.root / "root",
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )

    def installs(self, release, name="localhost"):
        archive = self.archive(release)
        unpack = f"tar -xzf {archive}"
        return self.types(f"{unpack} && vroum-{release}/deploy/install.sh {archive} {name}")

    def types(self, words):
        """Run commands that must succeed; what they print."""
        done = self.shell(words)
        assert done.returncode == 0, f"{words}\n{done.stdout}"
        return done.stdout

    def archive(self, release, **files):
        """What `make release` packs, in root's folder; `files` by path replace what is in it."""
        pack = self.root / "root" / f"vroum-{release}.tar.gz"
        files = {"static/vendor/RELEASE": release + "\n", **files}
        with tarfile.open(pack, "w:gz", compresslevel=1) as tar:
            for path in SHIPPED:
                tar.add(ROOT / path, f"vroum-{release}/{path}", filter=_shipped)
            for path, text in files.items():
                (self.root / "file").write_text(text)
                tar.add(self.root / "file", f"vroum-{release}/{path}")
        return pack.name

    def borrow_packages(self):
        """Spare the machine fetching packages: lend it the environment that runs the tests."""
        sys.path.insert(0, str(ROOT / "deploy"))
        try:
            import releases
        finally:
            sys.path.pop(0)
        home = self.root / "srv/vroum/venvs" / releases.venv_name(ROOT / "requirements.txt")
        home.mkdir(parents=True)
        (home / "ready").touch()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (home / name).symlink_to(Path(sys.prefix, name))

    def asks(self, path, host="localhost", tls=True, **headers):
        """One request over TCP; (status, headers, text)."""
        if tls:
            trusts = ssl._create_unverified_context()
            line = http.client.HTTPSConnection("127.0.0.1", self.https, timeout=20, context=trusts)
        else:
            line = http.client.HTTPConnection("127.0.0.1", self.http, timeout=20)
        try:
            line.request("GET", path, headers={"Host": host, **headers})
            answer = line.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode("latin-1")
        finally:
            line.close()

    # systemd and nginx

    def serve(self):
        while True:
            with self.line.accept() as line:
                words = line.recv()
                if words is None:
                    return
                try:
                    line.send(self.asked(*words))
                except Exception as error:
                    line.send((1, repr(error)))

    def asked(self, command, *words):
        if command == "nginx":
            self.write_nginx()
            done = self.nginx.check()
            return done.returncode, done.stderr
        verb, *names = [word for word in words if not word.startswith("-")]
        for name in names:
            unit = name if "." in name else f"{name}.service"
            if name == "nginx":
                self.write_nginx()
                self.nginx.reload()
                wait_for((self.root / "run/nginx.pid").exists)
            elif verb in ("enable", "daemon-reload"):
                self.unit(unit)["Install"]
            elif unit.endswith(".socket"):
                self.open(unit) if verb == "start" else self.shut(unit)
            else:
                if verb in ("stop", "restart") and self.doors:
                    self.doors["vroum.socket"].stop()
                if verb in ("start", "restart"):
                    self.start(unit)
        return 0, ""

    def unit(self, name):
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.optionxform = str
        parser.read_string(self.here((self.root / "etc/systemd/system" / name).read_text()))
        return parser

    def open(self, name):
        if name not in self.doors:
            unit = self.unit(name)["Socket"]
            path, mode = Path(unit["ListenStream"]), int(unit["SocketMode"], 8)
            self.doors[name] = Door(path, int(unit["Backlog"]), mode)

    def shut(self, name):
        if door := self.doors.pop(name, None):
            door.stop()  # the service requires its socket
            door.close()

    def start(self, name):
        unit = self.unit(name)["Service"]
        env = dict([unit["Environment"].split("=", 1)])
        for line in Path(unit["EnvironmentFile"].lstrip("-")).read_text().splitlines():
            env.update([line.split("=", 1)])
        self.open("vroum.socket")
        env |= {"PATH": os.environ["PATH"], "TMPDIR": str(self.root / "run")}
        command = unit["ExecStart"].split()
        self.doors["vroum.socket"].start(command, unit["WorkingDirectory"], env, self.log)

    def write_nginx(self):
        """The machine's nginx files, with its own places and ports."""
        own = self.root / "run/nginx"
        shutil.rmtree(own, ignore_errors=True)
        shutil.copytree(self.root / "etc/nginx", own)
        shutil.copy("/etc/nginx/mime.types", own)
        for path in [own / "nginx.conf", *own.glob("*/*")]:
            text = self.here(path.read_text()).replace(f"{self.root}/etc/nginx/", f"{own}/")
            text = re.sub(r"listen \[::\].*", "", text)
            text = re.sub(r"listen 80\b", f"listen 127.0.0.1:{self.http}", text)
            text = re.sub(r"listen 443\b", f"listen 127.0.0.1:{self.https}", text)
            user = "user root;" if os.geteuid() == 0 else ""  # its workers open sockets of ours
            text = text.replace("user www-data;", user)
            for part in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
                text = text.replace("http {", f"http {{ {part}_temp_path {self.root}/run/{part};")
            path.unlink()
            path.write_text(text)

    def off(self):
        from multiprocessing.connection import Client

        with Client(self.line.address) as line:
            line.send(None)
        self.thread.join()
        self.line.close()
        self.nginx.stop()
        for door in self.doors.values():
            door.close()


def _shipped(entry):
    return None if "__pycache__" in entry.name else entry
