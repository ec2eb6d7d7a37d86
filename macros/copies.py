"""Each chapter as Markdown beside its page, and `llms.txt`, the list of them, as llmstxt.org describes both.

They are made from the built articles, which are the same out of either engine: macros are expanded there and
formulas carry their LaTeX.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from macros.cards import CARD_PAGES
from macros.pages import PARTS, Page
from macros.text import published

COPY = "index.html.md"
"""The name of a copy in the folder of its page: the convention for addresses without a file name."""

ARTICLE = re.compile(r"<article\b[^>]*>(.*?)</article>", re.DOTALL)
DRAWN = re.compile(r"(<svg\b[^>]*>).*?</svg>|(<math\b[^>]*>).*?</math>", re.DOTALL)
SILENT = "script, style, svg, template, fieldset, .headerlink, [hidden], nav.letters"
"""What says nothing in plain text: controls, marks, drawings; their captions and tables stay."""


class _Converter(MarkdownConverter):
    """HTML → Markdown, with the parts that only this site has."""

    def __init__(self, address: str, copied: set[str]) -> None:
        super().__init__(heading_style="ATX", bullets="-", escape_underscores=False, escape_asterisks=False)
        self.address, self.copied = address, copied

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A link; one within the page has no target here and stays as text."""
        href, words = str(el.get("href") or ""), text.strip()
        if not words or href.startswith(("#", "?")) or not href:
            return text
        return f"[{words}]({to_copy(href, self.address, self.copied)})"

    def convert_math(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A formula as the LaTeX from which it was made."""
        block = el.get("display") == "block" and "_inline" not in parent_tags
        return f"\n\n$$\n{el['alttext']}\n$$\n\n" if block else f"${el['alttext']}$"

    def convert_sup(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """The number of a source below the table, or an exponent."""
        return f"[{text}]" if "src" in (el.get("class") or ()) else f"^{text}"

    def convert_sub(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """An index."""
        return f"_{text}"

    def convert_summary(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """The question, or the name, of what stands folded up in the page."""
        return f"\n\n**{text.strip()}**\n\n"

    def convert_caption(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A table's caption in a paragraph before it."""
        return f"\n\n{text.strip()}\n\n"


def to_copy(href: str, address: str, copied: set[str]) -> str:
    """The address of a link's copy, as seen from the page at `address`; unchanged where there is none.

    >>> to_copy("../gpt/#size", "language/bert/", {"language/gpt/"})
    '../gpt/index.html.md#size'
    """
    path, mark, fragment = href.removesuffix("/.").partition("#")
    if ":" in path or not path:
        return href
    target = posixpath.normpath(posixpath.join(address, path))
    known = f"{target}/" in copied and path.endswith("/")
    return f"{path}{COPY}{mark}{fragment}" if known else href


def markdown(html: str, address: str, copied: set[str]) -> str:
    """The article of a built page as Markdown; '' where there is none."""
    if not (article := ARTICLE.search(html)):
        return ""
    short = DRAWN.sub(lambda drawn: f"{drawn[2]}</math>" if drawn[2] else "", article[1])
    soup = BeautifulSoup(short, "html.parser")
    for silent in soup.select(SILENT):
        silent.decompose()
    for cell in soup.select("td, th"):  # a bar in it would begin the next one
        for words in cell.find_all(string=True):
            words.replace_with(words.replace("|", "\\|"))
        for formula in cell.select("math[alttext]"):
            formula["alttext"] = str(formula["alttext"]).replace("|", "\\vert ")
    text: Any = _Converter(address, copied).convert_soup(soup)
    lines = [line.rstrip() for line in str(text).strip().split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def copied_pages(pages: dict[str, Page]) -> dict[str, Page]:
    """The pages that have a copy: all but the start, which llms.txt stands for, the cards, which genai.json
    says better, and what is for those who write here."""
    left_out = {"index.md", *CARD_PAGES.values()}
    return {
        path: page
        for path, page in pages.items()
        if path not in left_out and not path.startswith("contributing/")
    }


def write_copies(site: Path, pages: dict[str, Page], home: str) -> list[str]:
    """Write the copies and llms.txt into a built site; returns what could not be copied.

    `home` is the address of the published start page.
    """
    chosen = copied_pages(pages)
    addresses = {published(path) for path in chosen}
    problems = []
    for path in chosen:
        address = published(path)
        file = site / address / "index.html"
        html = file.read_text(encoding="utf-8") if file.exists() else ""
        if not (text := markdown(html, address, addresses)):
            problems.append(
                f"{file}: no <article> in it, so that docs/{path} has no copy; build the site first"
            )
            continue
        origin = f"\n---\n\nFrom {home}{address}, text and data under CC BY 4.0.\n"
        file.with_name(COPY).write_text(text + origin, encoding="utf-8", newline="\n")
    (site / "llms.txt").write_text(listing(pages, home), encoding="utf-8", newline="\n")
    return problems


def listing(pages: dict[str, Page], home: str) -> str:
    """llms.txt: what the site is, and a link with a description for every copy and every file of data."""
    start = pages["index.md"]

    def links(chosen: dict[str, Page]) -> Iterator[str]:
        for path, page in chosen.items():
            yield f"- [{page.title}]({home}{published(path)}{COPY}): {page.meta.get('description', '')}"

    chosen = copied_pages(pages)
    lines = [f"# {start.title}", "", f"> {start.meta.get('description', '')}", ""]
    lines += [
        "Text and data are under CC BY 4.0. Every figure names its source; cite that source for it.",
        "",
    ]
    for folder, part in PARTS.items():
        mine = {path: page for path, page in chosen.items() if path.startswith(f"{folder}/")}
        lines += [f"## {part}", "", *links(mine), ""]
    lines += [
        "## Data",
        "",
        f"- [genai.json]({home}data/genai.json): all rows with their sources",
        f"- [genai.schema.json]({home}data/genai.schema.json): the rules that the rows keep",
        f"- [datapackage.json]({home}data/datapackage.json): the same as CSV, with every column described",
        "",
        "## Optional",
        "",
        *links({path: page for path, page in chosen.items() if path.split("/")[0] not in PARTS}),
    ]
    return "\n".join(lines) + "\n"
