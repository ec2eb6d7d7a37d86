"""The data for other programs: one JSON file, a CSV file a table, and a description of every column.

Everything here is worked out from the classes in `schema.py` and the checked rows, so a new field has its
column, its type and its line in the documentation at once.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel

from macros.catalogue import references_of
from macros.citations import PageContext, source_of
from macros.schema import KINDS, Catalogue, Checked, Figure, Row, Score
from macros.text import escape, number

BETWEEN = "|"
"""What stands between the values of a list in a cell; no text of the data has it."""

DATES = ("date", "introduced", "seen")
UNITS = {
    "parameters": "parameters",
    "training_tokens": "tokens",
    "context": "tokens",
    "max_output": "tokens",
    "vocabulary": "tokens",
    "size": "items of the test",
    "chance": "percent",
    "figure": "as the column unit says",
    "year": "year",
}


class Form(NamedTuple):
    """One of the columns of a figure: what is added to the field's name, its type, what stands in it."""

    suffix: str
    type: str
    about: str


FORMS = (
    Form("", "number", "the figure, where the document states it without reserve"),
    Form("_at_least", "number", "a lower bound: the document says “over” or “at least”"),
    Form("_approx", "number", "a rounded figure: the document says “about”"),
    Form("_total", "number", "all parameters of a mixture of experts"),
    Form("_active", "number", "those of them that work on one token"),
    Form("_input", "number", "the largest prompt, where prompt and answer have limits of their own"),
    Form("_output", "number", "the largest answer then"),
    Form("_estimate", "number", "a third party's figure, where that is all there is"),
    Form("_by", "string", "who estimated it"),
    Form("_undisclosed", "boolean", "whether the maker withholds it; estimates.csv has what others guess"),
    Form("_not_reported", "boolean", "whether the documents that we read are silent"),
    Form("_not_applicable", "boolean", "whether the question makes no sense here"),
    Form("_source", "string", "id of the document in sources.csv, the row's own if the figure names none"),
    Form("_locator", "string", "where in that document"),
    Form("_note", "string", "what else is to be known about the figure"),
)
"""The columns of every figure, in this order, whether a row uses them or not: scripts can rely on them."""


class Column(NamedTuple):
    """A column as it is documented: its name, its type as Data Package calls it, a unit or a meaning."""

    name: str
    type: str
    about: str = ""


class Table(NamedTuple):
    """A CSV file before it is text: what one row is, the columns, and rows of as many values."""

    about: str
    columns: list[Column]
    rows: list[list[Any]]


def tables(catalogue: Catalogue) -> dict[str, Table]:
    """Every table by name: one a key of the data file, one of all scores, one of all estimates."""
    found = {}
    for kind in KINDS:
        (row_class,) = get_args(Catalogue.model_fields[kind].annotation)
        names = [name for name in _fields(row_class) if Score not in _types(row_class, name)]
        columns = [column for name in names for column in _columns(row_class, name)]
        rows = [[v for name in names for v in _values(row, name)] for row in catalogue.rows(kind)]
        found[kind] = Table(str(row_class.__doc__), columns, rows)
    fields = "benchmark value protocol by source locator note"
    scores = [
        [model.id, s.benchmark, s.value, s.protocol, s.by, *source_of(model, s), s.note]
        for model in catalogue.models
        for s in model.scores
    ]
    about = "A model's result on a benchmark; without its protocol it says nothing."
    found["scores"] = Table(about, [*_plain("model"), *_plain(fields)], scores)
    fields = "table row field value by source locator date date_precision"
    guesses = [
        [kind, row.id, name, e.value, e.by, e.source, e.locator, *_date(e.date)]
        for kind in KINDS
        for row in catalogue.rows(kind)
        for name in type(row).model_fields
        if isinstance(figure := getattr(row, name), Figure)
        for e in figure.estimates
    ]
    about = "A third party's number for something that the maker withholds."
    found["estimates"] = Table(about, _plain(fields), guesses)
    return found


def _fields(row_class: type[BaseModel]) -> list[str]:
    """The fields of a kind of row: its id, what is its own, what every row has."""
    last = [name for name in Row.model_fields if name in row_class.model_fields and name != "id"]
    return ["id", *(name for name in row_class.model_fields if name not in (*last, "id")), *last]


