"""Two workers behind nginx, and one worker that is frozen or killed."""

import os
import secrets
import signal
import time

import pytest

from tests.conftest import wait_for
from tests.live.crowd import DONE, Visitor, document, edit

CAP = 0.350  # the most that a line is ever believed to take
STRANGERS = ("evil.example", "127.0.0.1", "127.0.0.1:1", "localhost:{port}", "127.0.0.1:{port}1")


@pytest.fixture(params=[False, True], ids=["gunicorn", "behind nginx"])
def server(request, serve):
    return serve(nginx=request.param, WEB_CONCURRENCY="2")


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


def test_players_on_different_workers_see_each_other_play(server, people, code, crowd):
    ann, bob = people
    pages = ann_page, bob_page = crowd.on_both(people, f"/{code}")
    assert {ann_page.worker, bob_page.worker} == set(server.workers)

    ann.does(f"/{code}/start")
    wait_for(lambda: all("Wait for it" in page.reads() for page in pages))
    bring_go_forward(server, code)
    wait_for(lambda: all("GO!" in page.reads() for page in pages))
    time.sleep(0.15)  # nobody reacts faster than a tenth of a second
    bob.does(f"/{code}/play/buzz", round=1, reaction=140)

    wait_for(lambda: all("1 points" in page.row("Bob") for page in pages))
    assert ann_page.html["room"] == bob_page.html["room"]
    assert {ann_page.worker, bob_page.worker} == set(server.workers)


def test_a_form_from_elsewhere_is_refused_whatever_else_it_says(server, people, code):
    ann, _ = people
    before = server.file(code).read_bytes()
    for host in STRANGERS:
        origin = "http://" + host.format(port=server.port)
        forged = {"Origin": origin, "X-Forwarded-Host": origin.removeprefix("http://")}
        forged |= {"X-Forwarded-Port": "1", "X-Forwarded-Proto": "http", "Host": ann_host(server)}
        assert ann.post(f"/{code}/lock", forged)[0] == 403, origin
    https = {"Origin": f"https://127.0.0.1:{server.port}", "X-Forwarded-Proto": "https"}
    assert ann.post(f"/{code}/lock", https)[0] == 403
    for site in ("cross-site", "same-site", "none"):
        assert ann.post(f"/{code}/lock", {"Sec-Fetch-Site": site})[0] == 403, site
    headers = ann.headers
    ann.headers = {"Cookie": headers["Cookie"]}
    assert ann.post(f"/{code}/lock")[0] == 403
    assert server.file(code).read_bytes() == before

    ann.headers = headers
    assert ann.post(f"/{code}/lock")[0] == DONE


def ann_host(server):
    return f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("claim", ["1", "10000000"], ids=["a short line", "a long line"])
def test_a_claim_about_ones_own_line_changes_nothing(server, people, code, crowd, claim):
    ann, bob = people
    page = crowd.looks(ann, f"/{code}")
    forged = {"X-Tcpinfo-Rtt": claim, "X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "https"}
    ann.does(f"/{code}/start")
    bring_go_forward(server, code)
    wait_for(lambda: "GO!" in page.reads())
    time.sleep(0.15)

    assert bob.post(f"/{code}/play/buzz", forged, round=1, reaction=1)[0] == DONE
    assert ann.post(f"/{code}/play/buzz", round=1, reaction=1)[0] == DONE

    rows = document(server.file(code))["state"]["rows"]
    forged_row, honest_row = sorted(rows, key=lambda row: row["player"], reverse=True)
