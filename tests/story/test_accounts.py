"""Accounts: one person on several devices, by a name and a password."""

import time

import pytest

from myapp import accounts, limits
from myapp.accounts import key_of

PASSWORD = "correct horse battery"


def sign_up(person, name="Ann", password=PASSWORD, **more):
    return person.form("/sign-up", name=name, password=password, **more)


def log_in(person, name="Ann", password=PASSWORD, **more):
    return person.form("/log-in", name=name, password=password, **more)


@pytest.fixture
def phone(person):
    """Ann's other device, where nobody knows her yet."""
    return person(script=False)


def finish(world, code, *keys):
    """A game of this room has ended, and these players took 3, 2, 1... points."""
    took = {key: 3 - n for n, key in enumerate(keys)}

    def ended(doc):
        names = {p["key"]: p["name"] for p in doc["people"]}
        doc["scores"] = {
            "games": [{"number": 1, "took": took}],
            "totals": took,
            "names": {key: names[key] for key in keys},
        }

    world.edit(code, ended)


def test_ann_signs_up_and_is_sent_to_the_first_page(person):
    ann = person(script=False)
    assert sign_up(ann).place == "/"
    assert "Hello, Ann!" in ann.get("/").text
    assert "logged in as Ann" in ann.get("/log-in").text


def test_a_form_that_scripts_send_is_answered_too(person):
    ann = person()
    assert ann.command("/sign-up", name="Ann", password=PASSWORD).place == "/"


def test_who_signs_up_in_a_room_keeps_the_seat(ann, code, world):
    before = world.document(code)["people"][0]["id"]
    sign_up(ann, next=code)
    (me,) = world.document(code)["people"]
    assert me["id"] != before and me["seated"]
    assert "You are the host" in ann.get(f"/{code}").text


def test_on_another_device_ann_claims_her_seat(ann, phone, code, hers):
    sign_up(ann)
    hers.close()
    assert "/log-in?next=" + code in phone.get(f"/{code}").body.decode()
    assert log_in(phone, next=code).place == f"/{code}"
    page = phone.open(f"/{code}")
    assert "You are the host" in page.text and page.names("Players") == ["Ann"]


def test_the_guest_she_was_there_gives_up_the_second_seat(ann, person, code, world):
    sign_up(ann)
    guest = person("Annie")
    guest.command(f"/{code}/join")
    log_in(guest)
    first, second = world.document(code)["people"]
    assert first["seated"] and second["left"]


def test_whoever_was_removed_is_not_let_in_as_somebody_with_an_account(ann, bob, code, world, his):
    sign_up(bob, "Bob")
    ann.command(f"/{code}/remove", player="p2")
    log_in(bob, "Bob")
    assert "The host has removed you" in bob.command(f"/{code}/join").alert
    assert len(world.document(code)["people"]) == 1


def test_a_guest_who_knocked_is_let_in_with_the_account(ann, bob, code, hers, world):
    hers.press("Lock")
    bob.command(f"/{code}/join")
    sign_up(bob, "Bob")
    hers.until("Let Bob in")
    hers.press("Let Bob in")
    assert "Leave" in bob.open(f"/{code}").buttons


def test_the_cookie_from_before_is_nobody_any_more(ann, code, person, world):
    old = ann.cookie.value
    sign_up(ann)
    assert ann.cookie.value != old
    eve = person()
    eve.client.set_cookie("vroum", old)
    assert "You are the host" not in eve.get(f"/{code}").text
    assert eve.form(f"/{code}/lock").status == 403


def test_the_language_stays_whoever_one_is(ann):
    with ann.client.session_transaction() as session:
        session["language"] = "fr"
    sign_up(ann)
    ann.form("/log-out")
    with ann.client.session_transaction() as session:
        assert dict(session) == {"language": "fr", "_permanent": True}


def test_log_out_leaves_nothing_on_this_device_and_all_on_the_other(ann, phone, code):
    sign_up(ann)
    log_in(phone)
    assert phone.form("/log-out").place == "/"
    assert not phone.client._cookies
    assert "You are the host" in ann.get(f"/{code}").text
    assert ann.get("/log-out").place == "/log-in"


@pytest.mark.parametrize(("name", "password"), [("Ann", "wrong wrong"), ("Nobody", PASSWORD)])
def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(ann, phone, name, password):
    sign_up(ann)
    answer = log_in(phone, name, password)
    assert answer.status == 403 and "Set-Cookie" not in answer.headers
    assert "This name and this password do not belong together." in answer.text
    assert password not in answer.body.decode()
    assert answer.tree.first(id="name").attrs["value"] == name


def test_they_take_the_same_time(ann, phone, world):
    sign_up(ann)
    took = {"Ann": [], "Nobody": []}
    for _ in range(7):
        for name in took:
            world.later(60)
            began = time.perf_counter()
            log_in(phone, name, "wrong wrong")
            took[name].append(time.perf_counter() - began)
    known, unknown = (min(times) for times in took.values())  # the quietest moments
    assert known == pytest.approx(unknown, rel=0.15)


def test_the_hash_of_nobody_is_like_everybodys(ann, world):
    sign_up(ann)
    (key,) = world.house.store.keys("accounts/")
    hashed = world.house.store.get(key)[0]["password"]
    assert hashed.split("$")[0] == accounts.NOBODY.split("$")[0] == accounts.METHOD
    assert len(hashed.split("$")[2]) == len(accounts.NOBODY.split("$")[2])


