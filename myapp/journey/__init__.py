"""The journey: a course in twelve steps. Each is a live page that shows the source that runs it."""

import pkgutil
from importlib import import_module

from flask import Flask

from myapp.journey import frame
from myapp.journey.source import source


def register(app: Flask) -> None:
    """Join every step to the app. A step's own code, where it has any, is the file of its name."""
    for found in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{found.name}")
    app.register_blueprint(frame.pages)
    app.jinja_env.globals["source_of"] = source
