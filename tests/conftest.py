"""Real servers and real browsers for the tests, and how many rounds they play."""

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PARTY = "party.test"  # a name for this machine that is not localhost, as phones use one


ALONE = (
    "live/test_reload",
    "live/test_idle",
    "live/test_arena_crowd",
    "live/test_hand_edits",
    "live/test_two_machines",
    "browser/test_operator.py::test_while_nothing",
    "cli/test_doctor.py",
    "faults/test_crowd",
    "faults/test_identity.py::test_a_wrong_key",
    "faults/test_streams",
    "deploy/test_restart",
    "story/test_accounts.py::test_they_take_the_same_time",
)
LONG = (
    "live/test_two_machines",
    "deploy/",
    "cli/test_doctor_front",
    "cli/test_doctor.py::test_a_store_that_hangs",
)


def pytest_collection_modifyitems(items):
    """Mark what compares times, and so has the machine to itself, and what only test-all runs."""
    for item in items:
        name = item.nodeid.removeprefix("tests/")
        for mark, names in (("alone", ALONE), ("long", LONG)):
            if name.startswith(names):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def counts():
    """`counts(small, full)`: the small number, or with VROUM_COUNTS=full the one in the promise."""
    full = os.environ.get("VROUM_COUNTS") == "full"
    return lambda small, most: most if full else small


def wait_for(what, seconds=20.0):
    """What `what()` returns, as soon as it is true."""
    end = time.monotonic() + seconds
    while True:
        result = what()
        if result:
            return result
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def free_port():
    """A port that no test beside this one is about to take, nor any line going out."""
    mine = 20_000 + 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw9")[2:])
    while True:
        port = random.randrange(mine, mine + 1000)
        with socket.socket() as door, suppress(OSError):
            door.bind(("127.0.0.1", port))
            return port


class Served:
    """Vroum as an operator runs it, in a folder of its own; `nginx=True` is `make serve`."""

    host = "127.0.0.1"

    def __init__(self, folder, *, nginx=False, redis=None, **settings):
        self.folder, self.nginx, self.redis = folder, nginx, redis
        for name in ("deploy", "static", "nginx.conf"):
            (folder / name).symlink_to(ROOT / name)
        self.data = folder / "data"
        self.port = free_port()
        self.log = folder / "log"
        self.settings = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "MYAPP_STORE_URL": redis.url if redis else f"tinydb:{self.data}",
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "default",
            "TMPDIR": str(folder),  # killed servers leave something there
            **settings,
        }
        self.process = None
        self.start()

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def start(self):
        command = [str(ROOT / "deploy/serve.py")]
        if not self.nginx:
            config = str(ROOT / "deploy/gunicorn.conf.py")
            command = ["-m", "gunicorn", "-c", config, "--pid", "gunicorn.pid", "wsgi:app"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.folder,
                env={**os.environ, **self.settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self.answers, 30)

    def answers(self):
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except OSError:
            assert self.process.poll() is None, self.log.read_text()
            return False

    def ask(self, method, path, body=None, **headers):
        """One plain request; (status, headers, text)."""
        line = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            line.close()

    @property
    def master(self):
        """The process id of gunicorn's master."""
        return int((self.folder / ("run" if self.nginx else ".") / "gunicorn.pid").read_text())

    @property
    def workers(self):
        """The process ids of gunicorn's workers."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text()
        return [int(pid) for pid in children.split()]

    @property
    def everybody(self):
        """The process ids of the whole group, which `process` leads."""
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in pids if _group(pid) == self.process.pid]

    def kill(self):
        """The whole group dies at once, as in a crash."""
        everybody = self.everybody
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        wait_for(lambda: not any(_alive(pid) for pid in everybody))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kept_quiet(self):
        """Nothing broke, and no log of gunicorn or nginx holds a room's code or a cookie. (Which
        document of the store is damaged, the operator must know.)"""
        said = self.log.read_text()
        assert "Traceback" not in said, said
        said += "".join(log.read_text() for log in self.folder.glob("run/*.log"))
        codes = [key.removeprefix("rooms/") for key in self.keys("rooms")]
        secret = re.search(rf"/({'|'.join(codes)})\b(?!\.json)|vroum=", said) if codes else None
        assert not secret, said[secret.start() - 500 : secret.end() + 100]

    def file(self, code):
        """The file of a room."""
        return self.data / "rooms" / f"{code}.json"

    def keys(self, kind):
        """The documents of this kind that there are, whatever the store is."""
        if self.redis:
            return self.redis.says("KEYS", f"{kind}/*").split()
        return [f"{kind}/{path.stem}" for path in (self.data / kind).glob("*.json")]

    def text(self, key):
        """What the store keeps under this key, read without its help."""
        if self.redis:
            return self.redis.says("HGET", key, "doc").encode()
        return (self.data / f"{key}.json").read_bytes()

    def document(self, key):
        """The same as a document."""
        found = json.loads(self.text(key))
        return found if self.redis else next(iter(found["_default"].values()))

    def edit(self, key, change):
        """Change a document behind the server's back: by hand, or as another program does."""
        if self.redis:
            found = self.document(key)
            change(found)
            self.redis.put(key, json.dumps(found, separators=(",", ":"), ensure_ascii=False))
        else:
            from tests.live.crowd import edit

            edit(self.data / f"{key}.json", change)


