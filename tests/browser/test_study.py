"""Questions and quizzes in a chapter: cards that remember, by role and keyboard."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_pages import AXE, TOO_WIDE, VIOLATIONS
from tests.built import Site

pytestmark = pytest.mark.browser

CHAPTER = "language/bert/"
NOON = datetime(2026, 11, 24, 12)
REVIEWS = """async () => (await (await import("/assets/js/ui/memory.js")).memory()).events()"""
PUT = """async ({ events }) => {
  const { memory } = await import("/assets/js/ui/memory.js");
  const store = await memory();
  const text = JSON.stringify({ format: "generative-ai-study-log", version: 1, events, damaged: [] });
  const { preview } = await import("/assets/js/core/log-file.js");
  await store.import(preview(text, await store.events(), Date.now()));
}"""

BLOCKED = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }"


def review(card: str, at: datetime, rating: int = 3, **more: Any) -> dict[str, Any]:
    """An event of the log, as another device could have written it."""
    instant = int(at.timestamp() * 1000)
    event_id = f"{card[:20]}-{instant}"
    event = {"v": 1, "id": event_id, "kind": "review", "at": instant, "zone": 0, "card": card}
    return {**event, "rating": rating, **more}


def put(page: Page, *events: dict[str, Any]) -> None:
    """Let the log have these events."""
    page.evaluate(PUT, {"events": events})


def log(page: Page) -> list[dict[str, Any]]:
    """What the log has."""
    events: list[dict[str, Any]] = page.evaluate(REVIEWS)
    return events


def card(page: Page, kind: str, place: int = 0) -> Locator:
    """A question or quiz of the page, when its script is there."""
    found = page.locator(f"article study-{kind}:not(study-before *)").nth(place)
    found.scroll_into_view_if_needed()
    expect(found).to_have_attribute("data-ready", "")
    return found


def opened(page: Page, site: Site) -> Locator:
    """The first question of the chapter, with its answer in view."""
    page.goto(site.url + CHAPTER)
    question = card(page, "question")
    question.locator("summary").click()
    return question


def right_of(quiz: Locator) -> list[int]:
    """Which inputs of a quiz are right; their values are places in the page's own list."""
    marks: list[bool] = quiz.locator(".quiz__reasons > li").evaluate_all(
        "items => items.map((item) => item.classList.contains('right'))"
    )
    return [place for place, mark in enumerate(marks) if mark]


def choose(quiz: Locator, right: bool) -> None:
    """Choose the right options of a quiz, or a wrong one, and check them."""
    known = right_of(quiz)
    inputs = quiz.locator("fieldset input")
    wrong = next(place for place in range(inputs.count()) if place not in known)
    for place in known if right else [wrong]:
        quiz.locator(f"input[value='{place}']").check()
    quiz.get_by_role("button", name="Check").click()


def test_a_question_is_graded_by_keyboard_and_taken_back(page: Page, site: Site) -> None:
    page.goto(site.url + CHAPTER)
    question = card(page, "question")
    name = question.locator("details").get_attribute("id")
    question.locator("summary").focus()
    page.keyboard.press("Space")
    bar = question.get_by_role("group", name="How well did you know it?")
    expect(bar.get_by_role("button")).to_have_text(
        [re.compile(rating) for rating in ("Again 1 min", "Hard 6 min", "Good 10 min", r"Easy 8 d")]
    )
    page.keyboard.press("3")
    status = question.get_by_role("status")
    expect(status).to_have_text("Good: asked again in 10 min.")
    expect(status).to_be_focused()
    assert [(event["card"], event["rating"]) for event in log(page)] == [(name, 3)]

    question.get_by_role("button", name="Undo").click()
    expect(status).to_contain_text("Taken back.")
    expect(status).to_be_focused()
    expect(bar).to_be_visible()
    first, second = log(page)
    assert (second["kind"], second["of"], second["card"]) == ("undo", first["id"], name)


def test_a_double_click_is_one_grade(page: Page, site: Site) -> None:
    question = opened(page, site)
    question.get_by_role("button", name="Good").dblclick()
    expect(question.get_by_role("status")).to_contain_text("asked again")

    assert len(log(page)) == 1


