"""Words: what pages say, in each language there is. English stands where it is said."""

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from markupsafe import Markup

from myapp.game import Say

FOLDER = Path(__file__).parent.parent / "translations"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "fr": "Français"}


class Words:
    """What is said to readers of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.catalogue: NullTranslations = NullTranslations()
        self._html: dict[str, Markup] = {}
        self.for_scripts: dict[str, str] = {}
        """What scripts say, by its English; empty in English."""
        if language == ENGLISH:
            return
        with (FOLDER / language / "LC_MESSAGES/messages.po").open("rb") as file:
            entries = read_po(file, locale=language)
        compiled = io.BytesIO()
        write_mo(compiled, entries)
        compiled.seek(0)
        self.catalogue = Translations(compiled)
        for entry in entries:
            if any(name.startswith("static/") for name, _ in entry.locations):
                self.for_scripts[str(entry.id)] = str(entry.string)

    def say(self, sentence: str) -> str:
        """A sentence of ours, a Say or one without fields, in this language. It is not yet HTML."""
        if isinstance(sentence, Say):
            told = {n: self.say(v) if isinstance(v, Say) else v for n, v in sentence.fields.items()}
            said = self.catalogue.gettext(sentence.message)
            return said.format(**told) if told else said
        return self.catalogue.gettext(sentence) if sentence else ""

    def number(self, number: float, pattern: str = "0.######") -> str:
        """A number as it is written in this language."""
        return format_decimal(number, pattern, locale=self.language)

    # What templates call by `_("...")` and `{% trans %}`, outside any request

    def gettext(self, message: str, /, **fields: object) -> str:
        if fields:
            return Markup(self.catalogue.gettext(message)) % fields
        if message not in self._html:
            self._html[message] = Markup(self.catalogue.gettext(message)) % {}
        return self._html[message]

    def ngettext(self, one: str, many: str, num: int, /, **fields: object) -> str:
        said = self.catalogue.ngettext(one, many, num)
        return Markup(said) % {"num": num, **fields} if "%" in said else Markup(said)


@cache
def words(language: str) -> Words:
    """The words of this language, read once."""
    return Words(language)
