"""Comparison tables: rows of the data file as HTML that needs no script."""

from __future__ import annotations

from typing import Any, NamedTuple

from macros.cards import card_address
from macros.citations import WORDS, PageContext, matching, short_name, show_figure, source_of
from macros.schema import KINDS, Catalogue, Figure
from macros.text import AuthorError, escape, nearest, number, readable_date


class Preset(NamedTuple):
    """A table as it is when the page does not choose: caption, columns, order."""

    caption: str
    columns: list[str]
    sort: str


def _preset(caption: str, columns: str, sort: str = "") -> Preset:
    return Preset(caption, columns.split(), sort)


FEW = 8  # rows: a shorter table is seen at a glance, and its tools stay folded
LONG = 16  # rows: a longer table scrolls in itself, under its header

PRESETS = {
    "sources": _preset("Sources", "authors year title kind where checked", "authors"),
    "families": _preset("Model families", "name maker summary"),
    "models": _preset(
        "Language models",
        "name maker date architecture parameters training_tokens context max_output licence access scores",
        "date",
    ),
    "modalities": _preset(
        "Systems by what goes in and what comes out",
        "name task inputs outputs method kind maker date",
        "date",
    ),
    "timeline": _preset("Events", "title date strand significance", "date"),
    "architectures": _preset(
        "Architectures",
        "name state parallel_training cost_per_layer path_length use strengths weaknesses",
        "introduced",
    ),
    "tokenizers": _preset("Tokenizers", "name kind how algorithm vocabulary used_by"),
    "components": _preset("Components of Stable Diffusion v1", "name role parameters input output"),
    "training_methods": _preset("Ways to train and to steer", "name stage definition changes_weights"),
    "scaling": _preset("Scaling laws and training costs", "name kind statement figure nature by"),
    "benchmarks": _preset("Benchmarks", "name measures size chance known_problems"),
    "licences": _preset("Licenses of models", "name kind commercial_use redistribution conditions"),
    "applications": _preset("Applications", "name what example"),
    "challenges": _preset("Challenges", "name what answers"),
    "misconceptions": _preset("Misconceptions", "claim verdict truth"),
    "terms": _preset("Terms", "name definition", "name"),
    "resources": _preset("Resources", "title kind by what status"),
    "changes": _preset("Changes of the data", "date what", "-date"),
}

LABELS = {
    "training_tokens": "Training tokens",
    "context": "Context (tokens)",
    "max_output": "Longest answer",
    "licence": "License",
    "inputs": "In",
    "outputs": "Out",
    "cost_per_layer": "Cost a layer",
    "path_length": "Longest path",
    "parallel_training": "Trains in parallel",
    "changes_weights": "Changes weights",
    "used_by": "Used by",
    "commercial_use": "Commercial use",
    "known_problems": "Known problems",
    "find_out": "Find out yourself",
    "training_data": "Training data",
    "how": "How it works",
    "what": "What it is",
    "answers": "What is done about it",
    "by": "By whom",
}

TARGETS = {
    "family": "families",
    "architecture": "architectures",
    "tokenizer": "tokenizers",
    "algorithm": "tokenizers",
    "licence": "licences",
    "model": "models",
}
"""Columns that hold the id of another row, shown by that row's name."""


CHOICES = (
    *("maker", "family", "architecture", "licence", "access", "kind", "strand", "stage", "verdict", "status"),
    *("nature", "inputs", "outputs", "algorithm", "commercial_use", "redistribution", "parallel_training"),
    "changes_weights",
)
RANGES = (
    *("date", "introduced", "year", "parameters", "training_tokens", "context", "max_output", "vocabulary"),
    "size",
)
"""Columns by which the table in the page can be filtered: by what occurs in them, or from … to."""


class _Notes:
    """The numbered sources under one table: equal (source, locator, note) share a number."""

    def __init__(self, page: PageContext, name: str) -> None:
        self.page, self.name = page, name
        self.numbers: dict[tuple[str, str, str], int] = {}

    def mark(self, source: str | None, locator: str | None, note: str | None) -> str:
        if source is None:
            return ""
        row = self.page.row("sources", source)
        key = (source, locator or "", note or "")
        n = self.numbers.setdefault(key, len(self.numbers) + 1)
        return (
            f'<sup class="src"><a href="#{self.name}-source-{n}" '
            f'aria-label="source {n}: {escape(short_name(row))}">{n}</a></sup>'
        )

    def listed(self) -> str:
        items = []
        for (source, locator, note), n in self.numbers.items():
            row = self.page.row("sources", source)
            self.page.cited[source] = None
            where = f", {escape(locator)}" if locator else ""
            more = f" {escape(note)}" if note else ""
            items.append(
                f'<li id="{self.name}-source-{n}"><a href="{escape(row.url)}">{escape(short_name(row))}</a>'
                f"{where}.{more}</li>"
            )
        if not items:
            return ""
        return (
            '<details class="table-sources" data-search-exclude>'
            f"<summary>Sources of this table ({len(items)})</summary>"
            f"<ol>{''.join(items)}</ol></details>"
        )


