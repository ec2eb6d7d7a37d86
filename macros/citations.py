"""Everything that names a row inside prose: citations, facts, terms, misconceptions, resources."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from macros.pages import PARTS, PLANNED, Page
from macros.schema import KINDS, Catalogue, Figure
from macros.text import (
    AuthorError,
    escape,
    nearest,
    number,
    readable_date,
    relative,
    scaled,
)

GLOSSARY, MISCONCEPTIONS = "study/glossary.md", "study/misconceptions.md"
WORDS = {"not-reported": "not reported", "not-applicable": "not applicable"}
TERM_CALL = re.compile(r"""\bterm\(\s*["']([a-z0-9-]+)["']""")
VERDICTS = ("wrong", "misleading", "unsupported", "outdated")
PLAIN = ("context", "max_output", "vocabulary", "size", "chance")
"""Figures that people read digit by digit (8,192 tokens), not as 8.19 K."""


@dataclass
class PageContext:
    """What a macro may know about the page on which it stands."""

    path: str
    catalogue: Catalogue
    pages: dict[str, Page]
    cited: dict[str, None] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    from_source: bool = False
    """Zensical takes links in HTML as relative to the source file, MkDocs leaves them alone."""

    def unique(self, wanted: str) -> str:
        """An id that occurs once on the page: the second table's row gets -2."""
        found, count = wanted, 1
        while found in self.ids:
            count += 1
            found = f"{wanted}-{count}"
        self.ids.add(found)
        return found

    def row(self, kind: str, row_id: str) -> Any:
        """A row, or an error that names the nearest id."""
        row = self.catalogue.get(kind, row_id)
        if row is None:
            known = [r.id for r in self.catalogue.rows(kind)]
            raise AuthorError(f"no '{row_id}' under {kind} in genai.yml; {nearest(row_id, known, kind)}")
        return row

    def link(self, target: str) -> str:
        """The relative address of another page."""
        address = relative(self.path, target)
        climbs = self.from_source and not self.path.endswith("index.md") and address.startswith("../")
        return escape(address.removeprefix("../") if climbs else address)


def matching(kind: str, rows: list[Any], where: dict[str, Any] | None) -> list[Any]:
    """The rows whose fields equal the value, or one of the values, that `where` gives."""
    if where is not None and not isinstance(where, dict):
        raise AuthorError(f"where is {where!r}; write a dict such as {{'chapter': 'language/attention.md'}}")
    for name, wanted in (where or {}).items():
        fields = Catalogue.model_fields[kind].annotation.__args__[0].model_fields  # type: ignore[union-attr]
        if name not in fields:
            raise AuthorError(f"where: {kind} have no field '{name}'; {nearest(name, fields, 'fields')}")
        choices = wanted if isinstance(wanted, list) else [wanted]
        present = {v for row in rows for v in _values(getattr(row, name))}
        for choice in choices:
            if choice not in present:
                remedy = nearest(str(choice), map(str, present), "values")
                raise AuthorError(f"where: no row has {name} '{choice}'; {remedy}")
        rows = [row for row in rows if any(v in choices for v in _values(getattr(row, name)))]
    if where and not rows:
        raise AuthorError(f"where: no row matches {where}; loosen it")
    return rows


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str | bool | int) else []


def show_figure(figure: Figure | str | None, name: str = "", unit: str | None = None) -> str:
    """A figure in words, without markup: '175 B', 'undisclosed; estimates: 1.8 T (SemiAnalysis)'."""
    if figure is None:
        return ""
    if isinstance(figure, str):
        return WORDS[figure]
    dollar = "$" if unit == "USD" else ""
    end = {
        "GPU-hours": " GPU-hours",
        "tokens-per-parameter": " tokens per parameter",
    }.get(unit or "", "")
    if name == "chance":
        end = " %"

    def n(value: float | None) -> str:
        plain = name in PLAIN or unit in ("exponent", "tokens-per-parameter")
        return f"{dollar}{(number if plain else scaled)(value or 0)}{end}"

    if figure.undisclosed:
        estimates = ", ".join(f"{n(e.value)} ({e.by})" for e in figure.estimates)
        return "undisclosed" + (f"; estimates: {estimates}" if estimates else "")
    if figure.total is not None:
        return f"{n(figure.total)} total, {n(figure.active)} active"
    if figure.input is not None:
        return f"{n(figure.input)} in, {n(figure.output)} out"
    if figure.estimate is not None:
        return f"estimate {n(figure.estimate)} ({figure.by})"
    if figure.at_least is not None:
        return f"at least {n(figure.at_least)}"
    return f"about {n(figure.approx)}" if figure.approx is not None else n(figure.value)


def short_name(source: Any) -> str:
    """'Vaswani et al. 2017'."""
    return f"{source.authors} {source.year}"


def source_of(row: Any, claim: Any) -> tuple[str | None, str | None]:
    """Source and locator of a figure, a score, or a plain word of a row.

    The row's locator goes with the row's source only: it says nothing about another document.
    """
    source, locator = getattr(claim, "source", None), getattr(claim, "locator", None)
    own = source in (None, row.source)
    return source or row.source, locator or (row.locator if own else None)


def cite(page: PageContext, source: str, locator: str = "") -> str:
    """A citation inside a sentence, linked to the page's reference list.

    source: id under `sources`; locator: where in it, such as "section 3.2".

    Example: {{ cite("vaswani2017", "section 3.2") }}
    """
    row = page.row("sources", source)
    page.cited[source] = None
    where = f", {locator}" if locator else ""
    return f'<a class="cite" href="#ref-{source}" data-search-exclude>({escape(short_name(row) + where)})</a>'


def references(page: PageContext) -> str:
    """The sources that this page cites, in alphabetical order, with the day each was checked.

    Put it last: it lists what the macros above it have cited.

    Example: {{ references() }}
    """
    rows = [page.row("sources", source) for source in page.cited]
    rows.sort(key=lambda row: (row.authors.lower(), row.year))
    if not rows:
        return '<p class="references-none">This page cites no source.</p>'
    return f'<ul class="references" data-search-exclude>{"".join(_reference(page, row) for row in rows)}</ul>'


def _reference(page: PageContext, row: Any) -> str:
    where = f" {escape(row.where)}." if row.where else ""
    checked = "not yet re-checked"
    if row.checked:
        via = "in a stored copy" if row.checked.via == "copy" else "at the source"
        checked = f"checked {via} on {readable_date(row.checked.date)}"
    return (
        f'<li id="{page.unique("ref-" + row.id)}">{escape(row.authors)} ({row.year}). '
        f'<a href="{escape(row.url)}">{escape(row.title)}</a>.{where} '
        f'<span class="checked">({checked})</span></li>'
    )


def fact(page: PageContext, name: str) -> str:
    """One figure inside a sentence, with a link to its source.

    name: "row.field" for a model, or "key.row.field" for another kind of row.

    Example: {{ fact("gpt-3.parameters") }}
    """
    parts = str(name).split(".")
    kind, row_id, column = ["models", *parts] if len(parts) == 2 else [*parts, "", "", ""][:3]
    if kind not in KINDS:
        raise AuthorError(f"fact '{name}': no key '{kind}'; {nearest(kind, KINDS, 'keys')}")
    row = page.row(kind, row_id)
    figures = [n for n in type(row).model_fields if isinstance(getattr(row, n), Figure | str)]
    figure = getattr(row, column, None)
    if not (isinstance(figure, Figure) or figure in WORDS):
        raise AuthorError(f"fact '{name}': no figure '{column}' there; {nearest(column, figures, 'figures')}")
    text = f'<span class="fact">{escape(show_figure(figure, column, getattr(row, "unit", None)))}</span>'
    source, locator = source_of(row, figure)
    return f"{text} {cite(page, source, locator or '')}" if source else text


def term(page: PageContext, name: str, text: str = "") -> str:
    """A word of the glossary, linked to its entry; the definition is its tooltip.

    name: id under `terms`; text: other wording, such as a plural.

    Example: {{ term("softmax") }}
    """
    row = page.row("terms", name)
    return (
        f'<a class="term" href="{page.link(GLOSSARY + "#term-" + name)}" title="{escape(row.definition)}">'
        f"{escape(text or row.name)}</a>"
    )


def glossary(page: PageContext, only: list[str] | None = None) -> str:
    """Every term with its definition and the pages that use it, in alphabetical order.

    only: ids under `terms`, where not all are wanted.

    Example: {{ glossary(["token", "tokenizer", "vocabulary"]) }}
    """
    rows = page.catalogue.terms if only is None else [page.row("terms", name) for name in only]
    uses = term_uses(page.pages)
    letters: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: row.name.lower()):
        letters.setdefault(row.name[0].upper(), []).append(_entry(page, row, uses))
    links = " ".join(f'<a href="#letter-{letter}">{letter}</a>' for letter in letters)
    lists = "".join(
        f'<dl class="glossary" id="letter-{letter}">{"".join(entries)}</dl>'
        for letter, entries in letters.items()
    )
    return f'<nav class="letters" aria-label="Letters">{links}</nav>{lists}'


