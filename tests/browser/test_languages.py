"""Ann reads English and Zoé French, in the same room."""

import re

import pytest
from playwright.sync_api import expect

ROOM = re.compile(r"/[A-Z]{4}$")
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def server(serve):
    return serve()


@pytest.fixture
def zoe(server, people):
    """Zoé, whose browser asks for French, at home."""
    (zoe,) = people(server.url, "Zoé", locale="fr-FR")
    zoe.page.goto("/")
    zoe.page.get_by_role("textbox", name="Ton nom").fill("Zoé")
    zoe.press("Entrer")
    expect(zoe.page.get_by_text("Salut, Zoé")).to_be_visible()
    return zoe


def lang(page):
    return page.locator("html").get_attribute("lang")


def test_ann_and_zoe_play_together_each_in_their_own_language(server, people, zoe):
    (ann,) = people(server.url, "Ann")
    ann.enter()
    code = ann.open_room()
    zoe.page.goto(f"/{code}")
    zoe.sees("status", "Connexion", "En direct")
    zoe.sees("list", "Joueurs", "Ann")
    zoe.sees("status", "Partie", "Appuyez sur Commencer quand tout le monde est là.")
    ann.sees("list", "Players", "Zoé")
    ann.press("Start")
    zoe.sees("status", "Partie", "Attends...")
    expect(zoe.page.locator("buzzer-pad")).to_contain_text("appuie quand tu vois GO")
    ann.sees("status", "Game", "GO!")
    zoe.sees("status", "Partie", "GO!")
    zoe.page.wait_for_timeout(200)  # faster than a tenth of a second is a false start
    zoe.page.keyboard.press("Space")
    expect(zoe.page.get_by_role("table", name="Résultats")).to_contain_text("Zoé")
    expect(ann.page.get_by_role("table", name="Results")).to_contain_text("Zoé")
    row = zoe.page.get_by_role("row").filter(has_text="Zoé")
    row.get_by_text("Pourquoi").click()
    expect(row).to_contain_text("L’appui est arrivé")


def test_the_switch_turns_the_page_and_its_stream_and_lasts(zoe):
    zoe.press("Nouvelle salle\u00a0: Buzzer")
    zoe.page.wait_for_url(ROOM)
    place = zoe.page.url
    zoe.sees("status", "Connexion", "En direct")
    zoe.press("English")
    zoe.live()
    assert zoe.page.url == place and lang(zoe.page) == "en"
    zoe.sees("status", "Game", "Press Start when everyone is here.")
    zoe.press("Make public")
    expect(zoe.page.get_by_role("button", name="Make private")).to_be_visible()
    expect(zoe.page.locator("buzzer-pad")).to_contain_text("Get ready")
    zoe.page.goto("/")
    expect(zoe.page.get_by_text("Hello, Zoé")).to_be_visible()
    zoe.press("Français")
    expect(zoe.page.get_by_text("Salut, Zoé")).to_be_visible()


def test_a_refusal_is_read_where_it_was_asked_for(zoe):
    zoe.press("Nouvelle salle\u00a0: Échecs")
    zoe.page.wait_for_url(ROOM)
    zoe.press("Commencer")
    alert = zoe.page.get_by_role("alert")
    expect(alert).to_contain_text("Échecs\u00a0: il faut au moins 2 joueurs.")


def test_what_scripts_say_is_french_too(server, people, zoe):
    practice = zoe.page.get_by_role("region", name="Entraînement")
    expect(practice.get_by_role("status")).to_have_text("Pas encore de manche.")
    expect(practice.get_by_role("button")).to_contain_text("Appuie pour jouer")
    zoe.press("Nouvelle salle\u00a0: Arène")
    zoe.page.wait_for_url(ROOM)
    zoe.sees("list", "Joueurs", "Zoé")
    zoe.page.keyboard.press("ArrowRight", delay=100)
    expect(zoe.page.get_by_role("status", name="Où tu es")).to_contain_text("Tu es")
    zoe.page.route("**/watch", lambda route: route.fulfill(status=502))
    zoe.press("Regarder")
    expect(zoe.page.get_by_role("alert")).to_contain_text("Le serveur a un souci.")


def test_the_switch_works_without_javascript(server, people):
    (zoe,) = people(server.url, "Zoé", java_script_enabled=False)
    zoe.enter()
    zoe.press("Français")
    expect(zoe.page.get_by_text("Salut, Zoé")).to_be_visible()
    zoe.page.goto("/privacy")
    assert lang(zoe.page) == "fr"
    zoe.press("English")
    assert lang(zoe.page) == "en" and zoe.page.url.endswith("/privacy")


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
def test_the_bar_fits_the_smallest_phone(server, people, locale):
    (zoe,) = people(server.url, "Zoé", locale=locale, **PHONE)
    french = locale == "fr-FR"
    for path in ("/", "/privacy", "/nowhere", "/journey", "/journey/1"):
        zoe.page.goto(path)
        wide = zoe.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, path
        switch = zoe.page.get_by_role("button", name="English" if french else "Français")
        box = switch.bounding_box()
        assert box["width"] >= 44 and box["height"] >= 44 and box["x"] + box["width"] <= 320
