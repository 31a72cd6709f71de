"""Ann and Bob walk around in the arena, each with a real browser."""

import re

import pytest
from playwright.sync_api import expect

from myapp.games.arena import RATE, Arena
from tests.conftest import wait_for
from tests.live.crowd import document, edit

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
RIGHT, LEFT = 2, 8

# Where this page shows an avatar, in units of the field; by the name it has there.
SHOWN = """name => {
  const field = document.querySelector('arena-field').renderRoot.querySelector('.field');
  const el = [...field.children].find(el => el.dataset.name === name);
  if (!el) return null;
  const [all, one] = [field, el].map(el => el.getBoundingClientRect());
  const scale = 1600 / all.width;
  return [(one.x + one.width / 2 - all.x) * scale, (one.y + one.height / 2 - all.y) * scale];
}"""

# Milliseconds from the next key that goes down to the first frame that shows my avatar elsewhere.
ANSWER = """() => new Promise(done => window.addEventListener('keydown', event => {
  const me = document.querySelector('arena-field').renderRoot.querySelector('.me');
  const before = me.getBoundingClientRect().x;
  const look = () => me.getBoundingClientRect().x !== before
    ? done(performance.now() - event.timeStamp) : requestAnimationFrame(look);
  requestAnimationFrame(look);
}, {once: true, capture: true}))"""

# A key that is up again at once, however slow the machine: a step, not a walk.
TAP = """() => ['keydown', 'keyup'].forEach(type => window.dispatchEvent(
  new KeyboardEvent(type, {key: 'ArrowUp', code: 'ArrowUp', bubbles: true})))"""

# How many frames anybody asks for until the page has been looked at thirty times.
FRAMES = """() => new Promise(done => {
  const ask = window.requestAnimationFrame.bind(window);
  let asked = 0, left = 30;
  window.requestAnimationFrame = then => { asked += 1; return ask(then); };
  const look = () => {
    if (left--) return ask(look);
    window.requestAnimationFrame = ask;
    done(asked);
  };
  ask(look);
})"""


# A field beside the room's own, of the same size and speed, that is told nothing by the server.
OTHER = """() => {
  document.querySelector('#other')?.remove();
  const own = document.querySelector('arena-field'), other = document.createElement('arena-field');
  for (const name of ['size', 'edge', 'speed', 'rate'])
    other.setAttribute(name, own.getAttribute(name));
  other.setAttribute('names', 'nobody');
  other.id = 'other';
  document.querySelector('main').append(other);
}"""

# Where it shows each avatar at this tick, in units and in their order, once they have glided there.
DRAWN = """async ([at, places]) => {
  const other = document.querySelector('#other');
  other.setAttribute('at', at);
  other.setAttribute('places', places);
  await other.updateComplete;
  const field = other.renderRoot.querySelector('.field');
  for (const glide of field.getAnimations({subtree: true})) glide.finish();
  const all = field.getBoundingClientRect(), scale = 1600 / all.width;
  return [...field.children].map(el => el.getBoundingClientRect()).map(
    one => [(one.x + one.width / 2 - all.x) * scale, (one.y + one.height / 2 - all.y) * scale]);
}"""


def shown(person, name):
    return person.page.evaluate(SHOWN, name)


def truth(server, person, name):
    """Where the server knows this player to be."""
    room = document(server.file(person.code))
    key = next(p["key"] for p in room["people"] if p["name"] == name)
    avatar = room["state"]["avatars"][key]
    return [avatar["x"], avatar["y"]]


def near(one, other, units):
    return all(abs(a - b) <= units for a, b in zip(one, other, strict=True))


def stands(server, person, name):
    """Wait until this page shows the player where the server has put them for good."""
    wait_for(lambda: document(server.file(person.code))["state"]["tick"] is None)
    wait_for(lambda: near(shown(person, name), truth(server, person, name), 2))


@pytest.fixture
def server(serve):
    return serve(nginx=True)


def arena(people, server, **context):
    """Ann's arena with Bob in it, everyone live."""
    ann, bob = people(server.url, "Ann", "Bob", **context)
    ann.enter()
    code = ann.open_room("Arena")
    bob.enter(f"/{code}")
    for person in (ann, bob):
        person.live()
        for name in ("Ann", "Bob"):
            person.sees("list", "Players", name)
            wait_for(lambda person=person, name=name: shown(person, name))
    return ann, bob


@pytest.mark.parametrize("key", ["ArrowRight", "d"])
def test_ann_walks_and_bob_sees_where_she_went(people, server, key):
    ann, bob = arena(people, server)
    begin = shown(bob, "Ann")
    ann.page.keyboard.down(key)
    wait_for(lambda: shown(bob, "Ann")[0] > begin[0] + 150)
    ann.page.keyboard.up(key)
    for person in (ann, bob):
        stands(server, person, "Ann")
    assert shown(bob, "Ann")[0] > begin[0] + 150
    assert shown(ann, "Bob") == pytest.approx(truth(server, ann, "Bob"), abs=2)


