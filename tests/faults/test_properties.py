"""Properties: for every text, every JSON value and every damage, not only those we know."""

import copy
import itertools
from types import SimpleNamespace
from typing import Any
from unicodedata import category

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from myapp import create_app, games, names
from myapp.datastar import SSE, event
from myapp.game import IllegalMove
from myapp.room import Room
from myapp.store_tinydb.buckets import Buckets
from myapp.views.drawing import PARTS
from myapp.views.here import Here
from myapp.views.who import Who
from tests.story.dom import Element, parse
from tests.story.sse import events

HERE = Here(frozenset(), frozenset(), 0.0, frozenset())
VIEWS = ("page", "screen", "obs", "door")
TEXT = st.text(max_size=40) | st.text(
    "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029: <>&'\"{}%datevn", max_size=40
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**30, -1, 1e308, -1.7e308, 2**63, 2**64])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT | st.sampled_from(["nan", "-inf", "1", "p1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
bounded = settings(suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    """The templates, as the server has them."""
    app = create_app(STORE_URL=f"tinydb:{tmp_path_factory.mktemp('data')}", SECRET_KEY="k" * 40)
    yield app
    app.extensions["house"].store.close()


def a_room(kind, name="Ann", status="playing"):
    room = Room(code="KXQP", kind=kind, secret="ab" * 16, state=games.found()[kind]().dump())
    room.clock.go(100.0)
    room.at(101.0)
    room.join("id-a", "Ann")
    bob = room.join("id-b", "Bob")
    if status == "playing":
        room.start(bob, 102.0)
    if status == "later":
        room.start(bob, 102.0)
        for _ in range(3):
            room.tick(max(room.wall, room.due or 0.0) + 0.2)
    bob.name = name
    return room


def stored(room: Room) -> Any:
    """The document as it comes back from the disk."""
    return msgspec.json.decode(msgspec.json.encode(room.dump()))


def drawings(app, room):
    """Everything that is ever drawn of a room."""
    draw = app.extensions["house"].drawing
    given = {"room": room, "game": room.game, "presence": HERE, "invite": "x", "now": room.wall}
    for view, part in itertools.product(VIEWS, PARTS):
        yield draw.html(f"_{part}.html", view=view, **given)
    for who in (Who("id-a", "Ann"), Who("id-b", "Bob"), Who("id-c", "Cem"), Who("", None)):
        yield draw.mine(room, who)


def shape(element):
    """The tags and attributes, without what they say."""
    return [
        (child.tag, sorted(child.attrs), shape(child))
        for child in element.children
        if isinstance(child, Element)
    ]


@pytest.fixture(scope="module")
def plain_shapes(env):
    return [shape(parse(html)) for html in drawings(env, a_room("buzzer", "Bob"))]


@bounded
@given(text=TEXT)
@example(text="bob\r\revent: datastar-patch-signals\rdata: signals {x:alert()}\r\r")
@example(text="</bdi></div><div id=me data-init=x>")
def test_no_text_forges_an_event_or_an_element(env, plain_shapes, text):
    for html, plain in zip(drawings(env, a_room("buzzer", text)), plain_shapes, strict=True):
        (heard,) = events(event(html).decode())
        assert heard.kind == "datastar-patch-elements"
        assert shape(parse(heard.html)) == plain


@bounded
@given(html=TEXT.filter(str.splitlines))
def test_an_event_is_what_the_library_makes_of_it(html):
    assert event(html) == SSE.patch_elements(html).encode()


@bounded
@given(said=st.dictionaries(TEXT, TEXT | st.integers(), max_size=3))
def test_no_signal_forges_an_event(said):
    (heard,) = events(SSE.patch_signals(said).encode().decode())
    assert heard.signals == said


@bounded
@given(text=TEXT)
def test_a_name_is_refused_or_stays_what_it_is_when_cleaned_again(text):
    try:
        name = names.clean(text)
    except names.IllegalName as error:
        assert str(error)
        return
    assert names.clean(name) == name and len(name.splitlines()) == 1
    assert not [
        sign for sign in name.encode().decode() if category(sign) in ("Cc", "Cs", "Zl", "Zp")
    ]


def moves(kind):
    found = games.found()[kind]
    return [name for name in dir(found) if hasattr(getattr(found, name), "sent")]


@pytest.mark.parametrize("status", ["open", "playing", "later"])
@pytest.mark.parametrize("kind", sorted(games.found()))
@bounded
@given(data=st.data())
def test_a_move_is_done_or_refused_whatever_is_sent(env, kind, status, data):
    room = Room.load(stored(a_room(kind, status=status)))
    name = data.draw(st.sampled_from(moves(kind)))
    method = getattr(games.found()[kind], name)
    wanted = list(method.sent.__struct_fields__)
    keys = st.sampled_from(wanted) if wanted else TEXT
    likely = st.fixed_dictionaries({key: JSON | st.integers(0, 9) for key in wanted})
    args = data.draw(likely | st.dictionaries(keys | TEXT, JSON, max_size=4))
    room.at(room.wall + 0.2, None)
    before = copy.deepcopy(room.game.dump())
    player = data.draw(st.sampled_from(room.players))
    try:
        room.play(player, name, args)
    except IllegalMove as error:
        assert str(error)
        assert room.game.dump() == before
    again = Room.load(stored(room))
    if room.game.dump() != before:
        assert all(len(html) < 100_000 for html in drawings(env, again))


def places(value, path=()):
    """Every place in a document."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    if isinstance(value, list):
        for key, inner in enumerate(value):
            yield from places(inner, (*path, key))


@pytest.mark.parametrize("status", ["open", "playing", "later"])
@pytest.mark.parametrize("kind", sorted(games.found()))
@bounded
@given(data=st.data())
def test_a_damaged_document_is_refused_or_is_a_room_that_can_be_drawn(env, kind, status, data):
    doc = stored(a_room(kind, status=status))
    *path, last = data.draw(st.sampled_from([path for path in places(doc) if path]))
    place = doc
    for step in path:
        place = place[step]
    if data.draw(st.booleans()):
        place[last] = data.draw((JSON | alike(place[last])).filter(_plain))
    else:
        del place[last]
    try:
        room = Room.load(doc)
    except ValueError as error:
        assert str(error)
        return
    assert all(drawings(env, room))
    assert Room.load(stored(room))
    room.tick(room.wall + 1)
    assert all(drawings(env, room))


def alike(value):
    """Other values of the same type: what an operator may type."""
    if isinstance(value, str):
        return st.sampled_from(["", "p1", "p9", "wait", "go", "results", "won", "xyz", "ab" * 16])
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int):
        return st.sampled_from([-1, -5, 0, 1, 10**6, 2**63, 2**64 - 1])
    return st.sampled_from([-1e308, -1.5, 0, 0.0, 1e18, 1e300, 1.7e308])


def _plain(value):
    """Whether JSON has it: what is read from a file has no NaN."""
    try:
        return msgspec.json.decode(msgspec.json.encode(value)) == value
    except (ValueError, OverflowError, msgspec.MsgspecError):
        return False


@pytest.fixture(scope="module")
def buckets(tmp_path_factory):
    """Buckets whose clock the test sets: a function that takes from a new bucket at a time."""
    shared, numbers = Buckets(tmp_path_factory.mktemp("buckets") / "file"), itertools.count()
    with pytest.MonkeyPatch.context() as patch:

        def bucket(rate, burst):
            name = str(next(numbers))

            def take(now):
                patch.setattr("myapp.store_tinydb.buckets.time", SimpleNamespace(time=lambda: now))
                return shared.take(name, rate, burst)

            return take

        yield bucket
    shared.close()


@bounded
@given(
    rate=st.floats(0.05, 50),
    burst=st.integers(1, 100),
    pauses=st.lists(st.floats(-5, 30), max_size=200),
)
def test_a_bucket_lets_no_more_through_than_it_held_and_got(buckets, rate, burst, pauses):
    take, now, passed, forward = buckets(rate, burst), 1000.0, 0, 0.0
    for pause in pauses:
        now += pause
        forward += max(0.0, pause)
        wait = take(now)
        passed += wait == 0
        assert wait >= 0
    assert passed <= burst + rate * forward + 1e-6


@bounded
@given(rate=st.floats(0.05, 50), burst=st.integers(1, 20), tries=st.integers(0, 60))
def test_who_waits_as_long_as_told_gets_through(buckets, rate, burst, tries):
    take = buckets(rate, burst)
    waits = [take(1000.0) for _ in range(tries)]
    assert [wait > 0 for wait in waits] == [n >= burst for n in range(tries)]
    if tries > burst:
        assert take(1000.0 + waits[-1] + 1e-6) == 0
