"""What frames a chapter: its head, its figures, the way onward, and the guide to all macros."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote

from macros.catalogue import DOCS
from macros.citations import PageContext, chapter_link
from macros.exercises import before
from macros.text import AuthorError, escape, nearest, readable_date


def chapter_head(page: PageContext) -> str:
    """Reading time, level and what to read before, from the front matter; three quizzes on what is required.

    Example: {{ chapter_head() }}
    """
    here = page.pages[page.path]
    parts = [f"<span>{here.minutes} min to read</span>"]
    if level := here.meta.get("level"):
        parts.append(f"<span>Level: {escape(level)}</span>")
    if here.requires:
        links = ", ".join(chapter_link(page, path) for path in here.requires)
        parts.append(f"<span>Read first: {links}</span>")
    parts += _provenance(page.path)
    # Only the search reads this: who types a name as it is often written has to find the chapter.
    if spellings := here.meta.get("spellings"):
        parts.append(f"<span hidden>{escape(spellings)}</span>")
    return f'<div class="chapter-head">{" ".join(parts)}</div>{before(page)}'


def _provenance(path: str) -> list[str]:
    """When the page last changed and where to report an error, where REPO_URL tells the repository."""
    repository = os.environ.get("REPO_URL", "").rstrip("/")
    if not repository:
        return []
    title = quote(f"docs/{path}: ")
    parts = [
        f'<span><a href="{escape(repository)}/edit/main/docs/{path}">Edit this page</a></span>',
        f'<span><a href="{escape(repository)}/issues/new?title={title}">Report an error here</a></span>',
    ]
    if changed := last_changed(path):
        address = f"{escape(repository)}/commits/HEAD/docs/{path}"
        parts.insert(0, f'<span>Last changed: <a href="{address}">{readable_date(changed)}</a></span>')
    return parts


@lru_cache(maxsize=256)
def last_changed(path: str) -> str:
    """The day of the last commit that touched a page, or '' outside a git checkout."""
    command = ["git", "log", "-1", "--format=%cs", "--", f"docs/{path}"]
    try:
        done = subprocess.run(command, cwd=DOCS.parent, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def onward(page: PageContext) -> str:
    """What to read before and next, with the reason, from `requires:` and `next:` in the front matter.

    Example: {{ onward() }}
    """
    here = page.pages[page.path]
    lines = []
    for path in here.requires:
        about = page.pages[path].meta.get("description", "") if path in page.pages else ""
        lines.append(f'<li class="onward__before">Before: {chapter_link(page, path)} — {escape(about)}</li>')
    for path, why in (here.meta.get("next") or {}).items():
        lines.append(f'<li class="onward__next">Next: {chapter_link(page, path)} — {escape(why)}</li>')
    if not lines:
        raise AuthorError("onward() needs `next:` or `requires:` in the page's front matter; add one")
    return f'<nav class="onward" aria-label="Before and next"><ul>{"".join(lines)}</ul></nav>'


def figure(page: PageContext, svg: str, caption: str, says: str) -> str:
    """A drawing of your own with its caption and, in a sentence, what it shows.

    svg: file under docs/assets/figures/; caption: its title; says: what it shows, in words.

    Example: {{ figure("masks.svg", caption="Three masks", says="A mask decides who may look at whom.") }}
    """
    folder = DOCS / "assets" / "figures"
    known = [path.name for path in sorted(folder.glob("*.svg"))]
    if svg not in known:
        raise AuthorError(f"no figure '{svg}' in docs/assets/figures; {nearest(svg, known, 'figures')}")
    if not caption.strip() or not says.strip():
        raise AuthorError(f"figure '{svg}' needs a caption and what it says; write both")
    name = page.unique("figure-" + svg.removesuffix(".svg"))
    art = re.sub(
        r"<\?xml[^>]*\?>|<!--.*?-->|<title>.*?</title>",
        "",
        (folder / svg).read_text("utf-8"),
        flags=re.DOTALL,
    )
    # A blank line would end the HTML block in Markdown; role and name make it one image to a screen reader.
    art = re.sub(r"\n\s*", "\n", art.strip()).replace(
        "<svg ", f'<svg role="img" aria-label="{escape(caption)}" ', 1
    )
    return (
        f'<figure class="figure" id="{name}"><div class="figure__art" data-search-exclude>{art}</div>'
        f'<figcaption>{escape(caption)}<p class="says">{escape(says)}</p></figcaption></figure>'
    )


def guide(page: PageContext, macros: dict[str, Callable[..., str]], call: Callable[..., str]) -> str:
    """The reference for authors: each macro's signature, docstring and rendered example."""
    parts = []
    for name, macro in sorted(macros.items(), key=lambda item: (item[0] == "references", item[0])):
        about, _, example = (inspect.getdoc(macro) or "").partition("Example: ")
        sample = example.strip().removeprefix("{{").removesuffix("}}").strip()
        if not sample.startswith(f"{name}("):
            raise AuthorError(f"the docstring of {name} needs an `Example:` that calls it")
        tree = ast.parse(sample, mode="eval").body
        assert isinstance(tree, ast.Call)
        arguments = [ast.literal_eval(argument) for argument in tree.args]
        named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in tree.keywords}
        signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(macro)))
        signature = re.sub(r"page: PageContext(, )?| -> str$", "", signature)
        prose = "\n\n".join(
            escape(block).replace("\n", " ").replace("&#96;", "`") for block in about.strip().split("\n\n")
        )
        parts.append(
            f'### {name} {{: data-search-exclude="" }}\n\n'
            f"<p><code>{escape(name + signature)}</code></p>\n\n{prose}\n\nWrite:\n\n"
            f'<pre class="sample"><code>{escape(example.strip())}</code></pre>\n\nand get:\n\n'
            f"{call(page, name, *arguments, **named)}\n"
        )
    return "\n".join(parts)
