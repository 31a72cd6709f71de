"""People without a browser: they send forms, and their streams come back as Datastar's do."""

import asyncio
import http.client
import json
import re
import resource
import secrets
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from myapp.views.drawing import PARTS
from tests.conftest import wait_for

FIRST_RETRY, LONGEST_RETRY = 1.0, 5.0  # Datastar's own, and what our pages ask for
DONE = 303  # a form that did what it says


class Visitor:
    """Somebody with a name and a cookie, on a line of their own.

    Like a phone on plain HTTP they say where a form comes from by Origin alone.
    """

    def __init__(self, server, name, address="127.0.0.1"):
        self.server, self.name, self.address = server, name, address
        self.headers = {"Origin": server.url}
        status, headers, text = self.post("/enter", name=name)
        assert status == DONE, text
        self.headers["Cookie"] = headers["Set-Cookie"].split(";")[0]

    def ask(self, method, path, body=None, headers=()):
        """One request; (status, headers, text)."""
        line = http.client.HTTPConnection(
            self.server.host,
            self.server.port,
            timeout=20,
            source_address=(self.address, 0) if self.address else None,
        )
        try:
            line.request(method, path, body, {**self.headers, **dict(headers)})
            answer = line.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            line.close()

    def post(self, path, headers=(), **fields):
        """Send a form, as a page does when it has no scripts."""
        form = {"Content-Type": "application/x-www-form-urlencoded", **dict(headers)}
        return self.ask("POST", path, urlencode(fields), form)

    def does(self, path, **fields):
        """Send a form that must do what it says; where it leads."""
        status, headers, text = self.post(path, act=secrets.token_hex(12), **fields)
        assert status == DONE, f"{self.name}: {path} {status} {text}"
        return headers["Location"]

    def opens_room(self, game="buzzer"):
        return self.does("/rooms", game=game)[-4:]

    def in_room(self, code):
        """This visitor as the room's document knows them."""
        people = self.server.document(f"rooms/{code}")["people"]
        return next(p for p in people if p["name"] == self.name)


class Page:
    """A page that somebody has open: it keeps its stream, for ever.

    `html` is the newest drawing of each part of the page by its id, `wholes` when a stream had
    shown all of them, `says` every signal it was sent, `ends` when one ended, `cuts` how often one
    broke or could not be had, and `refusals` are the statuses of streams that were refused.
    """

    def __init__(self, visitor, path):
        self.visitor, self.path, self.tab = visitor, path, secrets.token_hex(8)
        self.html, self.wholes, self.ends, self.refusals, self.cuts = {}, [], [], [], 0
        self.says = ""
        self.task = None
        signals = urlencode({"datastar": json.dumps({"tab": self.tab})})
        self._request = (
            f"GET {path}?{signals} HTTP/1.1\r\nHost: 127.0.0.1:{visitor.server.port}\r\n"
            f"Cookie: {visitor.headers['Cookie']}\r\nDatastar-Request: true\r\n\r\n"
        ).encode()

    def reads(self, part="room"):
        """The words of this part of the page; the room's are those of all its parts."""
        return words(self.html.get(part, b"").decode())

    def row(self, name):
        """The words of the row in which `people` shows this player."""
        rows = re.findall(rb'<li id="person-.*?</li>', self.html.get("people", b""), re.DOTALL)
        texts = [words(row.decode()) for row in rows]
        return next((text for text in texts if name in text.split()), "")

    @property
    def live(self):
        """Whether its stream is open and has shown everything."""
        return len(self.wholes) > len(self.ends)

    @property
    def worker(self):
        """The process id of the worker that serves it; None while it has no stream."""
        return worker_of(self.visitor.server, self.tab)

    async def stay(self):
        wait = kept = FIRST_RETRY
        while True:
            try:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self.visitor.server.port, local_addr=(self.visitor.address, 0)
                )
                try:
                    writer.write(self._request)
                    status = int((await reader.readuntil(b"\r\n\r\n")).split()[1])
                    if status == 200:
                        wait = kept
                        async for event in events(reader):
                            if asked := re.search(rb"^retry: (\d+)", event, re.MULTILINE):
                                wait = kept = int(asked[1]) / 1000
                            self._take(event)
                    else:
                        self.refusals.append(status)
                    pause = wait
                finally:
                    writer.transport.abort()
            except (OSError, EOFError):
                self.cuts += 1
                pause, wait = wait, min(wait * 2, LONGEST_RETRY)
            if self.live:
                self.ends.append(time.monotonic())
            await asyncio.sleep(pause)

    def _take(self, event):
        if event.startswith(b"event: datastar-patch-signals"):
            self.says += event.decode()
        if part := re.search(rb'<div id="(\w+)"', event[:200]):
            self.html[part[1].decode()] = event.replace(b"\ndata: elements ", b"\n")
            if part[1].decode() in PARTS:
                self.html["room"] = b"".join(self.html.get(name, b"") for name in PARTS)
            if part[1] in (b"host", b"mine") and not self.live:  # the last of a whole view
                self.wholes.append(time.monotonic())


class Crowd:
    """Everybody's open pages, kept by one thread."""

    def __init__(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.pages = []

    def opens(self, visitor, path):
        """Open the stream of "/KXQP" or of the home page "/"."""
        page = Page(visitor, path.rstrip("/") + "/live")
        page.task = asyncio.run_coroutine_threadsafe(page.stay(), self._loop)
        self.pages.append(page)
        return page

    def looks(self, visitor, path):
        """Open a page, and wait until it shows everything."""
        page = self.opens(visitor, path)
        wait_for(lambda: page.live)
        return page

    def on_both(self, visitors, path):
        """A page for each visitor, so that not all are served by one worker."""
        pages = [self.looks(visitor, path) for visitor in visitors]
        while len({wait_for(lambda page=page: page.worker) for page in pages}) < 2:
            self.closes(pages.pop())
            pages.append(self.looks(visitors[-1], path))
        return pages

    def closes(self, page):
        page.task.cancel()
        self.pages.remove(page)
        wait_for(lambda: page.task.done())

    def end(self):
        async def all_go():
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(all_go(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for page in self.pages:
            if not page.task.cancelled():
                page.task.result(0)


async def events(reader):
    """The server-sent events of a chunked answer, until it ends whole."""
    heard = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        heard += (await reader.readexactly(size + 2))[:-2]
        *whole, heard = heard.split(b"\n\n")
        for event in whole:
            yield event


def words(html):
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def document(path):
    """What stands in a file of the store, read without its help."""
    (found,) = json.loads(path.read_text())["_default"].values()
    return found


def edit(path, change):
    """Edit a document as an operator's script does: a new file is moved over the old one."""
    tables = json.loads(path.read_text())
    (found,) = tables["_default"].values()
    change(found)
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(tables, indent=2))
    new.replace(path)


def worker_of(server, tab):
    """The process id of the worker that serves this tab: the one that holds the lease of the
    presence document that names it. None while the tab has no stream."""
    for key in server.keys("presence"):
        with suppress(OSError, ValueError):
            if any(tab in line for line in server.document(key)["lines"]):
                return _holder(server, key)
    return None


def _holder(server, key):
    if server.redis:
        holder = server.redis.says("HGET", "vroum:leases", key).split(":")
        return int(holder[1]) if len(holder) == 3 else None
    life = f"/{key.partition('/')[2]}.life"
    for pid in server.workers:
        with suppress(OSError):
            if any(str(fd.readlink()).endswith(life) for fd in Path(f"/proc/{pid}/fd").iterdir()):
                return pid
    return None
