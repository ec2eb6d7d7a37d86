"""The search finds what readers type: each query of `search.yml` has its page among the first three hits."""

from __future__ import annotations

from pathlib import Path

import yaml
from playwright.sync_api import Page

from tests.built import Site

QUERIES: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent.parent / "site" / "search.yml").read_text("utf-8")
)
ASKED = "() => /^(No|[0-9])/.test(document.querySelector('.md-search-result__meta').textContent.trim())"
EMPTY = "() => !document.querySelector('.md-search-result__item')"


def test_each_query_finds_its_page_among_the_first_three(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    missed = []
    page.goto(site.url)
    field = page.locator("input[data-md-component=search-query]")
    page.keyboard.press("/")
    for query, pages in QUERIES.items():
        # The search listens to keys. It is emptied before each query, so that no hit of the last one counts.
        field.fill("x")
        field.press("Backspace")
        page.wait_for_function(EMPTY)
        field.fill(query[:-1])
        field.press_sequentially(query[-1])
        page.wait_for_function(ASKED, timeout=20_000)
        page.wait_for_timeout(100)  # the list follows its heading
        links = page.locator(".md-search-result__item").evaluate_all(
            "items => items.slice(0, 3).map(item => new URL(item.querySelector('a').href).pathname)"
        )
        hits = [link.removeprefix("/").removesuffix("/") + ".md" for link in links]
        if not set(hits) & set(pages):
            missed.append(f"{query}: {', '.join(hits) or 'nothing'}; wanted: {', '.join(pages)}")
    assert missed == []


def test_sixty_queries_are_asked_for_pages_that_there_are(site: Site) -> None:
    assert len(QUERIES) >= 60
    known = {path for pages in QUERIES.values() for path in pages}
    assert {
        path for path in known if not (site.folder / path.removesuffix(".md") / "index.html").exists()
    } == set()
