"""Chess, by the FIDE Laws of 2023; articles are cited where the house had to choose.

The `chess` library knows how pieces move; here are the players: their clock, what they offer each
other and how the game ends. White has side 1 and Black side 0, as in the library.
"""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import chess
from msgspec import Meta

from myapp.game import Game, IllegalMove, Plan, Say, move
from myapp.gamekit.chess_moves import Score, Told, pgn, read, score
from myapp.gamekit.chess_robot import behind, reply
from myapp.gamekit.clock import GameClock, lag

SIDES = Say("Black"), Say("White")
THINKS = 0.8, 2.0  # seconds a robot takes over a move
AGAIN = 4  # half moves until the same player may ask the same again

ENDINGS = {
    "checkmate": Say("Checkmate. {winner} wins."),
    "resigned": Say("{loser} resigns. {winner} wins."),
    "left": Say("{loser} has given up the seat. {winner} wins."),
    "time": Say("{loser} has run out of time. {winner} wins."),
    "gone": Say("{loser} has been gone too long. {winner} wins."),
    "stalemate": Say("Stalemate. The game is a draw."),
    "material": Say("Neither side can mate. The game is a draw."),
    "unmatable": Say("{loser} has run out of time, but {winner} cannot mate. The game is a draw."),
    "threefold": Say("The same position came three times. The game is a draw by claim."),
    "fivefold": Say("The same position came five times. The game is a draw."),
    "fifty": Say("Fifty moves without a capture or a pawn. The game is a draw by claim."),
    "seventyfive": Say("Seventy-five moves without a capture or a pawn. The game is a draw."),
    "agreed": Say("Both agree to a draw."),
    "abandoned": Say("{loser} has been gone too long. {winner} calls it a draw."),
}
DEEDS: dict[str, str] = {
    "time": Say("{who} set the clock."),
    "make": Say("{who} moved."),
    "resign": Say("{who} resigned."),
    "ask": Say("{who} asked the other side."),
    "accept": Say("{who} accepted."),
    "decline": Say("{who} declined."),
    "claim_draw": Say("{who} claimed a draw."),
    "claim": Say("{who} ended the game, for the other was gone."),
}
WON = "checkmate", "resigned", "left", "time", "gone"

Ply = Annotated[int, Meta(ge=0, le=10_000)]
"""How many half moves its player saw: what was meant for another position is refused."""


@dataclass
class Offer:
    """A question one player has put to the other."""

    kind: Literal["draw", "takeback"]
    by: str
    ply: int
    at: float


