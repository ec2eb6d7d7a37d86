"""Every chapter that explains a concept has the form that the style guide promises."""

from __future__ import annotations

import re

import pytest

from macros.catalogue import load
from macros.citations import term_uses
from macros.pages import Page, chapters, read_site
from macros.questions import find_questions

CONCEPTS = {page.path: page for page in chapters(read_site()) if page.meta.get("kind") == "concept"}
FIRST = next(iter(CONCEPTS))
OWN_TABLES = ("table", "timeline", "chart", "modality_matrix")
LEAST = {"question": 8, "quiz": 3}
# What a reader has to think about rather than look up: reasons, changes, computations.
THINKING = re.compile(
    r"\b(why|what if|what (happens|changes|would|follows)|how (many|much|large|long|far)|compute|count"
    r"|estimate|which .* (larger|smaller|first|faster|cheaper|more|less|fewer)|should|suppose|would|can)\b",
    re.IGNORECASE,
)


def calls(page: Page, names: str) -> int:
    """How often macros whose name matches are called."""
    return len(re.findall(rf"\{{\{{ *({names})\(", page.body))


def faults(page: Page) -> list[str]:
    """What the chapter lacks, each with its remedy."""
    found = find_questions(page.text)
    told = [
        f"has {n} {kind} blocks, at least {least} are needed"
        for kind, least in LEAST.items()
        if (n := sum(q.kind == kind for q in found)) < least
    ]
    thinking = sum(bool(THINKING.search(q.title)) for q in found)
    if thinking * 3 < len(found):
        told.append(f"{thinking} of {len(found)} questions ask why, what if, or for a computation")
    parts = re.split(r"^## ", page.body, flags=re.MULTILINE)
    bare = sum("/// " not in part for part in parts[1:])
    if bare * 2 > len(parts):
        told.append(f"questions stand in {len(parts) - 1 - bare} of {len(parts) - 1} sections: spread them")
    needed = {
        "an example worked out by a macro": calls(page, r"\w+_example"),
        "a figure": calls(page, "figure"),
        "a table made by a macro": calls(page, "|".join(OWN_TABLES)),
        "a summary": bool(page.summary),
        "references": calls(page, "references"),
        "the way onward": calls(page, "onward"),
        "the chapter's head": calls(page, "chapter_head"),
        "what a reader will be able to do": re.search(r"^After this chapter you (can|will)", page.body, re.M),
        "a page to read first": page.requires or page.path == FIRST,
    }
    told += [f"lacks {what}" for what, there in needed.items() if not there]
    return told + misplaced(page)


def misplaced(page: Page) -> list[str]:
    """Misconceptions whose row names the chapter, and that the chapter does not show."""
    placed = {m.id for m in load().misconceptions if m.chapter == page.path}
    shown = set(re.findall(r'misconception\("([\w-]+)"', page.body))
    return [f"lacks its misconception '{m}'" for m in sorted(placed - shown)]


def says_nothing(page: Page) -> list[str]:
    """Figures whose finding is not said."""
    figures: list[str] = re.findall(r"\{\{ figure\((.*?)\) \}\}", page.body, re.DOTALL)
    return [figure for figure in figures if 'says="' not in figure]


@pytest.mark.parametrize("path", CONCEPTS)
def test_chapter_has_everything_that_the_form_asks_for(path: str) -> None:
    assert faults(CONCEPTS[path]) == []


@pytest.mark.parametrize("path", CONCEPTS)
def test_every_figure_says_its_finding(path: str) -> None:
    assert says_nothing(CONCEPTS[path]) == []


@pytest.mark.parametrize("path", [page.path for page in chapters(read_site())])
def test_every_misconception_stands_in_its_chapter(path: str) -> None:
    assert misplaced(read_site()[path]) == []


def unnamed(pages: dict[str, Page]) -> list[str]:
    """Terms that the glossary sends to a chapter which neither links nor names them."""
    uses, found = term_uses(pages), []
    for row in load().terms:
        text = " ".join(pages[row.chapter].body.lower().split())
        names = "|".join(re.escape(name.lower()) for name in (row.name, *row.aliases))
        named = re.search(rf"(?<![a-z])({names})(e?s)?(?![a-z])", text)
        if row.chapter not in uses.get(row.id, set()) and not named:
            found.append(f"{row.id}: {row.chapter} has neither its name nor a link to it")
    return found


def test_the_glossary_sends_to_chapters_that_have_the_term() -> None:
    assert unnamed(read_site()) == []


def test_a_term_that_its_chapter_leaves_out_is_found() -> None:
    site = read_site()
    bare = Page("language/bert.md", "# BERT\n", 0, {"kind": "concept"})
    assert "mask-token: language/bert.md has neither" in "\n".join(unnamed(site | {"language/bert.md": bare}))


def test_a_bare_chapter_is_told_all_that_it_lacks() -> None:
    bare = Page("language/bert.md", "---\ntitle: X\n---\n# X\n\n## A\n\ntext\n", 4, {"kind": "concept"})
    told = "\n".join(faults(bare))
    for lack in (
        "8 are needed",
        "3 are needed",
        "worked out",
        "figure",
        "table",
        "summary",
        "wikipedia-only",
    ):
        assert lack in told


def test_a_figure_that_says_nothing_is_found() -> None:
    text = '{{ figure("a.svg", caption="A") }}\n\n{{ figure("b.svg", caption="B", says="b") }}\n'
    assert says_nothing(Page("a.md", text, 1)) == ['"a.svg", caption="A"']


QUIZ = re.compile(r"^(/{3,}) quiz \|.*?id: ([\w-]+)(.*?)^\1$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"^- \[([ x])\] (.+)$", re.MULTILINE)


def given_away(pages: list[Page]) -> tuple[list[str], int]:
    """Quizzes with one right option that is the longest by more than a quarter; how many have one at all."""
    found, single = [], 0
    for page in pages:
        for _, name, body in QUIZ.findall(page.body):
            options = OPTION.findall(body)
            right = [len(text) for mark, text in options if mark == "x"]
            wrong = [len(text) for mark, text in options if mark == " "]
            if len(right) == 1:
                single += 1
                found += [name] * (right[0] > 1.25 * max(wrong))
    return found, single


def test_the_right_option_is_not_given_away_by_its_length() -> None:
    """Of four options the longest is right by chance in a quarter of the quizzes; by far, less often."""
    found, single = given_away(list(read_site().values()))
    assert single > 20
    assert len(found) <= single / 10, found


def test_an_option_that_gives_itself_away_is_found() -> None:
    text = (
        "/// quiz | Q\n    attrs: {id: a-b}\n- [x] much longer than the rest\n- [ ] short\n- [ ] brief\n///\n"
    )
    assert given_away([Page("a.md", text, 1)]) == (["a-b"], 1)
