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
from markdown.extensions.toc import slugify

from macros.catalogue import DOCS
from macros.text import Problem, nearest

WORDS_A_MINUTE = 200
"""Slow on purpose: the median of silent reading is about 240, and formulas take longer."""

FIELDS = {
    *("title", "description", "kind", "level", "requires", "next", "paths", "spellings", "search", "hide"),
    "tags",
}

ASSETS = "assets"
"""The folder under docs/ whose Markdown files, the cards of models, are no pages."""

PARTS = {"foundations": "Foundations", "language": "Language", "llms": "LLMs", "images": "Images"}
"""The folders that hold chapters, in the order in which they are read."""

PLANNED: dict[str, str] = {}
"""Chapters that rows of the data file may already name though they are not written yet: path → title.

Whoever writes one deletes its line here; `make check` asks for it.
"""


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
        return minutes_to_read(self.body)

    @property
    def paths(self) -> dict[str, dict[str, Any]]:
        """The reading paths to which the page belongs: name → {why, and perhaps read: ["#section", …]}."""
        return dict(self.meta.get("paths") or {})

    def section(self, anchor: str) -> tuple[str, str] | None:
        """Heading and text of the section with this id, to the next heading of its level or above."""
        for start in re.finditer(r"^(#+) +(.+?) *$", self.body, re.MULTILINE):
            words, _, given = start[2].partition(" {: #")  # an id of its own, which outlives another wording
            heading = re.sub(r"[*_`]|\]\([^)]*\)|\[", "", words)
            if (given.rstrip(" }") or slugify(heading, "-")) == anchor.lstrip("#"):
                rest = self.body[start.end() :]
                end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
                return heading, rest[: end.start()] if end else rest
        return None

    @property
    def summary(self) -> str | None:
        """The Markdown inside the chapter's summary block."""
        found = re.search(r"^/// summary\n(.*?)^///$", self.body, re.MULTILINE | re.DOTALL)
        return found[1].strip() if found else None


def minutes_to_read(text: str) -> int:
    """Whole minutes, at least one."""
    return max(1, math.ceil(len(re.findall(r"\w+", text)) / WORDS_A_MINUTE))


def chapters(pages: dict[str, Page]) -> list[Page]:
    """The pages of the course proper, in the order of the navigation."""
    return [page for path, page in pages.items() if path.split("/")[0] in PARTS]


def read_page(path: str, text: str) -> Page:
    """Split front matter from body; `body_line` is the body's first line in the file (1-based)."""
    match = re.match(r"---\n(.*?)\n---[ \t]*\n", text, re.DOTALL)
    meta = yaml.load(match[1], Loader=Loader) if match else {}
    line = text.count("\n", 0, match.end()) + 1 if match else 1
    return Page(path, text, line, meta if isinstance(meta, dict) else {})


Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there: ten times faster."""


class _ConfigLoader(Loader):  # type: ignore[misc]
    """mkdocs.yml has tags such as !ENV that only the engines understand."""


_ConfigLoader.add_multi_constructor("", lambda loader, suffix, node: None)


def navigation(text: str) -> list[str]:
    """The pages under `nav:` in the text of mkdocs.yml, in order."""

    def targets(entry: Any) -> Iterator[str]:
        for item in entry.values() if isinstance(entry, dict) else entry:
            if isinstance(item, str):
                yield item
            else:
                yield from targets(item)

    return list(targets(yaml.load(text, Loader=_ConfigLoader).get("nav") or []))


def read_site(docs: Path = DOCS) -> dict[str, Page]:
    """All pages by path, in the order of the navigation; from memory as long as no file changed."""
    config = docs.parent / "mkdocs.yml"
    sources = (path for path in sorted(docs.rglob("*.md")) if path.relative_to(docs).parts[0] != ASSETS)
    files = [*sources, *([config] if config.exists() else [])]
    return _read_site(docs, tuple((p, p.stat().st_mtime_ns, p.stat().st_size) for p in files))


@lru_cache(maxsize=4)
def _read_site(docs: Path, stats: tuple[tuple[Path, int, int], ...]) -> dict[str, Page]:
    pages, order = {}, []
    for path, _, _ in stats:
        if path.suffix == ".yml":
            order = navigation(path.read_text(encoding="utf-8"))
            continue
        name = path.relative_to(docs).as_posix()
        try:
            pages[name] = read_page(name, path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, yaml.YAMLError):
            pages[name] = Page(name, "", 1)  # `page_problems` reports it from the file itself
    place = {name: i for i, name in enumerate(order)}
    return dict(sorted(pages.items(), key=lambda item: (place.get(item[0], len(place)), item[0])))


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
        if not isinstance(page.meta.get("spellings", ""), str):
            remedy = 'write one text in quotes, such as "GTP, gpt4"'
            yield Problem(name, _line(text, "spellings:"), f"front matter: spellings: not a text; {remedy}")
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
        yield from _path_problems(page, text)
        if path in PLANNED:
            yield Problem(name, 1, "is listed as PLANNED in macros/pages.py; delete its line there")
    yield from _cycles(pages)


def _path_problems(page: Page, text: str) -> Iterator[Problem]:
    """Reading paths without a reason, or with a section that is not there."""
    for key, entry in page.paths.items():
        told = []
        if not isinstance(entry, dict) or not entry.get("why") or entry.keys() - {"why", "read"}:
            told = ['write {why: "what it gives"}, with read: ["#section"] where that is enough']
        else:
            lost = [a for a in entry.get("read", []) if page.section(a) is None]
            told = [f"no heading has the anchor '{a}': its words in lower case with hyphens" for a in lost]
        for message in told:
            line = _line(text, f"{key}:")
            yield Problem(f"docs/{page.path}", line, f"front matter: paths: {key}: {message}")


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
