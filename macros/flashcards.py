"""The questions and quizzes of a built site, read from its pages: the same cards from either engine.

Macros and formulas are worked out there already; every formula still has its LaTeX in `alttext`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

from macros.pages import Page


@dataclass(frozen=True)
class Option:
    """One option of a quiz, with the reason why it is right or wrong."""

    right: bool
    text: str
    reason: str


@dataclass(frozen=True)
class Card:
    """One thing to remember. Texts are HTML without classes, with absolute links and LaTeX in `\\(…\\)`."""

    id: str
    chapter: str
    """The page's path under docs/."""
    url: str
    """Where it stands; of a drill, below the site's root, where its fact is told."""
    question: str
    answer: str
    options: tuple[Option, ...] = ()
    """Of a quiz; a question has none."""
    sources: tuple[str, ...] = ()
    """Ids of the sources cited."""
    fact: str = ""
    """Of a drill: the value asked for, so that a reader can be told the old one and the new one."""
    hash: str = ""
    """Of a drill: stands for the fact. The pages work out that of a question from the text that they show."""

    @property
    def kind(self) -> str:
        """What is made of it: a quiz has options."""
        return "quiz" if self.options else "question"


def read_cards(site_dir: Path, pages: dict[str, Page]) -> list[Card]:
    """The cards of all pages, in the order of the navigation; the guide for authors has only samples."""
    cards = list[Card]()
    for path in pages:
        file = site_dir / re.sub(r"(^|/)index$", r"\1", path.removesuffix(".md")) / "index.html"
        if file.is_file() and not path.startswith("contributing/"):
            cards += cards_of(file.read_text(encoding="utf-8"), path)
    return cards


def cards_of(html: str, chapter: str) -> Iterator[Card]:
    """The cards of one built page."""
    canonical = re.search(r'<link rel="?canonical"? href="?([^">\s]+)', html)
    base = canonical[1] if canonical else ""
    for block in _blocks(html):
        name, options = str(block["id"]), tuple[Option, ...]()
        cited = (str(link["href"]).rpartition("#ref-")[2] for link in block.select("a.cite"))
        sources = tuple(dict.fromkeys(cited))
        _undress(block, base)
        if block.name == "details":
            question, answer = _inside(_cut(block, "summary")), _inside(block)
        else:
            question, answer, options = _quiz(block)
        yield Card(name, chapter, f"{base}#{name}", question, answer, options, sources)


def _blocks(html: str) -> Iterator[Tag]:
    """The elements of questions and quizzes; the rest of the page need not be parsed."""
    start = re.compile(r'<(?P<tag>details|div)(?=[^>]*\bclass="(?:question|quiz)")(?=[^>]*\bid=)[^>]*>')
    for found in start.finditer(html):
        depth, end = 0, len(html)
        for tag in re.compile(rf"<(/?){found['tag']}\b").finditer(html, found.start()):
            depth += -1 if tag[1] else 1
            if not depth:
                end = tag.end()
                break
        block = BeautifulSoup(html[found.start() : end] + ">", "html.parser").find(True)
        assert isinstance(block, Tag), "it begins with a tag"
        yield block


def _undress(block: Tag, base: str) -> None:
    """Take off what belongs to this site: MathML for LaTeX, absolute links, only the classes of a quiz."""
    for math in block.find_all("math"):
        left, right = (r"\[", r"\]") if math.get("display") == "block" else (r"\(", r"\)")
        math.replace_with(f"{left}{math.get('alttext', '')}{right}")
    for element in block.find_all(True):
        for name in [*element.attrs]:
            if name in ("href", "src"):
                element[name] = urljoin(base, str(element[name]))
            elif name != "alt" and not (
                name == "class" and element.name in ("p", "ul", "li", "details", "span")
            ):
                del element[name]
        if element.name == "span" and "quiz__option" not in element.get_attribute_list("class"):
            element.unwrap()


def _quiz(quiz: Tag) -> tuple[str, str, tuple[Option, ...]]:
    """Stem, explanation and options of a quiz."""
    stem, answer = _cut(quiz, ".quiz__stem"), _cut(quiz, ".quiz__answer")
    _cut(quiz, ".quiz__options")
    _cut(answer, "summary")
    items = _cut(answer, ".quiz__reasons").find_all("li", recursive=False)
    options = tuple(_option(item) for item in items)
    return _inside(stem) + _inside(quiz), _inside(answer), options


def _option(item: Tag) -> Option:
    _cut(item, "strong")
    text = _inside(_cut(item, ".quiz__option"))
    return Option("right" in item.get_attribute_list("class"), text, _inside(item).removeprefix("— "))


def _cut(element: Tag, selector: str) -> Tag:
    """Take the first element that fits out of another one."""
    found = element.select_one(selector)
    assert found is not None, f"macros/questions.py writes {selector}"
    return found.extract()


def _inside(element: Tag) -> str:
    """The HTML inside an element, without classes."""
    for child in element.find_all(True):
        del child["class"]
    return element.decode_contents().strip()
