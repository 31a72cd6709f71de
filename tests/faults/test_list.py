"""The list of faults: each has its test, or several, which says so in its first line."""

import ast
import re
from pathlib import Path

FAULTS = """
1 a room's code that is none: not found, no file touched
2 a name with line breaks: refused or a space, no line of its own in a stream
3 a name that looks like HTML, a template or an attribute: text
4 a name nobody could read: refused
5 JSON nested five thousand deep: 400
6 NaN, Infinity, 1e999, ten thousand digits: 400
7 a body of 17 KB, with a length or in chunks: 413
8 JSON sent as something else: 415
9 null, a list, other types, nothing: 400
10 a negative, huge or broken number where a small one belongs: 400
11 an action or a move that does not exist: 404 or 400
12 other methods: 405
13 a query of 9 KB: 414
14 a packed body: 400 or 415
15 the same action twice: one effect, the same answer
16 no cookie: a guest, or 403
17 a cookie somebody touched: as no cookie
18 a cookie signed with an old key that is listed: good; with another: none
19 somebody else's id in the body: ignored
20 a command in a room one is not in: the same 403 for all
21 a command from another site: 403
22 a planted cookie: typing a name makes a new person
23 a wrong key to a locked room's screen: as none, in words and time
24 forged X-Forwarded-*, Host and the like: ignored
25 a place to be sent to: never off the site
26 a move out of turn, twice or after the end: 409, nothing changed
27 a move for a round that is over: 409 and a fresh page
28 two at one instant: one has it, the count is right
29 what is hidden is in no byte
30 the server was down: nobody's time ran out
31 nine tabs of one player: three live, the others 204
32 a closed page: its place is free in a second
33 a page that vanishes: its place is free in two minutes
34 a page that never reads: cut, memory flat
35 five thousand streams: 503 beyond the cap, clicks and health under 100 ms
36 a reload: all back in two seconds, no click lost
37 a killed worker: all back, the state whole
38 who comes back gets the whole view though nothing changed
39 a reload of nginx: all back
40 kill -9 while writing: every file whole, nothing acknowledged lost
41 two processes: no update lost
42 EIO, ENOSPC, EACCES: 503, the old document whole, the next change works
43 a file edited, broken, deleted by hand
44 the store away for a while: 503, then all goes on
"""


def test_every_fault_has_its_test():
    tested = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                said = ast.get_docstring(node) or ""
                if said.startswith("Fault "):
                    tested |= {int(n) for n in re.findall(r"\d+", said.split(".")[0].split(":")[0])}
    listed = [int(line.split()[0]) for line in FAULTS.split("\n") if line]
    assert listed == list(range(1, 45))
    assert not set(listed) - tested
