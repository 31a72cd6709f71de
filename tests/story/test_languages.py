"""Each reads in their own language, whoever else is in the room."""

import re
from collections import Counter

import pytest

from myapp import games
from myapp.views.drawing import PARTS
from tests.rules.test_words import both
from tests.story.dom import parse


@pytest.fixture
def zoe(person):
    """Zoé's browser asks for French."""
    someone = person()
    someone.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr-CH, fr;q=0.9, en;q=0.8"
    someone.enter("Zoé")
    return someone


def told(element):
    """All that a page tells, on the screen or aloud; but source code is English."""
    for name in ("aria-label", "alt", "title", "placeholder"):
        if name in element.attrs:
            yield element.attrs[name]
    for child in element.children:
        if isinstance(child, str):
            yield " ".join(child.split())
        elif child.tag not in ("script", "pre", "code"):
            yield from told(child)


PATTERNS = []
for english, french in both("fr"):
    for part in re.split(r"<[^>]+>", english) if english != french else ():
        words = re.split(r"%\(\w+\)s|\{\w+\}", " ".join(part.split()))
        if len(re.findall(r"[^\W\d_]{2,}", " ".join(words))) >= 3:
            PATTERNS.append(re.compile(".{1,40}".join(map(re.escape, words))))


def english_on(tree):
    text = "\n".join(told(tree))
    return [found[0] for pattern in PATTERNS if (found := pattern.search(text))]


def test_the_language_is_the_one_the_browser_asks_for(zoe, ann):
    assert "Salut, Zoé" in zoe.open().text
    assert "Hello, Ann" in ann.open().text
    (page,) = zoe.get("/").tree.all(tag="html")
    assert page.attrs["lang"] == "fr"


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("de, fr;q=0.5", "fr"),
        ("fr-CA", "fr"),
        ("en-GB, fr", "en"),
        ("de", "en"),
        ("", "en"),
        ("fr;q=0", "en"),
        ("*", "en"),
        ("fr;q=x,,;", None),
    ],
)
def test_the_first_language_of_ours_is_read_and_else_english(person, asked, read):
    someone = person()
    someone.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = asked
    (page,) = someone.get("/").tree.all(tag="html")
    assert page.attrs["lang"] in ([read] if read else ["en", "fr"])


def test_the_switch_is_kept_in_the_cookie_and_leads_back(person):
    someone = person("Zoé", script=False)
    answer = someone.form("/language", language="fr", next="/privacy?x=1")
    assert (answer.status, answer.place) == (303, "/privacy?x=1")
    assert "Salut, Zoé" in someone.open().text
    someone.form("/language", language="en", next="/")
    assert "Hello, Zoé" in someone.open().text
    assert someone.form("/language", language="xx", next="/").status == 400


@pytest.mark.parametrize(
    "place",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "", "x"],
)
def test_the_switch_leads_nowhere_else(person, place):
    answer = person().form("/language", language="fr", next=place)
    assert (answer.status, answer.place) == (303, "/")


def test_a_page_of_somebody_without_a_name_stays_without_one(person):
    someone = person()
    someone.form("/language", language="fr", next="/")
    assert "Qui joue ?" in someone.open().text.replace("\u202f", " ")


def test_streams_speak_the_language_of_whoever_looks(zoe, hers, his, code):
    page = zoe.open(f"/{code}")
    zoe.post(f"/{code}/join")
    page.until("Spectateurs", "Appuyez sur Commencer quand tout le monde est là.")
    hers.press("Start")
    page.until("Attends...")
    his.until("Wait for it...")
    assert not english_on(page.tree)