@lru_cache(maxsize=512)
def _types(row_class: type[BaseModel], name: str) -> set[Any]:
    """Every type that is named in the annotation of a field, however deep."""
    todo, found = [row_class.model_fields[name].annotation], set[Any]()
    while todo:
        found.add(part := todo.pop())
        todo += [inner for inner in get_args(part) if not isinstance(inner, str)]
    return found


def _columns(row_class: type[BaseModel], name: str) -> Iterator[Column]:
    types, unit = _types(row_class, name), UNITS.get(name, "")
    if Figure in types:
        yield from (Column(name + f.suffix, f.type, unit if f.type == "number" else "") for f in FORMS)
    elif Checked in types:
        yield Column(f"{name}_date", "date", "when somebody found the figures in the source")
        yield Column(f"{name}_via", "string", "source or copy")
    elif name in DATES:
        yield from _plain(f"{name} {name}_precision")
    else:
        plain = {bool: "boolean", int: "integer", float: "number"}
        kind = next((plain[t] for t in plain if t in types), "string")
        target = references_of(row_class).get(name)
        told = [unit, f"id in {target}.csv" if target else "", f"several, with {BETWEEN} between them"]
        several = any(getattr(t, "__origin__", None) is list for t in types)
        yield Column(name, kind, "; ".join(filter(None, told if several else told[:2])))


def _plain(names: str) -> list[Column]:
    """Columns that are made here, not from a field of a row."""
    known = {
        "model": Column("model", "string", "id in models.csv"),
        "benchmark": Column("benchmark", "string", "id in benchmarks.csv"),
        "source": Column("source", "string", "id in sources.csv"),
        "table": Column("table", "string", "name of the file without .csv"),
        "row": Column("row", "string", "id in that file"),
        "field": Column("field", "string", "column there"),
        "value": Column("value", "number", "in the unit of that column, or as the protocol says"),
    }
    for name in DATES:
        known[name] = Column(name, "date", "the first day of what is known")
        known[f"{name}_precision"] = Column(f"{name}_precision", "string", "day, month or year")
    return [known.get(name, Column(name, "string")) for name in names.split()]


def _values(row: BaseModel, name: str) -> Iterator[Any]:
    """The values of one field, one a column."""
    value, types = getattr(row, name), _types(type(row), name)
    if Figure in types:
        yield from _figure(row, value)
    elif Checked in types:
        yield from (value.date, value.via) if value else (None, None)
    elif name in DATES:
        yield from _date(value)
    else:
        yield BETWEEN.join(map(str, value)) if isinstance(value, list) else value


def _figure(row: BaseModel, value: Figure | str | None) -> list[Any]:
    figure = value if isinstance(value, Figure) else Figure.model_construct(estimates=[])
    numbers = [getattr(figure, f.suffix[1:] or "value") for f in FORMS if f.type == "number"]
    words = [figure.undisclosed is True, value == "not-reported", value == "not-applicable"]
    source = source_of(row, figure) if isinstance(value, Figure) else (None, None)
    return [*numbers, figure.by, *words, *source, figure.note]


def _date(text: str | None) -> tuple[str | None, str | None]:
    """'2020-05' → 2020-05-01 and month: a whole day, which every program reads as a date."""
    if text is None:
        return None, None
    return text + "-01-01"[len(text) - 4 :], {4: "year", 7: "month", 10: "day"}[len(text)]


