"""What was measured on the miniatures, as charts, tables and numbers in prose.

No sentence here knows who is ahead: each finding is worked out from docs/data/miniatures.json, so that it
stays true when `make measure` writes the file anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from macros.charts import SCALE, WIDTH, _decades, _width, tick_group
from macros.citations import PageContext
from macros.measured import Results, load
from macros.tables import framed
from macros.text import AuthorError, escape, nearest, number, scaled


def _three(value: float) -> str:
    """Three digits that count: 2197632 → '2.2 M', 12345 → '12,300'."""
    return scaled(float(f"{value:.3g}")).replace(" ", "\u00a0")


def _two(value: float) -> str:
    return f"{value:.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if round(value, 2) else "0.00"


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _span(values: Iterable[float], show: Callable[[float], str] = _three) -> str:
    """'2.2 M', or '2.2 M to 2.4 M' where they differ in print."""
    low, high = show(min(known := list(values))), show(max(known))
    return low if low == high else f"{low} to {high}"


Pairs = Sequence[tuple[str, float]]
"""Labels, escaped, and their values."""


def _ends(pairs: Pairs, less: str, more: str, show: Callable[[float], str] = _two) -> str:
    """Who has the lowest and the highest value in print: 'least GRU and LSTM (1.62); most RNN (1.70)'."""
    told = []
    for word, pick in ((less, min), (more, max)):
        shown = show(pick(value for _, value in pairs))
        told.append(f"{word} {_and([label for label, value in pairs if show(value) == shown])} ({shown})")
    return "; ".join(told)


SHAPES = {
    "circle": "m-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0z",
    "diamond": "m0-7l7 7l-7 7l-7-7z",
    "square": "m-5-5h10v10h-10z",
    "triangle": "m0-7l7 12h-14z",
    "cross": "m-5-5l10 10m0-10l-10 10",
    "plus": "m-6.5 0h13m-6.5-6.5v13",
}
DASHES = ["none", "9 4", "2 4", "12 4 2 4", "5 3", "16 4"]
"""With a shape of its own as well, no line is told from the others by color alone."""


class Point(NamedTuple):
    """A mark: its value, its words, its shape and its class (hue-… is filled, line-… is hollow)."""

    value: float
    words: str
    shape: str
    style: str


Row = tuple[str, str, list[Point]]
"""A name, what is said at the right, and the marks, of which the last is drawn on top."""


class Axis(NamedTuple):
    """The values to be marked, from the first to the last, and how they are written."""

    ticks: list[float]
    show: Callable[[float], str]
    log: bool = False

    def at(self, value: float, start: float, length: float) -> float:
        """Where a value lies between `start` and `start + length`."""
        ends = (self.ticks[0], self.ticks[-1], value)
        low, high, value = map(math.log, ends) if self.log else ends
        return start + length * (value - low) / (high - low)


def _even(values: Iterable[float], show: str) -> Axis:
    """A linear axis with round ticks, at most eight, around the values."""
    first, last = min(known := list(values)), max(known)
    rough = max(last - first, last / 100, 1e-6) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough * 0.999)
    start, end = math.floor(first / step + 1e-9), math.ceil(last / step - 1e-9)
    return Axis([i * step for i in range(start, max(end, start + 1) + 1)], f"{{:{show}}}".format)


def _text(x: float, y: float, words: str, style: str = "muted", anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def _panel(
    top: float, legend: Iterable[tuple[str, str, str]], rows: list[Row], axis: Axis, line: float | None = None
) -> tuple[float, str]:
    """A legend of (shape, class, words), rows of marks, an axis and a line: where it ends, and the SVG."""
    out, x, y = [], 10.0, top + 16
    for shape, style, words in legend:
        if x > 10 and x + 12 + _width(words) > WIDTH:
            x, y = 10.0, y + 20
        out.append(f'<path class="{style}" d="M{x:.1f} {y - 5}{SHAPES[shape]}"/>{_text(x + 12, y, words)}')
        x += 34 + _width(words)
    heights = [58 if _width(name) + _width(told) > WIDTH - 16 else 38 for name, told, _ in rows]
    y += 8
    bottom, left, across = y + sum(heights), 20, WIDTH - 40
    ticks = []
    for tick in axis.ticks:
        at, shown = axis.at(tick, left, across), axis.show(tick)
        ticks.append(f'<path class="ink thin grid" d="M{at:.1f} {y}V{bottom}"/>')
        ticks.append(_text(min(at, WIDTH - 2 - _width(shown) / 2), bottom + 18, shown, anchor="middle"))
    if axis.log:
        ticks = [tick_group("x", (left, left + across), (y, bottom), ticks)]
        ticks.append(_text(WIDTH / 2, bottom + 38, f"{SCALE.format('tspan')} scale", anchor="middle"))
    out += ticks
    if line is not None:
        at = axis.at(line, left, across)
        out.append(f'<path class="ink thin" stroke-dasharray="6 4" d="M{at:.1f} {y}V{bottom}"/>')
    for (name, told, points), height in zip(rows, heights):
        track = y + height - 9
        out.append(_text(2, y + 17, name, "ink plate"))
        out.append(_text(WIDTH - 2, track - 12, told, "muted plate", "end"))
        out.append(f'<path class="ink thin grid" d="M{left} {track}h{across}"/>')
        for value, words, shape, style in points:
            drawn = f'class="{style}" d="M{axis.at(value, left, across):.1f} {track}{SHAPES[shape]}"'
            told_value = f' data-value="{value:.6g}"' if axis.log else ""
            out.append(f'<g role="img" aria-label="{words}"{told_value}><path {drawn}/></g>')
        y += height
    return bottom + (46 if axis.log else 26), "".join(out)


def _apart(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Places for labels near where they are wanted, `gap` apart, in the same order, from low to high."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    places, floor, ceiling = list(wanted), low, high
    for i in order:
        places[i] = max(wanted[i], floor)
        floor = places[i] + gap
    for i in reversed(order):
        places[i] = min(places[i], ceiling)
        ceiling = places[i] - gap
    return places


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what stands in the cells is escaped already."""
    head = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = ""
    for first, *cells in rows:
        body += f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
    return f'<table class="data-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _place(results: Results, seeds: str = "one of each model") -> str:
    """What all measurements of quality have in common, and so cannot show."""
    size = _three(results.corpus.training_characters)
    return (
        f"It does not show other texts than this corpus of {size} characters, or other sizes. Seeds: {seeds}."
    )


