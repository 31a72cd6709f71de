"""Documents as stores keep them: compact JSON, its version, and a change played on it."""

import hashlib

import msgspec

from myapp.hub import aside
from myapp.store import Change, Document

encode = msgspec.json.encode
decode = msgspec.json.decode

SEAL = 16  # the length of a version
BIG = 64 * 1024
"""From this many bytes on, a document is decoded beside the loop."""

Answer = bytes | BaseException | None


def version(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=SEAL // 2).hexdigest()


def play(fn: Change, body: bytes | None) -> Answer:
    """What a change makes of a document, or its exception. Runs in a real thread."""
    try:
        document = fn(None if body is None else decode(body))
        if document is None:
            return None
        if not isinstance(document, dict):
            raise TypeError(f"a change returns a document or None, not {type(document).__name__}")
        return encode(document)
    except BaseException as error:  # Whatever it was, it is for the one who asked.
        return error


def private(body: bytes) -> Document:
    """A copy that is nobody else's."""
    document: Document = decode(body) if len(body) < BIG else aside(decode, body)
    return document
