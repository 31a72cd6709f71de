"""The rules of chess, played in plain Python: no server, and time is a number."""

import json
import random
from pathlib import Path

import chess
import chess.pgn
import pytest

from myapp.game import Dice, IllegalMove
from myapp.gamekit.clock import CAP, SLACK, WAIT, GameClock, lag
from myapp.games.chess import ENDINGS, Chess

GAMES = sorted((Path(__file__).parents[1] / "games").glob("*.pgn"))


@pytest.fixture
def game():
    """Ann has White and Bob has Black, with ten minutes each; nothing has started yet."""
    return seated(Chess())


def seated(game):
    game.dice = Dice("00" * 16)
    game.host = "ann"
    for player in ("ann", "bob"):
        game.on_sit(player)
    return game


def started(**state):
    """Ann and Bob have begun."""
    game = seated(Chess(**state))
    game.on_start()
    return game


def make(game, *moves):
    """The players make these moves in turn."""
    for text in moves:
        game.play(game.mover, "make", {"move": text, "ply": len(game.moves)})
    return game


def refused(game, player, name, why, **args):
    """This is refused with these words, and nothing changes."""
    before = game.dump()
    with pytest.raises(IllegalMove, match=why):
        game.play(player, name, args)
    assert game.dump() == before


def recorded(path):
    with path.open() as file:
        return chess.pgn.read_game(file)


def lasting(game):
    """The game as it comes back from the disk."""
    again = Chess.load(json.loads(json.dumps(game.dump(), allow_nan=False)))
    assert again == game
    return again


# Real games


@pytest.mark.parametrize("path", GAMES, ids=lambda path: path.stem)
def test_a_real_game_is_played_as_the_library_plays_it(path):
    played, game = recorded(path), started()
    board = played.board()
    for move in played.mainline_moves():
        san = board.san(move)
        board.push(move)
        game = make(lasting(game), san)
        game.dice = Dice("00" * 16)
        assert game.board.fen() == board.fen()
        assert game.score.moves[-1].san == san
        assert game.legal == [m.uci() for m in board.legal_moves] or game.over
    assert (game.ending == "checkmate") == board.is_checkmate()
    assert bool(game.claimable) == board.is_repetition(3)
    if game.over:
        assert game.result == played.headers["Result"]


def test_the_real_games_have_what_is_rare_in_them():
    seen = set()
    for path in GAMES:
        board = recorded(path).board()
        for move in recorded(path).mainline_moves():
            kinds = {
                "O-O": board.is_kingside_castling(move),
                "O-O-O": board.is_queenside_castling(move),
                "e.p.": board.is_en_passant(move),
                "knight": move.promotion == chess.KNIGHT,
            }
            board.push(move)
            seen |= {kind for kind, so in kinds.items() if so}
            if board.is_checkmate():
                seen |= {f"{kind} mate" for kind, so in kinds.items() if so}
        seen |= {"threefold"} if board.is_repetition(3) else set()
    assert len(GAMES) >= 10
    assert seen >= {"O-O", "O-O-O", "e.p. mate", "knight mate", "threefold"}


@pytest.mark.parametrize("path", GAMES, ids=lambda path: path.stem)
def test_the_game_taken_home_is_the_game_that_was_played(path, tmp_path):
    game = started()
    for move in recorded(path).mainline_moves():
        game.now += 1.25
        make(game, move.uci())
    taken = tmp_path / "game.pgn"
    taken.write_text(game.record({"ann": 'Ann "the \\ rook"', "bob": "Bob\n[Result"}))
    again = recorded(taken)
    assert not again.errors
    assert again.end().board().fen() == game.board.fen()
    assert again.headers["White"] == 'Ann \\"the \\\\ rook\\"'
    assert again.headers["Black"] == "Bob [Result"
    assert again.headers["Result"] == game.result
    assert again.headers["TimeControl"] == "600+0"
    assert [n.clock() for n in again.mainline()] == pytest.approx(game.times, abs=0.001)


def test_there_is_nothing_to_take_home_before_the_start(game):
    assert game.record({}) == ""


# Making moves


@pytest.mark.parametrize("typed", ["Nf3", "nf3", "NF3", "g1f3", "G1F3", "Ng1f3", "N1f3"])
def test_a_move_may_be_written_in_several_ways(typed):
    assert make(started(), typed).moves == ["g1f3"]


