"""How gunicorn serves Vroum: gunicorn -c deploy/gunicorn.conf.py wsgi:app

From the environment: MYAPP_BIND (as gunicorn's `bind`, such as unix:run/vroum.sock), or HOST and
PORT; WEB_CONCURRENCY, the number of workers; MYAPP_TRUSTED_PROXIES; MYAPP_RELOAD=1 for `make dev`.
"""

import os
import resource
import runpy
import shutil
import tempfile
from pathlib import Path
from typing import Any

here = Path(__file__).resolve().parent.parent

host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
bind = os.environ.get("MYAPP_BIND") or f"{f'[{host}]' if ':' in host else host}:{port}"
backlog = 4096
umask = 0o007  # a unix socket is for its owner and group; data files have modes of their own

# The class itself, not "myapp.worker.StreamWorker": that would import the app into the master, so
# that HUP forked the old code again, and before gevent has patched anything.
worker_class = runpy.run_path(str(here / "myapp/worker.py"))["StreamWorker"]
worker_connections = 8000  # a hard cap that lets clients hang: the app refuses streams earlier
timeout = 30  # a worker whose loop stands still this long is replaced
graceful_timeout = 5  # streams end at once; this is for a request that hangs
keepalive = 2
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # never waits for a disk
control_socket_disable = True

# One page open is one file open.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

# Over a unix socket the peer is our nginx; over TCP nobody is believed who is not named.
secure_scheme_headers = {}  # the app looks at X-Forwarded-Proto itself, and at nothing else
forwarded_allow_ips = ",".join(os.environ.get("MYAPP_TRUSTED_PROXIES", "").split())

# No access log here: nginx keeps one, without room codes or query strings.

# Each worker counts in files of its own; /metrics adds them up. A reload comes by here again.
OURS = "vroum-metrics-"
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=OURS)


def child_exit(server: Any, worker: Any) -> None:
    for gauge in Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).glob(f"gauge_live*_{worker.pid}.db"):
        gauge.unlink()


def on_exit(server: Any) -> None:
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    if folder.name.startswith(OURS):
        shutil.rmtree(folder, ignore_errors=True)


reload = os.environ.get("MYAPP_RELOAD") == "1"
if reload:
    watched = ("templates/**/*", "static/*.css", "static/vendor/*.js")  # beside every module
    reload_extra_files = [str(here / pattern) for pattern in watched]


def when_ready(server: Any) -> None:
    for listener in server.LISTENERS:
        if str(listener).startswith("http"):
            print(f"\nVroum is open at {listener}  (Ctrl-C closes it)\n", flush=True)
