"""Step 12, where the state is: the file of the reader's own practice room, and its screens."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from flask import Response, abort, current_app, render_template
from msgspec import Meta

from myapp.datastar import SSE, DatastarResponse
from myapp.game import BadMove
from myapp.hub import aside
from myapp.journey.frame import given, live, pages, reader
from myapp.practice import Practice
from myapp.store_tinydb.tinydb_file import Broken, parse
from myapp.stream import Look
from myapp.views.drawing import event
from myapp.views.house import house
from myapp.views.identity import sent, text

PANE = re.compile("[0-9a-f]{16}")
Row = Annotated[str, Meta(pattern="^[0-9]{1,3}$")]


class Guest(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=16)]
    at: Annotated[int, Meta(ge=0, le=10)]
    hat: bool = False


class Den(msgspec.Struct, forbid_unknown_fields=True):
    """The practice room. `bin` is what was deleted last, with its row."""

    lamp: bool = True
    guests: Annotated[dict[Row, Guest], Meta(max_length=6)] = {}
    bin: tuple[Row, Guest] | None = None
    touched: float = 0.0


AT_FIRST = {"1": Guest("Ann", 2), "2": Guest("Bob", 5, hat=True), "3": Guest("Charlie", 8)}


def glass() -> str:
    """Names the reader's room for whoever may look in, and does not tell who he is."""
    secret = current_app.config["SECRET_KEY"].encode()[:64]
    return hashlib.blake2b(reader().encode(), key=secret, digest_size=8).hexdigest()


def changed(pane: str, fn: Callable[[Den], object]) -> Den:
    """The store hands out a document, `fn` changes what it means, the store saves it."""

    def as_den(doc: dict[str, Any]) -> dict[str, Any]:
        den = msgspec.convert(doc, Den) if doc else Den(guests=AT_FIRST)
        fn(den)
        return dict(msgspec.to_builtins(den))

    return msgspec.convert(house().practice.change(pane, "den", as_den), Den)


@given("state")
def furnish() -> dict[str, Any]:
    pane = glass()
    changed(pane, lambda den: None)
    return {
        "pane": pane,
        "file": file(pane),
        "den": seen(pane)[0],
        "text": aside(read, file(pane)),
    }


def file(pane: str) -> Path:
    """Where the store of this server keeps it."""
    folder = current_app.config["STORE_URL"].partition(":")[2]
    return Path(folder, f"{Practice.key(pane, 'den')}.json")


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def seen(pane: str) -> tuple[Den | None, str]:
    """The room as the file has it, or why it cannot be one."""
    if not PANE.fullmatch(pane):
        abort(404)
    try:
        return msgspec.convert(house().practice.get(pane, "den"), Den), ""
    except msgspec.ValidationError as error:
        return None, str(error)


@pages.get("/12/live")
def beside() -> Response:
    """The reader's page: the room, its rows, and the very text of its file."""
    pane, path = glass(), file(glass())
    return live(lambda: look(pane, path), Practice.key(pane, "den"))


@pages.get("/12/<pane>/live")
def across(pane: str) -> Response:
    """Another screen, which may look and nothing else."""
    keys = Practice.key(pane, "den"), Practice.key(pane, "ask")
    return live(lambda: look(pane), *keys)


def look(pane: str, path: Path | None = None) -> Look:
    """What a page of this room shows now: the room, and for its owner the rows and the file."""
    den, fault = seen(pane)
    parts = [event(render_template("journey/_den.html", den=den))] if den else []
    if path:
        parts.append(event(render_template("journey/_rows.html", den=den, fault=fault)))
        parts.append(SSE.patch_signals({"_file": aside(read, path)}).encode())
    else:
        asked = house().practice.get(pane, "ask").get("id", "")
        parts.append(SSE.patch_signals({"_ask": asked}).encode())
    return Look(tuple(parts))


@pages.get("/12/<pane>")
def screen(pane: str) -> str:
    den, _ = seen(pane)
    if den is None or not (den.guests or den.bin):
        abort(404)
    return render_template("journey/_screen.html", pane=pane, den=den)


@pages.post("/12/save")
def save() -> DatastarResponse:
    """Put the reader's text in the file's place, as an editor would: whole, or not at all."""
    pane, typed = glass(), text(sent(), "text", 4000)
    try:
        body, _ = parse(typed.encode())
        den = msgspec.json.decode(body, type=Den)
    except Broken as broken:
        raise BadMove("{file}{where}", file=file(pane).name, where=broken) from broken
    except msgspec.ValidationError as error:
        raise BadMove("{file}: {why}", file=file(pane).name, why=error) from error
    house().practice.change(pane, "den", lambda _: dict(msgspec.to_builtins(den)))
    return DatastarResponse(SSE.patch_signals({"_dirty": False}))


@pages.post("/12/delete")
def delete() -> DatastarResponse:
    """The row goes, and is kept in the bin until the next one goes."""
    row = text(sent(), "row")

    def deleted(den: Den) -> None:
        if row in den.guests:
            den.bin = (row, den.guests.pop(row))

    changed(glass(), deleted)
    return DatastarResponse()


@pages.post("/12/undo")
def undo() -> DatastarResponse:
    def undone(den: Den) -> None:
        if den.bin:
            row, guest = den.bin
            den.guests[row], den.bin = guest, None

    changed(glass(), undone)
    return DatastarResponse()


@pages.post("/12/step")
def walk() -> DatastarResponse:
    """A guest takes a step, and turns at the wall."""
    row = text(sent(), "row")

    def walked(den: Den) -> None:
        if row in den.guests:
            den.guests[row].at = (den.guests[row].at + 3) % 11

    changed(glass(), walked)
    return DatastarResponse()
