"""The doctor looks through nginx as players do, and compares what it sees with what is behind."""

import re
import shutil
import subprocess

import pytest

from myapp.cli import front
from myapp.cli.site import Site
from myapp.cli.verdict import Wrong
from tests.cli.conftest import Operator
from tests.conftest import ROOT, free_port, wait_for

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")


# As nginx does by itself; of chunks, which come by HTTP/1.1, it holds nothing back.
BUFFERING = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering; proxy_http_version 1.0"


class Front:
    """An nginx of the test's own before a server: deploy/locations.conf with some lines changed."""

    def __init__(self, folder, server, changes, listen, tls=""):
        self.port, self.plain = free_port(), free_port()
        folder.mkdir()
        (folder / "static").symlink_to(ROOT / "static")
        (folder / "deploy").mkdir()
        for name in ("http.conf", "locations.conf"):
            text = (ROOT / "deploy" / name).read_text()
            for old, new in changes.items():
                text = re.sub(old, new, text)
            (folder / "deploy" / name).write_text(text)
        text = (ROOT / "nginx.conf").read_text()
        text = text.replace("unix:run/vroum.sock", f"127.0.0.1:{server.port}")
        listen = f"listen 127.0.0.1:{self.port} {listen}; {tls}"
        text = text.replace("include run/listen.conf;", listen)
        place = f"https://127.0.0.1:{self.port}/"
        back = f"server {{ listen 127.0.0.1:{self.plain}; return 301 {place}; }}"
        text = re.sub(r"\n    server \{", f"\n    {back}\n    server {{", text, count=1)
        (folder / "nginx.conf").write_text(text)
        (folder / "run").mkdir()
        user = "user root; " if subprocess.getoutput("id -u") == "0" else ""
        more = ["-g", f"daemon off; {user}"]
        self.process = subprocess.Popen(
            [NGINX, "-p", f"{folder}/", "-c", "nginx.conf", "-e", "run/error.log", *more]
        )
        wait_for(self._listens)

    def _listens(self):
        assert self.process.poll() is None
        try:
            Site("http", "127.0.0.1", self.plain, "x").ask("GET", "/")
        except OSError:
            return False
        return True

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def nginx(tmp_path, serve):
    """`nginx({"old line": "new line"}, listen="ssl http2")`: before a server that trusts it."""
    fronts = []

    def start(changes=(), listen="", tls=""):
        server = serve(MYAPP_TRUSTED_PROXIES="127.0.0.1")
        folder = tmp_path / f"nginx{len(fronts)}"
        fronts.append(Front(folder, server, dict(changes), listen, tls))
        env = {"HOST": "127.0.0.1", "PORT": str(server.port)}
        fronts[-1].operator = Operator(tmp_path, server.data, **env)
        return fronts[-1]

    yield start
    for one in fronts:
        one.stop()


@pytest.fixture
def tls(tmp_path):
    """nginx's lines for a certificate that nobody has signed."""
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext"
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"]
    subprocess.run([*command.split(), names, *files], check=True, capture_output=True)
    return f"ssl_certificate {tmp_path}/cert.pem; ssl_certificate_key {tmp_path}/key.pem;"


def test_what_make_serve_starts_is_well(serve):
    server = serve(nginx=True)
    socket = f"unix:{server.folder}/run/vroum.sock"
    operator = Operator(server.folder, server.data, MYAPP_BIND=socket)
    said = operator.types("doctor", "--url", server.url)
    assert said.status == 0, said
    assert "release development" in said.line("address")
    assert re.search(
        r"first event after \d+ ms, a beat after 1\d\.\d s; past nginx \d+ ms and 1\d\.\d s",
        said.line("streaming"),
    )
    assert "kept for 365 days" in said.line("static files")
    assert "one from elsewhere is refused" in said.line("forms")


def test_an_nginx_that_buffers_or_forgets_is_found_out(nginx):
    front = nginx(
        {
            "proxy_buffering off": BUFFERING,
            r"Host \$http_host": "Host $host",
            r"try_files \$uri @static": "try_files $uri =404",
        }
    )
    said = front.operator.types("doctor", "--url", f"http://127.0.0.1:{front.port}")
    assert said.status == 1
    line = said.line("streaming")
    assert line.startswith("WRONG") and "proxy_buffering off" in line, line
    assert re.search(r"past nginx it took \d+ ms", line)
    assert said.line("forms").startswith("WRONG") and "$http_host" in said.line("forms")
    assert said.line("static files").startswith("WRONG")
    assert said.out.endswith("3 things to mend.\n")


def test_an_nginx_that_zips_streams_is_found_out(nginx):
    front = nginx(
        {
            "gzip_types": "gzip_types text/event-stream",
            "proxy_buffering off": "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering",
        }
    )
    said = front.operator.types("doctor", "--url", f"http://127.0.0.1:{front.port}")
    assert said.status == 1 and said.line("streaming").startswith("WRONG"), said


def test_https_with_http2_and_a_certificate_that_is_trusted(nginx, tls, tmp_path):
    front_ = nginx(listen="ssl http2", tls=tls)
    front_.operator.settings["SSL_CERT_FILE"] = str(tmp_path / "cert.pem")
    said = front_.operator.types("doctor", "--url", f"https://127.0.0.1:{front_.port}")
    assert said.status == 0, said
    assert said.line("HTTP/2").startswith("ok")
    assert "good for 29 more days" in said.line("certificate")
    site = Site.at(f"https://127.0.0.1:{front_.port}")
    assert "leads to https://" in front.redirect(site, front_.plain)
    with pytest.raises(Wrong, match="instead of leading to"):
        front.redirect(Site.at("https://127.0.0.1"), front_.plain)
    with pytest.raises(Wrong, match="nothing answers"):
        front.redirect(site, free_port())


def test_https_without_http2_or_with_a_certificate_of_nobody(nginx, tls):
    front = nginx(listen="ssl", tls=tls)
    said = front.operator.types("doctor", "--url", f"https://127.0.0.1:{front.port}")
    assert said.status == 1
    assert said.line("HTTP/2").startswith("WRONG") and "http2" in said.line("HTTP/2")
    assert said.line("certificate").startswith("WRONG") and "certbot" in said.line("certificate")
    assert said.line("streaming").startswith("ok"), said.line("streaming")


def test_where_nothing_answers_it_says_so_and_goes_no_further(operator):
    said = operator().types("doctor", "--url", f"http://127.0.0.1:{free_port()}")
    assert said.status == 1
    assert "nothing answers" in said.line("address") and "streaming" not in said.out


def test_an_nginx_that_does_not_reach_the_server(nginx, serve):
    front = nginx({"http://vroum": "http://127.0.0.1:1"})
    said = front.operator.types("doctor", "--url", f"http://127.0.0.1:{front.port}")
    assert said.status == 1 and "does not reach Vroum" in said.line("address")
