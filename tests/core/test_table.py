"""Sorting, filtering and addresses of a table, against the same done in Python in another way."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.conftest import Run

pytestmark = pytest.mark.browser

Core = Callable[..., Any]
CALL = """(module, [name, ...values]) => {
  const result = module[name](...values);
  return result instanceof Map ? Object.fromEntries(result) : result;
}"""


@pytest.fixture(scope="module")
def core(run: Run) -> Core:
    """`core("text", "fold", "Ö")` calls a function of a script."""
    return lambda module, name, *values: run(module, CALL, [name, *values])


COLUMNS = [
    {"name": "name", "label": "Name", "type": "text", "facet": ""},
    {"name": "maker", "label": "Maker", "type": "text", "facet": "options"},
    {"name": "size", "label": "Size", "type": "number", "facet": "range"},
    {"name": "date", "label": "Date", "type": "date", "facet": "range"},
    {"name": "inputs", "label": "In", "type": "list", "facet": "options"},
]
NOTHING = {"text": "", "sort": [], "options": {}, "ranges": {}, "hidden": [], "compare": []}
NOTHING |= {"side": False, "only": False, "all": False}
MAKERS = ["Meta", "Google", "Ørsted", "undisclosed"]
CHANNELS = ["text", "image", "audio"]
dates = st.one_of(
    st.integers(2016, 2026).map(str),
    st.builds(
        lambda y, m: f"{y}-{m:02}",
        st.integers(2016, 2026),
        st.integers(1, 12),
    ),
)
facts = st.lists(
    st.tuples(
        st.sampled_from(["GPT-2", "GPT-10", "Zoë", "zoe", "Llama 7B", "Llama 13B"]),
        st.sampled_from(MAKERS),
        st.none() | st.integers(0, 40),
        st.none() | dates,
        st.lists(st.sampled_from(CHANNELS), unique=True),
    ),
    max_size=12,
)
orders = st.lists(
    st.tuples(st.sampled_from(["name", "maker", "size", "date"]), st.booleans()),
    max_size=3,
    unique_by=lambda pair: pair[0],
)


def fold(text: str) -> str:
    """By categories of characters: what is left of a decomposed text without its marks."""
    kinds = {c: unicodedata.category(c) for c in unicodedata.normalize("NFKD", text)}
    letters = (c for c in unicodedata.normalize("NFKD", text) if kinds[c][0] != "M")
    bare = "".join("-" if kinds[c] == "Pd" else c for c in letters)
    for letter, plain in zip("ßøłđæœıς", ["ss", "o", "l", "d", "ae", "oe", "i", "σ"]):
        bare = bare.lower().replace(letter, plain)
    return re.sub(r"\s+", " ", bare).strip()


def natural(text: str) -> list[Any]:
    """Runs of digits as numbers."""
    return [(0, int(run)) if run.isdigit() else (1, run) for run in re.findall(r"\d+|\D", fold(text))]


def rows(found: list[Any]) -> list[dict[str, Any]]:
    """The rows as the element reads them from the page; the order of texts is looked up here, in Python."""
    made = []
    for at, (name, maker, size, date, inputs) in enumerate(found):
        cells = []
        for text, value, options in (
            (name, sorted({n for n, *_ in found}, key=natural).index(name), [name]),
            (maker, fold(maker) if maker != "undisclosed" else None, [maker]),
            ("" if size is None else str(size), size, [str(size)]),
            (date or "", date, [date]),
            (", ".join(inputs), ", ".join(inputs), inputs),
        ):
            missing = "undisclosed" if value is None else ""
            cells.append({"text": text, "value": value, "missing": missing, "options": options})
        made.append({"id": str(at), "cells": cells, "folded": fold(" ".join(c["text"] for c in cells))})
    return made


def words(text: str) -> list[str]:
    """What must occur: words, or what quotation marks hold together."""
    parts = fold(text).split('"')
    return [word for at, part in enumerate(parts) for word in ([part] if at % 2 else part.split())]


def months(day: str) -> range:
    """All months of a year, or the one month, counted from the year 0."""
    year, _, month = day.partition("-")
    first = 12 * int(year) + (int(month) - 1 if month else 0)
    return range(first, first + (1 if month else 12))


ACCEPTS = "(m, [columns, rows, key, value]) => m.accepts(columns, rows)(key, value)"
ROWS = rows([(maker, maker, 1, "2020", []) for maker in MAKERS])


def ids(some: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in some]


# Letters with and without marks, and what decomposes to several; newer Unicode may differ between the two.
letters = st.characters(codec="utf-8", max_codepoint=0x24FF, categories=["Lu", "Ll", "Mn", "Nd", "Po", "Zs"])


@given(st.text(letters, max_size=30))
def test_search_ignores_case_and_diacritics_as_unicode_defines_them(core: Core, text: str) -> None:
    assert core("text", "fold", text) == fold(text)


def test_dashes_and_accents_are_found_as_people_type_them(core: Core) -> None:
    assert core("text", "fold", "McCulloch–Pitts  NAÏVE") == "mcculloch-pitts naive"


@given(facts, orders)
def test_sorting_is_stable_and_what_is_unknown_comes_last(core: Core, found: Any, order: Any) -> None:
    """Python sorts by the last column first, once a column, and puts the unknown behind by hand."""
    table = rows(found)
    wanted = list(table)
    for column, down in reversed(order):
        at = [c["name"] for c in COLUMNS].index(column)
        known = [row for row in wanted if row["cells"][at]["value"] is not None]
        unknown = [row for row in wanted if row["cells"][at]["value"] is None]
        known.sort(key=lambda row: row["cells"][at]["value"], reverse=down)
        wanted = known + unknown
    sort = [{"column": column, "down": down} for column, down in order]

    assert ids(core("table", "sorted", table, COLUMNS, sort)) == ids(wanted)


@given(
    facts,
    st.sampled_from(
        ["", "zoe", "ZOË", "gpt 10", "(.*", "meta", "ørsted llama", '"llama 7b" meta', '"b meta"']
    ),
    st.lists(st.sampled_from(MAKERS), unique=True),
    st.lists(st.sampled_from(CHANNELS), unique=True),
    st.tuples(st.sampled_from(["", "5", "0.01k"]), st.sampled_from(["", "30"])),
    st.tuples(st.sampled_from(["", "2018", "2019-06"]), st.sampled_from(["", "2020", "2021-03"])),
)
def test_filters_leave_the_rows_that_a_plain_loop_leaves(
    core: Core, found: Any, text: str, makers: Any, channels: Any, size: Any, date: Any
) -> None:
    table, wanted, without_maker = rows(found), [], []
    for at, (_name, maker, number, day, inputs) in enumerate(found):
        least = {"": 0, "5": 5, "0.01k": 10}[size[0]]
        fits = (
            all(word in table[at]["folded"] for word in words(text))
            and (not any(size) or (number is not None and least <= number <= float(size[1] or "inf")))
            and (
                not any(date)
                or (
                    day is not None
                    and not set(months(day)).isdisjoint(
                        range(min(months(date[0] or "0")), max(months(date[1] or "9999")) + 1)
                    )
                )
            )
            and (not channels or bool({*inputs} & {*channels}))
        )
        without_maker += [maker] if fits else []
        wanted += [str(at)] if fits and (not makers or maker in makers) else []
    chosen = {
        **NOTHING,
        "text": text,
        "options": {"maker": makers, "inputs": channels},
        "ranges": {"size": size, "date": date},
    }

    assert ids(core("table", "filtered", table, COLUMNS, chosen)) == wanted
    counts = core("table", "counts", table, COLUMNS, chosen, "maker")
    assert {maker: n for maker, n in counts.items() if n} == {
        m: without_maker.count(m) for m in without_maker
    }


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_in_names_sort_by_size(core: Core, one: int, other: int) -> None:
    keys = [core("table", "natural", f"Model {n}B") for n in (one, other)]

    assert (keys[0] < keys[1]) == (one < other)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10 B", 10e9), ("32k", 32000), ("8,192", 8192), ("1.5e9", 1.5e9), (".5T", 5e11), ("7m", 7e6),
        ("10 billion", 1e10), ("1,000,000", 1e6), ("1,5 B", None), ("1,50", None), ("B", None),
        ("", None), ("ten", None), ("1e999", None), ("-5", None), ("1 2", None), ("<b>", None),
    ],
)  # fmt: skip
def test_quantities_are_read_as_people_write_them(core: Core, text: str, number: float | None) -> None:
    assert core("table", "quantity", text) == pytest.approx(number) if number else True
    assert (core("table", "quantity", text) is None) == (number is None)


@given(
    st.text(max_size=12),
    orders,
    st.lists(st.sampled_from(MAKERS[:3]), unique=True),
    st.tuples(st.sampled_from(["", "5", "10B"]), st.sampled_from(["", "30"])),
    st.sampled_from([[], ["size"], ["size", "date"]]),
    st.sampled_from([([], False, False), (["1"], False, False), (["0", "1"], False, False)])
    | st.booleans().map(lambda only: (["0", "1"], True, only)),
    st.booleans(),
)
def test_an_address_gives_back_the_state_that_wrote_it(
    core: Core,
    run: Run,
    text: str,
    order: Any,
    makers: Any,
    size: Any,
    hidden: Any,
    compare: Any,
    whole: bool,
) -> None:
    """Through the query and back; what others wrote into the query is kept."""
    chosen = {
        **NOTHING,
        "text": text,
        "sort": [{"column": column, "down": down} for column, down in order],
        "options": {"maker": makers} if makers else {},
        "ranges": {"size": list(size)} if any(size) else {},
        "hidden": hidden,
        "compare": compare[0],
        "side": compare[1],
        "only": compare[2],
        "all": whole,
    }
    query = core("url-state", "writeState", "?other=1&t.q=old", "t", core("table", "toState", chosen))
    read = run("url-state", "(m, x) => m.readState(x, 't', () => true)", query)

    assert core("table", "fromState", COLUMNS, read["state"]) == chosen
    assert dict(parse_qsl(query[1:]))["other"] == "1"
    for key, values in read["state"].items():
        assert all(run("table", ACCEPTS, [COLUMNS, ROWS, key, value]) for value in values), key


NONSENSE = [
    {"foo": "1"},
    {"sort": "<script>alert(1)</script>"},
    {"sort": "name,__proto__"},
    {"hide": "name"},
    {"compare": "0,1,2,3,0"},
    {"compare": "nobody"},
    {"ticked": "nobody"},
    {"only": "1"},
    {"all": "yes"},
    {"maker": "Nobody"},
    {"size": "5"},
    {"size": "a..b"},
    {"date": "2020..soon"},
    {"name": "x"},
    {"__proto__": "x"},
    {"constructor": "x"},
    {"Q": "x"},
    {"q": "x" * 201},
]


@pytest.mark.parametrize("query", NONSENSE, ids=str)
def test_a_table_does_not_accept_what_it_does_not_have(run: Run, query: dict[str, str]) -> None:
    ((key, value),) = query.items()

    assert not run("table", ACCEPTS, [COLUMNS, ROWS, key, value])


def test_what_is_not_accepted_is_named_and_what_others_wrote_is_not_read(run: Run) -> None:
    query = "t.q=gpt&t.__proto__=1&t.Q=1&t.=1&t.bad=<b>&t.q=gpt&u.q=other&q=1&t.q"
    read = run("url-state", "(m, x) => m.readState(x, 't', (key) => key === 'q')", query)

    assert read == {"state": {"q": ["gpt", ""]}, "ignored": ["__proto__", "Q", "", "bad"]}


def test_an_address_of_a_megabyte_is_not_looked_at(run: Run) -> None:
    long = "t.q=" + "x" * 1_000_000
    read, written = run(
        "url-state",
        "(m, x) => [m.readState(x, 't', () => true), m.writeState(x, 't', {q: ['gpt']})]",
        long,
    )

    assert read == {"state": {}, "ignored": ["an address of 1000004 characters"]}
    assert written == "?t.q=gpt"


def test_headers_sort_up_then_down_then_not_at_all(core: Core) -> None:
    def step(sort: Any, column: str, add: bool = False) -> Any:
        return core("table", "nextSort", sort, column, add)

    up, down = [{"column": "a", "down": False}], [{"column": "a", "down": True}]
    other = {"column": "b", "down": False}
    assert step([], "a") == up and step(up, "a") == down and step(down, "a") == []
    assert step(up, "b") == [other] and step(up, "b", True) == [*up, other]
    assert step([*up, other], "a", True) == [*down, other] and step([*down, other], "a", True) == [other]


FULL = {"text": "", "value": None, "form": "", "estimate": None, "sources": []}
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@given(st.lists(st.tuples(texts, st.none() | st.floats(0, 1e13)), min_size=1, max_size=6))
def test_csv_and_json_give_back_every_value(core: Core, found: Any) -> None:
    columns = [COLUMNS[0], COLUMNS[2]]
    given_rows = [
        {"id": str(at), "cells": [{**FULL, "text": text}, {**FULL, "text": f"{n}", "value": n}]}
        for at, (text, n) in enumerate(found)
    ]
    text = core("table-files", "toCsv", columns, given_rows)
    assert text[0] == "\ufeff" and text.endswith("\r\n")
    head, *lines = csv.reader(io.StringIO(text[1:], newline=""))
    assert head == ["id", "name", "size"]
    for (_, name, size), (said, number) in zip(lines, found):
        assert name == (f"'{said}" if said[:1] in tuple("=+-@") else said)
        assert (float(size) if size else None) == number
    saved = json.loads(core("table-files", "toJson", "T", "http://x/", columns, given_rows))
    assert [(row["name"]["text"], row["size"]["value"]) for row in saved["rows"]] == list(found)


def test_what_would_be_markup_in_markdown_is_text(core: Core) -> None:
    cells = [{**FULL, "text": "a|b <img src=x> *c*\nd"}]
    text = core("table-files", "toMarkdown", [COLUMNS[0]], [{"id": "1", "cells": cells}])

    assert text.splitlines()[2] == r"| a\|b \<img src=x\> \*c\* d |"


def test_what_is_taken_away_has_its_sources(core: Core) -> None:
    sources = [{"text": "A paper", "url": "https://a.example/(1)"}]
    cells = [
        {**FULL, "text": "46.7 B total; 12.9 B active", "value": 46.7e9, "form": "total", "sources": sources}
    ]
    given_rows = [{"id": "a", "cells": cells}, {"id": "b", "cells": [{**FULL, "text": "7 B", "value": 7e9}]}]

    head, one, other = csv.reader(core("table-files", "toCsv", [COLUMNS[2]], given_rows)[1:].splitlines())
    assert head == ["id", "size", "size_form", "size_text", "size_source"]
    assert one == ["a", "46700000000", "total", "46.7 B total; 12.9 B active", "https://a.example/(1)"]
    assert other == ["b", "7000000000", "", "7 B", ""]
    lines = core("table-files", "toMarkdown", [COLUMNS[2]], given_rows).splitlines()
    assert lines[2] == "| 46.7 B total; 12.9 B active [1](https://a.example/%281%29) |"


def test_an_estimate_has_a_column_of_its_own(core: Core) -> None:
    cells = [{**FULL, "text": "undisclosed", "form": "undisclosed", "estimate": 1.8e12}]
    text = core("table-files", "toCsv", [COLUMNS[2]], [{"id": "gpt-4", "cells": cells}])

    assert text[1:] == "id,size,size_form,size_estimate\r\ngpt-4,,undisclosed,1800000000000\r\n"