Drawn = tuple[str, str, str, tuple[float, str], str]
"""Caption, finding, limits, (height, SVG), table."""

EQUAL = {True: ("circle", "hue-1", "equal training"), False: ("square", "hue-2", "trained otherwise")}


def _equal(results: Results) -> Drawn:
    known = [m for m in results.models if m.bits_per_character is not None]
    known.sort(key=lambda m: (not m.equal, m.bits_per_character))
    pairs = [(escape(m.label), m.bits_per_character or 0.0) for m in known]
    equal = [m for m in known if m.equal]
    trained = [m for m in equal if m.name != "ngram"] or equal
    says = (
        f"On {_span(m.training_tokens for m in trained)} training tokens and with "
        f"{_span(m.parameters for m in trained)} parameters, a character takes "
        f"{_ends(pairs[: len(equal)], 'the fewest bits with', 'the most with')}."
    )
    rows, lines, spreads = list[Row](), [], []
    for model, (label, bits) in zip(known, pairs):
        runs, tokens = results.runs(model), _three(model.training_tokens)
        points = [Point(v, f"{label}, another seed: {v:.2f}", "circle", "line-1") for v in runs[1:]]
        seeds = f" ({len(runs)} seeds: {_span(runs, _two)})" if len(runs) > 1 else ""
        words = f"{label}: {bits:.2f}"
        rows.append((label, f"{bits:.2f}{seeds}", [*points, Point(bits, words, *EQUAL[model.equal][:2])]))
        lines.append([label, ", ".join(map(_two, runs)), tokens, "yes" if model.equal else "no"])
        if not model.equal:
            says += f" Trained on {tokens} tokens, {label} needs {bits:.2f}."
        elif len(runs) > 1:
            spreads.append(round(max(runs) - min(runs), 3))
    tool, line = escape(results.compressor.name), results.compressor.bits_per_character
    rows.append((tool, _two(line), [Point(line, f"{tool}: {line:.2f}", "cross", "ink bold")]))
    lines.append([tool, _two(line), "not applicable", "not applicable"])
    below = sum(bits < line for _, bits in pairs)
    count = {0: "none", len(pairs): "all"}.get(below, str(below))
    says += f" Fewer bits than {tool} ({line:.2f}) are needed by {count} of the {len(pairs)} models."
    if spreads and len(equal) > 1:
        gap = round(pairs[1][1] - pairs[0][1], 3)
        says += (
            f" Other seeds move a figure by up to {max(spreads):.3f}; the first two of the comparison are "
        )
        says += f"{gap:.3f} apart, {'more' if gap > max(spreads) else 'no more'} than that."
    several = [
        f"{label} ({n})" for model, (label, _) in zip(known, pairs) if (n := len(results.runs(model))) > 1
    ]
    limits = _place(results, f"{_and(several)}, of the others one") if several else _place(results)
    if len(trained) < len(equal):
        limits += " The n-gram model counts its text once and trains no weights: its size is no match."
    legend = [look for kind, look in EQUAL.items() if kind in {m.equal for m in known}]
    legend[1:1] = [("circle", "line-1", "other seeds")] * bool(spreads)
    axis = _even((point.value for *_, points in rows for point in points), ".1f")
    heads = ["Model", "Bits per character, by seed", "Training tokens", "In the equal comparison"]
    caption = "Bits per character on stories that no model was trained on (fewer is better)"
    return caption, says, limits, _panel(0, legend, rows, axis, line), _grid(heads, lines)


