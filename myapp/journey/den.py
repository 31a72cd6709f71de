"""The practice room of step 12, and what is wrong with a text that is none, in a reader's words."""

import json
import re
from typing import Annotated

import msgspec
from msgspec import Meta

from myapp.game import BadMove, Say
from myapp.store_tinydb.tinydb_file import Broken, parse

Row = Annotated[str, Meta(pattern="^[0-9]{1,3}$")]


class Guest(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=16)]
    at: Annotated[int, Meta(ge=0, le=10)]
    hat: bool = False


class Den(msgspec.Struct, forbid_unknown_fields=True):
    """The practice room. `bin` is what was deleted last: row, guest, and how many stood above."""

    lamp: bool = True
    guests: Annotated[dict[Row, Guest], Meta(max_length=6)] = {}
    bin: tuple[Row, Guest, int] | None = None
    touched: float = 0.0


AT_FIRST = {"1": Guest("Ann", 2), "2": Guest("Bob", 5, hat=True), "3": Guest("Charlie", 8)}

GRAMMAR = {
    "Expecting ':' delimiter": Say("after a name comes a colon."),
    "Expecting ',' delimiter": Say("a comma or a closing bracket is missing before this."),
    "Expecting value": Say("a value is missing: a number, true, false, or a text in quotes."),
    "Expecting property name enclosed in double quotes": Say(
        "a name in double quotes is missing, or there is a comma too many."
    ),
    "Illegal trailing comma before end of object": Say("there is a comma too many."),
    "Illegal trailing comma before end of array": Say("there is a comma too many."),
    "Unterminated string starting at": Say("a text begins here, and its closing quote is missing."),
    "Invalid control character at": Say("the closing quote of a text is missing."),
    "Extra data": Say("nothing may come after the last bracket."),
}
"""What Python's json says, as a reader is told it."""
NO_JSON = Say("this is no JSON.")
NO_DOCUMENT = Say("the room stands in _default, under a number, and there is only one.")
NO_GUEST = Say("row {row} takes a name, an at, perhaps a hat, and nothing else.")
NO_DEN = Say("a room has a lamp, guests, a bin, and nothing else.")
IN_ROW = Say("in row {row}, {rule}")
RULES = {
    "name": Say("name is a text of 1 to 16 letters."),
    "at": Say("at is a whole number from 0 to 10."),
    "hat": Say("hat is true or false."),
    "guests": Say("guests are six at most, each under a number."),
    "lamp": Say("lamp is true or false."),
    "bin": Say("bin is null, or what was deleted last."),
    "touched": Say("touched is a number of seconds."),
}


class NoDen(BadMove):
    """A text describes no room: in which line, and why."""

    def __init__(self, name: str, line: int, why: Say) -> None:
        super().__init__("{file}, line {line}: {why}", file=name, line=line, why=why)


def den_in(text: str, name: str) -> Den:
    """The room that the text of a file by this name describes. Raises NoDen."""
    try:
        body, _ = parse(text.encode())
        return msgspec.json.decode(body, type=Den)
    except Broken as broken:
        raise NoDen(name, *_no_json(text)) from broken
    except msgspec.ValidationError as error:
        raise NoDen(name, *_no_den(text, msgspec.json.decode(body), str(error))) from error


def _no_json(text: str) -> tuple[int, Say]:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, GRAMMAR.get(error.msg, NO_JSON)
    except (ValueError, RecursionError):
        return 1, NO_JSON
    return 1, NO_DOCUMENT


def _no_den(text: str, doc: dict[str, object], complaint: str) -> tuple[int, Say]:
    """Which of the rules it breaks. The complaint names no row, so each is looked at."""
    guests = doc.get("guests")
    for row, guest in guests.items() if isinstance(guests, dict) else ():
        try:
            msgspec.convert(guest, Guest)
        except msgspec.ValidationError as error:
            field = _field(str(error))
            why = Say(NO_GUEST.message, row=row)
            if field in RULES:
                why = Say(IN_ROW.message, row=row, rule=RULES[field])
            return _line(text, "guests", row, field), why
    field = _field(complaint)
    return _line(text, field), RULES.get(field, NO_DEN)


def _field(complaint: str) -> str:
    """The field that msgspec complains of: "Expected `int` <= 10 - at `$.at`"."""
    found = re.search(r"`\$\.(\w+)\S*`$", complaint)
    return found[1] if found else ""


def _line(text: str, *names: str) -> int:
    """The line where the last of these names stands, each looked for behind the one before."""
    at = 0
    for name in filter(None, names):
        found = re.compile(rf"{re.escape(json.dumps(name))}\s*:").search(text, at)
        at = found.start() if found else at
    return 1 + text.count("\n", 0, at)
