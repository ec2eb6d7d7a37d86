"""Without any script: all of the text, and every answer."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.built import PAGES, Site

pytestmark = pytest.mark.browser

HIDDEN = """() => [...document.querySelectorAll("article :is(h1, h2, h3, p, li, td, th, svg, math, summary)")]
  .filter((node) => node.textContent.trim() && !node.parentElement.closest("details, svg, math"))
  .filter((node) => !node.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .map((node) => node.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A browser in which scripts are turned off."""
    return {**browser_context_args, "java_script_enabled": False}


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_complete_without_script(address: str, page: Page, site: Site) -> None:
    """All text is shown but the answers, which open where they stand."""
    page.goto(site.url + address)
    expect(page.locator("article h1")).to_be_visible()

    assert page.evaluate(HIDDEN) == []
    for details in page.locator("article details:not(details details)").all()[:3]:
        expect(details).to_have_js_property("open", False)
        details.locator("> summary").click()
        expect(details.locator("> :not(summary)").first).to_be_visible()


def test_scripts_are_really_off(page: Page, site: Site) -> None:
    """Otherwise the test above would say nothing."""
    page.goto(site.url)

    expect(page.locator("html.no-js")).to_have_count(1)