def _position(results: Results) -> Drawn:
    rows = [(results.label(row.name), row.loss_nats) for row in results.by_position]
    positions, ends = results.by_position[0].positions, (0, *results.by_position[0].positions)
    spans = [str(b) if b == a + 1 else f"{a + 1} to {b}" for a, b in zip(ends, positions)]
    across = Axis([*positions], number, log=True)
    up = _even((loss for _, losses in rows for loss in losses), ".1f")
    left, top, bottom = 40.0, 56.0, 436.0
    width = WIDTH - left - 26 - max(_width(label) for label, _ in rows)
    right = left + width
    out = [_text(2, 16, "nats a token"), _text(left - 8, bottom + 48, "tokens of context")]
    for tick in up.ticks:
        y = up.at(tick, bottom, top - bottom)
        out.append(f'<path class="ink thin grid" d="M{left} {y:.1f}H{right:.1f}"/>')
        out.append(_text(left - 10, y + 5, up.show(tick), anchor="end"))
    named = positions[-1 :: -1 if width > 36 * len(positions) else -2]
    out += [_text(across.at(p, left, width), bottom + 26, number(p), anchor="middle") for p in named]
    heights = [up.at(losses[-1], bottom, top - bottom) for _, losses in rows]
    for i, (label, losses) in enumerate(rows):
        xy = [
            f"{across.at(p, left, width):.1f} {up.at(loss, bottom, top - bottom):.1f}"
            for p, loss in zip(positions, losses)
        ]
        end, place = heights[i], _apart(heights, 18, top, bottom)[i]
        shape, hue = [*SHAPES][i % 6], i % 6 + 1
        said = ", ".join(f"{loss:.2f} nats at {span}" for loss, span in zip(losses, spans))
        tip = f"{label}: {losses[0]:.2f} at {spans[0]}, {losses[-1]:.2f} at {spans[-1]}"
        out.append(
            f'<g class="mark" tabindex="0" role="img" aria-label="{label}: {said}">'
            f'<path class="line-{hue}" stroke-dasharray="{DASHES[i % 6]}" d="M{"L".join(xy)}"/>'
            f'<path class="{"line" if shape in ("cross", "plus") else "hue"}-{hue}" '
            f'd="{"".join(f"M{point}{SHAPES[shape]}" for point in xy)}"/>'
            f'<path class="muted" d="M{right + 8:.1f} {end:.1f}L{right + 18:.1f} {place:.1f}"/>'
            f"{_text(right + 21, place + 5, label, 'ink label')}{_text(left, 40, tip, 'ink tip')}</g>"
        )
    middle = max((i for i, p in enumerate(positions[:-1]) if p * 8 <= positions[-1]), default=0)
    changes = sorted((losses[-1] - losses[middle], label) for label, losses in rows)
    told = _and([f"{label} ({_signed(change)})" for change, label in changes])
    says = "Loss with "
    for i, then in ((0, ". With "), (-1, ". ")):
        pairs = [(label, losses[i]) for label, losses in rows]
        says += (
            f"{spans[i]} token{'s' * (spans[i] != '1')} of context: {_ends(pairs, 'lowest', 'highest')}{then}"
        )
    says += f"Change from {spans[middle]} to {spans[-1]} tokens: {told}."
    limits = f"{_place(results)} What more than {number(positions[-1])} tokens would bring was not measured."
    lines = [[span, *(_two(losses[i]) for _, losses in rows)] for i, span in enumerate(spans)]
    table = _grid(["Tokens of context", *(label for label, _ in rows)], lines)
    return "Loss by length of the context (logarithmic)", says, limits, (bottom + 58, "".join(out)), table


