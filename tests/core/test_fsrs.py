"""The scheduler in the page equals the package `fsrs`, fuzzing off, review by review."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fsrs import Card, Rating, Scheduler

from tests.core.conftest import Run

pytestmark = pytest.mark.browser

START = datetime(2026, 1, 31, 22, 17, 5, tzinfo=UTC)
MINUTE, DAY = 60, 86400
STEPS = ((), (60,), (60, 600), (30, 300, 7200), (45, 90000))

REVIEWS = """(m, histories) => histories.map(({ settings, start, reviews }) => {
  const scheduler = m.scheduler(settings);
  let card = m.newCard(start);
  return reviews.map(([rating, when]) => {
    const chance = scheduler.retrievability(card, when);
    card = scheduler.review(card, rating, when);
    return [chance, card.stability, card.difficulty, card.due, card.state, card.step];
  });
})"""


def milliseconds(when: datetime) -> float:
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)


def history(chance: random.Random) -> tuple[dict[str, Any], list[list[Any]]]:
    """One card's settings and reviews, as the script wants them, and what the package makes of it."""
    retention = round(chance.uniform(0.70, 0.97), 4)
    learning, relearning = chance.choice(STEPS), chance.choice(STEPS)
    longest = chance.choice([36500, 36500, 36500, 40])
    scheduler = Scheduler(
        desired_retention=retention,
        learning_steps=[timedelta(seconds=s) for s in learning],
        relearning_steps=[timedelta(seconds=s) for s in relearning],
        maximum_interval=longest,
        enable_fuzzing=False,
    )
    settings = {"retention": retention, "longest": longest}
    settings |= {"learning": [s * 1000 for s in learning], "relearning": [s * 1000 for s in relearning]}
    card, reviews, expected = Card(card_id=1, due=START), [], []
    when = START
    for _ in range(chance.randrange(5, 25)):
        rating = chance.choices([1, 2, 3, 4], [3, 2, 6, 1])[0]
        chance_now = scheduler.get_card_retrievability(card, when)
        card, _log = scheduler.review_card(card, Rating(rating), when)
        reviews.append([rating, milliseconds(when)])
        state, due = card.state.name.lower(), milliseconds(card.due)
        expected.append([chance_now, card.stability, card.difficulty, due, state, card.step])
        late = timedelta(milliseconds=chance.randrange(-3000, 3000) * chance.choice([1, 1000, 100_000]))
        anytime = timedelta(milliseconds=int(1000 * MINUTE * (3 * 365 * DAY / MINUTE) ** chance.random()))
        when = max(chance.choice([card.due, card.due + late, when + anytime]), when)
    return {"settings": settings, "start": milliseconds(START), "reviews": reviews}, expected


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.long)])
def test_every_review_of_a_random_history_equals_the_package(run: Run, count: int) -> None:
    given, expected = zip(*(history(random.Random(f"{count} {seed}")) for seed in range(count)))

    found = run("fsrs", REVIEWS, list(given))

    for mine, theirs in zip([r for h in found for r in h], [r for h in expected for r in h], strict=True):
        assert mine[:3] == pytest.approx(theirs[:3], rel=1e-9, abs=1e-9)
        assert mine[3:] == theirs[3:]
    states = {review[4] for reviews in expected for review in reviews}
    assert states == {"learning", "review", "relearning"}  # the histories go everywhere


def test_a_review_before_the_last_one_counts_as_the_same_day(run: Run) -> None:
    """A clock that was set back must not break anything, and the package has an answer."""
    moments = [START, START + timedelta(days=4), START + timedelta(days=1), START - timedelta(days=30)]
    scheduler, card, expected = Scheduler(enable_fuzzing=False), Card(card_id=1, due=START), []
    for when in moments:
        expected.append(scheduler.get_card_retrievability(card, when))
        card, _log = scheduler.review_card(card, Rating.Good, when)
        expected += [card.stability, card.difficulty]
    reviews = [[3, milliseconds(when)] for when in moments]

    found = run("fsrs", REVIEWS, [{"settings": {}, "start": milliseconds(START), "reviews": reviews}])[0]

    assert [v for review in found for v in review[:3]] == pytest.approx(expected, rel=1e-12)
    assert found[-1][3] == milliseconds(card.due)


def test_intervals_round_half_to_even_like_python(run: Run) -> None:
    values = [0.5, 1.5, 2.5, 3.5, 2.4999, 2.5001, 7.0, 0.0]
    assert run("fsrs", "(m, x) => x.map(m.roundHalfToEven)", values) == [round(v) for v in values]


def test_recall_is_nine_tenths_after_as_many_days_as_the_stability_says(run: Run) -> None:
    assert run("fsrs", "(m) => [1, 30, 3000].map((s) => m.recall(s, s))") == pytest.approx([0.9] * 3)
    assert run("fsrs", "(m) => m.recall(0, 5)") == 1


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"retention": 1}, "retention 1: between 0 and 1"),
        ({"learning": [0]}, "steps: milliseconds above 0"),
        ({"longest": 0.5}, "longest 0.5: whole days from 1 on"),
    ],
)
def test_settings_that_make_no_sense_are_refused(run: Run, settings: dict[str, Any], told: str) -> None:
    refusal = "(m, x) => { try { m.scheduler(x); } catch (e) { return `${e.name}: ${e.message}`; } }"
    assert told in run("fsrs", refusal, settings)


@pytest.mark.parametrize(("rating", "when"), [(0, 0), (5, 0), ("3", 0), (3, None)])
def test_a_rating_or_instant_that_is_none_is_refused(run: Run, rating: object, when: object) -> None:
    refusal = (
        "(m, [r, t]) => { try { m.scheduler().review(m.newCard(0), r, t); } catch (e) { return e.name; } }"
    )
    assert run("fsrs", refusal, [rating, when]) == "RangeError"
