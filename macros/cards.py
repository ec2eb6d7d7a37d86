"""Cards: all that the data file says about a model, system, architecture or tokenizer, at one address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from macros.citations import WORDS, PageContext, chapter_link, cite, matching, show_figure, source_of
from macros.schema import Architecture, Catalogue, Figure, Modality, Model, Row, Score, Tokenizer
from macros.text import AuthorError, escape, nearest, number, readable_date

CARD_PAGES: dict[type[Row], str] = {
    Model: "data/models.md",
    Modality: "data/systems.md",
    Architecture: "data/architectures.md",
    Tokenizer: "data/tokenizers.md",
}
"""Kind of row → the page on which its card stands, under the row's id."""

TIMELINE = "foundations/timeline.md"


def card_address(row: Any) -> str:
    """The place of a row's card, for `PageContext.link`: 'data/models.md#gpt-3'; '' for what has no card."""
    page = CARD_PAGES.get(type(row))
    return f"{page}#{row.id}" if page else ""


Naming = dict[tuple[str, str], list[Any]]


class Line(NamedTuple):
    """A line of a card: a field of the row, its label, and the term of the glossary behind it."""

    field: str
    label: str
    term: str = ""


LINES = {
    "models": (
        Line("maker", "Maker"),
        Line("date", "Released"),
        Line("architecture", "Architecture"),
        Line("parameters", "Parameters", "parameter"),
        Line("training_tokens", "Training tokens", "training-token"),
        Line("training_data", "Training data", "training-data"),
        Line("context", "Context, in tokens", "context-window"),
        Line("max_output", "Longest answer, in tokens"),
        Line("tokenizer", "Tokenizer", "tokenizer"),
        Line("vocabulary", "Vocabulary", "vocabulary"),
        Line("licence", "License", "permissive-license"),
        Line("access", "Access", "open-weights"),
        Line("inputs", "Input", "modality"),
        Line("outputs", "Output", "modality"),
        Line("scores", "Scores", "benchmark"),
    ),
    "modalities": (
        Line("maker", "Maker"),
        Line("date", "Released"),
        Line("task", "Task"),
        Line("inputs", "Input", "modality"),
        Line("outputs", "Output", "modality"),
        Line("method", "How it works"),
    ),
    "architectures": (
        Line("introduced", "Introduced"),
        Line("objective", "Trained to"),
        Line("state", "What it keeps"),
        Line("parallel_training", "Trains in parallel"),
        Line("cost_per_layer", "Cost a layer"),
        Line("path_length", "Longest path"),
        Line("use", "Use"),
        Line("strengths", "Strengths"),
        Line("weaknesses", "Weaknesses"),
    ),
    "tokenizers": (
        Line("kind", "Kind"),
        Line("how", "How it works"),
        Line("algorithm", "Algorithm"),
        Line("vocabulary", "Vocabulary", "vocabulary"),
        Line("used_by", "Used by"),
    ),
}
"""What each kind of card shows, in this order. A test keeps it complete."""

ROWS = {"architecture": "architectures", "tokenizer": "tokenizers", "algorithm": "tokenizers"}
"""Fields that name a row which has a card of its own."""


def cards(page: PageContext, kind: str, where: dict[str, Any] | None = None) -> str:
    """A card for each row: its figures with their sources, its relatives, the chapters that explain it.

    kind: models, modalities, architectures or tokenizers; where: as in `table`. All cards of a kind stand in
    groups under headings, a selection stands without.

    Example: {{ cards("tokenizers", where={"id": "wordpiece"}) }}
    """
    if kind not in LINES:
        raise AuthorError(f"there are no cards of '{kind}'; {nearest(kind, LINES, 'kinds')}")
    rows, naming = matching(kind, page.catalogue.rows(kind), where), _naming(page.catalogue)
    if where:
        return "".join(_card(page, kind, row, naming) for row in rows)
    groups: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: row.date) if kind == "models" else rows:
        groups.setdefault(_group(kind, row), []).append(row)
    order = [family.id for family in page.catalogue.families] if kind == "models" else list(groups)
    return "\n\n".join(
        _heading(page, kind, name) + "".join(_card(page, kind, row, naming) for row in groups[name])
        for name in order
        if name in groups
    )


def _group(kind: str, row: Any) -> str:
    """What stands together: a family, the architectures of a chapter, or rows of one sort."""
    return str(row.family if kind == "models" else row.chapter if kind == "architectures" else row.kind)


def _heading(page: PageContext, kind: str, name: str) -> str:
    """A heading in Markdown, so that the engine lists it beside the page."""
    if kind == "models":
        family = page.row("families", name)
        about = f"{escape(family.maker)}. {escape(family.summary)}"
        return f"## {escape(family.name)} {{: #family-{name} }}\n\n<p>{about}</p>\n\n"
    if kind == "architectures":
        title = page.pages[name].title if name in page.pages else "Others"
        return f"## {escape(title)} {{: #chapter-{name.rpartition('/')[2].removesuffix('.md')} }}\n\n"
    return f"## {name.capitalize()} {{: #kind-{name} }}\n\n"