@pytest.mark.parametrize("right", [True, False])
def test_a_quiz_gives_a_reason_for_each_option(right: bool, page: Page, site: Site) -> None:
    """A wrong answer counts as "again"; after a right one the reader says how hard it was."""
    page.goto(site.url + CHAPTER)
    quiz = card(page, "quiz")
    kind = "radio" if len(right_of(quiz)) == 1 else "checkbox"
    expect(quiz.get_by_role(kind)).to_have_count(quiz.locator(".quiz__options > li").count())
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.get_by_role("status")).to_have_text("Choose an option first.")
    expect(quiz.locator("fieldset input").first).to_be_focused()
    inputs = quiz.locator("fieldset input").all()
    for one in inputs:
        expect(one).to_have_accessible_description("")
    choose(quiz, right)
    for one in inputs:
        expect(one).to_have_accessible_description(re.compile("^(Right|Wrong)"))
    reasons = quiz.locator(".quiz__reason")
    for reason in reasons.all():
        expect(reason).to_be_visible()
        expect(reason).to_contain_text(re.compile(r"^(Right|Wrong)[:.]"))
    expect(quiz.get_by_role("status")).to_be_focused()
    if right:
        expect(quiz.get_by_role("status")).to_have_text("Right. How hard was it?")
        page.keyboard.press("4")
    expect(quiz.get_by_role("status")).to_contain_text("asked again in")
    assert [event["rating"] for event in log(page)] == [4 if right else 1]

    quiz.get_by_role("button", name="Undo").click()
    expect(quiz.get_by_role("button", name="Check")).to_be_visible()
    expect(quiz.locator("fieldset input:checked")).to_have_count(0)


def test_options_stand_in_an_order_that_the_day_decides(page: Page, site: Site) -> None:
    orders = {}
    for day in (1, 1, 2, 3):
        page.clock.set_fixed_time(datetime(2026, 11, day, 12))
        page.goto(site.url + CHAPTER)
        inputs = card(page, "quiz").locator("fieldset input")
        order = tuple(inputs.evaluate_all("some => some.map((one) => one.value)"))
        assert orders.setdefault(day, order) == order
    assert len(set(orders.values())) > 1


def test_what_is_due_has_a_quiet_mark_here_and_in_the_menu(page: Page, site: Site) -> None:
    page.clock.set_fixed_time(NOON)
    page.goto(site.url + CHAPTER)
    name = str(card(page, "question").locator("details").get_attribute("id"))
    index = json.loads((site.folder / "study" / "chapters.json").read_text("utf-8"))
    (names,) = [one["cards"] for one in index["chapters"] if one["address"] == CHAPTER]
    others = [review(one["id"], NOON, 4) for one in names if one["id"] != name]
    put(page, review(name, datetime(2026, 11, 1, 12), 4), *others)
    page.reload()
    question = card(page, "question")
    expect(question.locator(".study-mark")).to_have_text("Due")
    expect(card(page, "question", 1).locator(".study-mark")).to_be_hidden()
    expect(page.locator(".chapter-head").get_by_role("link", name="1 question is due here")).to_be_visible()
    menu = page.get_by_role("navigation").get_by_role("link", name=re.compile("^BERT 1 due"))
    expect(menu).to_be_visible()

    question.locator("summary").click()
    question.get_by_role("button", name="Good").click()
    expect(question.locator(".study-mark")).to_be_hidden()
    expect(menu).to_have_count(0)
    done = page.get_by_role("navigation").get_by_role("link", name=re.compile("^BERT ✓ worked through"))
    expect(done).to_be_visible()


def test_a_step_that_is_over_is_asked_again_and_in_the_menu(page: Page, site: Site) -> None:
    """Of a reader whose first answer it was: the page was opened without the menu's script."""
    page.clock.install(time=NOON)
    question = opened(page, site)
    question.get_by_role("button", name="Good").click()
    expect(question.get_by_role("status")).to_contain_text("10 min")
    page.clock.run_for(11 * 60_000)
    question.locator("summary").click()
    question.locator("summary").click()
    expect(question.get_by_role("button", name="Good")).to_be_visible()
    menu = page.get_by_role("navigation").get_by_role("link", name=re.compile("^BERT 1 due"))

    expect(menu).to_be_visible()


