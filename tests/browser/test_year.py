"""A year at the review page: each evening it asks what scheduler and calendar say, computed in Python."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_study import choose, log, put
from tests.built import Site
from tests.core.test_year import LEARNERS, Learner

pytestmark = pytest.mark.browser

CHAPTER = "language/attention/"
MANY = 100
"""More cards than the chapter has."""

YEARS = [pytest.param(name, 365, marks=pytest.mark.long) for name in LEARNERS]


def settings(learner: Learner) -> list[dict[str, object]]:
    """What the learner chose, before the first evening."""
    at = int((learner.sessions[0] - timedelta(hours=1)).timestamp() * 1000)
    chosen = {"newADay": learner.new_a_day, "retention": learner.retention}
    return [
        {"v": 1, "id": f"set-{name}", "kind": "setting", "at": at, "zone": 0, "name": name, "value": value}
        for name, value in chosen.items()
    ]


def evening(page: Page, learner: Learner) -> list[str]:
    """Answer whatever the page asks for, until it asks for nothing at this moment."""
    tool = page.locator("study-review")
    expect(tool).to_have_attribute("data-ready", "")
    tool.get_by_label("Part or chapter").select_option(page.url.split("study/")[0] + CHAPTER)
    asked: list[str] = []
    for _ in range(MANY):
        if tool.locator(".review-counts").inner_text().startswith("0 due, 0 new"):
            return asked
        shown = tool.locator(", ".join(f".review-place #{card}" for card in learner.cards))  # of this chapter
        name = shown.get_attribute("id")
        assert name and name not in asked
        asked.append(name)
        rating = learner.rating(name)
        whole = tool.locator(".review-place").locator("study-question, study-quiz")
        if whole.evaluate("card => card.localName") == "study-quiz":
            choose(whole, right=rating > 1)
            if rating > 1:
                whole.locator(f"[data-rating='{rating}']").click()
            else:
                tool.get_by_role("button", name="Next").click()
        else:
            whole.locator("summary").first.click()
            whole.locator(f"[data-rating='{rating}']").click()
        expect(tool.locator(f".review-place #{name}")).to_have_count(0)
    raise AssertionError(f"more than {MANY} cards in an evening")


@pytest.mark.parametrize(("name", "days"), [("eager", 5), *YEARS])
def test_every_evening_the_page_asks_what_scheduler_and_calendar_say(
    name: str, days: int, browser: Browser, site: Site
) -> None:
    index = json.loads((site.folder / "study" / "chapters.json").read_text("utf-8"))
    (cards,) = [page["cards"] for page in index["chapters"] if page["address"] == CHAPTER]
    learner = Learner(name, [card["id"] for card in cards], passes=1, days=days)
    context = browser.new_context(timezone_id=LEARNERS[name][0])
    page = context.new_page()
    page.clock.set_fixed_time(learner.sessions[0])
    page.goto(f"{site.url}study/review/")
    put(page, *settings(learner))
    seen = 0
    for now in learner.sessions:
        page.clock.set_fixed_time(now)
        page.reload()
        wanted = learner.asked(now)
        assert sorted(evening(page, learner)) == sorted(wanted), now
        events = [event for event in log(page) if event["kind"] == "review"]
        for event in events[seen:]:
            learner.answer(event["card"], datetime.fromtimestamp(event["at"] / 1000, UTC))
        seen = len(events)
    context.close()
    assert seen > days / 5
    assert days < 365 or set(learner.known) == {card["id"] for card in cards}  # all begun
