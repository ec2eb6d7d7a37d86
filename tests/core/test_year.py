"""A year of study: log, replay and queue in the page, against the package `fsrs` and Python's calendar."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fsrs import Card, Rating, Scheduler, State

from tests.core.conftest import Run

pytestmark = pytest.mark.browser

CARDS = [f"{chapter}-{number}" for chapter in ("bert", "gpt", "gan") for number in range(25)]
PASSES = 3  # what is asked again after some minutes comes back within the evening

SIMULATE = """async ({ replay, extend }, { cards, newADay, retention, ratings, sessions }) => {
  const { queue, offsetIn } = await import("/one/assets/js/core/queue.js");
  const offset = offsetIn(), shown = [], setting = { kind: "setting", name: "retention" };
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
    """Evenings of a year in a zone, some of them after midnight and some skipped, and all answers."""

    def __init__(self, name: str, cards: list[str], passes: int = PASSES, days: int = 365) -> None:
        chance = random.Random(name)
        zone, self.retention, self.new_a_day = LEARNERS[name]
        self.zone, self.cards = ZoneInfo(zone), cards
        self.ratings = {card: chance.choices([1, 2, 3, 4], [2, 2, 8, 1], k=400) for card in cards}
        self.sessions: list[datetime] = []
        for day in range(days):
            if day and chance.random() < 0.1:
                continue
            start = datetime.combine(date(2026, 1, 5) + timedelta(days=day), time(20), self.zone)
            start = start.astimezone(UTC) + timedelta(minutes=chance.randrange(0, 400))
            self.sessions += [start + timedelta(minutes=15 * number) for number in range(passes)]
        self.scheduler = Scheduler(desired_retention=self.retention, enable_fuzzing=False)
        self.known: dict[str, Card] = {}
        self.reviews = dict.fromkeys(cards, 0)
        self._begun: dict[date, int] = {}

    def study_day(self, when: datetime) -> date:
        """The date that the wall clock showed four hours before."""
        return (when.astimezone(self.zone).replace(tzinfo=None) - timedelta(hours=4)).date()

    def asked(self, now: datetime) -> list[str]:
        """The cards that scheduler and calendar ask for now."""
        today = self.study_day(now)
        due = [
            name
            for name, card in self.known.items()
            if self.study_day(card.due) <= today and (card.state == State.Review or card.due <= now)
        ]
        room = max(0, self.new_a_day - self._begun.get(today, 0))
        return [*due, *[name for name in self.cards if name not in self.known][:room]]

    def rating(self, name: str) -> int:
        """The next answer to a card."""
        return self.ratings[name][self.reviews[name]]

    def answer(self, name: str, now: datetime) -> None:
        """Give it."""
        if name not in self.known:
            today = self.study_day(now)
            self._begun[today] = self._begun.get(today, 0) + 1
        card = self.known.get(name, Card(card_id=1, due=now))
        self.known[name], _log = self.scheduler.review_card(card, Rating(self.rating(name)), now)
        self.reviews[name] += 1


LEARNERS = {
    "eager": ("Europe/Berlin", 0.93, 5),
    "calm": ("America/New_York", 0.8, 1),
    "far": ("Australia/Lord_Howe", 0.9, 3),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_a_year_of_evenings_shows_what_scheduler_and_calendar_say(
    run_in: Callable[[str], Run], name: str
) -> None:
    learner = Learner(name, CARDS)
    given: dict[str, Any] = {"cards": CARDS, "newADay": learner.new_a_day}
    given |= {"retention": learner.retention, "ratings": learner.ratings}
    given |= {"sessions": [when.timestamp() * 1000 for when in learner.sessions]}

    found = run_in(LEARNERS[name][0])("replay", SIMULATE, given)

    shown = []
    for now in learner.sessions:
        shown.append(sorted(learner.asked(now)))
        for card in shown[-1]:
            learner.answer(card, now)
    due = [learner.known[card].due.timestamp() * 1000 for card in CARDS]  # each was begun
    assert found["shown"] == shown and found["due"] == due
    assert sum(map(len, shown)) > 500  # and many came back
