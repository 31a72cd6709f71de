"""The picture of how times are spread: its bins, its words, and the SVG."""

import random
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from myapp.picture import MOST, Bin, Spread, spread

SVG = "{http://www.w3.org/2000/svg}"
FEW = [0.21, 0.25, 0.26, 0.31, 0.4]


def evening(times, seed=1):
    """So many times of people who press a buzzer; a few of them slept."""
    chance = random.Random(seed)
    return [max(0.1, chance.gauss(0.27, 0.05)) + (chance.random() < 0.03) * 4 for _ in range(times)]


def shown(picture, tag, cls):
    """What is in the elements of this kind and class."""
    found = ElementTree.fromstring(picture).iter(SVG + tag)
    return [element.text or "" for element in found if cls in element.get("class", "")]


def test_it_says_in_words_what_it_shows():
    words = Spread.of(FEW).words
    assert words == "5 times: the fastest is 210 ms, the median 260 ms, the slowest 400 ms."


def test_every_time_is_in_the_one_bin_that_has_room_for_it():
    assert Spread.of([0.2, 0.299, 0.3, 0.2, 0.4]).bins == [
        Bin(200, 250, 2),
        Bin(250, 300, 1),
        Bin(300, 350, 1),
        Bin(350, 400, 0),
        Bin(400, 450, 1),
    ]


def test_one_who_slept_does_not_squeeze_the_others():
    bins = Spread.of([*[0.2 + n / 200 for n in range(20)], 9.0]).bins
    assert bins[-1].count == 1 and bins[-1].high is None
    assert len(bins) > 3 and all(bin.count for bin in bins)


@pytest.mark.parametrize("times", [2, 5, 12, 50, 500])
@pytest.mark.parametrize("seed", range(10))
def test_bins_are_few_and_miss_nothing(times, seed):
    spread = Spread.of(evening(times, seed))
    bins = spread.bins
    assert 1 <= len(bins) <= MOST
    assert sum(bin.count for bin in bins) == times
    assert bins[0].low <= spread.times[0] and bins[0].count
    assert bins[-1].count
    for one, next in pairwise(bins):
        assert one.high == next.low == one.low + spread.width
    for bin in bins:
        inside = [t for t in spread.times if bin.low <= t < (bin.high or float("inf"))]
        assert bin.count == len(inside)


@pytest.mark.parametrize(
    "seconds", [[0.25] * 6, [0.0, 0.0], [0.1, 3e6], [0.1, 0.1, 3e6, 3e6], [-1.0, 0.2, 1.0]]
)
def test_strange_times_are_drawn_too(seconds):
    times = Spread.of(seconds)
    assert sum(bin.count for bin in times.bins) == len(seconds) and len(times.bins) <= MOST
    assert spread(times).startswith(b"<?xml")


def test_the_picture_shows_the_counts_and_where_they_lie():
    picture = spread(Spread.of(FEW))
    assert shown(picture, "text", "value") == ["1", "2", "1", "", "1", ""]
    assert b"Median: 260 ms" in picture and b">200<" in picture
    many = spread(Spread.of(evening(500)))
    counts = [int(count) for count in shown(many, "text", "value") if count]
    assert sum(counts) == 500
    assert re.search(rb">\d+\+<", many), "the last bin is open"


def test_it_stands_alone_and_runs_nothing():
    picture = spread(Spread.of(evening(100)))
    root = ElementTree.fromstring(picture)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "defs", "style", "g", "rect", "path", "text")
    }
    rest = picture.replace(b'xmlns="http://www.w3.org/2000/svg"', b"")
    assert not re.search(rb"https?:|//|url\(|@import|href|\son\w+=|<!--|script", rest)
    assert "width" not in root.attrib and root.get("viewBox")


def test_it_can_be_read_aloud():
    root = ElementTree.fromstring(spread(Spread.of(FEW)))
    assert root.find(SVG + "title").text == "Reaction times, in milliseconds"
    assert root.find(SVG + "desc").text == Spread.of(FEW).words


def test_the_same_times_make_the_same_picture_in_any_order():
    drawn = [spread.__wrapped__(Spread.of(times)) for times in (FEW, FEW, FEW[::-1])]
    assert len(set(drawn)) == 1
    assert Spread.of(FEW).mark == Spread.of(FEW[::-1]).mark != Spread.of(FEW[:4]).mark
