"""The site: nginx's part of what visitors and strangers get."""

import re

import pytest

from tests.conftest import wait_for
from tests.deploy.debian import DEFAULT_SITE

CODE, TYPED, COOKIE, FROM = "KXQP", "planted-signal", "planted-cookie", "planted-referrer"


@pytest.fixture
def site(machine):
    """A machine on which Vroum's site is https://localhost."""
    if not (machine.root / "srv/vroum/current").exists():
        machine.installs("1.0")
    return machine


def test_nginx_accepts_the_site_alone_and_beside_debians(site):
    default = site.root / "etc/nginx/sites-enabled/default"
    for others in (True, False):
        default.write_text(DEFAULT_SITE) if others else default.unlink()
        said = site.shell("nginx -t")
        assert said.returncode == 0, said.stdout
    default.write_text(DEFAULT_SITE)


def test_it_answers_to_its_own_name_only(site):
    (site.root / "var/www/html/index.html").write_text("Debian's page")
    assert site.asks("/healthz")[2] == "ok 1.0\n"
    assert site.asks("/", host="other.example", tls=False)[2] == "Debian's page"
    assert site.asks("/healthz", host="other.example")[0] == 421


def test_plain_http_leads_to_tls_and_renews_the_certificate(site):
    status, headers, _ = site.asks("/KXQP?view=screen", tls=False)
    assert (status, headers["Location"]) == (301, "https://localhost/KXQP?view=screen")
    assert "Strict-Transport-Security" not in headers
    token = site.root / "var/www/vroum/.well-known/acme-challenge/token"
    token.parent.mkdir(parents=True, exist_ok=True)
    token.write_text("proof")
    assert site.asks("/.well-known/acme-challenge/token", tls=False)[2] == "proof"


@pytest.mark.parametrize(
    "path", ["/", "/static/vroum.css", "/static/0123456789ab/vroum.css", "/nowhere"]
)
def test_every_answer_over_tls_says_once_to_stay_with_tls(site, path):
    answer = site.types(f"curl -sSi 'https://localhost{path}'").lower()
    assert answer.count("strict-transport-security: max-age=31536000") == 1
    assert answer.count("x-content-type-options: nosniff") == 1
    assert answer.count("cache-control:") == 1
    assert re.search(r"^server: nginx\r?$", answer, re.MULTILINE), (
        "the version is nobody's business"
    )


def test_static_files_are_small_and_kept_and_nothing_else_is_given_away(site):
    link = re.search(r"/static/\w+/vroum.css", site.asks("/")[2])[0]
    assert (site.root / "srv/vroum/current" / link[1:]).exists(), "nginx would have to ask Vroum"
    older = "/static/0123456789ab/vroum.css"
    for path, lasting in {link: "public, max-age=31536000, immutable", older: "no-cache"}.items():
        status, headers, _ = site.asks(path, **{"Accept-Encoding": "gzip"})
        assert status == 200
        assert headers["Cache-Control"] == lasting
        assert headers["Content-Encoding"] == "gzip"
    for path in ("/static../wsgi.py", "/static/../wsgi.py", "/wsgi.py", "/deploy/nginx.conf"):
        assert site.asks(path)[0] in (400, 404), path


def test_what_is_too_big_or_too_old_is_refused(site):
    big = site.types("head -c 17000 /dev/zero | curl -sS --data-binary @- https://localhost/enter")
    assert "413" in big
    for version, wanted in {"1.0": False, "1.1": False, "1.2": True, "1.3": True}.items():
        limit = f"--tlsv{version} --tls-max {version} --ciphers DEFAULT@SECLEVEL=0"
        done = site.shell(f"curl -sS {limit} https://localhost/healthz")
        assert (done.returncode == 0) == wanted, f"TLS {version}: {done.stdout}"


def plant(site):
    """Requests with something private wherever there can be something."""
    query = f"/{CODE}/live?datastar=%7B%22name%22%3A%22{TYPED}%22%7D"
    paths = [query, f"/{CODE.lower()}?next={TYPED}", f"/{CODE},", f"/{CODE}/{'x' * 9000}"]
    for path in paths:
        site.asks(path, Cookie=f"session={COOKIE}", Referer=f"https://localhost/{FROM}")
    return len(paths)


def test_the_log_has_every_request_and_nothing_private_even_when_vroum_is_away(site):
    log = site.root / "var/log/nginx/vroum.log"
    errors = site.root / "var/log/nginx/vroum-error.log"
    before = lines(log)
    made = plant(site)
    site.types("systemctl stop vroum.socket vroum.service")
    made += plant(site)
    status, headers, text = site.asks("/")
    assert (status, headers["Retry-After"]) == (503, "2")
    assert "tries again by itself" in text
    site.types("systemctl start vroum.socket vroum.service")
    assert site.asks("/healthz")[0] == 200
    wait_for(lambda: lines(log) == before + made + 2)
    said = log.read_text() + errors.read_text()
    assert "GET /<room>/live" in said
    assert "GET <other>" in said
    assert not [word for word in (CODE, TYPED, COOKIE, FROM) if word.lower() in said.lower()]


def test_that_search_would_find_something_in_a_talkative_log(site):
    own = site.root / "etc/nginx/sites-available/vroum"
    words = own.read_text()
    try:
        own.write_text(words.replace("error.log emerg", "error.log crit"))
        site.types("systemctl reload nginx; systemctl stop vroum.socket vroum.service")
        errors = site.root / "var/log/nginx/vroum-error.log"
        wait_for(lambda: plant(site) and TYPED in errors.read_text())
        assert CODE in errors.read_text()
    finally:
        own.write_text(words)
        site.types("systemctl reload nginx; systemctl start vroum.socket vroum.service")
        assert site.asks("/healthz")[0] == 200


def lines(log):
    return log.read_text().count("\n")