@pytest.mark.parametrize("typed", ["ANN", " ann ", "Ａnn"])
def test_the_name_to_log_in_with_may_be_typed_carelessly(ann, phone, typed):
    sign_up(ann)
    assert log_in(phone, typed).place == "/"


def test_a_password_is_the_same_from_every_keyboard(ann, phone):
    sign_up(ann, password="cafe\u0301 cafe\u0301")
    assert log_in(phone, password="caf\xe9 caf\xe9").place == "/"


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("", PASSWORD, "Please type a name."),
        ("x" * 21, PASSWORD, "20 characters at most"),
        ("Ann", "short", "8 characters or more"),
        ("Ann", "", "8 characters or more"),
    ],
)
def test_what_nobody_can_sign_up_with_is_refused_beside_the_form(
    phone, world, name, password, sentence
):
    answer = sign_up(phone, name, password)
    assert answer.status in (400, 409) and sentence in answer.text
    assert "Sign up" in answer.text and not world.house.store.keys("accounts/")


def test_there_is_one_account_of_a_name(ann, bob):
    sign_up(ann)
    answer = sign_up(bob, "ann", "another password")
    assert answer.status == 409 and "There is already an account called ann." in answer.text
    assert "Log in" in bob.get("/log-in").text


def test_pressing_twice_is_pressing_once(ann, phone, code, world):
    sign_up(ann)
    assert sign_up(phone).place == "/" and len(world.house.store.keys("accounts/")) == 1
    assert "You are the host" in phone.get(f"/{code}").text


def test_signing_up_is_no_quicker_way_to_guess(ann, phone):
    sign_up(ann)
    said = [sign_up(phone, password=f"a wrong guess {n}") for n in range(11)]
    assert [answer.status for answer in said] == [409] * 10 + [429]


def test_guessing_is_slow_and_locks_nobody_else_out(ann, person, world):
    sign_up(ann)
    eve = person(script=False)
    where = {"REMOTE_ADDR": "192.0.2.7"}
    how = {"data": {"name": "Ann", "password": "a wrong guess"}, "environ_overrides": where}
    headers = {"Sec-Fetch-Site": "same-origin"}
    for _ in range(int(limits.LOG_INS.burst)):
        assert eve.ask("POST", "/log-in", headers=headers, **how).status == 403
    answer = eve.ask("POST", "/log-in", headers=headers, **how)
    assert answer.status == 429 and int(answer.headers["Retry-After"]) > 20
    assert "Not so fast." in answer.text
    assert log_in(person(script=False)).place == "/"


def test_another_sites_page_logs_nobody_in(ann, phone):
    sign_up(ann)
    answer = phone.ask("POST", "/log-in", data={"name": "Ann", "password": PASSWORD})
    assert answer.status == 403 and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example/KXQP/x", "x"])
def test_after_logging_in_nobody_is_sent_off_the_site(ann, phone, next):
    sign_up(ann)
    assert log_in(phone, next=next).place == "/"


def test_a_new_name_is_the_accounts_and_the_old_one_logs_in(ann, phone):
    sign_up(ann)
    ann.enter("Queen Ann")
    assert log_in(phone, "Queen Ann").status == 403
    log_in(phone)
    assert "Hello, Queen Ann!" in phone.get("/").text


def test_what_was_played_is_listed_and_outlives_the_room(ann, phone, bob, code, his, world):
    sign_up(ann)
    assert "What you play from now on" in ann.get("/log-in").text
    finish(world, code, "p2", "p1")
    cells = [cell.text for cell in ann.get("/log-in").tree.all(tag="td")]
    assert cells == ["Buzzer", code, "2 of 2", "2"]
    world.house.accounts.keep(world.house.rooms.all_results())
    world.house.rooms.close(code)
    world.house.store.change(f"results/{code}", lambda _: None)
    log_in(phone)
    assert code in phone.get("/log-in").text


def test_what_a_guest_played_goes_to_the_account_even_when_the_room_is_closed(ann, code, world):
    finish(world, code, "p1")
    world.house.rooms.close(code)
    sign_up(ann)
    assert code in ann.get("/log-in").text


def test_an_account_remembers_the_last_hundred_rooms(ann, world):
    sign_up(ann)
    (key,) = world.house.store.keys("accounts/")
    account = accounts.load(world.house.store.get(key)[0])
    for n in range(accounts.KEPT + 5):
        accounts._write_down(f"{n:04}", accounts.Played("Buzzer", 1, 2, 3.0), account)
    assert len(account.played) == accounts.KEPT and "0004" not in account.played


def test_forget_me_deletes_the_account(ann, phone, world):
    sign_up(ann)
    ann.form("/forget")
    assert not world.house.store.keys("accounts/")
    assert log_in(phone).status == 403
    assert sign_up(ann).place == "/"


def test_logged_in_elsewhere_when_the_account_goes_one_is_a_guest(ann, phone, world):
    sign_up(ann)
    log_in(phone)
    ann.form("/forget")
    assert "Log in" in phone.get("/log-in").text and "Hello, Ann!" in phone.get("/").text


def test_what_is_saved_tells_no_password_and_no_file_tells_a_name(ann, world):
    sign_up(ann)
    (key,) = world.house.store.keys("accounts/")
    assert key == f"accounts/{key_of('Ann')}" and "ann" not in key.lower()
    assert PASSWORD not in str(world.house.store.get(key))


def test_a_broken_edit_of_an_account_changes_nothing(ann, phone, world, tmp_path):
    sign_up(ann)
    (file,) = (tmp_path / "data/accounts").glob("*.json")
    file.write_text(file.read_text().replace('"name"', '"nme"'))
    assert log_in(phone).place == "/"
