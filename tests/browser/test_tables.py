"""Tables to work with: sort, filter, choose columns, compare, take away, by role and keyboard."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pandas
import pytest
from playwright.sync_api import Locator, Page, expect

from macros.catalogue import load
from macros.schema import Figure
from tests.browser.test_pages import AXE, LONG, TOO_WIDE, VIOLATIONS
from tests.built import Site

pytestmark = pytest.mark.browser

MODELS = load().models
HERE = "llms/models/"
DATA = Path(__file__).resolve().parents[2] / "docs" / "data"
# Rows out of sight are not laid out, so they have no `innerText`.
NAME = """const name = ({ childNodes }) =>
  [...childNodes].filter((node) => node.nodeName !== "SUP").map((node) => node.textContent).join("");"""
SHOWN = "rows.filter((row) => !row.hidden)"
FIRST_CELLS = f"(rows) => {{ {NAME} return {SHOWN}.map((row) => name(row.cells[0])); }}"
NAMES_AND_MAKERS = (
    f"(rows) => {{ {NAME} return {SHOWN}.map((row) => [name(row.cells[0]), name(row.cells[2])]); }}"
)


class Table:
    """The first table of a page, as a reader finds it: by roles and names."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        self.whole = page.locator("data-table[data-ready]").first
        self.whole.scroll_into_view_if_needed()
        expect(self.whole).to_have_count(1)
        self.count = self.whole.get_by_role("status").filter(has_text=re.compile(r"rows?$|shown$|side$"))
        self.search = self.whole.get_by_role("searchbox", name="Filter rows")
        self.notice = self.whole.locator(".table-notice")

    def button(self, name: str) -> Locator:
        return self.whole.get_by_role("button", name=re.compile(f"^{re.escape(name)}"))

    def header(self, name: str) -> Locator:
        return self.whole.get_by_role("columnheader", name=re.compile(f"^{re.escape(name)}"))

    def group(self, name: str) -> Locator:
        return self.whole.get_by_role("group", name=name, exact=True)

    def names(self) -> list[str]:
        """What stands in the first column of the rows that are shown, from the top."""
        found: list[str] = self.whole.locator("table").first.locator("tbody tr").evaluate_all(FIRST_CELLS)
        return found

    def address(self, wanted: str) -> None:
        expect(self.page).to_have_url(re.compile(re.escape(wanted)))


@pytest.fixture
def table(page: Page, site: Site) -> Table:
    page.set_viewport_size({"width": 1280, "height": 900})
    return Table(page, site.url + HERE)


def size(model: Any) -> float | None:
    figure = model.parameters
    return figure.number if isinstance(figure, Figure) else None


def context(model: Any) -> float:
    return (isinstance(model.context, Figure) and model.context.number) or 0


def test_a_header_sorts_by_values_and_the_unknown_comes_last_both_ways(table: Table) -> None:
    known = [model.name for model in MODELS if size(model) is not None]
    head = table.header("Parameters")
    in_page = table.names()
    head.get_by_role("button").focus()
    table.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    upwards = table.names()
    sizes = {model.name: size(model) for model in MODELS}
    assert [sizes[n] for n in upwards[: len(known)]] == sorted(s for s in sizes.values() if s is not None)
    assert all(sizes[name] is None for name in upwards[len(known) :])
    table.address("?table-models.sort=parameters")

    table.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    downwards = table.names()
    assert sizes[downwards[0]] == max(s for s in sizes.values() if s is not None)
    assert downwards[len(known) :] == upwards[len(known) :] == [n for n in in_page if sizes[n] is None]

    table.page.keyboard.press("Enter")
    expect(head).not_to_have_attribute("aria-sort", re.compile("."))
    assert table.names() == in_page


def test_shift_sorts_by_a_second_column_within_the_first(table: Table) -> None:
    table.header("Maker").get_by_role("button").focus()
    table.page.keyboard.press("Enter")
    table.header("Date").get_by_role("button").focus()
    table.page.keyboard.press("Shift+Enter")
    table.page.keyboard.press("Shift+Enter")

    expect(table.header("Maker")).to_have_attribute("aria-sort", "ascending")
    expect(table.header("Date")).to_have_attribute("aria-sort", "descending")
    rows = {model.name: model for model in MODELS}
    makers: dict[str, list[str]] = {}
    for name in table.names():
        makers.setdefault(rows[name].maker, []).append(rows[name].date)
    assert [*makers] == sorted(makers, key=str.lower)
    assert all(dates == sorted(dates, reverse=True) for dates in makers.values())
    table.address("sort=maker,-date")


