"""From a name in a table to its card, and on to what built on it, by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from macros.catalogue import load
from tests.built import Site

pytestmark = pytest.mark.browser
MODELS = {row.id: row.name for row in load().models}


@pytest.mark.parametrize("engine", ["mkdocs", "zensical"])
def test_a_name_in_a_table_leads_to_its_card_and_on_to_its_relatives(
    engine: str, page: Page, sites: dict[str, Site]
) -> None:
    def follow(name: str, card: str) -> None:
        link = page.get_by_role("link", name=MODELS[name], exact=True).first
        link.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{sites[engine].url}data/models/#{card}")
        expect(page.locator(f"#{card}").get_by_role("heading")).to_be_in_viewport(timeout=20_000)

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(sites[engine].url + "llms/models/")
    follow("gpt-4", "gpt-4")
    card = page.locator("#gpt-4")
    expect(card.get_by_text("undisclosed").first).to_be_visible()
    expect(card.get_by_role("link", name="Language models")).to_be_visible()
    follow("gpt-4-turbo", "gpt-4-turbo")
    expect(page.locator("#gpt-4-turbo").get_by_role("link", name=MODELS["gpt-4"], exact=True)).to_be_visible()
