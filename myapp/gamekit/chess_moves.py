"""Games of chess as half moves: where they lead, how they are written and how they are said."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import chess
import chess.pgn

UCI = re.compile(r"[a-h][1-8][a-h][1-8][nbrq]?")


class Told(NamedTuple):
    """A half move in words and numbers, as the move list shows it and a voice reads it."""

    side: int
    san: str
    piece: str
    start: str
    target: str
    taken: str
    promotion: str
    castling: str
    sign: str


class Score(NamedTuple):
    """A game so far: where it stands, and how it came there. Shared: look, do not push."""

    board: chess.Board
    moves: tuple[Told, ...]


@lru_cache(128)
def score(fen: str, moves: tuple[str, ...]) -> Score:
    """Play these half moves from this position. Raises ValueError at one that is not legal."""
    board = chess.Board(fen)
    return Score(board, tuple(tell(board, board.parse_uci(uci)) for uci in moves))


def tell(board: chess.Board, move: chess.Move) -> Told:
    """Make the move on this board, and say what it was."""
    taken = chess.PAWN if board.is_en_passant(move) else board.piece_type_at(move.to_square)
    castling = "king" if board.is_kingside_castling(move) else "queen"
    san = board.san(move)
    told = Told(
        side=int(board.turn),
        san=san,
        piece=name(board.piece_type_at(move.from_square)),
        start=chess.square_name(move.from_square),
        target=chess.square_name(move.to_square),
        taken="" if board.is_castling(move) else name(taken),
        promotion=name(move.promotion),
        castling=castling if board.is_castling(move) else "",
        sign=san[-1] if san[-1] in "+#" else "",
    )
    board.push(move)
    return told


def name(piece: chess.PieceType | None) -> str:
    return chess.piece_name(piece) if piece else ""


def read(board: chess.Board, typed: str) -> chess.Move | None:
    """The legal move that was typed, as "e2e4" or "Nf3"; None if it is none."""
    for text in (typed, typed.lower(), typed.capitalize(), typed.upper()):
        try:
            found = board.parse_uci(text) if UCI.fullmatch(text) else board.parse_san(text)
        except ValueError:
            continue
        if found:  # the library also reads "--", which is not a move
            return found
    return None


def pgn(fen: str, moves: Sequence[str], times: Sequence[float], **headers: str) -> str:
    """The game as PGN, with what the clock showed after each move as %clk."""
    game = chess.pgn.Game()
    game.setup(fen)
    game.headers["Event"] = "Vroum"
    for key, value in headers.items():
        game.headers[key] = re.sub(r'(["\\])', r"\\\1", " ".join(value.split()))
    node: chess.pgn.GameNode = game
    for ply, uci in enumerate(moves):
        node = node.add_variation(chess.Move.from_uci(uci))
        if times:
            node.set_clock(times[ply])
    return f"{game}\n"
