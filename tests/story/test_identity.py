"""Who is who: a name, and a signed cookie that says nothing but a random id."""

import pytest

from tests.story.sse import events


def test_ann_types_her_name_and_the_page_greets_her(person):
    ann = person()
    page = ann.open()
    page.press("Enter", name="  Ann\t ")
    assert "Hello, Ann!" in page.text


def test_over_plain_http_the_cookie_has_a_plain_name(ann):
    cookie = ann.cookie
    assert (cookie.key, cookie.secure) == ("vroum", False)


def test_no_script_can_read_the_cookie_and_no_other_site_can_send_it(person):
    answer = person().enter("Ann")
    said = answer.headers["Set-Cookie"]
    assert "HttpOnly" in said and "SameSite=Lax" in said and "Path=/" in said
    assert "Domain" not in said


def test_over_tls_the_cookie_is_bound_to_this_host(person):
    ann = person()
    answer = ann.ask(
        "POST",
        "/enter",
        base_url="https://vroum.example",
        data={"name": "Ann"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    said = answer.headers["Set-Cookie"]
    assert said.startswith("__Host-vroum=") and "Secure" in said
    assert "Path=/" in said and "Domain" not in said and "HttpOnly" in said
    page = ann.ask("GET", "/", base_url="https://vroum.example")
    assert "Hello, Ann!" in page.text


def test_behind_our_nginx_the_visitors_scheme_counts_and_elsewhere_nobody_is_believed(person):
    for address, name in (("", "__Host-vroum="), ("10.1.2.3", "vroum=")):
        answer = person().ask(
            "POST",
            "/enter",
            data={"name": "Ann"},
            headers={"Sec-Fetch-Site": "same-origin", "X-Forwarded-Proto": "https"},
            environ_overrides={"REMOTE_ADDR": address},
        )
        assert answer.headers["Set-Cookie"].startswith(name)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Please type a name."),
        ("   ", "Please type a name."),
        ("x" * 21, "20 characters at most"),
        ("An\u202en", "hidden character"),
        ("An\u200bn", "hidden character"),
        ("Ann\r\nevent: x", "hidden character"),
        ("a\u0301" * 21, "20 characters at most"),
    ],
)
def test_a_name_nobody_can_have_is_refused_with_a_sentence(person, typed, sentence):
    visitor = person()
    answer = visitor.command("/enter", name=typed)
    assert answer.status == 200 and sentence in answer.alert
    assert "Set-Cookie" not in answer.headers
    plain = visitor.form("/enter", name=typed)
    assert plain.status == 400 and sentence in plain.text
    assert "Who is playing?" in visitor.open().text


def test_a_lone_surrogate_never_becomes_a_name(person):
    answer = person().ask(
        "POST",
        "/enter",
        data=b'{"name":"\\ud800"}',
        content_type="application/json",
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status == 400


def test_ann_changes_her_name_and_stays_the_same_person(ann, code):
    ann.enter("Anna")
    page = ann.open(f"/{code}")
    assert "You are the host" in page.text
    assert "Hello, Anna!" in ann.open().text


@pytest.mark.parametrize(
    "damage", [lambda v: v[:-2] + "xx", lambda v: "x" + v, lambda v: "", lambda v: "a.b.c"]
)
def test_a_tampered_cookie_is_no_cookie(ann, code, damage):
    ann.client.set_cookie("vroum", damage(ann.cookie.value))
    assert "Who is playing?" in ann.open().text
    page = ann.open(f"/{code}")
    assert "Come in!" in page.text and "You are the host" not in page.text
    assert ann.form(f"/{code}/pause").status == 403


def test_whoever_follows_a_link_types_a_name_and_has_a_seat(person, code):
    bob = person()
    page = bob.open(f"/{code}")
    page.press("Enter", name="Bob")
    assert page.names("Players") == ["Ann", "Bob"] and "Leave" in page.buttons
    slow = person(script=False)
    assert slow.open(f"/{code}").press("Enter", name="Slow").place == f"/{code}"
    page.until("Slow")


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example/KXQP/x", "\r\nX: y", "x"])
def test_after_the_name_nobody_is_sent_off_the_site(person, next):
    answer = person(script=False).form("/enter", name="Ann", next=next)
    assert answer.status == 303 and answer.place == "/"


def test_the_id_in_the_body_is_never_believed(ann, bob, code, world, his, hers):
    owner = world.document(code)["people"][0]
    bob.command(f"/{code}/lock", id=owner["id"], player=owner["key"], host=True)
    assert not world.document(code)["door"]["locked"]


def test_names_never_reach_an_expression(person, world, ann, code, hers):
    wild = "');stop('"
    eve = person(wild)
    eve.command(f"/{code}/join")
    hers.until(wild)
    for page in (hers, eve.open(f"/{code}"), eve.open(), ann.open(f"/{code}?view=screen")):
        assert wild in page.text
        for element in page.tree.all():
            for name, value in element.attrs.items():
                assert "stop(" not in value or (element.tag, name) == ("input", "value")


def test_a_name_is_text_wherever_it_is_shown(person, code, hers, world):
    for name in ("<img src=x>", "{{7*7}}", '"><b data-init=x', "<!--", "&lt;"):
        eve = person(name)
        eve.command(f"/{code}/join")
        hers.until(name)
        assert name in eve.open(f"/{code}").text
    assert not list(hers.tree.all(src="x"))


FORGED = "Bob\r\revent: datastar-patch-signals\rdata: signals {_stolen:1}\r\r"


@pytest.mark.parametrize(
    "name",
    [
        FORGED,
        FORGED.replace("\r", "\n"),
        FORGED.replace("\r", "\u2028"),
        FORGED.replace("\r", "\x85"),
        "</div><i id=alert>",
        "<b data-init='x'>",
    ],
)
def test_no_name_can_forge_an_event(hers, his, code, world, name):
    world.edit(code, lambda doc: doc["people"][1].update(name=name))
    hers.raw = his.raw = b""
    for page in (hers, his):
        page.read()
        said = events(page.raw.decode())
        assert said and all(event.kind == "datastar-patch-elements" for event in said)
        assert "_stolen" not in page.signals
        assert not list(page.tree.all(tag="i", id="alert")) and not list(
            page.tree.all(data_init="x")
        )
        assert page.names("Players")[1] == " ".join(name.split())
