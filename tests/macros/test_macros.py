"""Macros: catalogue and arguments in, text out; a wrong call names itself and the nearest right name."""

from __future__ import annotations

import copy
import html
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros import MACROS, WHOLE_PAGE, authors_guide, call
from macros.catalogue import load, parse
from macros.citations import PageContext, show_figure
from macros.pages import Page, read_site
from macros.schema import KINDS, Catalogue, Figure
from macros.tables import PRESETS
from macros.text import AuthorError, escape, readable_date, relative, scaled
from tests.macros.sample import BASE, text

PAGES = {
    "llms/model-families.md": Page("llms/model-families.md", "word " * 450, 1, {"title": "Model families"}),
    "language/attention.md": Page(
        "language/attention.md",
        "text",
        1,
        {
            "title": "Attention",
            "description": "How <it> works",
            "level": "beginner",
            "requires": ["llms/model-families.md"],
            "next": {"llms/model-families.md": "it uses this"},
        },
    ),
}


def page(data: dict[str, Any] | None = None, path: str = "llms/model-families.md") -> PageContext:
    return PageContext(path, parse(text(data).encode()), PAGES)


class Strict(HTMLParser):
    """Fails on tags that do not close in order and on ids used twice."""

    VOID = {"br", "meta", "link", "img", "hr", "input"}  # noqa: RUF012

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.words = ""
        self.feed(markup)
        assert not self.open, f"never closed: {self.open}"
        assert len(set(self.ids)) == len(self.ids), "an id is used twice"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [str(value) for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.words += data


@given(st.text())
def test_escape_keeps_the_text_and_leaves_no_markup(value: str) -> None:
    shown = escape(value)
    assert html.unescape(shown) == html.unescape(html.escape(value))
    assert not set("<>\"'`|*_[]{}$\\") & set(re.sub(r"&#?\w+;", "", shown))


@pytest.mark.parametrize(
    "evil",
    ["<b>", "a & b", "a | b", '"quoted"', "`code`", "it's", "&amp;", "{{ x }}", "$5$"],
)
def test_values_are_escaped_once_in_every_macro(evil: str) -> None:
    data = copy.deepcopy(BASE)
    data["models"][0]["name"] = data["sources"][1]["title"] = data["sources"][1]["authors"] = evil
    data["misconceptions"][0]["truth"] = data["terms"][0]["definition"] = data["timeline"][0]["title"] = evil
    here = page(data)
    whole = "".join(
        call(here, *c)
        for c in (
            ("table", "models"), ("chart", "parameters"), ("misconceptions",), ("timeline",), ("glossary",),
            ("cite", "card"), ("term", "token"), ("references",),
        )
    )  # fmt: skip
    parsed = Strict(whole)
    assert evil in parsed.words
    assert "&amp;lt;" not in whole and "&amp;#" not in whole.replace("&amp;amp;", "")
    assert "{{" not in whole and "|" not in whole and "`" not in whole


def test_undisclosed_not_reported_and_estimated_are_told_apart_by_words() -> None:
    words = Strict(call(page(), "table", "models")).words
    for phrase in (
        "undisclosed",
        "estimates: 1.8 T (SemiAnalysis)",
        "not reported",
        "not applicable",
        "about 300 B",
    ):
        assert phrase in words
    assert "estimate $4.325 M (AI Index)" in Strict(call(page(), "table", "scaling")).words


def test_every_figure_in_a_table_leads_to_its_source_and_locator() -> None:
    shown = call(page(), "table", "models", ["name", "parameters"])
    assert re.search(r'175 B<sup class="src"><a href="#table-models-source-1"', shown)
    assert "Brown et al. 2020</a>, table 2.1." in shown


def test_tables_have_caption_scopes_row_ids_and_machine_values() -> None:
    shown = call(page(), "table", "models")
    assert "<caption" in shown and 'scope="col"' in shown and 'scope="row"' in shown
    assert '<tr id="row-gpt-3">' in shown and 'data-value="175000000000"' in shown
    assert 'data-value="2020-05-28"' in shown


def test_second_table_on_a_page_gets_ids_of_its_own() -> None:
    here = page()
    Strict(call(here, "table", "models") + call(here, "table", "models"))


def test_rows_without_a_number_come_last_in_both_directions() -> None:
    for order in ("parameters", "-parameters"):
        shown = call(page(), "table", "models", ["name", "parameters"], None, order)
        assert shown.index("row-gpt-3") < shown.index("row-gpt-4")


def test_a_table_tells_its_element_what_the_columns_hold() -> None:
    """What `<data-table>` sorts and filters by: types, facets, values, the latest of several guesses."""
    shown = call(page(), "table", "models", ["name", "maker", "date", "parameters", "inputs"])
    assert '<div class="table-frame"><data-table data-rows="few">' in shown
    assert '<th scope="col" data-column="name">' in shown
    assert 'data-column="maker" data-facet="options"' in shown
    assert 'data-column="date" data-type="date" data-facet="range"' in shown
    assert 'data-column="parameters" data-type="number" data-facet="range"' in shown
    assert 'data-column="inputs" data-type="list" data-facet="options"' in shown
    assert 'data-value="175000000000"' in shown and 'data-value="text"' in shown
    assert 'class="number undisclosed" data-estimate="' in shown
    Strict(shown)


def test_where_takes_a_value_or_a_list() -> None:
    assert "row-gpt-4" not in call(page(), "table", "models", None, {"id": "gpt-3"})
    assert "row-gpt-4" in call(page(), "table", "models", None, {"id": ["gpt-3", "gpt-4"]})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_table_of_well_formed_html(kind: str) -> None:
    assert set(PRESETS) == set(KINDS)
    assert Strict(call(page(), "table", kind)).words


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("table", ("modles",), "did you mean 'models'?"),
        (
            "table",
            ("models", ["nmae"]),
            "models have no column 'nmae'; did you mean 'name'?",
        ),
        (
            "table",
            ("models", None, {"famly": "gpt"}),
            "have no field 'famly'; did you mean 'family'?",
        ),
        (
            "table",
            ("models", None, {"family": "gtp"}),
            "no row has family 'gtp'; did you mean 'gpt'?",
        ),
        ("table", ("models", None, None, "-prameters"), "did you mean 'parameters'?"),
        ("table", ("models", []), "columns is empty"),
        ("table", ("models", None, "gpt"), "write a dict"),
        ("chart", ("parametres",), "did you mean 'parameters'?"),
        ("cite", ("brown202",), "did you mean 'brown2020'?"),
        (
            "fact",
            ("gpt-3.params",),
            "no figure 'params' there; did you mean 'parameters'?",
        ),
        ("fact", ("gpt3.parameters",), "did you mean 'gpt-3'?"),
        ("fact", ("modells.gpt-3.parameters",), "did you mean 'models'?"),
        ("term", ("tokn",), "did you mean 'token'?"),
        ("misconception", ("sise",), "did you mean 'size'?"),
        ("timeline", ({"strand": "langage"},), "did you mean 'language'?"),
        (
            "figure",
            ("maskes.svg", "c", "s"),
            "no figure 'maskes.svg' in docs/assets/figures",
        ),
        ("resources", ({"kind": "talks"},), "did you mean 'talk'?"),
        ("onward", (), "needs `next:` or `requires:`"),
        ("cite", (), "missing 1 required positional argument"),
    ],
)
def test_wrong_call_names_itself_and_the_remedy(name: str, arguments: tuple[Any, ...], says: str) -> None:
    with pytest.raises(AuthorError) as caught:
        call(page(), name, *arguments)
    assert str(caught.value).startswith(f"{name}(")
    assert says in str(caught.value)


