"""Wire: a stream's events as the bytes of an HTTP answer, plain or packed.

A packed stream is gzip, of which every event is a block of its own. A block looks back at nothing,
so it is made once for all pages that are sent the event, whatever they were sent before, and a
page can read each event as soon as it comes. No stream has a compressor. Where a crowd is sent one
part of its page again and again, a Tape does better: its blocks look back, at what all who are in
step were sent since the tape began.

What is one reader's own travels in stored blocks, that is, not compressed at all; what is shared is
compressed part by part. So nothing secret is ever compressed together with what somebody else has
typed, and the length of what is sent tells nothing of it (BREACH).
"""

import os
import zlib
from collections.abc import Iterable
from functools import lru_cache

LEVEL = 6
HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""How gzip begins: deflate, no name, no time, made anywhere."""
MOST = 0xFFFF  # bytes in a stored block
END = b"0\r\n\r\n"
"""The last chunk of an answer."""


def chunk(data: bytes) -> bytes:
    """These bytes as one chunk of an HTTP/1.1 answer."""
    return b"%x\r\n%b\r\n" % (len(data), data)


_packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
"""One for all blocks: a full flush forgets all that came before."""


def once(event: bytes) -> bytes:
    """This event, compressed, as one block that looks back at nothing."""
    return _packer.compress(event) + _packer.flush(zlib.Z_FULL_FLUSH)


block = lru_cache(64)(once)
"""The same, for events that many are sent, some now and some when they come."""


def stored(data: bytes) -> bytes:
    """These bytes in blocks that are not compressed."""
    parts = [data[at : at + MOST] for at in range(0, len(data), MOST)]
    return b"".join(
        b"\x00%b%b%b" % (n.to_bytes(2, "little"), (n ^ MOST).to_bytes(2, "little"), part)
        for part in parts
        for n in (len(part),)
    )


class Tape:
    """Blocks that look back at those before them, for pages that were sent all of them.

    The first looks back at nothing: whoever comes is in step from there on.
    """

    __slots__ = ("_made", "missed", "part")

    def __init__(self, part: int) -> None:
        self.part = part  # which part of a page its events are
        self.missed = 0.0  # events that pages behind it were sent whole
        self._made = zlib.compressobj(LEVEL, zlib.DEFLATED, -13, 4)  # 40 KB

    def add(self, event: bytes) -> bytes:
        return self._made.compress(event) + self._made.flush(zlib.Z_SYNC_FLUSH)


def frame(shared: Iterable[bytes], own: Iterable[bytes], packed: bool) -> bytes:
    """These events as one piece of a stream's body."""
    if packed:
        return b"".join(map(block, shared)) + stored(b"".join(own))
    return b"".join((*shared, *own))


def write_each(fds: list[int], data: Iterable[bytes]) -> list[int]:
    """Write to each of these descriptors, none of which blocks, its data, as fast as Python can.

    Returns how many bytes each took: 0 if it was full, -1 if nobody reads there any more.
    """
    written: list[int] = []
    writes = map(os.write, fds, data)
    while len(written) < len(fds):
        try:
            written.extend(writes)  # what was written before an error stays in the list
        except BlockingIOError:
            written.append(0)
        except OSError:
            written.append(-1)
    return written