def _entry(page: PageContext, row: Any, uses: dict[str, set[str]]) -> str:
    also = f" (also: {escape(', '.join(row.aliases))})" if row.aliases else ""
    more = [
        f'<a href="{page.link(f"{GLOSSARY}#term-{see}")}">{escape(page.row("terms", see).name)}</a>'
        for see in row.see
    ]
    see = f" See {', '.join(more)}." if more else ""
    written = [row.chapter] if row.chapter in page.pages else []
    chapter = f" Chapter: {chapter_link(page, row.chapter)}." if written else ""
    others = sorted(uses.get(row.id, set()).difference(written))
    users = ", ".join(chapter_link(page, path) for path in others)
    used = f" {'Also used' if written else 'Used'} in {users}." if users else ""
    source = f" {cite(page, row.source, row.locator or '')}" if row.source else ""
    return (
        f'<div id="{page.unique("term-" + row.id)}"><dt>{escape(row.name)}{also}</dt>'
        f"<dd>{escape(row.definition)}{source}"
        f"<span data-search-exclude>{see}{chapter}{used}</span></dd></div>"
    )


def term_uses(pages: dict[str, Page]) -> dict[str, set[str]]:
    """Term id → the pages that link to it."""
    uses: dict[str, set[str]] = {}
    for path, other in pages.items():
        if not path.startswith("contributing/"):  # samples for authors, not uses
            for name in TERM_CALL.findall(other.body):
                uses.setdefault(name, set()).add(path)
    return uses


