"""Reading: what a drawing has read of a room, so that it is drawn again when that has changed.

A template is handed eyes instead of the things themselves: they read the same, and note what. Of
a thousand pages of their own that a change might have touched, those few are drawn again that show
something of it; no game has to say which.
"""

from functools import partial
from typing import Any

Path = tuple[str, str, tuple[Any, ...] | None]
"""Which thing, which of its attributes, and what it was called with, if it was."""

MISSING = object()
ALWAYS: Path = ("", "", None)
"""Read by a drawing that nobody can tell anything about: it never stays."""


class Facts:
    """Some things as they are now. What is read of them is worked out once for all who read it."""

    def __init__(self, things: dict[str, Any], stamp: object, at: float) -> None:
        self.stamp = stamp
        self.at = at
        self._things = things
        self._known: dict[Path, Any] = {}
        self._same: dict[Any, bool] = {}

    def forget(self) -> None:
        """Let go of it all; nothing is as it was here any more."""
        for known in (self._things, self._known, self._same):
            known.clear()

    def read(self, path: Path) -> Any:
        try:
            return self._known[path]
        except KeyError:
            pass
        thing, name, given = path
        value: Any = getattr(self._things[thing], name, MISSING)
        if given is not None:
            value = value(*given)
        self._known[path] = value
        return value

    def as_before(self, before: "Facts", paths: frozenset[Path]) -> bool:
        """Whether all that was read then reads the same now."""
        asked = before, paths
        if asked not in self._same:
            self._same[asked] = all(self._stays(before, path) for path in paths)
        return self._same[asked]

    def _stays(self, before: "Facts", path: Path) -> bool:
        asked = before, path
        if asked not in self._same:
            self._same[asked] = path is not ALWAYS and bool(
                self.read(path) == before._known.get(path, MISSING)
            )
        return self._same[asked]

    def eye(self, thing: str, reads: set[Path]) -> Any:
        return Eye(self, thing, reads)


class Eye:
    """Reads like the thing itself, and notes what was read."""

    __slots__ = ("_facts", "_reads", "_thing")

    def __init__(self, facts: Facts, thing: str, reads: set[Path]) -> None:
        self._facts = facts
        self._thing = thing
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        path = (self._thing, name, None)
        value = self._facts.read(path)
        if value is MISSING:
            self._reads.add(path)
            raise AttributeError(name)
        if callable(value):
            return partial(self._call, name)
        self._reads.add(path)
        return value

    def _call(self, name: str, *given: Any, **named: Any) -> Any:
        path = (self._thing, name, given)
        try:
            if named:
                raise TypeError
            hash(given)
        except TypeError:
            self._reads.add(ALWAYS)
            return getattr(self._facts._things[self._thing], name)(*given, **named)
        self._reads.add(path)
        return self._facts.read(path)
