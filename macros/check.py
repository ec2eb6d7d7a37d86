"""Check and build the site; every problem at once, sorted by file and line.

python -m macros.check               data, front matter, macro calls, questions, navigation
python -m macros.check --build       the same, then a strict build, then every link of the result
python -m macros.check --write-ids   append new question ids to docs/study/ids.txt
"""

from __future__ import annotations

import html
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2
from jinja2 import nodes

from macros import MACROS, WHOLE_PAGE, call
from macros.catalogue import DATA, DOCS, ROOT, DataError, ids_of, load, schema_text
from macros.citations import PageContext
from macros.export import BrokenLink, broken_links, finish
from macros.pages import PLANNED, Page, navigation, page_problems, read_site
from macros.questions import find_questions
from macros.questions import problems as faults
from macros.redirects import NAME as MOVES
from macros.redirects import Moved, redirect_problems
from macros.schema import KINDS, Catalogue
from macros.text import AuthorError, Problem, nearest

IDS = DOCS / "study" / "ids.txt"


def find_problems(docs: Path = DOCS) -> list[Problem]:
    """Everything that can be told from the sources, without a build."""
    pages = read_site(docs)
    problems = list(page_problems(pages, docs))
    try:
        catalogue = load(docs / "data" / "genai.yml")
        problems += [p for page in pages.values() for p in call_problems(page, pages, catalogue)]
        problems += list(chapter_problems(catalogue, pages, docs))
    except DataError as error:
        # Without the data every table would fail as well: tell its faults once, check only names and ids.
        problems += error.problems
        ids = ids_of(docs / "data" / "genai.yml")
        problems += [p for page in pages.values() for p in call_problems(page, pages, None, ids)]
    problems += list(question_problems(pages, docs))
    problems += list(redirect_problems(pages, docs))
    problems += list(navigation_problems(pages, docs.parent / "mkdocs.yml"))
    return sorted(set(problems))


BY_ID = {"cite": "sources", "term": "terms", "misconception": "misconceptions"}


def call_problems(
    page: Page, pages: dict[str, Page], catalogue: Catalogue | None, ids: dict[str, set[str]] | None = None
) -> Iterator[Problem]:
    """Each macro call of a page, tried on its own, so that one mistake does not hide the next.

    While the data file is broken (no catalogue), names are still checked against the `ids` it seems to have.
    """
    name = f"docs/{page.path}"
    try:
        tree = jinja2.Environment().parse(page.body)
    except jinja2.TemplateSyntaxError as error:
        line = page.body_line + error.lineno - 1
        yield Problem(
            name,
            line,
            f"macro syntax: {error.message}; in prose and formulas write {{ {{ with a space",
        )
        return
    known = [*MACROS, *WHOLE_PAGE]
    context = PageContext(page.path, catalogue, pages) if catalogue else None
    for found in tree.find_all((nodes.Call, nodes.Name)):
        line = page.body_line + found.lineno - 1
        if isinstance(found, nodes.Name):
            if found.name not in known:
                yield Problem(
                    name,
                    line,
                    f"no macro '{found.name}'; {nearest(found.name, known, 'macros')}",
                )
            continue
        if not (
            isinstance(found, nodes.Call) and isinstance(found.node, nodes.Name) and found.node.name in known
        ):
            continue
        macro = found.node.name
        try:
            arguments = [argument.as_const() for argument in found.args]
            named = {keyword.key: keyword.value.as_const() for keyword in found.kwargs}
        except nodes.Impossible:
            yield Problem(
                name,
                line,
                f'{macro}(…): arguments are plain values, such as "gpt-3" or [1, 2]',
            )
            continue
        if context is None:
            known_ids = (ids or {}).get(BY_ID.get(macro, ""))
            if known_ids and arguments and arguments[0] not in known_ids:
                remedy = nearest(arguments[0], known_ids, BY_ID[macro])
                yield Problem(name, line, f"{macro}({arguments[0]!r}): unknown {BY_ID[macro]} id; {remedy}")
            continue
        try:
            call(context, macro, *arguments, **named)
        except AuthorError as error:
            yield Problem(name, line, str(error))