def table(
    page: PageContext,
    kind: str,
    columns: list[str] | None = None,
    where: dict[str, Any] | None = None,
    sort: str | None = None,
) -> str:
    """A comparison table made from the data file, with a numbered source behind every figure.

    In the page `<data-table>` (docs/assets/js/ui/data-table.js) sorts, filters, compares and saves it.

    kind: a top-level key of genai.yml; columns: its fields; where: dict of field and value, or field and
    list of values; sort: a field, with - for descending. What is left out comes from the kind's preset.

    Example: {{ table("models", columns=["name", "parameters"], where={"family": ["gpt"]}, sort="-date") }}
    """
    if kind not in KINDS:
        raise AuthorError(f"no kind '{kind}'; {nearest(kind, KINDS, 'kinds')}")
    caption, preset, order = PRESETS[kind]
    fields = Catalogue.model_fields[kind].annotation.__args__[0].model_fields  # type: ignore[union-attr]
    wanted = preset if columns is None else columns
    for name in [*wanted, (sort or "").lstrip("-") or "id"]:
        if name not in fields:
            raise AuthorError(f"{kind} have no column '{name}'; {nearest(str(name), fields, 'columns')}")
    rows = _sorted(
        matching(kind, page.catalogue.rows(kind), where),
        sort if sort is not None else order,
    )
    if not wanted or len(set(wanted)) < len(wanted):
        raise AuthorError("columns is empty or names a column twice; name each once")
    name = page.unique(f"table-{kind.replace('_', '-')}")
    notes = _Notes(page, name)
    head = "".join(f'<th scope="col" data-column="{c}"{_nature(c, rows)}>{_label(c)}</th>' for c in wanted)
    long = len(rows) > LONG
    body = "".join(_row(page, kind, row, wanted, notes, long) for row in rows)
    which = _which(page, where)
    style = f"data-table--{kind.replace('_', '-')}"
    return framed(name, f"{caption}{which}", head, body, len(rows), notes.listed(), style)


def framed(
    name: str, caption: str, head: str, body: str, rows: int, below: str = "", style: str = "", more: str = ""
) -> str:
    """A table with what the reader's tools need around it.

    name: the table's id; head: cells of its first row; body: its other rows; style: a class of its own; more:
    attributes of the whole.
    """
    scrolls = "table-scroll table-scroll--long" if rows > LONG else "table-scroll"
    return (
        f'<div class="table-frame"{more}><data-table data-rows="{"few" if rows < FEW else "many"}">'
        f'<div class="{scrolls}" role="group" tabindex="0" aria-labelledby="{name}-caption">'
        f'<table class="{f"data-table {style}".strip()}" id="{name}">'
        f'<caption id="{name}-caption">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"</data-table>{below}</div>"
    )


def _nature(column: str, rows: list[Any]) -> str:
    """What a column holds and how rows are chosen by it, as attributes for the element in the page."""
    values = [getattr(row, column) for row in rows]
    kind = ""
    if column in ("date", "introduced", "checked"):
        kind = "date"
    elif any(isinstance(value, Figure | int) and not isinstance(value, bool) for value in values):
        kind = "number"
    elif column in ("inputs", "outputs"):
        kind = "list"
    facet = "options" if column in CHOICES else "range" if column in RANGES and kind else ""
    shown = {"type": kind, "facet": facet}
    return "".join(f' data-{name}="{value}"' for name, value in shown.items() if value)


def _which(page: PageContext, where: dict[str, Any] | None) -> str:
    """The caption's end: ': GPT, BERT' for where={"family": ["gpt", "bert"]}."""
    named = []
    for field, values in (where or {}).items():
        for value in values if isinstance(values, list) else [values]:
            row = page.catalogue.get(TARGETS.get(field, "families"), str(value)) if field in TARGETS else None
            named.append(str(getattr(row, "name", value)))
    if not named or "id" in (where or {}):
        return ""
    return f": {escape(', '.join(named))}"


def _label(column: str) -> str:
    return LABELS.get(column, column.replace("_", " ").capitalize())


def _sorted(rows: list[Any], order: str) -> list[Any]:
    """By a field; rows without a value come last in either direction."""
    if not order:
        return rows
    name = order.lstrip("-")
    keyed = [(_key(getattr(row, name)), row) for row in rows]
    known = sorted(
        (k for k in keyed if k[0] is not None),
        key=lambda k: k[0],
        reverse=order.startswith("-"),
    )
    return [row for _, row in known] + [row for key, row in keyed if key is None]


def _key(value: Any) -> Any:
    if isinstance(value, Figure):
        return value.number
    if isinstance(value, list):
        return ", ".join(map(str, value)).lower() or None
    if isinstance(value, str):
        return None if value in WORDS else value.lower()
    return value