def test_references_list_what_the_page_cited_and_nothing_else() -> None:
    here = page()
    call(here, "fact", "gpt-3.parameters")
    shown = call(here, "references")
    assert "Few-Shot" in shown and "not yet re-checked" in shown and "A card" not in shown
    call(here, "table", "models")
    assert "checked in a stored copy on 21 November 2026" in call(here, "references")


def test_fact_shows_value_and_source() -> None:
    assert Strict(call(page(), "fact", "gpt-3.parameters")).words == "175 B (Brown et al. 2020, table 2.1)"
    assert Strict(call(page(), "fact", "components.u-net.parameters")).words.startswith("860 M")


def test_term_links_into_the_glossary_with_its_definition() -> None:
    shown = call(page(), "term", "token", "tokens")
    assert 'href="../../study/glossary/#term-token"' in shown and 'title="A unit of text."' in shown
    assert ">tokens</a>" in shown


def test_modality_matrix_puts_a_system_into_each_of_its_cells() -> None:
    shown = call(page(), "modality_matrix")
    assert shown.count("<td>CLIP</td>") == 2


def test_timeline_is_in_order_and_links_what_built_on_what() -> None:
    shown = call(page(), "timeline")
    assert shown.index("event-gpt-3") < shown.index("event-gpt-4")
    assert 'Builds on <a href="#event-gpt-3">' in shown
    assert '<time datetime="2023">2023</time>' in shown


