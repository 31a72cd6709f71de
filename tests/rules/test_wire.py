"""What pages are sent when they unpack it themselves."""

import zlib

from myapp.wire import Tape, block

EVENTS = [b"data: Ann walks " * n + bytes(range(256)) for n in (1, 40, 4000, 40)]


def test_a_block_is_read_without_those_before_it_and_tells_nothing_of_them():
    whole = []
    for event in [*EVENTS, *reversed(EVENTS)]:
        block.cache_clear()
        assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(block(event)) == event
        whole.append(block(event))
    assert whole == whole[::-1]


def test_a_tape_says_little_of_what_hardly_differs_and_each_event_is_read_as_it_comes():
    tape, reads = Tape(0), zlib.decompressobj(-zlib.MAX_WBITS)
    frames = [b'at="%d" ' % n + EVENTS[1] * 4 for n in range(100, 400)]
    sizes = []
    for event in frames:
        packed = tape.add(event)
        assert reads.decompress(packed) == event
        sizes.append(len(packed))
    assert max(sizes[1:]) < 60 < sizes[0]
