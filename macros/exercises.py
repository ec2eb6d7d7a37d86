"""For the study part: which questions the pages have, and three of them before each chapter."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest

from macros.citations import PageContext, chapter_link
from macros.pages import Page
from macros.questions import Question, find_questions
from macros.text import escape

BEFORE = 3
"""Quizzes on what a chapter requires."""

_MARKUP = re.compile(r"[`$*_\[<{\\]")


@lru_cache(maxsize=200)
def _questions(body: str) -> tuple[Question, ...]:
    """Those of a page, which several pages ask for."""
    return tuple(find_questions(body))


def question_list(page: PageContext) -> str:
    """Every page with questions, in reading order, and how many it asks.

    Example: {{ question_list() }}
    """
    items = []
    for other in page.pages.values():
        found = [q for q in _questions(other.body) if q.id]
        if not found or other.path.startswith("contributing/"):
            continue
        kinds = [q.kind for q in found]
        told = [_count(kinds.count(kind), kind) for kind in ("question", "quiz") if kind in kinds]
        items.append(f"<li>{chapter_link(page, other.path)}: {', '.join(told)}</li>")
    return f"<ul>{''.join(items)}</ul>"


def deck(page: PageContext) -> str:
    """Where all questions can be taken away: the deck for Anki and the table, which the build writes.

    Example: {{ deck() }}
    """
    anki, table = page.link("study/genai.apkg"), page.link("study/cards.csv")
    return (
        "<p>The questions can be taken away, too, without your answers: "
        f'<a href="{anki}">a deck for Anki</a>, or <a href="{table}">a table</a> for other programs.</p>'
    )


def _count(number: int, name: str) -> str:
    plural = {"quiz": "quizzes"}.get(name, f"{name}s")
    return f"{number} {name if number == 1 else plural}"


def before(page: PageContext) -> str:
    """Three quizzes of the chapters that this page requires, closed, as links to where their answers are."""
    chosen, level, met = list[tuple[Page, Question]](), [page.pages[page.path]], {page.path}
    while level and len(chosen) < BEFORE:  # where these have too few, what they require themselves
        names = [path for below in level for path in below.requires if path in page.pages]
        level = [page.pages[path] for path in dict.fromkeys(names) if path not in met]
        met |= {other.path for other in level}
        turns = zip_longest(*([(other, quiz) for quiz in _plain_quizzes(other)] for other in level))
        chosen += [pair for turn in turns for pair in turn if pair]
    if len(chosen) < BEFORE:
        return ""
    items = "".join(
        f'<li><a href="{page.link(other.path + "#" + str(quiz.id))}">{escape(quiz.title)}</a> '
        f"({escape(other.title)})</li>"
        for other, quiz in chosen[:BEFORE]
    )
    return (
        '\n\n<div class="before" data-search-exclude><study-before><details class="twin">'
        "<summary>Before you start: three quizzes on what this chapter builds on</summary>"
        f"<ul>{items}</ul></details></study-before></div>"
    )


def _plain_quizzes(page: Page) -> list[Question]:
    """Quizzes whose stem is plain words, as it stands in HTML that Markdown does not read."""
    return [q for q in _questions(page.body) if q.kind == "quiz" and not _MARKUP.search(q.title)]
