"""The macros of the site: `define_env` registers them, nothing else.

Both engines call it: MkDocs once a build, Zensical once a page; so it does no work of its own.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from macros import chapter, charts, citations, tables, timeline, worked
from macros.catalogue import load
from macros.citations import PageContext
from macros.pages import read_site
from macros.text import AuthorError, escape

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

PAGELESS = (worked.attention_example,)
"""Macros that need nothing but their arguments."""


def authors_guide(page: PageContext) -> str:
    """Every macro with its signature, docstring and rendered example.

    Example: {{ authors_guide() }}
    """
    return chapter.guide(page, MACROS, call)


def call(page: PageContext, name: str, *arguments: Any, **named: Any) -> str:
    """Run one macro; what an author did wrong becomes an AuthorError that names the call."""
    macro = authors_guide if name == "authors_guide" else MACROS[name]
    try:
        return macro(*arguments, **named) if macro in PAGELESS else macro(page, *arguments, **named)
    except (TypeError, ValueError) as error:
        shown = ", ".join([*map(repr, arguments), *(f"{k}={v!r}" for k, v in named.items())])
        raise AuthorError(f"{name}({shown[:80]}): {error}") from error


def define_env(env: Any) -> None:
    """Register every macro for the engine.

    Under `make serve` (SHOW_ERRORS=1) a mistake is shown where it stands, so that the server goes on and
    the rest of the page can be read; in a build it ends the page with an error.
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
                if os.environ.get("SHOW_ERRORS") != "1":
                    raise
                tag = "span" if name in ("cite", "fact", "term") else "div"
                told = escape(error).replace("\n", "<br>")
                return f'<{tag} class="build-error" role="alert">{told}</{tag}>'

        macro.__name__ = name
        env.macro(macro)

    for name in (*MACROS, "authors_guide"):
        register(name)
