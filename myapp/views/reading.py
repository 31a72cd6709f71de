"""Reading: what a drawing has read of a room, so that it is drawn again when that has changed.

A template is handed eyes instead of the things themselves: they read the same, and note what. Of
a thousand pages of their own that a change might have touched, those few are drawn again that show
something of it; no game has to say which.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Self

from myapp.datastar import event
from myapp.room import Room
from myapp.views.here import Here

Path = tuple[str, str, tuple[Any, ...] | None]
"""Which thing, which of its attributes, and what it was called with, if it was."""

MISSING, UNREAD = object(), object()
ALWAYS: Path = ("", "", None)
"""Read by a drawing that nobody can tell anything about: it never stays."""


Known = dict[Path, Any]
"""What was read. It outlives the things themselves, as long as a drawing goes by it."""


class Facts:
    """A room as it is now. What is read of it is worked out once for all who read it."""

    def __init__(self, room: Room, here: Here, at: float) -> None:
        self.at = at
        self._room = room
        self._here = here
        self.known: Known = {}
        self._things: dict[str, Any] = {"room": room, "game": room.game, "presence": here}
        self._since: dict[int, tuple[Known, set[Path], set[Path]]] = {}

    def are_of(self, room: Room, here: Here) -> bool:
        return self._room is room and self._here.stamp == here.stamp

    def read(self, path: Path) -> Any:
        value = self.known.get(path, UNREAD)
        if value is UNREAD:
            thing, name, given = path
            value = getattr(self._things[thing], name, MISSING)
            if given is not None:
                value = value(*given)
            self.known[path] = value
        return value

    def as_before(self, before: Known, paths: frozenset[Path]) -> bool:
        """Whether all that was read then reads the same now."""
        since = self._since.get(id(before))
        if since is None:  # while `before` is here, no other has its id
            since = self._since[id(before)] = before, {ALWAYS}, {ALWAYS}
        _, compared, changed = since
        if not compared.issuperset(paths):
            for path in paths - compared:
                compared.add(path)
                if self._differs(before, path):
                    changed.add(path)
        return changed.isdisjoint(paths)

    def _differs(self, before: Known, path: Path) -> bool:
        try:
            return bool(self.read(path) != before.get(path, MISSING))
        except Exception:  # such as a place that is no more; who draws it again does not ask for it
            return True

    def eye(self, thing: str, reads: set[Path]) -> Any:
        return Eye(self, thing, reads)


@dataclass(eq=False, slots=True)
class Sheet:
    """A fragment, as HTML and as the event that puts it on a page, and what was read to draw it."""

    html: str
    event: bytes
    known: Known | None
    reads: frozenset[Path]

    @classmethod
    def of(cls, html: str, facts: Facts | None = None, reads: Iterable[Path] = ()) -> Self:
        """Without facts nobody can tell whether it stays."""
        known = facts.known if facts else None
        return cls(html, event(html), known, _one(frozenset(reads)))

    def stays(self, facts: Facts) -> bool:
        """Whether it would be drawn the same of these facts; then it goes by them from now on."""
        if self.known is not facts.known:
            if self.known is None or not facts.as_before(self.known, self.reads):
                return False
            self.known = facts.known
        return True


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


@lru_cache(2000)
def _one(reads: frozenset[Path]) -> frozenset[Path]:
    """The same set for all that read the same."""
    return reads
