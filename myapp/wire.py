"""Wire: a stream's events as the bytes of an HTTP answer, plain or packed.

A packed stream is gzip, of which every event is a block of its own. A block looks back at nothing,
so it is made once for all pages that are sent the event, whatever they were sent before, and a
page can read each event as soon as it comes. No stream has a compressor.

What is one reader's own travels in stored blocks, that is, not compressed at all. What is shared is
compressed event by event. So nothing that a reader may not know, and nothing secret, is ever
compressed together with what another has typed, and the length of what is sent tells nothing of it
(BREACH).
"""

import os
import zlib
from collections.abc import Iterable
from functools import lru_cache
from itertools import repeat

LEVEL = 6
HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""How gzip begins: deflate, no name, no time, made anywhere."""
MOST = 0xFFFF  # bytes in a stored block
END = b"0\r\n\r\n"
"""The last chunk of an answer."""


def chunk(data: bytes) -> bytes:
    """These bytes as one chunk of an HTTP/1.1 answer."""
    return b"%x\r\n%b\r\n" % (len(data), data)


@lru_cache(512)
def block(event: bytes) -> bytes:
    """This event, compressed, as one block that looks back at nothing."""
    made = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return made.compress(event) + made.flush(zlib.Z_FULL_FLUSH)


def stored(data: bytes) -> bytes:
    """These bytes in blocks that are not compressed."""
    parts = [data[at : at + MOST] for at in range(0, len(data), MOST)]
    return b"".join(
        b"\x00%b%b%b" % (n.to_bytes(2, "little"), (n ^ MOST).to_bytes(2, "little"), part)
        for part in parts
        for n in (len(part),)
    )


def frame(shared: Iterable[bytes], own: Iterable[bytes], packed: bool) -> bytes:
    """These events as one piece of a stream's body."""
    if packed:
        return b"".join(map(block, shared)) + stored(b"".join(own))
    return b"".join((*shared, *own))


def write_each(fds: list[int], data: bytes) -> list[int]:
    """Write `data` to each of these descriptors, none of which blocks, as fast as Python can.

    Returns how many bytes each took: 0 if it was full, -1 if nobody reads there any more.
    """
    written: list[int] = []
    writes = map(os.write, fds, repeat(data))
    while len(written) < len(fds):
        try:
            written.extend(writes)  # what was written before an error stays in the list
        except BlockingIOError:
            written.append(0)
        except OSError:
            written.append(-1)
    return written
