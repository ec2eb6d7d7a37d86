"""Where events lie on the axis of time, against the calendar and against brute force."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.conftest import Run

pytestmark = pytest.mark.browser

LAYOUT = """(m, [items, from, to, width, sizes]) => {
  const stretches = m.axis(items.map(({ start, end }) => (start + end) / 2), from, to, width);
  const reserved = (lane) => sizes.reserved[lane] ?? 0;
  const places = m.place(items, stretches, { ...sizes, reserved });
  return { stretches, places, ticks: m.ticks(stretches, 40),
    at: items.map(({ start }) => m.position(stretches, start)) };
}"""
FIRST, LAST = 1940, 2030

EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "start": st.floats(FIRST, LAST + 0.95),
            "long": st.sampled_from([1 / 365, 1 / 12, 1.0]),
            "lane": st.sampled_from("abc"),
            "width": st.integers(5, 240),
        }
    ),
    min_size=1,
    max_size=40,
).map(lambda events: sorted(events, key=lambda event: event["start"]))
WIDTHS = st.integers(300, 1400)
SIZES = {"dot": 18, "gap": 4, "limit": 5, "reserved": {"a": 60, "b": 90}}


def layout(run: Run, events: list[dict[str, Any]], width: float) -> dict[str, Any]:
    items = [{"id": str(i), "end": min(e["start"] + e["long"], LAST + 1), **e} for i, e in enumerate(events)]
    return {"items": items, **run("timeline", LAYOUT, [items, FIRST, LAST, width, SIZES])}


@pytest.mark.parametrize("text", ["2016", "2016-02", "2016-02-29", "2023-12", "2023-12-31", "1943-01-01"])
def test_a_date_is_as_long_as_it_is_exact(text: str, run: Run) -> None:
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    first = date(year, month or 1, day or 1)
    last = date(year + 1, 1, 1) if not month else date(year + month // 12, month % 12 + 1, 1)
    last = date.fromordinal(first.toordinal() + 1) if day else last
    length = date(year + 1, 1, 1).toordinal() - date(year, 1, 1).toordinal()
    wanted = [year + (day.toordinal() - date(year, 1, 1).toordinal()) / length for day in (first, last)]

    assert run("timeline", "(m, x) => m.span(x)", text) == pytest.approx(wanted, abs=1e-9)


@given(events=EVENTS, width=WIDTHS)
def test_the_axis_is_whole_and_cuts_only_empty_years(
    events: list[dict[str, Any]], width: int, run: Run
) -> None:
    found = layout(run, events, width)
    stretches = found["stretches"]
    years = {int((i["start"] + i["end"]) / 2) for i in found["items"]}

    assert (stretches[0]["from"], stretches[-1]["to"]) == (FIRST, LAST + 1)
    assert (stretches[0]["left"], stretches[-1]["right"]) == (0, pytest.approx(width))
    for before, after in pairwise(stretches):
        assert before["to"] == after["from"] and before["right"] == pytest.approx(after["left"])
        assert not (before["cut"] and after["cut"])
    for s in stretches:
        empty = not years & set(range(s["from"], s["to"]))
        assert s["right"] > s["left"] and (s["to"] - s["from"] >= 4 and empty if s["cut"] else True)
        assert s["cut"] or s["to"] - s["from"] == 1


@given(events=EVENTS, width=WIDTHS)
def test_time_runs_evenly_within_a_stretch(events: list[dict[str, Any]], width: int, run: Run) -> None:
    found = layout(run, events, width)
    for item, at in zip(found["items"], found["at"]):
        s = next(s for s in found["stretches"] if s["from"] <= item["start"] < s["to"])
        share = (item["start"] - s["from"]) / (s["to"] - s["from"])
        assert at == pytest.approx(s["left"] + share * (s["right"] - s["left"]))


@given(events=EVENTS, width=WIDTHS)
def test_nothing_overlaps_the_order_is_kept_and_labels_stay_inside(
    events: list[dict[str, Any]], width: int, run: Run
) -> None:
    found = layout(run, events, width)
    places, reserved = found["places"], SIZES["reserved"]
    assert [p["id"] for p in places] == [item["id"] for item in found["items"]]
    for p, item in zip(places, found["items"]):
        assert p["left"] >= -1e-9 and p["right"] <= width + 1e-9
        wide = SIZES["dot"] + (item["width"] if p["side"] != "none" else 0)
        assert p["right"] - p["left"] == pytest.approx(wide)
        assert abs((p["left"] if p["side"] == "right" else p["right"]) - p["x"]) == pytest.approx(9)
        if p["row"] == 0:
            assert p["left"] >= reserved.get(p["lane"], 0)
    for i, p in enumerate(places):
        for other in places[:i]:
            if (p["lane"], p["row"]) == (other["lane"], other["row"]):
                assert p["left"] >= other["right"] + 3.99 or other["left"] >= p["right"] + 3.99
    middles = sorted((item["start"] + item["end"], p["x"]) for item, p in zip(found["items"], places))
    assert all(a[1] <= b[1] + 1e-9 for a, b in pairwise(middles))


@given(events=EVENTS, width=WIDTHS)
def test_a_label_is_left_out_only_where_no_row_has_room(
    events: list[dict[str, Any]], width: int, run: Run
) -> None:
    found = layout(run, events, width)
    for i, (p, item) in enumerate(zip(found["places"], found["items"])):
        earlier = [other for other in found["places"][:i] if other["lane"] == p["lane"]]
        rows = SIZES["limit"] if p["side"] == "none" else p["row"]
        for row in range(rows):
            boxes = [(o["left"], o["right"]) for o in earlier if o["row"] == row]
            boxes += [(0, SIZES["reserved"].get(p["lane"], 0))] * (row == 0)
            for left in (p["x"] - 9, p["x"] - 9 - item["width"]):
                right = left + SIZES["dot"] + item["width"]
                inside = left >= 0 and right <= width
                assert not inside or any(left < b + 4 and a < right + 4 for a, b in boxes)


@given(events=EVENTS, width=WIDTHS)
def test_named_years_have_room_and_stand_at_their_stretch(
    events: list[dict[str, Any]], width: int, run: Run
) -> None:
    found = layout(run, events, width)
    ticks = found["ticks"]
    assert all(b["x"] - a["x"] >= 40 and b["year"] > a["year"] for a, b in pairwise(ticks))
    middles = {s["from"]: (s["left"] + s["right"]) / 2 for s in found["stretches"] if not s["cut"]}
    for tick in ticks:
        assert tick["x"] == pytest.approx(min(max(middles[tick["year"]], 20), width - 20))


@given(events=EVENTS, width=WIDTHS)
def test_the_same_events_are_always_laid_out_alike(
    events: list[dict[str, Any]], width: int, run: Run
) -> None:
    assert layout(run, events, width) == layout(run, events, width)


STOPS = st.lists(
    st.fixed_dictionaries({"lane": st.sampled_from("abcd"), "x": st.integers(0, 500)}),
    min_size=1,
    max_size=12,
)
STEP = "(m, [stops, id, key]) => m.step(stops, id, key, [...'abcd'])?.id ?? null"


@given(stops=STOPS, data=st.data())
def test_arrow_keys_lead_to_the_neighbor_in_time_and_to_the_nearest_of_the_next_strand(
    stops: list[dict[str, Any]], data: st.DataObject, run: Run
) -> None:
    stops = [{"id": str(i), **s} for i, s in enumerate(sorted(stops, key=lambda s: s["x"]))]
    here = data.draw(st.integers(0, len(stops) - 1))
    used = sorted({stop["lane"] for stop in stops})
    lane = used.index(stops[here]["lane"])
    for key, there in {"ArrowLeft": here - 1, "ArrowRight": here + 1, "Home": 0, "End": -1}.items():
        expected = stops[there]["id"] if there in (-1, *range(len(stops))) else None
        expected = None if key == "ArrowLeft" and here == 0 else expected
        assert run("timeline", STEP, [stops, str(here), key]) == expected
    for key, other in {"ArrowUp": lane - 1, "ArrowDown": lane + 1}.items():
        found = run("timeline", STEP, [stops, str(here), key])
        if 0 <= other < len(used):
            near = {abs(s["x"] - stops[here]["x"]): s for s in stops[::-1] if s["lane"] == used[other]}
            assert found == near[min(near)]["id"]
        else:
            assert found is None
    assert run("timeline", STEP, [stops, str(here), "x"]) is None


@given(
    year=st.integers(2000, 2010),
    bounds=st.tuples(st.integers(2000, 2010), st.integers(2000, 2010)),
    lane=st.sampled_from("ab"),
    lanes=st.sets(st.sampled_from("ab")),
    words=st.lists(st.sampled_from(["sound", "raw", "(", ".*"]), max_size=2),
)
def test_an_event_is_shown_if_it_fits_all_filters(
    year: int, bounds: tuple[int, int], lane: str, lanes: set[str], words: list[str], run: Run
) -> None:
    text = "raw sound (2016)"
    fits = run(
        "timeline",
        "(m, [e, w]) => m.wanted(e, { ...w, lanes: new Set(w.lanes) })",
        [
            {"year": year, "lane": lane, "text": text},
            {"from": bounds[0], "to": bounds[1], "lanes": sorted(lanes), "words": words},
        ],
    )
    in_lane = not lanes or lane in lanes
    assert fits == (bounds[0] <= year <= bounds[1] and in_lane and all(w in text for w in words))