WAYS = {
    "parallel": ("circle", "hue-1", "windows"),
    "stepwise": ("diamond", "line-2", "single tokens"),
    "training": ("triangle", "hue-3", "training"),
}
"""The speeds of a model: beginning of the field; shape, class and words."""


def _speed(results: Results) -> Drawn:
    says, rows, lines = [], list[Row](), []
    labels = [results.label(row.name) for row in results.speed]
    rates = {way: [getattr(row, f"{way}_tokens_per_second") for row in results.speed] for way in WAYS}
    for way, (_, _, words) in WAYS.items():
        says.append(
            f"{words.capitalize()}: {_ends([*zip(labels, rates[way])], 'slowest', 'fastest', _three)}"
        )
    for i, label in enumerate(labels):
        told = [f"{words} {_three(rates[way][i])}" for way, (_, _, words) in WAYS.items()]
        points = [
            Point(rates[way][i], f"{label}, {t} tokens a second", *WAYS[way][:2])
            for way, t in zip(WAYS, told)
        ]
        rows.append((label, ", ".join(told), points))
        lines.append([label, *(_three(rates[way][i]) for way in WAYS)])
    factors = sorted(
        (whole / single, label) for whole, single, label in zip(rates["parallel"], rates["stepwise"], labels)
    )
    low, high = _decades([rate for found in rates.values() for rate in found])
    limits = (
        "It does not show the speed of an idea, but of these programs on one thread of one machine "
        f"({escape(results.machine.processor)}, torch {escape(results.machine.torch)}); on a processor that "
        "works on many numbers at once the order may differ."
    )
    return (
        "Tokens a second: windows read at once, single tokens, and training (logarithmic)",
        f"{'. '.join(says)}. Windows divided by single tokens: "
        f"{_and([f'{label} ({factor:.2g})' for factor, label in factors])}.",
        limits,
        _panel(0, WAYS.values(), rows, Axis([10.0**i for i in range(low, high + 1)], scaled, log=True)),
        _grid(["Model", *(words.capitalize() for _, _, words in WAYS.values())], lines),
    )


GUESSES = [("circle", "hue-1", "first guess right"), ("diamond", "line-2", "among the first five")]
BITS = ("square", "hue-3", "bits for a blank")


