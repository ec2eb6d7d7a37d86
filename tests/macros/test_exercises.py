"""The list of all questions, and three quizzes before a chapter."""

from __future__ import annotations

import re

from macros.catalogue import load
from macros.citations import PageContext
from macros.exercises import before, question_list
from macros.pages import Page, read_site
from macros.questions import find_questions

QUIZ = "/// quiz | {title}\n    attrs: {{id: {name}}}\n- [x] a\n- [ ] b\n- [ ] c\n///\n\n"


def page(path: str, *titles: str, requires: tuple[str, ...] = ()) -> Page:
    """A chapter with these quizzes, named after it and numbered."""
    text = "".join(QUIZ.format(title=title, name=f"{path[:-3]}-{n}") for n, title in enumerate(titles))
    return Page(path, text, 1, {"title": path.upper(), "requires": list(requires)})


def shown(*pages: Page) -> list[str]:
    """The ids of the quizzes that stand before the last of these pages."""
    html = before(PageContext(pages[-1].path, load(), {one.path: one for one in pages}))
    return re.findall(r'href="[^"#]*#([^"]+)"', html)


def test_the_required_pages_take_turns() -> None:
    first, second = page("a.md", "A one", "A two", "A three"), page("b.md", "B one")
    assert shown(first, second, page("c.md", requires=("a.md", "b.md"))) == ["a-0", "b-0", "a-1"]


def test_where_they_have_too_few_the_ones_before_them_help() -> None:
    first, second = page("a.md", "A one", "A two"), page("b.md", "B one", requires=("a.md",))
    assert shown(first, second, page("c.md", requires=("b.md",))) == ["b-0", "a-0", "a-1"]


def test_stems_that_need_markdown_are_left_out_and_fewer_than_three_are_none() -> None:
    first = page("a.md", "A `code`", "A $x$", "A <b>", "Plain", "Plain & simple")
    assert shown(first, page("c.md", requires=("a.md",))) == []


def test_every_chapter_that_requires_one_begins_with_three() -> None:
    site = read_site()
    for path, chapter in site.items():
        if chapter.meta.get("kind") == "concept" and chapter.requires:
            assert before(PageContext(path, load(), site)).count("<li>") == 3, path


def test_the_list_counts_every_question_once() -> None:
    site = read_site()
    text = question_list(PageContext("study/progress.md", load(), site))
    counted = sum(map(int, re.findall(r"(\d+) (?:question|quiz)", text)))
    pages = [one for path, one in site.items() if not path.startswith("contributing/")]
    assert counted == sum(len(find_questions(one.body)) for one in pages)
    assert "1 quizzes" not in text
    assert "1 questions" not in text.replace("11 questions", "")
