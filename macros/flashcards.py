"""The questions and quizzes of a built site, read from its pages: the same cards from either engine.

Macros and formulas are worked out there already; every formula still has its LaTeX in `alttext`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree as etree

from macros.pages import Page

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


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
    hash: str
    """Changes when the reader has to be told that the card says something else."""
    options: tuple[Option, ...] = ()
    """Of a quiz; a question has none."""
    sources: tuple[str, ...] = ()
    """Ids of the sources cited."""
    fact: str = ""
    """Of a drill: the value asked for, so that a reader can be told the old one and the new one."""

    @property
    def kind(self) -> str:
        """What is made of it: a quiz has options."""
        return "quiz" if self.options else "question"


class _Tree(HTMLParser):
    """The elements of a piece of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.builder, self.open = etree.TreeBuilder(), list[str]()
        self.builder.start("page", {})
        self.feed(html)
        self.close()
        for tag in [*reversed(self.open), "page"]:
            self.builder.end(tag)
        self.root = self.builder.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while tag in self.open:  # what was left open inside ends with it
            last = self.open.pop()
            self.builder.end(last)
            if last == tag:
                break

    def handle_data(self, data: str) -> None:
        self.builder.data(data)


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
    for element in _blocks(html):
        name, options = element.get("id", ""), tuple[Option, ...]()
        if element.tag == "details":
            summary = element.find("summary")
            rest = [child for child in element if child is not summary]
            question, answer = _inner(summary, base), _markup(rest, base)
        else:
            question, answer, options = _quiz(element, base)
        told = "\n".join([question, answer, *(f"{o.right}{o.text}{o.reason}" for o in options)])
        sources = tuple(dict.fromkeys(_cited(element)))
        yield Card(name, chapter, f"{base}#{name}", question, answer, fingerprint(told), options, sources)


def _blocks(html: str) -> Iterator[etree.Element]:
    """The elements of questions and quizzes; the rest of the page need not be parsed."""
    start = re.compile(r'<(?P<tag>details|div)(?=[^>]*\bclass="(?:question|quiz)")(?=[^>]*\bid=)[^>]*>')
    for found in start.finditer(html):
        depth, end = 0, len(html)
        for tag in re.compile(rf"<(/?){found['tag']}\b").finditer(html, found.start()):
            depth += -1 if tag[1] else 1
            if not depth:
                end = tag.end()
                break
        yield _Tree(html[found.start() : end] + ">").root[0]


def fingerprint(text: str) -> str:
    """Twelve hexadecimal digits; links are left out, so that an address does not make it another text."""
    words = " ".join(re.sub(r'\s(?:href|title|src)="[^"]*"', "", text).split())
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def _quiz(quiz: etree.Element, base: str) -> tuple[str, str, tuple[Option, ...]]:
    """Stem, explanation and options of a quiz."""
    before, options, after = [], list[Option](), list[etree.Element]()
    for child in quiz:
        if child.get("class") == "quiz__answer":
            after = [part for part in child if part.tag != "summary" and part.get("class") != "quiz__reasons"]
            items = child.findall("ul[@class='quiz__reasons']/li")
            options = [_option(item, base) for item in items]
        elif child.get("class") not in ("quiz__stem", "quiz__options"):
            before.append(child)
    stem = _inner(quiz.find("p[@class='quiz__stem']"), base)
    return stem + _markup(before, base), _markup(after, base), tuple(options)


def _option(item: etree.Element, base: str) -> Option:
    text = item.find("span")
    assert text is not None, "macros/questions.py writes a span"
    inside = list(item)
    tail = etree.Element("span")
    tail.text = (text.tail or "").removeprefix(" — ")
    tail.extend(inside[inside.index(text) + 1 :])
    return Option("right" in item.get("class", ""), _inner(text, base), _inner(tail, base))


def _cited(element: etree.Element) -> Iterator[str]:
    for link in element.iter("a"):
        if "cite" in link.get("class", "").split():
            yield link.get("href", "").rpartition("#ref-")[2]


def _markup(elements: list[etree.Element], base: str) -> str:
    return "".join(_outer(element, base) for element in elements).strip()


def _inner(element: etree.Element | None, base: str) -> str:
    """The HTML inside an element."""
    if element is None:
        return ""
    return (_escape(element.text or "") + "".join(_outer(child, base) for child in element)).strip()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _outer(element: etree.Element, base: str) -> str:
    """The HTML of an element and what follows it, for a place without this site's styles and scripts."""
    tail = _escape(element.tail or "")
    if element.tag == "math":
        left, right = (r"\[", r"\]") if element.get("display") == "block" else (r"\(", r"\)")
        return f"{left}{_escape(element.get('alttext', ''))}{right}{tail}"
    if element.tag in ("script", "style", "button", "template"):
        return tail
    inside = _escape(element.text or "") + "".join(_outer(child, base) for child in element)
    if element.tag in ("span", "div", "section", "figure"):
        return (f"<div>{inside}</div>" if element.tag != "span" else inside) + tail
    kept = {name: urljoin(base, value) for name, value in element.items() if name in ("href", "src")}
    if element.tag == "img":
        kept |= {"alt": element.get("alt", "")}
    attributes = "".join(f' {name}="{_escape(value)}"' for name, value in kept.items())
    end = "" if element.tag in VOID else f"</{element.tag}>"
    return f"<{element.tag}{attributes}>{inside}{end}{tail}"
