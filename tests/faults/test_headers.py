"""Headers: every answer guards the page, and says each thing once."""

import http.client
from urllib.parse import urlencode

import pytest

from myapp import asset
from tests.live.crowd import Visitor

POLICY = {
    "Content-Security-Policy": ["default-src 'self'", "object-src 'none'", "base-uri 'none'"],
    "X-Content-Type-Options": ["nosniff"],
    "Referrer-Policy": ["same-origin"],
    "Permissions-Policy": ["camera=()", "microphone=()", "geolocation=()"],
    "Cross-Origin-Opener-Policy": ["same-origin"],
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KINDS = {
    "page": ("GET", "/{}", {}, 200),
    "home": ("GET", "/", {}, 200),
    "screen": ("GET", "/{}?view=screen", {}, 200),
    "stream": (
        "GET",
        "/{}/live?" + urlencode({"datastar": '{"tab":"a"}'}),
        {"Datastar-Request": "1"},
        200,
    ),
    "picture": ("GET", "/{}/qr.svg", {}, 200),
    "done": ("POST", "/{}/lock", FORM, 303),
    "done in a page": ("POST", "/{}/lock", {**FORM, "Datastar-Request": "1"}, 204),
    "refusal in a page": ("POST", "/{}/start", {**FORM, "Datastar-Request": "1"}, 200),
    "refusal": ("POST", "/{}/start", FORM, 409),
    "stranger": ("POST", "/ZZZZ/start", FORM, 404),
    "elsewhere": ("POST", "/{}/lock", {**FORM, "Sec-Fetch-Site": "cross-site"}, 403),
    "nothing here": ("GET", "/nothing/here", {}, 404),
    "method": ("PUT", "/{}", {}, 405),
    "kind": ("POST", "/{}/lock", {"Content-Type": "text/plain"}, 415),
    "health": ("GET", "/healthz", {}, 200),
    "figures": ("GET", "/metrics", {}, 404),
}


def headers_of(person, method, path, headers):
    """The status and all headers, each as often as it was sent."""
    line = http.client.HTTPConnection(
        "127.0.0.1", person.server.port, timeout=10, source_address=(person.address, 0)
    )
    try:
        line.request(method, path, "" if method == "POST" else None, {**person.headers, **headers})
        answer = line.getresponse()
        return answer.status, [(name.lower(), value) for name, value in answer.getheaders()]
    finally:
        line.close()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_guards_the_page_and_says_it_once(ann, code, kind):
    method, path, headers, wanted = KINDS[kind]
    status, said = headers_of(ann, method, path.format(code), headers)
    assert status == wanted
    names = [name for name, _ in said if name not in ("set-cookie", "vary")]
    assert len(names) == len(set(names)), f"twice: {said}"
    for name, words in POLICY.items():
        value = dict(said).get(name.lower(), "")
        assert not [word for word in words if word not in value], f"{name}: {value!r}"
    assert "unsafe-inline" not in str(said) and "access-control-allow-origin" not in names
    assert "no-store" in dict(said)["cache-control"] or kind == "picture"
    assert dict(said)["server"] == "nginx", "no version is told"


def test_too_many_and_too_much_are_answered_as_carefully(visit):
    ann = visit("Ann")
    seen = {}
    for _ in range(60):
        status, said = headers_of(ann, "POST", "/rooms?", FORM)
        seen[status] = dict(said)
    assert "retry-after" in seen[429] and "content-security-policy" in seen[429]
    status, _, _ = ann.ask("POST", "/enter", "a" * 17_000, FORM)
    assert status == 413


@pytest.mark.parametrize(
    "path",
    [
        asset("vroum.css"),
        asset("vendor/vroum.js"),
        "/static/icon.svg",
        "/static/0123456789ab/icon.svg",
    ],
)
def test_static_files_are_kept_and_not_sniffed(server, path):
    visitor = Visitor(server, "Ann")
    status, said = headers_of(visitor, "GET", path, {})
    assert status == 200 and dict(said)["x-content-type-options"] == "nosniff"
    kept = dict(said)["cache-control"]
    assert kept == ("no-cache" if "icon" in path else "public, max-age=31536000, immutable")
    names = [name for name, _ in said]
    assert len(names) == len(set(names))


def test_a_page_in_nobodys_frame_and_no_place_is_told_to_others(server, ann, code):
    _, said = headers_of(ann, "GET", f"/{code}", {})
    policy = dict(said)["content-security-policy"]
    assert "frame-ancestors" in policy and "form-action 'self'" in policy and "http:" not in policy
    _, said = headers_of(ann, "GET", "/healthz", {"Origin": "http://evil.example"})
    assert not [name for name, _ in said if name.startswith("access-control")]
