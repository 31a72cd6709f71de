"""A modest chess player, who looks one half move ahead."""

from collections.abc import Iterator
from functools import lru_cache

import chess

from myapp.gamekit.chess_moves import score

VALUES = {chess.PAWN: 1, chess.KNIGHT: 3, chess.BISHOP: 3, chess.ROOK: 5, chess.QUEEN: 9}


@lru_cache(128)
def reply(fen: str, moves: tuple[str, ...], chance: float) -> str:
    """A modest move: mate if there is one, else what wins most at first sight; `chance` chooses."""
    board = score(fen, moves).board.copy()
    worth = {move: gain(board, move) for move in board.legal_moves}
    best = [move for move in worth if worth[move] == max(worth.values())]
    return best[int(chance * len(best))].uci()


def gain(board: chess.Board, move: chess.Move) -> float:
    """What the move takes, less what it puts where the other side can take it."""
    taken = chess.PAWN if board.is_en_passant(move) else board.piece_type_at(move.to_square)
    mine = board.color_at(move.from_square)
    before = sum(hanging(board, mine))
    won = VALUES.get(taken or 0, 0) + VALUES.get(move.promotion or 0, 1) - 1
    board.push(move)
    try:
        if board.is_checkmate():
            return 1000
        if board.is_stalemate():
            return -50
        return won + (before - sum(hanging(board, mine))) * 0.9
    finally:
        board.pop()


def hanging(board: chess.Board, colour: chess.Color | None) -> Iterator[int]:
    """What each piece of this colour loses if the other side takes it with its cheapest."""
    for square, piece in board.piece_map().items():
        if piece.color != colour or piece.piece_type == chess.KING:
            continue
        takers = [board.piece_type_at(at) or 0 for at in board.attackers(not colour, square)]
        if takers:
            kept = board.is_attacked_by(colour, square)
            worth = VALUES[piece.piece_type]
            yield max(0, worth - min(VALUES.get(t, 99) for t in takers)) if kept else worth


def behind(board: chess.Board, colour: chess.Color) -> bool:
    """Whether this side has less on the board than the other."""
    pieces = [p for p in board.piece_map().values() if p.piece_type != chess.KING]
    return sum(VALUES[p.piece_type] * (1 if p.color == colour else -1) for p in pieces) < 0
