"""Step 12, where the state is: the file of the reader's own practice room, and its screens."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from flask import Response, abort, current_app, render_template, request

from myapp.datastar import SSE, DatastarResponse, event
from myapp.game import BadMove, IllegalMove
from myapp.hub import aside
from myapp.journey.den import AT_FIRST, Den, NoDen, den_in
from myapp.journey.frame import given, live, pages, patch, reader
from myapp.practice import Practice
from myapp.stream import Look
from myapp.views.house import house
from myapp.views.identity import sent, text

PANE = re.compile("[0-9a-f]{16}")


def glass() -> str:
    """Names the reader's room for whoever may look in, and does not tell who he is."""
    return house().practice.glass(reader())


def changed(pane: str, fn: Callable[[Den], object]) -> None:
    """The store hands out a document, `fn` changes what it means, the store saves it."""

    def as_den(doc: dict[str, Any]) -> dict[str, Any]:
        den = msgspec.convert(doc, Den) if doc else Den(guests=AT_FIRST)
        fn(den)
        return dict(msgspec.to_builtins(den))

    try:
        house().practice.change(pane, "den", as_den)
    except msgspec.ValidationError as error:
        raise BadMove("The file describes no room now. Mend it first.") from error


@given("state")
def furnish() -> dict[str, Any]:
    pane = glass()
    if not house().practice.get(pane, "den"):
        changed(pane, lambda den: None)
    path = file(pane)
    text = aside(read, path)
    fault = amiss(text, path.name)
    return {"pane": pane, "file": path, "den": seen(pane), "text": text, "fault": fault}


def file(pane: str) -> Path:
    """Where the store of this server keeps it."""
    folder = current_app.config["STORE_URL"].partition(":")[2]
    return Path(folder, f"{Practice.key(pane, 'den')}.json")


def read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def seen(pane: str) -> Den | None:
    """The room as the store has it; None if what it has is no room."""
    if not PANE.fullmatch(pane):
        abort(404)
    try:
        return msgspec.convert(house().practice.get(pane, "den"), Den)
    except msgspec.ValidationError:
        return None


def amiss(text: str, name: str) -> str:
    """Where this text of the file is wrong, and why; "" if it is right."""
    try:
        den_in(text, name)
    except NoDen as no:
        return no.said
    return ""


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
    den = seen(pane)
    parts = [event(render_template("journey/_den.html", den=den))] if den else []
    if path:
        text = aside(read, path)
        fault = amiss(text, path.name)
        parts.append(event(render_template("journey/_rows.html", den=den, fault=fault)))
        parts.append(SSE.patch_signals({"_file": text}).encode())
    else:
        asked = house().practice.get(pane, "ask").get("id", "")
        parts.append(SSE.patch_signals({"_ask": asked}).encode())
    return Look(tuple(parts))


@pages.get("/12/<pane>")
def screen(pane: str) -> str:
    den = seen(pane)
    if den is None or not (den.guests or den.bin):
        abort(404)
    return render_template("journey/_screen.html", pane=pane, den=den)


@pages.post("/12/save")
def save() -> DatastarResponse:
    """Put the reader's text in the file's place, as an editor would: whole, or not at all."""
    pane, body = glass(), sent()
    typed, begun = text(body, "text", 4000), text(body, "begun", 4000)
    name = file(pane).name
    try:
        den = den_in(typed, name)
        house().practice.change(pane, "den", lambda doc: put(den, doc, begun, name))
    except IllegalMove as no:
        if "Datastar-Request" not in request.headers:
            raise
        return DatastarResponse(patch("_fault.html", fault=no.said))
    told = patch("_fault.html", fault="")
    return DatastarResponse([told, SSE.patch_signals({"_dirty": False, "_saved": True})])


def put(den: Den, doc: dict[str, Any], begun: str, name: str) -> dict[str, Any]:
    """The room in the document's place, unless that is no longer the one the writer began from."""
    if not amiss(begun, name) and den_in(begun, name) != msgspec.convert(doc, Den):
        raise IllegalMove(
            "The room has changed since you began to write. Discard your changes and look again."
        )
    return dict(msgspec.to_builtins(den))


@pages.post("/12/delete")
def delete() -> DatastarResponse:
    """The row goes, and is kept in the bin until the next one goes."""
    row = text(sent(), "row")

    def deleted(den: Den) -> None:
        if row in den.guests:
            above = [*den.guests].index(row)
            den.bin = row, den.guests.pop(row), above

    changed(glass(), deleted)
    return DatastarResponse()


@pages.post("/12/undo")
def undo() -> DatastarResponse:
    """It comes back in its place."""

    def undone(den: Den) -> None:
        if den.bin:
            row, guest, above = den.bin
            rows = [*den.guests.items()]
            rows.insert(above, (row, guest))
            den.guests, den.bin = dict(rows), None

    changed(glass(), undone)
    return DatastarResponse()


@pages.post("/12/step")
def walk() -> DatastarResponse:
    """A guest goes to the next place with room for one, and turns at the wall."""
    row = text(sent(), "row")

    def walked(den: Den) -> None:
        if row in den.guests:
            guest = den.guests[row]
            others = [other.at for other in den.guests.values() if other is not guest]
            places = [(guest.at + steps) % 11 for steps in range(3, 12)]
            guest.at = max(places, key=lambda it: min([2, *(abs(it - at) for at in others)]))

    changed(glass(), walked)
    return DatastarResponse()
