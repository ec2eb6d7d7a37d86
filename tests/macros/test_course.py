"""Reading paths, concept map, summary sheet and navigation order say what the pages' front matter says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from macros import WHOLE_PAGE, call
from macros.catalogue import load
from macros.citations import PageContext
from macros.pages import PLANNED, Page, chapters, navigation, page_problems, read_page, read_site
from macros.text import AuthorError

WORDS = " ".join(["word"] * 390)


def page(path: str, body: str = "", **meta: object) -> Page:
    return Page(path, body, 1, {"title": path.split("/")[-1].removesuffix(".md"), **meta})


def context(*pages: Page, path: str = "index.md") -> PageContext:
    return PageContext(path, load(), {p.path: p for p in pages})


FIRST = page(
    "foundations/first.md",
    f"# First\n\n## A: *one*\n\n{WORDS}\n\n### Deep\n\n{WORDS}\n\n## B\n\nend\n\n"
    "/// summary\n- One is [two](second.md#x).\n///\n",
    paths={"short": {"why": "the & core", "read": ["#a-one"]}},
)
SECOND = page("foundations/second.md", WORDS, requires=[FIRST.path], paths={"short": {"why": "more"}})
THIRD = page("llms/third.md", "text", requires=[FIRST.path, SECOND.path])
GLOSSARY = page("study/glossary.md", "text", paths={"short": {"why": "look up"}})


def test_section_reaches_to_the_next_heading_of_its_level() -> None:
    heading, text = FIRST.section("#a-one") or ("", "")
    assert heading == "A: one" and "### Deep" in text and "## B" not in text
    assert FIRST.section("#deep") is not None and FIRST.section("#lost") is None


def test_reading_path_lists_pages_in_order_with_minutes_of_what_is_read() -> None:
    shown = call(context(FIRST, SECOND, GLOSSARY), "reading_path", "short")
    assert re.findall(r"\((\d+)\u00a0min\)", shown) == ["4", "2"]
    assert "6 minutes in all" in shown
    assert 'href="foundations/first/#a-one"' in shown and "the &amp; core" in shown
    assert shown.index("first") < shown.index("second") < shown.index("glossary")


def test_unknown_reading_path_names_the_nearest() -> None:
    with pytest.raises(AuthorError, match="did you mean 'short'"):
        call(context(FIRST), "reading_path", "shrt")


def test_map_draws_only_what_is_not_implied() -> None:
    shown = call(context(FIRST, SECOND, THIRD, GLOSSARY), "concept_map")
    links, twin = shown.split("</svg>")[1].split("<details")
    assert re.findall(r'href="([^"]+)"', links) == [
        "foundations/first/",
        "foundations/second/",
        "llms/third/",
    ]
    assert shown.count("<path") == 2, "third requires first through second"
    assert 'third</a> builds on <a href="foundations/second/">second</a></li>' in twin
    assert "glossary" not in shown


def test_map_has_links_as_html_because_instant_navigation_rewrites_every_link() -> None:
    assert "<a " not in call(context(FIRST, SECOND), "concept_map").split("</svg>")[0]


def test_summary_sheet_collects_rebased_links_and_runs_macros() -> None:
    more = page("llms/more.md", '/// summary\n- By {{ cite("vaswani2017") }}.\n///\n')
    shown = WHOLE_PAGE["summary_sheet"](context(FIRST, SECOND, more, path="study/summary.md"))
    assert "## Foundations in short" in shown and "### [first](../foundations/first.md)" in shown
    assert "[two](../foundations/second.md#x)" in shown
    assert 'href="#ref-vaswani2017"' in shown and "second.md)\n" not in shown


def test_summary_sheet_without_summaries_says_what_to_write() -> None:
    with pytest.raises(AuthorError, match="`/// summary`"):
        WHOLE_PAGE["summary_sheet"](context(SECOND))


def test_glossary_names_the_pages_that_use_a_term() -> None:
    user = page("foundations/user.md", "A {{ term('token', 'tokens') }} and {{ term(\"token\") }}.")
    sample = page("contributing/style.md", '{{ term("softmax") }}')
    shown = call(context(user, sample, GLOSSARY), "glossary")
    entry = shown[shown.index('id="term-token"') :].split("</div>")[0]
    assert entry.count('href="foundations/user/"') == 1 and "sed in" in entry
    assert "contributing/style" not in shown


def test_misconceptions_are_grouped_by_chapter_and_filtered_without_script() -> None:
    shown = call(PageContext("study/misconceptions.md", load(), read_site()), "misconceptions")
    claims = shown.count('class="misconception"')
    assert claims == len(load().misconceptions)
    told = re.findall(r'name="only-chapter"[^>]*>[^<]* \((\d+)\)</label>', shown)
    assert sum(map(int, told)) == claims
    verdicts = re.findall(r'name="only-verdict"[^>]*>[^<]* \((\d+)\)</label>', shown)
    assert sum(map(int, verdicts)) == claims
    assert shown.count(" checked>") == 2 and "<script" not in shown


def test_misconceptions_of_a_planned_chapter_stand_under_its_title(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = dict(read_site())
    planned = load().misconceptions[0].chapter
    del pages[planned]
    monkeypatch.setitem(PLANNED, planned, "Planned & proper")
    shown = call(PageContext("study/misconceptions.md", load(), pages), "misconceptions")
    assert "Planned &amp; proper" in shown and f'href="../{planned.removesuffix(".md")}/"' not in shown


def test_pages_come_in_the_order_of_the_navigation(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "llms").mkdir(parents=True)
    for name in ("a.md", "llms/b.md", "llms/a.md"):
        (docs / name).write_text("---\ntitle: T\ndescription: D\n---\n")
    config = "nav:\n  - P: [llms/b.md, llms/a.md]\n  - a.md\nplugins: !ENV [X, y]\n"
    (tmp_path / "mkdocs.yml").write_text(config)
    assert navigation(config) == ["llms/b.md", "llms/a.md", "a.md"]
    assert list(read_site(docs)) == ["llms/b.md", "llms/a.md", "a.md"]
    assert [p.path for p in chapters(read_site(docs))] == ["llms/b.md", "llms/a.md"]


def test_faulty_paths_and_written_plans_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = "images/planned.md"
    monkeypatch.setitem(PLANNED, planned, "Planned")
    text = (
        "---\ntitle: T\ndescription: D\npaths:\n"
        "  short: {read: ['#gone']}\n  long: {why: w, read: ['#gone']}\n---\n# T\n"
    )
    (tmp_path / planned).parent.mkdir(parents=True)
    (tmp_path / planned).write_text(text)
    told = [str(p) for p in page_problems({planned: read_page(planned, text)}, tmp_path)]
    assert len(told) == 3
    assert f"docs/{planned}:5: front matter: paths: short: write {{why:" in told[0]
    assert f"docs/{planned}:6: front matter: paths: long: no heading has the anchor '#gone'" in told[1]
    assert "PLANNED in macros/pages.py; delete its line" in told[2]


def test_short_path_of_the_site_keeps_its_promise() -> None:
    shown = call(PageContext("index.md", load(), read_site()), "reading_path", "20-minutes")
    total = re.search(r"(\d+) minutes in all", shown)
    assert total and int(total[1]) <= 20
