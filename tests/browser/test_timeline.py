"""The timeline: filtered, walked through and linked to by role and keyboard; without script a whole list."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from macros.catalogue import load
from tests.browser.test_pages import TOO_WIDE, VIOLATIONS, visit
from tests.built import Site

pytestmark = pytest.mark.browser

HERE = "foundations/timeline/"
EVENTS = sorted(load().timeline, key=lambda row: row.date)
BOXES = """(list) => [list, ...list.querySelectorAll("[role=option]")]
  .filter((o) => o.checkVisibility()).map((o) => {
  const { left, right, top, bottom } = o.getBoundingClientRect();
  return [left, right, top, bottom];
})"""


def opened(page: Page, site: Site, query: str = "") -> Locator:
    """The timeline, with its script at work."""
    page.goto(f"{site.url}{HERE}{query}")
    timeline = page.locator("time-line")
    timeline.scroll_into_view_if_needed()
    expect(timeline).to_have_attribute("data-ready", "")
    return timeline


def titles(timeline: Locator) -> list[str]:
    """What the list shows."""
    return timeline.locator("ol.timeline > li:visible > strong").all_text_contents()


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Events on an axis").get_by_role("option")


def chosen(page: Page) -> Locator:
    return page.locator("[role=option][aria-selected=true]:visible")


def box(page: Page, strand: str) -> Locator:
    return page.get_by_role("checkbox", name=strand)


@pytest.mark.parametrize("engine", ["mkdocs", "zensical"])
def test_what_happened_in_audio_between_2016_and_2020(
    engine: str, page: Page, sites: dict[str, Site]
) -> None:
    timeline = opened(page, sites[engine])
    expect(timeline.get_by_role("status").first).to_have_text(f"{len(EVENTS)} events.")
    box(page, "Sound and video").check()
    page.get_by_label("From year").select_option("2016")
    page.get_by_label("to year").select_option("2020")

    answer = [e.title for e in EVENTS if e.strand == "audio-video" and "2016" <= e.date[:4] <= "2020"]
    assert answer[:2] == ["WaveNet", "Tacotron"] and len(answer) == 4
    assert titles(timeline) == answer
    assert options(page).all_text_contents() == answer
    expect(timeline.get_by_role("status").first).to_have_text(f"4 of {len(EVENTS)} events shown.")


def test_arrow_keys_walk_through_time_and_between_strands(page: Page, site: Site) -> None:
    opened(page, site)
    expect(page.locator("[role=option][tabindex='0']")).to_have_count(1)
    box(page, "Alignment").focus()
    page.keyboard.press("Tab")
    for event in EVENTS[:4]:
        expect(chosen(page)).to_be_focused()
        assert chosen(page).get_attribute("aria-label", timeout=1000).startswith(f"{event.title}, ")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    expect(chosen(page)).to_have_text(EVENTS[-1].title)
    page.keyboard.press("ArrowRight")
    expect(chosen(page)).to_have_text(EVENTS[-1].title)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    lane = page.get_by_role("group", name="Sequences").get_by_role("option", selected=True)
    expect(lane).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("#event-mcculloch-pitts")).to_be_focused()
    expect(page).to_have_url(re.compile(HERE))  # no key of the theme has turned the page


def test_a_chosen_event_leads_to_its_chapter_its_source_and_its_relatives(page: Page, site: Site) -> None:
    opened(page, site)
    page.get_by_role("option", name="InstructGPT,").click()
    card = page.get_by_role("group", name="Chosen event")
    expect(card).to_contain_text("Builds on ")
    expect(card.get_by_role("link", name="Conditioning")).to_have_attribute(
        "href", re.compile("llms/conditioning/$")
    )
    expect(card.locator("a.cite")).to_have_attribute("href", re.compile("#ref-"))
    led = [e.title for e in EVENTS if "instructgpt" in e.based_on]
    assert led and card.locator(".led-to a").all_text_contents() == led
    expect(page.locator(".axis__links path.child")).to_have_count(len(led))
    card.get_by_role("link", name=led[0], exact=True).click()
    expect(chosen(page)).to_have_text(led[0])
    expect(chosen(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(chosen(page)).to_have_count(0)


def test_eras_zoom_and_their_buttons_say_where_one_is(page: Page, site: Site) -> None:
    timeline = opened(page, site)
    page.get_by_role("button", name="Transformers 2017–2019").click()
    assert titles(timeline) == [e.title for e in EVENTS if "2017" <= e.date[:4] <= "2019"]
    expect(page.get_by_role("button", pressed=True)).to_have_text("Transformers 2017–2019")
    expect(page.get_by_label("From year")).to_have_value("2017")


@pytest.mark.parametrize("width", [1280, 768])
def test_no_label_lies_on_another(width: int, page: Page, site: Site) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, site)
    for zoom in ("All", "Assistants", "Deep networks"):
        page.get_by_role("button", name=f"{zoom} ").click()
        (first, last, highest, lowest), *boxes = page.get_by_role("listbox").evaluate(BOXES)
        assert len(boxes) > 10
        for i, (left, right, top, bottom) in enumerate(boxes):
            assert first - 1 <= left and right <= last + 1
            assert top >= highest - 1 and bottom <= lowest + 1
            for x, x2, y, y2 in boxes[:i]:
                assert x2 <= left or right <= x or y2 <= top + 1 or bottom <= y + 1


def test_the_address_keeps_filters_and_choice_over_reload_and_navigation(page: Page, site: Site) -> None:
    timeline = opened(page, site, "?table-timeline.sort=-date")
    page.get_by_label("Find").fill("RÁW  Sound")
    expect(page).to_have_url(re.compile(r"table-timeline\.sort=-date&timeline\.q=R%C3%81W"))
    assert titles(timeline) == ["WaveNet", "Jukebox"]
    page.get_by_label("Find").fill("")
    page.get_by_role("button", name=re.compile("^Scale ")).click()
    box(page, "Images").check()
    page.get_by_role("option", name="DDIM,").focus()
    expect(page).to_have_url(
        re.compile("from=2020&timeline.to=2021&timeline.strand=images&timeline.at=ddim$")
    )
    before = titles(timeline)

    page.reload()
    timeline.scroll_into_view_if_needed()
    expect(chosen(page)).to_have_text("DDIM")
    assert titles(timeline) == before
    page.evaluate("window.marker = 1")
    page.get_by_role("link", name="Modalities: what goes in").first.click()
    expect(page).to_have_title(re.compile("Modalities"))
    page.go_back()
    timeline.scroll_into_view_if_needed()
    expect(chosen(page)).to_have_text("DDIM")
    assert titles(timeline) == before
    assert page.evaluate("window.marker") == 1
    expect(page.locator(".time-line__view")).to_have_count(1)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_label("Find")).to_be_focused()
    assert len(titles(timeline)) == len(EVENTS)


EVIL = "<img src=x onerror=window.bad=1>"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?timeline.strand=nosuch&timeline.from=soon", "strand, from"),
        ("?timeline.from=2020&timeline.to=2016", "from after to"),
        (f"?timeline.at={quote(EVIL)}&timeline.{quote(EVIL)}=1", "<img"),
        (f"?timeline.q={'a' * 9000}", "an address of 9,?0"),
    ],
)
def test_a_wrong_address_is_told_and_shows_everything(query: str, told: str, page: Page, site: Site) -> None:
    timeline = opened(page, site, query)
    expect(timeline.locator(".tool-notice")).to_contain_text(re.compile(told))
    assert len(titles(timeline)) == len(EVENTS)
    assert page.evaluate("window.bad") is None


def test_what_nothing_fits_is_text_and_has_a_way_out(page: Page, site: Site) -> None:
    timeline = opened(page, site)
    for text in (".*", "[a-z", EVIL, "no such event"):
        page.get_by_label("Find").fill(text)
        assert titles(timeline) == []
        expect(timeline.get_by_role("status").first).to_contain_text("none fits all filters")
        expect(page.get_by_role("listbox")).to_be_hidden()
    page.get_by_role("button", name="Clear filters").click()
    assert len(titles(timeline)) == len(EVENTS)
    assert page.evaluate("window.bad") is None


def test_a_link_to_an_event_that_is_filtered_out_shows_it(page: Page, site: Site) -> None:
    timeline = opened(page, site, "?timeline.q=InstructGPT&timeline.strand=alignment")
    parent = timeline.locator("#event-instructgpt .based-on a").first
    title = parent.text_content() or ""
    count = len(titles(timeline))
    parent.click()
    expect(timeline.locator(".tool-notice")).to_contain_text("One event more is shown than the filters let")
    assert len(titles(timeline)) == count + 1
    entry = timeline.locator("ol.timeline > li:focus")
    expect(entry.locator("> strong")).to_have_text(title)
    expect(entry).to_be_in_viewport()
    expect(page).to_have_url(
        re.compile(r"\?timeline\.q=InstructGPT&timeline\.strand=alignment&timeline\.at=")
    )
    page.reload()
    timeline.scroll_into_view_if_needed()
    expect(chosen(page)).to_have_text(title)
    assert len(titles(timeline)) == count + 1
    page.get_by_label("Find").fill("InstructGPT ")
    assert len(titles(timeline)) == count
    page.evaluate("location.hash = 'event-gpt-3'")
    expect(chosen(page)).to_have_text("GPT-3")


def test_filters_stay_with_an_address_that_names_an_event_and_with_one_that_is_broken(
    page: Page, site: Site
) -> None:
    images = [e.title for e in EVENTS if e.strand == "images"]
    timeline = opened(page, site, "?timeline.strand=images#event-gpt-3")
    assert set(titles(timeline)) == {*images, "GPT-3"}
    page.goto("about:blank")
    timeline = opened(page, site, "?timeline.strand=images#%")
    assert titles(timeline) == images


def test_what_is_chosen_is_told_in_sight_on_a_tall_axis(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    timeline = opened(page, site)
    mark = timeline.get_by_role("option", name="AlexNet,")
    mark.click()
    card = page.get_by_label("Chosen event")
    expect(card).to_contain_text("AlexNet")
    expect(card).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(card).not_to_contain_text("AlexNet")
    mark.click()
    expect(card).to_contain_text("AlexNet")
    page.keyboard.press("Home")
    expect(card).to_be_in_viewport()
    box, over = chosen(page).bounding_box(), card.bounding_box()
    assert box and over and box["y"] + box["height"] <= over["y"]  # not behind it


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_serves_everybody_with_filters_and_an_event_chosen(
    width: int, scheme: str, page: Page, site: Site
) -> None:
    visit(page, f"{site.url}{HERE}?timeline.from=2016&timeline.to=2022&timeline.at=transformer", scheme)
    page.locator("time-line").scroll_into_view_if_needed()
    expect(page.locator("time-line[data-ready]")).to_have_count(1)
    page.set_viewport_size({"width": width, "height": 844})
    expect(page.get_by_role("listbox")).to_be_visible(visible=width == 1280)
    assert page.evaluate(VIOLATIONS) == []
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.get_by_role("listbox")).to_be_hidden()
    box(page, "Alignment").check()
    assert page.evaluate(TOO_WIDE) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.add_style_tag(content="html { font-size: 250% !important }")  # the theme's normal size is 125 %
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("document.getAnimations().length") == 0  # reduced motion


def test_forced_colors_show_dots_lines_and_the_choice(page: Page, site: Site) -> None:
    page.emulate_media(forced_colors="active")
    opened(page, site, "?timeline.from=2021&timeline.to=2022&timeline.at=chatgpt")
    style = "(e, [part, name]) => getComputedStyle(e, part)[name]"
    paper = page.locator("body").evaluate(style, ["", "backgroundColor"])
    assert chosen(page).evaluate(style, ["::before", "backgroundColor"]) != paper
    assert chosen(page).evaluate(style, ["", "outlineStyle"]) == "solid"
    assert page.locator(".axis__links path").first.evaluate(style, ["", "stroke"]) not in ("none", paper)


def test_print_has_the_list_that_is_shown_and_no_controls(page: Page, site: Site) -> None:
    timeline = opened(page, site, "?timeline.strand=audio-video&timeline.at=sora")
    page.emulate_media(media="print")
    for hidden in (page.get_by_role("listbox"), page.get_by_label("Find"), page.get_by_label("Chosen event")):
        expect(hidden).to_be_hidden()
    expect(page.get_by_role("status").first).to_have_text(re.compile("^9 of"))
    assert titles(timeline) == [e.title for e in EVENTS if e.strand == "audio-video"]


def test_without_script_the_list_is_whole_and_no_room_is_kept(browser: Browser, site: Site) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site.url}{HERE}?timeline.q=nothing")
    timeline = page.locator("time-line")
    assert titles(timeline) == [e.title for e in EVENTS]
    gap = "e => e.querySelector('li').getBoundingClientRect().top - e.getBoundingClientRect().top"
    assert timeline.evaluate(gap) < 60
    page.close()


def test_a_question_mark_lists_the_keys(page: Page, site: Site) -> None:
    opened(page, site)
    page.keyboard.press("?")
    keys: Any = page.get_by_role("dialog", name="Keys of this page")
    expect(keys.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(keys).to_contain_text("nearest event of the strand above, below")
