"""How many tabs one player may keep live: the newest three, and no fight between them."""

import gevent

from myapp.presence import TABS


def rests(page):
    """Whether this tab was told that it was opened elsewhere, and stays quiet."""
    assert page.ended()
    told = page.signals.get("_elsewhere") is True
    return told and page.connect() == 204


def test_the_newest_tabs_win_and_the_oldest_is_told(ann, code):
    pages = [ann.open(f"/{code}") for _ in range(TABS + 1)]
    assert rests(pages[0])
    ann.command(f"/{code}/lock")
    for page in pages[1:]:
        page.until("Unlock")


def test_use_here_takes_the_place_of_the_then_oldest(ann, code):
    pages = [ann.open(f"/{code}") for _ in range(TABS + 1)]
    assert rests(pages[0])
    assert pages[0].connect(here=1) == 200
    assert rests(pages[1])
    ann.command(f"/{code}/lock")
    for page in (pages[0], *pages[2:]):
        page.until("Unlock")


def test_four_tabs_never_evict_each_other_in_a_circle(ann, code):
    pages = [ann.open(f"/{code}") for _ in range(TABS + 1)]
    assert rests(pages[0])
    for _ in range(3):
        assert pages[0].connect() == 204
        for page in pages[1:]:
            assert page.connect() == 200
    ann.command(f"/{code}/lock")
    for page in pages[1:]:
        page.until("Unlock")
    assert not any("_elsewhere" in page.signals for page in pages[1:])


def test_a_reloaded_tab_that_rests_may_rest_on(ann, code):
    pages = [ann.open(f"/{code}", tab=f"tab{n}") for n in range(TABS + 1)]
    assert rests(pages[0])
    assert ann.open(f"/{code}", tab="another").text
    assert rests(pages[1])


def test_the_same_tab_replaces_its_own_stream(ann, code):
    old = ann.open(f"/{code}", tab="one")
    new = ann.open(f"/{code}", tab="one")
    assert old.ended() and "_elsewhere" not in old.signals
    assert new.connect() == 200
    ann.command(f"/{code}/lock")
    new.until("Unlock")


def test_tabs_of_all_pages_count_together(ann, code):
    home = ann.open()
    for _ in range(TABS):
        ann.open(f"/{code}")
    assert rests(home)


def test_the_tabs_of_others_do_not_count(ann, bob, code, hers):
    for _ in range(TABS):
        bob.open(f"/{code}")
    ann.command(f"/{code}/lock")
    hers.until("Unlock")


def test_a_closed_tab_makes_room_at_once(ann, code):
    pages = [ann.open(f"/{code}") for _ in range(TABS)]
    pages[1].close()
    ann.open(f"/{code}")
    ann.command(f"/{code}/lock")
    pages[0].until("Unlock")


def test_without_a_tab_id_there_is_no_stream(ann, code):
    page = ann.open(f"/{code}")
    page.tab = ""
    assert page.connect() == 204


def test_use_here_holds_whichever_process_serves_the_tab_next(ann, code, world, person):
    pages = [ann.open(f"/{code}") for _ in range(TABS + 1)]
    assert rests(pages[0])
    other = person(app=world.worker())
    other.client.set_cookie("vroum", ann.cookie.value)
    other.open(f"/{code}", tab=pages[3].tab)
    assert pages[3].ended()
    quiet = world.apps[1].extensions["house"].presence.is_quiet
    with gevent.Timeout(5):
        while not quiet(pages[0].tab):
            gevent.sleep(0.01)  # real threads have work to do
    pages[0].person = other
    assert pages[0].connect(here=1) == 200
    pages[0].until("Ann")
    assert rests(pages[1])
    pages[0].person = ann
    assert pages[0].connect() == 200


def test_a_player_in_another_process_is_here_for_all(ann, bob, code, world, person):
    page = ann.open(f"/{code}")
    other = person(app=world.worker())
    other.client.set_cookie("vroum", bob.cookie.value)
    bob.command(f"/{code}/join")
    page.until("Bob")
    other.open(f"/{code}")
    page.until("Bob", gone="away")
    other.command(f"/{code}/watch")
    page.until("1 of 64")
