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

OBJECT, ARRAY = b"{["
"""How the texts of these begin."""

Step = list[Any]
"""[path, value], or [path] of what is gone."""
Fields = dict[str, msgspec.Raw]


def difference(old: Document, new: Document) -> list[Step]:
    """The steps that make `new` of `old`, to the last byte: also the order of names is kept."""
    steps: list[Step] = decode(encode(between(encode(old), encode(new))))
    return steps


def between(old: bytes, new: bytes) -> list[Step]:
    """The same of two documents as stores keep them; the values are pieces of the new one.

    One text has one meaning, and is compared: Python takes 1 for 1.0 and for True, and two orders
    of names for one.
    """
    return [] if old == new else _between([], msgspec.Raw(old), msgspec.Raw(new))


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


def _between(path: list[Any], old: msgspec.Raw, new: msgspec.Raw) -> list[Step]:
    """The steps between what is not the same."""
    kind = memoryview(old)[0]
    if kind == memoryview(new)[0]:
        if kind == OBJECT:
            steps = _of_objects(path, fields(old), fields(new))
        else:
            steps = _of_arrays(path, items(old), items(new)) if kind == ARRAY else None
        if steps is not None:
            return steps
    return [[path, new]]


def _of_objects(path: list[Any], had: Fields, has: Fields) -> list[Step] | None:
    """None if what is new does not stand last, where a patch would put it."""
    steps: list[Step] = []
    if [*had] != [*has]:
        stay = [name for name in had if name in has]
        if [*has][: len(stay)] != stay:
            return None
        steps += [[[*path, name]] for name in had if name not in has]
    for name, value in has.items():
        if name not in had:
            steps.append([[*path, name], value])
        elif had[name] != value:
            steps += _between([*path, name], had[name], value)
    return steps


def _of_arrays(
    path: list[Any], was: list[msgspec.Raw], now: list[msgspec.Raw]
) -> list[Step] | None:
    """None if it was shifted: the whole list is shorter."""
    if not 0 < len(was) <= len(now):
        return None
    steps: list[Step] = []
    for at, item in enumerate(was):
        if item != now[at]:
            steps += _between([*path, at], item, now[at])
    if len(steps) > len(was) // 2 + 1:
        return None
    return steps + [[[*path, at], now[at]] for at in range(len(was), len(now))]
