"""Fuzz: every URL, every method, whatever comes with it; no answer is our own mistake."""

import logging
import random
import time
from urllib.parse import quote

from tests.story.people import SAME
from tests.story.world import World

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
KINDS = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=a",
    "text/plain",
    "",
    "application/json; charset=utf-16",
    'a/b; c="',
    "é",
]
WORDS = [
    "",
    "p1",
    "p2",
    "buzzer",
    "Ann",
    "x" * 300,
    "\0",
    "..",
    "%",
    "\ud7ff",
    "🦊",
    "-1",
    "nan",
    "1e400",
    "{}",
    "[]",
    "true",
    "\u202e",
    "a\r\nb: c",
    "screen",
    "obs",
    "page",
    '{"tab":"a"}',
    '{"tab":1}',
    '{"here":[]}',
    "[" * 500,
    "9" * 400,
]
FIELDS = [
    "name",
    "next",
    "game",
    "code",
    "act",
    "player",
    "round",
    "reaction",
    "points",
    "view",
    "key",
    "datastar",
    "tab",
    "",
    "__class__",
    "host",
]


class Dice(random.Random):
    def json(self, depth=3):
        """The text of any JSON value, and sometimes of none."""
        kind = self.randrange(9 if depth else 6)
        if kind < 3:
            word = self.choice(WORDS).encode("unicode_escape").decode().replace("\\x", "\\u00")
            return '"' + word.replace('"', "").replace("\\U", "") + '"'
        if kind < 6:
            return self.choice(
                ["0", "-1", "1.5", "1e400", "9" * 50, "null", "true", "NaN", "1e-400"]
            )
        if kind == 6:
            return "[" + ",".join(self.json(depth - 1) for _ in range(self.randrange(4))) + "]"
        pairs = (
            f'"{self.choice(FIELDS)}":{self.json(depth - 1)}' for _ in range(self.randrange(5))
        )
        return "{" + ",".join(pairs) + "}" * self.choice([1, 1, 1, 1, 0, 2])

    def form(self):
        pairs = (f"{self.choice(FIELDS)}={self.choice(WORDS)}" for _ in range(self.randrange(5)))
        return quote("&".join(pairs), safe='&=%{}[]"\\:,')

    def body(self):
        made = self.choice([self.json, self.json, self.form, lambda: ""])()
        return made.encode(errors="replace") if self.random() < 0.9 else self.randbytes(40)

    def path(self, rule, code):
        """An address for this rule, mostly a good one."""
        good = {
            "code": code,
            "move": self.choice(["buzz", "first_to", "dump", "__init__"]),
            "verb": self.choice(["sit", "lock", "remove", "admit", "robot", "start", "pause"]),
            "kind": "buzzer",
            "filename": "vroum.css",
            "mark": "0123456789ab",
            "name": "vroum.css",
            "paper": self.choice(["results", "results.json", "record", "times.svg", "qr.svg"]),
            "pane": "0123456789abcdef",
            "id": "0123456789abcdef",
            "number": "3",
            "user_id": "ann",
        }
        path = "".join(text if not var else good[text] for var, text in rule._trace[1:])
        return path if self.random() < 0.8 else path.replace(code, self.choice(WORDS)[:20])

    def headers(self):
        chosen = {} if self.random() < 0.1 else dict(SAME)
        odd = {
            "Datastar-Request": "true",
            "Cookie": "vroum=x.y.z",
            "Range": "bytes=0-,5-",
            "Origin": "null",
            "If-None-Match": '"a", W/"',
            "If-Modified-Since": "yesterday",
            "Accept": "*;q=nan",
            "X-Tcpinfo-Rtt": "²",
            "X-Forwarded-Proto": "x",
            "Content-Length": "5",
            "Content-Encoding": "gzip",
            "X-Request-Id": "x" * 500,
        }
        for name in self.sample(sorted(odd), self.randrange(3)):
            chosen[name] = odd[name]
        return chosen


def test_no_url_with_no_method_and_no_body_breaks_the_server(tmp_path, monkeypatch, counts, caplog):
    seed = counts(1, random.randrange(1 << 30))
    dice, world = Dice(seed), World(f"tinydb:{tmp_path / 'data'}", monkeypatch)
    caplog.set_level(logging.WARNING)
    rules, asked, statuses = list(world.app.url_map.iter_rules()), 0, set()
    in_rooms = [rule for rule in rules if "code" in rule.arguments]
    client, code = world.app.test_client(), ""
    end = time.monotonic() + counts(5, 60)
    while time.monotonic() < end:
        if asked % 200 == 0:  # a fresh room now and then
            client = world.app.test_client()
            client.post("/enter", data={"name": "Ann"}, headers=SAME)
            world.later(100)  # and nobody has been hasty
            code = client.post("/rooms", data={"game": "buzzer"}, headers=SAME).location[-4:]
        rule = dice.choice(rules if dice.random() < 0.5 else in_rooms)
        method = dice.choice(METHODS if dice.random() < 0.3 else ["GET", "POST"])
        how = {
            "path": dice.path(rule, code) or "/",
            "query_string": dice.form(),
            "data": dice.body() if method != "GET" else None,
            "content_type": dice.choice(KINDS),
            "headers": dice.headers(),
        }
        world.later(0.2)
        asked += 1
        answer = client.open(method=method, **how)
        statuses.add(answer.status_code)
        if answer.is_streamed:
            next(iter(answer.response), b"")
        answer.close()
        assert answer.status_code < 500, f"seed {seed}, number {asked}: {method} {how}"
        said = [record for record in caplog.records if record.exc_info]
        assert not said, f"seed {seed}, number {asked}: {method} {how}: {said}"
    world.close()
    print(f"\n{asked} requests; answers {sorted(statuses)}")
    assert asked > 300 and {200, 204, 303, 400, 403, 404, 405, 409, 415} <= statuses
