"""Names of players: which ones are allowed, which ones look alike, what to offer instead."""

import json
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from itertools import count
from unicodedata import normalize

import regex  # type: ignore[import-untyped]

from myapp.game import BadMove

LONGEST = 20  # graphemes: what a person counts as characters
WEIGHT = 64  # code points in all: enough for 20 of any script, too few for towers of accents

_GRAPHEME = regex.compile(r"\X")
_SPACES = regex.compile(r"[\p{Zs}\t]+")
_STRAY_MARK = regex.compile(r"(?:^| )\p{M}")  # it would sit on our own text beside the name
_TOWER = regex.compile(r"\p{M}{5}")  # no living script stacks more than four
_BULKY = 10  # code points in one grapheme: two people kissing, each with a skin colour
_UNKNOWN = regex.compile(r"[\p{Cn}\p{Co}\p{Cs}]")  # unassigned, private use, lone surrogates

# Joiners, variation selectors and tags have a meaning inside an emoji, and are invisible elsewhere.
_PICTURE = r"\p{Extended_Pictographic}[\ufe0e\ufe0f]?\p{EMod}?"
_EMOJI = regex.compile(
    rf"[0-9#*]\ufe0f\u20e3|\U0001f3f4[\U000e0030-\U000e007a]{{2,6}}\U000e007f"
    rf"|{_PICTURE}(?:\u200d{_PICTURE}){{0,3}}"
)
_NO_INK = (
    r"\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}"
    r"\u2800\ufffc\U00016fe4\U0001d159"  # symbols to Unicode, blank to the eye
)
_HIDDEN = regex.compile(f"[{_NO_INK}]")
_ACCENTS = r"\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_UNSEEN = regex.compile(rf"[\s{_NO_INK}{_ACCENTS}]+")

_NUMBERED = regex.compile(r"(.+) (?:[2-9]|[1-9][0-9])")  # a number that we may have given


class IllegalName(BadMove):
    """A name that cannot be used."""


def clean(text: str) -> str:
    """The name as it is kept and shown: trimmed, spaces single, NFC, 1-20 graphemes.

    Only white space is mended. Anything invisible is refused rather than dropped: no keyboard
    types it by accident, and a name should be what its owner sees. Raises IllegalName.
    """
    name: str = _SPACES.sub(" ", text.strip())
    if not name:
        raise IllegalName("Please type a name.")
    if len(name) <= WEIGHT:  # normalising a very long text is slow
        name = normalize("NFC", name)
    letters = _GRAPHEME.findall(name[: WEIGHT + 1])
    if len(letters) > LONGEST:
        raise IllegalName("That name is too long: {most} characters at most.", most=LONGEST)
    if len(name) > WEIGHT or max(map(len, letters)) > _BULKY or _TOWER.search(name):
        raise IllegalName("That name has too many accents or joined emoji. Please use fewer.")
    if _UNKNOWN.search(name):
        raise IllegalName("That name has a character that other screens cannot show.")
    if _HIDDEN.search(_EMOJI.sub("", name)):
        raise IllegalName("That name has a hidden character in it. Please type it again.")
    if _STRAY_MARK.search(name):
        raise IllegalName("An accent needs a letter to sit on.")
    return name


@cache
def _prototypes() -> dict[int, str]:
    """Unicode's table of confusable letters (UTS 39): what each one is taken for."""
    # The package lists every pair both ways round: what many are taken for is the prototype. Of
    # two that have only each other either would do. It frames right-to-left letters with U+200E.
    table = files("confusable_homoglyphs").joinpath("confusables.json").read_bytes()
    twins = {letter.strip("\u200e"): found for letter, found in json.loads(table).items()}
    prototypes = {}
    for letter, found in twins.items():
        other = found[0]["c"].strip("\u200e")
        taken_for = len(other) > 1 or len(twins[other]) > 1 or other < letter
        if taken_for and len(letter) == len(found) == 1:
            prototypes[ord(letter)] = other
    return prototypes


def skeleton(name: str) -> str:
    """What is left of a name at a glance: names with the same skeleton look alike.

    Not for showing. Accents go too: on a phone the dot under an o is not seen, and the price of
    a false alarm (Zoe beside Zoé) is one tap. Capitals count by their own shape, I as l.
    """
    look = name
    for _ in range(2):  # M is not in the table, but the m that it folds to is: it looks like rn
        look = normalize("NFKD", look).translate(_prototypes()).casefold()
    seen: str = _UNSEEN.sub("", normalize("NFKD", look))
    return seen


@lru_cache(4096)
def _looks(name: str) -> frozenset[str]:
    # One skeleton cannot serve: a Greek capital nu is an N and its small one a v, but N is no v.
    return frozenset((skeleton(name), skeleton(name.casefold())))


def distinct(name: str, taken: Iterable[str]) -> str:
    """The clean name itself if it looks like none of `taken`, else the first free "name 2", 3..."""
    seen = {look for other in taken for look in _looks(other)}
    if seen.isdisjoint(_looks(name)):
        return name
    numbered = _NUMBERED.fullmatch(name)
    letters = _GRAPHEME.findall(numbered[1] if numbered else name)
    for number in count(2):
        ending = f" {number}"
        del letters[LONGEST - len(ending) :]
        while sum(map(len, letters)) + len(ending) > WEIGHT:
            letters.pop()
        offer = "".join(letters).rstrip() + ending
        if seen.isdisjoint(_looks(offer)):
            return offer
    raise AssertionError("numbers do not run out")
