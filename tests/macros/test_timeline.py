"""A long timeline is the same list, inside an element that gives it filters and an axis."""

from __future__ import annotations

import html
import re
from typing import get_args

from macros import call
from macros.catalogue import load
from macros.schema import Event
from macros.timeline import ERAS, LONG, NAMES, STRANDS
from tests.macros.sample import BASE
from tests.macros.test_macros import Strict, page

ROW = BASE["timeline"][0]


def many(count: int) -> dict[str, list[dict[str, object]]]:
    rows = [{**ROW, "id": f"event-no-{i}", "date": f"{2000 + i}", "precision": "year"} for i in range(count)]
    return {**BASE, "timeline": rows}


def test_only_a_long_list_gets_an_axis() -> None:
    assert "<time-line" not in call(page(many(LONG)), "timeline")
    here = page(many(LONG + 1))
    shown = call(here, "timeline") + call(here, "timeline")
    Strict(shown)
    assert re.findall(r'<time-line id="([^"]+)"', shown) == ["timeline", "timeline-2"]
    assert shown.count("<li ") == 2 * (LONG + 1)


def test_every_strand_of_the_schema_has_a_lane() -> None:
    strands = get_args(Event.model_fields["strand"].annotation)
    assert sorted(STRANDS.split()) == sorted(strands)
    assert NAMES.keys() <= set(strands)


def test_eras_are_in_order_begin_with_the_first_event_and_all_have_events() -> None:
    years = [int(row.date[:4]) for row in load().timeline]
    starts = list(ERAS)
    assert starts == sorted(starts) and starts[0] == min(years)
    for first, after in zip(starts, [*starts[1:], 9999]):
        assert any(first <= year < after for year in years)
    told = re.search(r'data-eras="([^"]+)"', call(page(many(LONG + 1)), "timeline"))
    assert told and html.unescape(told[1]) == "|".join(f"{year} {name}" for year, name in ERAS.items())
