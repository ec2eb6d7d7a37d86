"""Calibration and growing errors: oracles in NumPy, laws that must hold, and the chapter's own numbers."""

from __future__ import annotations

import math
import re
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import calibration as c
from macros.text import AuthorError

ROOT = Path(__file__).parents[3]
CHAPTER = ROOT / "docs" / "llms" / "limits.md"
FIGURE = ROOT / "docs" / "assets" / "figures" / "limits-calibration.svg"
ANSWERS = [[0.95, 8, 6], [0.85, 5, 3], [0.75, 3, 2], [0.65, 2, 1], [0.55, 2, 1]]
GROUPS = [(confidence, int(n), int(right)) for confidence, n, right in ANSWERS]


@st.composite
def groups(draw: st.DrawFn) -> list[c.Group]:
    """One to six groups with different confidences, in falling order."""
    confidences = draw(st.lists(st.integers(0, 100), min_size=1, max_size=6, unique=True))
    rows = []
    for confidence in sorted(confidences, reverse=True):
        answers = draw(st.integers(1, 30))
        rows.append((confidence / 100, answers, draw(st.integers(0, answers))))
    return rows


def single_answers(rows: list[c.Group]) -> tuple[Any, Any]:
    """Spell the groups out: one confidence and one 0 or 1 for each answer."""
    confidence = np.repeat([r[0] for r in rows], [r[1] for r in rows])
    right = np.concatenate([np.arange(n) < k for _, n, k in rows]).astype(float)
    return confidence, right


@given(groups())
def test_the_calibration_error_agrees_with_numpy_over_single_answers(rows: list[c.Group]) -> None:
    confidence, right = single_answers(rows)
    error = sum(
        (confidence == level).mean() * abs(level - right[confidence == level].mean())
        for level in np.unique(confidence)
    )
    assert c.calibration_error(rows) == pytest.approx(error)
    assert c.accuracy(rows) == pytest.approx(right.mean())
    assert c.mean_confidence(rows) == pytest.approx(confidence.mean())


@given(groups())
def test_the_error_lies_between_the_gap_of_the_means_and_one(rows: list[c.Group]) -> None:
    gap = abs(c.mean_confidence(rows) - c.accuracy(rows))
    assert gap - 1e-12 <= c.calibration_error(rows) <= 1 + 1e-12


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 9)), min_size=1, max_size=5))
def test_a_model_whose_claims_come_true_has_no_error(pairs: list[tuple[int, int]]) -> None:
    rows = [(k / 8, 8 * times, k * times) for k, times in pairs]
    assert c.calibration_error(rows) == pytest.approx(0, abs=1e-12)


@given(groups(), st.floats(0, 20), st.floats(0, 1))
def test_the_score_counts_point_by_point_what_is_kept(
    rows: list[c.Group], penalty: float, threshold: float
) -> None:
    confidence, right = single_answers(rows)
    points = np.where(right == 1, 1, -penalty)[confidence >= threshold].sum()
    assert c.score(c.kept(rows, threshold), penalty) == pytest.approx(points)


@given(st.floats(0, 50))
def test_at_the_break_even_a_guess_is_worth_nothing(penalty: float) -> None:
    p = c.break_even(penalty)
    assert p - (1 - p) * penalty == pytest.approx(0, abs=1e-9)


@given(st.floats(0.05, 1), st.integers(1, 5))
def test_independent_steps_agree_with_counting_every_outcome(p: float, n: int) -> None:
    total = sum(math.prod(p if ok else 1 - p for ok in way) for way in product([True, False], repeat=n))
    right = sum(math.prod(p for _ in way) for way in product([True, False], repeat=n) if all(way))
    assert total == pytest.approx(1)
    assert c.all_right(p, n) == pytest.approx(right)


@given(st.floats(0.1, 0.9), st.floats(0, 0.1), st.integers(1, 200))
def test_unequal_tasks_are_never_worse_than_their_mean_step(p: float, spread: float, n: int) -> None:
    assert c.two_kinds(p, spread, n) >= c.all_right(p, n) - 1e-12  # Jensen: x^n is convex


@given(st.floats(0, 1), st.floats(0, 1))
def test_repair_lifts_the_rate_and_never_over_one(p: float, notice: float) -> None:
    assert p <= c.repaired(p, notice) + 1e-12
    assert c.repaired(p, notice) <= 1 + 1e-12


