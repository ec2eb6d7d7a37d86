"""The files for other programs give back what the data file says, in the types that pandas reads."""

from __future__ import annotations

import io
import json
from functools import cache
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pandas
import pytest
import yaml

import macros
from macros.catalogue import DATA, load, parse, schema_text
from macros.citations import PageContext
from macros.downloads import (
    BETWEEN,
    FORMS,
    data_files,
    files,
    json_text,
    package_text,
    tables,
    version,
)
from macros.pages import read_site
from macros.schema import KINDS, Catalogue
from tests.macros.sample import BASE, text

WRITTEN: dict[str, list[dict[str, Any]]] = yaml.load(DATA.read_bytes(), Loader=yaml.CSafeLoader)
NUMBERS = ("value", "at_least", "approx", "total", "active", "input", "output", "estimate")
NAMES = sorted(tables(load()))


@cache
def frame(name: str) -> pandas.DataFrame:
    """A table as pandas reads it without being told anything but where it is."""
    return pandas.read_csv(io.StringIO(files(load())[f"csv/{name}.csv"]))


@cache
def declared(name: str) -> dict[str, str]:
    """Column → type, as the Data Package says."""
    found = next(r for r in json.loads(package_text(load()))["resources"] if r["name"] == name)
    return {field["name"]: field["type"] for field in found["schema"]["fields"]}


def given(value: Any) -> Any:
    return None if pandas.isna(value) else value


def plain(row: dict[str, Any], field: str) -> Any:
    """A field of the YAML that is no figure, as a cell says it."""
    value = row.get(field)
    return (BETWEEN.join(map(str, value)) or None) if isinstance(value, list) else value


@pytest.mark.parametrize("name", NAMES)
def test_pandas_gives_each_column_the_type_that_the_package_declares(name: str) -> None:
    read = frame(name)
    assert [*read.columns] == [*declared(name)]
    for column, kind in declared(name).items():
        cells = read[column].dropna()
        if kind == "boolean":
            assert read[column].dtype == bool, column
        elif kind in ("number", "integer"):
            assert pandas.api.types.is_numeric_dtype(read[column]), column
        elif kind == "date" and len(cells):
            days = pandas.to_datetime(cells, format="%Y-%m-%d")
            assert (days.dt.strftime("%Y-%m-%d") == cells).all(), column
        else:
            assert all(isinstance(cell, str) for cell in cells), column


@pytest.mark.parametrize("kind", KINDS)
def test_a_csv_gives_back_every_cell_and_figure_of_the_data_file(kind: str) -> None:
    read, columns = frame(kind), declared(kind)
    assert len(read) == len(WRITTEN[kind])
    for row, cells in zip(WRITTEN[kind], read.to_dict("records"), strict=True):
        for field in {*row} - {"scores"}:
            value = row[field]
            if f"{field}_undisclosed" in columns:
                assert figure_in(cells, field, row) == value, (row["id"], field)
            elif field == "checked":
                found = {name: given(cells[f"checked_{name}"]) for name in ("date", "via")}
                assert found == (value or {"date": None, "via": None})
            elif f"{field}_precision" in columns:
                length = {"year": 4, "month": 7, "day": 10}[cells[f"{field}_precision"]]
                assert cells[field][:length] == value
            else:
                assert given(cells[field]) == plain(row, field), (row["id"], field)


def figure_in(cells: dict[str, Any], field: str, row: dict[str, Any]) -> Any:
    """A figure as the YAML writes it, read from its columns; estimates come from their own table."""
    for word in ("not-reported", "not-applicable"):
        if cells[f"{field}_{word.replace('-', '_')}"]:
            return word
    found = {form: given(cells[field if form == "value" else f"{field}_{form}"]) for form in NUMBERS}
    found |= {name: given(cells[f"{field}_{name}"]) for name in ("by", "source", "locator", "note")}
    found["undisclosed"] = cells[f"{field}_undisclosed"] or None
    own = row[field]
    for name in ("source", "locator"):  # what the figure takes from its row
        if name not in own and found[name] == row.get(name):
            found[name] = None
    guesses = frame("estimates")
    mine = guesses[(guesses["row"] == row["id"]) & (guesses["field"] == field)]
    estimates = [
        {name: cell for name, cell in guess.items() if name in own["estimates"][n] and given(cell)}
        | (
            {"date": guess["date"][: len(own["estimates"][n]["date"])]}
            if "date" in own["estimates"][n]
            else {}
        )
        for n, guess in enumerate(mine.to_dict("records"))
    ]
    return {name: value for name, value in found.items() if value is not None} | (
        {"estimates": estimates} if estimates else {}
    )


