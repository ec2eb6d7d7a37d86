"""What the build writes for learning: every question once, and a deck of which Anki shows every card."""

from __future__ import annotations

import csv
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

from macros.catalogue import load
from macros.drills import drills
from macros.pages import read_site
from macros.questions import find_questions
from macros.study import published_at
from macros.text import published
from tests.built import Site

LEFT_OVER = re.compile(
    r"\{\{|\}\}(?=<|\s|$)|///|<math|<svg|<span|class=|\$|&amp;(amp|lt|gt|#)|\]\(|href=\"(?!https?://)"
)


def index(site: Site) -> list[dict[str, Any]]:
    content = json.loads((site.folder / "study" / "chapters.json").read_text("utf-8"))
    assert content["version"] == 1
    pages: list[dict[str, Any]] = content["chapters"]
    return pages


def test_both_engines_write_the_same_index_and_drills(site: Site, next_site: Site) -> None:
    for name in ("chapters.json", "drills.json"):
        left, right = ((s.folder / "study" / name).read_text("utf-8") for s in (site, next_site))
        assert left == right


def test_the_index_lists_every_question_of_the_sources_with_its_kind(site: Site) -> None:
    expected = {
        published(path): [(question.id, question.kind) for question in found]
        for path, page in read_site().items()
        if not path.startswith("contributing/") and (found := find_questions(page.text))
    }
    assert {
        page["address"]: [(c["id"], c["kind"]) for c in page["cards"]] for page in index(site)
    } == expected


def test_every_card_of_the_index_stands_on_its_page(site: Site) -> None:
    for page in index(site):
        text = site.html(page["address"])
        assert all(f'id="{card["id"]}"' in text for card in page["cards"]), page["address"]
        assert page["title"] and page["part"]


def test_the_drills_are_those_of_the_data_and_lead_to_pages(site: Site) -> None:
    rows = json.loads((site.folder / "study" / "drills.json").read_text("utf-8"))["drills"]
    assert [(row["id"], row["hash"], row["fact"]) for row in rows] == [
        (card.id, card.hash, card.fact) for card in drills(load())
    ]
    for row in rows:
        page, _, anchor = row["at"].partition("#")
        assert f'id="{anchor}"' in site.html(page) or not anchor, row["at"]
    assert all(row["sources"] and row["sources"][0]["url"].startswith("http") for row in rows)


def test_anki_shows_every_card_whole(site: Site, tmp_path: Path) -> None:
    ids = [card["id"] for page in index(site) for card in page["cards"]] + [
        card.id for card in drills(load())
    ]
    collection = Collection(str(tmp_path / "collection.anki2"))
    file, options = str(site.folder / "study" / "genai.apkg"), ImportAnkiPackageOptions()
    request = ImportAnkiPackageRequest(package_path=file, options=options)
    log = collection.import_anki_package(request).log
    assert (len(log.new), len(log.conflicting), collection.card_count()) == (len(ids), 0, len(ids))

    shown = {}
    for card_id in collection.find_cards(""):
        card = collection.get_card(card_id)
        output = card.render_output()
        shown[card.note()["Id"]] = (output.question_text, output.answer_text)
    collection.close()

    assert sorted(shown) == sorted(ids)
    for name, (front, back) in shown.items():
        answer = back.removeprefix(front)
        assert words(front) and words(answer.partition('<p class="from">')[0]), name
        markup = (front + back).replace(' class="from"', "")
        told = re.sub(r"(?s)\\\(.*?\\\)|\\\[.*?\\\]|<code>.*?</code>", "", markup)
        assert not LEFT_OVER.search(told), (name, LEFT_OVER.search(told))
        assert told.count("<p>") == told.count("</p>") and "\\" not in told, name


def words(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup)).strip()


def test_the_links_of_the_table_lead_to_the_questions(site: Site) -> None:
    with (site.folder / "study" / "cards.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(page["cards"]) for page in index(site)) + len(drills(load()))
    for row in rows:
        assert row["link"].startswith(site.url) and row["question"] and row["answer"], row["id"]
        place, _, anchor = row["link"].removeprefix(site.url).partition("#")
        assert anchor == row["id"] or row["id"].startswith("drill-"), row["link"]
        assert (site.folder / place / "index.html").is_file(), row["link"]


def test_the_time_of_the_deck_is_given_or_that_of_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    assert published_at() == 1790000000
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert published_at() == published_at() > 1760000000
    monkeypatch.setenv("PATH", "")  # no git
    assert published_at() == published_at() > 1760000000
