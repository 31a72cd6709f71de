"""Looks: which version Redis has of a document now, asked once for all who want to know."""

from typing import Any

import gevent
from gevent.event import AsyncResult

from myapp.store_redis.line import Line


class Looks:
    """A crowd of streams that a change has woken asks together.

    Whoever comes while Redis is being asked is answered by the next question, never by the one
    under way: what had returned before he came is in the answer.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._asked: dict[str, AsyncResult] = {}
        self._at_work = False

    def version(self, key: str) -> str:
        """ "" if there is no document."""
        answer = self._asked.setdefault(key, AsyncResult())
        if not self._at_work:
            self._at_work = True
            gevent.spawn(self._work)
        version: str = answer.get()
        return version

    def _work(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                self._answer(asked)
        finally:
            self._at_work = False

    def _answer(self, asked: dict[str, AsyncResult]) -> None:
        try:
            found = self._line.ask(lambda redis: self._ask(redis, [*asked]))
        except Exception as error:
            for answer in asked.values():
                answer.set_exception(error)
            return
        for answer, version in zip(asked.values(), found, strict=True):
            answer.set((version or b"").decode())

    @staticmethod
    def _ask(redis: Any, keys: list[str]) -> list[bytes | None]:
        together = redis.pipeline(transaction=False)
        for key in keys:
            together.hget(key, "version")
        found: list[bytes | None] = together.execute()
        return found
