"""A real Redis for a test, in a folder of its own, that keeps what it acknowledges."""

import hashlib
import os
import signal
import subprocess

from tests.conftest import wait_for


class Redis:
    """`always`: the persistence that loses nothing. By a unix socket unless a port is given."""

    def __init__(self, folder, port=0, host="127.0.0.1", *prefix):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port, self.host, self.prefix = folder, port, host, prefix
        self.socket = folder / "redis.sock"
        self.start()

    @property
    def url(self):
        return f"redis://{self.host}:{self.port}/0" if self.port else f"unix://{self.socket}"

    def start(self):
        where = ["--bind", self.host, "--protected-mode", "no"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self.prefix,
                    "redis-server",
                    *("--port", str(self.port), *where, "--unixsocket", str(self.socket)),
                    *("--dir", str(self.folder), "--save", ""),
                    *("--appendonly", "yes", "--appendfsync", "always"),
                ],
                stdout=log,
                stderr=log,
                env={**os.environ, "FAKETIME": ""},
            )
        wait_for(lambda: self.says("PING") == "PONG")

    def says(self, *command):
        """What redis-cli prints."""
        done = subprocess.run(
            ["redis-cli", "-s", str(self.socket), *command], capture_output=True, text=True
        )
        return done.stdout.strip()

    def put(self, key, text):
        """Have this JSON there, as the server itself would write it, and tell everybody."""
        seal = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        self.says("HSET", key, "version", seal, "doc", text)
        self.says("PUBLISH", key.partition("/")[0] + "/", key)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(20)