def test_each_language_is_drawn_once(zoe, hers, code, person, world, monkeypatch):
    drawn, draw = Counter(), world.house.drawing.html

    def counted(template, **given):
        drawn[template] += 1
        return draw(template, **given)

    monkeypatch.setattr(world.house.drawing, "html", counted)
    pages = [who.open(f"/{code}") for who in (zoe, *(person() for _ in range(4)))]
    drawn.clear()
    hers.press("Make public")
    for page, word in zip(pages, ("publique", *["public"] * 4), strict=True):
        page.until(word)
    hers.until("Make private")
    drawn_parts = {part: drawn[f"_{part}.html"] for part in PARTS}
    assert drawn_parts == {"head": 0, "banner": 0, "backdrop": 0, "table": 0, "people": 2}


@pytest.mark.parametrize(
    ("path", "fields", "sentence"),
    [
        ("start", {}, "Tu n’es pas dans cette salle."),
        ("play/buzz", {"round": 1}, "Tu n’es pas dans cette salle."),
        ("robot", {}, "Tu n’es pas dans cette salle."),
    ],
)
def test_refusals_are_in_french(zoe, code, path, fields, sentence):
    answer = zoe.command(f"/{code}/{path}", **fields)
    assert sentence in " ".join(event.html for event in answer.events)
    assert sentence in zoe.form(f"/{code}/{path}", **fields).text


def test_a_refusal_holds_what_it_is_about(zoe, world):
    code = zoe.open_room()
    answer = zoe.command(f"/{code}/start")
    said = " ".join(event.html for event in answer.events).replace("\u00a0", " ")
    assert "Buzzer : il faut au moins 2 joueurs." in said
    answer = zoe.form("/join", code="QQQQ")
    assert answer.status == 404 and "Il n’y a pas de salle QQQQ." in answer.text


def test_the_log_is_in_english(zoe, code, caplog):
    caplog.set_level("INFO")
    zoe.command(f"/{code}/start")
    assert "You are not in this room." in caplog.text and "Tu n’es" not in caplog.text


def test_the_picture_of_times_is_in_the_language_of_whoever_looks(zoe, ann, code, world):
    world.edit(code, lambda doc: doc["state"].update(times=[212, 250, 268, 300, 431]))
    assert "Médiane" in zoe.ask("GET", f"/{code}/times.svg").body.decode()
    assert "Median" in ann.ask("GET", f"/{code}/times.svg").body.decode()


@pytest.mark.parametrize("kind", sorted(games.found()))
def test_no_page_of_a_game_says_anything_in_english(zoe, person, kind, world):
    code = zoe.post("/rooms", game=kind).place[-4:]
    page = zoe.open(f"/{code}")
    pages = [page, person().open("/")]
    for view in ("screen", "obs", "present"):
        pages.append(zoe.open(f"/{code}?view={view}"))
    found = [*english_on(page.tree)]
    for verb in ("robot", "cheers", "vet", "start", "pause", "resume", "public", "lock"):
        zoe.command(f"/{code}/{verb}", state="on")
        world.later(3)
        page.goes(f"/{code}")
        found += english_on(page.tree)
    for view in ("screen", "obs", "present"):
        found += english_on(zoe.get(f"/{code}?view={view}").tree)
    zoe.command(f"/{code}/watch")
    found += english_on(zoe.get(f"/{code}").tree)
    assert not found


def test_no_other_page_says_anything_in_english(zoe, code):
    zoe.command("/queue/buzzer")
    zoe.command(f"/{code}/public")
    found = {}
    for path in (
        "/",
        "/privacy",
        f"/{code}",
        f"/{code}/results",
        "/nowhere",
        "/QQQQ",
        "/sign-up",
        "/log-in",
        "/operator",
    ):
        found[path] = english_on(zoe.get(path).tree)
    for step in ("", *(f"/{n}" for n in range(1, 13))):
        found[f"/journey{step}"] = english_on(zoe.get(f"/journey{step}").tree)
    assert not {path: english for path, english in found.items() if english}


def test_what_is_looked_for_would_be_found():
    assert english_on(parse("<main><p>This room is closed. Well.</p></main>"))
    assert english_on(parse('<main aria-label="This room is closed"></main>'))
    assert not english_on(parse("<main>Cette salle est fermée.</main>"))
