"""Finish the built site of either engine: what is beside its pages, security policy, accessible names, links.

    python -m macros.export SITE_DIR

Run it after a build, never on the site that `make serve` shows: a live server adds a script of its own,
which the policy would refuse. Running it twice changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from macros.catalogue import DataError, load
from macros.copies import write_copies
from macros.downloads import write_data
from macros.pages import read_site
from macros.redirects import write_redirects
from macros.study import write_study

CHARSET = re.compile(r'<meta charset="utf-8"\s*/?>')
POLICY = re.compile(r'\s*<meta http-equiv="Content-Security-Policy"[^>]*>')
# Instant navigation makes every address absolute: printed pages need a mark to tell which leave the site.
EXTERNAL = re.compile(r'<a (?=[^>]*\bhref="https?://)(?![^>]*\brel=)')
COMMENTS = {
    "css": re.compile(r"/\*.*?\*/\s*", re.DOTALL),
    # In a script what stands on lines of its own, and what ends a line: "//" may stand in a text, too, but no
    # text ends without a quotation mark behind it.
    "js": re.compile(
        r"""^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)\n|[ \t]+// [^\n"'`]*$""", re.DOTALL | re.MULTILINE
    ),
}
# No text in a script goes over several lines (a test sees to that), so that this changes none.
INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
# For the search index, which is written by now; the second engine takes it off by itself.
SEARCHED = re.compile(r"""(<[a-z][^<>]*?) data-search-exclude(?:="")?(?=[\s/>])""")
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.IGNORECASE | re.DOTALL)


class Edit(NamedTuple):
    """One small change to the theme's own output.

    A file that contains `done` has it already; one that contains `needed` must be changed or reported.
    """

    reason: str
    files: str
    needed: str
    pattern: str
    new: str
    done: str


EDITS = (
    Edit(
        "axe aria-dialog-name: Material's search dialog has no name (Zensical's has one)",
        "**/*.html",
        'class="md-search"',
        r'(class="md-search" data-md-component="search" role="dialog")>',
        r'\1 aria-label="Search">',
        'role="dialog" aria-label="Search"',
    ),
    Edit(
        "axe landmark-unique: a bar of code buttons is no landmark, and there is one for each code block",
        "assets/javascripts/bundle.*.js",
        "",
        r'"nav",\{class:"md-code__nav"\}',
        '"div",{class:"md-code__nav"}',
        '"div",{class:"md-code__nav"}',
    ),
    Edit(
        "axe scrollable-region-focusable: a table wider than a phone can be scrolled by keyboard, too",
        "assets/javascripts/bundle.*.js",
        "",
        r'\{class:"md-typeset__scrollwrap"\}',
        '{class:"md-typeset__scrollwrap",tabIndex:0}',
        '{class:"md-typeset__scrollwrap",tabIndex:0}',
    ),
    Edit(
        "a link into another page ends where the old one was scrolled to, if that is saved meanwhile",
        "assets/javascripts/bundle.*.js",
        ".subscribe(({offset:",
        r'\.subscribe\(\(\{offset:(\w+)\}\)=>\{history\.replaceState\(\1,""\)\}\)',
        r'.subscribe(({offset:\1})=>{let own=document.querySelector("[rel=canonical]");'
        r'own&&new URL(own.href).pathname!==location.pathname||history.replaceState(\1,"")})',
        "own&&new URL(own.href).pathname!==location.pathname||history.replaceState(",
    ),
    Edit(
        "the search index is fetched at once; it can wait (Zensical's would lose what is typed before)",
        "assets/javascripts/bundle.*.js",
        "",
        r'((\w+)\.open\("GET",`\$\{(\w+)\}`\).{0,800}?),\2\.send\(\),',
        r"\1,/search_index\.json$/.test(\3)"
        r"?(window.requestIdleCallback||setTimeout)(()=>\2.send()):\2.send(),",
        "requestIdleCallback||setTimeout)(()=>",
    ),
)


def inline_scripts(html: str) -> list[str]:
    """The inline scripts that a browser would run; blocks of JSON are data."""
    inert = re.compile(r"\bsrc\s*=|\btype\s*=\s*[\"']?application/")
    return [body for attributes, body in SCRIPT.findall(html) if not inert.search(attributes)]


def policy(pages: Iterable[str]) -> str:
    """One policy for all pages.

    Instant navigation keeps the policy of the first page and runs the inline scripts of the next ones, so
    the policy lists every inline script of the whole site.
    """
    scripts = {script for html in pages for script in inline_scripts(html)}
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    hashes = " ".join(f"'sha256-{digest}'" for digest in sorted(digests))
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'"
    )


def finish(site_dir: Path) -> list[str]:
    """All that is done to a site that either engine has built from docs/; returns what could not be done."""
    start, pages = site_dir / "index.html", read_site()
    home = Anchors(start.read_text(encoding="utf-8")).canonical if start.exists() else ""
    # The script of the redirect pages has to be there when the policy lists all scripts.
    problems = write_redirects(site_dir, pages, home) + export(site_dir) + write_copies(site_dir, pages, home)
    leave_comments_out(site_dir)
    try:
        write_data(site_dir, load())
        write_study(site_dir, pages, home, load())
    except DataError as error:
        problems += map(str, error.problems)
    return problems


