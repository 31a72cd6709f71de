"""Damage: what another program than Vroum did to a document, and where that is put aside."""

import time

from myapp.documents import decode, version
from myapp.hub import aside
from myapp.store import Check, split
from myapp.store_redis.line import Line


def damage(mark: bytes | None, doc: bytes | None) -> str:
    """What is wrong with a document that does not go with its version; "" if nothing is."""
    if doc is None and mark is None:
        return ""
    if doc is None or mark is None or version(doc).encode() != mark:
        return "was changed by another program than Vroum, or is damaged: `check` sets it aside"
    return ""


def inspect(line: Line, key: str, check: Check | None, mend: bool) -> str:
    """See `Store.inspect`."""
    mark, doc = line.ask(lambda redis: redis.hmget(key, "version", "doc"))
    fault = damage(mark, doc)
    try:
        if doc and not fault and check:
            aside(lambda: check(decode(doc)))
    except Exception as error:
        fault = f"cannot be used: {error}"
    if not fault:
        return ""
    fault = f"{key} in Redis {fault}"
    return f"{fault}. It was set aside as {_set_aside(line, key)}" if mend else fault


def _set_aside(line: Line, key: str) -> str:
    folder, name = split(key)
    place = f"set-aside:{folder}-{name}-{time.time_ns()}"
    line.ask(lambda redis: redis.rename(key, place))
    line.ask(lambda redis: redis.publish(f"{folder}/", key))
    return place
