"""The macros of the site: `define_env` registers them, nothing else.

Both engines call it: MkDocs once a build, Zensical once a page; so it does no work of its own.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2

from macros import (
    cards,
    chapter,
    charts,
    citations,
    course,
    downloads,
    exercises,
    miniatures,
    tables,
    timeline,
)
from macros.catalogue import DataError, load
from macros.citations import PageContext
from macros.examples import EXAMPLES
from macros.pages import read_site
from macros.text import AuthorError, escape, nearest, shows_errors

FUNCTIONS: tuple[Callable[..., str], ...] = (
    tables.table,
    tables.modality_matrix,
    cards.cards,
    timeline.timeline,
    charts.chart,
    chapter.chapter_head,
    chapter.figure,
    chapter.onward,
    course.reading_path,
    course.concept_map,
    citations.cite,
    citations.references,
    citations.fact,
    citations.term,
    citations.glossary,
    citations.misconception,
    citations.misconceptions,
    citations.resources,
    citations.changes,
    miniatures.miniature,
    miniatures.miniature_chart,
    miniatures.miniature_table,
    *EXAMPLES,
)

MACROS = {macro.__name__: macro for macro in FUNCTIONS}
"""Name in a page → function of (page context, arguments)."""

CALL = re.compile(r"\{\{\s*([a-z_]+)\s*\(")

PAGELESS = frozenset(f for f in EXAMPLES if next(iter(inspect.signature(f).parameters), "") != "page")
"""Macros that need nothing but their arguments."""


def authors_guide(page: PageContext) -> str:
    """Every macro with its signature, docstring and rendered example.

    Example: {{ authors_guide() }}
    """
    return chapter.guide(page, MACROS, call)


def summary_sheet(page: PageContext) -> str:
    """The `/// summary` blocks of all chapters, in reading order, for `study/summary.md`.

    Example: {{ summary_sheet() }}
    """
    macros = {name: functools.partial(call, page, name) for name in MACROS}
    return course.summary_sheet(page, lambda text: jinja2.Template(text).render(macros))


WHOLE_PAGE: dict[str, Callable[..., str]] = {
    "authors_guide": authors_guide,
    "summary_sheet": summary_sheet,
    "data_files": downloads.data_files,
    "question_list": exercises.question_list,
    "deck": exercises.deck,
}
"""Macros that make a page of their own, and are not shown among the examples."""


def call(page: PageContext, name: str, *arguments: Any, **named: Any) -> str:
    """Run one macro; what an author did wrong becomes an AuthorError that names the call."""
    known = {**MACROS, **WHOLE_PAGE}
    if name not in known:
        raise AuthorError(f"no macro '{name}'; {nearest(name, known, 'macros')}")
    macro = known[name]
    try:
        return macro(*arguments, **named) if macro in PAGELESS else macro(page, *arguments, **named)
    except (TypeError, ValueError) as error:
        shown = ", ".join([*map(repr, arguments), *(f"{k}={v!r}" for k, v in named.items())])
        raise AuthorError(f"{name}({shown[:80]}): {error}") from error


def define_env(env: Any) -> None:
    """Register every macro for the engine.

    Under SHOW_ERRORS=1 (`make serve`, and `macros.check --build`, which collects what is shown) a mistake
    stands in the page where the result would; otherwise it ends the page with an error.
    """
    contexts: dict[str, PageContext] = {}
    site = functools.cache(read_site)  # MkDocs defines the macros anew for every build

    def context() -> PageContext:
        mkdocs = getattr(env.page, "file", None)
        path = mkdocs.src_uri if mkdocs else env.page.path
        if path not in contexts:
            pages = site() if mkdocs else read_site()
            contexts[path] = PageContext(path, load(), pages, from_source=not mkdocs)
        return contexts[path]

    def register(name: str) -> None:
        @functools.wraps(call)
        def macro(*arguments: Any, **named: Any) -> str:
            try:
                return call(context(), name, *arguments, **named)
            except AuthorError as error:
                if not shows_errors():
                    raise
                tag = "span" if name in ("cite", "fact", "miniature", "term") else "div"
                told = escape(error).replace("\n", "<br>")
                return f'<{tag} class="build-error" role="alert">{told}</{tag}>'

        macro.__name__ = name
        env.macro(macro)

    for name in (*MACROS, *WHOLE_PAGE):
        register(name)
    if shows_errors():  # a misspelt macro is a mistake in one place, not the end of its page
        calls = {name for page in read_site().values() for name in CALL.findall(page.body)}
        for name in calls - {*MACROS, *WHOLE_PAGE}:
            register(name)


def on_post_build(env: Any) -> None:
    """Write what pages link to or read, for MkDocs' live server; after a build `export.finish` does it."""
    if shows_errors():
        site_dir = Path(env.conf["site_dir"])
        with contextlib.suppress(DataError):  # it is told in the pages
            downloads.write_data(site_dir, load())
            from macros.study import write_lists  # what it imports takes a seventh of a second

            write_lists(site_dir, read_site(), load())
