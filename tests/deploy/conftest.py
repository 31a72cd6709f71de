"""A machine for the operator."""

import tempfile
from pathlib import Path

import pytest

from tests.deploy.machine import Machine
from tests.live.crowd import Crowd


@pytest.fixture(scope="module")
def machine():
    """A Debian machine in a folder; the packages that Vroum needs are lent to it. The tests of one
    file share it."""
    with tempfile.TemporaryDirectory(prefix="vroum-") as root:
        machine = Machine(Path(root))
        machine.borrow_packages()
        yield machine
        machine.off()


@pytest.fixture
def short_folder():
    """A folder with a short name, as sockets need."""
    with tempfile.TemporaryDirectory(prefix="vroum-") as folder:
        yield Path(folder)


@pytest.fixture
def crowd():
    """Everybody's open pages; they close with the test."""
    crowd = Crowd()
    yield crowd
    crowd.end()
