"""The arena: everyone is an avatar on one field, and walks as long as keys are held.

A page sends which keys are down, never where it believes to be: a message that is lost or late
runs no avatar away. Pages are told how everybody walks, and draw where that has led at each tick:
from one tick to the next nearly nothing of it differs, which compresses well. Lengths are units of
a field that screens show at any size; times are seconds on the room's clock.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from msgspec import Meta

from myapp.game import Game, IllegalMove, Plan, Say, fleeting, move

WIDTH, HEIGHT = 1600, 900
EDGE = 28  # how near to a wall the middle of an avatar comes
SPEED = 400  # units a second, slanting too
RATE = 10  # ticks a second while anyone walks
HOLD = 1.9  # keys count as released when the page has not said again for so long that they are down
UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
GOLDEN = math.pi * (3 - math.sqrt(5))  # radians
ROBOT = (0.4, 1.4), (1.0, 5.0)  # how long robots walk, and then rest
CHANNEL = re.compile(r"(?:(?:https?://)?(?:www\.|m\.)?twitch\.tv/)?(\w{3,25})/?", re.ASCII)


@dataclass
class Avatar:
    """Somebody on the field, who was at (x, y) when the clock showed `at`, and walks on since."""

    x: float
    y: float
    at: float = 0.0
    keys: int = 0
    n: int = 0  # the counter that came with what the page said last
    heard: float = 0.0  # when that came

    def where(self, now: float) -> tuple[float, float]:
        """Where the keys have led by now. Pages reckon it alike: see arena-field.js."""
        seconds = max(0.0, min(now, self.heard + HOLD) - self.at)
        across = bool(self.keys & RIGHT) - bool(self.keys & LEFT)
        down = bool(self.keys & DOWN) - bool(self.keys & UP)
        way = SPEED * seconds / (math.hypot(across, down) or 1)
        x = min(max(self.x + across * way, EDGE), WIDTH - EDGE)
        y = min(max(self.y + down * way, EDGE), HEIGHT - EDGE)
        return round(x, 2), round(y, 2)

    def turn(self, keys: int, now: float) -> None:
        """Walk on with other keys from where these have led."""
        self.x, self.y = self.where(now)
        self.at, self.keys = now, keys

    def silent(self, now: float) -> bool:
        return now >= self.heard + HOLD

    @property
    def place(self) -> str:
        """Where it stands, "800,450"; or of one that walks: where it was, at the first tick with
        these keys, the keys, and the number of that tick, "800,450,2,1234"."""
        if not self.keys:
            return f"{self.x:.0f},{self.y:.0f}"
        tick = math.ceil(self.at * RATE - 1e-3)
        x, y = self.where(tick / RATE)
        return f"{x:.0f},{y:.0f},{self.keys},{tick}"


@dataclass
class Arena(Game):
    title = Say("Arena")
    seats = range(1, 201)
    settings = ("channel",)
    deeds: ClassVar[dict[str, str]] = {
        "keys": Say("{who} walked."),
        "show": Say("{who} chose a channel."),
    }
    cheers = True
    at_once = True

    channel: str = ""  # on Twitch, to watch together
    avatars: dict[str, Avatar] = field(default_factory=dict)
    entered: int = 0
    tick: float | None = None  # when the avatars walk next; None while all stand
    shown: int = 0  # the last tick that everyone saw, by its number
    places: str = ""  # and how everybody walked then: "p1,800,450 p2,840,450,2,1234 ..."

    @property
    def due(self) -> float | None:
        return self.tick

    @property
    def joinable(self) -> bool:
        return True

    @property
    def status(self) -> str:
        return Say("Walk around: arrow keys, WASD, or the pad.")

    @property
    def frames(self) -> tuple[str, ...]:
        return ("https://player.twitch.tv",) if self.channel else ()

    def audience(self, player: str) -> str:
        return "everyone"

    def on_sit(self, player: str) -> None:
        self.avatars[player] = Avatar(*spot(self.entered), at=self.now, heard=self.now)
        self.entered += 1
        self.look()

    def on_leave(self, player: str) -> None:
        self.avatars.pop(player, None)
        self.look()

    def on_start(self) -> None:
        for n, player in enumerate(self.avatars):
            self.avatars[player] = Avatar(*spot(n), at=self.now, heard=self.now)
        self.look()

    @move
    @fleeting
    def keys(
        self,
        player: str,
        n: Annotated[int, Meta(ge=0, lt=2**53)],
        keys: Annotated[int, Meta(ge=0, le=UP | RIGHT | DOWN | LEFT)],
    ) -> None:
        """Hold these keys. What was sent before something that has already come is overtaken."""
        avatar = self.avatars[player]
        silent = avatar.silent(self.now)
        if n <= avatar.n and not silent:
            return
        if keys != avatar.keys or silent:
            avatar.turn(keys, self.now)
        avatar.n, avatar.heard = n, self.now
        if keys and self.tick is None:
            self.tick = self.next_tick

    @fleeting
    def on_due(self) -> None:
        """Everybody has walked on. Nobody does between two ticks, as far as anyone can see."""
        self.look()
        self.tick = self.next_tick if any(a.keys for a in self.avatars.values()) else None

    @property
    def last_tick(self) -> int:
        return int(self.now * RATE + 1e-3)

    @property
    def next_tick(self) -> float:
        return (self.last_tick + 1) / RATE

    def look(self) -> None:
        """Remember how everybody walks, for everyone to see."""
        for avatar in self.avatars.values():
            if avatar.keys and avatar.silent(self.now):
                avatar.turn(0, self.now)
        self.shown = self.last_tick
        self.places = " ".join(f"{p},{a.place}" for p, a in self.avatars.items())

    @move
    def show(self, player: str, channel: Annotated[str, Meta(max_length=200)]) -> None:
        """Watch a Twitch channel, given by its name or its address; "" ends it."""
        if player != self.host:
            raise IllegalMove("Only the host chooses the channel.")
        name = CHANNEL.fullmatch(channel.strip())
        if channel.strip() and not name:
            raise IllegalMove("A Twitch channel is 3 to 25 letters and digits, as in its address.")
        self.channel = name[1].lower() if name else ""

    def robot(self, player: str) -> Plan | None:
        me = self.avatars.get(player)
        if me is None:
            return None
        chance = self.dice.of("walk", player, me.n)
        short, long = ROBOT[0 if me.keys else 1]
        keys = 0 if me.keys else (1, 2, 3, 4, 6, 8, 9, 12)[int(chance * 8)]
        return Plan(
            me.heard + short + (long - short) * chance, "keys", {"n": me.n + 1, "keys": keys}
        )


def spot(n: int) -> tuple[float, float]:
    """Where the n-th to come stands: on a sunflower's seeds, which never crowd (Vogel, 1979).

    The first to come do not stand side by side: they take every 123rd of 200 seeds.
    """
    seed = n * 123 % 200
    far, turn = 0.9 * math.sqrt((seed + 0.5) / 200), seed * GOLDEN
    x, y = WIDTH / 2 * (1 + far * math.cos(turn)), HEIGHT / 2 * (1 + far * math.sin(turn))
    return round(x, 2), round(y, 2)
