"""Picture: how the times of a room are spread, in words, in bins, and drawn as SVG."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median, quantiles
from xml.etree.ElementTree import Comment, Element, SubElement
from zlib import crc32

import pygal
from pygal.style import Style

from myapp.game import Say

# pygal leaves an importer behind, of a kind that Python no longer wants, for plug-ins of its own.
sys.meta_path[:] = [f for f in sys.meta_path if type(f).__module__ != "pygal"]

MOST = 12  # bins, so that a phone can show each with its count
STEPS = 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000  # widths, milliseconds
UNUSED = "script", "desc", Comment, "plot tooltip-overlay", "background"  # tags and classes
KEPT = 100  # pictures remembered by one process

TITLE = Say("Reaction times, in milliseconds")

# Colours are in the file, for it is shown as an image, which a page's style sheet does not reach.
CSS = """inline:
:root { --ink: #1b1430; --bar: #8a72f0 }
@media (prefers-color-scheme: dark) { :root { --ink: #f7f2ff } }
text { fill: var(--ink); font-family: system-ui, sans-serif; text-anchor: middle }
.title { font-weight: 700 }
.legend text { text-anchor: start }
.guide.line, .axis.x .line { stroke: none }
.axis.y .line { stroke: var(--ink) }
.color-0 { fill: var(--bar) }
.color-1 { fill: var(--ink) }
"""
STYLE = Style(
    font_family="system-ui, sans-serif",
    title_font_size=15,
    label_font_size=13,
    major_label_font_size=13,
    value_font_size=13,
    legend_font_size=14,
    value_colors=("inherit", "inherit"),
)


@dataclass(frozen=True)
class Bin:
    """How many times took at least `low` and less than `high` milliseconds; None is for ever."""

    low: int
    high: int | None
    count: int


@dataclass(frozen=True)
class Spread:
    """How some times are spread: whole milliseconds, fastest first, at least two."""

    times: tuple[int, ...]

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        return cls(tuple(sorted(round(s * 1000) for s in seconds)))

    @property
    def median(self) -> int:
        return round(median(self.times))

    @property
    def words(self) -> Say:
        """What somebody who does not see the picture should know of it."""
        return Say(
            "{count} times: the fastest is {fastest} ms, the median {median} ms, "
            "the slowest {slowest} ms.",
            count=len(self.times),
            fastest=self.times[0],
            median=self.median,
            slowest=self.times[-1],
        )

    @property
    def mark(self) -> str:
        """Differs from that of other times, so that a browser asks for a new picture."""
        return f"{crc32(repr(self.times).encode()):08x}"

    @property
    def width(self) -> int:
        """How wide a bin is, in milliseconds.

        All but the slowest tenth of the times have room before the last bin. It is at least a
        quarter of what Freedman and Diaconis (1981) advise; theirs leaves a short game two bars.
        """
        q1, _, q3 = quantiles(self.times, n=4)
        fine = (q3 - q1) / len(self.times) ** (1 / 3) / 2
        reach = quantiles(self.times, n=10)[-1] - self.times[0]
        return next((w for w in STEPS if w >= fine and w * (MOST - 2) >= reach), STEPS[-1])

    @property
    def bins(self) -> list[Bin]:
        """From the fastest on, all equally wide; the last is open when some are far slower."""
        width, (fastest, *_, slowest) = self.width, self.times
        first = fastest // width
        last = min(slowest // width, first + MOST - 1)
        counts = [0] * (last - first + 1)
        for time in self.times:
            counts[min(time // width, last) - first] += 1
        bins = [Bin(n * width, (n + 1) * width, many) for n, many in enumerate(counts, start=first)]
        if slowest < (last + 1) * width:
            return bins
        while not bins[-2].count:
            del bins[-2]
        return [*bins[:-1], Bin(bins[-2].low + width, None, counts[-1])]


@lru_cache(KEPT)
def spread(times: Spread, say: Callable[[str], str] = str) -> bytes:
    """The picture of it as SVG that stands alone: no script, no address, the same each time.

    `say` puts its words into the language of whoever looks.
    """
    bins, width = times.bins, times.width
    tallest = max(b.count for b in bins)
    chart = pygal.Histogram(
        title=say(TITLE),
        style=STYLE,
        css=(CSS,),
        js=(),
        width=340,
        height=230,
        margin=6,
        margin_right=25,  # as much as it leaves on the left
        margin_bottom=-18,  # it counts the legend twice
        spacing=6,
        print_values=True,
        print_values_position="top",
        legend_at_bottom=True,
        legend_at_bottom_columns=1,
        range=(0, tallest * 1.1),  # room for the count above the tallest bar
    )
    chart.y_labels = [{"label": "", "value": 0}]
    every = 2 if len(bins) > MOST // 2 else 1  # bins with a label, the last among them
    chart.x_labels = [
        {"label": f"{b.low}+" if b.high is None else str(b.low), "value": b.low}
        for b in bins[(len(bins) - 1) % every :: every]
    ]
    bars = [
        {"value": (b.count, b.low, b.low + width), "formatter": lambda v: str(v[0] or "")}
        for b in bins
    ]
    chart.add(None, bars)
    half = len(bins) * width / 300  # half as wide as the line that marks the median
    inside = bins[min((times.median - bins[0].low) // width, len(bins) - 1)]
    line = (inside.count or tallest, times.median - half, times.median + half)
    chart.add(
        say(Say("Median: {ms} ms", ms=times.median)), [{"value": line, "formatter": lambda _: ""}]
    )
    chart.uuid = "times"  # pygal's own is by chance

    def finish(root: Element) -> Element:
        strip(root)
        SubElement(root, "desc").text = say(times.words)
        return root

    chart.add_xml_filter(finish)
    drawn: bytes = chart.render()
    return drawn


def strip(parent: Element) -> None:
    """Take out what pygal puts in for its scripts, its comments (one has a date), its paper."""
    for child in list(parent):
        if child.tag in UNUSED or child.get("class") in UNUSED:
            parent.remove(child)
        else:
            strip(child)
