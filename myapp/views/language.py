"""Language: every page in the one its visitor reads, and the switch."""

import re
from typing import Any

from babel.support import NullTranslations
from flask import Blueprint, Flask, Response, abort, redirect, request, session
from flask_babel import Babel, Domain

from myapp.views.identity import sent, text
from myapp.views.who import language, who
from myapp.words import LANGUAGES

pages = Blueprint("language", __name__)

PLACE = re.compile(r"/(?![/\\])[!-~]*")  # on this site: no scheme, no host, nothing a browser drops


class Catalogues(Domain):
    """The catalogues of `words`, which streams read too, where there is no request."""

    def get_translations(self) -> NullTranslations:
        return who().words.catalogue


def register(app: Flask) -> None:
    babel = Babel(app, locale_selector=language)
    babel.domain_instance = Catalogues()
    app.jinja_env.globals["say"] = lambda sentence: who().words.say(sentence)
    app.jinja_env.globals["number"] = lambda *given: who().words.number(*given)

    @app.context_processor
    def at_hand() -> dict[str, Any]:
        place = request.full_path.rstrip("?") if request.method == "GET" else "/"
        reader = who()
        return {
            "words": reader.words,
            "who_mark": reader.mark,
            "languages": LANGUAGES,
            "place": place,
        }


@pages.post("/language")
def switch() -> Response:
    """Read on in another language, on the same page."""
    body = sent()
    chosen, place = text(body, "language"), text(body, "next", 2000)
    if chosen not in LANGUAGES:
        abort(400)
    session.permanent = True
    session["language"] = chosen
    return redirect(place if PLACE.fullmatch(place) else "/", 303)  # type: ignore[return-value]
