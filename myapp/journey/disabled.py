"""Disabled: a spell that takes ten seconds to come back, whatever the page believes."""

import time
from typing import Any

from flask import Response

from myapp.datastar import SSE, DatastarResponse
from myapp.game import IllegalMove
from myapp.journey.frame import change, given, pages, patch, practice

COOLDOWN = 10


@given("disabled")
def spell() -> dict[str, Any]:
    return {"casts": practice("spell").get("casts", 0)}


def cast(spell: dict[str, Any]) -> dict[str, Any]:
    left = spell.get("ready", 0) - time.time()
    if left > 0:
        raise IllegalMove("No: the ten seconds are not over. The grey was only paint.")
    return {
        "ready": time.time() + COOLDOWN,
        "casts": spell.get("casts", 0) + 1,
    }


@pages.post("/4/cast")
def press() -> Response:
    spell = change("spell", cast)
    return DatastarResponse(
        [
            patch("disabled_casts.html", casts=spell["casts"]),
            SSE.patch_signals({"_left": COOLDOWN}),
        ]
    )