def csv_text(table: Table) -> str:
    """A table as CSV: empty where there is nothing, true and false in small letters, lines end with \\n."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([[_cell(value) for value in row] for row in table.rows])
    return file.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(_short(value))


def _short(value: Any) -> Any:
    """Whole numbers without a point and an exponent, as long as a double holds them exactly."""
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if whole else value


def rows_of(catalogue: Catalogue) -> dict[str, list[dict[str, Any]]]:
    """The rows as they stand in the data file, as plain values."""
    return {kind: [_plain_row(row) for row in catalogue.rows(kind)] for kind in KINDS}


def _plain_row(row: BaseModel) -> dict[str, Any]:
    given = row.model_dump(exclude_unset=True)
    return {name: _short(given[name]) for name in _fields(type(row)) if name in given}


def version(catalogue: Catalogue) -> str:
    """The day of the newest entry under `changes`, and eight digits that every change of the data changes."""
    text = json.dumps(rows_of(catalogue), ensure_ascii=False)
    newest = max((row.date for row in catalogue.changes), default="none")
    return f"{newest}+{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def about(catalogue: Catalogue) -> dict[str, Any]:
    """What stands at the head of each file that has one: name, version, license."""
    return {
        "name": "genai-checked",
        "title": "Generative AI, checked: the data",
        "version": version(catalogue),
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
    }


def json_text(catalogue: Catalogue) -> str:
    """The whole data file as JSON, one row a line; what is beside `about` has the shape of the schema."""
    parts = [f'"about": {json.dumps(about(catalogue), ensure_ascii=False)}']
    for kind, rows in rows_of(catalogue).items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        parts.append(f'"{kind}": [\n{lines}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def package_text(catalogue: Catalogue) -> str:
    """The columns of all CSV files as a Data Package (frictionlessdata.io), which tools read."""
    resources = [
        {
            "name": name,
            "path": f"csv/{name}.csv",
            "description": table.about,
            "encoding": "utf-8",
            "schema": {
                "fields": [
                    {"name": c.name, "type": c.type, **({"description": c.about} if c.about else {})}
                    for c in table.columns
                ]
            },
        }
        for name, table in tables(catalogue).items()
    ]
    return json.dumps({**about(catalogue), "resources": resources}, ensure_ascii=False, indent=1) + "\n"


def files(catalogue: Catalogue) -> dict[str, str]:
    """Path under data/ → text, of everything that is made from the data file."""
    found = {f"csv/{name}.csv": csv_text(table) for name, table in tables(catalogue).items()}
    return {"genai.json": json_text(catalogue), "datapackage.json": package_text(catalogue), **found}


def write_data(site: Path, catalogue: Catalogue) -> None:
    """Put these files into a built site."""
    (site / "data" / "csv").mkdir(parents=True, exist_ok=True)
    for name, text in files(catalogue).items():
        (site / "data" / name).write_text(text, encoding="utf-8", newline="\n")


def data_files(page: PageContext) -> str:
    """The files of the data with their version, and every column with its type and unit.

    Example: {{ data_files() }}
    """
    lines, columns = [], []
    for name, table in tables(page.catalogue).items():
        address = page.link(f"data/csv/{name}.csv")
        shown = name.replace("_", "_<wbr>")
        lines.append(
            f'<tr><th scope="row"><a href="{address}">{shown}<wbr>.csv</a></th><td>{escape(table.about)}</td>'
            f'<td class="number">{number(len(table.rows))}</td></tr>'
        )
        columns.append(f"<dt>{name}.csv</dt><dd>{_described(table.columns)}</dd>")
    forms = "".join(
        f'<tr><th scope="row"><code>figure{f.suffix}</code></th><td>{f.type}</td><td>{f.about}</td></tr>'
        for f in FORMS
    )
    head = '<thead><tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th></tr></thead>'
    frame = (
        '<div class="table-scroll" role="group" tabindex="0" aria-label="{}" data-search-exclude>'
        '<table class="data-table">'
    )
    return (
        f"<p>Version <code>{version(page.catalogue)}</code>: the day of the newest entry among the "
        f'<a href="{page.link("study/changes.md")}">changes</a>, and digits that differ when anything does.'
        f"</p>"
        f"{frame.format('Files')}{head.format('File', 'One row is', 'Rows')}<tbody>{''.join(lines)}</tbody>"
        f"</table></div>"
        f"<details data-search-exclude><summary>The columns of a figure</summary>"
        f"<p>Where the lists below say <em>figure</em>, a field such as <code>parameters</code> has these "
        f"{len(FORMS)} columns, whether a row uses them or not; at most one form of number is filled in.</p>"
        f"{frame.format('Columns of a figure')}{head.format('Column', 'Type', 'What it holds')}"
        f"<tbody>{forms}</tbody></table></div></details>"
        f'<details data-search-exclude><summary>All columns of all files</summary><dl class="columns">'
        f"{''.join(columns)}</dl></details>"
    )


def _described(columns: list[Column]) -> str:
    """The columns of a table in a line: the many of a figure as one, the plain ones by their names."""
    told = []
    suffixes = {form.suffix for form in FORMS} - {""}
    names = {column.name for column in columns}
    figures = {name for name in names if all(name + suffix in names for suffix in suffixes)}
    companions = {name + suffix for name in figures for suffix in suffixes}
    for column in columns:
        if column.name not in companions:
            what = "figure" if column.name in figures else "" if column.type == "string" else column.type
            more = "; ".join(escape(part) for part in (what, column.about) if part)
            told.append(f"<code>{column.name}</code>{f' ({more})' if more else ''}")
    return ", ".join(told)
