"""Traps under the store: strace lets a system call fail on the files it is told, as root or not."""

import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import wait_for

STRACE = "/usr/bin/strace"


@contextmanager
def trap(server, folder, call, error, *paths):
    """Inside, every `call` of the workers on one of these paths fails with `error`.

    In the end it must have failed at least once. `folder` is for strace's notes.
    """
    assert shutil.which(STRACE), "strace is missing. On Debian or Ubuntu: apt-get install strace"
    notes = Path(folder) / f"strace-{time.monotonic_ns()}"
    files = [word for path in paths for word in ("-P", str(path))]
    calls = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}"]
    pids = [word for pid in server.workers for word in ("-p", str(pid))]
    strace = subprocess.Popen(
        [STRACE, "-f", "-o", notes, *files, *calls, *pids], stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in server.workers:
            said = strace.stderr.readline()
            assert "attached" in said, said
        yield notes
        wait_for(lambda: "(INJECTED)" in notes.read_text(), 3)
    finally:
        strace.send_signal(signal.SIGINT)
        strace.stderr.read()
        strace.wait(10)
        strace.stderr.close()