def _row(page: PageContext, kind: str, row: Any, columns: list[str], notes: _Notes, long: bool) -> str:
    # The rows of a long table are found by their names; its cells would be a quarter of the search index.
    quiet = " data-search-exclude" if long else ""
    cells = []
    for i, column in enumerate(columns):
        text, attributes = _cell(page, row, column, notes)
        if i == 0:
            mark = ""
            if address := card_address(row) if column == "name" else "":
                text = f'<a href="{page.link(address)}">{text}</a>'
            if getattr(row, "source", None) and not any(_has_figure(row, c) for c in columns):
                mark = notes.mark(row.source, row.locator, row.note)
            cells.append(f'<th scope="row"{attributes}>{text}{mark}</th>')
        else:
            cells.append(f"<td{attributes}{quiet}>{text}</td>")
    unique = page.unique(f"row-{row.id}")
    own = "" if unique == f"row-{row.id}" else f' data-id="{row.id}"'  # the row's second one
    return f'<tr id="{unique}"{own}>{"".join(cells)}</tr>'


def _has_figure(row: Any, column: str) -> bool:
    return column == "scores" or isinstance(getattr(row, column), Figure)


def _cell(page: PageContext, row: Any, column: str, notes: _Notes) -> tuple[str, str]:
    """A cell's text and its attributes; `data-value` is what a machine sorts by."""
    value = getattr(row, column)
    if isinstance(value, Figure):
        return _figure_cell(row, column, value, notes)
    if isinstance(value, str) and value in WORDS:
        return WORDS[value], f' class="{value}"'
    if value is None or value == []:
        return '<span class="none" aria-label="no entry">–</span>', ' class="none"'
    if column == "scores":
        return "<br>".join(_score(page, score, notes, row) for score in value), ' class="scores"'
    if column in TARGETS and value != "undisclosed":
        return escape(page.row(TARGETS[column], value).name), f' data-value="{value}"'
    if column in ("date", "introduced"):
        return readable_date(value), f' class="date" data-value="{value}"'
    if column == "checked":
        return readable_date(value.date), f' data-value="{value.date}"'
    if column == "title" and getattr(row, "url", None):
        return f'<a href="{escape(row.url)}">{escape(value)}</a>', ""
    if isinstance(value, bool):
        return ("yes" if value else "no"), f' data-value="{str(value).lower()}"'
    if isinstance(value, list):
        channels = f' data-value="{" ".join(value)}"' if column in ("inputs", "outputs") else ""
        return escape(", ".join(map(str, value))), channels
    if isinstance(value, int):
        return str(value), f' class="number" data-value="{value}"'
    text = (
        escape(value.replace("-", " ")) if column in ("kind", "access", "stage", "strand") else escape(value)
    )
    if value == "undisclosed":
        return text, ' class="undisclosed"'
    return text, ' class="long"' if len(value) > 45 else ""


def _figure_cell(row: Any, column: str, figure: Figure, notes: _Notes) -> tuple[str, str]:
    text = escape(show_figure(figure, column, getattr(row, "unit", None)))
    text = text.replace("; estimates:", "<br>estimates:").replace(" total, ", " total,<br>")
    mark = notes.mark(*source_of(row, figure), figure.note)
    mark += "".join(notes.mark(e.source, e.locator, None) for e in figure.estimates)
    style = "undisclosed" if figure.undisclosed else "estimate" if figure.estimate is not None else ""
    value = "" if figure.number is None else f' data-value="{figure.number:.17g}"'
    form = next((name for name in ("at_least", "approx", "total", "input") if getattr(figure, name)), "")
    value += f' data-form="{form.replace("_", " ")}"' if form else ""
    # The latest of several guesses is the one that charts draw, too.
    value += "".join(f' data-estimate="{e.value:.17g}"' for e in figure.estimates[-1:])
    return text + mark, f' class="number{" " if style else ""}{style}"{value}'


def _score(page: PageContext, score: Any, notes: _Notes, row: Any) -> str:
    name = escape(page.row("benchmarks", score.benchmark).name)
    by = "" if score.by == "maker" else f", measured by {escape(score.by)}"
    mark = notes.mark(score.source or row.source, score.locator, score.note)
    return f"{name} {number(score.value)} ({escape(score.protocol)}{by}){mark}"


def modality_matrix(page: PageContext) -> str:
    """Which system turns what into what: inputs down, outputs across, systems in the cells.

    Example: {{ modality_matrix() }}
    """
    rows = page.catalogue.modalities
    ins = list(dict.fromkeys(channel for row in rows for channel in row.inputs))
    outs = list(dict.fromkeys(channel for row in rows for channel in row.outputs))
    name = page.unique("modality-matrix")
    lines = []
    for channel in ins:
        cells = []
        for out in outs:
            here = [escape(row.name) for row in rows if channel in row.inputs and out in row.outputs]
            cells.append(f"<td>{', '.join(here)}</td>" if here else '<td class="none"></td>')
        lines.append(f'<tr><th scope="row">from {channel}</th>{"".join(cells)}</tr>')
    head = "".join(f'<th scope="col">to {out}</th>' for out in outs)
    return (
        f'<div class="table-scroll" role="group" tabindex="0" aria-labelledby="{name}-caption">'
        f'<table class="data-table data-table--matrix" id="{name}"><caption id="{name}-caption">'
        "What goes in, what comes out (a system that takes two things stands in two rows)</caption>"
        f'<thead><tr><td class="none"></td>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )
