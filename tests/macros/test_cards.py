"""Cards say all that a row says, at an address that its row alone decides."""

from __future__ import annotations

import copy
import re
from typing import Any, get_args

import pytest

from macros.cards import CARD_PAGES, LINES, card_address, cards
from macros.catalogue import load, parse
from macros.citations import PageContext, show_figure
from macros.pages import read_site
from macros.schema import KINDS, Catalogue, Figure, Row
from macros.tables import table
from macros.text import AuthorError, escape
from tests.macros.sample import BASE, text
from tests.macros.test_macros import PAGES, Strict

KIND_OF = {get_args(Catalogue.model_fields[k].annotation)[0]: k for k in KINDS}
KEPT = {*Row.model_fields, "name", "family", "based_on", "same_paper", "kind"}
"""Fields that a card shows in its heading, its group, among the relatives or below its lines."""


def page(data: dict[str, Any] | None = None, path: str = "data/models.md") -> PageContext:
    return PageContext(path, parse(text(data).encode()), PAGES)


def card(html: str, row_id: str) -> str:
    found = re.search(rf'<div class="card" id="{row_id}".*?</dl></div>', html)
    assert found, f"no card {row_id}"
    return found[0]


@pytest.mark.parametrize("row_class", CARD_PAGES)
def test_every_field_of_a_row_is_on_its_card(row_class: type[Row]) -> None:
    lines = {line.field for line in LINES[KIND_OF[row_class]]}
    assert {*row_class.model_fields} - KEPT <= lines <= {*row_class.model_fields}


def test_every_row_has_one_card_with_its_figures_and_sources() -> None:
    for kind in LINES:
        here = PageContext("data/x.md", load(), read_site())
        html = cards(here, kind)
        for row in load().rows(kind):
            own = card(html, row.id)
            for name in type(row).model_fields:
                if isinstance(value := getattr(row, name), Figure):
                    shown = show_figure(value.model_copy(update={"estimates": []}), name)
                    assert escape(shown) in own, f"{kind}[{row.id}].{name}"
                    assert f"#ref-{value.source or row.source}" in own
                    assert all(f"#ref-{e.source}" in own for e in value.estimates)
        assert html.count('class="card"') == len(load().rows(kind))
        Strict(re.sub(r"^## .*$", "", html, flags=re.MULTILINE))


def test_terms_named_on_cards_are_in_the_glossary() -> None:
    terms = {line.term for lines in LINES.values() for line in lines} - {""}
    assert terms <= {term.id for term in load().terms if term.chapter}


def test_relatives_are_told_from_both_sides_and_lead_to_their_cards() -> None:
    data = copy.deepcopy(BASE)
    data["models"][1]["same_paper"] = ["gpt-3"]
    html = cards(page(data), "models")
    older, newer = card(html, "gpt-3"), card(html, "gpt-4")

    assert '<dt>What builds on it</dt><dd><a href="#gpt-4">GPT-4</a>' in older
    assert '<dt>Builds on</dt><dd><a href="#gpt-3">GPT-3</a>' in newer
    assert "<dt>Same paper</dt>" in older and "<dt>Same paper</dt>" in newer
    assert '<a href="../architectures/#decoder-only">Decoder-only</a>' in older
    assert '<a href="../tokenizers/#bpe">BPE</a>' in older
    assert '<a href="../models/#gpt-3">GPT-3</a>' in cards(page(path="data/tokenizers.md"), "tokenizers")


def test_a_card_names_the_chapters_that_explain_its_terms() -> None:
    data = copy.deepcopy(BASE)
    data["terms"].append(
        {"id": "parameter", "name": "x", "definition": "x", "chapter": "language/attention.md"}
    )
    assert '<a href="../../language/attention/">Attention</a> (parameters)' in cards(page(data), "models")


def test_a_locator_of_the_row_is_not_given_for_another_document() -> None:
    data = copy.deepcopy(BASE)
    data["models"][0] |= {"source": "card", "locator": "page 9"}
    assert "(Brown et al. 2020)" in card(cards(page(data), "models"), "gpt-3")


def test_markup_in_a_row_stays_text() -> None:
    data = copy.deepcopy(BASE)
    data["models"][0] |= {"name": "<script>|", "maker": "<b>", "aliases": ["a*b"], "note": "`x`"}
    html = cards(page(data), "models")
    assert "<script>" not in html and "<b>" not in html and "&lt;script&gt;&#124;" in html


def test_a_kind_without_cards_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(AuthorError, match="did you mean 'tokenizers'"):
        cards(page(), "tokeniser")


def test_names_in_tables_lead_to_the_cards() -> None:
    here = page(path="llms/model-families.md")
    assert '<a href="../../data/models/#gpt-3">GPT-3</a>' in table(here, "models")
    assert '<a href="../../data/systems/#clip">CLIP</a>' in table(here, "modalities")
    assert card_address(here.row("licences", "closed")) == "" and "data/" not in table(here, "licences")
