"""Papers: what one can look up or take away from a room, beside its page."""

import io
from collections.abc import Callable
from typing import Any

import segno
from flask import Blueprint, Response, abort, jsonify, render_template, request, send_file

from myapp import picture
from myapp.results import Results
from myapp.room import Room
from myapp.rooms import NoSuchRoom
from myapp.views.house import house
from myapp.views.looking import Looking, invite
from myapp.views.replay import replay
from myapp.views.who import who

pages = Blueprint("papers", __name__)


def results_page(code: str) -> Any:
    """The scoreboard game by game; also when the room is gone."""
    found, room = found_for(code), house().rooms.get(code)
    return render_template(
        "results.html",
        code=code,
        open=room is not None,
        member=room is not None and looking(code).me(room) is not None,
        results=found,
        names=found.names,
    )


def results_json(code: str) -> Any:
    found = found_for(code)
    return jsonify(
        game=found.kind,
        code=code,
        totals=[
            {"rank": rank, "player": player, "name": called(found, player), "points": points}
            for rank, player, points in found.scores.ranking
        ],
        games=[{"number": game.number, "points": game.took} for game in found.scores.games],
    )


def called(results: Results, player: str) -> str | None:
    """The name on the scoreboard; None for somebody who left or had it deleted."""
    return results.names.get(player) or results.scores.names.get(player)


def found_for(code: str) -> Results:
    """The results of a room that this visitor may see. 403 for a locked room's stranger."""
    room = house().rooms.get(code)
    if room and outside(looking(code), room):
        abort(403)
    return house().rooms.results(code)


def looking(code: str) -> Looking:
    return Looking(house(), code, who(), "page", request.args.get("key"), "")


def outside(looking: Looking, room: Room) -> bool:
    return looking.outside(room, looking.me(room))


def times(code: str) -> Response:
    """A picture of how the room's times are spread, for whoever may see its results."""
    seconds = found_for(code).spread
    if len(seconds) < 2:
        abort(404)
    drawn = picture.spread(picture.Spread.of(seconds), who().words.say)
    response = Response(drawn, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "private, no-cache"  # ask whether it is still this one
    response.add_etag()
    response.make_conditional(request)
    return response


def record(code: str) -> Response:
    """The game written down, for whoever may look at it."""
    room = looking(code).room()
    if room is None:
        raise NoSuchRoom(code)
    text = "" if outside(looking(code), room) else room.game.record(room.names)
    if not text:
        abort(404)
    name = f"vroum-{room.kind}-{code}.{room.game.record_type}"
    return send_file(
        io.BytesIO(text.encode()), "text/plain", as_attachment=True, download_name=name
    )


def qr(code: str) -> Response:
    """The way into this room, for a phone's camera."""
    if house().rooms.get(code) is None:
        raise NoSuchRoom(code)
    drawn = io.BytesIO()
    segno.make(invite(code), error="m").save(drawn, kind="svg", scale=8, border=2, light="#fff")
    drawn.seek(0)
    return send_file(drawn, "image/svg+xml", max_age=3600)


PAPERS: dict[str, Callable[[str], Any]] = {
    "results": results_page,
    "results.json": results_json,
    "record": record,
    "replay": replay,
    "times.svg": times,
    "qr.svg": qr,
}


@pages.get("/<code:code>/<any({}):paper>".format(", ".join(f"'{name}'" for name in PAPERS)))
def paper(code: str, paper: str) -> Any:
    return PAPERS[paper](code)
