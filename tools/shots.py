"""Take pictures of built pages: both color schemes, on a phone and on a desk, into shots/.

PAGES names them as the sources do ("index.md language/attention.md"), with a query for a state
("llms/models.md?table-models.compare=gpt-4,gpt-3"); without it, all pages.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from tools.browser import chromium, served

ROOT = Path(__file__).resolve().parent.parent
SITE, SHOTS = ROOT / "site", ROOT / "shots"
VIEWS: list[tuple[int, Literal["light", "dark"]]]
VIEWS = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]


def stale() -> bool:
    """Tell whether a source is newer than the built site."""
    built = (SITE / "index.html").stat().st_mtime if (SITE / "index.html").exists() else 0.0
    folders = (ROOT / name for name in ("docs", "macros", "overrides"))
    sources = [ROOT / "mkdocs.yml", *(path for folder in folders for path in folder.rglob("*"))]
    return any(path.is_file() and path.stat().st_mtime > built for path in sources)


def address(page: str) -> str:
    """Turn a page's source path into its address below the site's; a query stays.

    >>> address("llms/models.md?q=gpt")
    'llms/models/?q=gpt'
    """
    path, mark, query = page.partition("?")
    return (path.removesuffix(".md").removesuffix("index").rstrip("/") + "/").lstrip("/") + mark + query


def main() -> int:
    """Build where needed, serve, and take the pictures."""
    if stale() and subprocess.run([sys.executable, "-m", "macros.check", "--build"], cwd=ROOT).returncode:
        return 1
    every = sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md"))
    pages = os.environ.get("PAGES", "").split() or every
    SHOTS.mkdir(exist_ok=True)
    with served(SITE) as home, sync_playwright() as driver, chromium(driver) as browser:
        for page, (width, scheme) in itertools.product(pages, VIEWS):
            view = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            answer = view.goto(f"{home}{address(page)}")
            if not answer or not answer.ok:
                raise SystemExit(f"{page} is not in the site.\n  Remedy: PAGES takes paths like index.md.")
            # All elements wake up before printing, wherever they are in the page.
            view.evaluate("['beforeprint', 'afterprint'].forEach((name) => dispatchEvent(new Event(name)))")
            view.wait_for_load_state("networkidle")
            view.add_style_tag(content="* { content-visibility: visible !important }")  # out of sight, too
            name = re.sub(r"[^\w-]+", "-", page.replace(".md", ""))
            target = SHOTS / f"{name[:80]}-{width}-{scheme}.png"
            view.screenshot(path=target, full_page=True)
            view.close()
            print(target.relative_to(ROOT), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
