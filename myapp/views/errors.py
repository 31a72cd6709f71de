"""Errors: every no becomes a sentence for the one who asked, with the right status."""

import logging
from typing import Any

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from myapp.datastar import SSE, DatastarResponse
from myapp.game import IllegalMove, Say
from myapp.limits import TooMany
from myapp.store import StoreDown
from myapp.views.who import who

log = logging.getLogger("myapp.refused")

SENTENCES: dict[int, str] = {
    400: Say("That request makes no sense here."),
    403: Say("You may not do that."),
    404: Say("There is nothing at this address. Look at the link or the code again?"),
    405: Say("That is not how this address works."),
    413: Say("That is too much at once."),
    415: Say("Send a form or JSON."),
    500: Say("Something broke on the server. It has been written down; try again."),
    503: Say("The server cannot save right now. Nothing was changed; try again in a moment."),
}


def refuse(no: str, status: int, why: str = "") -> Response:
    """Say no: on the page by a patch, which needs status 200, or else as a page with `status`."""
    log.info("%s %s %s", status, request.endpoint, why or no)
    sentence = who().words.say(no)
    if "Datastar-Request" in request.headers and request.method != "GET":
        return DatastarResponse(
            SSE.patch_elements(render_template("_alert.html", sentence=sentence))
        )
    page = render_template("message.html", title=str(status), sentence=sentence, status=status)
    return make_response(page, status)


def register(app: Flask) -> None:
    @app.errorhandler(IllegalMove)
    def illegal(error: IllegalMove) -> Response:
        return refuse(error.said, error.status, error.said.message)

    @app.errorhandler(TooMany)
    def hasty(error: TooMany) -> Response:
        response = refuse(error.said, error.status, error.said.message)
        response.headers["Retry-After"] = str(error.wait)
        return response

    @app.errorhandler(StoreDown)
    def down(error: StoreDown) -> Response:
        response = refuse(SENTENCES[503], 503, str(error))
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> Any:
        status = error.code or 500
        if status < 400:
            return error
        own = error.description if error.description != type(error).description else ""
        response = refuse(own or SENTENCES.get(status, error.name), status, error.name)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response