def test_castling_may_be_written_with_letters_or_naughts():
    fen = "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1"
    assert make(started(fen=fen), "o-o", "0-0-0").moves == ["e1g1", "e8c8"]


@pytest.mark.parametrize("typed", ["e5", "e2e5", "Ke2", "--", "0000", "N@e4", "e9", "hello", "♘f3"])
def test_what_is_no_legal_move_is_refused(typed):
    refused(started(), "ann", "make", "legal move", move=typed, ply=0)


def test_a_pawn_does_not_arrive_without_becoming_something():
    game = started(fen="8/P6k/8/8/8/8/8/K7 w - - 0 1")
    refused(game, "ann", "make", "legal move", move="a7a8", ply=0)
    assert make(game, "a7a8n").board.piece_at(chess.A8) == chess.Piece.from_symbol("N")


def test_bob_cannot_move_for_ann_nor_anybody_who_only_watches():
    refused(started(), "bob", "make", "not your turn", move="e4", ply=0)
    refused(started(), "carl", "make", "not in this game", move="e4", ply=0)


def test_a_move_meant_for_another_position_is_refused():
    game = make(started(), "e4", "e5")
    refused(game, "ann", "make", "position has changed", move="Nf3", ply=0)
    refused(game, "ann", "make", "position has changed", move="Nf3", ply=4)


def test_before_the_start_and_after_the_end_nobody_moves(game):
    refused(game, "ann", "make", "not in this game", move="e4", ply=0)
    game.on_start()
    game.play("bob", "resign", {})
    refused(game, "ann", "make", "over", move="e4", ply=0)
    refused(game, "bob", "resign", "over")


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"move": "e4"},
        {"move": 5, "ply": 0},
        {"move": "e", "ply": 0},
        {"move": "e4" * 50, "ply": 0},
        {"move": "e4", "ply": -1},
        {"move": "e4", "ply": "nan"},
        {"move": "e4", "ply": 0, "took": float("nan")},
        {"move": "e4", "ply": 0, "took": "inf"},
        {"move": "e4", "ply": 0, "took": -1},
        {"move": "e4", "ply": 0, "fen": chess.STARTING_FEN},
    ],
)
def test_what_makes_no_sense_is_refused(args):
    refused(started(), "ann", "make", "make sense", **args)


@pytest.mark.parametrize("name", ["flag", "end", "finish", "must_move", "on_leave", "__init__"])
def test_what_is_no_move_of_the_game_is_refused(name):
    refused(started(), "ann", name, "no such move")


def test_an_edit_by_hand_that_is_no_game_of_chess_is_refused():
    state = make(started(), "e4").dump()
    for wrong in ({"moves": ["e2e5"]}, {"fen": "nonsense"}, {"ending": "bored"}):
        with pytest.raises(ValueError):
            Chess.load(state | wrong)


# How it ends


@pytest.mark.parametrize(
    ("fen", "move", "ending", "result"),
    [
        ("7k/8/5KQ1/8/8/8/8/8 w - - 0 1", "Qg7", "checkmate", "1-0"),
        ("7k/8/5KQ1/8/8/8/8/8 w - - 0 1", "Qf7", "stalemate", "1/2-1/2"),
        ("7k/8/8/8/8/8/6p1/6BK w - - 0 1", "Kxg2", "material", "1/2-1/2"),
        ("7k/8/8/8/8/8/R7/6K1 w - - 149 120", "Ra3", "seventyfive", "1/2-1/2"),
    ],
)
def test_it_ends_by_itself(fen, move, ending, result):
    game = make(started(fen=fen), move)
    assert (game.ending, game.result, game.over) == (ending, result, True)
    assert game.clock.since is None and game.due is None
    assert sum(game.outcome.values()) == 1


def shuffle(game, times):
    return make(game, *["Nf3", "Nf6", "Ng1", "Ng8"] * times)


def test_a_position_that_came_three_times_is_a_draw_when_claimed():
    game = shuffle(started(), 1)
    refused(game, "ann", "claim_draw", "no draw to claim", ply=4)
    shuffle(game, 1)
    assert not game.over and game.claimable == "threefold"
    refused(game, "bob", "claim_draw", "not your turn", ply=8)
    refused(game, "ann", "claim_draw", "position has changed", ply=4)
    game.play("ann", "claim_draw", {"ply": 8})
    assert game.result == "1/2-1/2" and "three times" in game.status
    assert game.outcome == {"ann": 0.5, "bob": 0.5}


