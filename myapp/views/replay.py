"""Replay: a room drawn again as it was, for its people: each sees what he was allowed to see."""

import re
from typing import Any

from flask import abort, render_template, request

from myapp.datastar import SSE, DatastarResponse
from myapp.deeds import BY_HAND, UNSEEN, told
from myapp.door import Forbidden
from myapp.game import Say
from myapp.people import Player
from myapp.replay import Replay
from myapp.room import Room
from myapp.rooms import NoSuchRoom
from myapp.views.drawing import Drawing
from myapp.views.house import house
from myapp.views.room import style_of
from myapp.views.who import who

PARTS = "_step.html", "_was.html"
SHORTEST, LONGEST = 0.15, 2.0  # seconds that a step stays while the replay plays by itself


def replay(code: str) -> Any:
    """One step of the replay, `?at=`, as a page; to a page that shows one, what differs."""
    at, visitor = house(), who()
    room = at.rooms.get(code)
    if room is None:
        raise NoSuchRoom(code)
    me = room.member(visitor.id) if visitor.id else None
    if me is None:
        raise Forbidden("Only those who are in the room can see its replay. Join it first.")
    found = at.replays.of(room)
    if not found:
        abort(404)
    step = asked(len(found))
    shown = Seen(at.drawing, room, me, visitor.language).step(found, step)
    given = {"room": room, "me": me, "at": step, "of": len(found), **shown}
    if "Datastar-Request" in request.headers:
        parts = [at.drawing.html(part, visitor.language, **given) for part in PARTS]
        return DatastarResponse(SSE.patch_elements("".join(parts)))
    return render_template("replay.html", style=style_of(room), **given)


def asked(steps: int) -> int:
    """The step that was asked for, or else the nearest there is."""
    digits = request.args.get("at", "1")
    if not re.fullmatch("[0-9]{1,6}", digits, re.ASCII):
        abort(400)
    return min(max(int(digits), 1), steps)


class Seen:
    """What one of a room's people was allowed to see of it, and when.

    He is found by his key, not by his cookie, which may have changed. Before he had a seat he is a
    watcher; before he was in at all, somebody at the door.
    """

    def __init__(self, drawing: Drawing, today: Room, me: Player, language: str) -> None:
        self.drawing = drawing
        self.today = today
        self.key = me.key
        self.language = language

    def step(self, replay: Replay, step: int) -> dict[str, Any]:
        """What a page shows of this step."""
        room, times = replay.room(step), replay.times
        before = replay.room(step - 1) if step > 1 else None
        drawn = self.drawn(room)
        unseen = not drawn or (before is not None and drawn == self.drawn(before))
        passed = times[step - 1]
        stays = times[step] - passed if step < len(replay) else 0.0
        return {
            "past": drawn,
            "said": self.said(room, before, unseen),
            "when": clock(passed),
            "stays": round(min(max(stays, SHORTEST), LONGEST) * 1000),
        }

    def drawn(self, room: Room) -> str:
        """The room as it was for him; "" if he stood at a locked door."""
        me = room.player(self.key)
        me = me if me and not me.left else None
        shut = room.locked and me is None
        return "" if shut else self.drawing.past(room, me, self.language)

    def said(self, room: Room, before: Room | None, unseen: bool) -> list[Say]:
        """What happened, in words; of what could not be seen only what he did himself."""
        if before and room.last == before.last:
            return [Say(UNSEEN if unseen else BY_HAND)]
        deeds = [deed for deed in room.last.deeds if not unseen or deed.who == self.key]
        if unseen and not deeds:
            return [Say(UNSEEN)]
        names = {**self.today.names, **(before.names if before else {}), **room.names}
        return told(deeds, names, room.game.deeds)


def clock(seconds: float) -> str:
    """Time passed, like 2:07 or 1:02:07."""
    minutes, s = divmod(int(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"
