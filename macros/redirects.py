"""Pages that have moved leave a page at their old address that leads to the new one: `docs/redirects.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from macros.catalogue import DOCS
from macros.pages import Page
from macros.text import Problem, escape, nearest, published, relative

NAME = "docs/redirects.yml"
PAGE = re.compile(r"(?!\.)[\w-]+(/[\w-]+)*\.md")
MARK = '<!doctype html>\n<html lang="en" data-moved>'
# What the reader brought along, a section or the state of a table, is theirs to keep.
SCRIPT = (
    'const to = new URL(document.querySelector("a").href); to.search = location.search; '
    "if (location.hash) to.hash = location.hash; location.replace(to)"
)


class Moved(dict[str, str]):
    """Old page → new page, both under docs/, with the line of each; and what is wrong with the file."""

    def __init__(self, docs: Path = DOCS) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        file = docs / "redirects.yml"
        try:
            node = yaml.compose(file.read_text(encoding="utf-8") if file.exists() else "", yaml.SafeLoader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or "not UTF-8"
            self._problem(mark.line + 1 if mark else 1, f"{what}; write one `old.md: new.md` a line")
            return
        if node is not None and not isinstance(node, yaml.MappingNode):
            self._problem(node.start_mark.line + 1, "not a list of moves; write one `old.md: new.md` a line")
            return
        for key, value in node.value if node else ():
            self._add(key.start_mark.line + 1, key, value)

    def _problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(NAME, line, message))

    def _add(self, line: int, key: yaml.Node, value: yaml.Node) -> None:
        old, new = str(key.value), str(value.value)
        for name, text in ((old, old), (f"{old}: target", new.partition("#")[0])):
            if not PAGE.fullmatch(text):
                self._problem(
                    line, f"{name}: '{text}' is no page; write a path under docs/ that ends with .md"
                )
                return
        if old in self:
            self._problem(line, f"{old}: given twice, first on line {self.lines[old]}; keep one")
            return
        self[old], self.lines[old] = new, line


def redirect_problems(pages: dict[str, Page], docs: Path = DOCS) -> Iterator[Problem]:
    """Moves that lead nowhere, go in circles, take a roundabout way or stand where a page is."""
    moved = Moved(docs)
    yield from moved.problems
    taken = {published(path): f"docs/{path}" for path in pages}
    for old, new in moved.items():
        line, target = moved.lines[old], new.partition("#")[0]
        if other := taken.get(published(old)):
            what = "is a page" if other == f"docs/{old}" else f"has the address of {other}"
            yield Problem(NAME, line, f"{old}: {what}; delete this line, or move that page")
        taken.setdefault(published(old), f"line {line}")
        if target in pages:
            continue
        trail = [old, target]
        while trail[-1] in moved and trail[-1] not in trail[:-1]:
            trail.append(moved[trail[-1]].partition("#")[0])
        if trail[-1] in trail[:-1]:
            told = f"goes in a circle: {' → '.join(trail)}; name the page where it ends"
        elif target in moved:
            told = f"target '{target}' has moved, too; write {trail[-1]}"
        else:
            told = f"target: no page '{target}'; {nearest(target, pages, 'pages')}"
        yield Problem(NAME, line, f"{old}: {told}")


def redirect_page(old: str, new: str, title: str, home: str) -> str:
    """What stands at the old address; `home` is the published start page, for the canonical link."""
    address, name = escape(relative(old, new)), escape(title)
    whole = escape(f"{home}{published(new.partition('#')[0])}")
    return (
        f'{MARK}\n<head>\n<meta charset="utf-8">\n<title>Moved: {name}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n'
        f'<link rel="canonical" href="{whole}">\n'
        f'<noscript><meta http-equiv="refresh" content="0; url={address}"></noscript>\n</head>\n'
        f'<body><main>\n<h1>This page has moved</h1>\n<p>Its new place: <a href="{address}">{name}</a></p>\n'
        f"</main><script>{SCRIPT}</script></body>\n</html>\n"
    )


def write_redirects(site: Path, pages: dict[str, Page], home: str, docs: Path = DOCS) -> list[str]:
    """A page at each old address of a built site; returns what stands in the way."""
    problems = []
    for old, new in (moved := Moved(docs)).items():
        file = site / published(old) / "index.html"
        target = new.partition("#")[0]
        if file.exists() and not file.read_text(encoding="utf-8").startswith(MARK):
            problems.append(
                f"{NAME}:{moved.lines[old]}: {old}: is a page; delete this line, or move that page"
            )
        elif target in pages:
            file.parent.mkdir(parents=True, exist_ok=True)
            text = redirect_page(old, new, pages[target].title, home)
            file.write_text(text, encoding="utf-8", newline="\n")
    return problems + [str(problem) for problem in moved.problems]
