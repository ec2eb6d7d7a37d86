"""The Transformer chapter: positions, counts and normalization recomputed, and every number it quotes."""

from __future__ import annotations

import re
from itertools import pairwise
from math import cos, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.catalogue import load
from macros.examples import running as r
from macros.examples import transformer as t
from macros.examples.steps import number
from macros.text import AuthorError

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "language" / "transformer.md").read_text("utf-8")
FIGURE = (DOCS / "assets" / "figures" / "transformer-block.svg").read_text("utf-8")
IT = 2
SIZES = st.integers(1, 200)


def row(values: list[float], separator: str = ", ") -> str:
    return separator.join(number(x) for x in values)


# Positions.


@given(st.integers(1, 12), st.sampled_from([2, 4, 6, 8]))
def test_positions_equal_the_formula_entry_by_entry(n: int, d: int) -> None:
    place, entry = np.arange(n)[:, None], np.arange(d)[None, :]
    angle = place / 10000 ** (2 * (entry // 2) / d)
    np.testing.assert_allclose(
        t.sinusoid(n, d), np.where(entry % 2, np.cos(angle), np.sin(angle)), atol=1e-12
    )


@given(st.integers(2, 12), st.sampled_from([2, 4, 6, 8]))
def test_products_of_positions_depend_on_the_distance_only(n: int, d: int) -> None:
    p = np.array(t.sinusoid(n, d))
    products = p @ p.T
    for distance in range(n):
        diagonal = np.diag(products, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-9)
    np.testing.assert_allclose(np.diag(products), d / 2)


def test_the_chapter_quotes_the_products_of_positions() -> None:
    one, two, three = (number(cos(k) + cos(k / 100), 3) for k in (1, 2, 3))
    assert f"2, then {one}, then {two}, then {three}" in TEXT
    assert f"= {cos(2):.3f} + {cos(0.02):.3f} = {two}" in TEXT


@given(st.floats(-3, 3), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_turned_vectors_have_a_product_of_their_distance(a: float, i: int, j: int, shift: int) -> None:
    def turned(vector: list[float], angle: float) -> np.ndarray:
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return np.array(vector) @ turn

    q, k = [1.0, 2.0], [-0.5, 3.0]
    here = turned(q, i * a) @ turned(k, j * a)
    there = turned(q, (i + shift) * a) @ turned(k, (j + shift) * a)
    assert here == pytest.approx(there, abs=1e-6)


# Weights.


@given(SIZES, SIZES, SIZES, SIZES)
def test_the_count_is_the_sum_of_the_sizes_of_all_arrays(
    layers: int, d: int, vocabulary: int, context: int
) -> None:
    block = [(d, 3 * d), (3 * d,), (d, d), (d,), (d, 4 * d), (4 * d,), (4 * d, d), (d,), *[(d,)] * 4]
    shapes = [(vocabulary, d), (context, d), *block * layers, (d,), (d,)]
    expected = sum(int(np.prod(shape)) for shape in shapes)
    assert t.count(layers, d, vocabulary, context).total == expected


def test_gpt_2_small_has_the_size_that_its_maker_states() -> None:
    counted = t.count(12, 768, 50257, 1024)
    assert counted.total == 124_439_808
    stated = load().get("models", "gpt-2-124m").parameters.value  # type: ignore[union-attr]
    assert round(counted.total, -6) == stated


def test_the_chapter_quotes_the_counted_weights() -> None:
    w = t.count(12, 768, 50257, 1024)
    assert f"12 · {w.attention:,} is {12 * w.attention / 1e6:.1f} M" in TEXT
    assert f"12 · {w.feed_forward:,} is {12 * w.feed_forward / 1e6:.1f} M" in TEXT
    assert f"{12 * w.feed_forward / w.total:.1%}".replace("%", " %") in TEXT
    assert f"{w.tokens / 1e6:.1f} M, nearly a third" in TEXT and 0.3 < w.tokens / w.total < 1 / 3
    gpt_3 = t.count(96, 12288, 50257, 2048)
    assert f"they are {gpt_3.tokens / gpt_3.total:.1%}".replace("%", " %") in TEXT
    layers, d = 6 * 12 + 6 * 16, 512
    assert f"{layers} \\cdot 262{{,}}144 = {layers * d**2 / 1e6:.1f}$ M" in TEXT and d**2 == 262_144
    assert f"= {37_000 * d / 1e6:.1f}$ M" in TEXT
    assert f"In all {(layers * d**2 + 37_000 * d) / 1e6:.0f} M" in TEXT


def test_the_chapter_quotes_the_cost_of_a_token() -> None:
    d, n = 768, 1024
    parts = [4 * d**2 / 1e6, 2 * n * d / 1e6, 8 * d**2 / 1e6]
    for part in parts:
        assert f"| {part:.2f} M |" in TEXT
    once, twice = sum(parts), sum(parts) + parts[1]
    assert f"= {once:.2f} M before" in TEXT and f"= {twice:.2f} M after" in TEXT
    assert f"a factor of {twice / once:.2f}" in TEXT and f"so {2 * twice / once:.2f} in all" in TEXT
    assert f"$n > 6d$: {6 * d:,} tokens" in TEXT


# Normalization, the block and the prediction.


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=8), st.floats(0.1, 10))
def test_rms_norm_gives_mean_square_one_whatever_the_size(values: list[float], factor: float) -> None:
    if max(map(abs, values)) < 1e-3:
        return
    got = t.rms_norm(values)
    assert np.mean(np.square(got)) == pytest.approx(1)
    assert t.rms_norm([factor * x for x in values]) == pytest.approx(got)


def test_the_chapter_follows_the_row_of_it_through_the_block() -> None:
    s = r.block()
    for values in (
        s.attention.output,
        s.mixed,
        s.added,
        s.normalized,
    ):
        assert f"({row(values[IT])})" in TEXT
    added = np.array(s.added[IT])
    assert f"/ 4 = {added.mean():.2f}" in TEXT
    assert f"mean {added.var():.2f}, whose root is {added.std():.2f}" in TEXT
    squares = " + ".join(f"{x * x:.2f}" for x in added)
    mean = np.mean(added**2)
    told = f"({squares}) / 4 = {mean:.2f}, root {sqrt(mean):.2f}, result ({row(t.rms_norm(s.added[IT]))})"
    assert told in TEXT


def test_the_chapter_tells_rightly_which_units_are_at_work() -> None:
    door, it = r.block().hidden[1:3]
    assert [i + 1 for i, h in enumerate(door) if h] == [5, 7]
    assert [i + 1 for i, h in enumerate(it) if h] == [1, 2, 4, 6, 8]
    assert it.index(max(it)) == 3 and f"= {max(it):.2f}, the highest" in TEXT
    assert r.GPT.w_2[3] == [-2, 0, 2, 0]
    assert [line[3] for line in r.GPT.w_1] == [1, 1, 0.5, -1]


def test_the_chapter_quotes_the_logits_and_probabilities() -> None:
    s = r.block()
    wide, narrow, piano = (r.VOCABULARY.index(w) for w in ("wide", "narrow", "piano"))
    p = s.probabilities[IT]
    told = f"probability {p[wide]:.3f} for *wide*, {p[narrow]:.3f} for *narrow*, {p[piano]:.3f} for *piano*"
    assert told in TEXT
    assert f"= {s.logits[IT][wide]:.2f}, that of" in TEXT and f"= {s.logits[IT][narrow]:.2f} (from" in TEXT
    assert all(abs(logits[piano]) < 1e-9 for logits in s.logits)
    right = [s.probabilities[i][r.VOCABULARY.index(w)] for i, w in enumerate([*r.TOKENS[1:], "stop"])]
    assert ", ".join(f"{p:.3f} for *{w}*" for p, w in zip(right, [*r.TOKENS[1:], "stop"])) in TEXT
    assert f": {r.telegram_loss():.3f}." in TEXT


def test_the_chapter_solves_its_exercises() -> None:
    x = np.array([4.0, 2, 0, -2])
    assert f"root {x.std():.3f}" in TEXT and f"({row(list((x - x.mean()) / x.std()))})" in TEXT
    rate = {s: 512**-0.5 * min(s**-0.5, s * 4000**-1.5) for s in (1000, 4000, 16000)}
    assert f"= {rate[4000]:.5f}$" in TEXT
    assert rate[1000] == pytest.approx(rate[4000] / 4) and rate[16000] == pytest.approx(rate[4000] / 2)
    assert f"0.9 + 0.1/6 = {0.9 + 0.1 / 6:.3f}, and {0.1 / 6:.3f} for each" in TEXT
    assert r.block().q[0] == [1, 0, 0, 1] and r.block().x[0] == [1, 0, 2, 1]


def test_the_figure_shows_the_row_of_it_at_each_stage() -> None:
    s, space = r.block(), "\u00a0"
    second = r.plus(s.normalized, s.sent)
    stages = (s.x, s.attention.output, s.mixed, s.added, s.normalized, s.sent, second, s.out)
    places = [FIGURE.index(f">{row(stage[IT], space)}<") for stage in stages]
    assert all(a < b for a, b in pairwise(places))
    assert f"wide {s.probabilities[IT][3]:.3f}" in FIGURE


# The tables.


def test_each_part_is_made_of_steps_that_follow_each_other() -> None:
    assert t.block_example("all").count("<table") == sum(t.block_example(p).count("<table") for p in t.PARTS)
    captions = re.findall(r"Step (\d+)", t.projection_example() + t.block_example())
    assert captions[:2] == ["1", "2"] and sorted(set(map(int, captions))) == list(range(1, 12))


def test_the_tables_show_what_the_text_quotes() -> None:
    assert "<td>3.49</td><td>1.74</td><td>−1.41</td><td>−2.82</td>" in t.block_example("attention")
    assert "<td>0.519</td><td>0.332</td><td>0.050</td><td>wide</td>" in t.block_example("output")
    assert "<td>2, 1, 1, 0</td>" in t.projection_example()
    assert "<td>124,439,808</td><td>100.0\u00a0%</td>" in t.weights_example(12, 768, 50257, 1024)
    assert '<th scope="col">cos (t / 100)</th>' in t.positions_example(4, 4)


def test_wrong_arguments_name_what_was_expected() -> None:
    with pytest.raises(AuthorError, match="part: expected one of attention, feed-forward, output or all"):
        t.block_example("norm")
    for n, d in ((0, 4), (13, 4), (4, 3)):
        with pytest.raises(AuthorError, match="expected n from 1 to 12 and d among 2, 4, 6, 8"):
            t.positions_example(n, d)
    with pytest.raises(AuthorError, match=r"expected four positive whole numbers, got \(12, 0"):
        t.weights_example(12, 0, 50257, 1024)
