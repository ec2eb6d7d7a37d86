"""Review, exam, progress and the reader's own data: by role and keyboard, over many days, with bad input."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_pages import AXE, TOO_WIDE, VIOLATIONS
from tests.browser.test_study import BLOCKED, NOON, choose, log, put, review
from tests.built import Site

pytestmark = pytest.mark.browser

LONG_AGO = NOON - timedelta(days=40)


def cards(site: Site, kind: str = "question") -> list[str]:
    """Ids of the cards that stand in chapters, in the order of the course."""
    index = json.loads((site.folder / "study" / "chapters.json").read_text("utf-8"))
    return [card["id"] for page in index["chapters"] for card in page["cards"] if card["kind"] == kind]


def open_page(page: Page, site: Site, name: str, *events: dict[str, Any]) -> Locator:
    """A page of the study part at noon of a fixed day, with these events in the log."""
    page.clock.install(time=NOON)
    page.goto(f"{site.url}study/{name}/")
    if events:
        put(page, *events)
        page.reload()
    tool = page.locator(f"study-{name}")
    expect(tool).to_have_attribute("data-ready", "")
    return tool


def no_new_cards() -> dict[str, Any]:
    """The setting under which only what was answered before is asked."""
    instant = int((LONG_AGO - timedelta(days=1)).timestamp() * 1000)
    named = {"v": 1, "id": "setting-new-cards", "kind": "setting", "at": instant, "zone": 0}
    return {**named, "name": "newADay", "value": 0}


def told(tool: Locator) -> Locator:
    """What the page says, above the card."""
    return tool.locator("> [role=status]")


def test_due_cards_are_graded_by_keyboard_and_taken_back(page: Page, site: Site) -> None:
    """Space, 1 to 4, u and ?; the undo goes back any number of steps and names the event of its own card."""
    names = [cards(site)[place] for place in (0, 20, 60)]
    old = [review(name, LONG_AGO, 4) for name in names]
    tool = open_page(page, site, "review", no_new_cards(), *old)
    counts = tool.locator(".review-counts")
    expect(counts).to_have_text("3 due, 0 new")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of this page")).to_contain_text("take the last grade back")
    page.keyboard.press("Escape")
    asked = []
    for left, key in ((2, "3"), (1, "4"), (0, "2")):
        asked.append(tool.locator("details.question").get_attribute("id"))
        page.keyboard.press("Space")
        expect(tool.get_by_role("button", name="Good")).to_be_visible()
        page.keyboard.press(key)
        expect(counts).to_have_text(f"{left} due, 0 new")
        expect(told(tool)).to_be_focused()
        expect(told(tool)).to_contain_text("asked again in")
    expect(tool).to_contain_text("3 answered just now")
    for left, name in enumerate(reversed(asked), 1):
        page.keyboard.press("u")
        expect(counts).to_have_text(f"{left} due, 0 new")
        expect(tool.locator(f"#{name}")).to_be_visible()
        expect(told(tool)).to_contain_text("Taken back")

    events = log(page)
    reviews = [e for e in events if e["kind"] == "review" and e["at"] > old[0]["at"]]
    undone = {(e["of"], e["card"]) for e in events if e["kind"] == "undo"}
    assert undone == {(e["id"], e["card"]) for e in reviews}
    assert len(reviews) == 3


def test_done_for_today_after_the_last_card_and_the_way_to_it(page: Page, site: Site) -> None:
    name = cards(site)[30]
    often = [review(cards(site)[0], NOON - timedelta(days=day), 4) for day in range(5)]
    tool = open_page(page, site, "review", no_new_cards(), review(name, LONG_AGO, 4), *often)
    link = tool.get_by_role("link", name="open it in its chapter")
    assert str(link.get_attribute("href")).endswith(f"#{name}")
    page.keyboard.press("Space")
    tool.get_by_role("button", name="Suspend").click()
    expect(tool.get_by_role("heading", name="Done for today")).to_be_visible()
    expect(tool).not_to_contain_text("answered just now")
    page.keyboard.press("u")
    expect(tool.locator(f"#{name}")).to_be_visible()
    page.keyboard.press("Space")
    tool.get_by_role("button", name="Easy").click()

    expect(tool.get_by_role("heading", name="Done for today")).to_be_visible()
    expect(tool).to_contain_text(re.compile(r"The next card comes on \w+ \d+, 202\d"))
    expect(tool).to_contain_text("7 reviews on 6 days are in no export yet")


def test_a_learning_step_comes_back_by_itself(page: Page, site: Site) -> None:
    name = cards(site)[10]
    tool = open_page(page, site, "review", no_new_cards(), review(name, NOON - timedelta(seconds=20), 1))
    expect(tool).to_contain_text("Nothing else is due now")
    page.clock.run_for(41_000)

    expect(tool.locator(f"#{name}")).to_be_visible()
    expect(told(tool)).to_have_text("A card is due again.")


def test_new_cards_come_in_the_order_of_the_course_up_to_the_day_s_number(page: Page, site: Site) -> None:
    tool = open_page(page, site, "review")
    expect(tool.locator(".review-counts")).to_have_text("0 due, 10 new")
    tool.get_by_text("Settings").click()
    tool.get_by_label("New cards a day").fill("3")
    tool.get_by_label("New cards a day").blur()
    expect(tool.locator(".review-counts")).to_have_text("0 due, 3 new")
    expect(tool.locator(".review-place").locator(".question, .quiz")).to_have_count(1)
    tool.get_by_label("New cards a day").fill("")
    tool.get_by_label("New cards a day").blur()
    tool.get_by_label("Ask again when").fill("80")
    tool.get_by_label("Ask again when").blur()
    expect(told(tool)).to_have_text("Changed.")
    assert [(e["name"], e["value"]) for e in log(page)] == [("newADay", 3), ("retention", 0.8)]

    page.reload()
    expect(tool.locator(".review-counts")).to_have_text("0 due, 3 new")


def test_a_filter_and_cramming_leave_the_schedule_alone(page: Page, site: Site) -> None:
    tool = open_page(page, site, "review")
    tool.get_by_label("Part or chapter").select_option(label="Notation")
    tool.get_by_role("checkbox", name=re.compile("Cram")).check()
    expect(told(tool)).to_contain_text("nothing here changes the schedule")
    counts = tool.locator(".review-counts")
    for left in (3, 2, 1, 0):
        expect(counts).to_have_text(f"{left + 1} left")
        if tool.locator("study-quiz").count():
            expect(tool.locator("study-quiz")).to_have_attribute("data-ready", "")
            choose(tool.locator("study-quiz"), right=True)
            tool.get_by_role("button", name="Good").click()
        else:
            expect(tool.locator("study-question")).to_have_attribute("data-ready", "")
            tool.locator("details.question > summary").click()
            tool.get_by_role("button", name="Good").click()
        expect(counts).to_have_text(f"{left} left")
    expect(tool).to_contain_text("You have been through all of them")

    assert log(page) == []


def test_a_changed_fact_is_due_and_told_as_text_with_old_and_new_value(page: Page, site: Site) -> None:
    drills = json.loads((site.folder / "study" / "drills.json").read_text("utf-8"))["drills"]
    drill = next(one for one in drills if one["kind"] == "question")
    evil = "<img src=x onerror=window.bad=1>"
    seen = review(drill["id"], NOON - timedelta(days=1), 4, hash="older", answer=evil)
    tool = open_page(page, site, "review", no_new_cards(), seen)
    expect(tool.locator(".review-counts")).to_have_text("1 due, 0 new")
    expect(tool.locator("study-question")).to_have_attribute("data-ready", "")
    page.keyboard.press("Space")

    status = tool.locator("study-question").get_by_role("status")
    expect(status).to_contain_text(f"it was “{evil}”, it is “{drill['fact']}” now")
    page.keyboard.press("3")
    expect(tool.get_by_role("heading", name="Done for today")).to_be_visible()
    last = log(page)[-1]
    assert (last["hash"], last["answer"]) == (drill["hash"], drill["fact"])
    assert page.evaluate("window.bad") is None


def test_without_a_connection_the_page_says_so_and_goes_on(
    page: Page, site: Site, problems: list[str]
) -> None:
    page.route("**/study/chapters.json", lambda route: route.abort())
    page.goto(f"{site.url}study/review/")
    expect(page.get_by_role("alert")).to_contain_text("could not be fetched")
    page.unroute("**/study/chapters.json")
    page.get_by_role("button", name="Try again").click()

    expect(page.locator("study-review")).to_have_attribute("data-ready", "")
    assert all("ERR_FAILED" in problem for problem in problems)
    problems.clear()


TEXTS_OF_CHAPTERS = """async (stems) => {
  const { fingerprint } = await import("/assets/js/core/cards.js");
  const { chapters } = await (await fetch("/study/chapters.json")).json();
  return Promise.all(stems.map(async ({ parentElement: { id } }) => {
    const { address } = chapters.find(({ cards }) => cards.some((card) => card.id === id));
    const page = new DOMParser().parseFromString(await (await fetch(`/${address}`)).text(), "text/html");
    return fingerprint(page.getElementById(id).textContent);
  }));
}"""


def test_the_same_link_is_the_same_exam_and_what_was_missed_goes_to_review(page: Page, site: Site) -> None:
    tool = open_page(page, site, "exam")
    tool.get_by_role("button", name="Start").click()
    expect(told(tool)).to_have_text("Choose a chapter first.")
    tool.get_by_role("checkbox", name=re.compile("^BERT \\(")).check()
    tool.get_by_role("checkbox", name=re.compile("^GPT \\(")).check()
    tool.get_by_label("Questions").select_option("5")
    tool.get_by_role("button", name="Start").click()
    expect(tool.locator(".quiz__form")).to_have_count(5)
    expect(tool.get_by_text("Answer", exact=True).locator("visible=true")).to_have_count(0)
    texts = "nodes => nodes.map((node) => node.textContent)"
    mine = tool.locator(".quiz__stem, fieldset").evaluate_all(texts)
    friend = page.context.new_page()
    friend.goto(page.url)
    expect(friend.locator(".quiz__form")).to_have_count(5)
    assert friend.locator(".quiz__stem, fieldset").evaluate_all(texts) == mine
    friend.close()  # in the background every click would wait for seconds

    for place, quiz in enumerate(tool.locator(".quiz").all()):
        if place < 3:
            marks = quiz.locator(".quiz__reasons > li").evaluate_all(
                "items => items.map((item) => item.classList.contains('right'))"
            )
            for value, mark in enumerate(marks):
                if mark:
                    quiz.locator(f"input[value='{value}']").check()
    hashes = tool.locator(".quiz__stem").evaluate_all(TEXTS_OF_CHAPTERS)
    page.evaluate("location.hash = 'exam'")  # as a link in the table of contents does
    tool.get_by_role("button", name="Hand in").click()
    expect(tool.get_by_role("alert")).to_contain_text("2 questions are not answered")
    expect(tool.get_by_role("alert")).to_be_in_viewport()
    tool.get_by_role("button", name="go to the first of them").click()
    expect(tool.locator(".quiz").nth(3).locator("input").first).to_be_focused()
    tool.get_by_role("button", name="Hand in").click()
    expect(told(tool)).to_contain_text("3 of 5 right")
    result = tool.get_by_role("table", name="Result by chapter")
    expect(result.get_by_role("link")).to_have_count(2)
    assert log(page) == []
    tool.get_by_role("button", name="Put what was missed into review").click()
    expect(told(tool)).to_contain_text("2 questions will be asked again")
    assert [(event["rating"], event["hash"]) for event in log(page)] == [(1, one) for one in hashes[3:]]

    tool.get_by_role("button", name="Another exam").click()
    tool.get_by_role("button", name="Choose all").click()
    tool.get_by_role("button", name="Start").click()
    tool.get_by_role("button", name="Hand in").click()
    expect(tool.get_by_role("alert")).to_contain_text("10 questions are not answered")


def test_an_address_that_says_nonsense_starts_no_exam(page: Page, site: Site) -> None:
    page.goto(f"{site.url}study/exam/?exam.seed=<b>&exam.chapter=nowhere&exam.size=9")

    expect(page.get_by_role("button", name="Start")).to_be_visible()
    expect(told(page.locator("study-exam"))).to_contain_text("does not know: seed, chapter, size")


def test_progress_shows_what_comes_what_was_kept_and_which_cards_are_gone(page: Page, site: Site) -> None:
    name, other = cards(site)[:2]
    days = [(LONG_AGO, 4), (NOON - timedelta(days=20), 3), (NOON - timedelta(days=1), 1)]
    events = [review(name, at, rating) for at, rating in days]
    gone = review("a-card-that-is-gone", LONG_AGO, 4)
    tool = open_page(page, site, "progress", *events, gone, review(other, NOON, 4))
    expect(tool).to_contain_text("Of 2 reviews after a day or more you remembered 50 %")
    expect(tool).to_contain_text(
        "1 questions that you answered are no longer on the site; their history stays"
    )
    figures = tool.get_by_role("figure")
    expect(figures).to_have_count(3)
    for figure in figures.all():
        expect(figure.get_by_role("img")).to_be_visible()
        figure.get_by_text("The numbers as a table").click()
        expect(figure.get_by_role("table")).to_be_visible()
    row = figures.last.get_by_role("row", name=re.compile("^What is generative AI"))
    expect(row).to_contain_text("1 of 11")
    assert "a-card-that-is-gone" in {event["card"] for event in log(page)}


def hostile() -> str:
    """A file with markup in every field, a damaged record, and one from the future."""
    evil = "<img src=x onerror=window.bad=1><script>window.bad=1</script>"
    good = review("bert-objective", LONG_AGO, 3, answer=evil)
    records = [good, good, {**good, "id": evil}, {**good, "card": evil}, evil, None]
    late = review("bert-objective", NOON + timedelta(days=400), 3)
    head = {"format": "generative-ai-study-log", "version": 1, "note": evil}
    return json.dumps({**head, "events": [*records, late], "damaged": [{"reason": evil, "record": evil}]})


def storage(page: Page, site: Site, *events: dict[str, Any]) -> Locator:
    """The panel of the reader's own data."""
    open_page(page, site, "progress", *events)
    panel = page.locator("study-storage")
    panel.scroll_into_view_if_needed()
    expect(panel).to_have_attribute("data-ready", "")
    return panel