def export(site_dir: Path) -> list[str]:
    """Write the policy into every page, mark external links, mend the theme; returns what it could not do."""
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(site_dir.rglob("*.html"))}
    meta = f'\n      <meta http-equiv="Content-Security-Policy" content="{policy(texts.values())}">'
    problems = [] if texts else [f"{site_dir}: no page there; build the site first"]
    for file, html in texts.items():
        html, count = CHARSET.subn(lambda charset: charset[0] + meta, POLICY.sub("", html), count=1)
        html = SEARCHED.sub(r"\1", EXTERNAL.sub('<a rel="external" ', html))
        if not count:
            problems.append(f'{file}: no <meta charset="utf-8">, after which the policy belongs; add it')
        file.write_text(html, encoding="utf-8", newline="\n")
    return problems + [problem for edit in EDITS for problem in mend(edit, site_dir)]


def leave_comments_out(site_dir: Path) -> None:
    """Own styles and scripts without comments and indentation, which are for the repository."""
    for suffix, comment in COMMENTS.items():
        for file in (site_dir / "assets" / suffix).rglob(f"*.{suffix}"):
            text = file.read_text(encoding="utf-8")
            short = INDENTATION.sub("", comment.sub("", text))
            file.write_text(short, encoding="utf-8", newline="\n")


def mend(edit: Edit, site_dir: Path) -> Iterator[str]:
    """Make one edit in all its files; yields the files in which its place is not found."""
    for file in sorted(site_dir.glob(edit.files)):
        text = file.read_text(encoding="utf-8")
        if edit.done in text:
            continue
        changed, count = re.subn(edit.pattern, edit.new, text)
        if count:
            file.write_text(changed, encoding="utf-8", newline="\n")
        elif edit.needed in text:
            yield f"{file}: the theme changed; adapt EDITS in macros/export.py ({edit.reason})"


class BrokenLink(NamedTuple):
    """An address in a built page (its file, relative to the site's folder) that leads nowhere."""

    page: str
    href: str
    reason: str


class Anchors(HTMLParser):
    """What of a page matters for links: where it can be entered, and what it points to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids, self.addresses, self.canonical = set[str](), list[str](), ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what this element is called and what it points to."""
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values.get("id", ""), values.get("name", "") if tag == "a" else ""}
        self.addresses += [values[name] for name in ("href", "xlink:href", "src", "poster") if name in values]
        self.addresses += [part.split()[0] for part in values.get("srcset", "").split(",") if part.strip()]
        if values.get("rel") == "canonical":
            self.canonical = values["href"]


def broken_links(site_dir: Path) -> list[BrokenLink]:
    """Every link, picture, style and script address inside the site that leads nowhere, raw HTML included."""
    site = site_dir.resolve()
    pages = {file: Anchors(file.read_text(encoding="utf-8")) for file in sorted(site.rglob("*.html"))}
    home = pages[site / "index.html"].canonical if site / "index.html" in pages else ""
    return [
        BrokenLink(file.relative_to(site).as_posix(), href, reason)
        for file, page in pages.items()
        for href in dict.fromkeys(page.addresses)
        if (reason := why_broken(href, file, site, home, pages))
    ]


def why_broken(href: str, page: Path, site: Path, home: str, pages: dict[Path, Anchors]) -> str:
    """The reason why an address in a page leads nowhere, or nothing; `home` is the published start page."""
    url, base = urlsplit(href), urlsplit(home).path or "/"
    path = unquote(url.path)
    if href.startswith("//"):
        return "begins with a host, but has no scheme"
    if url.scheme in ("mailto", "data") or url.netloc not in ("", urlsplit(home).netloc):
        return ""
    if url.scheme not in ("", "http", "https"):
        return f"the scheme {url.scheme}: is not used on this site"
    if url.netloc or path.startswith("/"):  # the site may be one folder of many on its host
        if not path.startswith(base):
            return f"outside the site, which begins at {base}"
        target = (site / path.removeprefix(base)).resolve()
    else:
        target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(site):
        return "outside the site"
    if target.is_dir():
        if not path.endswith(("/", ".")):
            return "the address of a folder ends with a slash"
        target /= "index.html"
    if not target.is_file():
        return "there is no such page or file"
    fragment = unquote(url.fragment)
    known = target not in pages or fragment in pages[target].ids | {"", "top"} or fragment.startswith(":~:")
    return "" if known else "there is no such anchor in that page"


def main(arguments: list[str]) -> int:
    """Finish one built site, then name every link in it that leads nowhere."""
    site_dir = Path(arguments[0] if arguments else "site")
    problems = finish(site_dir) + [
        f"{link.page}: '{link.href}': {link.reason}" for link in broken_links(site_dir)
    ]
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
