"""What is kept about somebody, and how it is deleted."""


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