def test_a_position_that_came_five_times_is_a_draw_without_a_claim():
    assert shuffle(started(), 4).ending == "fivefold"


def test_fifty_quiet_moves_are_a_draw_when_claimed():
    game = make(started(fen="7k/8/8/8/8/8/R7/6K1 w - - 99 90"), "Ra3")
    assert game.claimable == "fifty"
    game.play("bob", "claim_draw", {"ply": 1})
    assert game.ending == "fifty"


def test_resigning_gives_the_game_to_the_other_at_any_time():
    game = started()
    game.play("bob", "resign", {})
    assert game.result == "1-0" and game.status == "Black resigns. White wins."
    assert game.outcome == {"ann": 1, "bob": 0}


def test_giving_up_the_seat_resigns_and_the_seat_is_free_for_another():
    game = make(started(), "e4")
    game.on_leave("ann")
    assert game.result == "0-1" and "given up the seat" in game.status
    game.on_sit("carl")
    game.on_start()
    assert {game.white, game.black} == {"bob", "carl"} and game.moves == []


def test_starting_again_swaps_the_colours_each_time(game):
    for white in ("ann", "bob", "ann"):
        game.on_start()
        assert game.white == white
        game.play(game.black, "resign", {})


def test_every_ending_says_what_happened():
    for ending in ENDINGS:
        game = started()
        game.end(ending, "bob")
        assert game.status.endswith(".") and "{" not in game.status
        assert game.outcome in ({"ann": 0, "bob": 1}, {"ann": 0.5, "bob": 0.5})


# Offers


def test_a_draw_is_offered_and_accepted():
    game = make(started(), "e4")
    game.play("ann", "ask", {"kind": "draw", "ply": 1})
    assert "White offers a draw" in game.status
    refused(game, "ann", "accept", "no longer open", kind="draw", ply=1)
    game.play("bob", "accept", {"kind": "draw", "ply": 1})
    assert game.ending == "agreed" and game.result == "1/2-1/2"


def test_a_draw_is_declined_by_words_or_by_a_move_but_not_by_the_one_who_offers():
    game = started()
    game.play("ann", "ask", {"kind": "draw", "ply": 0})
    make(game, "e4")
    assert game.offer
    make(game, "e5")
    assert game.offer is None
    refused(game, "bob", "accept", "no longer open", kind="draw", ply=0)
    make(game, "Nf3", "Nc6")
    game.play("ann", "ask", {"kind": "draw", "ply": 4})
    game.play("bob", "decline", {"kind": "draw", "ply": 4})
    assert game.offer is None and not game.over


def test_nobody_is_pestered():
    game = started()
    game.play("ann", "ask", {"kind": "draw", "ply": 0})
    refused(game, "bob", "ask", "open already", kind="draw", ply=0)
    game.play("bob", "decline", {"kind": "draw", "ply": 0})
    refused(game, "ann", "ask", "just asked", kind="draw", ply=0)


def test_a_takeback_names_the_move_and_who_asks():
    game = make(started(), "e4", "e5", "Nf3")
    game.play("ann", "ask", {"kind": "takeback", "ply": 3})
    assert "White asks to take back Nf3." in game.status
    game.play("bob", "accept", {"kind": "takeback", "ply": 3})
    assert game.moves == ["e2e4", "e7e5"] and len(game.times) == 2 and game.mover == "ann"


def test_a_takeback_in_ones_own_turn_takes_back_the_answer_too():
    game = make(started(), "e4", "e5", "Nf3", "Nc6")
    game.play("ann", "ask", {"kind": "takeback", "ply": 4})
    assert game.undoing.san == "Nf3"
    game.play("bob", "accept", {"kind": "takeback", "ply": 4})
    assert game.moves == ["e2e4", "e7e5"]


def test_a_takeback_lapses_when_anybody_moves_and_needs_a_move_to_take_back():
    game = started()
    refused(game, "ann", "ask", "not made a move", kind="takeback", ply=0)
    make(game, "e4")
    refused(game, "bob", "ask", "not made a move", kind="takeback", ply=1)
    game.play("ann", "ask", {"kind": "takeback", "ply": 1})
    make(game, "e5")
    refused(game, "bob", "accept", "no longer open", kind="takeback", ply=1)


