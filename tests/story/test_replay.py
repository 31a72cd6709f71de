"""A room is looked at again, step by step, and nobody sees more than he was allowed to then."""

import re

import pytest

from myapp.journal import states
from tests.story.people import SAME, Page


class Replay:
    """Somebody's page of the replay of a room."""

    def __init__(self, person, code):
        self.person = person
        self.path = f"/{code}/replay"
        self.steps = self.step(1).steps

    def step(self, number):
        """The page of one step."""
        return Step(self.person.get(f"{self.path}?at={number}"))

    @property
    def all(self):
        return [self.step(number) for number in range(1, self.steps + 1)]

    def find(self, words):
        """The one step of which this is said."""
        (found,) = [step for step in self.all if step.said == words]
        return found


class Step:
    def __init__(self, answer):
        self.status = answer.status
        self.tree = answer.tree
        self.body = answer.body.decode()
        (said,) = self.tree.all(role="status", aria_label="What happened")
        self.said = said.text
        (self.was,) = self.tree.all(id="was")

    @property
    def steps(self):
        (slider,) = self.tree.all(id="at")
        return int(slider.attrs["max"])

    @property
    def text(self):
        return self.was.text

    def names(self, label):
        return [
            p.text for ul in self.was.all(tag="ul", aria_label=label) for p in ul.all(cls="name")
        ]


@pytest.fixture
def played(hers, his, code, world):
    """Ann and Bob have played one round of the buzzer, which Bob has won."""
    hers.press("First to 1")
    hers.press("Start")
    for page in (hers, his):
        page.until("Wait for it...")
    world.until_due(code)
    for page in (hers, his):
        page.until("GO!")
    world.later(0.3)
    his.person.command(f"/{code}/play/buzz", round=1)
    world.until_due(code)
    for page in (hers, his):
        page.until("We have a winner!")


def test_every_step_says_what_happened_and_shows_the_room_as_it_was(played, bob, code):
    replay = Replay(bob, code)
    said = [step.said for step in replay.all]
    assert said == [
        "Ann opened the room.",
        "Bob came in.",
        "Ann set the goal.",
        "Ann started the game.",
        "The time had come.",
        "Bob pressed.",
        "The time had come.",
    ]
    assert replay.step(1).names("Players") == ["Ann"]
    assert replay.step(2).names("Players") == ["Ann", "Bob"]
    assert "Wait for it..." in replay.step(4).text
    assert "GO!" in replay.step(5).text
    assert "We have a winner!" in replay.step(7).text
    assert "7 of 7" in replay.step(7).tree.first(id="step").text


def test_what_one_could_not_see_then_is_not_told_now(played, ann, code):
    said = [step.said for step in Replay(ann, code).all]
    assert said[5] == "Something that you could not see."
    assert "Bob pressed." not in said


def test_when_go_will_come_is_in_no_step_of_the_wait(played, ann, code, world):
    journal = world.house.store.journal(f"rooms/{code}")
    until = next(
        value
        for entry in journal
        for path, *value in entry.get("changed", [])
        if path == ["state", "until"] and value
    )
    step = Replay(ann, code).find("Ann started the game.")
    assert str(until[0])[:8] not in step.body


def test_it_is_walked_by_links_and_a_form_where_there_are_no_scripts(played, ann, code):
    page = Page(ann, f"/{code}/replay", ann.get(f"/{code}/replay"), "tab")
    assert not page.live
    for number in range(1, 8):
        assert page.tree.first(id="step").text.startswith(f"{number} of 7")
        (following,) = page.tree.all(tag="a", rel="next")
        if number < 7:
            page.goes(f"/{code}/replay{following.attrs['href']}")
    assert "href" not in following.attrs
    (before,) = page.tree.all(tag="a", rel="prev")
    page.goes(f"/{code}/replay{before.attrs['href']}")
    assert page.tree.first(id="step").text.startswith("6 of 7")
    (form,) = [f for f in page.tree.all(tag="form") if f.attrs.get("method") == "get"]
    (slider,) = form.all(tag="input", type="range", name="at")
    assert (form.attrs["action"], slider.attrs["value"]) == (f"/{code}/replay", "6")
    assert [b.text for b in form.all(tag="button")] == ["Show"]


def test_a_page_with_scripts_gets_the_step_alone(played, ann, code):
    headers = {**SAME, "Datastar-Request": "true"}
    answer = ann.ask("GET", f"/{code}/replay?at=5", headers=headers)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert [e.attrs["id"] for e in answer.tree.children if hasattr(e, "tag")] == ["step", "was"]
    assert "GO!" in answer.tree.text and "Previous" not in answer.tree.text


