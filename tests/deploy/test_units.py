"""The systemd units, as far as they can be judged without systemd running."""

import re
import shutil
import subprocess

import pytest

from tests.conftest import ROOT

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