@pytest.mark.parametrize("kind", ["parameters", "context", "cost"])
def test_chart_has_a_title_a_finding_and_a_table(kind: str) -> None:
    shown = call(page(), "chart", kind)
    Strict(shown)
    assert "<title" in shown and 'class="says"' in shown and '<table class="data-table' in shown


def test_estimates_are_drawn_in_another_shape_than_published_figures() -> None:
    shown = call(page(), "chart", "parameters")
    assert shown.count("<circle") == 1 and shown.count('class="line-2 bold"') == 1


def test_chapter_head_and_onward_come_from_front_matter() -> None:
    here = page(path="language/attention.md")
    assert "1 min to read" in call(here, "chapter_head") and "Level: beginner" in call(here, "chapter_head")
    assert 'href="../../llms/model-families/">Model families</a> — it uses this' in call(here, "onward")


def test_error_under_serve_stands_in_the_page_and_build_raises(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import macros

    class Env:
        macros: dict[str, Any] = {}  # noqa: RUF012
        page = type("P", (), {"path": "index.md"})()

        def macro(self, function: Any) -> None:
            self.macros[function.__name__] = function

    env = Env()
    macros.define_env(env)
    assert set(env.macros) == {*MACROS, *WHOLE_PAGE}
    with pytest.raises(AuthorError):
        env.macros["cite"]("nobody2020x")
    monkeypatch.setenv("SHOW_ERRORS", "1")
    assert 'class="build-error" role="alert"' in env.macros["cite"]("nobody2020x")


def test_macro_names_collide_with_no_front_matter_field() -> None:
    from macros.pages import FIELDS

    assert not FIELDS & {*MACROS, *WHOLE_PAGE}


def test_guide_shows_every_macro_with_its_example_rendered() -> None:
    pages = read_site()
    shown = authors_guide(PageContext("contributing/macros.md", load(), pages))
    for name in MACROS:
        assert f"### {name} " in shown


@given(st.floats(1, 9.9e14))
def test_scaled_numbers_are_within_half_a_percent(value: float) -> None:
    shown = scaled(value)
    digits, _, letter = shown.partition(" ")
    back = float(digits.replace(",", "")) * {"": 1, "M": 1e6, "B": 1e9, "T": 1e12}[letter]
    assert back == pytest.approx(value, rel=5e-3, abs=0.5)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (175e9, "175 B"),
        (46.7e9, "46.7 B"),
        (1.8e12, "1.8 T"),
        (8192, "8,192"),
        (3.25e9, "3.25 B"),
        (65e6, "65 M"),
    ],
)
def test_scaled_numbers_read_like_the_papers(value: float, shown: str) -> None:
    assert scaled(value) == shown


def test_figure_forms_in_words() -> None:
    assert show_figure(Figure(total=46.7e9, active=12.9e9)) == "46.7 B total, 12.9 B active"
    assert show_figure(Figure(input=30720, output=2048), "context") == "30,720 in, 2,048 out"
    assert show_figure(Figure(at_least=15e12)) == "at least 15 T"
    assert show_figure(Figure(value=25), "chance") == "25 %"


def test_addresses_are_relative_to_the_page() -> None:
    assert relative("index.md", "language/attention.md") == "language/attention/"
    assert relative("language/attention.md", "index.md") == "../../"
    assert relative("language/attention.md", "language/attention.md#x") == "#x"
    assert relative("data/index.md", "study/glossary.md") == "../study/glossary/"


def test_dates_show_only_what_is_known() -> None:
    assert [readable_date(d) for d in ("2020", "2020-05", "2020-05-08")] == [
        "2020",
        "May 2020",
        "8 May 2020",
    ]


def test_catalogue_keys_are_the_house_plan_s() -> None:
    assert tuple(Catalogue.model_fields) == KINDS and len(KINDS) == 18


def test_report_link_and_last_change_appear_only_where_the_repository_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REPO_URL", raising=False)
    assert "Report an error" not in call(page(path="language/attention.md"), "chapter_head")
    monkeypatch.setenv("REPO_URL", "https://example.org/x/")
    shown = call(page(path="language/attention.md"), "chapter_head")
    assert 'href="https://example.org/x/issues/new?title=docs/language/attention.md' in shown