def test_a_card_that_is_not_due_is_not_asked_but_may_be(page: Page, site: Site) -> None:
    question = opened(page, site)
    question.get_by_role("button", name="Easy").click()
    expect(question.get_by_role("status")).to_contain_text("8 d")
    question.locator("summary").click()
    question.locator("summary").click()
    expect(question.get_by_role("status")).to_contain_text("Asked again in 8 d.")
    question.get_by_role("button", name="Grade it now").click()
    expect(question.get_by_role("button", name="Again")).to_be_focused()

    question.get_by_role("button", name="Suspend").click()
    expect(question.get_by_role("status")).to_be_focused()
    expect(question.locator(".study-mark")).to_have_text("Suspended")
    question.get_by_role("button", name="Resume").click()
    expect(question.locator(".study-mark")).to_be_hidden()


def test_a_changed_text_keeps_its_schedule_and_says_so(page: Page, site: Site) -> None:
    page.goto(site.url + CHAPTER)
    name = str(card(page, "question").locator("details").get_attribute("id"))
    put(page, review(name, datetime(2026, 1, 1), 4, hash="another-text"))
    page.reload()
    question = card(page, "question")
    question.locator("summary").click()

    expect(question.get_by_role("status")).to_contain_text("has changed since you last answered it")
    expect(question.get_by_role("button", name="Good")).not_to_have_text(re.compile("10 min"))


def test_storage_that_is_blocked_is_told_with_the_grade(page: Page, site: Site) -> None:
    page.add_init_script(BLOCKED)
    question = opened(page, site)
    question.get_by_role("button", name="Good").click()

    expect(question.get_by_role("status")).to_contain_text("settings block storage")


def test_another_tab_changes_the_mark_and_not_what_is_open(page: Page, site: Site) -> None:
    question = opened(page, site)
    bar = question.get_by_role("group", name="How well did you know it?")
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Hard").focus()
    other = page.context.new_page()
    other.goto(site.url + CHAPTER)
    twin = card(other, "question")
    twin.locator("summary").click()
    twin.get_by_role("button", name="Again").click()
    expect(twin.get_by_role("status")).to_contain_text("asked again")
    expect(question).to_have_attribute("data-study", "known")

    expect(question.get_by_role("status")).to_have_text("Answered in another tab just now.")
    expect(bar.get_by_role("button", name="Hard")).to_be_focused()


def test_three_quizzes_before_a_chapter_send_back_to_the_right_place(page: Page, site: Site) -> None:
    page.goto(site.url + CHAPTER)
    before = page.locator("study-before")
    before.locator("summary").first.click()
    expect(before.locator("study-quiz[data-ready]")).to_have_count(3)
    quiz = before.locator("study-quiz").first
    name = quiz.locator(".quiz").get_attribute("id")
    choose(quiz, right=False)
    back = before.locator("li").first.get_by_text("Read it again")
    expect(back).to_be_visible()
    back.get_by_role("link").click()

    expect(page).to_have_url(re.compile(f"#{name}$"))
    expect(page.locator(f"#{name}")).to_be_in_viewport()


def test_cards_live_through_instant_navigation(page: Page, site: Site) -> None:
    page.goto(site.url + CHAPTER)
    page.evaluate("window.marker = 'kept'")
    card(page, "question")
    page.locator("a[href$='language/gpt/']:visible").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("GPT")
    question = card(page, "question")
    question.locator("summary").click()
    question.get_by_role("button", name="Good").click()
    expect(question.get_by_role("status")).to_contain_text("asked again")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("BERT")
    quiz = card(page, "quiz")

    expect(quiz.locator("form")).to_have_count(1)
    assert page.evaluate("window.marker") == "kept"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_and_graded_cards_serve_everybody(scheme: str, page: Page, site: Site) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(site.url + CHAPTER)
    first, graded = card(page, "question"), card(page, "question", 1)
    for question in (first, graded):
        question.locator("summary").click()
        expect(question.get_by_role("button", name="Good")).to_be_visible()
    graded.get_by_role("button", name="Good").click()
    expect(graded.get_by_role("status")).to_contain_text("asked again")
    choose(card(page, "quiz"), right=False)
    choose(card(page, "quiz", 1), right=True)
    page.evaluate(AXE)
    found = page.evaluate(VIOLATIONS)
    page.set_viewport_size({"width": 360, "height": 740})

    assert found + page.evaluate(TOO_WIDE) == []


def test_cards_and_review_work_on_the_second_engine(page: Page, next_site: Site) -> None:
    question = opened(page, next_site)
    question.get_by_role("button", name="Again").click()
    expect(question.get_by_role("status")).to_contain_text("asked again in 1 min")
    page.goto(f"{next_site.url}study/review/")

    expect(page.locator("study-review .review-counts")).to_contain_text("1 in a few minutes")