def give(panel: Locator, folder: Path, text: str) -> None:
    """Choose a file with this text for import; from the disk, as sending its bytes is slow."""
    file = folder / f"log-{len(text)}.json"
    file.write_text(text, encoding="utf-8")
    panel.get_by_label("File to import").set_input_files(file)


BAD_FILES = {
    "truncated": (hostile()[:300], "ends too early"),
    "foreign": ('{"format": "another"}', "no file that"),
    "no JSON": ("<html>", "no file that"),
    "newer": (hostile().replace('"version": 1', '"version": 9'), "newer version of this site"),
    "large": ("x" * 32_000_001, "no log of this site has over 32"),
}


def test_a_file_that_is_no_log_changes_nothing(page: Page, site: Site, tmp_path: Path) -> None:
    panel = storage(page, site, review("bert-objective", LONG_AGO))
    for text, message in BAD_FILES.values():
        give(panel, tmp_path, text)
        expect(told(panel)).to_contain_text(message, timeout=20_000)
        expect(panel.get_by_role("button", name="Import", exact=True)).to_have_count(0)

    assert len(log(page)) == 1


def test_an_import_is_shown_before_it_counts(page: Page, site: Site, tmp_path: Path) -> None:
    panel = storage(page, site)
    give(panel, tmp_path, hostile())
    expect(panel.get_by_role("listitem")).to_have_text(
        [
            "2 entries are new and would be added.",
            "1 are here already.",
            "1 of all lie in the future, as a clock was wrong.",
            "5 cannot be read: they would be set aside.",
        ]
    )
    assert log(page) == []
    panel.get_by_role("button", name="Import", exact=True).click()
    expect(told(panel)).to_have_text("2 entries imported.")
    expect(panel).to_contain_text("5 damaged records were found")
    give(panel, tmp_path, hostile())
    expect(panel).to_contain_text("has nothing that is not here already")
    panel.get_by_role("button", name="Leave it").click()
    expect(told(panel)).to_be_focused()
    expect(panel.get_by_role("listitem")).to_have_count(0)
    assert len(log(page)) == 2