def test_a_takeback_gives_no_time_back():
    game = started()
    game.now = 10
    make(game, "e4")
    game.now = 15
    game.play("ann", "ask", {"kind": "takeback", "ply": 1})
    game.now = 20
    game.play("bob", "accept", {"kind": "takeback", "ply": 1})
    assert game.shows(1) == pytest.approx(590) and game.shows(0) == pytest.approx(590)
    assert game.clock.since == 20


def test_the_game_of_somebody_lost_may_be_claimed_but_never_ends_by_itself():
    game = make(started(), "e4")
    refused(game, "ann", "claim", "opponent is here", result="win")
    game.lost = frozenset({"bob"})
    game.on_due()
    assert not game.over
    refused(game, "bob", "claim", "opponent is here", result="win")
    game.play("ann", "claim", {"result": "win"})
    assert game.result == "1-0" and "gone too long" in game.status
    game.on_start()
    game.play("bob" if game.white == "ann" else "ann", "resign", {})
    game.on_start()
    game.play("ann", "claim", {"result": "draw"})
    assert game.result == "1/2-1/2"


# The clock


def test_the_host_chooses_the_clock_before_the_start(game):
    game.play("ann", "time", {"minutes": "3", "increment": "2"})
    refused(game, "bob", "time", "host", minutes=1, increment=0)
    for wrong in (
        {"minutes": 181, "increment": 0},
        {"minutes": 1, "increment": -1},
        {"minutes": 1},
    ):
        refused(game, "ann", "time", "make sense", **wrong)
    game.on_start()
    assert game.clock.left == [180, 180] and game.clock.increment == 2
    refused(game, "ann", "time", "before the start", minutes=1, increment=0)


def test_without_a_clock_nothing_is_ever_due():
    game = make(started(minutes=0), "e4")
    assert game.clock is None and game.due is None
    game.now = 1e6
    assert make(game, "e5").record({}).count("%clk") == 0


def test_thinking_takes_time_from_the_one_who_thinks_and_a_move_adds_the_increment():
    game = started(minutes=3, increment=2)
    game.now = 10
    make(game, "e4")
    assert game.shows(1) == pytest.approx(172) and game.shows(0) == pytest.approx(180)
    game.now = 15
    assert game.shows(1) == pytest.approx(172) and game.shows(0) == pytest.approx(175)


def test_the_flag_falls_and_the_other_wins():
    game = make(started(minutes=1), "e4")
    game.now = game.due - 0.01
    game.on_due()
    assert not game.over
    game.now = game.due
    game.on_due()
    assert game.result == "1-0" and game.shows(0) == 0
    assert game.status == "Black has run out of time. White wins."


@pytest.mark.parametrize(
    ("fen", "ending"),
    [
        ("7k/p7/8/8/8/8/8/K7 b - - 0 1", "unmatable"),  # a bare king can never mate
        ("7k/p7/8/8/8/8/8/KB6 b - - 0 1", "time"),  # a bishop can, with the help of the pawn
        ("7k/q7/8/8/8/8/8/1K5N b - - 0 1", "unmatable"),  # a knight against a queen only
        ("7k/r7/8/8/8/8/8/1K5N b - - 0 1", "time"),
    ],
)
def test_a_fallen_flag_is_a_draw_when_the_other_could_never_mate(fen, ending):
    game = started(fen=fen, minutes=1)
    game.now = game.due
    game.on_due()
    assert game.ending == ending


def test_a_move_that_comes_after_the_flag_loses():
    game = started(minutes=1)
    game.now = 60.5
    make(game, "e4")
    assert game.ending == "time" and game.moves == []


def line(game, thought, delay, report=True, rtt=None):
    """The player to move thinks so long, on a line with this delay there and back."""
    game.now += thought + delay
    game.rtt = delay if rtt is None else rtt
    took = {"took": thought * 1000} if report else {}
    move = random.Random(len(game.moves)).choice(game.legal)
    game.play(game.mover, "make", {"move": move, "ply": len(game.moves), **took})


@pytest.mark.parametrize("report", [True, False])
@pytest.mark.parametrize(("minutes", "increment"), [(1, 0), (3, 2), (10, 0), (15, 10)])
def test_300_ms_of_lag_cost_at_most_what_the_quota_does_not_cover(minutes, increment, report):
    game = started(minutes=minutes, increment=increment)
    thought = 0.0
    for _ in range(30):
        if game.over:
            break
        line(game, 0.5, 0.300, report)
        thought += 0.5
        if not game.over:
            line(game, 0.5, 0.0)
    used = minutes * 60 + increment * len(game.moves[::2]) - game.clock.left[1]
    refill = game.clock.refill
    lost = max(0.0, 30 * 0.300 - (3 + 30) * refill)
    assert used == pytest.approx(thought + lost, abs=0.01)


