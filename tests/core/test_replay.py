"""Replay: from events in any order to the state of every card, undone events left out."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given
from hypothesis import strategies as st

from tests.core.conftest import Run

pytestmark = pytest.mark.browser

START = 1_790_000_000_000
MINUTE, DAY = 60_000, 86_400_000

STATE = """(m, logs) => logs.map((log) => {
  const { cards, settings } = m.replay(log);
  return { cards: Object.fromEntries([...cards].sort()), settings };
})"""


def event(number: int, kind: str = "review", after: int = 0, card: str = "a", **more: Any) -> dict[str, Any]:
    more = {"rating": 3} | more if kind == "review" else more
    own = {} if kind == "setting" else {"card": card}
    return {"v": 1, "id": f"event-{number:03}", "kind": kind, "at": START + after, "zone": 0, **own, **more}


@st.composite
def logs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Reviews of three cards with everything else between them; undos name any event, also none of theirs."""
    log = []
    for number in range(draw(st.integers(0, 12))):
        after = draw(st.integers(0, 4000)) * 10 * MINUTE
        card = draw(st.sampled_from("abc"))
        kind = draw(st.sampled_from(["review", "review", "review", "undo", "suspend", "resume", "setting"]))
        more: dict[str, Any] = {}
        if kind == "review":
            more = {"rating": draw(st.integers(1, 4)), "hash": draw(st.sampled_from(["x", "y"]))}
        if kind == "undo":
            more = {"of": f"event-{draw(st.integers(0, 12)):03}"}
        if kind == "setting":
            more = draw(
                st.sampled_from([{"name": "retention", "value": 0.8}, {"name": "newADay", "value": 3}])
            )
        log.append(event(number, kind, after, card, **more))
    return log


@given(logs(), st.randoms())
def test_the_order_in_which_events_arrive_does_not_matter(run: Run, log: Any, chance: random.Random) -> None:
    first, second = run("replay", STATE, [log, chance.sample(log, len(log))])
    assert first == second


@given(logs(), st.sampled_from("abc"), st.integers(1, 4))
def test_to_undo_the_last_review_is_never_to_have_made_it(run: Run, log: Any, card: str, rating: int) -> None:
    last = event(900, after=50_000 * MINUTE, card=card, rating=rating)
    undo = event(901, "undo", 50_001 * MINUTE, card, of="event-900")

    before, after, reviewed = run("replay", STATE, [log, [*log, last, undo], [*log, last]])

    assert after == before and reviewed != before


@given(logs())
def test_an_undone_event_changes_nothing_wherever_it_stands(run: Run, log: Any) -> None:
    """Also in the middle: what comes after it is worked out again."""
    named = {(e["of"], e["card"]) for e in log if e["kind"] == "undo"}
    left = [e for e in log if e["kind"] != "undo" and (e["id"], e.get("card")) not in named]

    whole, without = run("replay", STATE, [log, left])

    assert whole == without


@given(logs(), st.integers(0, 12))
def test_to_go_on_from_a_state_is_to_replay_all_or_is_refused(run: Run, log: Any, cut: int) -> None:
    log = sorted(log, key=lambda e: (e["at"], e["id"]))
    script = """(m, [log, cut]) => {
      const show = (state) => state && [[...state.cards].sort(), state.settings, state.count, state.last];
      const part = m.replay(log.slice(0, cut)), before = JSON.stringify(show(part));
      const next = m.extend(part, log.slice(cut));
      const again = m.extend(part, log.slice(0, 1));
      return [show(next), show(m.replay(log)), JSON.stringify(show(part)) === before, again];
    }"""
    extended, whole, untouched, again = run("replay", script, [log, cut])

    named = {(e["of"], e["card"]) for e in log[:cut] if e["kind"] == "undo"}
    reaches_back = any(e["kind"] == "undo" or (e["id"], e.get("card")) in named for e in log[cut:])
    assert extended == (None if reaches_back else whole)
    assert untouched and (again is None or not log[:cut])


