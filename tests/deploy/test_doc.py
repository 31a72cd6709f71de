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
    assert {part for part, _ in BLOCKS} == {"", "bare", "beside", "update", "backup"}


@pytest.mark.parametrize("way", ["bare", "beside"])
def test_the_document_leads_to_a_site_with_tls(machine, way, counts):
    if way == "beside" and not counts(False, True):
        pytest.skip("only with the full counts: it differs in two commands")
    said = follow(machine, way, "")
    assert said[-1] == "ok 1.0\n"
    assert "says `ok 1.0`" in DOC
    assert (machine.root / "etc/vroum/tls").readlink().name == "vroum.example.org"
    assert "worker_connections 20000;" in (machine.root / "etc/nginx/nginx.conf").read_text()
    more = machine.root / "etc/nginx/modules-enabled/90-vroum.conf"
    assert more.read_text() == "worker_rlimit_nofile 65536;\nworker_shutdown_timeout 10s;\n"
    assert ("ufw --force enable" in machine.did) == (way == "bare")


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
    assert locations.count(f"burst={burst} nodelay") == 2
    pages = re.search(r"at once from one address \| (\d+)", DOC)[1]
    assert f"limit_conn vroum_pages {pages};" in site
    assert "client_max_body_size 16k;" in locations
    assert "MemoryMax=80%" in (ROOT / "deploy/vroum.service").read_text()


def test_the_documents_update_and_rollback(machine):
    follow(machine, "update")
    assert machine.types(f"curl -sS {SITE}/healthz") == "ok 1.0\n"
    assert (machine.root / "srv/vroum/previous").readlink().name == "1.1"


def test_the_documents_backup_brings_a_room_back(machine):
    data = machine.root / "var/lib/vroum"
    follow(machine, "backup")
    assert (data / "secret_key").exists()
    machine.types("sh -n /etc/cron.daily/vroum")
