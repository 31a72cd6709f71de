"""Two workers, which must be as one; and what becomes of people when one is frozen or killed."""

import os
import signal
import time

import pytest

from myapp.games.buzzer import ANTICIPATION, CAP, SLACK
from myapp.limits import COMMANDS
from tests.conftest import wait_for
from tests.live.crowd import DONE, Visitor

ELSEWHERE = ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost:{port}", "127.0.0.1:{port}1"]
SHORT, LONG = 1, 200_000  # microseconds that somebody claims their line takes


@pytest.fixture(params=["gunicorn", "behind nginx", "redis behind nginx"])
def server(request, serve):
    where = request.param
    return serve(nginx="nginx" in where, redis="redis" in where, WEB_CONCURRENCY="2")


@pytest.fixture
def people(server):
    return Visitor(server, "Ann"), Visitor(server, "Bob")


@pytest.fixture
def code(people):
    """A room with Ann and Bob in it."""
    ann, bob = people
    code = ann.opens_room()
    bob.does(f"/{code}/join")
    return code


def start_and_go(server, ann, code, pages):
    """A round begins, and its GO is brought forward in the file."""
    ann.does(f"/{code}/start")
    wait_for(lambda: all("Wait for it" in page.reads() for page in pages))

    def now(doc):
        doc["state"]["until"] = doc["clock"]["at"] + time.time() - doc["clock"]["since"]

    server.edit(f"rooms/{code}", now)
    wait_for(lambda: all("GO!" in page.reads() for page in pages))
    time.sleep(ANTICIPATION * 1.5)  # nobody reacts faster than that, by the rules


def test_players_on_different_workers_see_each_other_play(server, people, code, crowd):
    ann, bob = people
    pages = ann_page, bob_page = crowd.on_both(people, f"/{code}")
    start_and_go(server, ann, code, pages)

    bob.does(f"/{code}/play/buzz", round=1, reaction=140)

    wait_for(lambda: all("1 point" in page.row("Bob") for page in pages))
    assert ann_page.html["room"] == bob_page.html["room"]
    assert {ann_page.worker, bob_page.worker} == set(server.workers)
    assert not ann_page.ends and not bob_page.ends


def test_a_form_that_comes_from_elsewhere_is_refused_whatever_it_claims(server, people, code):
    ann, _ = people
    before = server.text(f"rooms/{code}")
    for host in ELSEWHERE:
        host = host.format(port=server.port)
        claims = {"X-Forwarded-Host": host, "X-Forwarded-Port": host.rpartition(":")[2]}
        assert ann.post(f"/{code}/lock", {"Origin": f"http://{host}", **claims})[0] == 403, host
    https = {"Origin": server.url.replace("http", "https"), "X-Forwarded-Proto": "https"}
    assert ann.post(f"/{code}/lock", https)[0] == 403
    assert ann.post(f"/{code}/lock", {"Origin": "null"})[0] == 403
    for site in ("cross-site", "same-site", "none"):
        assert ann.post(f"/{code}/lock", {"Sec-Fetch-Site": site})[0] == 403, site
    assert server.text(f"rooms/{code}") == before

    assert ann.post(f"/{code}/lock")[0] == DONE
    assert server.document(f"rooms/{code}")["door"]["locked"]


def test_what_people_claim_of_their_own_line_changes_nothing(server, people, code, crowd):
    ann, bob = people
    start_and_go(server, ann, code, [crowd.looks(ann, f"/{code}")])

    for player, claim in ((ann, SHORT), (bob, LONG)):
        claims = {"X-Tcpinfo-Rtt": str(claim), "X-Forwarded-For": "10.1.2.3"}
        assert player.post(f"/{code}/play/buzz", claims, round=1, reaction=140)[0] == DONE

    rows = server.document(f"rooms/{code}")["state"]["rows"]
    assert len(rows) == 2
    for row in rows:
        if server.nginx:  # measured by the kernel, on loopback
            assert SLACK + SHORT / 1e6 < row["allowance"] < SLACK + LONG / 1e6
        else:  # measured by nobody
            assert row["allowance"] == CAP
    _, headers, _ = ann.post("/enter", {"X-Forwarded-Proto": "https"}, name="Ann")
    assert headers["Set-Cookie"].startswith("vroum=") and "Secure" not in headers["Set-Cookie"]
    if server.nginx:
        log = (server.folder / "run/access.log").read_text()
        assert "10.1.2.3" not in log and code not in log


def test_clicking_too_much_is_refused_by_address_whatever_one_claims(serve):
    server = serve(nginx=True)
    ann, bob = Visitor(server, "Ann"), Visitor(server, "Bob", "127.0.0.2")
    claims = ({"X-Forwarded-For": f"10.1.{n // 250}.{n % 250}"} for n in range(1000))

    wait_for(lambda: ann.post("/enter", next(claims), name="Ann")[0] == 429)

    assert bob.post("/enter", name="Bob")[0] == DONE


