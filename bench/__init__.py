"""Measurements of the running service, each a make target."""