def test_two_kinds_agrees_with_a_simulation() -> None:
    rng, runs, n = Random(100), 20_000, 100
    good = sum(rng.random() < rng.choice((0.999, 0.981)) ** n for _ in range(runs))
    assert good / runs == pytest.approx(c.two_kinds(0.99, 0.009, n), abs=0.02)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([], r"groups: expected a list"),
        ([[0.5, 2]], r"groups, 1: expected \[confidence, answers, right\]"),
        ([[1.5, 2, 1]], "groups, 1: expected a confidence from 0 to 1"),
        ([[0.5, 2, 3]], "groups, 1: expected right ≤ answers"),
        ([[0.5, 0, 0]], "groups, 1: expected right ≤ answers"),
        ([[0.5, 2.5, 1]], "groups, 1: expected right ≤ answers"),
    ],
)
def test_wrong_groups_are_refused(answers: Any, told: str) -> None:
    with pytest.raises(AuthorError, match=told):
        c.calibration_example(answers)


@pytest.mark.parametrize("penalty", [-1, True, "3"])
def test_a_wrong_penalty_is_refused(penalty: Any) -> None:
    with pytest.raises(AuthorError, match="penalty: expected a number"):
        c.calibration_example(ANSWERS, penalty)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"p": 1.1, "lengths": [1]}, "p: expected a probability"),
        ({"p": 0.995, "lengths": [1]}, r"p \+ spread: expected a probability"),
        ({"p": 0.9, "lengths": [1], "notice": 2}, "notice: expected a probability"),
        ({"p": 0.9, "lengths": []}, "lengths: expected whole numbers"),
        ({"p": 0.9, "lengths": [0]}, "lengths: expected whole numbers"),
    ],
)
def test_wrong_chains_are_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(AuthorError, match=told):
        c.compounding_example(**arguments)


def test_the_chapter_quotes_the_numbers_that_the_code_gives() -> None:
    prose = CHAPTER.read_text(encoding="utf-8")
    assert f"calibration_example({ANSWERS}, penalty=3)" in prose
    assert f"$3.50 / 20 = {c.calibration_error(GROUPS):.3f}$" in prose
    assert f"{c.mean_confidence(GROUPS):.3f} − {c.accuracy(GROUPS):.3f}" in prose
    sure = c.kept(GROUPS, 0.95)
    assert f"answering all 20 gives {c.score(GROUPS, 0):.0f} points and silence below 0.95 gives 6" in prose
    assert c.score(sure, 0) == 6
    assert f"$13 - 3 \\cdot 7 = {c.score(GROUPS, 3):.0f}$" in prose
    assert c.score(sure, 3) == 0
    assert c.break_even(3) == 0.75
    assert c.break_even(9) == pytest.approx(0.9)
    assert [g[0] for g in GROUPS if c.score([g], 3) >= 0] == [0.95]
    table = c.compounding_example(0.99, [1, 10, 50, 100, 500])
    for n, value in ((100, 0.366), (500, 0.007)):
        assert f"{c.all_right(0.99, n):.3f}" == f"{value:.3f}"
        assert f"{value:.3f}" in prose
    for value in (c.all_right(0.999, 100), c.two_kinds(0.99, 0.009, 100)):
        assert f"{value:.3f}" in prose
        assert f"{value:.3f}" in table
    assert f"\\ln 0.5 / \\ln 0.99 = {math.log(0.5) / math.log(0.99):.0f}$" in prose
    assert f"$0.5^{{1/100}} = {0.5 ** (1 / 100):.4f}$" in prose
    assert f"$0.995^{{100}} = {0.995**100:.3f}$" in prose
    assert f"and 500 with {0.995**500:.3f} instead" in prose
    five = [p**5 + 5 * p**4 * (1 - p) + 10 * p**3 * (1 - p) ** 2 for p in (0.6, 0.4)]
    assert f"= {five[0]:.3f}$, after [{0.6**3 + 3 * 0.6**2 * 0.4:.3f} for three]" in prose
    assert f"with 0.4 it gives {five[1]:.3f}" in prose


def test_the_figure_draws_the_answers_of_the_table() -> None:
    bars = re.findall(
        r'class="hue-1" x="([\d.]+)" y="[\d.]+" width="46" height="([\d.]+)"', FIGURE.read_text()
    )
    heights = [float(height) for _, height in sorted(bars, key=lambda bar: -float(bar[0]))]
    expected = [right / n * 270 for _, n, right in GROUPS]
    assert heights == pytest.approx(expected, abs=0.06)
