"""Offline: the service worker, and the page it keeps for when there is no line."""

import hashlib
import re

from flask import Blueprint, Response, current_app, render_template

from myapp.views.house import house
from myapp.words import LANGUAGES, words

pages = Blueprint("offline", __name__)


@pages.get("/sw.js")
def worker() -> Response:
    """Another one, to browsers, whenever its page differs by a release. It has the page in every
    language, for it outlives the choice of one."""
    draw = house().drawing.html
    drawn = {name: draw("offline.html", name, words=words(name)) for name in LANGUAGES}
    files = {
        *re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"', "".join(drawn.values()))
    }
    files |= {re.sub("vroum.css$", "icon.svg", style) for style in files if "vroum.css" in style}
    script = render_template(
        "sw.js",
        pages=drawn,
        files=sorted(files),
        mark=hashlib.sha256("".join(drawn.values()).encode()).hexdigest()[:12],
        policy=current_app.config["HEADERS"]["Content-Security-Policy"],
    )
    response = Response(script, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response
