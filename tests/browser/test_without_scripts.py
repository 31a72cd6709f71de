"""What works in a browser that runs no scripts: each of it a plain form, answered by a page."""

import pytest
from playwright.sync_api import expect

PASSWORD = "correct horse battery"


@pytest.fixture
def ann(serve, people):
    """Ann, whose browser runs no scripts, on the first page."""
    (ann,) = people(serve().url, "Ann", java_script_enabled=False)
    ann.page.goto("/")
    return ann


def sends(person, what, path):
    person.page.goto(path)
    person.page.get_by_label("name").fill("Ann")
    person.page.get_by_label("Password").fill(PASSWORD)
    person.page.get_by_role("main").get_by_role("button", name=what).click()


def test_without_javascript_the_first_step_of_the_journey_works(ann):
    ann.page.goto("/journey/1")
    for n, form in enumerate(("plain", "htmx", "datastar")):
        ann.page.locator(f"#{form} button").click()
        for each in ("plain", "htmx", "datastar"):
            state = "off" if n % 2 else "on"
            expect(ann.page.locator(f"#{each}")).to_contain_text(f"The lamp is {state}.")
    ann.page.locator("a[rel=next]").click()
    ann.page.wait_for_url("**/journey/2")


def test_without_javascript_sign_up_works(ann):
    sends(ann, "Sign up", "/sign-up")
    expect(ann.page.get_by_text("Hello, Ann!")).to_be_visible()
    ann.page.get_by_role("link", name="Your account").click()
    expect(ann.page.get_by_text("You are logged in as Ann.")).to_be_visible()


def test_without_javascript_log_in_and_log_out_work(ann):
    sends(ann, "Sign up", "/sign-up")
    expect(ann.page.get_by_text("Hello, Ann!")).to_be_visible()
    ann.page.goto("/log-in")
    ann.press("Log out")
    expect(ann.page.get_by_role("heading", name="Who is playing?")).to_be_visible()
    sends(ann, "Log in", "/log-in")
    expect(ann.page.get_by_text("Hello, Ann!")).to_be_visible()


def test_without_javascript_a_room_is_created(ann):
    ann.enter()
    code = ann.open_room()
    ann.sees("list", "Players", "Ann")
    expect(ann.page.get_by_role("heading", level=1)).to_contain_text(code)
    ann.press("Add a robot")
    ann.press("Start")
    ann.sees("status", "Game", "Wait for it...")


def test_without_javascript_a_room_is_joined(ann, people):
    ann.enter()
    code = ann.open_room()
    url = ann.page.url.removesuffix(f"/{code}")
    bob, cleo = people(url, "Bob", "Cleo", java_script_enabled=False)
    bob.enter()
    bob.join(code)
    cleo.enter(f"/{code}")
    for person in (ann, bob, cleo):
        person.page.goto(f"/{code}")
        for name in ("Ann", "Bob", "Cleo"):
            person.sees("list", "Players", name)
