"""Every page in a browser, once in each color scheme: accessible, and readable at every size."""

from __future__ import annotations

import os
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.built import PAGES, Site

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"  # `make test-long`
SCHEMES = {"light": "default", "dark": "slate"}

OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true })"
VIOLATIONS = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"], preload: false });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) =>
    `${id}: ${node.target.join(" ")}: ${node.html.slice(0, 120)}: ${node.failureSummary.split("\\n")[1]}`));
}"""
# Names what sticks out, because the mere width of a page says nothing to whoever has to mend it. What a box
# that can be scrolled by itself contains does not widen the page.
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const held = (node) => node && (getComputedStyle(node).overflowX !== "visible" || held(node.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter((node) => node.getBoundingClientRect().right > room + 1 && !held(node.parentElement))
    .map((node) => `${node.tagName} ${node.className} ${Math.round(node.getBoundingClientRect().right)}`)
    .concat(`${document.documentElement.scrollWidth} > ${room}`).slice(-8);
}"""

# A formula in a line does not wrap, and the article hides what sticks out of it: the end could not be read.
CUT_OFF = """() => [...document.querySelectorAll("article :is(p, li, dd) math")]
  .filter((math) => !math.closest(".maths, .table-scroll, .md-typeset__scrollwrap"))
  .filter((math) => math.getBoundingClientRect().right > document.documentElement.clientWidth)
  .map((math) => `split it in two: $${math.getAttribute("alttext")}$`)"""


def visit(page: Page, url: str, scheme: str) -> None:
    """Open a page in a color scheme, as a reader's system asks for it, with every answer shown."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(url)
    page.evaluate(OPEN_ALL)
    page.evaluate(AXE)


ALL = [(address, scheme) for address in [*PAGES, "404.html"] for scheme in SCHEMES]
CASES = ALL if LONG else [case for i, case in enumerate(ALL) if i % 4 in (0, 3)]
"""The short run shows every page once: the first in light, the second in dark, and so on."""


@pytest.mark.parametrize(("address", "scheme"), CASES)
def test_a_page_serves_everybody(address: str, scheme: str, page: Page, site: Site) -> None:
    """No axe violation on a desk or a phone; no sideways scrolling on a small phone or with big text.

    Axe takes most of the suite's time. In the short run it reads a light page as on a desk and a dark one as
    on a phone; in the long run every page in all four ways.
    """
    visit(page, site.url + address, scheme)
    found: dict[str, list[str]] = {}
    if LONG or scheme == "light":
        found["at 1280 px"] = page.evaluate(VIOLATIONS)
    page.set_viewport_size({"width": 390, "height": 844})
    if LONG or scheme == "dark":
        found["at 390 px"] = page.evaluate(VIOLATIONS)
    page.set_viewport_size({"width": 360, "height": 740})
    found["too wide at 360 px"] = page.evaluate(TOO_WIDE)
    found["cut off at 360 px"] = page.evaluate(CUT_OFF)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.add_style_tag(content="html { font-size: 250% !important }")  # the theme's normal size is 125 %
    found["too wide with text at 200 %"] = page.evaluate(TOO_WIDE)

    wrong = [f"{what}: {place}" for what, places in found.items() for place in places]
    assert not wrong, "\n".join(wrong)
    assert page.locator("body").get_attribute("data-md-color-scheme") == SCHEMES[scheme]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("address", PAGES[:: max(1, len(PAGES) // 4)][:4])
def test_the_second_engine_serves_everybody(address: str, scheme: str, page: Page, next_site: Site) -> None:
    """The same, on a sample of the other build."""
    visit(page, next_site.url + address, scheme)
    found = page.evaluate(VIOLATIONS)
    page.set_viewport_size({"width": 360, "height": 740})

    wrong = found + page.evaluate(TOO_WIDE)
    assert not wrong, "\n".join(wrong)


def test_errors_in_a_page_are_noticed(page: Page, site: Site, problems: list[str]) -> None:
    """The watch that all browser tests rely on sees what it should."""
    page.goto(site.url)
    page.evaluate("setTimeout(() => { throw new Error('planted') })")
    page.evaluate("console.error('planted')")
    page.evaluate("fetch('https://example.org/').catch(() => {})")
    page.evaluate("document.head.appendChild(document.createElement('script')).text = 'window.bad = 1'")
    page.locator("body").evaluate("() => new Promise((done) => setTimeout(done, 50))")
    text = "\n".join(problems)
    problems.clear()

    assert page.evaluate("window.bad") is None
    for sign in ("uncaught: planted", "console: planted", "connect-src", "script-src-elem"):
        assert sign in text
