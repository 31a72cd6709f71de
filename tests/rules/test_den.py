"""The practice room of step 12: what is wrong with a text, in which line, in either language."""

import pytest

from myapp.journey.den import GRAMMAR, NoDen, den_in
from myapp.words import words

GOOD = """{
  "_default": {
    "1": {
      "lamp": true,
      "guests": {
        "1": {
          "name": "Ann",
          "at": 2,
          "hat": false
        },
        "2": {"name": "Bob", "at": 5}
      },
      "bin": null,
      "touched": 1.5
    }
  }
}"""

WRONG = [
    ('"lamp": true', '"lamp" true', 4, "after a name comes a colon."),
    ('"name": "Ann",', '"name": "Ann"', 8, "a comma or a closing bracket is missing before this."),
    ('"at": 2,', '"at": ,', 8, "a value is missing: a number, true, false, or a text in quotes."),
    ('"lamp": true', "lamp: true", 4, "a name in double quotes is missing"),
    ('"name": "Ann",', '"name": "Ann,', 7, "the closing quote of a text is missing."),
    ("}\n}", "}\n}}", 17, "nothing may come after the last bracket."),
    ('"name": "Ann"', '"name": "\\x"', 7, "this is no JSON."),
    ('"at": 2', '"at": 11', 8, "in row 1, at is a whole number from 0 to 10."),
    ('"at": 5', '"at": "5"', 11, "in row 2, at is a whole number from 0 to 10."),
    ('"name": "Ann"', '"name": ""', 7, "in row 1, name is a text of 1 to 16 letters."),
    ('"hat": false', '"hat": 0', 9, "in row 1, hat is true or false."),
    ('"hat"', '"shoe"', 6, "row 1 takes a name, an at, perhaps a hat, and nothing else."),
    (', "at": 5', "", 11, "row 2 takes a name, an at, perhaps a hat, and nothing else."),
    ('"2": {', '"two": {', 5, "guests are six at most, each under a number."),
    ('"lamp": true', '"lamp": 1', 4, "lamp is true or false."),
    ('"bin": null', '"bin": 1', 13, "bin is null, or what was deleted last."),
    ('"bin": null', '"dog": null', 1, "a room has a lamp, guests, a bin, and nothing else."),
    ('"_default"', '"default"', 1, "the room stands in _default"),
    (GOOD, "[]", 1, "the room stands in _default"),
    (GOOD, "[" * 100_000, 1, "this is no JSON."),
    (GOOD, "", 1, "a value is missing"),
]


def test_a_good_text_is_a_room():
    assert den_in(GOOD, "den.json").guests["1"].at == 2


@pytest.mark.parametrize(("old", "new", "line", "why"), WRONG)
def test_a_bad_one_is_refused_with_line_and_reason(old, new, line, why):
    assert old in GOOD
    with pytest.raises(NoDen) as no:
        den_in(GOOD.replace(old, new), "den.json")
    assert f"den.json, line {line}: {why}" in words("en").say(no.value.said)
    french = words("fr").say(no.value.said)
    assert french.startswith(f"den.json, ligne {line} : ") and why not in french


def test_every_reason_is_a_sentence_in_both_languages():
    for reason in GRAMMAR.values():
        assert words("fr").say(reason) != words("en").say(reason)
