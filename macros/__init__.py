"""The macros of the site: `define_env` registers them, nothing else.

Both engines call it: MkDocs once a build, Zensical once a page; so it does no work of its own.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from macros import chapter, charts, citations, tables, timeline, worked
from macros.catalogue import load
from macros.citations import PageContext
from macros.pages import read_site
from macros.text import AuthorError, escape, nearest, shows_errors

MACROS: dict[str, Callable[..., str]] = {
    macro.__name__: macro
    for macro in (
        tables.table,
        tables.modality_matrix,
        timeline.timeline,
        charts.chart,
        chapter.chapter_head,
        chapter.figure,
        chapter.onward,
        citations.cite,
        citations.references,
        citations.fact,
        citations.term,
        citations.glossary,
        citations.misconception,
        citations.misconceptions,
        citations.resources,
        citations.changes,
        worked.attention_example,
    )
}
"""Name in a page → function of (page context, arguments)."""

CALL = re.compile(r"\{\{\s*([a-z_]+)\s*\(")

PAGELESS: tuple[Callable[..., str], ...] = (worked.attention_example,)
"""Macros that need nothing but their arguments."""


def authors_guide(page: PageContext) -> str:
    """Every macro with its signature, docstring and rendered example.

    Example: {{ authors_guide() }}
    """
    return chapter.guide(page, MACROS, call)


def call(page: PageContext, name: str, *arguments: Any, **named: Any) -> str:
    """Run one macro; what an author did wrong becomes an AuthorError that names the call."""
    known: dict[str, Callable[..., str]] = {**MACROS, "authors_guide": authors_guide}
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

    def context() -> PageContext:
        mkdocs = getattr(env.page, "file", None)
        path = mkdocs.src_uri if mkdocs else env.page.path
        if path not in contexts:
            contexts[path] = PageContext(path, load(), read_site(), from_source=not mkdocs)
        return contexts[path]

    def register(name: str) -> None:
        @functools.wraps(call)
        def macro(*arguments: Any, **named: Any) -> str:
            try:
                return call(context(), name, *arguments, **named)
            except AuthorError as error:
                if not shows_errors():
                    raise
                tag = "span" if name in ("cite", "fact", "term") else "div"
                told = escape(error).replace("\n", "<br>")
                return f'<{tag} class="build-error" role="alert">{told}</{tag}>'

        macro.__name__ = name
        env.macro(macro)

    for name in (*MACROS, "authors_guide"):
        register(name)
    if shows_errors():  # a misspelt macro is a mistake in one place, not the end of its page
        calls = {name for page in read_site().values() for name in CALL.findall(page.body)}
        for name in calls - {*MACROS, "authors_guide"}:
            register(name)
