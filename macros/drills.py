"""Cards and quizzes made from rows of the data file: what kind, what first, when, how much, which not told.

Wrong options come from the same column as the right one, never from a cell that is undisclosed or estimated.
Nothing is drawn at random: a fingerprint decides what comes where, so the same data give the same drills, and
a row more changes few of them. An id names the row and what is asked of it, and a hash stands for the fact
alone: other wrong options do not make it another card.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from macros.cards import TIMELINE, card_address
from macros.flashcards import Card, Option
from macros.schema import Catalogue, Event, Figure, Model
from macros.text import published, readable_date, scaled

T = TypeVar("T")

MODELS = "llms/models.md"
"""The chapter of a drill about a model, as rows of models name none."""

NESTED = {"decoder-only", "sparse-moe-decoder"}
"""Kinds of network that can both be said of one model, so that neither is a wrong answer for the other."""


def drills(catalogue: Catalogue) -> list[Card]:
    """All drills, in the order of the data file."""
    kinds = (classes, firsts, years, undisclosed, tokens)
    return [card for kind in kinds for card in kind(catalogue)]


def classes(catalogue: Catalogue) -> Iterator[Card]:
    """What kind of network a family is, where all its models are of one kind and none is undisclosed."""
    used = sorted({m.architecture for m in catalogue.models} - {"undisclosed"})
    names = {row.id: row for row in catalogue.architectures if row.id in used}
    for family in catalogue.families:
        models = [model for model in catalogue.models if model.family == family.id]
        kinds = {model.architecture for model in models}
        if len(kinds) != 1 or kinds == {"undisclosed"}:
            continue
        right, card_id = names[kinds.pop()], f"drill-class-{family.id}"
        if family.name in right.name:
            continue  # the question would answer itself
        wrong = [r for r in names.values() if r is not right and not {r.id, right.id} <= NESTED]
        others = list(islice(_mixed(wrong, card_id), 3))
        if len(others) < 3:
            continue
        examples = {model.architecture: model.name for model in reversed(catalogue.models)}
        yield _quiz(
            card_id,
            right.chapter or MODELS,
            f"What kind of network are the models of the family {_text(family.name)}?",
            (right.name, family.summary),
            [(other.name, f"Such a network is {examples[other.id]}.") for other in others],
            sources=[family.source, models[0].source],
            fact=right.name,
        )


def firsts(catalogue: Catalogue) -> Iterator[Card]:
    """Which of four events of one strand came first: the others began in a later year."""
    for event in catalogue.timeline:
        card_id = f"drill-first-{event.id}"
        later = [e for e in catalogue.timeline if e.strand == event.strand and e.date[:4] > event.date[:4]]
        others = list(islice(_mixed(sorted(later, key=lambda e: (e.date, e.id))[:8], card_id), 3))
        if len(others) == 3:
            yield _quiz(
                *(card_id, event.chapter or MODELS, "Which of these came first?", _dated(event)),
                [_dated(other) for other in others],
                answer=event.significance,
                sources=[event.source],
                fact=readable_date(event.date),
                at=f"{TIMELINE}#event-{event.id}",
            )


def _dated(event: Event) -> tuple[str, str]:
    return event.title, f"{readable_date(event.date)}."


def years(catalogue: Catalogue) -> Iterator[Card]:
    """In which year something came; a title that tells a year is no question."""
    for event in catalogue.timeline:
        if re.search(r"\d{4}", event.title):
            continue
        day, year = readable_date(event.date), event.date[:4]
        exactly = f" ({day})" if day != year else ""
        yield _card(
            f"drill-year-{event.id}",
            event.chapter or MODELS,
            f"In which year did this appear: {_text(event.title)}?",
            f"<p>{year}{exactly}. {_text(event.significance)}</p>",
            sources=[event.source],
            fact=day,
            at=f"{TIMELINE}#event-{event.id}",
        )


def undisclosed(catalogue: Catalogue) -> Iterator[Card]:
    """For which model the number of parameters is not published, beside three for which it is."""
    open_ones = [model for model in catalogue.models if _is_told(model.parameters)]
    for model in catalogue.models:
        if not (isinstance(model.parameters, Figure) and model.parameters.undisclosed):
            continue
        card_id = f"drill-undisclosed-{model.id}"
        near = sorted(open_ones, key=lambda other: (abs(_year(other) - _year(model)), other.id))
        others = list(islice(_distinct(_mixed(near[:20], card_id), lambda m: m.family), 3))
        if len(others) == 3:
            yield _quiz(
                card_id,
                MODELS,
                "Of which of these models has the maker not published the number of parameters?",
                (model.name, f"{model.maker} gives none."),
                [(other.name, f"{_figure(other.parameters)} parameters.") for other in others],
                sources=[model.parameters.source or model.source],
                fact="undisclosed",
                at=card_address(model),
            )


def tokens(catalogue: Catalogue) -> Iterator[Card]:
    """On how many tokens a model was trained, where its maker gives the number."""
    told = [model for model in catalogue.models if _is_told(model.training_tokens)]
    for model in told:
        card_id, right = f"drill-tokens-{model.id}", _number(model.training_tokens)
        others = list(islice(_apart(_mixed(told, card_id), right), 3))
        if len(others) == 3:
            yield _quiz(
                card_id,
                MODELS,
                f"On how many tokens was {_text(model.name)} trained?",
                (_figure(model.training_tokens), f"{model.maker}, {readable_date(model.date)}."),
                [(_figure(m.training_tokens), f"So many had {m.name}.") for m in others],
                sources=[_source(model)],
                fact=f"{_figure(model.training_tokens)} tokens",
                at=card_address(model),
            )


def _is_told(figure: Figure | str) -> bool:
    """Whether a maker published a number: no estimate, and nothing undisclosed."""
    return isinstance(figure, Figure) and figure.estimate is None and bool(figure.number)


def _number(figure: Figure | str) -> float:
    assert isinstance(figure, Figure) and figure.number, "callers ask `_is_told` first"
    return figure.number


def _figure(figure: Figure | str) -> str:
    """The number in words: about, at least."""
    number = scaled(_number(figure))
    assert isinstance(figure, Figure)
    return f"about {number}" if figure.approx else f"at least {number}" if figure.at_least else number


def _apart(models: Iterable[Model], right: float) -> Iterator[Model]:
    """Those whose tokens differ from the right number and from each other by half and more."""
    taken = [right]
    for model in models:
        number = _number(model.training_tokens)
        if all(max(number, other) >= 1.5 * min(number, other) for other in taken):
            taken.append(number)
            yield model


def _source(model: Model) -> str | None:
    own = model.training_tokens.source if isinstance(model.training_tokens, Figure) else None
    return own or model.source


def _year(model: Model) -> int:
    return int(model.date[:4])


def _mixed(rows: Iterable[T], key: str) -> Iterator[T]:
    """The rows in an order that looks shuffled and is always the same for this key."""
    yield from sorted(rows, key=lambda row: fingerprint(f"{key} {getattr(row, 'id', row)}"))


def _distinct(rows: Iterable[T], group: Callable[[T], object]) -> Iterator[T]:
    """The first row of each group."""
    seen = set()
    for row in rows:
        if (name := group(row)) not in seen:
            seen.add(name)
            yield row


def fingerprint(text: str) -> str:
    """Twelve hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _text(text: str) -> str:
    return html.escape(text, quote=False)


