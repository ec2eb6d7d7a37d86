"""Who follows an old link arrives at the new page, with the section and the query that the link had."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from macros.export import broken_links, export
from macros.pages import Page
from macros.redirects import write_redirects
from tests.built import listening, serve, url_of

pytestmark = pytest.mark.browser
NEW = '<meta charset="utf-8"><title>New</title><h1>New page</h1><h2 id="a">A</h2><h2 id="b">B</h2>'


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_old_address_leads_to_the_new_page(script: bool, browser: Browser, tmp_path: Path) -> None:
    """By script the reader's own section is kept; without, the one that the move names."""
    site = tmp_path / "site"
    (site / "new").mkdir(parents=True)
    (site / "new" / "index.html").write_text(NEW, "utf-8")
    (tmp_path / "redirects.yml").write_text("old/page.md: new.md#a\n", "utf-8")
    with listening() as server:
        pages = {"new.md": Page("new.md", "", 1, {"title": "New page"})}
        assert write_redirects(site, pages, url_of(server), tmp_path) == []
        assert export(site) == [] and broken_links(site) == []
        url = serve(server, site).url
        page = browser.new_context(java_script_enabled=script).new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))

        for asked, found in {
            "old/page/": "new/#a",
            "old/page/?q=gpt#b": "new/?q=gpt#b" if script else "new/#a",
        }.items():
            page.goto(f"{url}{asked}")
            expect(page.get_by_role("heading", name="New page")).to_be_visible()
            expect(page).to_have_url(f"{url}{found}")
        assert [text for text in refused if "Security" in text] == []
        page.context.close()
