"""Each game is played in a real store, and its journal tells again what happened, to the byte."""

import json
from functools import partial
from pathlib import Path

import pytest

from myapp import games
from myapp.game import IllegalMove
from myapp.hub import Hub
from myapp.journal import states
from myapp.rooms import Rooms
from myapp.store import open_store


class Table:
    """A room in a store, and every document it ever was."""

    def __init__(self, url, kind):
        self.url, self.saved = url, []
        self.open()
        self.code = self.rooms.open(kind, [("id-ann", "Ann"), ("id-bob", "Bob")])
        self.wall = self.rooms.time()
        self.remember()

    def open(self):
        self.store = open_store(self.url, Hub())
        self.rooms = Rooms(self.store)

    @property
    def key(self):
        return f"rooms/{self.code}"

    @property
    def room(self):
        return self.rooms.get(self.code)

    def remember(self):
        doc = json.dumps(self.store.get(self.key)[0])
        if self.saved[-1:] != [doc]:
            self.saved.append(doc)

    def after(self, seconds, fn, fleeting=False):
        """That many seconds later somebody does this, or may not."""
        self.wall += seconds
        try:
            self.rooms.change(self.code, fn, wall=self.wall, fleeting=fleeting)
        except IllegalMove:
            return
        if not fleeting:
            self.remember()

    def goes_on(self):
        """Ann and Bob do what a robot would in their place; if they wait, what is due happens."""
        before = len(self.saved)
        for id in ("id-ann", "id-bob"):
            me = self.room.member(id)
            plan = self.room.game.robot(me.key) if me and me.seated else None
            if plan:
                self.after(
                    2, lambda room, p=plan, id=id: room.play(room.member(id), p.move, p.args)
                )
        if len(self.saved) == before and (due := self.room.due) is not None:
            self.after(max(0.0, due - self.wall) + 0.01, lambda room: room.tick(self.wall))

    def told(self):
        return [json.dumps(doc) for doc in states(self.store.journal(self.key))]


@pytest.mark.parametrize("kind", sorted(games.found()))
def test_the_journal_of_a_game_leads_through_every_document_to_the_last(server, kind):
    if server.url.startswith("memory:"):
        pytest.skip("a store in memory is not opened again")
    table = Table(server.url, kind)
    ann = partial(Table.after, table)
    table.after(1, lambda room: room.join("id-cem", "Cem"))
    ann(1, lambda room: room.start(room.member("id-ann"), table.wall))
    for turn in range(12):
        table.goes_on()
        if turn == 3:
            ann(1, lambda room: room.pause(room.member("id-ann"), table.wall))
            ann(60, lambda room: room.resume(room.member("id-ann"), table.wall))
        if turn == 5:
            ann(1, lambda room: room.watch(room.member("id-bob")))
            ann(1, lambda room: room.add_robot(room.member("id-ann")))
        if turn == 7:  # a restart
            table.store.close()
            table.open()
        if turn == 9 and server.url.startswith("tinydb:"):
            by_hand(server, table)
    assert len(table.saved) > 8
    assert table.told() == table.saved
    table.after(1, lambda room: room.tick(table.wall), fleeting=True)
    assert table.told()[-1] == json.dumps(table.store.get(table.key)[0])
    table.store.close()
    table.open()
    assert table.told()[: len(table.saved)] == table.saved
    table.store.close()


def by_hand(server, table):
    file = Path(server.url.partition(":")[2]) / f"{table.key}.json"
    tables = json.loads(file.read_text())
    tables["_default"]["1"]["public"] = not tables["_default"]["1"]["public"]
    file.write_text(json.dumps(tables, indent=2))
    table.store.get(table.key)
    table.remember()
