"""Names: what Ann and Bob may be called, and when a room takes one for the other."""

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from myapp.names import IllegalName, clean, distinct, skeleton

ACUTE, DOT_BELOW = "\N{COMBINING ACUTE ACCENT}", "\N{COMBINING DOT BELOW}"
JOINER, WIDE_SPACE = "\N{ZERO WIDTH JOINER}", "\N{IDEOGRAPHIC SPACE}"
CYRILLIC_O, CYRILLIC_TOM = "\N{CYRILLIC SMALL LETTER O}", "\u0422\u041e\u041c"
FAMILY = JOINER.join("👨👩👧👦")
KISS = "👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏽"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ann", "Ann"),
        ("  Ann \n", "Ann"),
        (f"Ann\t of \u00a0{WIDE_SPACE} Kent", "Ann of Kent"),
        ("Zoe" + ACUTE, "Zo\u00e9"),
        ("<img src=x onerror=1>"[:20], "<img src=x onerror=1"),
        ("{{7*7}}", "{{7*7}}"),
        ("?!", "?!"),
    ],
)
def test_a_name_is_kept_trimmed_and_its_spaces_folded(typed: str, kept: str) -> None:
    assert clean(typed) == kept


SCRIPTS = ["Łukasz", "Nguyễn Thị", "कुमार", "さくら", "김민준", "محمد", "ད\u0fb1ྲ", "Ольга"]
EMOJI = ["👍🏽", "🇫🇷", "🏳\ufe0f\u200d🌈", "1\ufe0f\u20e3", "❤\ufe0e", FAMILY, KISS, SCOTLAND]


@pytest.mark.parametrize("name", SCRIPTS + EMOJI)
def test_every_script_and_every_emoji_is_welcome(name: str) -> None:
    assert clean(name) == name


@pytest.mark.parametrize("letter", ["a", "é", "क\u093f", "👍🏽", "🇫🇷"])
def test_twenty_of_what_a_person_calls_a_letter_fit_and_twenty_one_do_not(letter: str) -> None:
    assert clean(letter * 20) == letter * 20
    with pytest.raises(IllegalName, match="20 characters at most"):
        clean(letter * 21)


@pytest.mark.parametrize("nothing", ["", "   ", "\n", WIDE_SPACE, "\u2028"])
def test_nobody_is_called_nothing(nothing: str) -> None:
    with pytest.raises(IllegalName, match="Please type a name"):
        clean(nothing)


LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
CONTROLS = "\0\x07\x1b\x7f\x80"
DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN = "\u00ad\u034f\u200b\u200c\u200d\u2060\u2061\ufeff\ufe0f\U000e0041\U000e0100"
BLANK = "\u115f\u1160\u3164\uffa0\u2800\ufffc\U0001d159"


@pytest.mark.parametrize("hidden", LINE_BREAKS + CONTROLS + DIRECTIONS + UNSEEN + BLANK, ids=ascii)
def test_what_cannot_be_seen_in_a_name_is_refused(hidden: str) -> None:
    with pytest.raises(IllegalName, match="hidden character"):
        clean(f"An{hidden}n")


@pytest.mark.parametrize("hidden", [f"👍{JOINER}", f"{JOINER}👍", f"👍{JOINER}a", "👍\U000e0067"])
def test_joiners_and_tags_stay_inside_emoji(hidden: str) -> None:
    with pytest.raises(IllegalName, match="hidden character"):
        clean(hidden)


@pytest.mark.parametrize("unknown", "\ud800\udfff\ue000\U0010fffd\ufdd0\u0378", ids=ascii)
def test_what_other_screens_cannot_show_is_refused(unknown: str) -> None:
    with pytest.raises(IllegalName, match="cannot show"):
        clean("Ann" + unknown)


@pytest.mark.parametrize("stray", [ACUTE, ACUTE + DOT_BELOW, ACUTE + "Ann", "Ann " + ACUTE])
def test_an_accent_without_a_letter_is_refused(stray: str) -> None:
    with pytest.raises(IllegalName, match="accent needs a letter"):
        clean(stray)


TOWERS = [
    "A" + DOT_BELOW * 6,
    ("A" + ACUTE * 4) * 20,
    "A" + ACUTE * 16_000,
    KISS * 7,
    "\u1100" * 11,
]


@pytest.mark.parametrize("tower", TOWERS, ids=range(len(TOWERS)))
def test_a_tower_of_accents_or_emoji_is_refused(tower: str) -> None:
    with pytest.raises(IllegalName, match="too many"):
        clean(tower)


