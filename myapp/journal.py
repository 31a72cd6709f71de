"""Journal: how a document came to be what it is, a line for each saved change.

A line is an entry: either `{"whole": document}` or `{"changed": [[path, value], [path], ...]}`,
where a path is a list of names and list positions, and one without a value is gone. The first entry
of a journal is whole, as is the entry of an edit by hand and of whatever else left a gap.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from myapp.store import Document

encode = msgspec.json.encode
decode = msgspec.json.decode
fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
items = msgspec.json.Decoder(list[msgspec.Raw]).decode

Step = list[Any]
"""[path, value], or [path] of what is gone."""


def difference(old: Document, new: Document) -> list[Step]:
    """The steps that make `new` of `old`, to the last byte: also the order of names is kept."""
    steps: list[Step] = decode(encode(between(encode(old), encode(new))))
    return steps


def between(old: bytes, new: bytes) -> list[Step]:
    """The same of two documents as stores keep them; the values are pieces of the new one.

    One text has one meaning, and is compared: Python takes 1 for 1.0 and for True, and two orders
    of names for one.
    """
    return [] if old == new else [*_between([], msgspec.Raw(old), msgspec.Raw(new))]


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
    return b"".join(encode(entry) + b"\n" for entry in entries)


def entries(text: bytes) -> list[Document]:
    """What `lines` made a text of. Raises ValueError."""
    return [decode(line, type=dict[str, Any]) for line in text.splitlines()]


def _copied(doc: Document) -> Document:
    copy: Document = decode(encode(doc))
    return copy


def _between(path: list[Any], old: msgspec.Raw, new: msgspec.Raw) -> Iterator[Step]:
    """The steps between what is not the same."""
    kind = bytes(memoryview(old)[:1]), bytes(memoryview(new)[:1])
    if kind == (b"{", b"{"):
        had, has = fields(old), fields(new)
        stay = [name for name in had if name in has]
        if [*has][: len(stay)] == stay:  # what is new stands last, where a patch would put it
            yield from ([[*path, name]] for name in had if name not in has)
            for name, value in has.items():
                if name not in had:
                    yield [[*path, name], value]
                elif had[name] != value:
                    yield from _between([*path, name], had[name], value)
            return
    elif kind == (b"[", b"["):
        was, now = items(old), items(new)
        steps = [
            step
            for at, item in enumerate(was[: len(now)])
            if item != now[at]
            for step in _between([*path, at], item, now[at])
        ]
        if 0 < len(was) <= len(now) and len(steps) <= len(was) // 2 + 1:
            yield from steps
            yield from ([[*path, at], now[at]] for at in range(len(was), len(now)))
            return  # else it was shifted: the whole list is shorter
    yield [path, new]
