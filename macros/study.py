"""What the build writes for learning with the site: an index of all cards, the drills, a deck, a table.

study/chapters.json   {version, chapters: [{address, title, part, cards: [{id, kind}]}]}; the texts of
                      these cards stand in the pages
study/drills.json     {version, drills: [{id, kind, hash, at, fact, question, answer, options, sources}]};
                      `at` is the address that tells the fact, an option has right, text, reason
study/genai.apkg      everything for Anki; study/cards.csv as a table
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from macros.anki import package, table
from macros.catalogue import DOCS
from macros.drills import drills
from macros.flashcards import Card, read_cards
from macros.pages import PARTS, Page
from macros.schema import Catalogue
from macros.text import published

VERSION = 1
"""Of both JSON files."""


def write_study(site_dir: Path, pages: dict[str, Page], home: str, catalogue: Catalogue) -> None:
    """Write the four files into a built site of either engine; `home` is its published start page."""
    cards, made = write_lists(site_dir, pages, catalogue)
    linked = [replace(card, url=home + card.url) for card in made]
    sources = {source.id: source for source in catalogue.sources}
    drilled = {card.id for card in made}

    def deck_of(card: Card) -> str:
        above = "Drills" if card.id in drilled else part(card.chapter)
        return f"{above}::{pages[card.chapter].title}"

    every = [*cards, *linked]
    folder = site_dir / "study"
    (folder / "genai.apkg").write_bytes(package(every, deck_of, sources, published_at()))
    (folder / "cards.csv").write_text(table(every, deck_of, sources), encoding="utf-8", newline="\n")


def write_lists(
    site_dir: Path, pages: dict[str, Page], catalogue: Catalogue
) -> tuple[list[Card], list[Card]]:
    """Write the two files that the review page reads; returns the cards of the pages, and the drills."""
    cards, made = read_cards(site_dir, pages), drills(catalogue)
    folder = site_dir / "study"
    folder.mkdir(exist_ok=True)
    _write_json(folder / "chapters.json", {"version": VERSION, "chapters": _chapters(cards, pages)})
    _write_json(folder / "drills.json", {"version": VERSION, "drills": _drills(made, catalogue)})
    return cards, made


def part(page: str) -> str:
    """The part of the course to which a page belongs."""
    return PARTS.get(page.split("/")[0], "Across the chapters")


def published_at() -> int:
    """Seconds since 1970 for the deck: later for every later state of the sources, the same for the same one.

    SOURCE_DATE_EPOCH, where it is set; else the time of the last commit; without one that of the newest file.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        command = ["git", "-C", str(DOCS), "log", "-1", "--format=%ct"]
        try:
            given = subprocess.run(command, capture_output=True, text=True).stdout.strip()
        except OSError:  # no git
            given = ""
    if given.isdecimal():
        return int(given)
    return int(
        max(file.stat().st_mtime for pattern in ("**/*.md", "data/*.yml") for file in DOCS.glob(pattern))
    )


def _chapters(cards: list[Card], pages: dict[str, Page]) -> list[dict[str, Any]]:
    by_page: dict[str, list[dict[str, str]]] = {}
    for card in cards:
        by_page.setdefault(card.chapter, []).append({"id": card.id, "kind": card.kind})
    return [
        {"address": published(path), "title": pages[path].title, "part": part(path), "cards": own}
        for path, own in by_page.items()
    ]


def _drills(made: list[Card], catalogue: Catalogue) -> list[dict[str, Any]]:
    rows = []
    for card in made:
        named = [catalogue.get("sources", name) for name in card.sources]
        row = {"id": card.id, "kind": card.kind, "hash": card.hash, "at": card.url, "fact": card.fact}
        row |= {"question": card.question, "answer": card.answer}
        options = [asdict(option) for option in card.options]
        cited = [{"title": source.title, "url": source.url} for source in named if source]
        rows.append({**row, "options": options, "sources": cited})
    return rows


def _write_json(file: Path, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    file.write_text(text + "\n", encoding="utf-8", newline="\n")