@pytest.mark.parametrize("kind", ["arena", "buzzer", "chess", "scratch"])
def test_nothing_in_it_takes_commands(ann, bob, world, kind):
    code = ann.post("/rooms", game=kind).place[-4:]
    bob.command(f"/{code}/join")
    ann.command(f"/{code}/start")
    for step in Replay(ann, code).all:
        assert "data-on:submit__capture__prevent__stop" in step.was.attrs
        assert not re.search(r"/(live|leave|pause|remove|start)\b", step.body)
        forms = [form for form in step.was.all(tag="form") if "action" in form.attrs]
        assert not forms
        for element in step.was.all():
            if "-" in element.tag:
                assert not element.attrs.get("moves")
                assert element.attrs.get("phase") in (None, "idle", "still", "results")
                assert element.tag != "arena-field" or "still" in element.attrs


def test_others_are_told_why_they_may_not_look(played, charlie, person, code):
    for stranger in (charlie, person()):
        answer = stranger.get(f"/{code}/replay")
        assert answer.status == 403
        assert "Only those who are in the room can see its replay." in answer.text
        assert "Bob" not in answer.text
    assert charlie.get("/ZZZZ/replay").status == 404


def test_whoever_was_removed_may_not_look_any_more(played, ann, bob, code):
    assert bob.get(f"/{code}/replay").status == 200
    ann.command(f"/{code}/remove", player="p2")
    assert bob.get(f"/{code}/replay").status == 403
    step = Replay(ann, code).find("Ann removed Bob.")
    assert step.names("Players") == ["Ann"]


def test_whoever_watched_sees_it_too_and_before_he_came_as_anybody_could(
    played, charlie, code, ann
):
    charlie.command(f"/{code}/join")
    replay = Replay(charlie, code)
    assert "GO!" in replay.step(5).text
    assert replay.find("Charlie came in.").names("Players") == ["Ann", "Bob", "Charlie"]


def test_nobody_sees_through_a_door_that_was_locked_to_him(ann, code, hers, charlie, bob):
    ann.command(f"/{code}/lock")
    ann.command(f"/{code}/robot")
    charlie.command(f"/{code}/join")
    hers.until("Charlie asks to come in.")
    hers.press("Let Charlie in")
    said = [step.said for step in Replay(charlie, code).all]
    assert said == [
        "Ann opened the room.",
        "Something that you could not see.",
        "Something that you could not see.",
        "Something that you could not see.",
        "Ann let somebody in.",
    ]
    outside = Replay(charlie, code).step(3)
    assert "The door was locked, and you were not in." in outside.text
    assert "Robot" not in outside.body
    assert "Ann added a robot." in [step.said for step in Replay(ann, code).all]


def test_what_is_under_foil_is_in_no_byte_of_a_replay(ann, bob, world):
    code = ann.post("/rooms", game="scratch").place[-4:]
    bob.command(f"/{code}/join")
    ann.command(f"/{code}/start")
    bob.command(f"/{code}/play/scratch", cell=4, round=1)
    cards = world.document(code)["state"]["cards"]
    for person in (ann, bob):
        *before, last = Replay(person, code).all
        assert last.said == "Bob scratched a cell."
        pictures = [[*p.was.all(tag="use")] for p in (*before, last)]
        seen = [use.attrs["href"] for use in pictures[-1]]
        prizes = [use.attrs["href"] for use in pictures[-2]]
        for symbol in prizes:
            seen.remove(symbol)
        assert {*seen} == {f"#scratch-{cards['p2']['cells'][4]}"}
        assert len(prizes) == 6, "before the first scratch there are the prizes alone"


def test_a_hand_in_the_file_is_seen_if_it_changed_what_one_sees(played, ann, bob, code, world):
    world.edit(code, lambda doc: doc["people"][1].update(name="Robert"))
    assert Replay(ann, code).all[-1].said == "Somebody edited the room's file."
    world.edit(code, lambda doc: doc.update(secret="ab" * 16))
    step = Replay(ann, code).all[-1]
    assert step.said == "Something that you could not see."
    assert "abab" not in step.body


def test_the_hosts_own_settings_are_told_to_the_host_alone(played, ann, bob, code):
    ann.command(f"/{code}/delay", seconds=5)
    assert Replay(ann, code).all[-1].said == "Ann changed something."
    assert Replay(bob, code).all[-1].said == "Something that you could not see."


def test_an_account_finds_its_seat_in_what_was_before_it(ann, bob, world):
    code = ann.post("/rooms", game="scratch").place[-4:]
    bob.command(f"/{code}/join")
    ann.command(f"/{code}/start")
    bob.form("/sign-up", name="Bob", password="correct horse battery")
    step = Replay(bob, code).find("Ann started the game.")
    assert step.was.first(id="card"), "his card, which was dealt to the guest"


def test_an_account_is_told_of_as_its_player(ann, bob, world):
    code = ann.open_room()
    bob.command(f"/{code}/join")
    bob.form("/sign-up", name="Bob", password="correct horse battery")
    ann.command(f"/{code}/lock")
    assert Replay(ann, code).find("Ann locked the door.")


