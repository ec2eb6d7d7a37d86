"""A chart stays readable however many marks it has, and hides none of them."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from macros import charts
from macros.charts import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Mark

MARKS = st.lists(
    st.builds(
        Mark,
        name=st.text("ABCdef123 ", min_size=1, max_size=24).map(lambda s: s.strip() or "x"),
        value=st.floats(1e6, 1e13),
        words=st.just("about 7 B"),
        estimate=st.booleans(),
        year=st.floats(2017, 2026.9),
    ),
    min_size=2,
    max_size=80,
)

LABEL = re.compile(r'<text class="ink label" x="([-\d.]+)" y="([-\d.]+)">([^<]*)</text>')


@settings(deadline=None)
@given(MARKS)
def test_labels_of_a_scatter_overlap_neither_each_other_nor_the_edge(marks: list[Mark]) -> None:
    height, art = charts._scatter(marks, "Size")
    boxes = []
    for x, y, name in LABEL.findall(art):
        left, base = float(x), float(y)
        boxes.append((left, base - 12.9, left + charts._width(name) - 0.1, base + 3.9))
    for i, box in enumerate(boxes):
        assert box[0] >= LEFT - 0.1 and box[2] <= WIDTH and box[1] > 18 and box[3] < height - 28
        assert not any(charts._overlap(box, other) for other in boxes[:i])


@settings(deadline=None)
@given(MARKS)
def test_every_mark_of_a_scatter_can_be_focused_and_says_its_words(marks: list[Mark]) -> None:
    _, art = charts._scatter(marks, "Size")
    said = re.findall(r'<g class="mark" tabindex="0" role="img" aria-label="([^"]*)" data-value=', art)
    assert sorted(said) == sorted(f"{m.name}: {m.words}" for m in marks)
    assert art.count('class="ink tip"') == len(marks)
    assert art.count("line-2") == sum(m.estimate for m in marks)


def test_record_setters_are_labeled_first() -> None:
    crowd = [Mark(f"small {i}", 1e9 * (1 + i / 100), "1 B", year=2020.0 + i / 100) for i in range(60)]
    record = Mark("the largest", 1e9 * 1.7, "1.7 B", year=2020.7)
    _, art = charts._scatter([*crowd, record], "Size")
    named = [name for _, _, name in LABEL.findall(art)]
    assert named[0] == "the largest" and len(named) < 30


def test_a_higher_value_is_drawn_higher_and_a_later_one_further_right() -> None:
    marks = [Mark("a", 1e9, "1 B", year=2018.0), Mark("b", 1e12, "1 T", year=2022.0)]
    _, art = charts._scatter(marks, "Size")
    (ax, ay), (bx, by) = (map(float, found) for found in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', art))
    assert bx > ax and by < ay


def test_a_mark_carries_its_value_its_day_and_its_family() -> None:
    mark = Mark("a", 1.75e11, "175 B", year=2020.4, date="28 May 2020", family="gpt")
    _, art = charts._scatter([mark], "Size")
    assert 'aria-label="a: 175 B, 28 May 2020" data-value="1.75e+11" data-family="gpt"' in art


def test_axis_and_caption_say_that_the_scale_is_logarithmic() -> None:
    marks = [Mark("a", 1e9, "1 B", year=2018.0), Mark("b", 1e12, "1 T", year=2022.0)]
    word = '<tspan class="scale-word">logarithmic</tspan> scale'
    assert f"Size, {word}" in charts._scatter(marks, "Size")[1]
    assert f"US dollars, {word}" in charts._dots(marks, "What it cost, in US dollars")[1]


def test_the_script_is_told_where_an_axis_begins_and_ends() -> None:
    marks = [Mark("a", 1e9, "1 B", year=2018.0), Mark("b", 1e12, "1 T", year=2022.0)]
    (low, high) = (f'cy="{y:.1f}"' for y in (HEIGHT - BOTTOM - 10, TOP))
    _, art = charts._scatter(marks, "Size")
    assert low in art and high in art
    assert f'data-axis="y" data-start="{HEIGHT - BOTTOM - 10}" data-end="{TOP}"' in art
    _, art = charts._dots(marks, "Cost")
    assert f'data-axis="x" data-start="10" data-end="{WIDTH - 10}"' in art
    assert 'cx="10.0"' in art and f'cx="{WIDTH - 10}.0"' in art
