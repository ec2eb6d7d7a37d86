"""Every fault in the data file is named by line, field and remedy."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import ruamel.yaml
import yaml
from hypothesis import given
from hypothesis import strategies as st

from macros.catalogue import DATA, DataError, load, parse, schema_text
from macros.schema import KINDS
from tests.macros.sample import BASE, text

Data = dict[str, Any]


def message(raw: str | bytes) -> str:
    """What the author reads when this file is checked; fails when nothing is wrong."""
    with pytest.raises(DataError) as caught:
        parse(raw.encode() if isinstance(raw, str) else raw)
    return str(caught.value)


def planted(fault: Callable[[Data], object]) -> str:
    data = copy.deepcopy(BASE)
    fault(data)
    return message(text(data))


def figures(data: Data) -> list[tuple[str, str, str]]:
    """(key, id, field) of every figure written as a mapping."""
    return [
        (kind, row["id"], name)
        for kind, rows in data.items()
        for row in rows
        for name, value in row.items()
        if isinstance(value, dict) and name != "checked"
    ]


def row_of(data: Data, kind: str, row_id: str) -> Data:
    return next(row for row in data[kind] if row["id"] == row_id)


FIELDS = [(kind, i, name) for kind, rows in BASE.items() for i, row in enumerate(rows) for name in row]
TEXTS = [(k, i, n) for k, i, n in FIELDS if isinstance(BASE[k][i][n], str) and n != "id"]


def test_sample_and_real_file_are_valid() -> None:
    assert len(parse(text().encode()).models) == 2
    assert load(DATA).models


def test_empty_file_names_the_keys_it_needs() -> None:
    assert "the file is empty" in message("") and "sources" in message("")
    assert "the file is empty" in message("# only a comment\n")


@pytest.mark.parametrize("kind", KINDS)
def test_missing_top_level_key_is_named(kind: str) -> None:
    assert f"{kind}: is missing; add it" in planted(lambda data: data.pop(kind))


@given(st.sampled_from(FIELDS), st.sampled_from([{}, [], [[]], 3.5, True, {"a": 1}]))
def test_wrong_type_is_named_by_its_field(field: tuple[str, int, str], wrong: Any) -> None:
    kind, i, name = field
    data = copy.deepcopy(BASE)
    if isinstance(data[kind][i][name], type(wrong) | int | float):
        return
    data[kind][i][name] = wrong
    found = message(text(data))
    assert f".{name}" in found or f"].{name}" in found


@given(st.sampled_from([(k, i, n) for k, i, n in FIELDS if n in ("id", "name", "title", "source", "date")]))
def test_missing_field_is_named(field: tuple[str, int, str]) -> None:
    kind, i, name = field
    data = copy.deepcopy(BASE)
    del data[kind][i][name]
    found = message(text(data))
    assert f".{name}: " in found and ("is missing; add it" in found or "has no source" in found)


@given(st.sampled_from(FIELDS), st.sampled_from("abcdefgxyz"))
def test_misspelt_field_suggests_the_right_one(field: tuple[str, int, str], letter: str) -> None:
    kind, i, name = field
    data = copy.deepcopy(BASE)
    row = data[kind][i]
    row[name + letter] = row.pop(name)
    found = message(text(data))
    assert f"{name + letter}: unknown field" in found
    assert "did you mean" in found or "fields:" in found


@given(st.sampled_from([(k, i) for k in KINDS for i in range(len(BASE[k]))]))
def test_duplicate_id_names_both_lines(place: tuple[str, int]) -> None:
    kind, i = place
    data = copy.deepcopy(BASE)
    data[kind].append(copy.deepcopy(data[kind][i]))
    assert f"{kind}[{data[kind][i]['id']}].id: already used on line" in message(text(data))


@given(st.sampled_from(figures(BASE)), st.from_regex(r"[a-z]{3,8}[0-9]{4}", fullmatch=True))
def test_dangling_source_of_a_figure_is_named(figure: tuple[str, str, str], source: str) -> None:
    kind, row_id, name = figure
    data = copy.deepcopy(BASE)
    row_of(data, kind, row_id)[name]["source"] = source
    assert f"{kind}[{row_id}].{name}.source: no '{source}' under sources" in message(text(data))


@given(st.sampled_from([(k, i, n) for k, i, n in FIELDS if n in ("date", "introduced")]))
@pytest.mark.parametrize("bad", ["2020-13", "2020-02-30", "May 2020", "20-05-28", "2020/05"])
def test_bad_date_is_named(bad: str, field: tuple[str, int, str]) -> None:
    kind, i, name = field
    data = copy.deepcopy(BASE)
    data[kind][i][name] = bad
    assert f".{name}: " in message(text(data))


def test_unquoted_date_says_quote_it() -> None:
    assert "date: '2020-05-28': quote the date" in message(text().replace("'2020-05-28'", "2020-05-28"))


@given(st.sampled_from(TEXTS), st.sampled_from("\x00\x01\x07\x0b\x1f\x7f\x9f"))
def test_escaped_control_character_is_named_by_its_field(field: tuple[str, int, str], bad: str) -> None:
    kind, i, name = field
    data = copy.deepcopy(BASE)
    data[kind][i][name] += bad + "x"
    assert f".{name}: " in message(text(data))


@given(st.sampled_from(TEXTS), st.sampled_from("\x00\x01\x07\x1f\x7f"))
def test_raw_control_character_is_named_by_its_field(field: tuple[str, int, str], bad: str) -> None:
    kind, i, name = field
    data = copy.deepcopy(BASE)
    data[kind][i][name] = "MARK"
    found = message(text(data).replace("MARK", f"a{bad}b"))
    assert f"{name}: control character U+{ord(bad):04X}; remove it" in found


@given(st.sampled_from(TEXTS))
def test_bytes_that_are_not_utf8_are_named_by_their_field(
    field: tuple[str, int, str],
) -> None:
    kind, i, name = field
    data = copy.deepcopy(BASE)
    data[kind][i][name] = "MARK"
    assert f"{name}: not UTF-8 (byte 0xff)" in message(text(data).encode().replace(b"MARK", b"\xff"))


@pytest.mark.parametrize("huge", ["9" * 5000, "1.0e+400", "1.0e+31", "1e999", "0x1f", "1_000", ".inf", "-5"])
def test_huge_or_odd_number_is_named(huge: str) -> None:
    found = message(text().replace("value: 2048", f"value: {huge}"))
    assert "context.value: " in found and len(found) < 400


@given(
    st.sampled_from(TEXTS),
    st.sampled_from(["!!python/object:os.system", "!secret", "!!binary", "!!set"]),
)
def test_yaml_tag_is_named_by_its_field(field: tuple[str, int, str], tag: str) -> None:
    kind, i, name = field
    data = copy.deepcopy(BASE)
    data[kind][i][name] = "MARK"
    found = message(text(data).replace("MARK", f"{tag} 'x'"))
    assert f"{name}: " in found and "tag" in found


@given(st.sampled_from(TEXTS))
def test_anchor_is_refused_by_its_field(field: tuple[str, int, str]) -> None:
    kind, i, name = field
    data = copy.deepcopy(BASE)
    data[kind][i][name] = "MARK"
    assert f"{name}: anchors and aliases" in message(text(data).replace("MARK", "&a x"))


def test_key_given_twice_is_named() -> None:
    assert "models[1].name: given twice; keep one" in message(
        text().replace("name: GPT-4\n", "name: A\n  name: B\n")
    )


def test_number_that_yaml_11_reads_as_text_names_the_remedy() -> None:
    assert "write 175.0e+9" in message(text().replace("175000000000.0", "175e9"))


def test_bare_number_says_how_to_write_a_figure() -> None:
    assert "a bare number; write {value: 175" in planted(lambda d: d["models"][0].update(parameters=175))


def test_active_larger_than_total_is_refused() -> None:
    figure = {"total": 10.0, "active": 11.0, "source": "card"}
    assert "active (11) is larger than total (10)" in planted(
        lambda d: d["models"][0].update(parameters=figure)
    )


def test_two_forms_in_one_figure_are_refused() -> None:
    assert "needs exactly one of" in planted(lambda d: d["models"][0]["parameters"].update(approx=1.0))


def test_score_without_protocol_is_refused() -> None:
    found = planted(lambda d: d["models"][0]["scores"][0].pop("protocol"))
    assert "models[gpt-3].scores[0].protocol: is missing; add it" in found


def test_claim_without_source_is_refused() -> None:
    assert "has no source" in planted(lambda d: d["models"][0]["parameters"].pop("source"))
    assert "timeline[gpt-3].source: has no source" in planted(lambda d: d["timeline"][0].pop("source"))


def test_all_faults_are_told_at_once_in_order() -> None:
    def spoil(data: Data) -> None:
        data["terms"][0]["definitoin"] = "x"
        data["sources"][0]["year"] = "2020"
        data["models"][1]["access"] = "apis"

    lines = [int(line.split(":")[1]) for line in planted(spoil).splitlines()]
    assert len(lines) == 3 and lines == sorted(lines)


def test_pyyaml_and_ruamel_read_the_real_file_alike() -> None:
    raw = DATA.read_text(encoding="utf-8")
    assert yaml.safe_load(raw) == ruamel.yaml.YAML(typ="safe", pure=True).load(raw)


def test_schema_file_is_current_and_accepts_the_real_file() -> None:
    schema = DATA.with_name("genai.schema.json")
    assert schema.read_text(encoding="utf-8") == schema_text(), "run `make schema`"
    jsonschema.validate(yaml.safe_load(DATA.read_text(encoding="utf-8")), json.loads(schema_text()))


def test_editors_find_the_schema_by_the_first_line() -> None:
    first = DATA.read_text(encoding="utf-8").split("\n", 1)[0]
    assert first == "# yaml-language-server: $schema=genai.schema.json"
