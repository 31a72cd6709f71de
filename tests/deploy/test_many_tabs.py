"""Many pages of one player, as browsers see Vroum's site: over TLS and HTTP/2."""

import pytest

PROTOCOL = "performance.getEntriesByType('navigation')[0].nextHopProtocol"


@pytest.fixture
def site(machine):
    settings = machine.root / "etc/vroum/settings"
    settings.parent.mkdir()
    settings.write_text(f"MYAPP_STORE_URL=tinydb:{machine.root}/var/lib/vroum\nMYAPP_TABS=20\n")
    machine.installs("1.0")
    return machine


def test_ann_has_twenty_tabs_and_every_one_is_live(site, people, counts):
    ann, bob = people(site.url, "Ann", "Bob", ignore_https_errors=True)
    ann.enter()
    code = ann.open_room()
    tabs = [ann.page]
    while len(tabs) < counts(10, 20):
        tabs.append(ann.tab())
        tabs[-1].goto(f"/{code}")
    for tab in tabs:
        ann.live(tab)
        assert tab.evaluate(PROTOCOL) == "h2"
    bob.enter(f"/{code}")
    for tab in tabs:
        ann.sees("list", "Players", "Bob", tab)
        ann.live(tab)
