"""Vroum on a socket that stays open while it restarts, as systemd has it, behind nginx."""

import os
import shutil
import sys

from tests.conftest import ROOT, free_port, wait_for
from tests.deploy.services import Door, Nginx

GUNICORN = ["-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py"), "wsgi:app"]


class Activated:
    """nginx, and gunicorn on a socket that it did not open."""

    def __init__(self, folder, before=()):
        """`before` is a command that runs gunicorn for us, such as strace."""
        self.before = before
        self.folder, self.port, self.data = folder, free_port(), folder / "data"
        for name in ("deploy", "static", "nginx.conf"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "run").mkdir()
        (folder / "run/listen.conf").write_text(f"listen 127.0.0.1:{self.port};\n")
        self.door = Door(folder / "run/vroum.sock", 4096, 0o660)
        text = (ROOT / "nginx.conf").read_text()
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").unlink()
        (folder / "nginx.conf").write_text(f"{user}\n{text}")
        self.nginx = Nginx(folder, folder / "nginx.conf")
        self.start()
        self.nginx.reload()
        wait_for(lambda: (folder / "run/nginx.pid").exists())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def file(self, code):
        return self.data / "rooms" / f"{code}.json"

    def start(self):
        own = {"MYAPP_STORE_URL": f"tinydb:{self.data}", "WEB_CONCURRENCY": "2"}
        own |= {"PYTHONPATH": str(ROOT), "TMPDIR": str(self.folder)}
        command = [shutil.which(word) or word for word in self.before[:1]]
        command += [*self.before[1:], sys.executable, *GUNICORN]
        self.door.start(command, self.folder, {**os.environ, **own}, self.folder / "log")

    def restart(self):
        self.door.stop()
        self.start()

    def close(self):
        self.nginx.stop()
        self.door.stop()
        self.door.close()
