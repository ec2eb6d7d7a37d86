"""What pages know of cards: fingerprints, orders, intervals; and what the log says about a learner."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from fsrs import Card, Rating, Scheduler

from macros.catalogue import DOCS
from tests.core.conftest import Run
from tests.core.test_fsrs import START

pytestmark = pytest.mark.browser

DAY = 86_400_000


def test_a_fingerprint_hangs_on_the_words_alone(run: Run) -> None:
    same = run("cards", "(m, x) => x.map(m.fingerprint)", ["a b", " a\n  b ", "a c", "ab"])
    assert same[0] == same[1]
    assert len({*same}) == 3
    texts = [f"The answer is {n}." for n in range(5000)]
    assert len({*run("cards", "(m, x) => x.map(m.fingerprint)", texts)}) == 5000


def test_every_order_of_options_is_about_equally_frequent(run: Run) -> None:
    seeds = [f"seed {n}" for n in range(6000)]
    orders = run("cards", "(m, x) => x.map((seed) => m.shuffled(['a', 'b', 'c'], seed).join(''))", seeds)
    assert {*orders} == {"abc", "acb", "bac", "bca", "cab", "cba"}
    assert all(900 < orders.count(order) < 1100 for order in {*orders})
    again = run("cards", "(m, x) => x.map((seed) => m.shuffled(['a', 'b', 'c'], seed).join(''))", seeds)
    assert again == orders


SPANS = {60_000: "1 min", 10 * 60_000: "10 min", DAY // 8: "3 h", DAY: "1 d", 46 * DAY: "46 d"}
SPANS |= {61 * DAY: "2 months", 200 * DAY: "6.6 months", 400 * DAY: "1.1 years", 5000 * DAY: "14 years"}


def test_intervals_are_said_in_short_words(run: Run) -> None:
    assert run("cards", "(m, x) => x.map(m.spoken)", list(SPANS)) == list(SPANS.values())


def test_predictions_are_those_of_the_package(run: Run) -> None:
    """Each review of a card that has left its steps, set beside the package's own retrievability."""
    scheduler, card, at = Scheduler(enable_fuzzing=False), Card(card_id=1, due=START), START
    events, predicted = [], []
    for number, (days, rating) in enumerate([(0, 4), (9, 3), (30, 1), (0.02, 3), (5, 2), (5, 4)]):
        at += timedelta(days=days)
        if card.state.name == "Review" and days >= 1:
            predicted.append((scheduler.get_card_retrievability(card, at), rating > 1))
        card, _ = scheduler.review_card(card, Rating(rating), at)
        instant = round(at.timestamp() * 1000)
        event = {"v": 1, "id": f"event-{number:04}", "kind": "review", "at": instant, "zone": 0}
        events.append({**event, "card": "a-card", "rating": rating})
    bins = run("statistics", "(m, x) => m.calibration(x)", events)

    assert sum(found["count"] for found in bins) == len(predicted) > 2
    total = sum(found["predicted"] * found["count"] for found in bins)
    assert total == pytest.approx(sum(chance for chance, _ in predicted), abs=1e-9)
    kept = sum(found["remembered"] * found["count"] for found in bins)
    assert kept == pytest.approx(sum(right for _, right in predicted))


def test_drills_are_one_chapter_of_the_queue(run: Run) -> None:
    script = """(m, cards) => {
      const state = { cards: new Map() };
      return cards.map((card) => m.entry(state, card).chapter);
    }"""
    drills = [{"id": f"drill-{n}", "chapter": f"data/models/#{n}", "hash": f"hash-{n}"} for n in range(2)]
    chapters = run("cards", script, [*drills, {"id": "gru-gates", "chapter": "language/gru/"}])
    assert chapters == ["drills", "drills", "language/gru/"]


MINUTE, EVENING = 60_000, 1_790_000_000_000 // DAY * DAY + 20 * 3_600_000  # 20:00 in UTC


def reviews(*instants: int, zone: int = 0) -> list[dict[str, Any]]:
    return [{"kind": "review", "at": at, "zone": zone} for at in sorted(instants)]


def test_days_of_use_are_study_days(run: Run) -> None:
    """An evening that ends at 1 a.m. is one day, by the clock that the reader had."""
    use = "(m, x) => x.map((events) => m.use(events, 0).days)"
    late = reviews(EVENING, EVENING + 5 * 60 * MINUTE)
    east = reviews(EVENING, EVENING + 5 * 60 * MINUTE, zone=180)  # 23:00, and 4:00
    five = reviews(*(EVENING + n * DAY for n in range(5)))
    assert run("statistics", use, [late, east, five]) == [1, 2, 5]


def test_reviews_that_a_file_has_are_not_told_whatever_their_clocks_said(run: Run) -> None:
    ahead = reviews(EVENING, EVENING + 900 * DAY)
    use = "(m, [events, saved]) => m.use([{ kind: 'setting' }, ...events], saved)"
    assert run("statistics", use, [ahead, 2]) == {"reviews": 0, "days": 0}
    assert run("statistics", use, [[*ahead, *reviews(EVENING + DAY)], 2])["reviews"] == 1


def test_the_table_of_the_forgetting_curve_is_computed(run: Run) -> None:
    """The page's figures are those of the module that draws the curve."""
    page = (DOCS / "study" / "how-it-works.md").read_text("utf-8")
    rows = [[int(cell) for cell in re.findall(r"<td>(\d+) %", row)] for row in re.findall(r"<tr>.*", page)]
    made = "(m, x) => x.map((s) => [1, 10, 30, 100].map((days) => Math.round(100 * m.recall(days, s))))"
    assert [row for row in rows if row] == run("fsrs", made, [2.3065, 10.971048, 46.316858])


def test_the_gaps_of_the_page_s_own_card_are_those_of_the_scheduler(run: Run) -> None:
    page = (DOCS / "study" / "how-it-works.md").read_text("utf-8")
    gaps = """(m, ratings) => {
      const { review } = m.scheduler(), days = [];
      let card = m.newCard(0);
      for (const rating of ratings) {
        const now = card.due;
        card = review(card, rating, now);
        if (card.state === "review") days.push((card.due - now) / m.DAY);
      }
      return days;
    }"""
    before = run("fsrs", gaps, [3, 3, 3, 3])
    after = run("fsrs", gaps, [3, 3, 3, 3, 1, 3, 3])[len(before) :]
    assert "its gaps are {:d}, {:d} and {:d} days.".format(*before) in page
    assert f"*again* at the third date, the one after {before[-1]} days" in page
    assert "start over with {:d} and {:d} days".format(*after) in page
