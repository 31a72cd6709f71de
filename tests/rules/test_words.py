"""Words: everything that is said is in every language, as its speakers write it."""

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from myapp.game import IllegalMove, Say
from myapp.words import ENGLISH, FOLDER, LANGUAGES, words

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
JINJA = Environment(extensions=["jinja2.ext.i18n"])
OTHERS = [language for language in LANGUAGES if language != ENGLISH]

# Words that are the same in all languages: names, units, and what is no sentence.
SAME = {"Vroum", "ms", "KXQP", "twitch.tv/..."}


def said():
    """All that `make words` finds: messages, of which some are (one, many), with their files."""
    says = re.search(r"^SAYS *= (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    with (FOLDER / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = parse_keywords(["_", "gettext", "ngettext:1,2", *says])
    for part in ("myapp", "templates", "static"):
        for name, _, message, _, _ in extract_from_dir(
            ROOT / part,
            [(pattern.removeprefix(f"{part}/"), method) for pattern, method in methods],
            {pattern.removeprefix(f"{part}/"): given for pattern, given in options.items()},
            keywords,
        ):
            yield message, f"{part}/{name}"


def catalogue(language):
    with (FOLDER / language / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=language)


def both(language):
    """Each text of a catalogue, beside what it is in English: of plurals what it is for many, since
    in French one form says none and one."""
    for entry in catalogue(language):
        if entry.id and entry.pluralizable:
            yield from ((entry.id[1], form) for form in entry.string if form)
        elif entry.id and entry.string:
            yield entry.id, entry.string


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_untranslated(language):
    known = catalogue(language)
    missing = []
    for message, where in said():
        entry = known.get(message)
        done = entry and (all(entry.string) if entry.pluralizable else entry.string)
        if not done:
            missing.append((where, message))
    assert not missing


def holes(text):
    """What is to be filled in: {name} and %(name)s, and the tags."""
    braces = {name for _, name, _, _ in Formatter().parse(text) if name} if "{" in text else set()
    return braces, set(re.findall(r"%\(\w+\)s", text)), sorted(re.findall(r"<[^>]+>", text))


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_same_holes_and_tags(language):
    for english, other in both(language):
        assert holes(english) == holes(other)
        if '"' not in english:  # it may stand in an attribute
            assert '"' not in other, other


def test_french_has_its_spaces_and_apostrophes():
    for _, french in both("fr"):
        text = re.sub(r"<code>.*?</code>|<[^>]+>|%\(\w+\)s|\{\w*\}|https?://", "x", french)
        assert not re.search(r"(?<![\u202f\u00a0\w!?.x]) *[ ][!?;:»]|« |\w'\w", text), french


def loose(path):
    """Text of a template, and of what it says aloud, that no `_()` or `{% trans %}` encloses."""
    text = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.S)
    text = re.sub(r"{%-?\s*trans\b.*?{%-?\s*endtrans\s*-?%}", "", text, flags=re.S)
    text = re.sub(r"{% block look %}.*?{% endblock %}", "", text)
    text = re.sub(r"{{.*?}}", "", text, flags=re.S)
    text = re.sub(r"{%.*?%}", "", text, flags=re.S)
    text = re.sub(r"""\bdata-[\w:.-]+=("[^"]*"|'[^']*')""", "", text)
    spoken = re.findall(r"""\b(?:aria-label|alt|placeholder|title)=["']([^"']*)["']""", text)
    text = re.sub(r"<(script|style|code|pre|kbd)\b.*?</\1>", " ", text, flags=re.S)
    text = re.sub(r"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""", "\n", text)
    for part in [*text.split("\n"), *spoken]:
        for word in re.findall(r"[^\W\d_][\w./]+", re.sub(r"&#?\w+;", "", part)):
            if word not in SAME:
                yield part.strip()
                break


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_anything_in_one_language_only(path):
    assert not [*loose(path)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_only_texts_of_ours_are_translated_as_html(path):
    """`_(variable)` would trust it; `say(variable)` does not."""
    for call in JINJA.parse(path.read_text()).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in ("_", "gettext", "ngettext"):
            assert isinstance(call.args[0], nodes.Const), f"line {call.lineno}"


def test_no_imported_template_keeps_the_words_of_its_first_reader():
    """What is set outside macros is worked out once for all, unless imported "with context"."""
    trees = {str(p.relative_to(ROOT / "templates")): JINJA.parse(p.read_text()) for p in TEMPLATES}
    imports = [
        n for tree in trees.values() for n in tree.find_all((nodes.Import, nodes.FromImport))
    ]
    for imported in imports:
        if isinstance(imported.template, nodes.Const) and not imported.with_context:
            name = imported.template.value
            kept = [node for node in trees[name].body if isinstance(node, nodes.Assign)]
            assert not [call for node in kept for call in node.find_all(nodes.Call)], name


def test_a_sentence_is_english_and_can_be_said_in_another_language():
    over = Say("Round {round} is over. The next one comes by itself.", round=3)
    assert over == "Round 3 is over. The next one comes by itself."
    assert words("en").say(over) == over
    assert words("fr").say(over) == "La manche 3 est finie. La suivante vient toute seule."


def test_what_fills_a_sentence_is_translated_when_it_is_ours():
    won = Say("Checkmate. {winner} wins.", winner=Say("White"))
    assert words("fr").say(won) == "Échec et mat. Les Blancs gagnent."
    here = IllegalMove("There is already a {name} here.", name="White")
    assert words("fr").say(here.said).startswith("Il y a déjà quelqu’un qui s’appelle White")


def test_what_nobody_has_translated_stays_as_it_is():
    assert words("fr").say("Nim {n}") == "Nim {n}"
    assert words("fr").say("") == ""


@pytest.mark.parametrize("typed", ["{x}", "%(x)s", "<b>", "{0.__class__}", "100%"])
def test_what_people_typed_is_never_a_pattern(typed):
    said = words("fr").say(Say("There is already a {name} here.", name=typed))
    assert typed in said
    html = words("fr").gettext("Hello, <bdi>%(name)s</bdi>!", name=typed)
    assert typed.replace("<", "&lt;").replace(">", "&gt;") in html


def test_numbers_and_plurals_are_written_as_one_does():
    assert words("fr").number(0.5) == "0,5" and words("en").number(0.5) == "0.5"
    assert words("en").number(3.0) == "3" and words("en").number(1.0, "0.0") == "1.0"
    for language, none, one, two in (
        ("en", "points", "point", "points"),
        ("fr", "point", "point", "points"),
    ):
        for n, word in enumerate((none, one, two)):
            assert words(language).ngettext("point", "points", n) == word
