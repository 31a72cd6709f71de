"""Signals: what travels, in which order attributes are read, and what dies when one throws."""

import json
import time

from flask import Response, abort, render_template, request

from myapp.datastar import DatastarResponse, read_signals
from myapp.journey.frame import pages, patch


@pages.get("/2/echo")
def echo() -> Response:
    try:
        got = json.dumps(read_signals(), indent=2, ensure_ascii=False)
    except ValueError:
        abort(400)
    return DatastarResponse(patch("signals_got.html", got=got))


@pages.get("/2/order")
def order() -> Response:
    swapped = "swapped" in request.args
    return DatastarResponse(patch("signals_order.html", replace=True, swapped=swapped))


@pages.get("/2/chain")
def chain() -> Response:
    broken = "broken" in request.args
    return DatastarResponse(patch("signals_chain.html", replace=True, broken=broken))


@pages.get("/2/clock")
def clock() -> str:
    return render_template("journey/signals_clock.html", now=time.strftime("%H:%M:%S"))
