"""The house: what create_app joined, at hand for the views."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from myapp.accounts import Accounts
from myapp.fanout import Fanout
from myapp.hub import Hub
from myapp.limits import Limits
from myapp.lobby import Lobby
from myapp.operator import Operator
from myapp.practice import Practice
from myapp.presence import Presence
from myapp.replay import Replays
from myapp.rooms import Rooms
from myapp.store import Store
from myapp.views.drawing import Drawing


@dataclass(frozen=True)
class House:
    """The parts of one running server."""

    hub: Hub
    fanout: Fanout
    store: Store
    presence: Presence
    rooms: Rooms
    lobby: Lobby
    drawing: Drawing
    limits: Limits
    accounts: Accounts
    practice: Practice
    operator: Operator
    replays: Replays


def house() -> House:
    return cast(House, current_app.extensions["house"])