def test_a_quota_is_spent_refilled_and_capped():
    clock = GameClock(60, 0, since=0.0)
    full = 3 * clock.refill
    assert clock.quota == pytest.approx([full, full])
    now = 0.0
    for _ in range(20):
        now += 1
        clock.press(1, now, 0.0)
    assert clock.quota[1] == pytest.approx(7 * clock.refill)
    clock.quota[1] = 0.1
    left = clock.left[1]
    clock.press(1, now + 1, 0.3)
    assert clock.left[1] == pytest.approx(left - 0.9)
    assert clock.quota[1] == pytest.approx(clock.refill)


def test_a_flag_waits_for_a_move_that_is_on_its_way_but_not_for_one_that_was_late():
    game = started(minutes=1)
    line(game, 59.9, 0.3)
    assert not game.over and game.clock.left[1] == pytest.approx(0.1)
    other = started(minutes=1)
    assert 60 < other.due <= 60 + WAIT
    line(other, 60.1, 0.1)
    assert other.ending == "time"


def test_a_page_that_lies_gains_no_more_than_its_line_explains():
    assert lag(10.0, 0.0, 0.050) == pytest.approx(0.050 + SLACK)
    assert lag(10.0, 0.0, 5.0) == lag(10.0, 0.0, None) == CAP
    assert lag(10.0, 99.0, 0.3) == 0
    assert lag(10.0, 9.9, 0.3) == pytest.approx(0.1)
    assert lag(10.0, None, 0.3) == pytest.approx(0.3)
    assert lag(10.0, None, None) == 0


def test_a_liar_gains_no_more_than_his_quota_in_a_whole_game():
    game = started(minutes=1)
    for _ in range(40):
        if game.over:
            break
        game.now, game.rtt = game.now + 0.4, 0.3
        move = random.Random(len(game.moves)).choice(game.legal)
        game.play(game.mover, "make", {"move": move, "ply": len(game.moves), "took": 0})
    moved = len(game.moves[::2])
    gained = 0.4 * moved - (60 - game.clock.left[1])
    assert 0 < gained <= (3 + moved) * game.clock.refill + 1e-9


# Robots


def robot(game, player):
    """The robot does what it has planned."""
    plan = game.robot(player)
    game.now = max(game.now, plan.at)
    game.play(player, plan.move, plan.args)


def test_two_robots_play_a_game_to_its_end():
    for secret in range(6):
        game = started()
        game.dice = Dice(f"{secret:032x}")
        while not game.over and len(game.moves) < 400:
            before = game.now
            robot(game, game.mover)
            assert 0 < game.now - before < 3
        assert game.over or len(game.moves) == 400


def test_a_robot_mates_when_it_can_and_takes_what_is_free():
    mate = started(fen="6k1/5ppp/8/8/8/8/8/R3K3 w - - 0 1")
    assert mate.robot("ann").args["move"] == "a1a8"
    free = started(fen="4k3/8/8/3q4/8/2N5/8/4K3 w - - 0 1")
    assert free.robot("ann").args["move"] == "c3d5"


def test_a_robot_in_a_hurry_moves_at_once():
    game = started(minutes=1)
    game.clock.left[1] = 2.0
    assert game.robot("ann").at - game.now <= 0.1


def test_a_robot_agrees_to_a_takeback_and_to_a_draw_when_it_is_behind():
    game = make(started(), "e4")
    game.play("ann", "ask", {"kind": "takeback", "ply": 1})
    robot(game, "bob")
    assert game.moves == []
    game.play("ann", "ask", {"kind": "draw", "ply": 0})
    robot(game, "bob")
    assert not game.over and game.offer is None
    behind = started(fen="7k/8/8/8/8/8/R7/6K1 w - - 0 1")
    behind.play("ann", "ask", {"kind": "draw", "ply": 0})
    robot(behind, "bob")
    assert behind.ending == "agreed"


def test_a_robot_has_no_plan_when_it_is_not_its_turn(game):
    assert game.robot("ann") is None
    game.on_start()
    assert game.robot("bob") is None and game.robot("ann").move == "make"
