"""The scales and labels of charts: in the browser as at build time, and true to the values."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    TOP,
    WIDTH,
    Mark,
    _by_standing_out,
    _decades,
    _width,
    label_places,
)
from macros.text import scaled
from tests.core.conftest import Run

pytestmark = pytest.mark.browser

VALUES = st.lists(st.floats(1, 1e14), min_size=1, max_size=30)
FRAME = {"left": LEFT, "right": WIDTH - 2, "top": TOP - 8, "bottom": HEIGHT - BOTTOM}
MARKS = st.lists(
    st.builds(
        Mark,
        name=st.text("ABCdef123 .-", min_size=1, max_size=24),
        value=st.floats(1e6, 1e13),
        words=st.just("7 B"),
        year=st.floats(2017, 2026.9),
    ),
    min_size=1,
    max_size=60,
).map(lambda marks: sorted(marks, key=lambda m: m.year))


@given(values=VALUES)
def test_a_logarithmic_axis_has_the_powers_of_ten_that_the_build_drew(values: list[float], run: Run) -> None:
    ticks = run("chart", "(m, x) => m.axis(x, 'logarithmic').ticks", values)
    low, high = _decades(values)
    assert ticks == pytest.approx([10.0**power for power in range(low, high + 1)])


@given(values=VALUES)
def test_a_linear_axis_has_few_even_round_steps_from_zero_past_the_largest(
    values: list[float], run: Run
) -> None:
    ticks = run("chart", "(m, x) => m.axis(x, 'linear').ticks", values)
    step = ticks[1]
    assert ticks[0] == 0 and ticks[-1] >= max(values) * (1 - 1e-5) and ticks[-2] < max(values)
    assert 3 <= len(ticks) <= 8
    assert [b - a for a, b in pairwise(ticks)] == pytest.approx([step] * (len(ticks) - 1))
    assert round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6) in (1, 2, 5)


@given(values=VALUES, linear=st.booleans())
def test_marks_lie_where_their_values_are(values: list[float], linear: bool, run: Run) -> None:
    scale = "linear" if linear else "logarithmic"
    function = (
        "(m, [v, s]) => { const a = m.axis(v, s); return [a.ticks, v.map((x) => m.position(a, x, 580, 34))] }"
    )
    ticks, found = run("chart", function, [values, scale])
    for value, at in zip(values, found):
        ends = (ticks[0], ticks[-1], value)
        low, high, x = ends if linear else map(math.log10, ends)
        assert at == pytest.approx(580 + (34 - 580) * (x - low) / (high - low))
        assert 34 - 1e-2 <= at <= 580 + 1e-6


@given(digits=st.integers(1, 999), power=st.integers(0, 12))
def test_numbers_are_written_as_in_the_page(digits: int, power: int, run: Run) -> None:
    value = digits * 10.0**power
    assert run("chart", "(m, x) => m.scaled(x)", value) == scaled(value)


@given(marks=MARKS)
def test_labels_stand_where_the_build_would_put_them(marks: list[Mark], run: Run) -> None:
    xy = [
        (LEFT + 40 * (mark.year - 2017), round(580 - 60 * (math.log10(mark.value) - 6), 1)) for mark in marks
    ]
    points = [{"name": m.name, "value": m.value, "x": x, "y": y} for m, (x, y) in zip(marks, xy)]
    order, found, widths = run(
        "chart",
        "(m, [p, years, frame]) => { const o = m.order(p, years);"
        "return [o, [...m.labels(p, o, frame)], p.map(({ name }) => m.width(name))] }",
        [points, [m.year for m in marks], FRAME],
    )
    assert order == _by_standing_out(marks)
    assert widths == pytest.approx([_width(m.name) for m in marks])
    expected = label_places(marks, xy)
    assert {i: (at["left"], at["base"]) for i, at in found} == {
        i: pytest.approx(at) for i, at in enumerate(expected) if at
    }


def test_only_those_who_ask_get_a_label_but_it_keeps_clear_of_all(run: Run) -> None:
    points = [
        {"name": "wanted", "value": 1, "x": 200, "y": 300},
        {"name": "in its way", "value": 1, "x": 230, "y": 300},
    ]
    found = dict(run("chart", "(m, [p, f]) => [...m.labels(p, [0], f)]", [points, FRAME]))
    assert list(found) == [0] and found[0]["left"] < 200


STEP = "(m, [points, here, key]) => m.step(points, here, key) ?? null"


@given(heights=st.lists(st.integers(0, 500), min_size=1, max_size=12, unique=True))
def test_arrow_keys_reach_every_mark_by_time_and_by_height(heights: list[int], run: Run) -> None:
    points: list[dict[str, Any]] = [{"x": i, "y": y} for i, y in enumerate(heights)]
    by_height = sorted(range(len(points)), key=lambda i: -heights[i])
    ways = {"ArrowRight": list(range(len(points))), "ArrowUp": by_height}
    for key, way in ways.items():
        back = {"ArrowRight": "ArrowLeft", "ArrowUp": "ArrowDown"}[key]
        for here, there in pairwise(way):
            assert run("chart", STEP, [points, here, key]) == there
            assert run("chart", STEP, [points, there, back]) == here
        assert run("chart", STEP, [points, way[-1], key]) is None
        assert run("chart", STEP, [points, way[0], back]) is None
    assert run("chart", STEP, [points, 0, "End"]) == len(points) - 1
