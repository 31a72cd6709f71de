"""Hypermedia: one lamp, and three forms that switch it."""

from typing import Any

from flask import redirect, render_template, request

from myapp.journey.frame import change, given, pages, practice


@given("hypermedia")
def lamp() -> dict[str, Any]:
    return {"on": practice("lamp").get("on", False)}


@pages.post("/1/lamp")
def switch() -> Any:
    lamp = change("lamp", lambda lamp: {"on": not lamp.get("on", False)})
    if "HX-Request" in request.headers:
        return render_template("journey/hypermedia_htmx.html", **lamp)
    if "Datastar-Request" in request.headers:
        return render_template("journey/hypermedia_datastar.html", **lamp)
    return redirect("/journey/1#lamps", 303)
