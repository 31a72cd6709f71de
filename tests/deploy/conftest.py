"""A machine for the operator."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.deploy.machine import Machine
from tests.live.crowd import Crowd


@pytest.fixture(scope="module")
def machine():
    """A Debian machine in a folder; the packages that Vroum needs are lent to it. The tests of one
    file share it."""
    root = Path(tempfile.mkdtemp(prefix="vroum-"))  # a short name: it will hold sockets
    machine = Machine(root)
    machine.borrow_packages()
    yield machine
    machine.off()
    shutil.rmtree(root)


@pytest.fixture
def crowd():
    """Everybody's open pages; they close with the test."""
    crowd = Crowd()
    yield crowd
    crowd.end()
