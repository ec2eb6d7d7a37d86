"""Built HTML becomes Markdown that says the same."""

from __future__ import annotations

import pytest

from macros.copies import copied_pages, listing, markdown
from macros.pages import PARTS, read_site

COPIED = {"language/gpt/", "study/glossary/"}
PARTS_OF_A_PAGE = {
    "a heading without its mark": (
        '<h2 id="a">A<a class="headerlink" href="#a" title="Link">#</a></h2>',
        "## A",
    ),
    "a formula in a line": (
        '<p>the <math alttext="d_k \\times 2" display="inline"><mi>d</mi></math>.</p>',
        "the $d_k \\times 2$.",
    ),
    "a formula on lines of its own": (
        '<div class="maths"><math alttext="x^2" display="block"><mi>x</mi></math></div>',
        "$$\nx^2\n$$",
    ),
    "a link to a page with a copy": (
        '<p><a href="../gpt/#size" title="long">GPT</a></p>',
        "[GPT](../gpt/index.html.md#size)",
    ),
    "a link to a page without": ('<p><a href="../bert/">BERT</a></p>', "[BERT](../bert/)"),
    "a link to a file": ('<p><a href="../gpt/a.json">a</a></p>', "[a](../gpt/a.json)"),
    "a link to another site": ('<p><a href="https://x.example/">x</a></p>', "[x](https://x.example/)"),
    "a link within the page": ('<p><a class="cite" href="#ref-a">(A 2020)</a></p>', "(A 2020)"),
    "a table with numbered sources": (
        "<table><caption>C</caption><thead><tr><th>N</th></tr></thead><tbody><tr>"
        '<td>1 | 2<sup class="src"><a href="#s">3</a></sup></td></tr></tbody></table>',
        "C\n\n| N |\n| --- |\n| 1 \\| 2[3] |",
    ),
    "a folded answer": (
        "<details><summary>Why?</summary><p>So.</p></details>",
        "**Why?**\n\nSo.",
    ),
    "a drawing": (
        "<figure><svg><text>x</text></svg><figcaption>Seen</figcaption></figure>",
        "Seen",
    ),
    "what only the search reads": ("<p>a<span hidden>atention</span></p>", "a"),
    "code as it is": ("<pre><code>a_b * c\n  d</code></pre>", "```\na_b * c\n  d\n```"),
}


@pytest.mark.parametrize("what", PARTS_OF_A_PAGE)
def test_a_part_of_a_page_becomes_markdown(what: str) -> None:
    html, wanted = PARTS_OF_A_PAGE[what]
    assert (
        markdown(f"<body><article class='x'>{html}</article></body>", "language/bert/", COPIED)
        == f"{wanted}\n"
    )


def test_a_page_without_an_article_has_no_copy() -> None:
    assert markdown("<p>x</p>", "a/", set()) == ""


def test_the_list_names_each_chapter_once_under_its_part() -> None:
    pages = read_site()
    text = listing(pages, "https://own.example/")
    assert text.startswith("# Generative AI, checked\n\n> ")
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        *PARTS.values(),
        "Data",
        "Optional",
    ]
    for path, page in copied_pages(pages).items():
        assert (
            text.count(f"[{page.title}](https://own.example/{path.removesuffix('.md').removesuffix('index')}")
            == 1
        )
