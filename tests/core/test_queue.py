"""Which cards are due today: study days by the wall clock, whatever clocks and zones do."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.core.conftest import Run

pytestmark = pytest.mark.browser

RunIn = Callable[[str], Run]

QUEUE = "(m, [cards, now, newADay]) => m.queue(cards, now, m.offsetIn(), newADay)"
DAYS = "(m, instants) => instants.map((at) => m.studyDay(at, m.offsetIn()))"
SPRING, AUTUMN = "2026-03-29", "2026-10-25"  # nights on which European clocks are changed


def at(text: str) -> float:
    """Milliseconds since 1970 of "wall time [zone [+days of 24 hours]]"."""
    wall, zone, days = [*text.split(), *["UTC", "0"][len(text.split()) - 1 :]]
    return (
        datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).timestamp() + 86400 * int(days)
    ) * 1000


def card(name: str, due: float | None = None, chapter: str = "a", **more: Any) -> dict[str, Any]:
    first = None if due is None else 0
    return {"id": name, "chapter": chapter, "due": due, "first": first, **more}


# The due instant; now; whether the card is due. The zone of `now` is the device's; none means UTC.
CASES = {
    "this evening": ("2026-05-10T21:00", "2026-05-10T08:00", True),
    "one minute before 4 tomorrow": ("2026-05-11T03:59", "2026-05-10T08:00", True),
    "at 4 tomorrow": ("2026-05-11T04:00", "2026-05-10T08:00", False),
    "at 4 today, a minute before": ("2026-05-10T04:00", "2026-05-10T03:59", False),
    "at 4 today, at 4": ("2026-05-10T04:00", "2026-05-10T04:00", True),
    "overdue for a year": ("2025-05-10T12:00", "2026-05-10T00:30", True),
    "spring: 3:30, which follows 1:59, is still yesterday": (
        *(f"{SPRING}T03:30 Europe/Berlin", "2026-03-28T22:00 Europe/Berlin"), True),
    "spring: 4:00 of the short night is the new day": (
        *(f"{SPRING}T04:00 Europe/Berlin", f"{SPRING}T03:59 Europe/Berlin"), False),
    "spring: a day after 2:30 is 3:30, still yesterday": (
        *("2026-03-28T02:30 Europe/Berlin +1", "2026-03-28T22:00 Europe/Berlin"), True),
    "spring: a day after 3:00 is 4:00, the new day": (
        *("2026-03-28T03:00 Europe/Berlin +1", "2026-03-28T22:00 Europe/Berlin"), False),
    "autumn: the second 2:30 is still yesterday": (
        *(f"{AUTUMN}T01:30 UTC", "2026-10-24T09:00 Europe/Berlin"), True),
    "autumn: a day after 4:00 is 3:00, the day before": (
        *("2026-10-24T04:00 Europe/Berlin +1", "2026-10-24T20:00 Europe/Berlin"), True),
    "autumn: a day after 5:00 is 4:00, the new day": (
        *("2026-10-24T05:00 Europe/Berlin +1", "2026-10-24T20:00 Europe/Berlin"), False),
    "moved west: 9:00 in Tokyo is last evening in New York": (
        *("2026-05-10T09:00 Asia/Tokyo", "2026-05-09T18:00 America/New_York"), True),
    "not moved: the same due instant in Tokyo": (
        *("2026-05-10T09:00 Asia/Tokyo", "2026-05-10T03:30 Asia/Tokyo"), False),
    "moved east: 20:00 in New York is next morning in Tokyo": (
        *("2026-05-09T20:00 America/New_York", "2026-05-09T20:00 Asia/Tokyo"), False),
    "a quarter of an hour counts, in Kathmandu": (
        *("2026-05-10T22:14 UTC", "2026-05-10T04:00 Asia/Kathmandu"), True),
    "half an hour of daylight saving, on Lord Howe": (
        *("2026-10-04T04:00 Australia/Lord_Howe", "2026-10-04T03:50 Australia/Lord_Howe"), False),
    "clocks that skip midnight, in Santiago": (
        *("2026-09-06T03:59 America/Santiago", "2026-09-05T12:00 America/Santiago"), True),
    "clock set back by a day: what falls due today waits": ("2026-05-10T08:10", "2026-05-09T08:00", False),
    "clock set back by an hour: still due": ("2026-05-10T08:10", "2026-05-10T07:00", True),
    "clock set back by years": ("2026-05-10T08:10", "1999-12-31T23:00", False),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_card_is_due_on_the_study_day_of_its_instant(run_in: RunIn, case: str) -> None:
    due, now, is_due = CASES[case]
    zone = now.partition(" ")[2] or "UTC"
    found = run_in(zone)("queue", QUEUE, [[card("x", at(due))], at(now), 0])
    assert found["now"] == (["x"] if is_due else [])


@pytest.mark.parametrize(
    "zone", ["Europe/London", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca"]
)
def test_the_study_day_is_the_date_that_the_wall_clock_showed_four_hours_before(
    run_in: RunIn, zone: str
) -> None:
    chance = random.Random(zone)
    instants = [chance.randrange(int(at("2015-01-01")), int(at("2026-01-01"))) for _ in range(300)]
    walls = [datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZoneInfo(zone)) for ms in instants]
    dates = [(wall.replace(tzinfo=None) - timedelta(hours=4)).date() for wall in walls]

    assert run_in(zone)("queue", DAYS, instants) == [(d - date(1970, 1, 1)).days for d in dates]


# When a card falls due: the date on which it is asked.
DATES = {
    "2026-05-11T03:59 Europe/Berlin": "May 10, 2026",
    "2026-05-11T04:00 Europe/Berlin": "May 11, 2026",
    "2026-03-29T03:30 Europe/Berlin": "March 28, 2026",
    "2026-10-25T03:59 Europe/Berlin": "October 24, 2026",
    "2026-05-10T01:00 America/New_York": "May 9, 2026",
    "2026-12-31T23:00 Pacific/Apia": "December 31, 2026",
}


@pytest.mark.parametrize("due", DATES)
def test_the_date_of_an_instant_is_that_of_its_study_day(run_in: RunIn, due: str) -> None:
    told = "(m, at) => m.dayOf(at)"
    assert run_in(due.partition(" ")[2])("ui/memory", told, at(due)) == DATES[due]


@pytest.mark.parametrize(
    "now", ["2026-10-24T04:30", "2026-10-25T01:00", "2026-03-29T01:00", "2026-03-28T23:30"]
)
def test_the_days_of_a_forecast_have_the_dates_on_which_their_cards_are_asked(
    run_in: RunIn, now: str
) -> None:
    """Also at night, and over a day of 25 hours or of 23."""
    script = """(m, [cards, now]) => {
      const today = m.studyDay(now, m.offsetIn()), counts = m.forecast(cards, now, m.offsetIn(), 4);
      return counts.flatMap((count, day) => (count ? [m.dateOf(today + day)] : []));
    }"""
    first = datetime.fromisoformat(now) - timedelta(hours=4)
    days = [(first + timedelta(days=n)).replace(hour=12, minute=0) for n in (1, 2)]
    cards = [card(str(day), at(f"{day:%Y-%m-%dT%H:%M} Europe/Berlin")) for day in days]

    found = run_in("Europe/Berlin")("queue", script, [cards, at(f"{now} Europe/Berlin")])

    assert found == [f"{day:%B} {day.day}, {day.year}" for day in days]


NOW = at("2026-05-10T08:00")


def queue(run: Run, cards: list[dict[str, Any]], new: int = 0) -> dict[str, Any]:
    result: dict[str, Any] = run("queue", QUEUE, [cards, NOW, new])
    return result


def test_chapters_are_interleaved_evenly_and_the_oldest_of_each_comes_first(run: Run) -> None:
    cards = [
        card(f"{c}{i}", NOW - i, chapter=c) for c, n in {"a": 6, "b": 3, "c": 3}.items() for i in range(n)
    ]

    found = queue(run, cards)

    letters = "".join(name[0] for name in found["now"])
    assert letters == "abacabacabac"  # no two neighbors, and a spread over all
    for chapter in "abc":
        mine = [int(name[1]) for name in found["now"] if name[0] == chapter]
        assert mine == sorted(mine, reverse=True)
    assert queue(run, cards[::-1])["now"].count("a0") == 1 and found["reviews"] == 12


def test_one_chapter_with_much_to_do_is_spread_among_many_with_one_card(run: Run) -> None:
    counts = {"a": 8} | dict.fromkeys("bcdefghi", 1)
    cards = [card(f"{c}{i}", NOW - 1, chapter=c) for c, n in counts.items() for i in range(n)]

    letters = "".join(name[0] for name in queue(run, cards)["now"])

    assert "aaa" not in letters and not re.search("[^a]{3}", letters)


def test_the_order_of_what_is_due_does_not_hang_on_the_order_in_which_it_is_given(run: Run) -> None:
    cards = [card(f"x{i}", NOW - i % 3) for i in range(9)]
    shuffled = random.Random(1).sample(cards, 9)
    assert queue(run, cards) == queue(run, shuffled)


def test_new_cards_come_in_the_order_of_the_course_up_to_the_day_s_number(run: Run) -> None:
    cards = [card(f"n{i}", chapter="ab"[i > 3]) for i in range(8)] + [card("old", NOW - 1)]

    found = queue(run, cards, 3)
    assert found["now"] == ["old", "n0", "n1", "n2"] and found["fresh"] == 3
    assert queue(run, cards, 0)["now"] == ["old"]


def test_cards_begun_today_count_towards_the_new_ones_and_those_of_yesterday_do_not(run: Run) -> None:
    begun = [
        card("today", NOW + 9e8, first=at("2026-05-10T04:00")),
        card("late", NOW + 9e8, first=at("2026-05-10T03:59")),
    ]
    begun[0]["suspended"] = True  # to suspend it does not give another one
    fresh = [card(f"n{i}") for i in range(5)]

    assert queue(run, begun + fresh, 3)["now"] == ["n0", "n1"]
    assert queue(run, begun + fresh, 1)["fresh"] == 0


def test_suspended_cards_are_left_out(run: Run) -> None:
    cards = [card("a", NOW - 1, suspended=True), card("b", suspended=True), card("c", NOW - 1), card("d")]
    assert sorted(queue(run, cards, 5)["now"]) == ["c", "d"]


def test_steps_that_are_over_come_first_and_those_that_are_not_wait(run: Run) -> None:
    steps = [
        card("over", NOW - 1, steps=True),
        card("later", NOW + 6e5, steps=True),
        card("soon", NOW + 1, steps=True),
    ]

    found = queue(run, [card("review", NOW - 9e9), *steps])

    assert found["now"] == ["over", "review"] and found["soon"] == ["soon", "later"]


def test_a_card_whose_answer_changed_is_due_at_once(run: Run) -> None:
    cards = [
        card("a", NOW + 9e9, changed=True),
        card("b", NOW + 9e9),
        card("c", NOW + 6e5, steps=True, changed=True),
    ]
    assert queue(run, cards)["now"] == ["c", "a"]


def test_the_forecast_counts_study_days_and_puts_what_is_overdue_into_today(run: Run) -> None:
    dues = [
        "2026-04-01T12:00",
        "2026-05-11T03:00",
        "2026-05-11T05:00",
        "2026-05-13T03:00",
        "2026-06-20T03:00",
    ]
    cards = [card(str(i), at(due)) for i, due in enumerate(dues)]
    cards += [card("new"), card("out", NOW, suspended=True), card("changed", NOW + 9e9, changed=True)]
    forecast = "(m, [cards, now]) => m.forecast(cards, now, m.offsetIn(), 4)"

    assert run("queue", forecast, [cards, NOW]) == [3, 1, 1, 0]