def chapter_link(page: PageContext, path: str) -> str:
    """A link to a page with its title as text."""
    if path not in page.pages:
        raise AuthorError(f"no page '{path}'; {nearest(path, page.pages, 'pages')}")
    return f'<a href="{page.link(path)}">{escape(page.pages[path].title)}</a>'


def misconception(page: PageContext, name: str) -> str:
    """A widespread mistake: what is said, what is true, why it tempts, how to find out yourself.

    name: id under `misconceptions`.

    Example: {{ misconception("gan-is-vae") }}
    """
    row = page.row("misconceptions", name)
    return _misconception(page, row, row.chapter != page.path and row.chapter in page.pages)


def _misconception(page: PageContext, row: Any, elsewhere: bool, listed: bool = False) -> str:
    chapter = f"<dt>Chapter</dt><dd>{chapter_link(page, row.chapter)}</dd>" if elsewhere else ""
    unique = page.unique("misconception-" + row.id)
    # In the list of all, a search finds the claim; what is true is found in the chapter.
    quiet = " data-search-exclude" if listed else ""
    return (
        f'<div class="misconception" data-verdict="{row.verdict}" id="{unique}">'
        f'<p class="misconception__claim"><span class="verdict">Often said, but {row.verdict}:</span> '
        f"{escape(row.claim)}</p><dl{quiet}><dt>What is true</dt>"
        f"<dd>{escape(row.truth)} {cite(page, row.source, row.locator or '')}</dd>"
        f"<dt>Why it tempts</dt><dd data-search-exclude>{escape(row.tempting)}</dd>"
        f"<dt>Find out yourself</dt><dd data-search-exclude>{escape(row.find_out)}</dd>{chapter}</dl></div>"
    )