def _blanks(results: Results) -> Drawn:
    blanks, shares, costs, lines = results.blanks, list[Row](), list[Row](), []
    for row in blanks.rows:
        label = f"{results.label(row.name)}, {escape(row.sees)}"
        told = [_percent(row.top_1), _percent(row.top_5), _two(row.bits)]
        points = [
            Point(100 * share, f"{label}, {look[2]}: {shown}", *look[:2])
            for share, shown, look in zip((row.top_1, row.top_5), told, GUESSES)
        ]
        shares.append((label, ", ".join(told[:2]), points[::-1]))
        costs.append((label, told[2], [Point(row.bits, f"{label}: {told[2]} bits", *BITS[:2])]))
        lines.append([label, *told])
    values = [0, *(point.value for *_, points in shares for point in points)]
    bottom, art = _panel(0, GUESSES, shares, _even(values, ".0f"))
    pairs = [(label, points[0].value) for label, _, points in costs]
    bottom, more = _panel(bottom + 10, [BITS], costs, _even([0, *(bits for _, bits in pairs)], ".0f"))
    firsts = [(label, row.top_1) for (label, _), row in zip(pairs, blanks.rows)]
    says = (
        f"Of {number(blanks.count)} blanks, right at the first guess: "
        f"{_ends(firsts, 'fewest', 'most', _percent)}. Bits for a blank: {_ends(pairs, 'fewest', 'most')}."
    )
    limits = (
        f"{_place(results)} Among so many blanks, chance alone moves a share by up to "
        f"{50 / math.sqrt(blanks.count):.1f} points (one standard error)."
    )
    heads = ["Model and what it sees", *(words.capitalize() for _, _, words in (*GUESSES, BITS))]
    caption = "The same blanks, filled by models that see different parts (shares in %, then bits)"
    twin = f"{_grid(heads, lines)}<p>The blanks: {escape(blanks.what)}.</p>"
    return caption, says, limits, (bottom, art + more), twin


CHARTS = {"equal": _equal, "position": _position, "speed": _speed, "blanks": _blanks}


def miniature_chart(page: PageContext, kind: str) -> str:
    """A measurement of the miniatures as a chart, with its finding, its limits and its numbers in a table.

    kind: "equal" (bits per character at equal training), "position" (loss by length of the context), "speed"
    (tokens a second), "blanks" (one hidden word, filled by models that see different parts).

    Example: {{ miniature_chart("equal") }}
    """
    if kind not in CHARTS:
        raise AuthorError(f"no chart '{kind}'; {nearest(kind, CHARTS, 'charts')}")
    caption, says, limits, (height, art), twin = CHARTS[kind](load())
    name = page.unique(f"miniatures-{kind}")
    shown = caption.replace("logarithmic", SCALE.format("span")) if "data-axis" in art else caption
    return (
        f'<figure class="figure chart" id="{name}"><data-chart><div class="figure__art" data-search-exclude>'
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="group" aria-labelledby="{name}-title">'
        f'<title id="{name}-title">{caption}</title>{art}</svg></div></data-chart>'
        f'<figcaption>{shown}<p class="says">{says}</p>'
        f'<div class="limits" data-search-exclude>{limits}</div></figcaption>'
        '<details class="twin" data-search-exclude><summary>The same as a table</summary>'
        f'<div class="table-scroll" role="group" tabindex="0" aria-labelledby="{name}-title">{twin}</div>'
        "</details></figure>"
    )


class Shown(NamedTuple):
    """A table of measurements; `columns`: fields of a row with their labels."""

    caption: str
    told: str
    columns: dict[str, str]
    rows: Sequence[BaseModel]


def _tokenizers(results: Results) -> Shown:
    rows, corpus = results.tokenizers, results.corpus
    cut = [(escape(row.name), row.validation_tokens) for row in rows]
    unknown = [f"{escape(row.name)} {number(row.unknown)}" for row in rows if row.unknown]
    return Shown(
        f"The {number(corpus.validation_characters)} characters of the held-out stories, cut in {len(rows)} "
        f"ways; what had to be learned was learned from {_three(corpus.training_characters)} others",
        f"Tokens for the same text: {_ends(cut, 'fewest with', 'most with', number)}. "
        f"Unknown tokens: {_and(unknown) if unknown else 'none with any of them'}.",
        {
            "name": "Tokenizer",
            "vocabulary": "Vocabulary",
            "validation_tokens": "Tokens",
            "characters_per_token": "Characters per token",
            "unknown": "Unknown tokens",
        },
        rows,
    )


