"""Journal: how a document came to be what it is, a line for each saved change.

A line is an entry: either `{"whole": document}` or `{"changed": [[path, value], [path], ...]}`,
where a path is a list of names and list positions, and one without a value is gone. The first entry
of a journal is whole, as is the entry of an edit by hand and of whatever else left a gap.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from myapp.store import Document

Step = list[Any]
"""[path, value], or [path] of what is gone."""


def difference(old: Document, new: Document) -> list[Step]:
    """The steps that make `new` of `old`, to the last byte: also the order of names is kept."""
    return [] if _same(old, new) else [*_between([], old, new)]


def patched(doc: Document, steps: Iterable[Step]) -> Document:
    """What the steps make of `doc`, which is changed. Raises ValueError if they do not fit."""
    for path, *value in steps:
        if not path:
            doc = value[0]
            continue
        try:
            place: Any = doc
            for part in path[:-1]:
                place = place[part]
            if not value:
                del place[path[-1]]
            elif isinstance(place, list) and path[-1] == len(place):
                place.append(value[0])
            else:
                place[path[-1]] = value[0]
        except (LookupError, TypeError) as error:
            raise ValueError(f"no {path} to change") from error
    return doc


def states(entries: Iterable[Document]) -> Iterator[Document]:
    """The document after each entry, oldest first; each is a private copy. ValueError as above."""
    doc: Document = {}
    for entry in entries:
        own = _copied(entry)  # which later steps change
        doc = own["whole"] if "whole" in own else patched(doc, own["changed"])
        yield _copied(doc)


def lines(entries: Iterable[Document]) -> bytes:
    return b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)


def entries(text: bytes) -> list[Document]:
    """What `lines` made a text of. Raises ValueError."""
    return [msgspec.json.decode(line, type=dict[str, Any]) for line in text.splitlines()]


def _copied(doc: Document) -> Document:
    copy: Document = msgspec.json.decode(msgspec.json.encode(doc))
    return copy


def _between(path: list[Any], old: Any, new: Any) -> Iterator[Step]:
    """The steps between what is not the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        stay = [name for name in old if name in new]
        if [*new][: len(stay)] == stay:  # what is new stands last, where a patch would put it
            yield from ([[*path, name]] for name in old if name not in new)
            for name, value in new.items():
                if name in old:
                    if not _same(old[name], value):
                        yield from _between([*path, name], old[name], value)
                else:
                    yield [[*path, name], value]
            return
    elif isinstance(old, list) and isinstance(new, list) and 0 < len(old) <= len(new):
        steps = [
            step
            for at, item in enumerate(old)
            if not _same(item, new[at])
            for step in _between([*path, at], item, new[at])
        ]
        if len(steps) <= len(old) // 2 + 1:  # else it was shifted: the whole list is shorter
            yield from steps
            yield from ([[*path, at], new[at]] for at in range(len(old), len(new)))
            return
    yield [path, new]


def _same(old: Any, new: Any) -> bool:
    """Equal to the byte: Python takes 1 for 1.0 and for True, and two orders of names for one."""
    if type(old) is not type(new) or old != new:
        return False
    if isinstance(old, str | int | None):
        return True
    return bool(msgspec.json.encode(old) == msgspec.json.encode(new))
