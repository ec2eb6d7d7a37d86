"""The cards as a deck for Anki, and as a table.

genanki writes the older of Anki's file forms, which every Anki of the last ten years reads. What Anki goes by
is frozen: ids and fields of the two note types, and the guid, made from a card's id. It takes a newer text
only from a note whose time is later, so the time has to grow whenever the content changes.
"""

from __future__ import annotations

import csv
import hashlib
import html
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import genanki

from macros.flashcards import Card
from macros.schema import Source

DECK = "Generative AI, checked"
STYLE = """.card { font-family: system-ui, sans-serif; font-size: 1.15rem; line-height: 1.5; text-align: left;
  max-width: 40rem; margin: 1rem auto; padding: 0 1rem; }
.from { font-size: 0.8rem; opacity: 0.75; }
li { margin: 0.4rem 0; }"""
FROM = '<p class="from">{{#Sources}}{{Sources}}<br>{{/Sources}}<a href="{{Link}}">{{Chapter}}</a></p>'


def _note_type(number: int, name: str, fields: str, front: str) -> genanki.Model:
    return genanki.Model(
        number,
        f"{DECK}: {name}",
        fields=[{"name": field} for field in fields.split()],
        templates=[
            {"name": name, "qfmt": front, "afmt": f"{{{{FrontSide}}}}<hr id=answer>{{{{Answer}}}}{FROM}"}
        ],
        css=STYLE,
    )


# Never change a number or the fields: Anki would take no update any more.
QUESTION = _note_type(1841207651, "Question", "Id Question Answer Sources Link Chapter", "{{Question}}")
QUIZ = _note_type(
    1841207652, "Quiz", "Id Question Options Answer Sources Link Chapter", "{{Question}}{{Options}}"
)


def package(
    cards: Iterable[Card], deck_of: Callable[[Card], str], sources: dict[str, Source], timestamp: int
) -> bytes:
    """The file that Anki imports: the same bytes for the same cards and time.

    cards: in the order in which Anki shall show new ones.
    deck_of: the subdeck of a card, `::` between levels.
    timestamp: whole seconds since 1970.
    """
    decks: dict[str, genanki.Deck] = {}
    for place, card in enumerate(cards):
        name = deck_of(card)
        # The number hangs on the name, so that it is the same in every build.
        number = 1_000_000_000 + int(hashlib.sha256(name.encode()).hexdigest()[:7], 16)
        deck = decks.setdefault(name, genanki.Deck(number, f"{DECK}::{name}"))
        deck.add_note(_note(card, name, sources, place))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "deck.apkg"
        genanki.Package([*decks.values()]).write_to_file(file, timestamp=timestamp)
        return _repacked(file)


def _repacked(file: Path) -> bytes:
    """The same zip file with a date that does not change."""
    packed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _note(card: Card, deck: str, sources: dict[str, Source], place: int) -> genanki.Note:
    fields = [card.id, card.question, card.answer]
    if card.options:
        fields[2:] = [_list("ol", [option.text for option in card.options]), _verdicts(card)]
    cited = "; ".join(_reference(sources[name]) for name in card.sources if name in sources)
    fields += [cited, card.url, html.escape(deck.replace("::", ": "))]
    tags = ["genai", f"genai::{card.chapter.removesuffix('.md').replace('/', '::')}", f"genai::{card.kind}"]
    model = QUIZ if card.options else QUESTION
    return genanki.Note(model, fields, tags=tags, guid=genanki.guid_for("genai-checked", card.id), due=place)


def _list(tag: str, items: Iterable[str]) -> str:
    return f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"


def _verdicts(card: Card) -> str:
    """The options with verdict and reason, and the explanation."""
    told = [
        f"<b>{'Right' if option.right else 'Wrong'}:</b> "
        + " — ".join(part for part in (option.text, option.reason) if part)
        for option in card.options
    ]
    return _list("ol", told) + card.answer


def _reference(source: Source) -> str:
    title, by = html.escape(source.title), html.escape(source.authors)
    return f'{by} {source.year}, <a href="{html.escape(source.url)}">{title}</a>'


def table(cards: Iterable[Card], deck_of: Callable[[Card], str], sources: dict[str, Source]) -> str:
    """The cards as comma-separated values, formulas in LaTeX, without markup."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(["id", "kind", "chapter", "question", "options", "answer", "sources", "link"])
    for card in cards:
        right = [f"Right: {_plain(option.text)}." for option in card.options if option.right]
        answer = " ".join([*right, _plain(card.answer)])
        options = " | ".join(_plain(option.text) for option in card.options)
        cited = " ".join(sources[name].url for name in card.sources if name in sources)
        cells = [
            card.id,
            card.kind,
            deck_of(card).replace("::", ": "),
            _plain(card.question),
            options,
            answer,
        ]
        writer.writerow([_harmless(cell) for cell in [*cells, cited, card.url]])
    return rows.getvalue()


def _plain(markup: str) -> str:
    spaced = re.sub(r"</(?:p|li|div|pre|tr|td)>|<br>", " ", markup)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", spaced)).split())


def _harmless(cell: str) -> str:
    """A spreadsheet would compute what begins with one of these signs."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell
