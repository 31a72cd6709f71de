"""What stands in Redis beside documents: the secret, and how long nobody served."""

import secrets

from myapp.store import Past
from myapp.store_redis.line import Line

PLACE = "vroum"


def made_once(line: Line) -> str:
    """The secret; made by whoever comes first."""
    made = secrets.token_hex(32)
    line.ask(lambda redis: redis.hsetnx(PLACE, "secret", made))
    found = line.ask(lambda redis: redis.hget(PLACE, "secret"))
    return (found or b"").decode()


def past(line: Line) -> Past:
    secret, away, served = line.ask(lambda redis: redis.hmget(PLACE, "secret", "away", "served"))
    return Past((secret or b"").decode(), float(away or 0), float(served) if served else None)


def carry(line: Line, past: Past) -> None:
    values = {"secret": past.secret, "away": f"{past.away:.3f}", "served": past.served}
    gone = [name for name, value in values.items() if not value]
    there = {name: value for name, value in values.items() if value}
    line.ask(lambda redis: redis.hdel(PLACE, "none", *gone))
    line.ask(lambda redis: redis.hset(PLACE, mapping=there))
