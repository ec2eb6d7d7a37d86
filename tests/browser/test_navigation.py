"""Moving about: without a mouse, without reloading, and by search."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.built import CHAPTERS, PAGES, Site

pytestmark = pytest.mark.browser

ENGINES = ("mkdocs", "zensical")

# Everything that a mouse could use and that is shown at the moment. The theme hides check boxes and radio
# buttons behind their labels; a label is counted by the control that it names.
REACHABLE = """() => {
  const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && node.getClientRects().length && !node.closest("[inert]");
  const all = [...document.querySelectorAll("a[href], button, summary, input, select, textarea, [tabindex='0']")]
    .filter((node) => shown(node) && !node.disabled && node.tabIndex >= 0);
  all.forEach((node, index) => { node.dataset.stop = index });
  return all.map((node) => `${node.tagName} ${node.className} ${node.textContent.trim().slice(0, 40)}`);
}"""
STOP = """() => {
  const node = document.activeElement;
  const style = getComputedStyle(node);
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return [node.dataset.stop ?? "", ring || style.boxShadow !== "none", node.outerHTML.slice(0, 100)];
}"""


@pytest.fixture
def alive(page: Page) -> Page:
    """A page on a desk."""
    page.set_viewport_size({"width": 1280, "height": 900})
    return page


@pytest.mark.parametrize("engine", ENGINES)
def test_a_page_stays_alive_when_another_is_opened(engine: str, alive: Page, sites: dict[str, Site]) -> None:
    """Instant navigation: there, back and on, without loading the theme again."""
    site = sites[engine]
    first, second = CHAPTERS[:2]
    alive.goto(site.url + first)
    alive.evaluate("window.marker = 'kept'")
    title = alive.title()
    link = alive.locator(f".md-nav--primary a[href$='{second}']:visible").first
    link.click()
    expect(alive).to_have_url(re.compile(f"{second}$"))
    expect(alive).not_to_have_title(title)
    alive.go_back()
    expect(alive).to_have_title(title)

    assert alive.evaluate("window.marker") == "kept"
    assert alive.locator("article h1").count() == 1


@pytest.mark.parametrize("address", ["", CHAPTERS[0]])
def test_the_tab_key_reaches_everything(address: str, alive: Page, site: Site) -> None:
    """Every link, button and question gets the focus in turn, and shows it."""
    alive.goto(site.url + address)
    alive.evaluate("document.fonts.ready")
    wanted = alive.evaluate(REACHABLE)
    reached: set[str] = set()
    unseen: list[str] = []
    for _ in range(len(wanted) + 20):
        alive.keyboard.press("Tab")
        stop, visible, html = alive.evaluate(STOP)
        if stop in reached:
            break
        reached.add(stop)
        unseen += [] if visible else [html]

    assert [name for index, name in enumerate(wanted) if str(index) not in reached] == []
    assert unseen == []


def first_of(kind: str, page: Page, site: Site) -> Locator:
    """The first question or quiz of the site."""
    for address in PAGES:
        if re.search(rf'class="[^"]*\b{kind}\b', site.html(address)):
            page.goto(site.url + address)
            return page.locator(f"article .{kind}").first
    raise AssertionError(f"the site has no {kind}")


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize("kind", ["question", "quiz"])
def test_an_answer_opens_by_keyboard(kind: str, key: str, alive: Page, site: Site) -> None:
    """The answer is hidden until asked for, and needs no mouse; a second key press hides it again."""
    item = first_of(kind, alive, site)
    details = item.locator("xpath=descendant-or-self::details").last
    summary = details.locator("> summary")
    expect(details).not_to_have_attribute("open", re.compile(""))
    summary.focus()
    alive.keyboard.press(key)
    expect(details).to_have_attribute("open", re.compile(""))
    expect(details.locator("> :not(summary)").first).to_be_visible()
    alive.keyboard.press(key)
    expect(details).not_to_have_attribute("open", re.compile(""))


def test_a_link_to_a_question_leads_there(alive: Page, site: Site) -> None:
    """The permanent id is an address."""
    name = first_of("question", alive, site).get_attribute("id")
    alive.goto(f"{alive.url}#{name}")

    expect(alive.locator(f"#{name}")).to_be_in_viewport()


@pytest.mark.parametrize("engine", ENGINES)
def test_search_opens_a_hit(engine: str, alive: Page, sites: dict[str, Site]) -> None:
    """A word of a chapter is found, and Enter opens it, all by keyboard."""
    alive.goto(sites[engine].url)
    alive.keyboard.press("/")
    field = alive.locator("input[type=search]:visible, .md-search input:visible, [role=combobox]:visible").first
    field.fill("attention")
    hit = alive.get_by_role("link", name=re.compile("attention", re.IGNORECASE)).and_(
        alive.locator("[class*=search] a, .md-search a, ol a")
    )
    expect(hit.first).to_be_visible()
    alive.keyboard.press("Enter")

    expect(alive).to_have_url(re.compile(r"/[a-z-]+/"))


def test_the_search_index_waits(alive: Page, site: Site) -> None:
    """The page's own parts are asked for before the index of the search."""
    asked: list[str] = []
    alive.on("request", lambda request: asked.append(request.url))
    with alive.expect_request("**/search_index.json"):
        alive.goto(site.url)
    index = next(place for place, url in enumerate(asked) if url.endswith("search_index.json"))

    assert [url for url in asked[index:] if url.endswith((".css", ".js")) and "/workers/" not in url] == []