def test_words_filter_the_rows_whatever_their_case_and_accents(table: Table) -> None:
    table.search.fill("ÁNTHROPIC opus")
    wanted = [m.name for m in MODELS if m.maker == "Anthropic" and "Opus" in m.name]
    expect(table.count).to_have_text(f"{len(wanted)} of {len(MODELS)} shown")
    assert sorted(table.names()) == sorted(wanted)
    table.address("q=%C3%81NTHROPIC+opus")

    table.page.reload()
    expect(table.count).to_have_text(f"{len(wanted)} of {len(MODELS)} shown")
    expect(table.search).to_have_value("ÁNTHROPIC opus")

    table.search.fill("(.*[\\ claude <b>")
    expect(table.whole.get_by_text("No row has all of this")).to_be_visible()
    expect(table.count).to_have_text(f"0 of {len(MODELS)} shown")
    table.whole.get_by_role("button", name="clear all").click()
    expect(table.count).to_have_text(f"{len(MODELS)} rows")
    expect(table.search).to_be_focused()
    expect(table.page).to_have_url(re.compile(f"{HERE}$"))


def test_filters_offer_what_leads_somewhere_with_its_number_of_rows(table: Table) -> None:
    table.button("Filters").focus()
    table.page.keyboard.press("Enter")
    expect(table.button("Filters")).to_have_attribute("aria-expanded", "true")
    opened = [m for m in MODELS if m.access == "weights"]
    box = table.group("Access").get_by_role("checkbox", name="weights (", exact=False).first
    expect(box).to_be_visible()
    box.focus()
    table.page.keyboard.press("Space")
    expect(table.count).to_have_text(f"{len(opened)} of {len(MODELS)} shown")
    expect(table.group("Maker").get_by_text("Anthropic")).to_be_hidden()
    metas = sum(m.maker == "Meta" for m in opened)
    table.group("Maker").get_by_role("checkbox", name=f"Meta ({metas})").check()
    expect(table.count).to_have_text(f"{metas} of {len(MODELS)} shown")
    table.group("Date").get_by_role("textbox", name="Date from").fill("2024")
    late = [m for m in opened if m.maker == "Meta" and m.date >= "2024"]
    expect(table.count).to_have_text(f"{len(late)} of {len(MODELS)} shown")
    expect(table.button("Filters (3)")).to_be_visible()
    table.address("date=2024..")

    field = table.group("Parameters").get_by_role("textbox", name="Parameters to")
    field.fill("(")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(table.group("Parameters")).to_contain_text("is not a number")
    expect(table.count).to_have_text(f"{len(late)} of {len(MODELS)} shown")

    table.page.keyboard.press("Escape")
    expect(table.group("Maker")).to_be_hidden()
    expect(table.button("Filters")).to_be_focused()
    table.button("Clear").click()
    expect(table.count).to_have_text(f"{len(MODELS)} rows")


def test_columns_can_be_left_out_but_the_first(table: Table) -> None:
    table.button("Columns").click()
    boxes = table.group("Columns").get_by_role("checkbox")
    assert "Name" not in table.group("Columns").inner_text()
    expect(boxes.first).to_be_checked()
    table.group("Columns").get_by_label("Maker").uncheck()
    expect(table.header("Maker")).to_be_hidden()
    expect(table.whole.get_by_role("cell", name="OpenAI", exact=True)).to_have_count(0)
    table.address("hide=maker")
    table.page.reload()
    expect(table.header("Maker")).to_be_hidden()
    expect(table.header("Date")).to_be_visible()


def test_the_first_column_and_the_header_stay_in_sight(table: Table) -> None:
    frame = table.whole.locator(".table-scroll").first
    frame.evaluate("(box) => box.scrollTo(500, 2000)")
    left, top = frame.evaluate("(box) => [box.getBoundingClientRect().x, box.getBoundingClientRect().y]")
    head = table.header("Name").bounding_box()
    seen = table.whole.locator("tbody th").evaluate_all(
        "(cells, top) => cells.map((cell) => cell.getBoundingClientRect())"
        ".filter(({ y }) => y > top && y < top + 400).map(({ x }) => x)",
        top,
    )

    assert head and abs(head["y"] - top) < 40 and abs(head["x"] - left) < 2
    assert seen and all(abs(x - left) < 2 for x in seen)