def test_what_is_kept_can_be_taken_away_and_deleted(page: Page, site: Site) -> None:
    """The mode in plain words, a reminder, an export that has everything, deletion after a typed word."""
    events = [review("bert-objective", LONG_AGO + timedelta(minutes=n)) for n in range(200)]
    panel = storage(page, site, *events)
    expect(panel).to_contain_text("some browsers do after seven days without a visit")
    expect(panel).to_contain_text("200 reviews on 1 days are in no export yet")
    with page.expect_download() as download:
        panel.get_by_role("button", name="Export", exact=True).click()
    content = json.loads(download.value.path().read_text("utf-8"))
    assert [event["id"] for event in content["events"]] == [event["id"] for event in events]
    expect(panel.get_by_text("are in no export yet")).to_be_hidden()

    panel.get_by_text("Delete everything of mine").first.click()
    go = panel.get_by_role("button", name="Delete everything of mine")
    go.click()
    expect(told(panel)).to_contain_text("Nothing was deleted")
    assert len(log(page)) == 200
    panel.get_by_label("Type “delete”").fill("delete")
    go.click()
    expect(told(panel)).to_contain_text("Deleted, in all tabs")
    page.reload()
    assert log(page) == []
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('study'))") == []


def test_the_start_page_says_what_is_due_and_where_one_was(page: Page, site: Site) -> None:
    name = cards(site)[40]
    drill = review("drill-class-bert", LONG_AGO - timedelta(days=1), 4)
    open_page(page, site, "review", drill, review(name, LONG_AGO, 4))
    page.goto(site.url)
    today = page.locator("study-today")
    expect(today.get_by_role("link", name="2 questions are due today")).to_be_visible()
    last = today.get_by_role("link").last

    assert str(last.get_attribute("href")).endswith(f"#{name}")


