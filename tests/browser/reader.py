"""A reader of the journey, who presses what the page says in the reader's language."""

from playwright.sync_api import expect

from myapp.words import words
from tests.conftest import wait_for

LANGUAGES = ("en", "fr")


class Reader:
    """Somebody on a step, in a language of theirs."""

    def __init__(self, person, language, step):
        self.person, self.page, self.language = person, person.page, language
        self.lines = []
        self.page.on("request", lambda request: "/live" in request.url and self.lines.append(1))
        self.open(step)

    def open(self, step):
        self.page.goto(f"/journey/{step}".rstrip("/"))

    def said(self, sentence, **fields):
        """A sentence of the page in the reader's language."""
        return str(words(self.language).gettext(sentence, **fields))

    def button(self, label, within=None):
        return (within or self.page).get_by_role("button", name=self.said(label), exact=True)

    def press(self, label, within=None):
        self.button(label, within).click()

    def types(self, label, text):
        self.page.get_by_role("textbox", name=self.said(label), exact=True).fill(text)

    def region(self, title, **fields):
        return self.page.get_by_role("region", name=self.said(title, **fields), exact=True)

    def sees(self, place, text, **fields):
        """Wait until the element has this sentence in it."""
        expect(self.page.locator(place)).to_contain_text(self.said(text, **fields))

    def ill(self, what, stage):
        """Wait until the page says of it: 1 broken, 2 healing, 3 healed."""
        word = self.page.locator(f"#ill-{what} .lit:nth-child({stage})")
        expect(word).to_be_visible(timeout=15_000)


# Step 10, whose page counts what befalls its line


def line_number(reader, number):
    """Wait until this many lines have been asked for, and the newest one beats."""
    beats = reader.page.locator("#beats")
    expect(beats).to_have_attribute("data-line", str(number), timeout=15_000)
    expect(reader.page.locator("#net.live")).to_be_visible()


def tiles(reader):
    """What the page has counted: frames, retries, errors, silences."""
    return [int(text) for text in reader.page.locator(".tiles dd").all_text_contents()]


def untouched(bob):
    """He has beats and nothing else."""
    line_number(bob, 1)
    frames, *rest = tiles(bob)
    assert rest == [0, 0, 0]
    wait_for(lambda: tiles(bob)[0] > frames)
