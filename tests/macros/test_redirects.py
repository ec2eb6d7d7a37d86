"""Moved pages: every fault of the file is told at once, and what is written leads to the new place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from macros.check import find_problems
from macros.export import Anchors, broken_links
from macros.pages import Page, read_site
from macros.redirects import NAME, Moved, redirect_page, redirect_problems, write_redirects

PAGES = {
    path: Page(path, "", 1, {"title": f"About {path}"})
    for path in ("index.md", "language/gpt.md", "study/index.md")
}
HOME = "https://own.example/site/"

FAULTS = {
    "old.md: language/gtp.md": "old.md: target: no page 'language/gtp.md'; did you mean 'language/gpt.md'?",
    "a.md: b.md\nb.md: a.md": "a.md: goes in a circle: a.md → b.md → a.md; name the page where it ends",
    "a.md: a.md": "a.md: goes in a circle: a.md → a.md; name the page where it ends",
    "a.md: b.md\nb.md: index.md": "a.md: target 'b.md' has moved, too; write index.md",
    "language/gpt.md: index.md": "language/gpt.md: is a page; delete this line, or move that page",
    "study.md: index.md": "study.md: has the address of docs/study/index.md; delete this",
    "a.md: index.md\na/index.md: index.md": "a/index.md: has the address of line 1; delete this line",
    "a.md: index.md\na.md: language/gpt.md": "a.md: given twice, first on line 1; keep one",
    "a/: index.md": "a/: 'a/' is no page; write a path under docs/ that ends with .md",
    "../a.md: index.md": "../a.md: '../a.md' is no page; write a path under docs/ that ends with .md",
    "/a.md: index.md": "/a.md: '/a.md' is no page",
    "a.md: https://example.org/": "a.md: target: 'https://example.org/' is no page",
    "a.md: [index.md]": "a.md: target: '[",
    "- a.md": "not a list of moves; write one `old.md: new.md` a line",
    "a.md: 'index.md": "found unexpected end of stream; write one `old.md: new.md` a line",
}


def told(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "redirects.yml").write_text(text, "utf-8")
    return [str(problem) for problem in redirect_problems(PAGES, tmp_path)]


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_told_with_file_line_and_remedy(text: str, tmp_path: Path) -> None:
    problems = told(tmp_path, text)
    assert any(FAULTS[text] in problem for problem in problems), problems
    assert all(re.match(rf"{NAME}:\d+: ", problem) for problem in problems)


def test_all_faults_of_a_file_are_told_at_once_each_on_its_line(tmp_path: Path) -> None:
    problems = told(tmp_path, "# moved\na.md: nowhere.md\nlanguage/gpt.md: index.md\nb: index.md\n")
    assert [int(problem.split(":")[1]) for problem in sorted(problems)] == [2, 3, 4]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n", "old/page.md: language/gpt.md#size\n"])
def test_a_file_without_faults_is_silent(text: str, tmp_path: Path) -> None:
    assert told(tmp_path, text) == []


def test_the_file_of_this_site_is_checked_with_the_pages() -> None:
    assert [problem for problem in find_problems() if problem.file == NAME] == []
    assert list(redirect_problems(read_site())) == [] and Moved().problems == []


def test_a_redirect_page_works_without_script_and_names_the_new_address() -> None:
    html = redirect_page("language/rnn.md", "language/gpt.md#a", "GPT <&", HOME)
    page = Anchors(html)
    assert page.canonical == "https://own.example/site/language/gpt/"
    assert '<noscript><meta http-equiv="refresh" content="0; url=../gpt/#a"></noscript>' in html
    assert '<a href="../gpt/#a">GPT &lt;&amp;</a>' in html and 'content="noindex"' in html


def test_pages_are_written_again_but_never_over_another(tmp_path: Path) -> None:
    site, docs = tmp_path / "site", tmp_path / "docs"
    for folder in (site / "language" / "gpt", site / "here", docs):
        folder.mkdir(parents=True)
    for page in (site / "language" / "gpt", site / "here"):
        (page / "index.html").write_text("<h2 id='size'>a page</h2>", "utf-8")
    (docs / "redirects.yml").write_text("old/a.md: language/gpt.md#size\nhere.md: language/gpt.md\n", "utf-8")

    for _ in range(2):
        assert write_redirects(site, PAGES, HOME, docs) == [
            f"{NAME}:2: here.md: is a page; delete this line, or move that page"
        ]
    assert (site / "here" / "index.html").read_text("utf-8") == "<h2 id='size'>a page</h2>"
    assert '<a href="../../language/gpt/#size">' in (site / "old" / "a" / "index.html").read_text("utf-8")
    assert broken_links(site) == []