def test_a_step_that_is_none_is_the_nearest_and_nonsense_is_refused(played, ann, code):
    for asked, shown in (("0", "1 of 7"), ("99", "7 of 7"), ("007", "7 of 7")):
        answer = ann.get(f"/{code}/replay?at={asked}")
        assert answer.tree.first(id="step").text.startswith(shown)
    for nonsense in ("x", "-1", "1e3", "", "٣", "1234567"):
        assert ann.get(f"/{code}/replay?at={nonsense}").status == 400


def test_it_is_in_french_for_who_reads_french(played, person, code):
    claire = person("Claire")
    claire.command(f"/{code}/join")
    claire.form("/language", language="fr", next="/")
    answer = claire.get(f"/{code}/replay?at=4")
    assert "Ann a lancé la partie." in answer.text and "Précédent" in answer.text


def test_the_room_and_its_results_lead_there(hers, his, ann, charlie, code, played):
    assert his.tree.first(tag="a", href=f"/{code}/replay")
    results = ann.get(f"/{code}/results").tree
    assert results.first(tag="a", href=f"/{code}/replay")
    for page in (f"/{code}/results", f"/{code}"):
        assert not charlie.get(page).tree.first(tag="a", href=f"/{code}/replay")


def test_a_room_where_nothing_was_played_does_not_lead_there(hers, code):
    assert not hers.tree.first(tag="a", href=f"/{code}/replay")


def test_looking_again_changes_nothing_and_works_nothing_out_twice(played, ann, code, world):
    before, asked = world.document(code), []
    store, journal = world.house.store, world.house.store.journal
    store.journal = lambda key: asked.append(key) or journal(key)
    replay = Replay(ann, code)
    assert [step.status for step in replay.all] == [200] * 7
    assert asked == [f"rooms/{code}"]
    assert world.document(code) == before


# What a room's document says of its last change


def test_a_document_says_what_last_changed_it_and_names_no_cookie(played, bob, code, world):
    bob.command(f"/{code}/watch")
    doc = world.document(code)
    assert doc["last"]["deeds"] == [{"what": "watch", "who": "p2", "args": {}}]
    assert doc["last"]["wall"] == doc["touched"]
    for then in states(world.house.store.journal(f"rooms/{code}")):
        assert not [p["id"] for p in doc["people"] if p["id"] in str(then["last"])]


def test_what_was_sent_is_told_but_nothing_huge(ann, bob, code, world):
    bob.command(f"/{code}/join")
    ann.command(f"/{code}/play/first_to", points="5")
    assert world.document(code)["last"]["deeds"] == [
        {"what": "play/first_to", "who": "p1", "args": {"points": 5}}
    ]
    ann.command(f"/{code}/pause", player="x" * 9000, seconds=["y" * 99] * 50, other="z")
    (deed,) = world.document(code)["last"]["deeds"]
    assert deed["what"] == "pause" and {*deed["args"]} == {"player", "seconds"}
    assert all(len(value) <= 100 for value in deed["args"].values())


def test_the_same_action_again_leaves_what_is_told_as_it_is(ann, code, world):
    ann.command(f"/{code}/lock", act="once")
    before = world.document(code)
    world.later(1)
    ann.command(f"/{code}/lock", act="once")
    assert world.document(code) == before
    ann.command(f"/{code}/lock", act="twice")
    assert world.document(code) == before, "it was locked already: nothing changed"


def test_steps_of_a_crowd_that_are_one_change_are_all_told(ann, bob, world):
    code = ann.post("/rooms", game="arena").place[-4:]
    bob.command(f"/{code}/join")
    ann.command(f"/{code}/play/keys", n=1, keys=2)
    deeds = world.document(code)["last"]["deeds"]
    assert {"what": "play/keys", "who": "p1", "args": {"n": 1, "keys": 2}} in deeds
    assert len(deeds) <= 8


# Forgetting


def test_whoever_is_forgotten_is_in_no_journal(played, ann, bob, charlie, code, world):
    other = ann.open_room()
    ann.command(f"/{other}/lock")
    bob.command(f"/{other}/join")
    ann.command(f"/{other}/refuse", player="p2")
    assert "Bob" in str(world.house.store.journal(f"rooms/{other}")), "he has knocked there"
    untouched = charlie.open_room()
    charlie.command(f"/{untouched}/lock")
    bob.form("/forget")
    for room in (code, other):
        (entry,) = world.house.store.journal(f"rooms/{room}")
        assert "Bob" not in str(entry)
    assert len(world.house.store.journal(f"rooms/{untouched}")) == 2
    assert "Bob" not in Replay(ann, code).step(1).body


def test_the_privacy_page_tells_of_the_journal(ann):
    assert "how it came about" in ann.get("/privacy").text
