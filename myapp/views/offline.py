"""Offline: the service worker, and the page it keeps for when there is no line."""

import hashlib
import re

from flask import Blueprint, Response, current_app, render_template

pages = Blueprint("offline", __name__)


@pages.get("/sw.js")
def worker() -> Response:
    """Another one, to browsers, whenever its page differs: by a release or by the language."""
    page = render_template("offline.html")
    files = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"', page)
    files += [re.sub("vroum.css$", "icon.svg", style) for style in files if "vroum.css" in style]
    script = render_template(
        "sw.js",
        page=page,
        files=files,
        mark=hashlib.sha256(page.encode()).hexdigest()[:12],
        policy=current_app.config["HEADERS"]["Content-Security-Policy"],
    )
    response = Response(script, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response