COLUMNS = {
    "label": "Model",
    "family": "Family",
    "parameters": "Parameters",
    "bytes": "File",
    "context": "Context",
    "training_tokens": "Training tokens",
    "minutes": "Minutes",
    "bits_per_character": "Bits per character",
}


def _models(results: Results) -> Shown:
    silent = [escape(m.label) for m in results.models if m.bits_per_character is None]
    told = "Bits per character are those of a prediction from left to right, token by token"
    return Shown(
        f"The miniatures: {len(results.models)} small models",
        f"{told}; no such prediction is made by {_and(silent)}." if silent else f"{told}.",
        COLUMNS,
        results.models,
    )


TABLES = {"tokenizers": _tokenizers, "models": _models}


def miniature_table(page: PageContext, kind: str) -> str:
    """A measurement of the miniatures as a table, with its finding below.

    kind: "tokenizers" (the same text cut in several ways) or "models" (all of them, with size and training).

    Example: {{ miniature_table("tokenizers") }}
    """
    if kind not in TABLES:
        raise AuthorError(f"no table '{kind}'; {nearest(kind, TABLES, 'tables')}")
    caption, told, columns, rows = TABLES[kind](load())
    head = "".join(
        f'<th scope="col" data-column="{field}"{_nature(getattr(row, field) for row in rows)}>{label}</th>'
        for field, label in columns.items()
    )
    body = ""
    for row in rows:
        row_id = page.unique(re.sub(r"[^a-z0-9]+", "-", f"row-{getattr(row, 'name', '')}".lower()))
        first, *others = (_cell(field, getattr(row, field)) for field in columns)
        cells = "".join(f"<td{cell}</td>" for cell in others)
        body += f'<tr id="{row_id}"><th scope="row"{first}</th>{cells}</tr>'
    name = page.unique(f"miniatures-{kind}")
    return f"{framed(name, caption, head, body, len(rows), more=' data-search-exclude')}<p>{told}</p>"


def _nature(values: Iterable[object]) -> str:
    kinds = {type(value) for value in values}
    return ' data-type="number"' if kinds & {int, float} else ""


def _cell(field: str, value: float | str | None) -> str:
    """The rest of a cell's tag and its text; `data-value` is what it is sorted by."""
    if value is None:
        nature = ' class="not-applicable"'
    else:
        nature = "" if isinstance(value, str) else f' class="number" data-value="{value:.17g}"'
    return f"{nature}>{_figure(field, value)}"


FORMATS: dict[str, Callable[[float], str]] = {
    "parameters": _three,
    "training_tokens": _three,
    "training_characters": _three,
    "bytes": lambda value: f"{value / 1e6:.1f} MB" if value >= 1e5 else f"{value / 1e3:.0f} kB",
    "minutes": lambda value: f"{value:.0f}" if value >= 1 else "under 1",
    "bits_per_character": _two,
    "characters_per_token": _two,
}
"""How a figure is printed; one that is not listed is printed in full."""


def _figure(field: str, value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return escape("not applicable" if value is None else value)
    return FORMATS.get(field, number)(value)


def miniature(page: PageContext, name: str, field: str) -> str:
    """One measured figure inside a sentence.

    name: a model of the file, or "corpus", "machine", "blanks", "compressor"; field: a field of it.

    Example: {{ miniature("gpt", "bits_per_character") }}
    """
    results = load()
    parts: dict[str, BaseModel] = {model.name: model for model in results.models}
    parts |= {part: getattr(results, part) for part in ("corpus", "machine", "blanks", "compressor")}
    if name not in parts:
        raise AuthorError(f"no '{name}' among the measurements; {nearest(name, parts, 'names')}")
    fields = {key: value for key, value in parts[name] if type(value) in (int, float, str)}
    if field not in fields:
        raise AuthorError(f"'{name}' has no figure '{field}'; {nearest(field, fields, 'figures')}")
    return f'<span class="fact">{_figure(field, fields[field])}</span>'