def test_rows_are_compared_side_by_side_and_differences_are_marked(table: Table) -> None:
    """Task 2: compare GPT-4, Gemini Ultra and Claude 3 Opus: what is undisclosed for all?"""
    table.button("Compare").click()
    go = table.button("Show side by side")
    expect(go).to_be_disabled()
    for name in ("GPT-4", "Gemini 1.0 Ultra", "Claude 3 Opus"):
        table.search.fill(name)
        table.whole.get_by_role("checkbox", name=f"Compare {name}", exact=True).check()
    go.click()
    side = table.whole.get_by_role("table", name="3 side by side")
    assert side.get_by_role("columnheader").all_inner_texts() == [
        "GPT-4",
        "Gemini 1.0 Ultra",
        "Claude 3 Opus",
    ]
    silent = side.get_by_role("rowheader").filter(has_text="undisclosed for all").all_inner_texts()
    assert [text.split("\n")[0] for text in silent] == ["Parameters", "Training tokens"]
    expect(side.get_by_role("row").filter(has_text="Maker")).to_contain_text("differs")
    table.address("compare=gpt-4,gemini-1-0-ultra,claude-3-opus")
    table.whole.get_by_role("checkbox", name="only what differs").check()
    expect(side.get_by_role("row").filter(has_text="License")).to_be_hidden()
    expect(table.count).to_have_text(f"3 of {len(MODELS)} side by side")
    table.address("only=differences")

    table.page.reload()
    expect(side).to_be_visible()
    expect(side.get_by_role("row").filter(has_text="License")).to_be_hidden()
    # Where nobody tells the size, one has a third party's estimate.
    expect(side.get_by_role("row").filter(has_text="Parameters")).to_be_visible()
    table.button("Back to the table").focus()
    table.page.keyboard.press("Escape")
    expect(side).to_have_count(0)
    expect(table.button("Show side by side")).to_be_focused()


def test_no_more_than_four_rows_are_compared(table: Table) -> None:
    table.button("Compare").click()
    ticks = table.whole.get_by_role("checkbox", name="Compare ")
    for at in range(4):
        ticks.nth(at).check()
    expect(ticks.nth(4)).to_be_disabled()
    ticks.nth(0).uncheck()
    expect(ticks.nth(4)).to_be_enabled()
    expect(table.page).to_have_url(re.compile("ticked=[^,]+,[^,]+,[^,]+$"))
    table.page.reload()
    expect(ticks.and_(table.page.locator(":checked"))).to_have_count(3)
    table.button("Compare").focus()
    table.page.keyboard.press("Escape")
    expect(ticks).to_have_count(0)
    expect(table.button("Compare")).to_be_focused()


def saved(table: Table, kind: str) -> str:
    table.button("Save").click()
    with table.page.expect_download() as download:
        table.button(f"Download {kind}").click()
    table.button("Save").click()
    return download.value.path().read_bytes().decode("utf-8")


def test_what_is_shown_can_be_taken_away(table: Table) -> None:
    table.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    table.search.fill("openai 2023")
    rows = [m for m in MODELS if m.name in table.names()]
    assert 1 < len(rows) < 30

    text = saved(table, "CSV")
    frame = pandas.read_csv(io.StringIO(text.removeprefix("\ufeff")))
    for column in ("parameters", "training_tokens", "context"):
        assert pandas.api.types.is_numeric_dtype(frame[column]), column
    pandas.to_datetime(frame["date"], format="ISO8601")
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [line["name"] for line in lines] == table.names()
    for line in lines:
        model = next(m for m in rows if m.id == line["id"])
        assert line["date"] == model.date and line["maker"] == model.maker
        assert (float(line["parameters"]) if line["parameters"] else None) == size(model)
        figure = model.parameters
        if isinstance(figure, Figure) and figure.undisclosed:
            assert line["parameters_form"] == "undisclosed"
            guess = figure.estimates[-1].value if figure.estimates else None
            assert (float(line["parameters_estimate"]) if line["parameters_estimate"] else None) == guess

    text = json.loads(saved(table, "JSON"))
    assert pandas.api.types.is_numeric_dtype(pandas.json_normalize(text["rows"])["context.value"])
    assert text["address"].endswith("?table-models.q=openai+2023")
    sources = {source.id: source.url for source in load().sources}
    for entry in text["rows"]:
        model = next(m for m in rows if m.id == entry["id"])
        assert entry["context"]["value"] == (context(model) or None)
        if isinstance(model.context, Figure):
            url = sources[model.context.source or model.source]
            assert url in [source["url"] for source in entry["context"]["sources"]]

    table.button("Save").click()
    table.button("Copy as Markdown").click()
    expect(table.notice).to_have_text(f"Copied as Markdown: {len(rows)} rows.")
    copied = table.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(copied) == len(rows) + 2 and copied[0].startswith("| Name | Family | Maker |")
    assert "](https://" in copied[2]


