"""rooms: what is being played; one room in words; closing one."""

import json
import time
from collections.abc import Sequence
from datetime import datetime

import click

from myapp.cli import data
from myapp.door import Knock
from myapp.people import Player
from myapp.room import Room
from myapp.rooms import NoSuchRoom
from myapp.store import StoreDown
from myapp.views.house import house
from myapp.views.urls import find_code

ROW = "{:<6}{:<16}{:>8}{:>8}  {:<18}{:<10}{}"


@click.group()
def rooms() -> None:
    """The rooms there are: list, show, close."""


@rooms.command("list")
@data.command
def list_() -> None:
    """One line for each room, those touched last first."""
    found, damaged = [], []
    for code in house().rooms.codes():
        try:
            room = house().rooms.get(code)
        except (StoreDown, ValueError):
            damaged.append(code)
        else:
            found += [room] if room else []
    if found:
        click.echo(ROW.format("code", "game", "players", "people", "door", "state", "last touched"))
    for room in sorted(found, key=lambda room: -room.touched):
        click.echo(
            ROW.format(
                room.code,
                room.title,
                len(room.players),
                len([p for p in room.people if not p.left]),
                door(room),
                state(room),
                ago(room.touched),
            )
        )
    for code in damaged:
        click.echo(f"{code}  damaged: flask --app wsgi check says where")
    if not (found or damaged):
        click.echo(f"There are no rooms in {data.where()}.")


@rooms.command()
@click.argument("code")
@click.option("--secrets", is_flag=True, help="Also its document, with what nobody may see.")
@data.command
def show(code: str, secrets: bool) -> None:
    """One room in words."""
    room = _room(code)
    click.echo(f"{room.code}  {room.title}, {state(room)}, {door(room)}")
    click.echo(f"last touched  {ago(room.touched)}")
    groups: dict[str, Sequence[Player | Knock]] = {
        "players": room.players,
        "watching": [p for p in room.people if not (p.seated or p.left)],
        "left": [p for p in room.people if p.left],
        "knocking": room.knocking,
    }
    for name, people in groups.items():
        if people:
            click.echo(f"{name:<14}{', '.join(_called(p, room) for p in people)}")
    if room.game.status:
        click.echo(f"{'game':<14}{data.plain(room.game.status)}")
    if secrets:
        click.echo(json.dumps(room.dump(), indent=2))


@rooms.command()
@click.argument("code")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data.command
def close(code: str, yes: bool) -> None:
    """Close a room; its open pages say so."""
    code = _code(code)
    if f"rooms/{code}" not in data.store().keys("rooms/"):
        raise _none(code)
    if not yes:
        click.confirm(f"Close room {code} for everybody in it?", abort=True)
    house().rooms.close(code)
    click.echo(f"Room {code} is closed.")


def _room(code: str) -> Room:
    try:
        room = house().rooms.get(_code(code))
    except ValueError as error:
        raise click.ClickException(f"The room cannot be read: {error}. Try check.") from error
    if room is None:
        raise _none(_code(code))
    return room


def _code(text: str) -> str:
    code = find_code(text)
    if code is None:
        raise click.ClickException("A room code is four letters, like KXQP.")
    return code


def _none(code: str) -> click.ClickException:
    return click.ClickException(f"{NoSuchRoom(code)} `rooms list` shows them all.")


def _called(person: Player | Knock, room: Room) -> str:
    notes = [person.key]
    if person.key == room.host:
        notes.append("host")
    if isinstance(person, Player) and person.robot:
        notes.append("robot")
    return f"{data.plain(person.name)} ({', '.join(notes)})"


def door(room: Room) -> str:
    return f"{'public' if room.public else 'private'}{', locked' if room.locked else ''}"


def state(room: Room) -> str:
    if not room.started:
        return "waiting"
    if room.over:
        return "over"
    return "paused" if room.paused else "running"


def ago(touched: float) -> str:
    """When that was: the hour, and how long ago."""
    touched += house().store.away()
    seconds = max(0, int(time.time() - touched))
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            past = data.many(seconds // length, unit)
            return f"{datetime.fromtimestamp(touched):%Y-%m-%d %H:%M} ({past} ago)"
    return f"{datetime.fromtimestamp(touched):%Y-%m-%d %H:%M} (just now)"