def _group(pid):
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def serve(tmp_path):
    """`serve(nginx=..., WEB_CONCURRENCY=...)` starts a server; all of them end with the test."""
    servers = []

    stores = []

    def start(redis=False, **settings):
        from tests.redis import Redis

        folder = tmp_path / f"server{len(servers)}"
        folder.mkdir()
        if redis is True:
            stores.append(redis := Redis(folder / "redis"))
        servers.append(Served(folder, redis=redis or None, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
        server.kept_quiet()
    for store in stores:
        store.stop()


@pytest.fixture
def crowd():
    """Everybody's open pages, without a browser; they close with the test."""
    from tests.live.crowd import Crowd

    crowd = Crowd()
    yield crowd
    crowd.end()


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*QUIET, f"--host-resolver-rules=MAP {PARTY} 127.0.0.1"]
        )
        yield browser
        browser.close()


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, chromium, url, name, **context):
        self.context = chromium.new_context(base_url=url, **context)
        self.context.set_default_timeout(15_000)
        self.name = name
        self.mistakes = []
        self.page = self.tab()

    def tab(self):
        page = self.context.new_page()
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        page.on("console", self._hear)
        return page

    def _note(self, request):
        if "/live?" in request.url and "/journey/" not in request.url:
            (signals,) = parse_qs(urlsplit(request.url).query)["datastar"]
            self.tab_id = json.loads(signals)["tab"]

    def _hear(self, message):
        if message.type == "error" and "Content Security Policy" in message.text:
            self.mistakes.append(message.text)

    def enter(self, path="/"):
        self.page.goto(path)
        self.page.get_by_role("textbox", name="Your name").fill(self.name)
        self.page.get_by_role("button", name="Enter").click()

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def open_room(self, title="Buzzer"):
        """Open a room from the home page; its code."""
        self.press(f"New {title} room")
        self.page.wait_for_url(re.compile(r"/[A-Z]{4}$"))
        return self.code

    def join(self, code):
        self.page.get_by_role("textbox", name="Room code").fill(code)
        self.press("Join")
        self.page.wait_for_url(f"**/{code}")

    @property
    def code(self):
        return self.page.url[-4:]

    def sees(self, role, name, text, page=None):
        """Wait until the thing with this role and name contains this text."""
        from playwright.sync_api import expect

        thing = (page or self.page).get_by_role(role, name=name, exact=True)
        expect(thing).to_contain_text(text, timeout=15_000)

    def live(self, page=None):
        self.sees("status", "Connection", "Live", page)


def together(ann, bob):
    """Ann opens a room and Bob comes in: both see it, live."""
    ann.enter()
    bob.enter(f"/{ann.open_room()}")
    for person in (ann, bob):
        person.sees("list", "Players", "Bob")
        person.live()


@pytest.fixture
def people(chromium):
    """`people(url, "Ann", "Bob")`: each at home with a browser; no page may have made a mistake."""
    everyone = []

    def arrive(url, *names, **context):
        new = [Person(chromium, url, name, **context) for name in names]
        everyone.extend(new)
        return new

    yield arrive
    for person in everyone:
        mistakes = person.mistakes
        person.context.close()
        assert not mistakes, f"{person.name}'s page: {mistakes}"
