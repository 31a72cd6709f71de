"""Ann and Bob play chess, each with a real browser."""

import json
import re
import time
from functools import partial
from pathlib import Path

import chess
import chess.pgn
import pytest
from playwright.sync_api import expect

from tests.conftest import PARTY, wait_for

GAMES = Path(__file__).parents[1] / "games"
FILES = "abcdefgh"

SHOWN = "document.querySelector('chess-board')?.board.fen"
FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.dataset.square ?? '';
}"""


def real(name):
    with (GAMES / f"{name}.pgn").open() as file:
        return chess.pgn.read_game(file)


@pytest.fixture
def play(serve, people):
    """`play()`: Ann and Bob in a room of chess behind nginx; (Ann, Bob, the server, the code)."""

    def begin(**bobs):
        server = serve(nginx=True)
        url = f"http://{PARTY}:{server.port}"
        (ann,), (bob,) = people(url, "Ann"), people(url, "Bob", **bobs)
        ann.enter()
        code = ann.open_room("Chess")
        bob.enter(f"/{code}")
        for person in (ann, bob):
            person.live()
            person.sees("list", "Players", "Bob")
        return ann, bob, server, code

    return begin


def start(ann, bob, label="Start"):
    ann.press(label)
    for person in (ann, bob):
        person.sees("status", "Game", "White to move.")


def square(person, name):
    return person.page.get_by_role("button", name=re.compile(f"^{name}\\b"))


def click(person, start, end):
    square(person, start).click()
    square(person, end).click()


def drag(person, start, end):
    mouse = person.page.mouse
    for name, act in ((start, mouse.down), (end, mouse.up)):
        square(person, name).scroll_into_view_if_needed()
        box = square(person, name).bounding_box()
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        act()


def tab_to(person, there):
    """Press Tab until the focus is where it should be."""
    for _ in range(60):
        if there():
            return
        person.page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not lead there")


def keys(person, start, end):
    """Make the move with the keyboard alone, as whoever has White sees the board."""
    page = person.page
    tab_to(person, lambda: page.evaluate(FOCUSED))
    for name in (start, end):
        at = page.evaluate(FOCUSED)
        for steps, keys in (
            (FILES.index(name[0]) - FILES.index(at[0]), ("ArrowRight", "ArrowLeft")),
            (int(name[1]) - int(at[1]), ("ArrowUp", "ArrowDown")),
        ):
            for _ in range(abs(steps)):
                page.keyboard.press(keys[steps < 0])
        assert page.evaluate(FOCUSED) == name
        page.keyboard.press("Enter")


def typed(person, san):
    """Write the move, with the keyboard alone."""
    page = person.page
    tab_to(person, lambda: page.evaluate("document.activeElement.id") == "typed")
    page.keyboard.type(san)
    page.keyboard.press("Enter")


def all_see(people, board):
    """Everyone's board, as it is on the screen, is the library's."""
    for person in people:
        wait_for(lambda person=person: person.page.evaluate(SHOWN) == board.board_fen())


def test_a_real_game_is_clicked_and_dragged_to_a_mate_en_passant_behind_nginx(play, people):
    ann, bob, server, code = play()
    (carl,) = people(server.url, "Carl")
    carl.page.goto(f"/{code}?view=screen")
    start(ann, bob)
    board = chess.Board()
    for move in real("en-passant-mate").mainline_moves():
        person, by = ((bob, drag), (ann, click))[board.turn]
        by(person, chess.square_name(move.from_square), chess.square_name(move.to_square))
        board.push(move)
        all_see((ann, bob, carl), board)
    assert board.is_checkmate()
    for person in (ann, bob, carl):
        person.sees("status", "Game", "Checkmate. White wins.")
        person.sees("region", "All moves", "hxg6#")
    ann.sees("status", "Last move", "White: pawn from h5 takes the pawn on g6.")
    with bob.page.expect_download() as download:
        bob.page.get_by_role("link", name="Game as PGN").click()
    with open(download.value.path()) as file:
        taken = chess.pgn.read_game(file)
    assert taken.end().board().fen() == board.fen()
    assert (taken.headers["White"], taken.headers["Black"]) == ("Ann", "Bob")
    assert all(0 < node.clock() <= 600 for node in taken.mainline())


def test_by_keyboard_alone_to_a_mate_with_a_new_knight_and_then_with_colours_swapped(play):
    ann, bob, _, _ = play()
    start(ann, bob)
    board = chess.Board()
    for move in real("knight-mate").mainline_moves():
        names = chess.square_name(move.from_square), chess.square_name(move.to_square)
        if board.turn:
            keys(ann, *names)
        else:
            typed(bob, board.san(move))
        if move.promotion:
            dialog = ann.page.get_by_role("dialog", name="Promote to")
            expect(dialog).to_be_visible()
            knight = dialog.get_by_role("button", name="Knight")
            tab_to(ann, partial(knight.evaluate, "el => el.getRootNode().activeElement === el"))
            ann.page.keyboard.press("Enter")
            expect(dialog).to_be_hidden()
        board.push(move)
        all_see((ann, bob), board)
    bob.sees(
        "status", "Last move", "White: pawn from g7 takes the rook on h8 and becomes a knight."
    )
    bob.sees("status", "Game", "Checkmate. White wins.")
    start(bob, ann, "Start a rematch")
    click(bob, "e2", "e4")
    board = chess.Board()
    board.push_san("e4")
    all_see((ann, bob), board)
    for person, near in ((ann, "black"), (bob, "white")):
        assert person.page.evaluate("document.querySelector('chess-board').near") == near


def test_a_move_that_the_server_refuses_goes_back(play):
    ann, bob, _, _ = play()
    start(ann, bob)

    def meddle(route):
        body = route.request.post_data_json | {"ply": 40}
        route.continue_(post_data=body)

    ann.page.route("**/play/make", meddle)
    click(ann, "e2", "e4")
    expect(ann.page.get_by_role("alert")).to_contain_text("The position has changed.")
    all_see((ann, bob), chess.Board())
    ann.page.unroute("**/play/make")
    click(ann, "e2", "e4")
    board = chess.Board()
    board.push_san("e4")
    all_see((ann, bob), board)
    square(ann, "e4").click()  # a piece that is picked up out of turn cannot be put anywhere
    square(ann, "e5").click()
    typed(ann, "e5")
    expect(ann.page.get_by_role("alert")).to_contain_text("It is not your turn.")
    all_see((ann, bob), board)


def test_a_promotion_can_be_thought_over(play):
    ann, bob, _, _ = play()
    start(ann, bob)
    for san in ("e4", "d5", "exd5", "c6", "dxc6", "h5", "cxb7", "h4"):
        person = ann if ann.page.evaluate("document.querySelector('chess-board').myTurn") else bob
        typed(person, san)
        for other in (ann, bob):
            other.sees("region", "All moves", san)
    board = chess.Board(ann.page.evaluate(SHOWN) + " w KQkq - 0 5")
    click(ann, "b7", "a8")
    dialog = ann.page.get_by_role("dialog", name="Promote to")
    ann.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    all_see((ann, bob), board)
    click(ann, "b7", "a8")
    dialog.get_by_role("button", name="Rook").click()
    board.push_san("bxa8=R")
    all_see((ann, bob), board)


def test_they_ask_each_other_and_pause_and_the_clocks_stand_still(play, people):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    ann, bob, server, code = play(**phone)
    ann.press("1+0")
    ann.sees("group", "Clock", "1+0")
    start(ann, bob)
    expect(bob.page.get_by_role("timer", name="White's clock")).to_have_text("0:58")
    (carl,) = people(server.url, "Carl")
    carl.page.goto(f"/{code}?view=screen")  # who comes late sees the same time
    expect(carl.page.get_by_role("timer", name="White's clock")).to_have_text(
        re.compile("0:5[5-8]")
    )
    square(ann, "e2").click()
    square(ann, "e4").click()
    bob.press("Pause")
    bob.sees("status", "Game", "Paused.")
    stood = bob.page.get_by_role("timer", name="Black's clock").text_content()
    ann.page.reload()
    ann.live()
    ann.page.wait_for_timeout(1200)
    for person in (ann, bob):
        expect(person.page.get_by_role("timer", name="Black's clock")).to_have_text(stood)
    bob.press("Resume")
    bob.sees("status", "Game", "Black to move.")
    ann.press("Ask to take back")
    bob.sees("status", "Game", "White asks to take back e4.")
    bob.press("Accept")
    all_see((ann, bob), chess.Board())
    bob.press("Offer a draw")
    ann.press("Decline")
    ann.sees("status", "Game", "White to move.")
    expect(ann.page.get_by_role("button", name="Decline")).to_have_count(0)
    ann.page.get_by_text("Resign...").click()
    ann.press("Yes, I resign")
    bob.sees("status", "Game", "White resigns. Black wins.")


def test_ten_seconds_without_a_server_cost_nobody_a_second(serve, people):
    server = serve()
    ann, bob = people(server.url, "Ann", "Bob")
    ann.enter()
    code = ann.open_room("Chess")
    bob.enter(f"/{code}")
    ann.sees("list", "Players", "Bob")
    start(ann, bob)
    began = time.monotonic()
    server.kill()
    down = time.monotonic()
    time.sleep(10)
    server.start()
    down = time.monotonic() - down
    for person in (ann, bob):
        person.live()
    click(ann, "e2", "e4")
    bob.sees("region", "All moves", "e4")
    served = time.monotonic() - began - down
    (left,) = json.loads(server.file(code).read_text())["_default"]["1"]["state"]["times"]
    assert 600 - served - 1 < left < 600
    shown = bob.page.get_by_role("timer", name="White's clock")
    expect(shown).to_have_text(re.compile(r"9:5\d|10:00"))


def test_ann_plays_a_robot_on_a_narrow_phone(serve, people):
    small = {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True}
    (ann,) = people(serve().url, "Ann", color_scheme="dark", reduced_motion="reduce", **small)
    ann.enter()
    ann.open_room("Chess")
    ann.live()
    ann.press("Add a robot")
    ann.sees("list", "Players", "Robot")
    ann.press("Start")
    ann.sees("status", "Game", "White to move.")
    square(ann, "e2").tap()
    square(ann, "e4").tap()
    wait_for(lambda: ann.page.evaluate("document.querySelector('chess-board').ply") == 2)
    ann.sees("status", "Game", "White to move.")
    wide = ann.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320


def test_without_javascript_a_game_is_played_with_the_form(serve, people):
    server = serve()
    ann, bob = people(server.url, "Ann", "Bob", java_script_enabled=False)
    ann.enter()
    code = ann.open_room("Chess")
    bob.enter(f"/{code}")
    bob.sees("list", "Players", "Bob")
    ann.page.reload()
    ann.press("Start")
    for number, san in enumerate(("f3", "e5", "g4", "Qh4#")):
        person = (ann, bob)[number % 2]
        person.page.goto(f"/{code}")
        person.page.get_by_role("textbox", name="Your move").fill(san)
        person.press("Move")
    bob.sees("status", "Game", "Checkmate. Black wins.")
    expect(bob.page.locator(".diagram")).to_contain_text("♛")
