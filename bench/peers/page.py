"""What every peer shows: a part that all share and, if BENCH_OWN says so, a part of each one's own.

Both are as many bytes, as events, as Vroum's were when it was asked (BENCH_SHARED, BENCH_OWN).
`{n}` is the number of the change, by which the load client knows it again.
"""

import os

FRAME = "event: datastar-patch-elements\ndata: elements {}\n\n"
SHARED, OWN = int(os.environ["BENCH_SHARED"]), int(os.environ["BENCH_OWN"])


def padded(head: str, size: int) -> str:
    """This text as a <div> which, as an event, has this many bytes."""
    room = size - len(FRAME.format("")) - len(head) - len("</div>")
    return f"{head}{'x' * max(0, room)}</div>"


def shared(n: str) -> str:
    return padded(f'<div id="table">goal {n} ', SHARED)


def own(me: str, n: str) -> str:
    return padded(f'<div id="me">yours {n} {me} ', OWN)


def event(html: str) -> bytes:
    return FRAME.format(html).encode()