def misconceptions(page: PageContext, where: dict[str, Any] | None = None) -> str:
    """All misconceptions under their chapters, with a filter by chapter and verdict.

    where: a dict with a chapter or a verdict: only those, as a plain list.

    Example: {{ misconceptions({"chapter": "language/attention.md"}) }}
    """
    rows = matching("misconceptions", page.catalogue.misconceptions, where)
    if where:
        return "".join(misconception(page, row.id) for row in rows)
    groups: dict[str, list[Any]] = {}
    titles = {path: other.title for path, other in page.pages.items()} | PLANNED
    if lost := next((row.chapter for row in rows if row.chapter not in titles), None):
        raise AuthorError(f"no page '{lost}'; {nearest(lost, titles, 'pages')}")
    order = list(titles)
    for row in sorted(rows, key=lambda r: (_part(r.chapter), order.index(r.chapter))):
        groups.setdefault(row.chapter, []).append(row)
    # The filter works without script; CSS can't compare attributes, so each chapter gets its rule here.
    rules, choices, sections = [], [_radio("chapter", "all", f"all {len(rows)}", True)], []
    for n, (path, group) in enumerate(groups.items(), 1):
        title = titles[path]
        shown = chapter_link(page, path) if path in page.pages else escape(title)
        choices.append(_radio("chapter", str(n), f"{title} ({len(group)})"))
        rules.append(f".myths:has(#only-chapter-{n}:checked) > section:not(#myths-{n})")
        boxes = "".join(_misconception(page, row, False, listed=True) for row in group)
        sections.append(f'<section id="myths-{n}"><h3>{shown}</h3>{boxes}</section>')
    verdicts, nothing = [_radio("verdict", "all", "all", True)], []
    for verdict in [v for v in VERDICTS if any(row.verdict == v for row in rows)]:
        count = sum(row.verdict == verdict for row in rows)
        verdicts.append(_radio("verdict", verdict, f"{verdict} ({count})"))
        checked = f".myths:has(#only-verdict-{verdict}:checked)"
        rules.append(f"{checked} .misconception:not([data-verdict={verdict}])")
        rules.append(f"{checked} > section:not(:has([data-verdict={verdict}]))")
        nothing += [
            f".myths:has(#only-chapter-{n}:checked):has(#only-verdict-{verdict}:checked)::after"
            for n, group in enumerate(groups.values(), 1)
            if not any(row.verdict == verdict for row in group)
        ]
    style = f"{','.join(rules)}{{display:none}}"
    if nothing:
        style += f"{','.join(nothing)}{{content:'No entry of this chapter has this verdict.'}}"
    return (
        f'<div class="myths"><style>{style}</style>'
        f'<fieldset class="choices"><legend>Verdict</legend>{"".join(verdicts)}</fieldset>'
        f'<fieldset class="choices"><legend>Chapter</legend>{"".join(choices)}</fieldset>'
        f"{''.join(sections)}</div>"
    )


def _part(chapter: str) -> int:
    """The number of a chapter's part; pages outside the parts come last."""
    part = chapter.split("/")[0]
    return list(PARTS).index(part) if part in PARTS else len(PARTS)


def _radio(group: str, value: str, label: str, checked: bool = False) -> str:
    name = f"only-{group}-{value}"
    return (
        f'<label for="{name}"><input type="radio" name="only-{group}" id="{name}"'
        f"{' checked' if checked else ''}>{escape(label)}</label>"
    )


def resources(page: PageContext, where: dict[str, Any] | None = None) -> str:
    """Things to read, watch and use elsewhere, each with what it is and whether it still is.

    Example: {{ resources({"kind": "paper"}) }}
    """
    items = []
    for row in matching("resources", page.catalogue.resources, where):
        seen = f", seen {readable_date(row.seen)}" if row.seen else ""
        items.append(
            f'<li id="{page.unique("resource-" + row.id)}">'
            f'<a href="{escape(row.url)}">{escape(row.title)}</a>, {escape(row.by)} ({row.kind}). '
            f'{escape(row.what)} <span class="status">({row.status}{seen})</span></li>'
        )
    return f'<ul class="resources">{"".join(items)}</ul>'


def changes(page: PageContext) -> str:
    """What changed in the data file, newest first.

    Example: {{ changes() }}
    """
    rows = sorted(page.catalogue.changes, key=lambda row: row.date, reverse=True)
    items = []
    for row in rows:
        which = f" ({escape(', '.join(row.rows))})" if row.rows else ""
        items.append(
            f'<li id="{page.unique("change-" + row.id)}"><time datetime="{row.date}">'
            f"{readable_date(row.date)}</time>: {escape(row.what)}{which}</li>"
        )
    return f'<ol class="changes" reversed>{"".join(items)}</ol>'
