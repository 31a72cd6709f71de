"""Whose request it is: what does not come from a page of ours is refused."""

import pytest

from tests.story.people import SAME

STRANGE = [
    {},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "https://localhost"},
    {"Origin": "http://sub.localhost"},
    {"Origin": "http://["},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "http://localhost, http://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Referer": "http://localhost/"},
]


def test_what_no_page_of_ours_sent_is_refused(ask):
    for headers in STRANGE:
        ask(403, "lock", headers=headers)
        ask(403, "lock", headers=headers, json={})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_whatever_the_method(ann, code, method):
    assert ann.ask(method, f"/{code}/lock").status == 403
    if method != "POST":
        assert ann.ask(method, f"/{code}/lock", headers=SAME).status == 405


def test_a_page_on_plain_http_is_known_by_its_scheme_host_and_port(ann, code, world):
    ann.client.set_cookie("vroum", ann.cookie.value, domain="192.168.1.5")

    def lock(origin):
        base, headers = "http://192.168.1.5:8000", {"Origin": origin}
        return ann.client.post(f"/{code}/lock", base_url=base, headers=headers).status_code

    assert lock("http://192.168.1.5") == 403
    assert lock("http://192.168.1.5:8001") == 403
    assert lock("http://192.168.1.5:8000") == 303
    assert world.document(code)["door"]["locked"]


def test_another_site_gets_no_stream(person, code):
    visitor = person()
    for path in ("/live", f"/{code}/live"):
        assert visitor.ask("GET", path, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
