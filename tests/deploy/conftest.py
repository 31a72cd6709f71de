"""A machine for the operator."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.machine import Machine


@contextmanager
def debian():
    with tempfile.TemporaryDirectory(prefix="vroum-") as root:  # a short name: it holds sockets
        machine = Machine(Path(root))
        try:
            machine.borrow_packages()
            yield machine
        finally:
            machine.off()


@pytest.fixture(scope="module")
def machine():
    """A Debian machine in a folder; the packages that Vroum needs are lent to it. The tests of one
    file share it."""
    with debian() as machine:
        yield machine


@pytest.fixture
def another_machine():
    with debian() as machine:
        yield machine


@pytest.fixture
def short_folder():
    """A folder with a short name, as sockets need."""
    with tempfile.TemporaryDirectory(prefix="vroum-") as folder:
        yield Path(folder)
