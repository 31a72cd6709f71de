"""Hypermedia: one lamp, and three forms that switch it."""

from typing import Any

from flask import redirect, render_template, request

from myapp.journey.frame import change, given, pages, practice


@given("hypermedia")
def lamp() -> dict[str, Any]:
    return {"on": practice("lamp").get("on", False)}


@pages.post("/1/lamp")
def switch() -> Any:
    on = request.form.get("lamp") == "on"
    change("lamp", lambda _: {"on": on})
    if "HX-Request" in request.headers:
        return render_template("journey/hypermedia_htmx.html", on=on)
    if "Datastar-Request" in request.headers:
        return render_template("journey/hypermedia_datastar.html", on=on)
    return redirect("/journey/1#lamps", 303)
