"""Escaping, number formats and addresses: the one place where values become HTML."""

from __future__ import annotations

import difflib
import os
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# HTML's own characters, and those that Markdown would read as markup inside an inline macro's output.
_ENTITIES = {ord(c): f"&#{ord(c)};" for c in "\\`*_{}[]|$~^!'"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
}


@dataclass(frozen=True, order=True)
class Problem:
    """Something an author must mend: sorted by file and line, printed as `file:line: message`."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class AuthorError(ValueError):
    """A wrong macro call or data file; the message tells an author what to do."""


def escape(value: object) -> str:
    """Make a value safe as HTML text or attribute, inside Markdown as well.

    >>> escape('a < b | `c` & "d"')
    'a &lt; b &#124; &#96;c&#96; &amp; &quot;d&quot;'
    """
    return str(value).translate(_ENTITIES)


def shows_errors() -> bool:
    """Whether mistakes are shown where they stand, so that the rest of the page can be read and checked."""
    return os.environ.get("SHOW_ERRORS") == "1"


def nearest(word: str, known: Iterable[str], what: str) -> str:
    """A sentence that names the nearest right name, or all of them when they are few."""
    names = sorted(known)
    close = difflib.get_close_matches(str(word), names, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
    if not names:
        return f"there is no {what} yet"
    return f"{what}: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}"


def number(value: float) -> str:
    """A plain number with thousands separators: 50257 → '50,257', 86.4 → '86.4'."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.10g}"


def scaled(value: float) -> str:
    """A large number with its letter: 175e9 → '175 B', 46.7e9 → '46.7 B', 8192 → '8,192'."""
    for limit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if value >= limit:
            return f"{value / limit:.4g} {letter}"
    return number(value)


@lru_cache(maxsize=10_000)
def relative(page: str, target: str) -> str:
    """The address of `target` (a path under docs/, perhaps with #fragment) as seen from `page`.

    >>> relative("language/attention.md", "study/glossary.md#term-token")
    '../../study/glossary/#term-token'
    """
    path, hash_, fragment = target.partition("#")
    here, there = _address(page), _address(path) if path else _address(page)
    if here == there and hash_:
        return f"#{fragment}"
    step = posixpath.relpath(there or ".", here or ".")
    return f"{step}{'/' if path.endswith('.md') else ''}{hash_}{fragment}"


def _address(path: str) -> str:
    """The folder in which a page is published: a/b.md → a/b, index.md → ''."""
    return re.sub(r"(^|/)index$", "", path.removesuffix(".md")) if path.endswith(".md") else path


def published(page: str) -> str:
    """The address of a page below the site's root: a/b.md → a/b/, index.md → ''.

    >>> published("llms/index.md"), published("index.md")
    ('llms/', '')
    """
    folder = _address(page)
    return f"{folder}/" if folder else ""


MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def readable_date(text: str) -> str:
    """'2020-05-28' → '28 May 2020', '2020-05' → 'May 2020'."""
    year, *rest = text.split("-")
    month = [MONTHS[int(rest[0]) - 1]] if rest else []
    day = [str(int(rest[1]))] if len(rest) > 1 else []
    return " ".join([*day, *month, year])