def chapter_problems(catalogue: Catalogue, pages: dict[str, Page], docs: Path = DOCS) -> Iterator[Problem]:
    """Rows that name a chapter which does not exist."""
    text = (docs / "data" / "genai.yml").read_text(encoding="utf-8")
    for kind in KINDS:
        for row in catalogue.rows(kind):
            chapter = getattr(row, "chapter", None)
            if chapter and chapter not in pages and chapter not in PLANNED:
                start = max(0, text.find(f"id: {row.id}", max(0, text.find(f"\n{kind}:"))))
                line = text.count("\n", 0, text.find(chapter, start)) + 1
                remedy = nearest(chapter, [*pages, *PLANNED], "pages")
                told = f"{kind}[{row.id}].chapter: no page '{chapter}'; {remedy}"
                yield Problem("docs/data/genai.yml", line, told)


def question_problems(pages: dict[str, Page], docs: Path = DOCS) -> Iterator[Problem]:
    """Questions without id or answer, ids used twice over the site, ids that ids.txt does not list."""
    ids_file = docs / "study" / "ids.txt"
    listed = set(ids_file.read_text(encoding="utf-8").split()) if ids_file.exists() else set()
    seen: dict[str, str] = {}
    for path, page in sorted(pages.items()):
        found = find_questions(page.text)
        for line, message in faults(found):
            yield Problem(f"docs/{path}", line, message)
        for question in found:
            if question.id is None:
                continue
            if question.id in seen:
                yield Problem(
                    f"docs/{path}",
                    question.line,
                    f"question id '{question.id}' is already used in {seen[question.id]}; choose another",
                )
            elif question.id not in listed:
                yield Problem(
                    f"docs/{path}",
                    question.line,
                    f"question id '{question.id}' is not in docs/study/ids.txt; run `make ids`",
                )
            seen.setdefault(question.id, f"docs/{path}:{question.line}")


def write_ids(docs: Path = DOCS) -> list[str]:
    """Append the ids of new questions to ids.txt; what was published once stays for ever."""
    ids_file = docs / "study" / "ids.txt"
    listed = ids_file.read_text(encoding="utf-8").split() if ids_file.exists() else []
    found = (q.id for page in read_site(docs).values() for q in find_questions(page.text))
    new = [i for i in dict.fromkeys(found) if i and i not in listed]
    ids_file.write_text("".join(f"{i}\n" for i in [*listed, *new]), encoding="utf-8")
    return new


def navigation_problems(pages: dict[str, Page], config: Path) -> Iterator[Problem]:
    """Pages that the navigation forgets, and entries without a page."""
    text = config.read_text(encoding="utf-8")
    targets = navigation(text)
    for path in pages:
        if path not in targets:
            yield Problem(
                f"docs/{path}",
                1,
                "is not in the navigation; add it under `nav:` in mkdocs.yml",
            )
    for target in targets:
        if target not in pages and not target.startswith("http"):
            line = text.count("\n", 0, max(0, text.find(target))) + 1
            yield Problem(
                config.name,
                line,
                f"nav: no page '{target}'; {nearest(target, pages, 'pages')}",
            )


class _Warnings(logging.Handler):
    """Collects what MkDocs would only print."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


TOLD_BETTER = re.compile(r"Macro Syntax Error|contains (a|an unrecognized relative) link|not included in the")
"""MkDocs' messages about what `find_problems` and `broken_links` tell with the line."""