@dataclass
class Chess(Game):
    title = Say("Chess")
    seats = range(2, 3)
    settings = "minutes", "increment"
    deeds: ClassVar[dict[str, str]] = DEEDS
    record_type: ClassVar[str] = "pgn"

    minutes: Annotated[int, Meta(ge=0, le=180)] = 10
    increment: Annotated[int, Meta(ge=0, le=60)] = 0
    order: list[str] = field(default_factory=list)  # who sits here; the first is dealt White
    white: str = ""
    black: str = ""
    fen: str = chess.STARTING_FEN
    moves: list[str] = field(default_factory=list)  # as UCI
    times: list[float] = field(default_factory=list)  # what the clock showed after each
    began: float = 0.0  # when the side to move could begin to think
    clock: GameClock | None = None
    offer: Offer | None = None
    asked: dict[str, int] = field(default_factory=dict)  # at which ply a player last asked for what
    ending: str = ""
    winner: str = ""

    def __post_init__(self) -> None:
        _ = self.score  # an edit by hand that is no game of chess is refused here
        if self.ending and self.ending not in ENDINGS:
            raise ValueError(f"ending: {self.ending!r} is none of {', '.join(ENDINGS)}")

    # Looking

    @property
    def score(self) -> Score:
        return score(self.fen, tuple(self.moves))

    @property
    def board(self) -> chess.Board:
        return self.score.board

    @property
    def turn(self) -> int:
        """The side to move."""
        return int(self.board.turn)

    @property
    def mover(self) -> str:
        """Whose turn it is."""
        return (self.black, self.white)[self.turn]

    @property
    def playing(self) -> bool:
        return bool(self.white and not self.ending)

    @property
    def over(self) -> bool:
        return not self.playing

    @property
    def phase(self) -> str:
        if not self.ending:
            return "on" if self.white else "idle"
        return "won" if self.ending in WON else "drawn"

    @property
    def dealt(self) -> tuple[str, str]:
        """Who has Black and who has White, in this game or before it the first; "" is nobody."""
        if self.white:
            return self.black, self.white
        first, second = [*self.order, "", ""][:2]
        return second, first

    def side(self, player: str) -> int | None:
        """The side this player has in this game: 1 for White, 0 for Black."""
        return {self.white: 1, self.black: 0}.get(player) if self.white else None

    def other(self, player: str) -> str:
        return self.black if player == self.white else self.white

    @property
    def status(self) -> str:
        if self.ending:
            # In a draw, the loser of these words is who ran out of time or stayed away.
            won = self.side(self.winner) or 0
            return Say(ENDINGS[self.ending].message, winner=SIDES[won], loser=SIDES[1 - won])
        if not self.white:
            return Say("Press Start when both players are here.")
        side = SIDES[self.turn]
        now = Say("{side} to move.", side=side)
        if self.board.is_check():
            now = Say("Check! {side} to move.", side=side)
        if not self.offer:
            return now
        asker = SIDES[self.side(self.offer.by) or 0]
        asks = Say("{asker} offers a draw.", asker=asker)
        if self.undoing:
            asks = Say("{asker} asks to take back {move}.", asker=asker, move=self.undoing.san)
        return Say("{now} {asks}", now=now, asks=asks)

    def audience(self, player: str) -> str:
        return "everyone"

    @property
    def legal(self) -> list[str]:
        """Every move that may be made now."""
        return [m.uci() for m in self.board.legal_moves] if self.playing else []

    def taken(self, side: int) -> list[str]:
        """The pieces this side has taken, most valuable first."""
        pieces = [told.taken for told in self.score.moves if told.side == side and told.taken]
        return sorted(pieces, key=chess.PIECE_NAMES.index, reverse=True)

    def shows(self, side: int) -> float:
        """What this side's clock shows."""
        return self.clock.shows(side, self.turn, self.now) if self.clock else 0.0

    @property
    def claimable(self) -> str:
        """What the player to move may claim a draw by; after FIDE 9.2.2 and 9.3.2."""
        if self.playing and self.board.is_repetition(3):
            return "threefold"
        return "fifty" if self.playing and self.board.is_fifty_moves() else ""

    def undone(self, player: str) -> int:
        """How many half moves it takes to take back this player's last."""
        count = 2 if player == self.mover else 1
        return count if count <= len(self.moves) else 0

    @property
    def undoing(self) -> Told | None:
        """The half move that somebody has asked to take back."""
        if not self.offer or self.offer.kind == "draw":
            return None
        count = self.undone(self.offer.by)
        return self.score.moves[-count] if count else None

    @property
    def checked(self) -> str:
        """The square of a king in check."""
        king = self.board.king(self.board.turn)
        return chess.square_name(king) if king is not None and self.board.is_check() else ""

    @property
    def outcome(self) -> dict[str, float]:
        if not self.ending:
            return {}
        won = self.ending in WON
        return {p: float(p == self.winner) if won else 0.5 for p in (self.white, self.black)}

    @property
    def result(self) -> str:
        if not self.ending:
            return "*"
        if self.ending not in WON:
            return "1/2-1/2"
        return "1-0" if self.winner == self.white else "0-1"

    def record(self, names: dict[str, str]) -> str:
        """The game as PGN, with the clock after each move as %clk."""
        if not self.white:
            return ""
        clock = self.clock
        return pgn(
            self.fen,
            self.moves,
            self.times,
            White=names.get(self.white, "?"),
            Black=names.get(self.black, "?"),
            Result=self.result,
            TimeControl=f"{clock.limit:.0f}+{clock.increment:.0f}" if clock else "-",
            Termination=self.status if self.ending else "unterminated",
        )

    # Coming, going and beginning

    def on_sit(self, player: str) -> None:
        self.order.append(player)

    def on_leave(self, player: str) -> None:
        """Giving up the seat while the game is on resigns it."""
        self.order.remove(player)
        if self.playing and self.side(player) is not None:
            self.end("left", self.other(player))

    @move
    def time(
        self,
        player: str,
        minutes: Annotated[int, Meta(ge=0, le=180)],
        increment: Annotated[int, Meta(ge=0, le=60)],
    ) -> None:
        """Choose the clock: minutes for all moves and seconds added for each; none without both."""
        if player != self.host:
            raise IllegalMove("Only the host chooses the clock.")
        if self.playing:
            raise IllegalMove("The clock is chosen before the start.")
        self.minutes, self.increment = minutes, increment

    def on_start(self) -> None:
        if self.ending:
            self.order.reverse()
        self.white, self.black = self.order
        self.moves, self.times, self.asked = [], [], {}
        self.offer, self.ending, self.winner = None, "", ""
        self.began = self.now
        self.clock = None
        if self.minutes or self.increment:
            self.clock = GameClock(self.minutes * 60 or self.increment, self.increment)
            self.clock.since = self.now  # FIDE 6.6: White's clock runs from the start

    # Moving

    def must_play(self, player: str) -> None:
        if self.ending:
            raise IllegalMove("The game is over.")
        if self.side(player) is None:
            raise IllegalMove("You are not in this game.")

    def must_move(self, player: str, ply: int) -> None:
        self.must_play(player)
        if player != self.mover:
            raise IllegalMove("It is not your turn.")
        if ply != len(self.moves):
            raise IllegalMove("The position has changed. Look again.")

    @move
    def make(
        self,
        player: str,
        move: Annotated[str, Meta(min_length=2, max_length=10)],
        ply: Ply,
        took: Annotated[float, Meta(ge=0, le=1e8)] | None = None,
    ) -> None:
        """Make a move, as "e2e4" or "Nf3". `took` is the milliseconds that the page saw it take."""
        self.must_move(player, ply)
        made = read(self.board, move)
        if not made:
            raise IllegalMove("{move} is not a legal move here.", move=move)
        if self.clock:
            reported = None if took is None else took / 1000
            if not self.clock.press(
                self.turn, self.now, lag(self.now - self.began, reported, self.rtt, self.added)
            ):
                self.flag()
                return
            self.times.append(self.clock.left[self.turn])
        self.moves.append(made.uci())
        self.began = self.now
        if self.offer and (self.offer.by != player or self.offer.kind == "takeback"):
            self.offer = None  # FIDE 9.1.2.1: a move answers an offer with no
        self.finish(player)

    def finish(self, player: str) -> None:
        """End the game if this player's move was the last one."""
        board = self.board
        if board.is_checkmate():
            self.end("checkmate", player)
        elif board.is_stalemate():
            self.end("stalemate", player)
        elif board.is_insufficient_material():
            self.end("material", player)  # FIDE 5.2.2
        elif board.is_fivefold_repetition():
            self.end("fivefold", player)  # FIDE 9.6.1
        elif board.is_seventyfive_moves():
            self.end("seventyfive", player)  # FIDE 9.6.2

    @property
    def due(self) -> float | None:
        return self.clock.falls(self.turn) if self.clock and self.playing else None

    def on_due(self) -> None:
        if self.due is not None and self.now >= self.due:
            self.flag()

    def flag(self) -> None:
        """The side to move has no time left. FIDE 6.9: a draw if the other could never mate."""
        winner = self.other(self.mover)
        unmatable = self.board.has_insufficient_material(not self.board.turn)
        self.end("unmatable" if unmatable else "time", winner)

    def end(self, ending: str, winner: str) -> None:
        """`winner` is also who did not run out of time, or stayed, when it is a draw."""
        if self.clock:
            self.clock.stop(self.turn, self.now)
        self.ending, self.winner, self.offer = ending, winner, None

    # Agreeing

    @move
    def resign(self, player: str) -> None:
        self.must_play(player)
        self.end("resigned", self.other(player))

    @move
    def ask(self, player: str, kind: Literal["draw", "takeback"], ply: Ply) -> None:
        """Offer a draw, or ask to take back one's last move."""
        self.must_play(player)
        if ply != len(self.moves):
            raise IllegalMove("The position has changed. Look again.")
        if self.offer:
            raise IllegalMove("There is a question open already.")
        before = self.asked.get(f"{kind} {player}", -AGAIN)
        if ply - before < AGAIN:
            raise IllegalMove("You have just asked. Play on a little first.")
        if kind == "takeback" and not self.undone(player):
            raise IllegalMove("You have not made a move yet.")
        self.offer = Offer(kind, player, ply, self.now)
        self.asked[f"{kind} {player}"] = ply

    @move
    def accept(self, player: str, kind: Literal["draw", "takeback"], ply: Ply) -> None:
        self.must_answer(player, kind, ply)
        if kind == "draw":
            self.end("agreed", player)
            return
        count = self.undone(self.other(player))
        if self.clock:
            self.clock.settle(self.turn, self.now)
            del self.times[-count:]
        del self.moves[-count:]
        self.offer, self.asked, self.began = None, {}, self.now

    @move
    def decline(self, player: str, kind: Literal["draw", "takeback"], ply: Ply) -> None:
        self.must_answer(player, kind, ply)
        self.offer = None

    def must_answer(self, player: str, kind: str, ply: int) -> None:
        self.must_play(player)
        offer = self.offer
        if not offer or offer.by == player or (offer.kind, offer.ply) != (kind, ply):
            raise IllegalMove("That question is no longer open.")

    @move
    def claim_draw(self, player: str, ply: Ply) -> None:
        """Claim the draw that a repeated position, or fifty quiet moves, allow."""
        self.must_move(player, ply)
        if not self.claimable:
            raise IllegalMove("There is no draw to claim in this position.")
        self.end(self.claimable, player)

    @move
    def claim(self, player: str, result: Literal["win", "draw"]) -> None:
        """End the game against somebody who has been gone for longer than the grace."""
        self.must_play(player)
        if self.other(player) not in self.lost:
            raise IllegalMove("Your opponent is here.")
        self.end("gone" if result == "win" else "abandoned", player)

    # Robots

    def robot(self, player: str) -> Plan | None:
        if not self.playing:
            return None
        if self.offer and self.offer.by != player:
            kind = self.offer.kind
            yes = kind == "takeback" or behind(self.board, self.side(player) == chess.WHITE)
            answer = {"kind": kind, "ply": self.offer.ply}
            return Plan(self.offer.at + THINKS[0], "accept" if yes else "decline", answer)
        if player != self.mover:
            return None
        ply = len(self.moves)
        if self.claimable and behind(self.board, self.side(player) == chess.WHITE):
            return Plan(self.began + THINKS[0], "claim_draw", {"ply": ply})
        least, most = THINKS
        wait = least + (most - least) * self.dice.of("thinks", ply)
        if self.clock:
            wait = min(wait, self.clock.left[self.turn] / 20)
        chosen = reply(self.fen, tuple(self.moves), self.dice.of("reply", ply))
        return Plan(self.began + wait, "make", {"move": chosen, "ply": ply})