def _card(
    card_id: str,
    chapter: str,
    question: str,
    answer: str,
    *,
    sources: Sequence[str | None],
    fact: str,
    at: str = "",
    options: tuple[Option, ...] = (),
) -> Card:
    """A card that leads to the place `at` (a page, perhaps with an anchor), or else to its chapter."""
    named = tuple(dict.fromkeys(source for source in sources if source))
    page, hash_, anchor = (at or chapter).partition("#")
    place = f"{published(page)}{hash_}{anchor}"
    return Card(
        *(card_id, chapter, place, question, answer, options, named, fact, fingerprint(f"{card_id} {fact}"))
    )


def _quiz(
    card_id: str,
    chapter: str,
    question: str,
    right: tuple[str, str],
    wrong: Sequence[tuple[str, str]],
    *,
    sources: Sequence[str | None],
    fact: str,
    at: str = "",
    answer: str = "",
) -> Card:
    """A quiz whose options, given as (text, reason), stand in a mixed order."""
    options = [Option(pair == right, _text(pair[0]), _text(pair[1])) for pair in (right, *wrong)]
    mixed = tuple(sorted(options, key=lambda option: fingerprint(f"{card_id} {option.text}")))
    told = f"<p>{_text(answer)}</p>" if answer else ""
    return _card(card_id, chapter, question, told, sources=sources, fact=fact, at=at, options=mixed)
