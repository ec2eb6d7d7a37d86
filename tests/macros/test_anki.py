"""The deck, read by Anki's own engine: what is imported, shown, and updated."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

from macros.anki import QUESTION, QUIZ, package, table
from macros.flashcards import Card, Option
from macros.schema import Source

QUESTION_CARD = Card(
    id="less",
    chapter="language/bert.md",
    url="https://example.org/language/bert/#less",
    question=r"Is \(a &lt; b\) &amp; <em>so</em>?",
    answer=r'<p>Yes: \[\frac{a}{b} &lt; 1\] and <a href="https://example.org/x">more</a>.</p>',
    sources=("card", "lost"),
)
OPTIONS = (Option(False, r"\(x_1\)", "Too small."), Option(True, "=two", ""))
QUIZ_CARD = Card("which", "llms/pre-training.md", "https://example.org/q", "Which?", "<p>So.</p>", OPTIONS)
DRILL = replace(QUIZ_CARD, id="drill-x", question="First?", answer="")
CARDS = [QUESTION_CARD, QUIZ_CARD, DRILL]
SOURCE = Source.model_validate(
    {"id": "card", "title": "<b> & co", "authors": "A & B", "year": 2023, "kind": "page", "checked": None}
    | {"url": "https://example.org/card?a=1&b=2"}
)
DECKS = {
    "less": "Language::BERT",
    "which": "LLMs::Pre-training",
    "drill-x": "Drills",
    "new": "Drills",
    "minus": "Drills",
}
NOON = 1_790_000_000


def made(cards: list[Card], timestamp: int = NOON) -> bytes:
    return package(cards, lambda card: DECKS[card.id], {"card": SOURCE}, timestamp)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    opened = Collection(str(tmp_path / "collection.anki2"))
    yield opened
    opened.close()


def put(collection: Collection, content: bytes, tmp_path: Path) -> dict[str, int]:
    """Import a deck; how many notes were new, updated, the same, in conflict."""
    file = tmp_path / "deck.apkg"
    file.write_bytes(content)
    options = ImportAnkiPackageOptions()
    log = collection.import_anki_package(
        ImportAnkiPackageRequest(package_path=str(file), options=options)
    ).log
    kinds = ("new", "updated", "duplicate", "conflicting")
    return {kind: len(getattr(log, kind)) for kind in kinds if len(getattr(log, kind))}


def sides(collection: Collection, note_id: str) -> tuple[str, str]:
    [card] = collection.find_cards(f"Id:{note_id}")
    shown = collection.get_card(card).render_output()
    return shown.question_text, shown.answer_text


def test_cards_come_into_one_subdeck_a_chapter_with_their_tags(
    collection: Collection, tmp_path: Path
) -> None:
    assert put(collection, made(CARDS), tmp_path) == {"new": 3}

    names = {deck.name for deck in collection.decks.all_names_and_ids()}
    assert {f"Generative AI, checked::{name}" for name in DECKS.values()} <= names
    assert len(collection.find_cards('"deck:Generative AI, checked::Language::BERT"')) == 1
    assert len(collection.find_notes("tag:genai::language::bert tag:genai::question")) == 1
    assert len(collection.find_notes("tag:genai::quiz")) == 2


def test_a_question_shows_its_texts_formulas_sources_and_the_way_back(
    collection: Collection, tmp_path: Path
) -> None:
    put(collection, made(CARDS), tmp_path)
    front, back = sides(collection, "less")

    assert front == QUESTION_CARD.question
    assert back.startswith(front) and QUESTION_CARD.answer in back
    assert 'A &amp; B 2023, <a href="https://example.org/card?a=1&amp;b=2">&lt;b&gt; &amp; co</a>' in back
    assert '<a href="https://example.org/language/bert/#less">Language: BERT</a>' in back


def test_a_quiz_asks_without_verdicts_and_answers_with_them(collection: Collection, tmp_path: Path) -> None:
    put(collection, made(CARDS), tmp_path)
    front, back = sides(collection, "which")

    assert front == r"Which?<ol><li>\(x_1\)</li><li>=two</li></ol>"
    assert r"<li><b>Wrong:</b> \(x_1\) — Too small.</li><li><b>Right:</b> =two</li>" in back
    assert back.index("<p>So.</p>") > back.index("Right:")
    assert collection.get_card(collection.find_cards("Id:which")[0]).note_type()["name"].endswith(": Quiz")


def test_the_same_deck_again_changes_nothing(collection: Collection, tmp_path: Path) -> None:
    put(collection, made(CARDS), tmp_path)
    assert put(collection, made(CARDS), tmp_path) == {"duplicate": 3}
    assert collection.note_count() == 3


def test_a_changed_text_updates_its_card_keeps_its_history_and_doubles_nothing(
    collection: Collection, tmp_path: Path
) -> None:
    put(collection, made(CARDS), tmp_path)
    card = collection.get_card(collection.find_cards("Id:less")[0])
    card.ivl, card.reps, card.type, card.queue = 30, 4, 2, 2
    collection.update_card(card)
    changed = [replace(QUESTION_CARD, answer="<p>No longer.</p>"), QUIZ_CARD]

    found = put(collection, made([*changed, replace(DRILL, id="new")], NOON + 60), tmp_path)

    assert found == {"new": 1, "updated": 2}
    assert collection.note_count() == 4  # the drill that is gone stays with the reader
    assert "No longer." in sides(collection, "less")[1]
    after = collection.get_card(card.id)
    assert (after.ivl, after.reps) == (30, 4)


def test_the_same_cards_make_the_same_bytes_and_no_clock_is_in_them() -> None:
    first, second, later = made(CARDS), made(CARDS), made(CARDS, NOON + 1)
    assert first == second != later
    with zipfile.ZipFile(io.BytesIO(first)) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_anki_goes_by_is_frozen() -> None:
    """Another number or other fields, and no reader's Anki would take an update any more."""
    assert (QUESTION.model_id, QUIZ.model_id) == (1841207651, 1841207652)
    assert [f["name"] for f in QUESTION.fields] == ["Id", "Question", "Answer", "Sources", "Link", "Chapter"]
    assert [f["name"] for f in QUIZ.fields] == [
        "Id",
        "Question",
        "Options",
        "Answer",
        "Sources",
        "Link",
        "Chapter",
    ]


def test_the_table_has_plain_text_and_no_cell_that_a_spreadsheet_computes() -> None:
    minus = replace(QUESTION_CARD, id="minus", question="-1 or \\(-1\\)?")
    text = table([*CARDS, minus], lambda card: DECKS[card.id], {"card": SOURCE})
    rows = list(csv.DictReader(io.StringIO(text)))

    assert [row["id"] for row in rows] == ["less", "which", "drill-x", "minus"]
    assert rows[0]["question"] == r"Is \(a < b\) & so?" and rows[0]["sources"] == SOURCE.url
    assert rows[1]["options"] == r"\(x_1\) | =two" and rows[1]["answer"] == "Right: =two. So."
    assert rows[3]["question"].startswith("'-1 or")
    assert not re.search(r"<(em|p|a|li)\b", text) and "\r" not in text
