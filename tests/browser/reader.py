"""A reader of the journey, who presses what the page says in the reader's language."""

from playwright.sync_api import expect

from myapp.words import words

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