def _card(page: PageContext, kind: str, row: Any, naming: Naming) -> str:
    lines = [("Also called", escape(", ".join(row.aliases)))] if row.aliases else []
    for line in LINES[kind]:
        value = getattr(row, line.field)
        if value is not None and value != []:
            lines.append((line.label, _value(page, row, line.field, value)))
    lines += [
        (label, ", ".join(_link(page, other) for other in rows))
        for label, rows in _relatives(page, kind, row, naming)
    ]
    if row.note:
        lines.append(("Note", escape(row.note)))
    if row.source:
        lines.append(("Source", cite(page, row.source, row.locator or "")))
    if explained := ", ".join(_chapters(page, kind, row)):
        lines.append(("Explained in", explained))
    name = page.unique(row.id)
    told = "".join(f"<div><dt>{label}</dt><dd>{text}</dd></div>" for label, text in lines)
    mark = f'<a class="headerlink" href="#{name}" title="Link to this card">#</a>'
    return (
        f'<div class="card" id="{name}" data-search-exclude><h3>{escape(row.name)}{mark}</h3>'
        f"<dl>{told}</dl></div>"
    )


def _link(page: PageContext, row: Any) -> str:
    return f'<a href="{page.link(card_address(row))}">{escape(row.name)}</a>'


def _value(page: PageContext, row: Any, field: str, value: Any) -> str:
    """A field in words, with the source where it is a figure."""
    if isinstance(value, Figure):
        return _figure(page, row, field, value)
    if isinstance(value, str) and value in WORDS:
        return WORDS[value]
    if field in ROWS and value != "undisclosed":
        return _link(page, page.row(ROWS[field], value))
    if field == "licence":
        licence = page.row("licences", value)
        name = escape(licence.name)
        return f'<a href="{escape(licence.url)}">{name}</a>' if licence.url else name
    if field == "scores":
        return "<br>".join(_score(page, row, score) for score in value)
    if field in ("date", "introduced"):
        return f'<time datetime="{value}">{readable_date(value)}</time>'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return escape(", ".join(value))
    return escape(value.replace("-", " ") if field == "access" else value)


def _figure(page: PageContext, row: Any, field: str, figure: Figure) -> str:
    """The number and its source; each estimate with its own; and what was noted about it."""
    shown = figure.model_copy(update={"estimates": []})
    parts = [escape(show_figure(shown, field)), _sourced(page, row, figure)]
    parts += [f"({escape(figure.note)})"] if figure.note else []
    for e in figure.estimates:
        told = show_figure(Figure(estimate=e.value, by=e.by), field)
        when = f", {readable_date(e.date)}" if e.date else ""
        parts.append(f"<br>{escape(told)}{when} {cite(page, e.source, e.locator or '')}")
    return " ".join(part for part in parts if part)


def _sourced(page: PageContext, row: Any, claim: Figure | Score) -> str:
    source, locator = source_of(row, claim)
    return cite(page, source, locator or "") if source else ""


def _score(page: PageContext, row: Any, score: Score) -> str:
    name = escape(page.row("benchmarks", score.benchmark).name)
    by = "" if score.by == "maker" else f", measured by {escape(score.by)}"
    note = f" ({escape(score.note)})" if score.note else ""
    return f"{name} {number(score.value)}, {escape(score.protocol)}{by} {_sourced(page, row, score)}{note}"


def _naming(catalogue: Catalogue) -> Naming:
    """(field, id) → the rows that name the id in that field; sources are told apart by the kind of row."""
    found: Naming = defaultdict(list)
    for kind in LINES:
        for row in catalogue.rows(kind):
            for field in ("based_on", "same_paper", "architecture", "tokenizer", "algorithm"):
                value = getattr(row, field, None) or []
                for name in value if isinstance(value, list) else [value]:
                    found[field, name].append(row)
            if row.source:
                found[f"{kind}.source", row.source].append(row)
    return found


def _relatives(page: PageContext, kind: str, row: Any, naming: Naming) -> list[tuple[str, list[Any]]]:
    """What stands near a row, by the kind of nearness; each is said once, from either side."""
    if kind == "models":
        paper = {name: page.row("models", name) for name in row.same_paper}
        paper |= {other.id: other for other in naming["same_paper", row.id]}
        system = page.catalogue.get("modalities", row.id)
        found = [
            ("Builds on", [page.row("models", name) for name in row.based_on]),
            ("What builds on it", naming["based_on", row.id]),
            ("Same paper", list(paper.values())),
            ("As a system", [system] if system else []),
        ]
    else:
        found = [
            ("Same source", [o for o in naming[f"{kind}.source", row.source or ""] if o is not row]),
            ("Vocabularies", naming["algorithm", row.id] if kind == "tokenizers" else []),
            ("Models", naming[kind[:-1], row.id]),
        ]
        if kind == "modalities" and (model := page.catalogue.get("models", row.id)):
            found.append(("As a language model", [model]))
    return [(label, rows) for label, rows in found if rows]


def _chapters(page: PageContext, kind: str, row: Any) -> Iterator[str]:
    """Links to the chapters that explain the row and the terms of its card, each with what it explains."""
    terms: dict[str, dict[str, None]] = {}

    def explains(chapter: str | None, what: Iterable[str] = ()) -> None:
        if chapter in page.pages:
            terms.setdefault(str(chapter), {}).update(dict.fromkeys(what))

    explains(row.chapter)
    for line in LINES[kind]:
        value = getattr(row, line.field)
        if line.field in ROWS and value and value != "undisclosed":
            explains(page.row(ROWS[line.field], value).chapter, [line.label.lower()])
        elif (
            line.term
            and value is not None
            and value != []
            and (term := page.catalogue.get("terms", line.term))
        ):
            explains(term.chapter, [line.label.partition(",")[0].lower()])
    for chapter, what in terms.items():
        yield chapter_link(page, chapter) + (f" ({', '.join(what)})" if what else "")
    if page.catalogue.get("timeline", row.id) and TIMELINE in page.pages:
        yield f'<a href="{page.link(f"{TIMELINE}#event-{row.id}")}">{escape(page.pages[TIMELINE].title)}</a>'
