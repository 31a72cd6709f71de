"""A service on a socket that another process keeps open, as systemd does, and nginx."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

ACTIVATED = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""


class Door:
    """A listening socket that another process than the service keeps open, as systemd does."""

    def __init__(self, path, backlog, mode):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        path.chmod(mode)
        self.socket.listen(backlog)
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(f"{path}.notify")
        self.notices.settimeout(30)
        self.process = None

    def start(self, command, cwd, env, log):
        """Start the service, and wait until it says that it is ready."""
        env = {**env, "NOTIFY_SOCKET": self.notices.getsockname()}
        fd = self.socket.fileno()
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-c", ACTIVATED, str(fd), *command],
                cwd=cwd,
                env=env,
                stdout=file,
                stderr=file,
                pass_fds=[fd],
                start_new_session=True,
            )
        while b"READY=1" not in self.notices.recv(4096):
            pass

    def stop(self):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                try:
                    self.process.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def close(self):
        """As when the machine loses its power."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for end in (self.socket, self.notices):
            Path(end.getsockname()).unlink()
            end.close()


class Nginx:
    """nginx with this configuration, until the test ends."""

    def __init__(self, prefix, config):
        self.prefix = prefix
        self.command = [nginx(), "-p", f"{prefix}/", "-c", str(config), "-e", f"{prefix}/emergency"]
        self.process = None

    def check(self):
        return subprocess.run([*self.command, "-t"], capture_output=True, text=True)

    def reload(self):
        if self.process is None:
            command = [*self.command, "-g", "daemon off;"]
            self.process = subprocess.Popen(command, cwd=self.prefix)
        else:
            self.process.send_signal(signal.SIGHUP)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)


def nginx():
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
