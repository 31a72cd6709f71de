"""The door of a room: who may come in, who waits outside, who is not to come back."""

from dataclasses import dataclass, field

from myapp.game import IllegalMove

KNOCKERS = 20  # who may wait outside at once
REMEMBERED = 300  # of those admitted or removed, the latest


class Forbidden(IllegalMove):
    """No, because of who you are here."""

    status = 403


@dataclass
class Knock:
    """Somebody who asks to be let in. `id` is who their cookie says they are; never drawn."""

    key: str
    id: str
    name: str


@dataclass
class Door:
    """Open to all who know the code until it is locked; then people are let in one by one."""

    locked: bool = False
    knocking: list[Knock] = field(default_factory=list)
    admitted: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def lock(self, locked: bool) -> None:
        self.locked = locked
        if not locked:
            self.knocking = []

    def open_to(self, id: str) -> bool:
        """Whether this person may walk in. Raises Forbidden for somebody who was removed."""
        if id in self.removed:
            raise Forbidden("The host has removed you from this room.")
        return not self.locked or id in self.admitted

    def knock(self, key: str, id: str, name: str) -> None:
        if any(k.id == id for k in self.knocking):
            return
        if len(self.knocking) >= KNOCKERS:
            raise Forbidden("Too many people are waiting at this door. Try again later.")
        self.knocking.append(Knock(key, id, name))

    def answer(self, key: str) -> Knock:
        """Take somebody away from the door; knocking again is allowed."""
        knock = next((k for k in self.knocking if k.key == key), None)
        if knock is None:
            raise IllegalMove("They are no longer waiting.")
        self.knocking.remove(knock)
        return knock

    def admit(self, id: str) -> None:
        self.admitted = [*self.admitted, id][-REMEMBERED:]
        self.knocking = [k for k in self.knocking if k.id != id]

    def shut_out(self, id: str) -> None:
        """Keep this person out, and lock the door: with a fresh cookie they would have to knock."""
        self.removed = [*self.removed, id][-REMEMBERED:]
        self.admitted = [other for other in self.admitted if other != id]
        self.locked = True

    def hand_over(self, id: str, to: str) -> None:
        """Whoever had the cookie `id` has the cookie `to` from now on, and stands as they stood."""
        if any(k.id == to for k in self.knocking):
            self.knocking = [k for k in self.knocking if k.id != id]
        for knock in self.knocking:
            knock.id = to if knock.id == id else knock.id
        self.admitted = [to if other == id else other for other in self.admitted]
        self.removed = [to if other == id else other for other in self.removed]
