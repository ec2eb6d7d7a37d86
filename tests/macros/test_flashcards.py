"""Cards are read from built pages: what they say, without what belongs to the site."""

from __future__ import annotations

from pathlib import Path

import markdown

from macros.flashcards import Card, Option, cards_of, read_cards
from macros.pages import Page
from tests.macros.test_questions import EXTENSIONS

HOME = "https://example.org/site/"
PAGE = f'<head><link rel="canonical" href="{HOME}language/bert/"></head><article>'

QUESTION = """/// question | Is $a < b$ & *so*?
    attrs: {id: less}
Yes: <a class="term" href="../gru/#x" title="It says &quot;so&quot;">less</a> <b>is</b> more
<a class="cite" href="#ref-cho2014">(Cho 2014)</a>.

$$
\\frac{a}{b} < 1
$$

- one `<b>`
- two
///"""

QUIZ = """/// quiz | Which $x$?
    attrs: {id: which}
Look again.

- [ ] $x_1$
    > It is *too* small.
- [x] <span>two</span>

Because.
///"""


def read(text: str) -> list[Card]:
    return list(cards_of(PAGE + markdown.markdown(text, extensions=EXTENSIONS), "language/bert.md"))


def test_a_question_has_its_texts_with_latex_and_absolute_links() -> None:
    [card] = read(f"# A page\n\n{QUESTION}\n\n## After\n")

    assert (card.id, card.kind, card.url) == ("less", "question", f"{HOME}language/bert/#less")
    assert card.question == r"Is \(a &lt; b\) &amp; <em>so</em>?"
    assert f'Yes: <a href="{HOME}language/gru/#x">less</a> <b>is</b> more' in card.answer
    assert r"<div>\[\frac{a}{b} &lt; 1\]</div>" in card.answer
    assert "<li>one <code>&lt;b&gt;</code></li>" in card.answer
    assert card.sources == ("cho2014",) and "After" not in card.answer and card.options == ()


def test_a_quiz_has_options_with_verdict_and_reason() -> None:
    [card] = read(QUIZ)

    assert card.kind == "quiz" and card.question == r"Which \(x\)?<p>Look again.</p>"
    assert card.options == (
        Option(False, r"\(x_1\)", "It is <em>too</em> small."),
        Option(True, "two", ""),
    )
    assert card.answer == "<p>Because.</p>"


def test_every_block_is_found_and_nothing_else() -> None:
    nested = QUESTION.replace("- two", "- two\n\n//// details | More\nInside.\n////\n\nLast.").replace(
        "less", "more"
    )
    text = f"{QUESTION}\n\n<details><summary>No</summary>question</details>\n\n{QUIZ}\n\n{nested}\n"
    assert [card.id for card in read(text)] == ["less", "which", "more"]
    assert "Last." in read(nested)[0].answer


def test_pages_are_read_in_the_order_of_the_navigation_without_the_authors_guide(tmp_path: Path) -> None:
    html = PAGE + markdown.markdown(QUESTION, extensions=EXTENSIONS)
    paths = ["study/questions.md", "index.md", "data/index.md", "contributing/macros.md", "language/lost.md"]
    for number, folder in enumerate(["study/questions", ".", "data", "contributing/macros"]):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "index.html").write_text(html.replace('"less"', f'"less-{number}"'), "utf-8")

    found = read_cards(tmp_path, {path: Page(path, "", 1) for path in paths})

    assert [(card.id, card.chapter) for card in found] == list(zip([f"less-{n}" for n in range(3)], paths))
