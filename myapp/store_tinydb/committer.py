"""Carries out the commits of all documents: as few real threads and flushes as will do.

A thread takes one commit after the other up to where each waits for the disk, and then waits once,
for all of them. What one of them has taken up another may carry on, so a change that takes long
holds up nobody but itself: while the first thread is stuck in it, a second one does the rest.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gevent

from myapp.hub import aside_waiting
from myapp.store_tinydb.flush import Commit, Written, alone, flush
from myapp.store_tinydb.locks import Busy

WORKERS = 1
"""More would only take the interpreter from each other."""
STUCK = 0.01
"""Seconds after which whoever is still at one commit does not count as a worker."""

End = Callable[[Any, BaseException | None], None]
"""Gets the outcome of a commit, or its exception."""


@dataclass(eq=False)
class Task:
    begin: Callable[[bool], Commit[Any]]
    """Begins the commit anew; the argument is whether it may wait for another process's lock."""
    end: End
    """Called in the loop, and must not block."""
    commit: Commit[Any] | None = None
    written: Written = field(default_factory=dict)
    outcome: Any = None
    error: BaseException | None = None

    def go_on(self, error: OSError | None) -> bool:
        """False if that was the end of it."""
        try:
            if self.commit is None:
                self.commit = self.begin(False)
            self.written = self.commit.throw(error) if error else next(self.commit)
            return True
        except StopIteration as end:
            self.outcome = end.value
        except BaseException as error:
            self.error = error
        return False


class Committer:
    """Belongs to the loop; `_work` alone runs beside it, and touches only what is made for that.

    `settle` is called in the loop when commits have come to their end, before anybody hears of it.
    """

    def __init__(self, settle: Callable[[], None]) -> None:
        self._settle = settle
        self._waiting: deque[Task] = deque()
        self._staged: deque[Task] = deque()
        self._since: dict[object, float] = {}
        self._minder: gevent.Greenlet | None = None

    def carry_out(self, begin: Callable[[bool], Commit[Any]], end: End) -> None:
        self._waiting.append(Task(begin, end))
        if len(self._since) < WORKERS:
            self._hire()

    def _hire(self) -> None:
        me = object()
        self._since[me] = time.monotonic()
        gevent.spawn(self._carry_on, me)
        if self._minder is None:
            self._minder = gevent.spawn(self._mind)

    def _carry_on(self, me: object) -> None:
        try:
            while self._waiting or self._staged:
                self._end(aside_waiting(self._work, me))
        finally:
            del self._since[me]

    def _end(self, tasks: list[Task]) -> None:
        try:
            self._settle()
        finally:
            for task in tasks:
                if isinstance(task.error, Busy):
                    gevent.spawn(self._wait, task)
                else:
                    task.end(task.outcome, task.error)

    def _mind(self) -> None:
        """See to it that work goes on while everybody is stuck."""
        while self._since:
            gevent.sleep(STUCK)
            stuck = time.monotonic() - STUCK
            if (self._waiting or self._staged) and all(at < stuck for at in self._since.values()):
                self._hire()
        self._minder = None

    def _wait(self, task: Task) -> None:
        try:
            task.outcome, task.error = aside_waiting(lambda: alone(task.begin(True))), None
        except BaseException as error:
            task.error = error
        self._end([task])

    def _work(self, me: object) -> list[Task]:
        """Those that came to their end."""
        done: list[Task] = []
        for task in _drawn(self._waiting):
            self._since[me] = time.monotonic()
            (self._staged if task.go_on(None) else done).append(task)
        together = [*_drawn(self._staged)]
        while together:
            self._since[me] = math.inf  # However long the disk takes, more would not help.
            failed = None
            try:
                flush(task.written for task in together)
            except OSError as error:
                failed = error
            ends, together = together, []
            for task in ends:
                (together if task.go_on(failed) else done).append(task)
        return done


def _drawn(queue: deque[Task]) -> Any:
    while True:
        try:
            yield queue.popleft()
        except IndexError:
            return