def test_an_event_that_was_undone_before_it_came_has_no_effect(run: Run) -> None:
    """The clock was set back between the review and its undo, and the two come from two files."""
    undo, review = event(1, "undo", of="event-002"), event(2, after=DAY)
    script = (
        "(m, [undo, review]) => [m.extend(m.replay([undo]), [review]), m.replay([undo, review]).cards.size]"
    )
    assert run("replay", script, [undo, review]) == [None, 0]


def due(*reviews: tuple[float, int, int]) -> float:
    """When the package says that a card is due, after (retention, rating, instant)."""
    card = Card(card_id=1)
    for retention, rating, at in reviews:
        scheduler = Scheduler(desired_retention=retention, enable_fuzzing=False)
        card, _log = scheduler.review_card(card, Rating(rating), datetime.fromtimestamp(at / 1000, UTC))
    return card.due.timestamp() * 1000


def test_each_review_follows_the_settings_in_force_when_it_was_made(run: Run) -> None:
    times = [START + t for t in (0, DAY, 9 * DAY)]
    reviews = [event(n, after=at - START, rating=4) for n, at in enumerate(times)]
    setting = event(5, "setting", 2 * DAY, name="retention", value=0.75)

    early, late = run("replay", STATE, [[*reviews[:2], setting], [*reviews, setting]])

    assert early["cards"]["a"]["memory"]["due"] == due((0.9, 4, times[0]), (0.9, 4, times[1]))
    assert late["cards"]["a"]["memory"]["due"] == due(*zip([0.9, 0.9, 0.75], [4, 4, 4], times))
    assert late["settings"] == {"retention": 0.75, "newADay": 10}


def test_a_card_knows_its_first_review_their_number_and_the_text_of_the_last(run: Run) -> None:
    ratings = [(0, 4), (9 * DAY, 1), (9 * DAY + MINUTE, 1), (9 * DAY + 20 * MINUTE, 3), (30 * DAY, 1)]
    log = [
        event(n, after=at, rating=r, hash=f"h{n}", answer=f"said {n}") for n, (at, r) in enumerate(ratings)
    ]

    [state] = run("replay", STATE, [log])

    card = state["cards"]["a"]
    assert (card["first"], card["reviews"]) == (START, 5)
    assert (card["hash"], card["answer"], card["suspended"]) == ("h4", "said 4", False)
    assert card["memory"]["state"] == "relearning"


REVIEWS = [event(1), event(2, after=DAY, rating=1), event(3, after=DAY, card="b")]
NO_EFFECT = {
    "of another card's event": [event(9, "undo", 2 * DAY, "b", of="event-002")],
    "of an event that is not there": [event(9, "undo", 2 * DAY, of="event-777")],
}


@pytest.mark.parametrize("case", NO_EFFECT)
def test_an_undo_without_its_event_has_no_effect(run: Run, case: str) -> None:
    before, after = run("replay", STATE, [REVIEWS, [*REVIEWS, *NO_EFFECT[case]]])
    assert before == after


def test_an_undo_is_not_undone_and_counts_also_when_a_clock_puts_it_first(run: Run) -> None:
    undo = event(8, "undo", -DAY, of="event-002")
    again = event(9, "undo", 3 * DAY, of="event-008")

    undone, still, plain = run(
        "replay", STATE, [[*REVIEWS, undo], [*REVIEWS, undo, again], [REVIEWS[0], REVIEWS[2]]]
    )

    assert undone == still == plain


def test_a_suspended_card_stays_so_until_it_is_resumed_and_keeps_its_memory(run: Run) -> None:
    suspend, resume = event(4, "suspend", 2 * DAY), event(5, "resume", 3 * DAY)
    undo = event(6, "undo", of="event-004")
    logs = [[suspend], [suspend, resume], [suspend, undo]]
    out, back, undone = run("replay", STATE, [[*REVIEWS, *log] for log in logs])

    assert out["cards"]["a"]["suspended"] and not back["cards"]["a"]["suspended"]
    assert out["cards"]["a"]["memory"] == back["cards"]["a"]["memory"] == undone["cards"]["a"]["memory"]
    assert undone["cards"]["a"]["suspended"] is False
