"""Report: the table and the verdicts as text, everything as JSON, and a picture."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pygal
from pygal.style import Style

from bench.contestants import everybody
from bench.promises import verdicts
from bench.results import Results, Where
from bench.scene import KINDS
from bench.stages import STORES

COLUMNS = {  # heading: figure, factor, decimals
    "deliv./s": ("deliveries", 1, 0),
    "us/deliv.": ("us", 1, 1),
    "of core": ("share", 100, 0),
    "p50 ms": ("p50", 1e3, 1),
    "p99 ms": ("p99", 1e3, 1),
    "last p50": ("last_p50", 1e3, 1),
    "last p99": ("last_p99", 1e3, 1),
    "KB/stream": ("kb", 1, 1),
    "B/s/player": ("bytes", 1, 0),
    "B/frame": ("frame", 1, 0),
    "client": ("client", 100, 0),
    "failed": ("failed", 1, 0),
}
BUSY = 0.9  # a load client that used more of its core than this may have been the limit


def titles() -> dict[str, str]:
    return {server.name: server.title for server in everybody()}


def rows(results: Results, kind: str, size: int) -> Iterable[list[str]]:
    """One line for each server; `x C` is its CPU per delivery as a multiple of the C program's."""
    for name, title in titles().items():
        where = Where(kind, size, name)
        if results.median(where, "us") is None:
            continue
        limit = "limit-unix" if name == "vroum-unix" else "limit"
        times = results.ratio(where, Where(kind, size, limit), "us")
        line = [title, "-" if times is None else f"{times:.2f}"]
        for figure, factor, decimals in COLUMNS.values():
            found = results.median(where, figure)
            line.append("-" if found is None else f"{found * factor:,.{decimals}f}")
        yield line


def table(heading: list[str], lines: Iterable[list[str]]) -> str:
    """As Markdown, aligned so that it also reads as text."""
    grid = [heading, *lines]
    widths = [max(len(line[n]) for line in grid) for n in range(len(heading))]
    drawn = []
    for line in grid:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(w) for cell, w in zip(line[1:], widths[1:], strict=True)]
        drawn.append(f"| {' | '.join(cells)} |")
    rule = [f"{'-' * widths[0]}", *(f"{'-' * (w - 1)}:" for w in widths[1:])]
    drawn.insert(1, f"| {' | '.join(rule)} |")
    return "\n".join(drawn)


def single(results: Results, stage: str, size: int, names: dict[str, str], *figures: str) -> str:
    """A table of one stage whose figures are few."""
    lines = []
    for name, title in names.items():
        found = [results.median(Where(stage, size, name), figure) for figure in figures]
        if any(value is not None for value in found):
            lines.append(
                [
                    title,
                    *(
                        "-" if v is None else f"{v:,.3g}" if v < 1000 else f"{v:,.0f}"
                        for v in found
                    ),
                ]
            )
    return table(["", *figures], lines) if lines else ""


def text(results: Results) -> str:
    """The whole report."""
    parts = [f"machine: {results.machine}", f"asked for: {results.asked}"]
    for kind, says in KINDS.items():
        for size in results.sizes_of(kind):
            weight = results.sizes.get(f"{kind} {size}", {})
            own = f" and {weight['own']} of one's own" if weight.get("own") else ""
            after = "; p50 and p99: after the first screen" if kind == "arena" else ""
            change = f"a change: {weight.get('shared')} bytes{own}{after}"
            parts.append(f"## {says}, {size:,} streams ({change})")
            parts.append(table(["server", "x C", *COLUMNS], rows(results, kind, size)))
    for heading, stage, size, names, figures in (
        (
            "2,000 clients back after a restart",
            "back",
            2000,
            titles(),
            ("seconds", "client"),
        ),
        (
            "a post, 64 in flight: an accepted move in Vroum, an empty 204 in the others",
            "moves",
            64,
            titles(),
            ("us", "posts", "failed", "client"),
        ),
        (
            "durable changes a second, 64 rooms at once",
            "store",
            64,
            STORES,
            ("changes", "us"),
        ),
    ):
        drawn = single(results, stage, size, names, *figures)
        parts += [f"## {heading}", drawn] if drawn else []
    growth = [
        ("rooms", size, f"{size:,} room{'s' * (size > 1)}") for size in results.sizes_of("rooms")
    ]
    growth += [
        ("elsewhere", size, f"{size:,} streams elsewhere") for size in results.sizes_of("elsewhere")
    ]
    lines = [
        [
            says,
            *(
                f"{results.median(Where(stage, size, 'vroum'), figure) or 0:,.1f}"
                for figure in ("change_us", "us")
            ),
        ]
        for stage, size, says in growth
    ]
    if lines:
        parts += [
            "## what a change costs in a room with 100 streams",
            table(["", "us per change", "us per delivery"], lines),
        ]
    itself = {
        "small": "the same small room",
        "different": "everyone sees something different",
    }
    for size in results.sizes_of("itself"):
        drawn = single(results, "itself", size, itself, "us", "change_us")
        parts += [f"## Vroum beside itself, {size:,} streams", drawn]
    parts += ["## What is promised", promised(results)]
    parts += [f"left out: {name}: {why}" for name, why in results.left_out.items()]
    parts += [f"the load client may have been the limit: {who}" for who in busy(results)]
    return "\n\n".join(parts) + "\n"


def promised(results: Results) -> str:
    lines = [
        [
            v["promise"],
            "-" if v["figure"] is None else f"{v['figure']:.3g}",
            v["wanted"],
            v["verdict"],
        ]
        for v in verdicts(results)
    ]
    return table(["", "measured", "wanted", ""], lines)


def busy(results: Results) -> list[str]:
    found = {
        f"{r['stage']} {r['size']:,}, {r['server']} ({r['client']:.0%} of its core)"
        for r in results.records
        if r.get("client", 0) > BUSY
    }
    return sorted(found)


def picture(results: Results, path: Path) -> None:
    """CPU microseconds per delivery: a bar for each server, a colour for each kind of room."""
    size = 1000 if 1000 in results.sizes_of("small") else max(results.sizes_of("small"), default=0)
    names = [
        name
        for name in titles()
        if any(results.median(Where(kind, size, name), "us") for kind in KINDS)
    ]
    if not names:
        return
    style = Style(background="white", plot_background="white", font_family="sans-serif")
    chart = pygal.HorizontalBar(
        style=style,
        width=900,
        height=120 + 46 * len(names),
        js=(),
        legend_at_bottom=True,
        legend_at_bottom_columns=1,
        truncate_legend=-1,
        print_values=True,
        disable_xml_declaration=True,
        value_formatter=lambda us: "" if us is None else f"{us:.1f}",
        title=f"CPU microseconds per delivery, {size:,} streams",
    )
    chart.x_labels = [titles()[name] for name in reversed(names)]
    for kind, says in KINDS.items():
        found = [results.median(Where(kind, size, name), "us") for name in reversed(names)]
        if any(found):
            chart.add(says, found)
    path.write_text(chart.render(is_unicode=True) + "\n")


def write(results: Results, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    found = {"verdicts": verdicts(results), **asdict(results)}
    (folder / "figures.json").write_text(json.dumps(found, indent=1) + "\n")
    (folder / "report.md").write_text(text(results))
    picture(results, folder / "picture.svg")
