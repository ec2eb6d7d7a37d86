"""Compare the articles of two builds: what a reader gets must not depend on the engine.

Everything in the article counts: tags, ids, classes, all other attributes, text. Only what stands in
`ENGINE_ELEMENTS` and `ENGINE_ATTRIBUTES` is left out, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)

ENGINE_ELEMENTS = {
    ("a", "id", "__skip"): "Zensical's target of 'skip to content'; Material's is the first heading",
}
"""(tag, attribute, value) of elements that are left out with all they contain, and why."""

ENGINE_ATTRIBUTES: dict[tuple[str, str], str] = {
    (tag, "data-search-exclude"): "Zensical takes it off when it has read it; nothing is shown of it"
    for tag in ("a", "dd", "details", "div", "dl", "h2", "h3", "span", "table", "td", "ul")
}
"""(tag, attribute) of attributes that are left out, and why."""


class Difference(NamedTuple):
    """The first place at which the articles of a page differ, with what stood before it."""

    page: str
    before: tuple[str, ...]
    left: str
    right: str


class Article(HTMLParser):
    """The article of a page as a sequence of lines: `<tag attribute=value …>`, `</tag>`, or text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._depth = 0  # of open elements within the article, which itself is the first
        self._dropped = 0  # the depth at which an element that is left out began
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._depth and tag != "article":
            return
        self._depth += tag not in VOID
        if self._dropped:
            return
        if any(_is_dropped(tag, name, value or "") for name, value in attrs):
            self._dropped = self._depth if tag not in VOID else 0
            return
        kept = sorted(pair for pair in map(_normal, attrs) if (tag, pair[0]) not in ENGINE_ATTRIBUTES)
        self.lines.append(f"<{' '.join([tag, *(f'{name}={value!r}' for name, value in kept)])}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._depth or tag in VOID:
            return
        if not self._dropped:
            self.lines.append(f"</{tag}>")
        if self._dropped == self._depth:
            self._dropped = 0
        self._depth -= 1

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if self._depth and not self._dropped and text:
            self.lines.append(text)


def _is_dropped(tag: str, name: str, value: str) -> bool:
    return any((tag, name, word) in ENGINE_ELEMENTS for word in value.split())


def _normal(attribute: tuple[str, str | None]) -> tuple[str, str]:
    name, value = attribute[0], attribute[1] or ""
    if name == "href" and value.endswith("/."):  # MkDocs' filter `url` writes the start page so
        value = value[:-1]
    return name, " ".join(sorted(value.split())) if name == "class" else value


def articles(site: Path) -> dict[str, list[str]]:
    """The article of every page of a site."""
    return {
        file.relative_to(site).as_posix(): Article(file.read_text(encoding="utf-8")).lines
        for file in sorted(site.rglob("*.html"))
    }


def differences(left: dict[str, list[str]], right: dict[str, list[str]]) -> Iterator[Difference]:
    """The first difference of every page that two sites do not have alike."""
    for page in sorted(left.keys() | right.keys()):
        pairs = zip_longest(left.get(page, []), right.get(page, []), fillvalue="(nothing)")
        for place, (ours, theirs) in enumerate(pairs):
            if ours != theirs:
                yield Difference(page, tuple(left.get(page, [])[max(0, place - 3) : place]), ours, theirs)
                break
