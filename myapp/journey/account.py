"""Step 11, a plain form with a redirect: with scripts and without, from one view."""

from typing import Any

import gevent
from flask import current_app, redirect, request, url_for

from myapp.datastar import DatastarResponse
from myapp.journey.frame import change, given, pages, patch, practice
from myapp.names import clean
from myapp.views.answers import go
from myapp.views.identity import sent, text

THINKING = 0.7  # seconds: something worth an indicator


@given("account")
def thanks() -> dict[str, Any]:
    came = request.args.get("came", "")
    return {"name": practice("book").get("name"), "came": came, "rules": rules()}


@pages.post("/11/book")
def sign() -> Any:
    """Write your name into the guest book. `go` is 303 for a form, and a signal for a stream."""
    signed()
    how = "stream" if "Datastar-Request" in request.headers else "form"
    return go(url_for("journey.step", number=11, came=how))


@pages.post("/11/naive")
def naive() -> Any:
    """A redirect for everybody, whoever asked."""
    signed()
    return redirect(url_for("journey.step", number=11, came="naive"), 303)


def signed() -> None:
    name = clean(text(sent(), "name"))
    gevent.sleep(THINKING)
    change("book", lambda _: {"name": name})


@pages.post("/11/<user_id>/wave")
def wave_as(user_id: str) -> DatastarResponse:
    """The address says who waves. Anybody can write an address."""
    return waved(user_id[:20])


@pages.post("/11/wave")
def wave() -> DatastarResponse:
    """The cookie says who waves. It is signed, and nobody can write one."""
    return waved(practice("book").get("name") or "")


def waved(name: str) -> DatastarResponse:
    doc = change("waves", lambda doc: {"waves": [*doc.get("waves", []), name][-4:]})
    return DatastarResponse(patch("_waves.html", waves=doc["waves"]))


def rules() -> list[str]:
    """Every address of the whole product, but for the journey's own and the files."""
    found = [rule.rule for rule in current_app.url_map.iter_rules()]
    return sorted(rule for rule in found if not rule.startswith(("/journey", "/static")))
