"""The doctor names what is wrong, in sentences with the cure, and says nothing of what is well."""

import fcntl
import json
import os
import resource
import subprocess
import sys
import time

import pytest

from myapp.cli import machine
from myapp.cli.verdict import Wrong, verdict
from tests.cli.conftest import Operator, within_reach
from tests.conftest import ROOT


def test_where_all_is_well_it_says_so_and_leaves_nothing(operator):
    said = operator().does("doctor")
    assert "WRONG" not in said and said.endswith("All is well.\n")
    assert not operator().data.exists() and os.listdir(operator().folder) == []


def test_beside_a_server_each_check_has_its_line(server, operator, tree, code):
    before = tree(server.data)
    said = operator(server).types("doctor")
    assert said.status == 0, said
    lines = said.out.splitlines()[:-2]
    names = ["secret key", "data folder", "disk space", "store", "clock", "open files"]
    assert [line[7:].partition(":")[0] for line in lines] == names
    assert all(line.startswith("ok ") for line in lines)
    assert "ms" in said.line("store")
    assert tree(server.data) == before


def test_a_key_that_others_could_guess_or_read(server, operator):
    said = operator(server, MYAPP_SECRET_KEY="short").types("doctor")
    assert said.status == 1
    assert "WRONG  secret key: MYAPP_SECRET_KEY has 5 characters" in said.out
    key = server.data / "secret-key"
    key.chmod(0o644)
    said = operator(server).types("doctor")
    assert said.status == 1 and f"chmod 600 {key}" in said.line("secret key")
    assert said.out.endswith("1 thing to mend.\n")
    key.chmod(0o600)
    key.write_text("short")
    assert "holds 5 characters" in operator(server).types("doctor").line("secret key")


def test_a_folder_that_others_can_look_into(server, operator):
    server.data.chmod(0o755)
    line = operator(server).types("doctor").line("data folder")
    assert line.startswith("WRONG") and f"chmod o-rwx {server.data}" in line


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_of_somebody_else(server, operator, tree, code):
    before = tree(server.data)
    os.chown(server.file(code), 65534, -1)
    line = operator(server).types("doctor").line("data folder")
    assert line.startswith("WRONG") and str(server.file(code)) in line and "chown -R" in line
    os.chown(server.data, 65534, -1)
    said = operator(server).types("doctor")
    assert said.line("data folder").startswith("WRONG")
    assert "sudo -u nobody" in said.line("data folder")
    for command in (["rooms", "list"], ["check"], ["backup"], ["restore", server.log]):
        said = operator(server).types(*command)
        assert said.status == 1 and "sudo -u nobody" in said.err
    assert tree(server.data) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_cannot_be_made_or_written(tmp_path):
    (tmp_path / "data").mkdir(0o700)
    os.chown(tmp_path / "data", 65534, -1)
    for above in within_reach(tmp_path):
        above.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(Wrong, match=f"nobody may not make it in {tmp_path}"):
            machine.data_folder(tmp_path / "other/data")
        assert "of nobody" in machine.data_folder(tmp_path / "data")
        (tmp_path / "data").chmod(0o500)
        with pytest.raises(Wrong, match=r"chmod u\+rwx"):
            machine.data_folder(tmp_path / "data")
    finally:
        os.seteuid(0)


def test_a_full_disk(monkeypatch, tmp_path):
    usage = machine.shutil.disk_usage(tmp_path)
    full = usage._replace(free=usage.total // 50)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: full)
    with pytest.raises(Wrong, match=r"2\.0% of the disk is free"):
        machine.disk_space(tmp_path)


def test_a_store_that_hangs_is_told_in_time(server, operator):
    server.stop()
    held = os.open(server.data / ".running", os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        start = time.monotonic()
        said = operator(server).types("doctor")
        assert said.status == 1 and time.monotonic() - start < 50
        assert said.line("store").startswith("WRONG  store: no answer within")
        assert said.line("open files").startswith("ok")
    finally:
        os.close(held)


def test_a_slow_disk(server, monkeypatch):
    monkeypatch.setattr(machine, "SLOW", 0.0)
    with pytest.raises(Wrong, match="faster disk"):
        machine.round_trip(f"tinydb:{server.data}")


def test_a_clock_that_is_behind(server, operator, code):
    server.stop()
    path = server.file(code)
    tables = json.loads(path.read_text())
    tables["_default"]["1"]["touched"] = time.time() + 3600
    path.write_text(json.dumps(tables))
    line = operator(server).types("doctor").line("clock")
    assert line.startswith("WRONG") and f"before rooms/{code}" in line and "timedatectl" in line


def test_a_clock_that_differs_from_the_disks(server, monkeypatch):
    real = time.time
    monkeypatch.setattr(machine.time, "time", lambda: real() + 60)
    with pytest.raises(Wrong, match="differ by 60 s"):
        machine.clock(None, server.data)


def test_too_few_open_files(operator):
    program = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024));"
        "os.execv(sys.executable, sys.argv[1:])"
    )
    flask = [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), "doctor"]
    said = subprocess.run(
        [sys.executable, "-c", program, *flask],
        env={**os.environ, "MYAPP_STORE_URL": f"tinydb:{operator().data}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 1 and "a process may open 1024 files" in said.stdout
    assert "LimitNOFILE=65536" in said.stdout
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 1024


def test_no_check_can_hang(capsys):
    start = time.monotonic()
    assert not verdict("sleep", lambda: time.sleep(3) or "", seconds=0.1)
    assert time.monotonic() - start < 3
    assert "no answer within" in capsys.readouterr().out


def test_an_address_that_is_none(operator):
    said = operator().types("doctor", "--url", "vroum.example.org")
    assert said.status == 2 and "is no address" in said.err


def test_it_works_before_anything_was_set_up(tmp_path):
    said = Operator(tmp_path, "./data").does("doctor")
    assert "will be made when the server first starts" in said
    assert not (tmp_path / "data").exists()