def build(site: Path) -> list[Problem]:
    """Build with MkDocs, finish with `export`, check every link; `site` is replaced only when all is well."""
    from mkdocs.commands.build import build as mkdocs_build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, BuildError

    os.environ["SHOW_ERRORS"] = "1"  # mistakes are shown in their place and collected below, all in one run
    part = site.with_name(site.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    handler, logger = _Warnings(), logging.getLogger("mkdocs")
    logger.addHandler(handler)
    try:
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(part))
        config.plugins.run_event("startup", command="build", dirty=False)
        mkdocs_build(config)
    except (Abort, BuildError, ValueError) as error:
        handler.messages.append(f"{handler.messages.pop() if handler.messages else ''} {error}")
    finally:
        logger.removeHandler(handler)
    problems = [_located(message) for message in handler.messages if not TOLD_BETTER.search(message)]
    if part.is_dir():
        undone = finish(part)
        problems += [Problem("mkdocs.yml", 1, message) for message in undone]
        problems += [p for file in sorted(part.rglob("*.html")) for p in _shown_errors(part, file)]
        # Nothing is made from broken data; that its files are missing on their page would be told twice.
        without = "data/index.html" if any("genai.yml:" in message for message in undone) else ""
        problems += [_link_problem(link) for link in broken_links(part) if link.page != without]
    if not problems:
        shutil.rmtree(site, ignore_errors=True)
        part.rename(site)
    shutil.rmtree(part, ignore_errors=True)
    return problems


def _shown_errors(site: Path, file: Path) -> Iterator[Problem]:
    """The messages that macros and formulas left in a built page."""
    source = _source(file.relative_to(site).as_posix())
    found = re.findall(r'class="build-error"[^>]*>(.*?)</(?:div|span)>', file.read_text("utf-8"), re.DOTALL)
    for message in map(html.unescape, found):
        formula = re.search("formula “(.*?)”", message)
        needle = formula[1] if formula else message.split("(")[0]
        yield Problem(source, _find(source, needle), message.replace("<br>", "; "))


def _source(page: str) -> str:
    """The Markdown file of a built page: language/attention/index.html → docs/language/attention.md."""
    folder = Path(page).parent.as_posix()
    candidates = [f"docs/{folder}.md", f"docs/{folder}/index.md"] if folder != "." else ["docs/index.md"]
    if not (known := [c for c in candidates if (ROOT / c).exists()]):
        moved = {f"docs/{old}" for old in Moved()}
        return MOVES if moved.intersection(candidates) else candidates[0]
    return known[0]


def _located(message: str) -> Problem:
    """A MkDocs message with its place, as far as it names one."""
    message = " ".join(re.sub(r"\x1b\[\d*m", "", message).split())
    file = re.search(r"'([\w/-]+\.md)'|([\w/-]+\.md)", message)
    path = f"docs/{file[1] or file[2]}" if file else "mkdocs.yml"
    link = re.search(r"link '([^']+)'", message)
    return Problem(path, _find(path, link[1] if link else ""), message)


def _find(path: str, needle: str) -> int:
    source = ROOT / path
    text = source.read_text(encoding="utf-8") if source.exists() else ""
    return text.count("\n", 0, max(0, text.find(needle))) + 1 if needle else 1


def _link_problem(link: BrokenLink) -> Problem:
    source, fragment = _source(link.page), link.href.partition("#")[2]
    line = max(_find(source, link.href), _find(source, f"#{fragment}" if fragment else ""))
    return Problem(source, line, f"link '{link.href}': {link.reason}; correct or remove it")


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for; 1 when there is a problem."""
    if "--write-ids" in arguments:
        print("\n".join(write_ids()) or "no new ids")
        return 0
    if "--schema" in arguments:
        DATA.with_name("genai.schema.json").write_text(schema_text(), encoding="utf-8")
        return 0
    problems = find_problems()
    if "--build" in arguments:
        told = {p.message for p in problems}
        problems += [
            p
            for p in build(ROOT / os.environ.get("SITE_DIR", "site"))
            if not any(message in p.message for message in told)
            and not p.message.startswith("docs/data/genai.yml:")
        ]
    problems = sorted(set(problems))
    for problem in problems:
        if os.environ.get("GITHUB_ACTIONS"):
            print(f"::error file={problem.file},line={problem.line}::{problem.message}")
        print(problem, file=sys.stderr)
    if problems:
        print(
            f"{len(problems)} problem{'s' * (len(problems) > 1)}; nothing is published.",
            file=sys.stderr,
        )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
