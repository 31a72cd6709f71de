"""The name that gunicorn and flask load."""

from myapp import create_app

app = create_app()
