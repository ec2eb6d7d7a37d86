"""What the study notes cover, the site covers: each line of their checklist has its place and its correction.

`coverage.yml` has an entry a line: `at` (page and heading), `says` (a phrase that stands under that heading),
`errors` (what an audit found wrong with the note's statement) and `corrects` (the row that sets it right).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from macros.catalogue import load
from macros.schema import KINDS
from tests.built import Site

ENTRIES: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("coverage.yml").read_text("utf-8")
)
LINES = {f"C{n:03}" for n in range(1, 264)}
LEAST = 263
"""How many of the 263 lines the chapters written so far must carry."""


class _Sections(HTMLParser):
    """The text under each heading, down to the next heading of its level or above."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[int, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "annotation"):
            self.skipped += 1
        if re.fullmatch("h[1-6]", tag):
            level, name = int(tag[1]), dict(attrs).get("id") or ""
            self.open = [(n, other) for n, other in self.open if n < level]
            self.open.append((level, name))
            self.texts.setdefault(name, [])

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "annotation"):
            self.skipped -= 1

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            for _, name in self.open:
                self.texts[name].append(data)


def plain(text: str) -> str:
    """Words as compared: spaces collapsed, case and typographic variants of quotes and spaces dropped."""
    text = text.replace("\u00a0", " ").replace("’", "'").replace("“", '"').replace("”", '"')
    return " ".join(text.split()).lower()


@cache
def sections(html: str) -> dict[str, str]:
    """Heading id → the plain text under it."""
    parser = _Sections()
    parser.feed(html)
    return {name: plain("".join(parts)) for name, parts in parser.texts.items()}


@cache
def row_ids() -> set[str]:
    catalogue = load()
    return {f"{kind}.{row.id}" for kind in KINDS for row in catalogue.rows(kind)}


@pytest.mark.parametrize("line", ENTRIES)
def test_line_of_the_notes_is_covered_where_it_says_and_corrected(line: str, site: Site) -> None:
    entry = ENTRIES[line]
    page, _, heading = entry["at"].partition("#")
    address = page.removesuffix(".md").removesuffix("index")
    found = sections(site.html(address))
    assert heading in found, f"{page} has no heading #{heading}"
    assert plain(entry["says"]) in found[heading], f"“{entry['says']}” does not stand under #{heading}"
    assert len(entry["says"].split()) <= 12
    corrections = entry.get("corrects", [])
    assert bool(entry.get("errors")) <= bool(corrections), "the note is wrong here: name what corrects it"
    for correction in corrections:
        name = correction if "." in correction else f"misconceptions.{correction}"
        assert name in row_ids(), f"no row {name}"


def test_at_least_as_many_lines_are_covered_as_the_chapters_promise() -> None:
    assert set(ENTRIES) <= LINES
    assert len(ENTRIES) >= LEAST


def test_no_heading_carries_more_than_eight_lines() -> None:
    crowded = {at: n for at, n in Counter(entry["at"] for entry in ENTRIES.values()).items() if n > 8}
    assert crowded == {}


def test_no_phrase_is_used_for_two_lines_under_one_heading() -> None:
    used = Counter((entry["at"], plain(entry["says"])) for entry in ENTRIES.values())
    assert [place for place, n in used.items() if n > 1] == []


def test_text_of_a_section_ends_at_the_next_heading_of_its_level() -> None:
    html = (
        '<h2 id="a">A</h2><p>one</p><h3 id="b">B</h3><p>two</p><h2 id="c">C</h2><p>three <style>x</style></p>'
    )
    assert sections(html) == {"a": "aonebtwo", "b": "btwo", "c": "cthree"}
