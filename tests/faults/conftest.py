"""One server for all faults, behind nginx as an operator has it, and people who mean no good."""

import itertools
import os

import pytest
from hypothesis import settings

from tests.conftest import Served
from tests.faults.lines import hold
from tests.live.crowd import Visitor

SECRET = "known to the tests, and long enough"
FULL = os.environ.get("VROUM_COUNTS") == "full"

settings.register_profile("small", max_examples=60, deadline=None, derandomize=True, database=None)
settings.register_profile("full", max_examples=2000, deadline=None, database=None)
settings.load_profile("full" if FULL else "small")

_numbers = itertools.count(1)


def fresh_address():
    """One of this machine's sixteen million addresses that nobody has used: limits begin anew."""
    number = next(_numbers)
    return f"127.{100 + number // 60_000}.{number // 250 % 240}.{number % 250 + 1}"


@pytest.fixture(scope="session")
def start_server(tmp_path_factory):
    """`start_server(nginx=True, MYAPP_...)`: a server that ends with the session."""
    servers = []

    def start(kind=Served, **how):
        servers.append(kind(tmp_path_factory.mktemp("server"), **how))
        return servers[-1]

    yield start
    for server in servers:
        server.process.terminate()  # all at once, and then wait for each
    for server in servers:
        server.stop()
    for server in servers:
        server.kept_quiet()


@pytest.fixture(scope="session")
def server(start_server):
    """The one that most faults are tried on; no test stops it or fills it."""
    return start_server(nginx=True, MYAPP_SECRET_KEY=SECRET)


@pytest.fixture(scope="session")
def pair(start_server):
    """A server of two workers, which may be killed and reloaded."""
    return start_server(nginx=True, WEB_CONCURRENCY="2")


@pytest.fixture
def visit(server):
    """`visit("Ann")`: somebody with a name and an address of their own."""

    def arrive(name, at=None, address=None):
        return Visitor(at or server, name, address or fresh_address())

    return arrive


@pytest.fixture
def ann(visit):
    """Ann owns the room."""
    return visit("Ann")


@pytest.fixture
def bob(visit):
    """Bob may."""
    return visit("Bob")


@pytest.fixture
def charlie(visit):
    """Charlie must see nothing."""
    return visit("Charlie")


@pytest.fixture
def code(ann):
    """Ann's room."""
    return ann.opens_room()


@pytest.fixture
def open_streams():
    """`open_streams(visitor, path)`: its socket, once the server has answered; all are closed."""
    held = []

    def opened(visitor, path, **how):
        line, status = hold(visitor, path, **how)
        held.append(line)
        return line, status

    yield opened
    for line in held:
        line.close()