def test_the_table_of_scores_has_every_score() -> None:
    wanted = [
        (m["id"], s["benchmark"], s["value"], s["protocol"], s["by"], s.get("source", m.get("source")))
        for m in WRITTEN["models"]
        for s in m.get("scores", [])
    ]
    read = frame("scores")[["model", "benchmark", "value", "protocol", "by", "source"]]
    assert [*read.itertuples(index=False, name=None)] == wanted


def test_the_json_is_the_data_file_and_keeps_its_schema() -> None:
    data = json.loads(json_text(load()))
    head = data.pop("about")
    assert data == WRITTEN
    jsonschema.validate(data, json.loads(schema_text()))
    assert head["version"] == version(load()) and head["licenses"][0]["name"] == "CC-BY-4.0"


def test_pandas_reads_the_json_with_nested_figures_as_columns() -> None:
    read = pandas.json_normalize(json.loads(json_text(load()))["models"]).set_index("id")
    assert read.loc["gpt-3", "parameters.value"] == 175e9
    assert read.loc["gpt-4", "parameters.undisclosed"] is True
    assert pandas.api.types.is_numeric_dtype(read["context.value"])


def test_every_form_of_a_figure_has_its_own_column() -> None:
    made = files(parse(text().encode()))["csv/models.csv"]
    models = {row["id"]: row for row in pandas.read_csv(io.StringIO(made)).to_dict("records")}
    three, four = models["gpt-3"], models["gpt-4"]
    assert (three["parameters"], three["parameters_source"]) == (175e9, "brown2020")
    assert three["training_tokens_approx"] == 300e9 and given(three["training_tokens"]) is None
    assert (four["context_input"], four["context_output"]) == (8192, 4096)
    assert four["parameters_undisclosed"] and not three["parameters_undisclosed"]
    assert four["training_tokens_not_reported"] and four["max_output_not_applicable"]


def test_no_list_has_the_mark_that_divides_it() -> None:
    lists = [v for kind in KINDS for row in WRITTEN[kind] for v in row.values() if isinstance(v, list)]
    assert [item for values in lists for item in values if BETWEEN in str(item)] == []


def test_the_version_changes_with_any_figure_and_with_nothing_else() -> None:
    same, other = parse(text().encode()), parse(text().replace("43.9", "44.0").encode())
    assert version(parse(text(BASE).encode())) == version(same) != version(other)
    assert version(same).startswith("2026-11-21+")


def test_the_documentation_names_every_file_and_every_column() -> None:
    html = unescape(data_files(PageContext("data/index.md", load(), read_site())))
    suffixes = tuple(form.suffix for form in FORMS if form.suffix)
    for name in NAMES:
        assert f'href="csv/{name}.csv"' in html
        for column in declared(name):
            base = next((column.removesuffix(s) for s in suffixes if column.endswith(s)), column)
            assert f"<code>{column}</code>" in html or f"<code>{base}</code> (figure" in html, column
    assert version(load()) in html


@pytest.mark.parametrize("shows", ["1", ""], ids=["serve", "build"])
def test_the_live_server_has_the_files_that_pages_link_to_or_read(
    shows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOW_ERRORS", shows)
    macros.on_post_build(SimpleNamespace(conf={"site_dir": str(tmp_path)}))
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    lists = {"study/chapters.json", "study/drills.json"}
    assert made == ({f"data/{name}" for name in files(load())} | lists if shows else set())


def test_columns_are_named_once() -> None:
    for name in NAMES:
        assert len({*declared(name)}) == len(tables(load())[name].columns)
    assert {*NAMES} == {*KINDS, "scores", "estimates"} == {*Catalogue.model_fields, "scores", "estimates"}
