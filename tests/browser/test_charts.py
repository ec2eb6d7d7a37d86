"""Charts: marks tell their words, families are brought out, the scale changes, the table is one link away."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from macros.catalogue import DOCS, load
from macros.schema import Figure
from tests.browser.test_pages import TOO_WIDE, VIOLATIONS, visit
from tests.built import Site

pytestmark = pytest.mark.browser

HERE = "llms/models/"
SIZES = [m for m in load().models if isinstance(m.parameters, Figure) and m.parameters.number is not None]
PLACES = """(marks) => marks.map((mark) => {
  const frame = mark.ownerSVGElement.getBoundingClientRect(); // checking a radio button scrolls the page
  const { left, top, width, height } = mark.querySelector("circle, path").getBoundingClientRect();
  return [left + width / 2 - frame.left, top + height / 2 - frame.top];
})"""


def opened(page: Page, site: Site, query: str = "", name: str = "parameters", at: str = HERE) -> Locator:
    """A chart with its script at work."""
    page.goto(f"{site.url}{at}{query}")
    return ready(page, name)


def ready(page: Page, name: str = "parameters") -> Locator:
    chart = page.locator(f"figure[id$='-{name}']")
    chart.scroll_into_view_if_needed()
    expect(chart.locator("data-chart")).to_have_attribute("data-ready", "")
    return chart


def mark(chart: Locator, name: str) -> Locator:
    return chart.get_by_role("img", name=re.compile(f"^{re.escape(name)}: "))


def tip(chart: Locator) -> Locator:
    return chart.locator(".chart__tip")


def test_marks_are_one_tab_stop_and_arrow_keys_step_through_them(page: Page, site: Site) -> None:
    chart = opened(page, site)
    expect(chart.locator("[role=img][tabindex='0']")).to_have_count(1)
    chart.get_by_role("combobox", name="Bring out").focus()
    page.keyboard.press("Tab")
    said = chart.locator("[role=img]").evaluate_all("marks => marks.map((m) => m.ariaLabel)")
    for words in said[:3]:
        expect(chart.locator("[role=img]:focus")).to_have_attribute("aria-label", words)
        expect(tip(chart)).to_have_text(words)
        page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    expect(tip(chart)).to_have_text(said[-1])
    heights = []
    for _ in range(3):
        page.keyboard.press("ArrowUp")
        heights.append(float(chart.locator("[role=img]:focus").get_attribute("data-value") or 0))
    assert heights == sorted(heights)
    page.keyboard.press("Escape")
    expect(tip(chart)).to_be_hidden()
    expect(chart.locator("[role=img][tabindex='0']")).to_have_count(1)
    expect(page).to_have_url(re.compile(HERE))  # no key of the theme has turned the page


def test_a_pointer_near_a_mark_shows_its_words(page: Page, site: Site) -> None:
    chart = opened(page, site)
    box = mark(chart, "GPT-1").locator("circle").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] + 6)
    expect(tip(chart)).to_have_text(re.compile("^GPT-1: 117 M, 11 June 2018$"))
    page.mouse.move(5, 5)
    expect(tip(chart)).to_be_hidden()


def test_a_linear_scale_puts_marks_where_their_values_are_and_says_so(page: Page, site: Site) -> None:
    chart = opened(page, site)
    marks = chart.locator("[role=img]")
    values = [float(v) for v in marks.evaluate_all("marks => marks.map((m) => m.dataset.value)")]
    before = marks.evaluate_all(PLACES)
    chart.get_by_role("radio", name="linear").check()
    after = marks.evaluate_all(PLACES)
    (least, most) = (values.index(pick(values)) for pick in (min, max))
    per_unit = (after[least][1] - after[most][1]) / (values[most] - values[least])
    for value, (x, y), (x0, _) in zip(values, after, before):
        assert x == pytest.approx(x0, abs=0.6)
        assert y == pytest.approx(after[least][1] - (value - values[least]) * per_unit, abs=0.6)
    ticks = chart.locator(".ticks text").all_text_contents()
    assert ticks[0] == "0" and "500 B" in ticks
    for words in (chart.locator("figcaption"), chart.locator("svg"), chart.locator("svg title")):
        expect(words).to_contain_text("linear")
        expect(words).not_to_contain_text("logarithmic")
    chart.get_by_role("radio", name="logarithmic").check()
    for now, then in zip(marks.evaluate_all(PLACES), before, strict=True):
        assert now == pytest.approx(then)
    expect(chart.locator("figcaption")).to_contain_text("(logarithmic)")


def test_a_family_is_brought_out_and_the_table_shows_it(page: Page, site: Site) -> None:
    chart = opened(page, site, "?table-models.q=a")
    chart.get_by_role("combobox", name="Bring out").select_option("llama")
    llamas = [m for m in SIZES if m.family == "llama"]
    expect(chart.locator("[role=img]:not(.dim)")).to_have_count(len(llamas))
    expect(chart.get_by_role("status").first).to_have_text(re.compile(f"^{len(llamas)} of "))
    named = chart.locator(".labels text").all_text_contents()
    assert named and set(named) <= {m.name for m in llamas}
    chart.get_by_role("combobox", name="Bring out").focus()
    page.keyboard.press("Tab")
    for _ in llamas[1:]:
        page.keyboard.press("ArrowRight")
        expect(chart.locator(".mark:focus:not(.dim)")).to_have_count(1)
    chart.get_by_role("link", name="The models as a table, by size (only Llama)").click()
    rows = page.locator("#table-models tbody tr:visible th")
    expect(page.locator("#table-models")).to_be_in_viewport()
    expect(rows).to_have_count(sum(m.family == "llama" for m in load().models))
    assert rows.first.text_content() == max(llamas, key=lambda m: m.parameters.number).name
    ready(page)
    expect(chart.locator("[role=img]:not(.dim)")).to_have_count(len(llamas))  # it has lost nothing


def test_the_address_keeps_scale_and_family_and_tells_what_is_wrong(page: Page, site: Site) -> None:
    chart = opened(page, site)
    chart.get_by_role("radio", name="linear").check()
    chart.get_by_role("combobox", name="Bring out").select_option("gpt")
    expect(page).to_have_url(
        re.compile(r"chart-parameters\.scale=linear&chart-parameters\.family=gpt$"), timeout=30_000
    )
    page.reload()
    expect(ready(page).get_by_role("radio", name="linear")).to_be_checked()
    expect(chart.locator(".scale-word").first).to_have_text("linear")
    other = ready(page, "context")
    expect(other.get_by_role("radio", name="logarithmic")).to_be_checked()
    wrong = "?chart-parameters.scale=<b>&chart-parameters.family=nosuch&chart-parameters.x=1"
    chart = opened(page, site, wrong)
    expect(chart.locator(".tool-notice")).to_contain_text("left out: scale, family, x.")
    expect(chart.locator(".dim")).to_have_count(0)


def test_the_costs_lead_to_the_table_folded_away_below(page: Page, site: Site) -> None:
    chart = opened(page, site, name="cost", at="foundations/challenges/")
    expect(chart.get_by_role("combobox")).to_have_count(0)
    chart.get_by_role("radio", name="linear").check()
    spots = chart.locator("[role=img]").evaluate_all(PLACES)
    assert [x for x, _ in spots] == sorted(x for x, _ in spots)
    chart.get_by_role("link", name="The runs as a table, by cost").click()
    expect(page.locator("#table-scaling")).to_be_visible()
    expect(chart.get_by_role("radio", name="linear")).to_be_checked()


@pytest.mark.parametrize(
    ("at", "name", "scales"),
    [("language/transformer/", "speed", 2), ("language/sequence-models/", "position", 0)],
)
def test_measurements_of_the_miniatures_tell_their_words(
    at: str, name: str, scales: int, page: Page, site: Site
) -> None:
    chart = opened(page, site, name=name, at=at)
    expect(chart.get_by_role("radio")).to_have_count(scales)
    chart.locator("[role=img][tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    words = chart.locator("[role=img]").nth(1).get_attribute("aria-label") or ""
    expect(tip(chart)).to_have_text(words)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_chart_on_a_linear_scale_serves_everybody(width: int, scheme: str, page: Page, site: Site) -> None:
    query = "?chart-cost.scale=linear"
    visit(page, f"{site.url}foundations/challenges/{query}", scheme)
    chart = ready(page, "cost")
    page.set_viewport_size({"width": width, "height": 844})
    chart.locator("[role=img][tabindex='0']").focus()
    assert page.evaluate(VIOLATIONS) == []
    page.set_viewport_size({"width": 360, "height": 740})
    expect(tip(chart)).to_be_visible()
    assert page.evaluate(TOO_WIDE) == []
    page.add_style_tag(content="html { font-size: 250% !important }")  # the theme's normal size is 125 %
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.evaluate(TOO_WIDE) == []
    page.emulate_media(forced_colors="active")
    shape = chart.locator("[role=img]:focus").locator("circle, path").first
    stroke = shape.evaluate("(node) => getComputedStyle(node).stroke")
    assert stroke != page.locator("body").evaluate("(node) => getComputedStyle(node).backgroundColor")
    page.emulate_media(forced_colors="active", media="print")
    expect(chart.get_by_role("radio").first).to_be_hidden()
    expect(tip(chart)).to_be_hidden()
    expect(chart.locator("figcaption")).to_contain_text("(linear)")


def test_without_script_each_mark_still_tells_its_words(browser: Browser, site: Site) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site.url}{HERE}?chart-parameters.family=gpt")
    chart = page.locator("#chart-parameters")
    expect(chart.locator(".dim")).to_have_count(0)
    mark(chart, "GPT-1").focus()
    assert mark(chart, "GPT-1").locator(".tip").evaluate("e => getComputedStyle(e).opacity") == "1"
    expect(chart.get_by_role("link", name="The models as a table, by size")).to_be_visible()
    page.close()


@pytest.mark.parametrize("files", [("core/timeline", "ui/time-line"), ("core/chart", "ui/data-chart")])
def test_the_scripts_are_small(files: tuple[str, str]) -> None:
    sizes = [len(gzip.compress(Path(DOCS / f"assets/js/{file}.js").read_bytes())) for file in files]
    assert sum(sizes) <= 10_000
