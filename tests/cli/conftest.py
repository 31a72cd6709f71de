"""The operator at a shell, beside a server or without one."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.conftest import ROOT
from tests.live.crowd import Visitor


@dataclass
class Said:
    status: int
    out: str
    err: str

    def line(self, name):
        """What the doctor says under this name, with its verdict."""
        (found,) = [line for line in self.out.splitlines() if line[7:].startswith(f"{name}: ")]
        return found


class Operator:
    """Runs `flask --app wsgi ...` as one would, in a folder of his own, on the data at `data`."""

    def __init__(self, folder, data, **settings):
        self.folder, self.data, self.settings = folder, data, settings

    def start(self, *command):
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), *map(str, command)],
            cwd=self.folder,
            env={
                **os.environ,
                "MYAPP_STORE_URL": f"tinydb:{self.data}",
                "PYTHONPATH": str(ROOT),
                "PYTHONWARNINGS": "default",
                **self.settings,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def types(self, *command, answer="", seconds=60):
        """What a command says; no traceback ever."""
        process = self.start(*command)
        try:
            out, err = process.communicate(answer, timeout=seconds)
        finally:
            process.kill()
        assert "Traceback" not in err and "Warning" not in err, err
        return Said(process.returncode, out, err)

    def does(self, *command, **how):
        """What a command says that must succeed."""
        said = self.types(*command, **how)
        assert said.status == 0, said
        return said.out


@pytest.fixture
def operator(tmp_path):
    """`operator(server)` beside a server; `operator()` where none runs yet."""

    def arrive(server=None, **settings):
        folder = tmp_path / "desk"
        folder.mkdir(exist_ok=True)
        return Operator(folder, server.data if server else tmp_path / "data", **settings)

    return arrive


@pytest.fixture
def server(serve):
    return serve()


@pytest.fixture
def ann(server):
    return Visitor(server, "Ann")


@pytest.fixture
def code(ann):
    """Ann's room."""
    return ann.opens_room()


@pytest.fixture
def tree():
    """`tree(folder)`: what documents and keys are in it, with their bytes."""

    def read(folder):
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and "/." not in f"/{path.relative_to(folder)}"
        }

    return read


def break_(path):
    """A hand edit that went wrong in its third line."""
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], "{{{", *lines[2:]]))


def document(path):
    (found,) = json.loads(path.read_text())["_default"].values()
    return found


def within_reach(path):
    """The folders made for this test that somebody else must pass to come to `path`."""
    return [f for f in (path, *path.parents) if f.name.startswith(("pytest-", "popen-"))] + [path]