ALIKE = [
    ("Ann", "ANN"),
    ("Ann", "A n n"),
    ("Ian", "ian"),
    ("Ian", "lan"),
    ("Bill", "Bi11"),
    ("Bob", "B0b"),
    ("Tom", "T" + CYRILLIC_O + "m"),
    ("tom", CYRILLIC_TOM),
    (CYRILLIC_TOM, CYRILLIC_TOM.lower()),
    ("nick", "\N{GREEK CAPITAL LETTER NU}ick"),
    ("modern", "rnodern"),
    ("Tom", "\uff34\uff4f\uff4d"),
    ("Tom", "\N{MATHEMATICAL BOLD CAPITAL T}om"),
    ("Zoe", "Zo\u00e9"),
    ("Tom", "T\u1ecdm"),
    ("\N{TELUGU LETTER NYA}", "\N{KANNADA LETTER NYA}"),
    ("❤", "❤\ufe0f"),
    ("👨👩👧👦", FAMILY),
]


@pytest.mark.parametrize(("name", "other"), ALIKE)
def test_names_that_look_alike_are_told_apart_by_a_number(name: str, other: str) -> None:
    assert distinct(name, [other]) == f"{name} 2"
    assert distinct(other, [name]) == f"{other} 2"


@pytest.mark.parametrize(
    "two",
    ["Ann Anna", "Tim Tlm", "Nick Vick", "Ali All", "か が", "👍🏽 👍🏿"],
)
def test_names_that_differ_to_the_eye_are_left_alone(two: str) -> None:
    name, other = two.split()
    assert distinct(name, [other]) == name


def test_the_skeleton_is_what_the_eye_takes_the_name_for() -> None:
    assert skeleton("T\u00f3 M") == skeleton("t0rn") == "torn"


@pytest.mark.parametrize(
    ("name", "taken", "offer"),
    [
        ("Tom", [], "Tom"),
        ("Tom", ["Ann", "Bob"], "Tom"),
        ("Tom", ["tom", "TOM2"], "Tom 3"),
        ("Tom", ["Tom", "Tom 3"], "Tom 2"),
        ("Tom 2", ["Tom", "Tom 2"], "Tom 3"),
        ("R2D2", ["R2D2"], "R2D2 2"),
        ("Blink 182", ["Blink 182"], "Blink 182 2"),
        ("2", ["2"], "2 2"),
        ("a" * 20, ["a" * 20], "a" * 18 + " 2"),
        ("a" * 17 + " bc", ["a" * 17 + " bc"], "a" * 17 + " 2"),
        ("👍🏽" * 20, ["👍🏽" * 20], "👍🏽" * 18 + " 2"),
        (KISS * 6, [KISS * 6], KISS * 6 + " 2"),
        (SCOTLAND * 9, [SCOTLAND * 9], SCOTLAND * 8 + " 2"),
        ("Tom", ["Tom", *(f"Tom {n}" for n in range(2, 100))], "Tom 100"),
    ],
)
def test_the_offer_is_the_smallest_free_number(name: str, taken: list[str], offer: str) -> None:
    assert distinct(name, taken) == offer
    assert clean(offer) == offer


ODD = [ACUTE, JOINER, "👩", "🏽", "🇫", *"\ufe0f\u1100\u0915\u094d\u093f\ud800\u2028\r\n\t "]
ANYTHING = st.text(st.characters(exclude_categories=())) | st.lists(
    st.sampled_from(ODD) | st.characters(max_codepoint=0x2FF), max_size=25
).map("".join)
FEW_LETTERS = st.text("aA0oOlI12 m", min_size=1, max_size=20).filter(str.strip).map(clean)
quick = settings(deadline=None, derandomize=True, database=None, max_examples=200)


def cleaned(text: str) -> str:
    try:
        return clean(text)
    except IllegalName:
        assume(False)
        raise


@quick
@given(ANYTHING)
def test_a_clean_name_is_one_short_line_of_utf_8_and_stays_as_it_is(text: str) -> None:
    name = cleaned(text)
    assert clean(name) == name
    assert name.encode().decode().splitlines() == [name]
    assert 1 <= len(regex.findall(r"\X", name)) <= 20
    assert len(name.encode()) <= 256


@quick
@given(FEW_LETTERS | ANYTHING.map(lambda text: text[:9] or "a"), st.lists(FEW_LETTERS, max_size=8))
def test_nobody_is_offered_a_name_that_looks_like_a_taken_one(text: str, others: list[str]) -> None:
    name = cleaned(text)
    offer = distinct(name, [name, *others])
    assert clean(offer) == offer
    assert distinct(offer, [name, *others]) == offer
