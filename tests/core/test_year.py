"""A year of study: log, replay and queue in the page, against the package `fsrs` and Python's calendar."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fsrs import Card, Rating, Scheduler, State

from tests.core.conftest import Run

pytestmark = pytest.mark.browser

CARDS = [f"{chapter}-{number}" for chapter in ("bert", "gpt", "gan") for number in range(25)]
PASSES = 3  # what is asked again after some minutes comes back within the evening

SIMULATE = """async ({ replay, extend }, { cards, zone, newADay, retention, ratings, sessions }) => {
  const { queue, offsetIn } = await import("/one/assets/js/core/queue.js");
  const offset = offsetIn(zone), shown = [], setting = { kind: "setting", name: "retention" };
  let state = replay([{ ...setting, value: retention, id: "event-0", at: sessions[0] - 1 }]), made = 0;
  for (const at of sessions) {
    const entries = cards.map((id) => {
      const { memory, first } = state.cards.get(id) ?? { memory: null, first: null };
      const steps = memory !== null && memory.state !== "review";
      return { id, chapter: id.split("-")[0], due: memory && memory.due, first, steps };
    });
    const today = queue(entries, at, offset, newADay).now;
    shown.push([...today].sort());
    const reviews = today.map((card) => {
      const rating = ratings[card][state.cards.get(card)?.reviews ?? 0];
      return { v: 1, id: `event-${++made}`, kind: "review", at, zone: offset(at), card, rating };
    });
    // Events of one instant are ordered by id, which does not matter: each is another card's.
    state = extend(state, reviews);
  }
  return { shown, due: cards.map((id) => state.cards.get(id)?.memory.due ?? null) };
}"""


class Learner:
    """Evenings of a year in a zone, some of them after midnight and some skipped, and all later answers."""

    def __init__(self, seed: str, zone: str, retention: float, new_a_day: int) -> None:
        chance = random.Random(seed)
        self.zone, self.retention, self.new_a_day = ZoneInfo(zone), retention, new_a_day
        self.ratings = {card: chance.choices([1, 2, 3, 4], [2, 2, 8, 1], k=400) for card in CARDS}
        self.sessions: list[datetime] = []
        for day in range(365):
            if day and chance.random() < 0.1:
                continue
            start = datetime.combine(date(2026, 1, 5) + timedelta(days=day), time(20), self.zone)
            start = start.astimezone(UTC) + timedelta(minutes=chance.randrange(0, 400))
            self.sessions += [start + timedelta(minutes=15 * number) for number in range(PASSES)]

    def study_day(self, when: datetime) -> date:
        """The date that the wall clock showed four hours before."""
        return (when.astimezone(self.zone).replace(tzinfo=None) - timedelta(hours=4)).date()

    def expected(self) -> tuple[list[list[str]], list[float | None]]:
        """What is shown in each session, and when each card is due in the end."""
        scheduler = Scheduler(desired_retention=self.retention, enable_fuzzing=False)
        known: dict[str, Card] = {}
        begun: dict[date, int] = {}
        reviews = dict.fromkeys(CARDS, 0)
        shown = []
        for now in self.sessions:
            today = self.study_day(now)
            due = [
                name
                for name, card in known.items()
                if self.study_day(card.due) <= today and (card.state == State.Review or card.due <= now)
            ]
            room = max(0, self.new_a_day - begun.get(today, 0))
            fresh = [name for name in CARDS if name not in known][:room]
            begun[today] = begun.get(today, 0) + len(fresh)
            for name in [*due, *fresh]:
                card = known.get(name, Card(card_id=1, due=now))
                rating = Rating(self.ratings[name][reviews[name]])
                known[name], _log = scheduler.review_card(card, rating, now)
                reviews[name] += 1
            shown.append(sorted([*due, *fresh]))
        return shown, [known[name].due.timestamp() * 1000 if name in known else None for name in CARDS]


LEARNERS = {
    "eager": ("Europe/Berlin", 0.93, 5),
    "calm": ("America/New_York", 0.8, 1),
    "far": ("Australia/Lord_Howe", 0.9, 3),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_a_year_of_evenings_shows_what_scheduler_and_calendar_say(run: Run, name: str) -> None:
    zone, retention, new_a_day = LEARNERS[name]
    learner = Learner(name, zone, retention, new_a_day)
    given: dict[str, Any] = {"cards": CARDS, "zone": zone, "newADay": new_a_day, "retention": retention}
    given |= {"ratings": learner.ratings, "sessions": [when.timestamp() * 1000 for when in learner.sessions]}

    found = run("replay", SIMULATE, given)

    shown, due = learner.expected()
    assert found["shown"] == shown and found["due"] == due
    assert sum(map(len, shown)) > 500 and None not in due  # every card was begun, and many came back