@pytest.mark.parametrize("name", ["review", "exam", "progress"])
def test_the_tools_serve_everybody(name: str, page: Page, site: Site) -> None:
    """Axe in both schemes with panels open, 360 px."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    tool = open_page(page, site, name, *[review(one, LONG_AGO, 4) for one in cards(site)[:12]])
    if name == "exam":
        tool.get_by_role("button", name="Choose all").click()
        tool.get_by_role("button", name="Start").click()
        expect(tool.locator(".quiz__form")).to_have_count(10)
        tool.get_by_role("button", name="Hand in").click()
        tool.get_by_role("button", name="Hand in").click()
        expect(told(tool)).to_contain_text("of 10 right")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    if name == "review":
        expect(tool.get_by_role("button", name="Good")).to_be_visible()
    page.evaluate(AXE)
    found = page.evaluate(VIOLATIONS)
    page.emulate_media(color_scheme="light")
    found += page.evaluate(VIOLATIONS)
    page.set_viewport_size({"width": 360, "height": 740})

    assert found + page.evaluate(TOO_WIDE) == []


def test_new_cards_and_what_is_due_are_counted_beyond_the_filter(page: Page, site: Site) -> None:
    one_a_day = {**no_new_cards(), "value": 1}
    names = cards(site)
    begun, due = review(names[0], NOON - timedelta(hours=1), 4), review(names[60], LONG_AGO, 4)
    tool = open_page(page, site, "review", one_a_day, begun, due)
    expect(tool.locator(".review-counts")).to_have_text("1 due, 0 new")
    tool.get_by_label("Part or chapter").select_option(label="Notation")

    expect(tool.locator(".review-counts")).to_have_text("0 due, 0 new")
    expect(tool.get_by_role("heading", name="Done here")).to_be_visible()
    expect(tool).to_contain_text("1 more is due outside of your choice")


def test_dates_are_those_of_study_days(browser: Browser, site: Site) -> None:
    """Half an hour after midnight it is still the day before; the night after has an hour more."""
    page = browser.new_page(timezone_id="Europe/Berlin")
    page.clock.set_fixed_time(datetime(2026, 10, 24, 22, 30, tzinfo=UTC))
    page.goto(f"{site.url}study/progress/")
    put(page, review(cards(site)[0], LONG_AGO - timedelta(days=60), 4))
    page.get_by_text("The numbers as a table").first.click()
    rows = page.get_by_role("table").first.get_by_role("rowheader")

    expect(rows.first).to_have_text("October 24, 2026")
    expect(rows.nth(1)).to_have_text("October 25, 2026")
    expect(rows.nth(2)).to_have_text("October 26, 2026")
    page.close()


def test_suspended_cards_are_listed_and_resumed(page: Page, site: Site) -> None:
    """With the place of each, also of a card made from the data."""
    drill = json.loads((site.folder / "study" / "drills.json").read_text("utf-8"))["drills"][0]
    instant = int(LONG_AGO.timestamp() * 1000)
    named = {"v": 1, "kind": "suspend", "at": instant, "zone": 0}
    events = [{**named, "id": f"suspend-{one}", "card": one} for one in (cards(site)[0], drill["id"])]
    tool = open_page(page, site, "progress", *events)
    tool.get_by_text("2 suspended").click()
    link = tool.get_by_role("listitem").last.get_by_role("link")
    assert link.get_attribute("href") == site.url + drill["at"]
    tool.get_by_role("button", name="Resume").first.click()

    expect(told(tool)).to_be_focused()
    expect(tool.get_by_text("1 suspended")).to_be_visible()
    expect(tool.get_by_role("listitem")).to_have_count(1)


def test_the_panel_says_what_the_browser_promised_and_reminds_after_five_days(page: Page, site: Site) -> None:
    page.add_init_script("StorageManager.prototype.persist = async () => true")
    name, *_ = cards(site)
    panel = storage(page, site, *[review(name, LONG_AGO + timedelta(days=day)) for day in range(5)])
    expect(panel).to_contain_text("5 reviews on 5 days are in no export yet")
    panel.get_by_role("button", name="Ask the browser to keep it").click()
    expect(panel).to_contain_text("has promised not to delete them")
    page.add_init_script(BLOCKED)
    page.goto(f"{site.url}study/progress/?")
    expect(panel).to_contain_text("kept only in this open page")
    expect(panel).to_contain_text("settings block storage")


def test_the_tools_live_through_instant_navigation(page: Page, site: Site) -> None:
    open_page(page, site, "review", review(cards(site)[0], LONG_AGO, 4))
    page.evaluate("window.marker = 'kept'")
    for name in ("exam", "progress", "review"):
        page.locator(f"a[href$='study/{name}/']:visible").first.click()
        expect(page.locator(f"study-{name}")).to_have_attribute("data-ready", "")
    expect(page.locator("study-review .review-counts")).to_contain_text("1 due")
    page.go_back()
    expect(page.locator("study-progress")).to_have_attribute("data-ready", "")
    expect(page.locator("study-progress figure")).to_have_count(2)

    assert page.evaluate("window.marker") == "kept"
