"""The systemd units, as far as they can be judged without systemd running."""

import re
import shutil
import subprocess

import pytest

from tests.conftest import ROOT, wait_for
from tests.deploy.activated import Activated
from tests.live.crowd import Visitor

UNITS = ["vroum.service", "vroum.socket"]


@pytest.fixture
def units(tmp_path):
    """The units, with the programs they start in places that exist here."""
    python = tmp_path / "current/.venv/bin/python"
    python.parent.mkdir(parents=True)
    shutil.copy("/bin/true", python)
    for name in UNITS:
        text = (ROOT / "deploy" / name).read_text()
        (tmp_path / name).write_text(text.replace("/srv/vroum/", f"{tmp_path}/"))
    return tmp_path


def analyze(*words):
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True)


def test_systemd_understands_every_line(units):
    done = analyze("verify", *[str(units / name) for name in UNITS])
    ours = [line for line in done.stderr.splitlines() if "vroum" in line]
    assert not ours
    assert done.returncode == 0, done.stderr


def test_the_service_is_hardened(units):
    done = analyze("security", "--offline=true", "--threshold=15", str(units / "vroum.service"))
    level = re.search(r"exposure level for vroum.service: ([\d.]+)", done.stdout)
    assert level, done.stderr
    assert float(level[1]) <= 1.5
    assert done.returncode == 0


def test_the_socket_is_nginxs_and_as_deep_as_gunicorns():
    socket = (ROOT / "deploy/vroum.socket").read_text()
    path = re.search(r"ListenStream=(.*)", socket)[1]
    assert f"server unix:{path};" in (ROOT / "deploy/nginx.conf").read_text()
    backlog = re.search(r"Backlog=(\d+)", socket)[1]
    assert f"backlog = {backlog}\n" in (ROOT / "deploy/gunicorn.conf.py").read_text()


def test_vroum_does_nothing_that_the_service_forbids(short_folder, crowd):
    trace = short_folder / "trace"
    strace = ["strace", "-D", "-f", "-qq", "-y", "-o", str(trace)]
    server = Activated(short_folder, strace)
    ann = Visitor(server, "Ann")
    page = crowd.looks(ann, f"/{ann.opens_room()}")
    server.restart()
    wait_for(lambda: len(page.wholes) > 1)
    server.close()
    said = trace.read_text()
    done = set(re.findall(r"^\d+ +(\w+)\(", said, re.MULTILINE))
    assert len(done) > 50
    assert not done - allowed()
    assert not re.findall(r"socket\(AF_INET.*", said)


def allowed():
    """The system calls that the service may make."""
    unit = (ROOT / "deploy/vroum.service").read_text()
    calls = syscalls("@default")
    for line in re.findall(r"^SystemCallFilter=(.*)", unit, re.MULTILINE):
        names = set().union(*(syscalls(name) for name in line.lstrip("~").split()))
        calls = calls - names if line.startswith("~") else calls | names
    return calls | syscalls("@default")


def syscalls(name):
    if not name.startswith("@"):
        return {name}
    done = analyze("syscall-filter", name)
    assert done.returncode == 0, done.stderr
    members = [line.strip() for line in done.stdout.splitlines()[1:]]
    members = [line for line in members if line and not line.startswith("#")]
    return set().union(*(syscalls(member) for member in members))
