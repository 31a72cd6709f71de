"""Views: every URL, cookies and templates. No rules live here."""

from flask import Flask

from myapp.views import (
    accounts,
    errors,
    health,
    home,
    identity,
    language,
    offline,
    operator,
    papers,
    room,
)
from myapp.views.urls import CodeConverter


def register(app: Flask) -> None:
    """Join every URL to the app."""
    app.url_map.merge_slashes = False
    app.url_map.converters["code"] = CodeConverter
    app.session_interface = identity.Sessions()
    identity.register(app)
    language.register(app)
    errors.register(app)
    app.register_blueprint(accounts.pages)
    app.register_blueprint(health.pages)
    app.register_blueprint(home.pages)
    app.register_blueprint(language.pages)
    app.register_blueprint(offline.pages)
    app.register_blueprint(operator.pages)
    app.register_blueprint(papers.pages)
    app.register_blueprint(room.pages)
