"""An account in real browsers: one person on two devices, with scripts and without."""

import re

import pytest
from playwright.sync_api import expect

PASSWORD = "correct horse battery"


@pytest.fixture
def server(serve):
    return serve()


def fill(person, what, name, path=None):
    """Fill in the form to sign up or to log in, and send it."""
    if path:
        person.page.goto(path)
    person.page.get_by_role("textbox", name=re.compile("name", re.I)).fill(name)
    person.page.get_by_label("Password").fill(PASSWORD)
    person.page.get_by_role("main").get_by_role("button", name=what).click()


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
def test_ann_signs_up_goes_on_on_her_phone_and_logs_out(server, people, script):
    ann, phone = people(server.url, "Ann", "Ann", java_script_enabled=script)
    ann.page.goto("/")
    ann.page.get_by_role("link", name="Sign up").click()
    fill(ann, "Sign up", "Ann")
    expect(ann.page.get_by_text("Hello, Ann!")).to_be_visible()
    code = ann.open_room()

    phone.page.goto(f"/{code}")
    phone.page.get_by_role("link", name="Log in").click()
    fill(phone, "Log in", "ann")
    phone.page.wait_for_url(f"**/{code}")
    expect(phone.page.get_by_text("You are the host")).to_be_visible()
    phone.page.goto("/")
    phone.page.get_by_role("link", name="Your account").click()
    expect(phone.page.get_by_text("You are logged in as Ann.")).to_be_visible()
    phone.press("Log out")
    expect(phone.page.get_by_role("heading", name="Who is playing?")).to_be_visible()
    ann.page.reload()
    expect(ann.page.get_by_text("You are the host")).to_be_visible()


def test_a_wrong_password_is_a_sentence_and_the_name_stays_typed(server, people):
    (ann,) = people(server.url, "Ann")
    fill(ann, "Log in", "Ann", "/log-in")
    expect(ann.page.get_by_role("main").get_by_role("alert")).to_have_text(
        "This name and this password do not belong together."
    )
    expect(ann.page.get_by_label("The name you signed up with")).to_have_value("Ann")
    expect(ann.page.get_by_label("Password")).to_have_value("")


def test_a_password_is_sent_once_with_its_form_and_never_in_a_url(server, people):
    (ann,) = people(server.url, "Ann")
    sent = []
    ann.page.on("request", lambda request: sent.append((request.url, request.post_data or "")))
    fill(ann, "Sign up", "Ann", "/sign-up")
    ann.live()
    typed = PASSWORD.replace(" ", "+")
    assert [typed in body for _, body in sent].count(True) == 1
    assert not [url for url, _ in sent if "correct" in url]


def test_whoever_signs_up_in_a_room_keeps_the_seat_and_the_game(server, people):
    ann, bob = people(server.url, "Ann", "Bob")
    ann.enter()
    code = ann.open_room()
    bob.enter(f"/{code}")
    ann.press("Start")
    fill(bob, "Sign up", "Bob", f"/sign-up?next={code}")
    bob.page.wait_for_url(f"**/{code}")
    bob.live()
    ann.sees("status", "Game", "GO!")
    expect(ann.page.get_by_role("list", name="Players").get_by_role("listitem")).to_have_count(2)
    expect(bob.page.locator("buzzer-pad")).to_be_visible()


@pytest.mark.parametrize("path", ["/sign-up", "/log-in"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_forms_fit_the_screen_and_the_finger(server, people, path, width):
    (ann,) = people(server.url, "Ann", viewport={"width": width, "height": 640})
    ann.page.goto(path)
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= width
    for box in ann.page.locator("main :is(input:not([type=hidden]), button)").all():
        assert box.bounding_box()["height"] >= 44
    ann.page.keyboard.press("Tab")
    for _ in range(12):
        if ann.page.evaluate("document.activeElement.name") == "password":
            break
        ann.page.keyboard.press("Tab")
    ann.page.keyboard.type(PASSWORD)
    expect(ann.page.get_by_label("Password")).to_have_value(PASSWORD)


def test_other_tabs_become_whoever_logs_in_or_out(server, people):
    (ann,) = people(server.url, "Ann")
    home, door = ann.tab(), ann.tab()
    loads = []
    home.on("load", lambda _: loads.append(1))

    def greets(text):
        expect(home.get_by_text(text)).to_be_visible()
        expect(home.locator("#net.live")).to_be_visible()
        assert len(loads) == before + 1, "drawn anew, and once"
        return len(loads)

    home.goto("/")
    door.goto("/log-in")
    door.get_by_label("The name you signed up with").fill("Ann")
    door.get_by_label("Password").fill("a wrong one")
    door.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(door.get_by_role("main").get_by_role("alert")).to_be_visible()
    ann.page.bring_to_front()  # nothing is painted in a tab behind others, and a click waits for it
    ann.page.goto("/sign-up")
    ann.live(home)
    before = len(loads)

    fill(ann, "Sign up", "Ann")
    before = greets("Hello, Ann!")
    expect(door.get_by_text("You are logged in as Ann.")).to_be_visible()  # and sent no form again
    ann.press("Français")
    before = greets("Salut, Ann")
    ann.press("English")
    before = greets("Hello, Ann!")
    ann.page.goto("/log-in")
    ann.press("Log out")
    before = greets("Who is playing?")
    expect(door.get_by_label("The name you signed up with")).to_be_visible()
    ann.enter()
    before = greets("Hello, Ann!")
    ann.page.get_by_text("Change your name").click()
    ann.page.get_by_role("textbox", name="Your name").fill("Annie")
    ann.press("Enter")
    greets("Hello, Annie!")
    code = ann.open_room()
    home.bring_to_front()
    home.get_by_role("textbox", name="Room code").fill(code)
    home.get_by_role("button", name="Join", exact=True).click()
    expect(home.get_by_text("You are the host")).to_be_visible()