@pytest.mark.parametrize("server", ["behind nginx", "redis behind nginx"], indirect=True)
def test_while_a_worker_is_frozen_the_others_players_go_on(server, people, code, crowd):
    _, bob = people
    ann_page, bob_page = crowd.on_both(people, f"/{code}")
    frozen = bob_page.worker
    os.kill(frozen, signal.SIGSTOP)
    try:
        for verb, status in (("start", "Wait for it"), ("pause", "Paused"), ("resume", "Wait for")):
            bob.does(f"/{code}/{verb}")
            wait_for(lambda status=status: status in ann_page.reads())
        assert "Wait" not in bob_page.reads()
    finally:
        os.kill(frozen, signal.SIGCONT)
    wait_for(lambda: "Wait for it" in bob_page.reads())
    assert not ann_page.ends and not bob_page.ends


@pytest.mark.parametrize("server", ["behind nginx", "redis behind nginx"], indirect=True)
def test_players_of_a_killed_worker_come_back_and_the_others_notice_nothing(
    server, people, code, crowd
):
    _, bob = people
    ann_page, bob_page = crowd.on_both(people, f"/{code}")
    killed = bob_page.worker
    documents = {*server.keys("presence")}

    os.kill(killed, signal.SIGKILL)

    wait_for(lambda: bob_page.ends and bob_page.live)
    # On Redis the lease of one who was killed runs out, and its document names Bob until then.
    wait_for(lambda: bob_page.worker not in (None, killed))
    wait_for(lambda: killed not in server.workers and len(server.workers) == 2)
    wait_for(lambda: len(documents - {*server.keys("presence")}) == 1)
    lines = [line for key in server.keys("presence") for line in server.document(key)["lines"]]
    assert {ann_page.tab, bob_page.tab} <= {tab for _, tab, *_ in lines}
    bob.does(f"/{code}/start")
    for page in (ann_page, bob_page):
        wait_for(lambda page=page: "Wait for it" in page.reads())
        assert page.row("Bob") and "away" not in page.row("Bob")
    assert not ann_page.ends


ONE_OF_EACH = pytest.mark.parametrize(
    "server", ["behind nginx", "redis behind nginx"], indirect=True
)


@ONE_OF_EACH
def test_two_who_wait_on_different_workers_are_matched(server, people, crowd):
    ann, bob = people
    pages = crowd.on_both(people, "/")
    ann.post("/queue/buzzer")
    wait_for(lambda: "You are number 1 of 1" in pages[0].reads("mine"))
    assert len({page.worker for page in pages}) == 2

    place = bob.does("/queue/buzzer")

    wait_for(lambda: place in pages[0].says)
    assert [p["name"] for p in server.document(f"rooms/{place[-4:]}")["people"]] == ["Ann", "Bob"]


@ONE_OF_EACH
def test_of_too_many_tabs_the_oldest_rests_on_whichever_worker_they_are(server, people, crowd):
    ann, _ = people
    tabs = [crowd.looks(ann, "/") for _ in range(3)]
    while len({wait_for(lambda tab=tab: tab.worker) for tab in tabs}) < 2:
        crowd.closes(tabs.pop())
        tabs.append(crowd.looks(ann, "/"))
    crowd.looks(ann, "/")
    wait_for(lambda: "_elsewhere" in tabs[0].says)
    assert not any("_elsewhere" in tab.says for tab in tabs[1:])


@ONE_OF_EACH
def test_whoever_is_removed_is_out_on_every_worker(server, people, code, crowd):
    ann, bob = people
    pages = crowd.on_both(people, f"/{code}")
    ann.does(f"/{code}/remove", player=bob.in_room(code)["key"])
    wait_for(lambda: "You were removed" in pages[1].reads("me") + pages[1].reads())
    seen = [bob.post(f"/{code}/join") for _ in range(12)]  # by both workers, one of these days
    assert {status for status, _, _ in seen} == {403}
    assert all("removed you" in text for _, _, text in seen)


@ONE_OF_EACH
def test_a_limit_is_one_limit_however_many_workers_there_are(people, code):
    ann, _ = people
    began = time.monotonic()
    seen = [ann.post(f"/{code}/lock")[0] for _ in range(80)]
    most = COMMANDS.burst + COMMANDS.rate * (time.monotonic() - began)
    assert set(seen) == {DONE, 429}
    assert COMMANDS.burst - 5 <= seen.count(DONE) <= most + 1


@ONE_OF_EACH
def test_an_account_made_on_one_worker_opens_on_every_other(server, people):
    ann, _ = people
    ann.does("/sign-up", name="Ann", password="correct horse battery")
    for n in range(6):
        phone = Visitor(server, f"Phone {n}")
        phone.does("/log-in", name="Ann", password="correct horse battery")