BAD = {
    "an unknown column": ("table-models.nonsense=1&table-models.sort=nobody", "nonsense, sort"),
    "markup": ("table-models.q=<img src=x onerror=alert(1)>&table-models.<b>=1", "<b>"),
    "a script in a filter": ("table-models.maker=<script>alert(1)</script>", "maker"),
    "a long text": (f"table-models.q={'x' * 5000}", "q"),
    "too long to look at": (f"table-models.q={'x' * 20_000}", "an address of 20016 characters"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_address_leaves_the_page_whole_with_a_notice(what: str, page: Page, site: Site) -> None:
    query, named = BAD[what]
    page.on("dialog", lambda _: pytest.fail("a script of the address was run"))
    table = Table(page, f"{site.url}{HERE}?{query}")

    expect(table.notice).to_contain_text(f"that is left out: {named}.")
    expect(table.count).to_have_text(re.compile(rf"{len(MODELS)} rows|0 of {len(MODELS)} shown"))
    assert page.locator("article img, article b").count() == 0


def test_a_late_write_does_not_follow_to_the_next_page_and_back_brings_the_state(table: Table) -> None:
    page = table.page
    page.evaluate("window.marker = 'kept'")
    table.search.fill("gpt")
    page.get_by_role("link", name="Using models").first.click()
    expect(page).to_have_url(re.compile(r"llms/using-models/$"))
    expect(page.locator("h1")).to_contain_text("Using models")
    page.wait_for_timeout(400)  # longer than a write waits
    assert "gpt" not in page.url
    page.go_back()
    expect(page).to_have_url(re.compile(r"models/\?table-models\.q=gpt$"))
    expect(table.count).to_have_text(re.compile(r"^\d\d of"))
    expect(table.search).to_have_value("gpt")

    assert page.evaluate("window.marker") == "kept"


def test_links_within_the_page_keep_the_filter_and_show_the_row_that_they_name(table: Table) -> None:
    page = table.page
    page.evaluate("window.marker = 'kept'")
    table.search.fill("gemma")
    expect(table.count).to_have_text(re.compile("of"))
    shown = table.names()
    table.whole.locator("tbody tr:not([hidden]) sup a").first.click()
    expect(page).to_have_url(re.compile(r"\?table-models\.q=gemma#table-models-source-\d+$"))
    assert table.names() == shown
    table.search.fill("")
    page.locator("nav a[href$='#reading-it']:visible").first.click()
    expect(page).to_have_url(re.compile(f"{HERE}#reading-it$"))

    table.search.fill("gemma")
    table.address("q=gemma")
    page.evaluate("location.hash = 'row-gpt-3'")
    expect(page.locator("#row-gpt-3")).to_be_in_viewport()
    expect(table.notice).to_contain_text("because a link leads to it")

    for query in ("table-models.q=zzzz", "table-models.compare=gpt-4,claude-3-opus"):
        page.goto(f"{page.url.split('?')[0]}?{query}")
        expect(table.whole.locator(".table-scroll").first).to_be_hidden()
        page.evaluate("location.hash = 'row-gpt-3'")
        expect(page.locator("#row-gpt-3")).to_be_in_viewport()
    page.evaluate("window.marker = 'kept'")
    assert page.evaluate("window.marker") == "kept"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_filters_and_a_comparison_serve_everybody(scheme: str, page: Page, site: Site) -> None:
    """Axe on a desk in light, on a phone in dark colors; nothing too wide there or with big text."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    wide = {"width": 1280, "height": 900}
    page.set_viewport_size(wide if scheme == "light" else {"width": 390, "height": 844})
    found: list[str] = []
    for query in ("table-models.access=weights&table-models.sort=-date", "table-models.compare=gpt-4,gpt-3"):
        table = Table(page, f"{site.url}{HERE}?{query}")
        table.button("Filters").click()
        table.group("Maker").wait_for()
        page.evaluate(AXE)
        found += page.evaluate(VIOLATIONS)
        found += page.evaluate("document.getAnimations().map((a) => `moves: ${a.animationName}`)")
        page.set_viewport_size({"width": 360, "height": 740})
        found += page.evaluate(TOO_WIDE)
        page.set_viewport_size(wide)
        page.add_style_tag(content="html { font-size: 250% !important }")
        found += page.evaluate(TOO_WIDE)
        page.set_viewport_size({"width": 390, "height": 844})

    assert found == []


def test_no_name_breaks_inside_a_word_on_a_small_phone(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    table = Table(page, site.url + HERE)
    broken = table.whole.locator("tbody th").evaluate_all("""cells => cells.flatMap((cell) => {
      const text = document.createTreeWalker(cell, 4).nextNode(), range = document.createRange();
      cell.parentNode.style.contentVisibility = "visible";
      return [...text.data.matchAll(/[^\\s-]+/g)].filter(({ index, 0: word }) => {
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        return new Set([...range.getClientRects()].map(({ y }) => y)).size > 1;
      }).map(([word]) => word);
    })""")
    frame = table.whole.locator(".table-scroll").first

    assert broken == []
    assert frame.evaluate("(box) => box.scrollWidth > box.clientWidth")
    assert "gradient" in frame.evaluate(
        "(box) => getComputedStyle(box).backgroundImage"
    )  # its shadow says so


def test_forced_colors_keep_what_color_says(page: Page, site: Site) -> None:
    page.emulate_media(forced_colors="active")
    table = Table(page, f"{site.url}{HERE}?table-models.compare=gpt-4,gpt-3")
    mark = table.whole.get_by_role("rowheader").filter(has_text="Maker").locator(".verdict-mark")

    expect(mark).to_have_text("same")
    differs = table.whole.get_by_role("rowheader").filter(has_text="Date")
    assert "≠" in differs.locator(".verdict-mark").evaluate("e => getComputedStyle(e, '::before').content")
    assert differs.evaluate("(cell) => parseFloat(getComputedStyle(cell).borderLeftWidth)") >= 3


def test_what_is_shown_is_printed(page: Page, site: Site) -> None:
    table = Table(page, f"{site.url}{HERE}?table-models.family=claude&table-models.hide=maker")
    claudes = sum(m.family == "claude" for m in MODELS)
    page.emulate_media(media="print")

    expect(table.whole.locator("tbody tr:visible")).to_have_count(claudes)
    expect(table.header("Maker")).to_be_hidden()
    expect(table.search).to_be_hidden()
    expect(table.button("Filters")).to_be_hidden()
    expect(table.count).to_be_visible()
    row = table.whole.locator("tbody tr:visible").first
    display = "(node) => getComputedStyle(node).display"
    assert row.evaluate(display) == "table-row"
    # As a box of its own it would stand on the first sheet only.
    assert table.header("Name").locator(".sort").evaluate(display) == "contents"


def test_a_small_table_keeps_its_tools_folded_until_asked(page: Page, site: Site) -> None:
    page.goto(f"{site.url}language/bert/")
    whole = page.locator("data-table").first
    whole.scroll_into_view_if_needed()
    opener = whole.get_by_role("button", name="Table tools: Language models")
    expect(opener).to_have_attribute("aria-expanded", "false")
    expect(whole.get_by_role("searchbox")).to_be_hidden()
    opener.focus()
    page.keyboard.press("Enter")
    expect(whole.get_by_role("searchbox")).to_be_visible()


def made(page: Page, site: Site, rows: list[list[str]], query: str = "") -> Table:
    """A page with one table of our own; the scripts are the site's."""
    body = "".join(
        f'<tr id="row-{i}"><th scope="row">{name}</th><td>{size}</td></tr>'
        for i, (name, size) in enumerate(rows)
    )
    head = (
        '<th scope="col" data-column="name">Name</th>'
        '<th scope="col" data-column="size" data-facet="options">Size</th>'
    )
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title>'
        '<link rel="stylesheet" href="/assets/css/site.css"><body class="md-typeset"><data-table>'
        '<div class="table-scroll"><table class="data-table" id="t"><caption>Made</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></data-table>"
        '<script type="module" src="/assets/js/boot.js"></script>'
    )
    page.route("**/made*", lambda route: route.fulfill(body=html, content_type="text/html"))
    return Table(page, f"{site.url}made{query}")


@pytest.mark.parametrize("rows", [[], [["one", "1"]]])
def test_a_table_with_no_row_or_one_works(rows: list[list[str]], page: Page, site: Site) -> None:
    table = made(page, site, rows)
    table.whole.get_by_role("button", name="Table tools").click()
    expect(table.count).to_have_text(f"{len(rows)} row" if rows else "0 rows")
    table.header("Name").get_by_role("button").click()
    expect(table.header("Name")).to_have_attribute("aria-sort", "ascending")
    table.search.fill("zzz")
    expect(table.count).to_have_text(f"0 of {len(rows)} shown" if rows else "0 rows")


def test_a_second_table_of_a_page_names_its_rows_as_the_data_file_does(page: Page, site: Site) -> None:
    page.goto(f"{site.url}llms/model-families/")
    ids = page.locator("data-table tbody tr").evaluate_all(
        "rows => rows.map((row) => row.dataset.id ?? row.id.replace('row-', ''))"
    )
    known = set(re.findall(r"(?m)^ +(?:- )?id: ([^ \n]+)$", (DATA / "genai.yml").read_text("utf-8")))

    assert len(ids) > len(set(ids))  # one model in two tables
    assert set(ids) - known == set()


def test_a_range_that_says_nothing_is_told_beside_its_fields(table: Table) -> None:
    table.button("Filters").click()
    sizes = table.group("Parameters")
    least, most = sizes.get_by_label("Parameters from"), sizes.get_by_label("Parameters to")
    least.fill("abc")
    expect(least).to_have_attribute("aria-invalid", "true")
    expect(least).to_have_accessible_description(re.compile("“abc” is not a number"))
    expect(table.count).to_have_text(f"{len(MODELS)} rows")
    least.fill("10 billion")
    most.fill("1 B")
    expect(most).to_have_accessible_description("from 10 billion to 1 B: nothing is in between")
    table.button("Clear").click()
    expect(least).to_have_value("")
    expect(least).to_have_attribute("aria-invalid", "false")
    table.search.fill("zzzz")
    expect(table.group("Access").get_by_label(re.compile(r"weights\s+\(0\)"))).to_be_visible()


def test_focus_is_never_behind_what_sticks(table: Table) -> None:
    """The first column, the table's header, and the header of the page."""
    table.search.focus()
    hidden = []
    for _ in range(60):
        table.page.keyboard.press("Tab")
        hidden += table.page.evaluate("""() => {
          const on = document.activeElement, box = on.getClientRects()[0];
          const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          const seen = on.contains(over) || over?.contains(on);
          return seen ? [] : [`${on.textContent} under ${over?.outerHTML.slice(0, 80)}`];
        }""")
    assert hidden == []


def test_a_part_that_cannot_be_fetched_leaves_the_table(page: Page, site: Site, problems: list[str]) -> None:
    page.route("**/table-compare.js", lambda route: route.abort())
    page.route("**/table-panels.js", lambda route: route.abort())
    table = Table(page, f"{site.url}{HERE}?table-models.compare=gpt-4,gpt-3")
    expect(table.notice).to_contain_text("could not be fetched")
    expect(table.header("Name")).to_be_visible()
    table.button("Filters").click()
    expect(table.button("Filters")).to_have_attribute("aria-expanded", "false")
    problems.clear()


def test_paper_has_the_sources_of_what_is_shown_under_their_numbers(page: Page, site: Site) -> None:
    Table(page, f"{site.url}{HERE}?table-models.family=claude")
    sources = page.locator(".table-sources li")
    everything = sources.count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    printed = sources.and_(page.locator(":not([hidden])"))
    assert 0 < printed.count() < everything / 2
    assert printed.last.evaluate("(item) => item.id.endsWith(`-${item.value}`)")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert sources.and_(page.locator("[hidden]")).count() == 0


def test_markup_in_cells_and_column_values_stays_text(page: Page, site: Site) -> None:
    page.on("dialog", lambda _: pytest.fail("a script of a cell was run"))
    bad = "&lt;img src=x onerror=alert(1)&gt;"
    table = made(page, site, [[bad, "1"], ["other", bad]] * 8)
    table.button("Compare").click()
    ticks = table.whole.get_by_role("checkbox", name="Compare ")
    ticks.nth(0).check()
    ticks.nth(1).check()
    table.button("Show side by side").click()
    expect(table.whole.get_by_role("columnheader", name="<img src=x onerror=alert(1)>")).to_be_visible()
    assert page.locator("img").count() == 0


def test_of_very_many_rows_the_first_500_are_shown_until_all_are_asked_for(page: Page, site: Site) -> None:
    """10,000 in the long run; laying so many out takes a plain page half a minute on a busy machine."""
    many = 10_000 if LONG else 2_500
    table = made(page, site, [[f"Model {i}", f"{i % 97}"] for i in range(many)])
    expect(table.count).to_have_text(f"500 of {many:,} shown")
    table.search.fill("model 99")
    fit = sum("99" in f"{i} {i % 97}" for i in range(many))
    expect(table.count).to_have_text(f"{fit} of {many:,} shown")
    table.search.fill("")
    table.header("Name").get_by_role("button").click()
    table.header("Name").get_by_role("button").click()
    assert table.names()[:2] == [f"Model {many - 1}", f"Model {many - 2}"]
    table.button("Show all").click()
    expect(table.count).to_have_text(f"{many:,} rows")
    expect(table.whole.locator("tbody tr:not([hidden])")).to_have_count(many)


def test_question_mark_lists_the_keys_of_the_page(table: Table) -> None:
    page = table.page
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys of this page")
    expect(keys).to_contain_text("Shift Enter")
    expect(keys).to_contain_text("Tables")
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    table.search.press_sequentially("?")
    expect(table.search).to_have_value("?")
    expect(keys).to_have_count(0)


def test_a_new_reader_finds_small_open_models_with_long_windows(table: Table) -> None:
    """Task 1: which open-weights models under 10 B have a context of 32k or more, and who made them?"""
    table.button("Filters").click()
    table.group("Access").get_by_label(re.compile(r"^\s*weights\s+\(")).check()
    table.group("Parameters").get_by_label("Parameters to").fill("10 B")
    table.group("Context (tokens)").get_by_label("Context (tokens) from").fill("32k")
    wanted = {
        m.name: m.maker
        for m in MODELS
        if m.access == "weights" and (size(m) or 1e99) <= 10e9 and context(m) >= 32_000
    }
    assert wanted
    expect(table.count).to_have_text(f"{len(wanted)} of {len(MODELS)} shown")
    assert dict(table.whole.locator("tbody tr").evaluate_all(NAMES_AND_MAKERS)) == wanted


def test_the_second_engine_has_the_same_table(page: Page, next_site: Site) -> None:
    """Smoke test: instant navigation in, sort, filter, reload; and the chart below it."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{next_site.url}llms/limits/")
    page.evaluate("window.marker = 'kept'")
    page.get_by_role("link", name="All models").first.click()
    whole = page.locator("data-table[data-ready]").first
    expect(whole.get_by_role("button", name="Filters")).to_be_visible()
    assert page.evaluate("window.marker") == "kept"
    whole.get_by_role("columnheader", name="Parameters").get_by_role("button").click()
    whole.get_by_role("searchbox").fill("gpt-4")
    expect(page).to_have_url(re.compile("q=gpt-4&.*sort=parameters"))
    shown = whole.get_by_role("status").filter(has_text="shown")
    words = shown.inner_text()
    page.reload()
    expect(shown).to_have_text(words)
    chart = page.locator("#chart-parameters")
    chart.scroll_into_view_if_needed()
    chart.get_by_role("radio", name="linear").check()
    expect(chart.locator("figcaption")).to_contain_text("(linear)")
    expect(shown).to_have_text(words)
