"""The folders of the documents: which there are, what stands in one. Redis knows only keys."""

from myapp.store import split
from myapp.store_redis.line import Line

SCAN = 1000  # keys that Redis looks at in one piece


def folders(line: Line) -> list[str]:
    return sorted({split(key)[0] for key in _matching(line, "*/*")})


def keys(line: Line, prefix: str) -> list[str]:
    return _matching(line, f"{prefix}*")


def _matching(line: Line, pattern: str) -> list[str]:
    """The keys of documents, sorted. There may be other programs' in the same Redis."""
    found = line.ask(lambda redis: {*redis.scan_iter(match=pattern, count=SCAN, _type="hash")})
    return sorted(key for key in (key.decode(errors="replace") for key in found) if _is_key(key))


def _is_key(text: str) -> bool:
    try:
        split(text)
    except ValueError:
        return False
    return True
