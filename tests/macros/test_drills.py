"""Drills from the data: true, with wrong options from the same column, and always the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from macros.catalogue import load
from macros.drills import classes, drills, firsts, tokens, undisclosed, years
from macros.flashcards import Card
from macros.schema import Catalogue, Figure, Model

CATALOGUE = load()
MODELS = {model.name: model for model in CATALOGUE.models}


def by_row(kind: Callable[[Catalogue], Any], prefix: str) -> dict[str, Card]:
    return {card.id.removeprefix(f"drill-{prefix}-"): card for card in kind(CATALOGUE)}


def changed(catalogue: Catalogue, kind: str, row_id: str, **fields: Any) -> Catalogue:
    """The data file with other values in one row."""
    rows = [row.model_copy(update=fields) if row.id == row_id else row for row in catalogue.rows(kind)]
    return catalogue.model_copy(update={kind: rows})


def published(model: Model, field: str) -> bool:
    figure = getattr(model, field)
    return isinstance(figure, Figure) and not figure.undisclosed and figure.estimate is None


def test_ids_are_unique_kebab_case_and_none_of_the_chapters() -> None:
    ids = [card.id for card in drills(CATALOGUE)]
    assert len(set(ids)) == len(ids) > 200
    assert all(
        re.fullmatch(r"drill-(class|first|year|undisclosed|tokens)-[a-z0-9-]+", card_id) for card_id in ids
    )


def test_every_quiz_has_one_right_and_three_wrong_options_with_reasons() -> None:
    quizzes = [card for card in drills(CATALOGUE) if card.options]
    for card in quizzes:
        assert sum(option.right for option in card.options) == 1, card.id
        assert len({option.text for option in card.options}) == 4, card.id
        assert all(option.reason for option in card.options), card.id
    places = [next(i for i, o in enumerate(card.options) if o.right) for card in quizzes]
    assert all(
        places.count(place) > len(quizzes) / 8 for place in range(4)
    )  # none is where it can be guessed


def test_every_drill_has_a_source_and_a_page() -> None:
    for card in drills(CATALOGUE):
        assert card.sources and all(CATALOGUE.get("sources", name) for name in card.sources), card.id
        assert card.chapter.endswith(".md") and card.fact, card.id


def test_a_drill_leads_to_where_its_fact_is_told() -> None:
    places = {card.id: card.url for card in drills(CATALOGUE)}
    assert places["drill-tokens-gpt-3"] == places["drill-undisclosed-gpt-4"].replace("gpt-4", "gpt-3")
    assert places["drill-tokens-gpt-3"] == "data/models/#gpt-3"
    assert places["drill-year-mcculloch-pitts"] == "foundations/timeline/#event-mcculloch-pitts"
    assert places["drill-class-bert"] == "language/bert/"


def test_what_is_undisclosed_stands_beside_published_numbers_only() -> None:
    cards = by_row(undisclosed, "undisclosed")
    for row, card in cards.items():
        model = CATALOGUE.get("models", row)
        assert model and isinstance(model.parameters, Figure) and model.parameters.undisclosed
        assert [o.right for o in card.options if o.text == model.name] == [True]
        wrong = [MODELS[o.text] for o in card.options if not o.right]
        assert all(published(other, "parameters") for other in wrong), card.id
    assert "gpt-4" in cards and "gpt-3" not in cards


def test_tokens_come_from_published_cells_and_are_far_enough_apart() -> None:
    letters = {"": 1.0, "M": 1e6, "B": 1e9, "T": 1e12}
    shown = {
        f"{m.training_tokens.number:.4g}": m for m in CATALOGUE.models if published(m, "training_tokens")
    }
    for card in tokens(CATALOGUE):
        found = [re.fullmatch(r"(?:about |at least )?([\d.,]+) ?([MBT]?)", o.text) for o in card.options]
        numbers = sorted(float(m[1].replace(",", "")) * letters[m[2]] for m in found if m)
        assert len(numbers) == 4 and all(f"{number:.4g}" in shown for number in numbers), card.id
        assert all(b >= 1.49 * a for a, b in pairwise(numbers)), card.id


@pytest.mark.parametrize(
    "figure",
    [
        {"undisclosed": True, "estimates": [{"value": 9.87e12, "by": "x", "source": "brown2020"}]},
        {"estimate": 9.87e12, "by": "x"},
        "not-reported",
    ],
)
def test_a_cell_that_is_no_published_number_becomes_no_option(figure: Any) -> None:
    def named(cards: list[Card]) -> list[str]:
        options = [option for card in cards for option in card.options if not option.right]
        return [o.text for o in options if o.text == model.name or o.reason == f"So many had {model.name}."]

    model = MODELS["BLOOM 176B"]
    assert len(named(drills(CATALOGUE))) > 1
    cell = figure if isinstance(figure, str) else Figure.model_validate({"source": "brown2020", **figure})
    other = drills(changed(CATALOGUE, "models", model.id, training_tokens=cell, parameters=cell))

    assert named(other) == [] and f"drill-tokens-{model.id}" not in {card.id for card in other}
    assert not [card for card in other for option in card.options if "9.87" in option.text + option.reason]


def test_what_came_first_is_at_least_a_year_before_the_others_and_of_their_strand() -> None:
    events = {event.title: event for event in CATALOGUE.timeline}
    for row, card in by_row(firsts, "first").items():
        first = CATALOGUE.get("timeline", row)
        assert first
        others = [events[o.text.replace("&amp;", "&")] for o in card.options if not o.right]
        assert all(other.strand == first.strand for other in others), card.id
        assert all(int(other.date[:4]) > int(first.date[:4]) for other in others), card.id


def test_years_and_classes_are_those_of_the_data_and_are_not_told_by_the_question() -> None:
    for row, card in by_row(years, "year").items():
        year = CATALOGUE.get("timeline", row).date[:4]
        assert card.answer.startswith(f"<p>{year}") and year not in card.question
    names = {row.id: row.name for row in CATALOGUE.architectures}
    cards = by_row(classes, "class")
    for row, card in cards.items():
        kinds = {model.architecture for model in CATALOGUE.models if model.family == row}
        assert [names[kind] for kind in kinds] == [card.fact] == [o.text for o in card.options if o.right]
    told = {names[model.architecture] for model in CATALOGUE.models if model.architecture != "undisclosed"}
    assert {option.text for card in cards.values() for option in card.options} <= told
    assert {"bert", "t5"} <= cards.keys()
    assert not {"gpt", "claude", "mamba"} & cards.keys()  # mixed, undisclosed, and named after its kind


def test_no_kind_of_network_is_wrong_for_a_model_of_which_it_can_be_said() -> None:
    """A decoder with a mixture of experts is a decoder: neither is offered beside the other."""
    names = {row.id: row.name for row in CATALOGUE.architectures}
    both = {names["decoder-only"], names["sparse-moe-decoder"]}
    cards = by_row(classes, "class")
    assert {cards["deepseek"].fact, cards["falcon"].fact} == both
    for card in cards.values():
        assert card.fact not in both or not both <= {option.text for option in card.options}, card.id


def test_the_same_data_give_the_same_drills_and_a_changed_fact_another_hash_under_the_same_id() -> None:
    event = CATALOGUE.timeline[0]
    before = {card.id: card for card in drills(CATALOGUE)}
    assert before == {card.id: card for card in drills(load().model_copy())}

    other = {c.id: c for c in drills(changed(CATALOGUE, "timeline", event.id, date="1900"))}

    assert other.keys() == before.keys()
    moved = {card_id for card_id in before if before[card_id].hash != other[card_id].hash}
    assert moved == {f"drill-year-{event.id}", f"drill-first-{event.id}"}
    assert (before[f"drill-year-{event.id}"].fact, other[f"drill-year-{event.id}"].fact) == ("1943", "1900")


def test_another_row_changes_no_hash_of_a_drill_that_was_there() -> None:
    extra = CATALOGUE.timeline[5].model_copy(update={"id": "extra", "title": "Extra", "date": "2024-05"})
    more = CATALOGUE.model_copy(update={"timeline": [*CATALOGUE.timeline, extra]})
    before = {card.id: card.hash for card in drills(CATALOGUE)}
    after = {card.id: card.hash for card in drills(more)}
    assert before.items() <= after.items() and "drill-year-extra" in after


def test_names_are_text_not_markup() -> None:
    event = CATALOGUE.timeline[0]
    other = changed(CATALOGUE, "timeline", event.id, title="<img src=x> & co", significance="<b>")
    cards = [card for card in drills(other) if card.id.endswith(f"-{event.id}")]
    assert len(cards) == 2
    texts = [t for c in cards for t in [c.question, c.answer, *(o.text for o in c.options)]]
    assert not [text for text in texts if "<img" in text or "<b>" in text]
    assert [text for text in texts if "&lt;img src=x&gt; &amp; co" in text]
