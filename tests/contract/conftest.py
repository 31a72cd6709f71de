"""Stores for the tests: each kind there is, opened as often as a test likes, here and elsewhere."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from myapp.hub import Hub
from myapp.store import open_store
from tests.redis import Redis

ROOT = Path(__file__).parents[2]
PRELUDE = """
import sys
from myapp.hub import Hub
from myapp.store import open_store
from tests.redis import Redis
hub = Hub()
store = open_store(sys.argv[1], hub)
def more(doc):
    return {"n": (doc or {"n": 0})["n"] + 1}
"""


class Server:
    """One set of documents, and any number of processes that use it."""

    def __init__(self, url, stack, redis=None):
        self.url, self.redis = url, redis
        self._stack = stack

    def open(self):
        """A store of its own, as in another worker; it shares nothing with others but the data."""
        store = open_store(self.url, Hub())
        self._stack.callback(store.close)
        return store

    def start(self, program, before=""):
        """A process that runs `program` with its own `store`; it dies with the test."""
        if self.url.startswith("memory:"):
            pytest.skip("a store in memory is of one process")
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", before + PRELUDE + program, self.url],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._stack.callback(process.communicate)
        self._stack.callback(process.kill)
        return process

    def run(self, program, before=""):
        """The same, to its end; what it printed."""
        process = self.start(program, before)
        said, _ = process.communicate(timeout=600)
        assert process.returncode == 0
        return said.strip()


def pytest_generate_tests(metafunc):
    """Every test of a store runs on each kind, but those of a file that names its KINDS."""
    if "server" in metafunc.fixturenames:
        kinds = getattr(metafunc.module, "KINDS", ["tinydb", "redis", "memory"])
        metafunc.parametrize("server", kinds, indirect=True)


@pytest.fixture
def server(request, tmp_path):
    with ExitStack() as stack:
        url, redis = f"tinydb:{tmp_path / 'data'}", None
        if request.param == "redis":
            redis = Redis(tmp_path / "redis")
            stack.callback(redis.stop)
            url = redis.url
        yield Server(url if request.param != "memory" else f"memory:{tmp_path}", stack, redis)


@pytest.fixture
def store(server):
    return server.open()


@pytest.fixture(scope="session")
def full():
    """Whether to run at the counts that the issues state."""
    return os.environ.get("VROUM_COUNTS") == "full"
