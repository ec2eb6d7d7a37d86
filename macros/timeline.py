"""The history as an ordered list; what built on what is a link.

A long list stands inside `<time-line>`, whose script (docs/assets/js/ui/time-line.js) reads the list and adds
filters and an axis of time.
"""

from __future__ import annotations

from typing import Any

from macros.citations import PageContext, chapter_link, cite, matching
from macros.text import escape, readable_date

NAMES = {"audio-video": "sound and video"}
"""Strands whose name is not their id."""

LONG = 15
"""Events: a longer list gets filters and an axis."""

STRANDS = "foundations sequences language images audio-video scaling alignment"
"""The lanes of the axis from top to bottom."""

ERAS = {
    1943: "Beginnings",
    2012: "Deep networks",
    2017: "Transformers",
    2020: "Scale",
    2022: "Assistants",
}
"""First year and name of the stretches that a reader can zoom to."""

ROOM = """\
@media screen{.js time-line:not([data-ready],[data-error])::before{animation:give-up 0s 10s forwards;\
content:"";display:block;height:22rem}}\
@media screen and (min-width:45em){.js time-line:not([data-ready],[data-error])::before{height:73rem}}\
@keyframes give-up{to{height:0}}"""
"""Keeps the room that filters and axis will take, as long as they may still come: nothing jumps."""


def timeline(page: PageContext, where: dict[str, Any] | None = None) -> str:
    """Events in order of time, or those that `where` selects (strand, chapter, id).

    More than 15 events get filters and an axis of time, on a phone the filters only; without script they are
    the same list.

    Example: {{ timeline({"strand": "sequences"}) }}
    """
    rows = sorted(matching("timeline", page.catalogue.timeline, where), key=lambda row: row.date)
    shown = {row.id: page.unique("event-" + row.id) for row in rows}
    listed = f'<ol class="timeline">{"".join(_event(page, row, shown) for row in rows)}</ol>'
    if len(rows) <= LONG:
        return listed
    eras = escape("|".join(f"{year} {name}" for year, name in ERAS.items()))
    # Markdown takes an unknown tag for a part of a sentence: the box around it keeps it whole.
    return (
        f'<div class="timeline-box"><style>{ROOM}</style><time-line id="{page.unique("timeline")}" '
        f'data-strands="{STRANDS}" data-eras="{eras}">{listed}</time-line></div>'
    )


def _event(page: PageContext, row: Any, shown: dict[str, str]) -> str:
    parents = []
    for parent in row.based_on:
        title = escape(page.row("timeline", parent).title)
        parents.append(f'<a href="#{shown[parent]}">{title}</a>' if parent in shown else title)
    based = (
        f' <span class="based-on" data-search-exclude>Builds on {", ".join(parents)}.</span>'
        if parents
        else ""
    )
    elsewhere = row.chapter in page.pages and row.chapter != page.path
    chapter = (
        f" <span data-search-exclude>Chapter: {chapter_link(page, row.chapter)}.</span>" if elsewhere else ""
    )
    date = row.date[: {"day": 10, "month": 7, "year": 4}[row.precision]]
    return (
        f'<li id="{shown[row.id]}" data-strand="{row.strand}">'
        f'<time datetime="{date}">{readable_date(date)}</time> <strong>{escape(row.title)}</strong> '
        f'<span class="strand">{NAMES.get(row.strand, row.strand)}</span> '
        f'<span class="significance">{escape(row.significance)}</span>{based}{chapter} '
        f"{cite(page, row.source, row.locator or '')}</li>"
    )
