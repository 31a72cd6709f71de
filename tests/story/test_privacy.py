"""What is kept about somebody, and how it is deleted."""

from tests.story.people import SAME


def test_a_page_says_what_is_kept(ann):
    page = ann.get("/privacy")
    assert page.status == 200 and "What is kept about you" in page.text
    assert b"/privacy" in ann.get("/").body


def test_whoever_asks_is_forgotten_everywhere(ann, bob, code, world):
    bob.command("/join", code=code)
    bob.command("/queue/buzzer")
    assert "Bob" in str(world.document(code))
    bob.form("/forget")
    assert "Bob" not in str(world.document(code))
    assert "Bob" not in str(world.house.store.get("queue/buzzer"))
    assert "Your name" in bob.get("/").text
    assert "Ann" in str(world.document(code))


def test_what_was_tried_in_the_journey_is_told_of_and_forgotten(ann, bob, world):
    for reader in (ann, bob):
        for path in ("/journey/1", "/journey/7", "/journey/12"):
            reader.get(path)
        reader.ask("POST", "/journey/1/lamp", headers=SAME, data={"lamp": "on"})
        reader.command("/journey/12/step", row="1")
    kept = world.house.store.keys("practice/")
    assert "journey" in ann.get("/privacy").text
    ann.form("/forget")
    left = world.house.store.keys("practice/")
    assert left and len(left) == len(kept) / 2
    bob.form("/forget")
    assert not world.house.store.keys("practice/")