def test_her_own_avatar_answers_at_once_on_a_slow_line_and_does_not_jump_back(people, server):
    ann, bob = arena(people, server)
    line = ann.context.new_cdp_session(ann.page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 150, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", slow)
    for key in ("ArrowRight", "ArrowLeft", "ArrowRight"):
        ann.page.evaluate(f"window.answer = ({ANSWER})(), undefined")
        ann.page.keyboard.down(key)
        answered = ann.page.evaluate("window.answer")
        print(f"\nher own avatar answered in {answered:.1f} ms")
        assert answered < 50
        wait_for(lambda: truth(server, ann, "Ann") != shown(bob, "Ann"))
        ann.page.keyboard.up(key)
        rest = shown(ann, "Ann")
        stands(server, ann, "Ann")
        assert near(shown(ann, "Ann"), rest, 60)  # as far as one walks in 150 ms


def test_pages_work_out_where_everybody_is_as_the_server_does(people, server):
    """200 walk all ways for three seconds, into walls and corners too."""
    ann, _ = arena(people, server)
    ann.page.evaluate(OTHER)
    game = Arena()
    game.now = 7.03
    for n in range(200):
        game.on_sit(f"p{n}")
    for tick in range(71, 101):
        for n in range(tick % 5, 200, 5):
            game.now = (tick - (n % 10) / 10) / RATE
            game.play(f"p{n}", "keys", {"n": tick, "keys": (n + tick // 12 * 7) % 16})
        game.now = tick / RATE
        game.on_due()
        truth = [avatar.where(game.now) for avatar in game.avatars.values()]
        drawn = ann.page.evaluate(DRAWN, [game.shown, game.places])
        far = max(
            abs(a - b)
            for one, other in zip(truth, drawn, strict=True)
            for a, b in zip(one, other, strict=True)
        )
        assert far < 1
        if tick == 80:  # a page that comes now draws the same of this one frame alone
            ann.page.evaluate(OTHER)
            again = ann.page.evaluate(DRAWN, [game.shown, game.places])
            assert again == drawn


def test_nothing_is_animated_while_nobody_walks(people, server):
    ann, _ = arena(people, server)
    ann.page.keyboard.down("ArrowDown")
    assert ann.page.evaluate(FRAMES) > 20
    ann.page.keyboard.up("ArrowDown")
    stands(server, ann, "Ann")
    wait_for(lambda: ann.page.evaluate(FRAMES) == 0)


def test_a_page_that_loses_the_keyboard_lets_go_of_the_keys(people, server):
    ann, _ = arena(people, server)
    ann.page.keyboard.down("ArrowRight")
    wait_for(lambda: document(server.file(ann.code))["state"]["tick"])
    ann.page.evaluate("window.dispatchEvent(new Event('blur'))")
    stands(server, ann, "Ann")


def test_an_avatar_whose_page_is_gone_stops(people, server):
    ann, bob = arena(people, server)
    ann.page.keyboard.down("ArrowDown")
    wait_for(lambda: document(server.file(bob.code))["state"]["tick"])
    ann.page.close()
    wait_for(lambda: document(server.file(bob.code))["state"]["tick"] is None, 5)


def test_letters_that_are_typed_walk_nobody(people, server):
    ann, _ = arena(people, server)
    before = shown(ann, "Ann")
    field = ann.page.get_by_role("textbox", name="Twitch channel")
    field.press_sequentially("wasd")
    expect(field).to_have_value("wasd")
    assert near(shown(ann, "Ann"), before, 0.1)


def test_a_finger_on_the_pad_walks_and_a_screen_reader_does_too(people, server):
    ann, bob = arena(people, server, **PHONE)
    begin = shown(ann, "Ann")
    pad = ann.page.get_by_role("group", name="Walk")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    finger = {"x": box["x"] + box["width"] * 0.9, "y": box["y"] + box["height"] / 2}
    touch = ann.context.new_cdp_session(ann.page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    wait_for(lambda: shown(bob, "Ann")[0] > begin[0] + 80)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    stands(server, ann, "Ann")
    middle = shown(ann, "Ann")
    for name in ("Up", "Left", "Right", "Down"):
        assert min(ann.page.get_by_role("button", name=name).bounding_box().values()) >= 44
    ann.page.get_by_role("button", name="Down").evaluate("button => button.click()")
    wait_for(lambda: shown(bob, "Ann")[1] > middle[1] + 20)
    stands(server, bob, "Ann")


def test_where_she_is_is_said_in_words(people, server):
    ann, bob = arena(people, server)
    place, far = dict(zip("xy", truth(server, ann, "Ann"), strict=True)), shown(ann, "Bob")

    def beside_her():
        """Who edits a text that is not the newest any more is refused, and edits the next."""
        edit(server.file(bob.code), lambda room: room["state"]["avatars"]["p2"].update(place))
        ann.page.evaluate(TAP)
        return shown(ann, "Bob") != far

    wait_for(beside_her)
    ann.page.evaluate(TAP)  # he has come to her page by now
    ann.sees("status", "Where you are", "You are in the middle. Near you: Bob.")


def test_they_watch_a_channel_together(people, server):
    ann, bob = arena(people, server)
    for person in (ann, bob):
        person.context.route(
            "https://player.twitch.tv/**",
            # Without a type Chromium guesses one, and may take the frame for a download.
            lambda route: route.fulfill(content_type="text/html", body="<p>Twitch</p>"),
        )
    ann.page.get_by_role("textbox", name="Twitch channel").fill("https://twitch.tv/Vroum_TV")
    ann.press("Watch together")
    for person in (ann, bob):
        frame = person.page.locator("iframe")
        expect(frame).to_have_attribute(
            "src", "https://player.twitch.tv/?channel=vroum_tv&parent=127.0.0.1&muted=true"
        )
        expect(person.page.frame_locator("iframe").get_by_text("Twitch")).to_be_visible()
        box = frame.bounding_box()
        assert box["width"] >= 400 and box["height"] >= 300
        person.live()
        wait_for(lambda person=person: shown(person, "Bob"))
    bob.page.keyboard.down("ArrowLeft")
    begin = shown(ann, "Bob")
    wait_for(lambda: shown(ann, "Bob")[0] < begin[0] - 50)
    bob.page.keyboard.up("ArrowLeft")
    ann.page.get_by_role("textbox", name="Twitch channel").fill("")
    ann.press("Watch together")
    for person in (ann, bob):
        expect(person.page.locator("iframe")).to_have_count(0)


def test_on_a_narrow_screen_the_channel_is_a_link(people, server):
    ann, _ = arena(people, server, viewport={"width": 320, "height": 640})
    ann.page.get_by_role("textbox", name="Twitch channel").fill("vroum_tv")
    ann.press("Watch together")
    link = ann.page.get_by_role("link", name="Watch vroum_tv on Twitch")
    expect(link).to_have_attribute("href", "https://www.twitch.tv/vroum_tv")
    expect(ann.page.locator("iframe")).to_have_count(0)
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_javascript_it_is_a_sentence(people, server):
    (ann,) = people(server.url, "Ann", java_script_enabled=False)
    ann.enter()
    ann.open_room("Arena")
    expect(ann.page.locator("noscript p").first).to_contain_text("The arena needs JavaScript")


def test_the_big_screen_shows_everybody_walk(people, server):
    ann, _ = arena(people, server)
    (wall,) = people(server.url, "Wall")
    wall.page.goto(f"/{ann.code}?view=screen")
    begin = wait_for(lambda: shown(wall, "Ann"))
    ann.page.keyboard.down("s")
    wait_for(lambda: shown(wall, "Ann")[1] > begin[1] + 50)
    ann.page.keyboard.up("s")
    wall.page.keyboard.press("w")
    expect(wall.page.get_by_role("list", name="Players")).to_contain_text(re.compile("Ann"))


def test_a_cheer_pops_up_for_everyone_and_its_button_fills_up_again(people, server):
    ann, bob = arena(people, server)
    ann.press("Love")
    for person in (ann, bob):
        row = person.page.get_by_role("list", name="Players").get_by_role("listitem")
        expect(row.filter(has_text="Ann")).to_have_attribute("data-pop", "heart")
        expect(person.page.locator("arena-field .avatar img")).to_have_count(1)
        expect(person.page.get_by_text("0.2 cheers a second")).to_be_visible()
    for name in ("Love", "Fire"):
        button = ann.page.get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-disabled", "true")
    for name in ("Love", "Party"):
        button = bob.page.get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-disabled", "false")
    expect(bob.page.locator("arena-field .avatar img")).to_have_count(0)
    button = ann.page.get_by_role("button", name="Love", exact=True)
    expect(button).to_have_attribute("aria-disabled", "false", timeout=6000)
    ann.press("Love")
    expect(button).to_have_attribute("aria-disabled", "true")


def test_a_button_that_somebody_pressed_too_early_is_refused(people, server):
    ann, _ = arena(people, server)
    ann.press("Applause")
    expect(ann.page.get_by_role("button", name="Fire")).to_have_attribute("aria-disabled", "true")
    ann.page.locator("#cheer-fire form").evaluate("form => form.requestSubmit()")
    expect(ann.page.get_by_role("alert")).to_contain_text("You can cheer like that again in")


def test_a_big_cheer_fills_everyones_screen_for_a_moment(people, server):
    ann, bob = arena(people, server)
    ann.press("Party")
    for person in (ann, bob):
        big = person.page.locator("#big-cheer")
        expect(big).to_contain_text("Ann")
        box = big.bounding_box()
        assert box["width"] > 1200 and box["height"] == 720
    for person in (ann, bob):
        expect(person.page.locator("#big-cheer")).to_have_count(0)
    button = ann.page.get_by_role("button", name="Party", exact=True)
    expect(button).to_have_attribute("aria-disabled", "true")
    bob.press("Party")
    expect(bob.page.get_by_role("alert")).to_contain_text("The last big cheer still echoes.")
