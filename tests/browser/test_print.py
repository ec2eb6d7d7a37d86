"""On paper: the chapter, its answers and its addresses; nothing to click."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.built import CHAPTERS, Site

pytestmark = pytest.mark.browser

CHROME = (".md-header", ".md-tabs", ".md-sidebar", ".md-footer", ".md-search", ".headerlink", ".md-clipboard")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", CHAPTERS[:2])
def test_a_chapter_prints(address: str, scheme: str, page: Page, site: Site) -> None:
    """Answers are open, external links show their target, the paper stays white, the chrome is gone."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(site.url + address)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")  # which a real printer's dialog would send
    for part in CHROME:
        for element in page.locator(part).all():
            expect(element).to_be_hidden()
    expect(page.locator("article h1")).to_be_visible()
    for details in page.locator("article details").all():
        expect(details.locator("> :not(summary)").first).to_be_visible()
    # Instant navigation makes every address absolute: only the host tells whether a link is external.
    links = page.locator(f"article a[href^=http]:not([href^='{site.url}'])")

    assert links.count() > 0
    shown = links.evaluate_all(
        "all => all.map((node) => [node.href, getComputedStyle(node, '::after').content])"
    )
    assert [href for href, content in shown if href not in content] == []
    internal = page.locator(f"article a[href^='{site.url}']")
    inside = internal.evaluate_all("all => all.map((node) => getComputedStyle(node, '::after').content)")
    assert inside and set(inside) <= {"none", "normal"}
    ink, paper = page.evaluate(
        "() => [document.querySelector('article p'), document.body]"
        ".map((node, index) => getComputedStyle(node)[['color', 'backgroundColor'][index]])"
    )
    assert brightness(paper) > 240
    assert brightness(ink) < 110


def test_the_course_on_one_sheet_prints_on_two_to_four_pages(page: Page, site: Site) -> None:
    """As the page promises."""
    page.goto(site.url + "study/summary/")
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert 2 <= len(pages) <= 4


def brightness(color: str) -> float:
    """The mean of the channels of a computed color; an unpainted background is white paper."""
    channels = [float(part) for part in re.findall(r"[\d.]+", color)]
    return 255.0 if len(channels) == 4 and channels[3] == 0 else sum(channels[:3]) / 3
