"""The operator makes a link to his page at a shell."""


def test_a_link_is_for_its_owner_alone_and_works_once(server, operator, ann):
    said = operator(server).does("operator", "--url", server.url)
    file = server.data / "operator-link"
    assert str(file) in said and "key=" not in said
    assert file.stat().st_mode & 0o777 == 0o600
    link = file.read_text().strip()
    assert link.startswith(f"{server.url}/operator?key=")
    key = link.partition("key=")[2]
    asked = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    assert server.ask("POST", "/operator", f"key={key}", **asked)[0] == 303
    assert server.ask("POST", "/operator", f"key={key}", **asked)[0] == 404


def test_without_a_link_or_a_password_the_server_has_no_such_page(server):
    assert server.ask("GET", "/operator")[0] == 404
