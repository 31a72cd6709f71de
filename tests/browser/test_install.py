"""Vroum as an app: it can be installed, and says so kindly when there is no line."""

import json

import pytest
from playwright.sync_api import expect

from tests.conftest import CHROMIUM, QUIET, ROOT, wait_for

WORKER = "navigator.serviceWorker.ready.then((found) => found.active.state === 'activated')"
TOLD = "caches.match('/language').then((told) => told.text())"


@pytest.fixture
def server(serve):
    return serve()


@pytest.fixture
def ann(server, people):
    """Ann, whose browser has taken in the service worker."""
    (ann,) = people(server.url, "Ann")
    ann.page.goto("/")
    wait_for(lambda: ann.page.evaluate(WORKER))
    return ann


def test_chromium_finds_nothing_amiss_with_installing_it(server, chromium, tmp_path):
    """Asked with a profile on the disk: in a private window nothing can be installed."""
    context = chromium.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=CHROMIUM, args=QUIET
    )
    page = context.new_page()
    page.goto(server.url)
    line = context.new_cdp_session(page)
    wait_for(lambda: line.send("Page.getInstallabilityErrors")["installabilityErrors"] == [])
    found = line.send("Page.getAppManifest")
    context.close()
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == (
        "fullscreen",
        "/",
        "/",
    )


def test_every_icon_is_there_in_the_size_it_says(ann, server):
    manifest = json.loads((ROOT / "static/manifest.webmanifest").read_text())
    for icon in manifest["icons"]:
        width, height = ann.page.evaluate(
            """async (src) => { const image = new Image(); image.src = src;
            await image.decode(); return [image.naturalWidth, image.naturalHeight]; }""",
            icon["src"],
        )
        assert icon["sizes"] in ("any", f"{width}x{height}")


def test_without_a_line_a_page_of_ours_says_so_and_comes_back_by_itself(ann):
    ann.context.set_offline(True)
    ann.page.goto("/privacy")
    expect(ann.page.get_by_role("heading", name="No connection")).to_be_visible()
    assert (
        ann.page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgba(0, 0, 0, 0)"
    )
    expect(ann.page.get_by_role("button", name="Buzz")).to_be_visible()  # one may practise
    ann.context.set_offline(False)
    expect(ann.page.get_by_role("heading", name="What is kept about you")).to_be_visible()


def test_when_the_server_is_down_a_reload_of_a_room_waits_for_it(ann, server):
    ann.enter()
    ann.open_room()
    ann.live()
    server.kill()
    ann.page.reload()
    expect(ann.page.get_by_role("heading", name="No connection")).to_be_visible()
    server.start()
    ann.live()
    ann.sees("list", "Players", "Ann")


def test_the_page_is_in_the_language_its_reader_chose(ann):
    ann.press("Français")
    expect(ann.page.locator("html")).to_have_attribute("lang", "fr")
    wait_for(lambda: ann.page.evaluate(TOLD) == "fr")
    ann.context.set_offline(True)
    ann.page.goto("/privacy")
    expect(ann.page.locator("html")).to_have_attribute("lang", "fr")
    expect(ann.page.locator("practice-buzzer")).to_be_visible()


def test_the_worker_has_no_part_in_streams_forms_and_pages_that_come(ann, server):
    seen = []
    ann.page.on("response", lambda said: seen.append((said.url, said.from_service_worker)))
    ann.enter()
    ann.open_room()
    ann.live()
    helped = [url for url, by_worker in seen if by_worker]
    assert [url for url, _ in seen if "/live?" in url] and not [u for u in helped if "live" in u]
    assert not [url for url in helped if url.endswith(("/enter", "/rooms"))]
    kept = ann.page.evaluate(
        """async () => { const found = [];
        for (const name of await caches.keys())
          for (const kept of await (await caches.open(name)).keys()) found.push(kept.url);
        return found; }"""
    )
    kept.remove(f"{server.url}/language")
    assert kept and all("/static/" in url for url in kept)


def test_a_new_release_leaves_nothing_of_the_old_one(ann):
    ann.page.evaluate("caches.open('offline of last year')")
    ann.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.unregister())")
    ann.page.goto("/")
    shelves = "caches.keys().then((names) => names.filter((name) => name !== 'reader').length)"
    wait_for(lambda: ann.page.evaluate(shelves) == 1)
