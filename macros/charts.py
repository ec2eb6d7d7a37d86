"""Charts as inline SVG, drawn from the data file at build time; each has a table beside it.

Marks: a filled circle is a published figure, a hollow diamond an estimate by somebody else. Axes are
logarithmic, because the figures span many powers of ten. A scatter labels the marks for which there is
room; each mark tells its name and value in a line above the chart when it is pointed at or focused.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from macros.citations import PageContext, chapter_link, show_figure
from macros.schema import Figure
from macros.tables import table
from macros.text import AuthorError, escape, nearest, number, scaled

MODELS = "llms/models.md"
WIDTH, LEFT, RIGHT = 480, 68, 32
ROW = 38


@dataclass(frozen=True)
class Mark:
    """One point: a name, a number, its words, and whether somebody else estimated it."""

    name: str
    value: float
    words: str
    estimate: bool = False
    year: float = 0.0


def chart(page: PageContext, kind: str) -> str:
    """A chart with its finding in a sentence and its numbers in a table.

    kind: "parameters" (size of models over time), "context" (context windows), "cost" (training costs).

    Example: {{ chart("context") }}
    """
    if kind not in CHARTS:
        raise AuthorError(f"no chart '{kind}'; {nearest(kind, CHARTS, 'charts')}")
    caption, says, art, twin = CHARTS[kind](page)
    name = page.unique(f"chart-{kind}")
    return (
        f'<figure class="figure chart" id="{name}"><div class="figure__art" data-search-exclude>'
        f'<svg viewBox="0 0 {WIDTH} {art[0]}" role="group" aria-labelledby="{name}-title">'
        f'<title id="{name}-title">{caption}</title>{art[1]}</svg></div>'
        f'<figcaption>{caption}<p class="says">{says}</p></figcaption>'
        f'<details class="twin"><summary>The same as a table</summary>{twin}</details></figure>'
    )


Drawn = tuple[str, str, tuple[int, str], str]
"""Caption, finding, (height, SVG), table."""


def _parameters(page: PageContext) -> Drawn:
    marks = []
    for model in page.catalogue.models:
        figure = model.parameters
        if isinstance(figure, str):
            continue
        year = _year(model.date)
        if figure.number is not None:
            marks.append(Mark(model.name, figure.number, show_figure(figure), year=year))
        for estimate in figure.estimates[-1:]:
            words = f"estimate {scaled(estimate.value)} ({estimate.by})"
            marks.append(Mark(model.name, estimate.value, words, True, year))
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
    twin = _twin(page, marks)
    return (
        "Parameters of language models by date of publication (logarithmic)",
        says,
        _scatter(marks),
        twin,
    )


def _context(page: PageContext) -> Drawn:
    marks = []
    for model in sorted(page.catalogue.models, key=lambda m: m.date):
        figure = model.context
        if isinstance(figure, Figure) and figure.number:
            words = f"{show_figure(figure, 'context')} tokens"
            marks.append(Mark(model.name, figure.number, words, year=_year(model.date)))
    least, most = min(marks, key=lambda m: m.value), max(marks, key=lambda m: m.value)
    says = (
        f"The windows of the {len(marks)} models that state one run from "
        f"{number(least.value)} tokens ({escape(least.name)}) to {number(most.value)} "
        f"({escape(most.name)}), a factor of "
        f"{most.value / least.value:,.0f}. That a text fits does not yet mean that it is used well."
    )
    twin = _twin(page, marks)
    return (
        "Context windows in tokens by date of publication (logarithmic)",
        says,
        _scatter(marks),
        twin,
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
    return (
        "What one training run cost, in US dollars (logarithmic)",
        says,
        _dots(marks),
        twin,
    )


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
    """A mark; with a tip it can be focused and pointed at, otherwise its words stand beside it."""
    said = f"{escape(mark.name)}: {escape(mark.words)}"
    shape = f'<circle class="hue-1" cx="{x:.1f}" cy="{y:.1f}" r="5.5"/>'
    if mark.estimate:
        shape = f'<path class="line-2 bold" d="M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'
    if not tip:
        return f'<g role="img" aria-label="{said}">{shape}</g>'
    return f'<g class="mark" tabindex="0" role="img" aria-label="{said}">{shape}{tip}</g>'


def _dots(marks: list[Mark]) -> tuple[int, str]:
    """One row a mark: name left, value right, and the mark on a logarithmic track below them."""
    low, high = _decades([mark.value for mark in marks])
    height = ROW * len(marks) + 34
    out = []

    def x(value: float) -> float:
        return 10 + (WIDTH - 20) * (math.log10(value) - low) / (high - low)

    for decade in range(low, high + 1):
        at = x(10.0**decade)
        anchor = "start" if decade == low else "end" if decade == high else "middle"
        out.append(f'<path class="ink thin grid" d="M{at:.1f} 4V{height - 26}"/>')
        out.append(
            f'<text class="muted" x="{at:.1f}" y="{height - 8}" text-anchor="{anchor}">'
            f"{scaled(10.0**decade)}</text>"
        )
    for i, mark in enumerate(marks):
        top = i * ROW
        out.append(f'<text class="ink plate" x="2" y="{top + 17}">{escape(mark.name)}</text>')
        out.append(
            f'<text class="muted plate" x="{WIDTH - 2}" y="{top + 17}" text-anchor="end">'
            f"{escape(mark.words)}</text>"
        )
        out.append(f'<path class="ink thin grid" d="M10 {top + 29}H{WIDTH - 10}"/>')
        out.append(_point(x(mark.value), top + 29, mark))
    return height, "".join(out)


def _scatter(marks: list[Mark]) -> tuple[int, str]:
    """Time across, size up; labels where they fit, every mark's words in the line above on focus."""
    height, top, bottom = 620, 34, 30
    low, high = _decades([mark.value for mark in marks])
    first, last = (
        math.floor(min(m.year for m in marks)),
        math.ceil(max(m.year for m in marks) + 0.01),
    )
    out = []

    def x(year: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (year - first) / (last - first)

    def y(value: float) -> float:
        return top + (height - bottom - top - 10) * (high - math.log10(value)) / (high - low)

    for decade in range(low, high + 1):
        at = y(10.0**decade)
        out.append(f'<path class="ink thin grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        out.append(
            f'<text class="muted" x="{LEFT - 4}" y="{at + 5:.1f}" text-anchor="end">'
            f"{scaled(10.0**decade)}</text>"
        )
    for year in range(first, last + 1, 1 if last - first < 9 else 2):
        out.append(
            f'<text class="muted" x="{x(year):.1f}" y="{height - 8}" text-anchor="middle">{year}</text>'
        )
    taken = _Taken()
    for mark in marks:
        taken.add((x(mark.year) - 8, y(mark.value) - 8, x(mark.year) + 8, y(mark.value) + 8))
    points = []
    for mark in _by_standing_out(marks):
        at, up = x(mark.year), y(mark.value)
        size = _width(mark.name)
        places = [
            (at + 9, up + 5),
            (at - 9 - size, up + 5),
            (at - size / 2, up - 10),
            (at - size / 2, up + 21),
        ]
        for left, base in places:
            box = (left, base - 13, left + size, base + 4)
            inside = left >= LEFT and box[2] <= WIDTH - 2 and top - 8 < box[1] and box[3] < height - bottom
            if inside and not taken.meets(box):
                taken.add(box)
                out.append(
                    f'<text class="ink label" x="{left:.1f}" y="{base:.1f}">{escape(mark.name)}</text>'
                )
                break
    for mark in sorted(marks, key=lambda m: m.year):
        words = f"{mark.name}: {mark.words}"
        tip = f'<text class="ink tip" x="{LEFT}" y="16">{escape(words)}</text>'
        points.append(_point(x(mark.year), y(mark.value), mark, tip))
    return height, "".join(out + points)


def _width(text: str) -> float:
    """The width of a label of 15 units in the widest of the usual system fonts (DejaVu Sans)."""
    return sum(11 if c.isupper() else 10 if c.isdigit() else 5.2 if c in " .,-il" else 9.5 for c in text)


def _by_standing_out(marks: list[Mark]) -> list[Mark]:
    """Marks in the order in which they get labels: first the largest until then, later the lonely ones."""
    record, highest = set(), 0.0
    for mark in sorted(marks, key=lambda m: m.year):
        if mark.value > highest:
            record.add(mark)
            highest = mark.value

    def cell(mark: Mark) -> tuple[int, int]:
        return round(mark.year), round(2 * math.log10(mark.value))

    crowd = Counter(map(cell, marks))
    return sorted(marks, key=lambda mark: (mark not in record, crowd[cell(mark)], -mark.value))


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
