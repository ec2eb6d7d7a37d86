"""Moving about: without a mouse, without reloading, and by search."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.built import CHAPTERS, PAGES, Site

pytestmark = pytest.mark.browser

ENGINES = ("mkdocs", "zensical")

# Every control gets a number; what is wanted is what is shown and may have the focus.
REACHABLE = """() => {
  const first = (selector) => document.querySelector(selector);
  const one = (name) => first(`[name="${name}"]:checked`) ?? first(`[name="${name}"]`);
  const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  return [...document.querySelectorAll("a[href], button, summary, input, select, textarea, [tabindex]")]
    .filter((node, index) => { node.dataset.stop = index; return node.tabIndex >= 0 && shown(node); })
    // Of the radio buttons of a group one is a stop, the one that is on or the first; arrow keys do the rest.
    .filter((node) => node.type !== "radio" || node === one(node.name))
    .map((node) => [node.dataset.stop, node.outerHTML.slice(0, 100)]);
}"""
# The caret shows where a text field has the focus; the theme shows a radio button's next label in its place.
# What a script made meanwhile gets a number when it is reached.
STOP = """() => {
  const node = document.activeElement;
  if (node === document.body) return [null, false, ""];
  node.dataset.stop ??= `later-${window.later = (window.later ?? 0) + 1}`;
  const ringed = [node, (node.matches("[type=radio]") && node.nextElementSibling) || node].some((one) => {
    const style = getComputedStyle(one);
    const ringed = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return ringed || style.boxShadow !== "none";
  });
  const dot = node.querySelector(":scope.mark > :is(circle, path)"); // its edge is drawn thick instead
  const edged = dot && parseFloat(getComputedStyle(dot).strokeWidth) >= 4;
  const typed = node.matches("[type=text], [type=search]");
  return [node.dataset.stop, ringed || edged || typed, node.outerHTML.slice(0, 100)];
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
    link = alive.locator(f"a[href$='{second}']:visible").first
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
    alive.evaluate("dispatchEvent(new Event('beforeprint'))")  # wakes every element, with its controls
    alive.wait_for_function("() => !document.querySelector('article :not(:defined)')")
    wanted = dict(alive.evaluate(REACHABLE))
    reached: dict[str, bool] = {}
    for _ in range(2 * len(wanted) + 20):
        alive.keyboard.press("Tab")
        stop, seen, html = alive.evaluate(STOP)
        if stop is None or stop in reached:  # back at the beginning
            break
        reached[stop] = seen
        wanted.setdefault(stop, html)

    assert [html for stop, html in wanted.items() if stop not in reached] == []
    assert [wanted[stop] for stop, seen in reached.items() if not seen] == []


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
    expect(details).to_have_js_property("open", False)
    summary.focus()
    alive.keyboard.press(key)
    expect(details).to_have_js_property("open", True)
    expect(details.locator("> :not(summary)").first).to_be_visible()
    alive.keyboard.press(key)
    expect(details).to_have_js_property("open", False)


def test_a_link_to_a_question_leads_there(alive: Page, site: Site) -> None:
    """The permanent id is an address."""
    name = first_of("question", alive, site).get_attribute("id")
    alive.goto(f"{alive.url}#{name}")

    expect(alive.locator(f"#{name}")).to_be_in_viewport()


@pytest.mark.parametrize("engine", ENGINES)
def test_search_opens_a_hit(engine: str, alive: Page, sites: dict[str, Site]) -> None:
    """A word of a chapter is found, and Enter opens it, all by keyboard."""
    alive.goto(sites[engine].url)
    for _ in range(100):  # the search listens to its key when it is ready, and that is nothing to wait for
        alive.keyboard.press("/")
        if alive.locator("input:focus").count():
            break
    alive.keyboard.type("attention")
    # The first hit waits for the whole index, which a busy machine takes its time to read.
    expect(alive.locator("a.md-search-result__link, a[role=option]").first).to_be_visible(timeout=20_000)
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
