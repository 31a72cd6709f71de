"""docs/deploy.md is followed from top to bottom, by its own commands."""

import re

import pytest

from tests.conftest import ROOT

DOC = (ROOT / "docs/deploy.md").read_text()
BLOCKS = re.findall(r"^```sh ?(\w*)\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
SITE = "https://vroum.example.org"


def follow(machine, *parts):
    """Type all commands of these parts of the document; what each block printed."""
    for release in ("1.0", "1.1"):
        if not (machine.root / "root" / f"vroum-{release}.tar.gz").exists():
            machine.archive(release)
    return [machine.types(words) for part, words in BLOCKS if part in parts]


def test_every_block_belongs_to_a_part_that_is_followed():
    assert {part for part, _ in BLOCKS} == {"", "bare", "beside", "update", "backup", "restore"}


def leads_to_a_site(machine, way):
    said = follow(machine, way, "")
    assert said[-1] == "ok 1.0\n"
    assert "says `ok 1.0`" in DOC
    assert (machine.root / "etc/vroum/tls").readlink().name == "vroum.example.org"
    assert "worker_connections 20000;" in (machine.root / "etc/nginx/nginx.conf").read_text()
    more = machine.root / "etc/nginx/modules-enabled/90-vroum.conf"
    assert more.read_text() == "worker_rlimit_nofile 65536;\nworker_shutdown_timeout 10s;\n"


def test_a_bare_machine_gets_a_site_with_tls(machine):
    leads_to_a_site(machine, "bare")
    assert "ufw --force enable" in machine.did


def test_a_machine_with_other_sites_gets_one_more(another_machine, counts):
    if not counts(False, True):
        pytest.skip("only with the full counts: it differs in two commands")
    leads_to_a_site(another_machine, "beside")
    assert "ufw" not in another_machine.did


def test_every_place_in_the_document_is_there(machine):
    table = DOC.split("## Where everything is")[1].split("\n\n")[1]
    places = re.findall(r"^\| `(/.*?)` \|", table, re.MULTILINE)
    assert len(places) > 7
    for place in places:
        assert (machine.root / place.lstrip("/")).exists(), place
    for file in re.findall(r"`(deploy/[\w.]+)`", DOC):
        assert (ROOT / file).exists(), file


def test_the_limits_in_the_document_are_those_of_the_files():
    site = (ROOT / "deploy/nginx.conf").read_text()
    locations = (ROOT / "deploy/locations.conf").read_text()
    requests, burst = re.search(r"one address \| (\d+) a second, (\d+) at once", DOC).groups()
    assert f"rate={requests}r/s" in site
    assert set(re.findall(r"burst=(.*);", locations)) == {f"{burst} nodelay"}
    pages = re.search(r"at once from one address \| (\d+)", DOC)[1]
    assert f"limit_conn vroum_pages {pages};" in site
    assert "client_max_body_size 16k;" in locations
    assert "MemoryMax=80%" in (ROOT / "deploy/vroum.service").read_text()


def test_the_update_and_the_rollback_of_the_document(machine):
    for n in range(4):
        (machine.root / f"srv/vroum/releases/0.{n}").mkdir()
    update, rollback = (words for part, words in BLOCKS if part == "update")
    machine.types(update)
    assert machine.types(f"curl -sS {SITE}/healthz") == "ok 1.1\n"
    machine.types(rollback)
    assert machine.types(f"curl -sS {SITE}/healthz") == "ok 1.0\n"
    kept = {home.name for home in (machine.root / "srv/vroum/releases").iterdir()}
    assert {"1.0", "1.1"} < kept
    assert len(kept) == 4, "old releases go"


def test_a_backup_as_in_the_document_brings_a_closed_room_back(machine):
    rooms = machine.root / "var/lib/vroum/rooms"
    form = f"curl -sS -b jar -c jar -H 'Origin: {SITE}'"
    machine.types(f"{form} -d name=Ann {SITE}/enter; {form} -d game=buzzer {SITE}/rooms")
    (room,) = rooms.glob("*.json")
    follow(machine, "backup")
    backups = machine.root / "var/backups/vroum"
    assert {path.stat().st_mode & 0o777 for path in backups.iterdir()} == {0o600}
    assert len([*backups.iterdir()]) == 2

    room.unlink()
    follow(machine, "restore")
    assert machine.types(f"{form} {SITE}/{room.stem}").count("Ann") > 0
