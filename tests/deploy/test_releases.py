"""The operator installs, updates and goes back, whatever is wrong with the new release."""

import fcntl

import pytest

UPDATE = "/srv/vroum/current/deploy/update {}"
ASK = "curl -sS https://localhost/healthz"

BREAKS = "raise SystemExit('This release is broken.')\n"
WORKS = "from myapp import create_app\n\napp = create_app()\n"
# Good while it is tried on an empty folder, and broken where the data is.
BREAKS_LATER = f"import os\nif 'var/lib' in os.environ['MYAPP_STORE_URL']:\n    {BREAKS}{WORKS}"


@pytest.fixture
def installed(machine):
    """A machine on which 1.0 serves."""
    if not (machine.root / "srv/vroum/current").exists():
        machine.installs("1.0")
    elif machine.release != "1.0":
        machine.types("/srv/vroum/current/deploy/rollback")
    return machine


def test_installing_twice_changes_nothing_the_second_time(installed):
    assert installed.types(ASK) == "ok 1.0\n"
    site = installed.root / "etc/nginx/sites-available/vroum"
    settings = installed.root / "etc/vroum/settings"
    assert "server_name localhost;" in site.read_text()
    assert "vroum.example.org" not in site.read_text()
    site.write_text(site.read_text().replace("vroum_pages 500", "vroum_pages 400"))
    settings.write_text(settings.read_text() + "MYAPP_TABS=4\n")
    before = files(installed)

    installed.installs("1.0")
    assert files(installed) == before
    assert installed.types(ASK) == "ok 1.0\n"
    assert installed.did.count("useradd") == 1


def test_what_must_be_private_is(installed):
    for path, mode in {
        "etc/vroum/settings": 0o600,
        "etc/vroum/credentials": 0o700,
        "etc/vroum/tls/privkey.pem": 0o600,
        "etc/vroum/self-signed": 0o700,
        "var/lib/vroum": 0o700,
        "var/backups/vroum": 0o700,
        "run/vroum.sock": 0o660,
    }.items():
        assert (installed.root / path).stat().st_mode & 0o777 == mode, path


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"wsgi.py": BREAKS}, "It was not put to use."),
        ({"static/vendor/RELEASE": "../../1.2\n"}, "is not an archive of `make release`"),
        ({"deploy/locations.conf": "nonsense;\n"}, "1.0 serves again."),
        ({"wsgi.py": BREAKS_LATER}, "1.0 serves again."),
    ],
    ids=["does not start", "has no proper name", "nginx refuses it", "fails on the real data"],
)
def test_a_broken_release_is_put_away_by_itself(installed, files, says):
    archive = installed.archive("1.2", **files)
    done = installed.shell(UPDATE.format(archive), VROUM_PATIENCE="4")
    assert done.returncode != 0
    assert says in done.stdout
    assert installed.release == "1.0"
    assert installed.types(ASK) == "ok 1.0\n"
    assert not (installed.root / "srv/vroum/releases/1.2").exists()


def test_two_updates_at_once_are_one_too_many(installed):
    with (installed.root / "srv/vroum/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = installed.shell(UPDATE.format(installed.archive("1.1")))
    assert "Another update is at work" in done.stdout


def test_a_new_machine_fetches_the_pinned_packages(machine, counts):
    if not counts(False, True):
        pytest.skip("only with the full counts: it fetches every package")
    for home in (machine.root / "srv/vroum/venvs").iterdir():
        (home / "ready").unlink()
    machine.installs("1.3")
    assert machine.types(ASK) == "ok 1.3\n"


def files(machine):
    """Everything an installation leaves that is not made anew by serving."""
    kept = {}
    for place in ("srv/vroum/releases", "srv/vroum/current", "etc", "usr"):
        top = machine.root / place
        for path in [top, *top.rglob("*")]:
            if path.is_symlink():
                kept[path] = path.readlink()
            elif path.is_file() and "__pycache__" not in path.parts:
                kept[path] = path.read_bytes()
    return kept
