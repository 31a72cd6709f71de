"""The wire: requests that no browser sends, and files that no page asks for."""

import pytest

from tests.faults.lines import connect, say

OK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

BROKEN = {
    "both lengths": b"POST /enter HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + OK,
    "two lengths": b"POST /enter HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
    b"Content-Length: 30\r\n\r\nabc" + OK,
    "a length below nothing": b"POST /enter HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a length beyond everything": b"POST /enter HTTP/1.1\r\nHost: x\r\nContent-Length: "
    + b"9" * 30
    + b"\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nHost: a b/../\\\r\n\r\n",
    "a NUL in the path": b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nCookie: vroum=\0\r\n\r\n",
    "a header of 40 KB": b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a newer HTTP": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a coding nobody knows": b"POST /enter HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: rot13\r\n\r\n",
    "a chunk that is no number": b"POST /enter HTTP/1.1\r\nHost: x\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("request_", BROKEN.values(), ids=BROKEN)
def test_a_request_that_is_none_gets_one_refusal(server, request_):
    status, heard = say(server, request_)
    assert (400 <= status < 600 and status not in (500, 502)) or not heard
    assert heard.count(b"HTTP/1.1 ") <= 1 and b"ok " not in heard.splitlines()[-1:]


def test_half_a_request_keeps_nobody_waiting(server, ann):
    lines = [connect(server) for _ in range(50)]
    for line in lines:
        line.sendall(b"POST /enter HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nname=")
    assert ann.ask("GET", "/")[0] == 200
    for line in lines:
        line.close()


SECRETS = [
    "/data/secret-key",
    "/static/../data/secret-key",
    "/static/%2e%2e/data/secret-key",
    "/static//../data/secret-key",
    "/static/..%2fdata/secret-key",
    "/static../data/secret-key",
    "/static/..%5cdata/secret-key",
    "/run/gunicorn.pid",
    "/nginx.conf",
    "/deploy/nginx.conf",
    "/.env",
    "/wsgi.py",
    "/static/",
    "/static/%00",
    "/static/vendor/",
    "/static/..",
    "//data/secret-key",
    "/./data/secret-key",
    "/static/./../../data/secret-key",
]


@pytest.mark.parametrize("path", SECRETS)
def test_no_address_leads_to_a_file_beside_the_pages(server, path):
    key = server.data / "secret-key"
    key.write_text("the key itself")
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    status, heard = say(server, request)
    assert 400 <= status < 500 or status in (301, 308)
    assert key.read_bytes() not in heard and b"worker_processes" not in heard


@pytest.mark.parametrize("kind", ["", "; boundary=", "; boundary=" + "x" * 200, "; boundary=a"])
def test_a_form_in_parts_that_make_no_sense_is_refused(ann, code, kind):
    for body in (
        b"",
        b"--a\r\n" * 3000,
        b"--a\r\nContent-Disposition: form-data; name=\xff\r\n\r\n",
    ):
        status, _, _ = ann.ask(
            "POST", "/enter", body, {"Content-Type": "multipart/form-data" + kind}
        )
        assert status in (400, 413)


def test_a_form_of_a_thousand_fields_is_a_form(ann, code):
    body = "&".join(f"f{n}=1" for n in range(1200))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, _ = ann.ask("POST", f"/{code}/play/buzz", body, form)
    assert status in (400, 413)


@pytest.mark.parametrize("path", ["/{}/live", "/live", "/{}", "/", "/{}/qr.svg", "/healthz"])
def test_asking_for_the_headers_alone_ends_at_once(ann, code, path):
    status, _, text = ann.ask("HEAD", path.format(code))
    assert status in (200, 204) and not text
