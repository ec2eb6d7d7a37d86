"""Charts as inline SVG, drawn from the data file at build time; each has a table beside it.

Marks: a filled circle is a published figure, a hollow diamond an estimate by somebody else. Axes are
logarithmic, because the figures span many powers of ten. A scatter labels the marks for which there is
room; each mark tells its name and value in a line above the chart when it is pointed at or focused.

`<data-chart>` (docs/assets/js/ui/data-chart.js) reads values and families from the marks: it moves them to a
linear scale and back, brings out a family, and lets arrow keys step from mark to mark.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from macros.citations import PageContext, chapter_link, show_figure
from macros.schema import Figure
from macros.tables import table
from macros.text import AuthorError, escape, nearest, number, readable_date, scaled

MODELS = "llms/models.md"
WIDTH, LEFT, RIGHT = 480, 88, 32
HEIGHT, TOP, BOTTOM = 620, 34, 30
ROW = 38
SCALE = '<{0} class="scale-word">logarithmic</{0}>'
"""The word that says how an axis is divided; the script changes it with the scale."""


@dataclass(frozen=True)
class Mark:
    """One point: a name, a number, its words, and whether somebody else estimated it."""

    name: str
    value: float
    words: str
    estimate: bool = False
    year: float = 0.0
    date: str = ""
    family: str = ""


def chart(page: PageContext, kind: str) -> str:
    """A chart with its finding in a sentence and its numbers in a table.

    kind: "parameters" (size of models over time), "context" (context windows), "cost" (training costs).

    Example: {{ chart("context") }}
    """
    if kind not in CHARTS:
        raise AuthorError(f"no chart '{kind}'; {nearest(kind, CHARTS, 'charts')}")
    caption, says, marks, draw, behind, twin = CHARTS[kind](page)
    height, art = draw(marks, caption.split(" by ")[0])
    name = page.unique(f"chart-{kind}")
    present = {mark.family for mark in marks}
    families = "|".join(f"{row.id} {row.name}" for row in page.catalogue.families if row.id in present)
    return (
        f'<figure class="figure chart" id="{name}">'
        f'<data-chart data-families="{escape(families)}">'
        f'<div class="figure__art" data-search-exclude>'
        f'<svg viewBox="0 0 {WIDTH} {height}" role="group" aria-labelledby="{name}-title">'
        f'<title id="{name}-title">{caption} (logarithmic)</title>{art}</svg></div></data-chart>'
        f'<figcaption>{caption} ({SCALE.format("span")})<p class="says">{says}</p>{behind}</figcaption>'
        f'<details class="twin"><summary>The same as a table</summary>{twin}</details></figure>'
    )


class Drawn(NamedTuple):
    """What a chart is made of; `draw` turns the marks and the name of their axis into height and SVG."""

    caption: str
    says: str
    marks: list[Mark]
    draw: Callable[[list[Mark], str], tuple[int, str]]
    behind: str
    twin: str


def _behind(page: PageContext, target: str, state: str, words: str) -> str:
    """A link to the table that has the rows behind the marks; `state`: what it is filtered and sorted by."""
    path, _, table_id = target.rpartition("#")
    if path and path not in page.pages:
        return ""
    address = "" if path in ("", page.path) else page.link(path)
    query = "&amp;".join(f"{table_id}.{part}" for part in state.split())
    return (
        f'<div class="behind" data-search-exclude><a href="{address}?{query}#{table_id}" data-state>'
        f"{words}</a></div>"
    )


def _parameters(page: PageContext) -> Drawn:
    marks = []
    for model in page.catalogue.models:
        figure = model.parameters
        if isinstance(figure, str):
            continue
        where = (_year(model.date), readable_date(model.date), model.family)
        if figure.number is not None:
            marks.append(Mark(model.name, figure.number, show_figure(figure), False, *where))
        for estimate in figure.estimates[-1:]:
            words = f"estimate {scaled(estimate.value)} ({estimate.by})"
            marks.append(Mark(model.name, estimate.value, words, True, *where))
    silent = sum(
        isinstance(m.parameters, Figure) and bool(m.parameters.undisclosed) for m in page.catalogue.models
    )
    known = [m for m in marks if not m.estimate]
    least, most = min(known, key=lambda m: m.value), max(known, key=lambda m: m.value)
    says = (
        f"Published sizes run from {escape(least.name)} ({escape(least.words)}) to {escape(most.name)} "
        f"({escape(most.words)}), a factor of {most.value / least.value:,.0f}; for {silent} of the "
        f"{len(page.catalogue.models)} models in the data the maker published no size."
    )
    behind = _behind(page, f"{MODELS}#table-models", "sort=-parameters", "The models as a table, by size")
    return Drawn(
        "Parameters of language models by date of publication",
        says,
        marks,
        _scatter,
        behind,
        _twin(page, marks),
    )


def _context(page: PageContext) -> Drawn:
    marks = []
    for model in sorted(page.catalogue.models, key=lambda m: m.date):
        figure = model.context
        if isinstance(figure, Figure) and figure.number:
            words = f"{show_figure(figure, 'context')} tokens"
            where = (_year(model.date), readable_date(model.date), model.family)
            marks.append(Mark(model.name, figure.number, words, False, *where))
    least, most = min(marks, key=lambda m: m.value), max(marks, key=lambda m: m.value)
    says = (
        f"The windows of the {len(marks)} models that state one run from "
        f"{number(least.value)} tokens ({escape(least.name)}) to {number(most.value)} "
        f"({escape(most.name)}), a factor of "
        f"{most.value / least.value:,.0f}. That a text fits does not yet mean that it is used well."
    )
    behind = _behind(
        page, f"{MODELS}#table-models", "context=1.. sort=-context", "The models as a table, by context"
    )
    return Drawn(
        "Context windows in tokens by date of publication",
        says,
        marks,
        _scatter,
        behind,
        _twin(page, marks),
    )


def _twin(page: PageContext, marks: list[Mark]) -> str:
    """The marks as a plain table; the sources stand in the table of all models, to which it leads."""
    rows = "".join(
        f'<tr><th scope="row">{escape(m.name)}</th><td>{int(m.year)}</td><td>{escape(m.words)}</td></tr>'
        for m in sorted(marks, key=lambda m: m.year)
    )
    elsewhere = MODELS in page.pages and page.path != MODELS
    lead = f"<p>Sources: {chapter_link(page, MODELS)}.</p>" if elsewhere else ""
    head = '<th scope="col">Model</th><th scope="col">Year</th><th scope="col">Figure</th>'
    return f'<table class="data-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{lead}'


def _cost(page: PageContext) -> Drawn:
    marks = []
    for row in page.catalogue.scaling:
        if row.unit == "USD" and isinstance(row.figure, Figure) and row.figure.number:
            words = f"{'at least ' if row.figure.at_least else ''}${scaled(row.figure.number)} ({row.by})"
            marks.append(Mark(row.name, row.figure.number, words, row.nature != "maker"))
    marks.sort(key=lambda mark: mark.value)
    span = math.log10(marks[-1].value / marks[0].value)
    makers = sum(not mark.estimate for mark in marks)
    told = f"{makers} of the {len(marks)} come from makers, the rest" if makers else f"all {len(marks)}"
    says = (
        f"From {escape(marks[0].name)} to {escape(marks[-1].name)} the figures span {span:.1f} powers of "
        f"ten; {told} are estimates or press reports, made by different methods: compare orders of "
        "magnitude, not digits."
    )
    twin = table(page, "scaling", ["name", "figure", "nature", "by"], where={"kind": "cost"})
    shown = re.search(r'<table[^>]* id="([^"]+)"', twin)
    behind = _behind(page, f"#{shown[1]}", "sort=-figure", "The runs as a table, by cost") if shown else ""
    return Drawn("What one training run cost, in US dollars", says, marks, _dots, behind, twin)


CHARTS: dict[str, Callable[[PageContext], Drawn]] = {
    "parameters": _parameters,
    "context": _context,
    "cost": _cost,
}


def _year(date: str) -> float:
    year, month, day = (*map(int, date.split("-")), 1, 1)[:3]
    return year + (month - 1) / 12 + (day - 1) / 365


def _decades(values: list[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _point(x: float, y: float, mark: Mark, tip: str = "") -> str:
    """A mark with its words, which can be focused; a tip is a line that shows them without script."""
    said = f"{escape(mark.name)}: {escape(mark.words)}{f', {mark.date}' if mark.date else ''}"
    shape = f'<circle class="hue-1" cx="{x:.1f}" cy="{y:.1f}" r="5.5"/>'
    if mark.estimate:
        shape = f'<path class="line-2 bold" d="M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'
    family = f' data-family="{mark.family}"' if mark.family else ""
    return (
        f'<g class="mark" tabindex="0" role="img" aria-label="{said}" data-value="{mark.value:.6g}"{family}>'
        f"{shape}{tip}</g>"
    )


def tick_group(
    axis: str, along: tuple[float, float], across: tuple[float, float], ticks: Iterable[str]
) -> str:
    """The ticks of a logarithmic axis, with what the script needs to draw others in their place."""
    return (
        f'<g class="ticks" data-axis="{axis}" data-start="{along[0]:g}" data-end="{along[1]:g}" '
        f'data-across="{across[0]:g} {across[1]:g}">{"".join(ticks)}</g>'
    )


def _dots(marks: list[Mark], name: str) -> tuple[int, str]:
    """One row a mark: name left, value right, and the mark on a logarithmic track below them."""
    low, high = _decades([mark.value for mark in marks])
    height = ROW * len(marks) + 56
    start, end, foot = 10, WIDTH - 10, height - 48
    out, ticks = [], []

    def x(value: float) -> float:
        return start + (end - start) * (math.log10(value) - low) / (high - low)

    for decade in range(low, high + 1):
        at = x(10.0**decade)
        anchor = "start" if decade == low else "end" if decade == high else "middle"
        ticks.append(f'<path class="ink thin grid" d="M{at:.1f} 4V{foot}"/>')
        ticks.append(
            f'<text class="muted" x="{at:.1f}" y="{foot + 18}" text-anchor="{anchor}">'
            f"{scaled(10.0**decade)}</text>"
        )
    for i, mark in enumerate(marks):
        top = i * ROW
        out.append(f'<text class="ink plate" x="2" y="{top + 17}">{escape(mark.name)}</text>')
        out.append(
            f'<text class="muted plate" x="{WIDTH - 2}" y="{top + 17}" text-anchor="end">'
            f"{escape(mark.words)}</text>"
        )
        out.append(f'<path class="ink thin grid" d="M{start} {top + 29}H{end}"/>')
        out.append(_point(x(mark.value), top + 29, mark))
    named = (
        f'<text class="muted" x="{WIDTH / 2}" y="{height - 8}" text-anchor="middle">'
        f"{name.split(', in ')[-1]}, {SCALE.format('tspan')} scale</text>"
    )
    return height, tick_group("x", (start, end), (4, foot), ticks) + named + "".join(out)


def _scatter(marks: list[Mark], name: str) -> tuple[int, str]:
    """Time across, size up; labels where they fit, every mark's words in the line above on focus."""
    low, high = _decades([mark.value for mark in marks])
    first, last = (
        math.floor(min(m.year for m in marks)),
        math.ceil(max(m.year for m in marks) + 0.01),
    )
    start, end = HEIGHT - BOTTOM - 10, TOP
    out, ticks = [], []

    def x(year: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (year - first) / (last - first)

    def y(value: float) -> float:
        return start + (end - start) * (math.log10(value) - low) / (high - low)

    for decade in range(low, high + 1):
        at = y(10.0**decade)
        ticks.append(f'<path class="ink thin grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        ticks.append(
            f'<text class="muted" x="{LEFT - 4}" y="{at + 5:.1f}" text-anchor="end">'
            f"{scaled(10.0**decade)}</text>"
        )
    for year in range(first, last + 1, 1 if last - first < 9 else 2):
        out.append(
            f'<text class="muted" x="{x(year):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{year}</text>'
        )
    middle = (start + end) / 2
    out.append(
        f'<text class="muted" text-anchor="middle" transform="translate(14 {middle}) rotate(-90)">'
        f"{name}, {SCALE.format('tspan')} scale</text>"
    )
    ordered = sorted(marks, key=lambda m: m.year)
    places = [(round(x(m.year), 1), round(y(m.value), 1)) for m in ordered]
    labels = [
        f'<text class="ink label" x="{at[0]:.1f}" y="{at[1]:.1f}">{escape(mark.name)}</text>'
        for mark, at in zip(ordered, label_places(ordered, places))
        if at
    ]
    points = []
    for mark, (at, up) in zip(ordered, places):
        words = f"{mark.name}: {mark.words}"
        tip = f'<text class="ink tip" x="{LEFT}" y="16">{escape(words)}</text>'
        points.append(_point(at, up, mark, tip))
    grid = tick_group("y", (start, end), (LEFT, WIDTH - RIGHT), ticks)
    return HEIGHT, f'{grid}{"".join(out)}<g class="labels">{"".join(labels)}</g>{"".join(points)}'


def label_places(marks: list[Mark], places: list[tuple[float, float]]) -> list[tuple[float, float] | None]:
    """Left end and base line of each label; None where there is no room beside, above or below its mark."""
    taken = _Taken()
    for at, up in places:
        taken.add((at - 8, up - 8, at + 8, up + 8))
    found: list[tuple[float, float] | None] = [None] * len(marks)
    for i in _by_standing_out(marks):
        (at, up), size = places[i], _width(marks[i].name)
        tries = [
            (at + 9, up + 5),
            (at - 9 - size, up + 5),
            (at - size / 2, up - 10),
            (at - size / 2, up + 21),
        ]
        for left, base in tries:
            box = (left, base - 13, left + size, base + 4)
            inside = left >= LEFT and box[2] <= WIDTH - 2
            if inside and box[1] > TOP - 8 and box[3] < HEIGHT - BOTTOM and not taken.meets(box):
                taken.add(box)
                found[i] = (left, base)
                break
    return found


def _width(text: str) -> float:
    """The width of a label of 15 units in the widest of the usual system fonts (DejaVu Sans)."""
    return sum(11 if c.isupper() else 10 if c.isdigit() else 5.2 if c in " .,-il" else 9.5 for c in text)


def _by_standing_out(marks: list[Mark]) -> list[int]:
    """Marks in the order in which they get labels: first the largest until then, later the lonely ones."""
    record, highest = set[int](), 0.0
    for i in sorted(range(len(marks)), key=lambda i: marks[i].year):
        if marks[i].value > highest:
            record.add(i)
            highest = marks[i].value

    def cell(mark: Mark) -> tuple[int, int]:
        return math.floor(mark.year + 0.5), math.floor(2 * math.log10(mark.value) + 0.5)

    crowd = Counter(map(cell, marks))
    return sorted(
        range(len(marks)), key=lambda i: (i not in record, crowd[cell(marks[i])], -marks[i].value, i)
    )


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class _Taken:
    """Boxes that are drawn already, kept by the squares of 40 units that they touch: fast with many."""

    def __init__(self) -> None:
        self.squares: dict[tuple[int, int], list[Box]] = {}

    def _touched(self, box: Box) -> Iterator[tuple[int, int]]:
        for i in range(int(box[0] // 40), int(box[2] // 40) + 1):
            for j in range(int(box[1] // 40), int(box[3] // 40) + 1):
                yield i, j

    def add(self, box: Box) -> None:
        for square in self._touched(box):
            self.squares.setdefault(square, []).append(box)

    def meets(self, box: Box) -> bool:
        near = (other for square in self._touched(box) for other in self.squares.get(square, ()))
        return any(_overlap(box, other) for other in near)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
