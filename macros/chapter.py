"""What frames a chapter: its head, its figures, the way onward, and the guide to all macros."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

from macros.catalogue import DOCS
from macros.citations import PageContext, chapter_link
from macros.text import AuthorError, escape, nearest


def chapter_head(page: PageContext) -> str:
    """Reading time, level and what to read before, from the front matter.

    Example: {{ chapter_head() }}
    """
    here = page.pages[page.path]
    parts = [f"<span>{here.minutes} min to read</span>"]
    if level := here.meta.get("level"):
        parts.append(f"<span>Level: {escape(level)}</span>")
    if here.requires:
        links = ", ".join(chapter_link(page, path) for path in here.requires)
        parts.append(f"<span>Read first: {links}</span>")
    return f'<div class="chapter-head">{" ".join(parts)}</div>'


def onward(page: PageContext) -> str:
    """What to read before and next, with the reason, from `requires:` and `next:` in the front matter.

    Example: {{ onward() }}
    """
    here = page.pages[page.path]
    lines = []
    for path in here.requires:
        about = (
            page.pages[path].meta.get("description", "") if path in page.pages else ""
        )
        lines.append(
            f'<li class="onward__before">Before: {chapter_link(page, path)} — {escape(about)}</li>'
        )
    for path, why in (here.meta.get("next") or {}).items():
        lines.append(
            f'<li class="onward__next">Next: {chapter_link(page, path)} — {escape(why)}</li>'
        )
    if not lines:
        raise AuthorError(
            "onward() needs `next:` or `requires:` in the page's front matter; add one"
        )
    return f'<nav class="onward" aria-label="Before and next"><ul>{"".join(lines)}</ul></nav>'


def figure(page: PageContext, svg: str, caption: str, says: str) -> str:
    """A drawing of your own with its caption and, in a sentence, what it shows.

    svg: file under docs/assets/figures/; caption: its title; says: the finding, for those who cannot see it too.

    Example: {{ figure("masks.svg", caption="Three masks", says="A mask decides who may look at whom.") }}
    """
    folder = DOCS / "assets" / "figures"
    known = [path.name for path in sorted(folder.glob("*.svg"))]
    if svg not in known:
        raise AuthorError(
            f"no figure '{svg}' in docs/assets/figures; {nearest(svg, known, 'figures')}"
        )
    if not caption.strip() or not says.strip():
        raise AuthorError(
            f"figure '{svg}' needs a caption and what it says; write both"
        )
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
        f'<figure class="figure" id="{name}"><div class="figure__art">{art}</div>'
        f'<figcaption>{escape(caption)}<p class="says">{escape(says)}</p></figcaption></figure>'
    )


def guide(page: PageContext, macros: dict[str, Callable[..., str]]) -> str:
    """The reference for authors: each macro's signature, docstring and rendered example."""
    parts = []
    for name, macro in sorted(macros.items()):
        text = inspect.getdoc(macro) or ""
        about, _, example = text.partition("Example: ")
        call = example.strip()
        signature = (
            str(inspect.signature(macro))
            .replace("page: 'PageContext'", "")
            .replace("(, ", "(")
        )
        signature = re.sub(r" ?-> '?str'?$", "", signature).replace("'", "")
        prose = "\n\n".join(
            escape(block).replace("\n", " ") for block in about.strip().split("\n\n")
        )
        parts.append(
            f"### {name}\n\n<p><code>{escape(name + signature)}</code></p>\n\n{prose}\n"
        )
        arguments = call.removeprefix("{{").removesuffix("}}").strip()
        expected = f"{name}("
        if not arguments.startswith(expected):
            raise AuthorError(
                f"the docstring of {name} needs an `Example:` that calls it"
            )
        parts.append(
            f'Write:\n\n<pre class="sample"><code>{escape(call)}</code></pre>\n\nand get:\n'
        )
        # The examples are this repository's own docstrings: evaluated with nothing but the macro in scope.
        parts.append(
            eval(
                arguments,
                {"__builtins__": {}},
                {name: lambda *a, m=macro, **k: m(page, *a, **k)},
            )
            + "\n"
        )
    return "\n".join(parts)
