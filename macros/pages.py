"""The Markdown pages under docs/: front matter, order, reading time, and who requires whom."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from macros.catalogue import DOCS
from macros.text import Problem, nearest

WORDS_A_MINUTE = 200
"""Slow on purpose: the median of silent reading is about 240, and formulas take longer."""

FIELDS = {
    "title",
    "description",
    "kind",
    "level",
    "requires",
    "next",
    "search",
    "hide",
    "tags",
}


@dataclass(frozen=True)
class Page:
    """One Markdown file: its path under docs/, its front matter and the rest of its text."""

    path: str
    text: str
    body_line: int
    meta: dict[str, Any] = field(hash=False, default_factory=dict)

    @property
    def title(self) -> str:
        """The title of the front matter, or the path."""
        return str(self.meta.get("title", self.path))

    @property
    def body(self) -> str:
        """The text after the front matter."""
        return "\n".join(self.text.split("\n")[self.body_line - 1 :])

    @property
    def requires(self) -> list[str]:
        """The pages to read before this one."""
        return list(self.meta.get("requires") or [])

    @property
    def minutes(self) -> int:
        """Reading time in whole minutes."""
        return max(1, math.ceil(len(re.findall(r"\w+", self.body)) / WORDS_A_MINUTE))


def read_page(path: str, text: str) -> Page:
    """Split front matter from body; `body_line` is the body's first line in the file (1-based)."""
    match = re.match(r"---\n(.*?)\n---[ \t]*\n", text, re.DOTALL)
    meta = yaml.safe_load(match[1]) if match else {}
    line = text.count("\n", 0, match.end()) + 1 if match else 1
    return Page(path, text, line, meta if isinstance(meta, dict) else {})


def read_site(docs: Path = DOCS) -> dict[str, Page]:
    """All pages by path; from memory as long as no file changed."""
    stats = [(p, p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(docs.rglob("*.md"))]
    return _read_site(docs, tuple(stats))


@lru_cache(maxsize=4)
def _read_site(docs: Path, stats: tuple[tuple[Path, int, int], ...]) -> dict[str, Page]:
    pages = {}
    for path, _, _ in stats:
        name = path.relative_to(docs).as_posix()
        try:
            pages[name] = read_page(name, path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, yaml.YAMLError):
            pages[name] = Page(name, "", 1)  # `page_problems` reports it from the file itself
    return pages


def page_problems(pages: dict[str, Page], docs: Path = DOCS) -> Iterator[Problem]:
    """Front matter that is missing, misspelt or points nowhere, and cycles in `requires`."""
    for path, page in pages.items():
        name = f"docs/{path}"
        try:
            text = (docs / path).read_text(encoding="utf-8")
            read_page(path, text)
        except UnicodeDecodeError as error:
            yield Problem(name, 1, f"not UTF-8 (byte {error.start}); save the file as UTF-8")
            continue
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 2 if mark else 1
            yield Problem(
                name,
                line,
                f"front matter: {getattr(error, 'problem', error)}; check the quotes",
            )
            continue
        for wanted in ("title", "description"):
            if not page.meta.get(wanted):
                yield Problem(
                    name,
                    1,
                    f"front matter: `{wanted}` is missing; add it between the --- lines",
                )
        for key in page.meta.keys() - FIELDS:
            yield Problem(
                name,
                _line(text, str(key)),
                f"front matter: unknown field '{key}'; {nearest(str(key), FIELDS, 'fields')}",
            )
        for key, targets in (
            ("requires", page.requires),
            ("next", list(page.meta.get("next") or {})),
        ):
            for target in targets:
                if target not in pages:
                    yield Problem(
                        name,
                        _line(text, str(target)),
                        f"front matter: `{key}` names the page '{target}', which does not exist; "
                        f"{nearest(target, pages, 'pages')}",
                    )
    yield from _cycles(pages)


def _line(text: str, needle: str) -> int:
    return text.count("\n", 0, max(0, text.find(needle))) + 1


def _cycles(pages: dict[str, Page]) -> Iterator[Problem]:
    """Each cycle once, told at its first page in alphabetical order."""
    done: set[str] = set()

    def walk(path: str, trail: list[str]) -> list[str] | None:
        if path in trail:
            return trail[trail.index(path) :]
        if path in done or path not in pages:
            return None
        found = next((c for t in pages[path].requires if (c := walk(t, [*trail, path]))), None)
        done.add(path)
        return found

    for path in sorted(pages):
        if cycle := walk(path, []):
            first = min(cycle)
            turn = cycle.index(first)
            shown = " → ".join([*cycle[turn:], *cycle[:turn], first])
            line = _line(pages[first].text, "requires:")
            yield Problem(
                f"docs/{first}",
                line,
                f"front matter: `requires` goes in a circle: {shown}; remove one",
            )
