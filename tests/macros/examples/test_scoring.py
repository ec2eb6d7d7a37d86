"""The scoring examples against simulation, enumeration and other formulas, and the chapter's numbers."""

from __future__ import annotations

import math
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros import call
from macros.catalogue import load
from macros.citations import PageContext
from macros.examples import scoring as s
from macros.pages import Page
from macros.text import AuthorError

CHAPTER = (Path(__file__).parents[3] / "docs" / "llms" / "evaluation.md").read_text("utf-8")
COUNT = st.integers(0, 40)


def outcomes(both: int, first: int, second: int, neither: int) -> Any:
    """One row a question: right (1) or wrong (0) for each of two models."""
    kinds = np.array([[1, 1], [1, 0], [0, 1], [0, 0]])
    return np.repeat(kinds, [both, first, second, neither], axis=0)


@given(COUNT, COUNT, COUNT, st.integers(1, 40))
def test_errors_are_those_of_the_means_of_the_outcomes(
    both: int, first: int, second: int, neither: int
) -> None:
    rows = outcomes(both, first, second, neither)
    n = len(rows)
    single = s.standard_error((both + first) / n, n)
    assert single == pytest.approx(np.std(rows[:, 0]) / math.sqrt(n), abs=1e-12)
    paired = s.paired_error(first, second, n)
    assert paired == pytest.approx(np.std(rows[:, 0] - rows[:, 1]) / math.sqrt(n), abs=1e-12)


@given(st.integers(1, 500), st.data())
def test_wilson_ends_are_where_the_normal_test_just_rejects(n: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, n))
    low, high = s.wilson(right, n)
    assert 0 <= low <= right / n + 1e-12 and right / n - 1e-12 <= high <= 1
    for end in (low, high):
        if 1e-9 < end < 1 - 1e-9:  # (p̂ - p)² = z² p (1 - p) / n at both ends, which defines the interval
            assert (right / n - end) ** 2 == pytest.approx(s.Z**2 * end * (1 - end) / n, rel=1e-6)


def test_wilson_holds_the_true_share_about_as_often_as_it_says() -> None:
    draws = np.random.default_rng(1927).binomial(164, 0.9, 4000)
    held = np.mean([low <= 0.9 <= high for low, high in (s.wilson(int(d), 164) for d in draws)])
    assert 0.93 < held < 0.97


@given(st.integers(1, 9), st.data())
def test_pass_at_k_equals_a_count_of_all_choices(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    choices = list(combinations([1] * c + [0] * (n - c), k))
    assert s.pass_at_k(n, c, k) == pytest.approx(sum(map(any, choices)) / len(choices))


def test_pass_at_k_is_unbiased_and_the_plug_in_is_too_low() -> None:
    n, k, p = 10, 5, 0.15
    chances = [math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    exact = sum(w * s.pass_at_k(n, c, k) for c, w in enumerate(chances))
    plugged = sum(w * (1 - (1 - c / n) ** k) for c, w in enumerate(chances))
    assert exact == pytest.approx(1 - (1 - p) ** k)
    assert plugged < exact


@given(st.floats(-800, 800), st.floats(-800, 800))
def test_ratings_multiply_odds_and_both_sides_add_up(one: float, other: float) -> None:
    def odds(gap: float) -> float:
        return s.win_probability(gap) / s.win_probability(-gap)

    assert s.win_probability(one) + s.win_probability(-one) == pytest.approx(1)
    assert odds(one + other) == pytest.approx(odds(one) * odds(other), rel=1e-6)


@given(st.floats(0, 1), st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_blind_guessing_is_undone(known: float, chance: float) -> None:
    assert s.above_chance(known + (1 - known) * chance, chance) == pytest.approx(known)


def page() -> PageContext:
    return PageContext("a/b.md", load(), {"a/b.md": Page("a/b.md", "", 1)})


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("score_example", (0, 0, 0, 0), "four counts of questions, not all zero"),
        ("score_example", (5, -1, 0, 0), "four counts of questions, .*-1"),
        ("score_example", (5, 1, 0, 0, 1.0), "chance: expected a share from 0 to below 1"),
        ("pass_at_k_example", (10, [11], [1]), "right: expected counts from 0 to 10"),
        ("pass_at_k_example", (10, [], [1]), r"one for each task, got \[\]"),
        ("pass_at_k_example", (10, [1], [0]), "ks: expected numbers from 1 to 10"),
        ("precision_example", (["chatbot-arena"],), "'chatbot-arena' has no number of questions"),
        ("precision_example", (["gpqua"],), "no 'gpqua' under benchmarks"),
    ],
)
def test_wrong_arguments_are_told(name: str, arguments: Any, message: str) -> None:
    with pytest.raises(AuthorError, match=message):
        call(page(), name, *arguments)


def test_precision_takes_its_sizes_from_the_data_file() -> None:
    html = call(page(), "precision_example", ["humaneval", "gpqa"]).replace("\u00a0", " ")
    assert "<td>3.9</td><td>± 7.7</td>" in html and "<td>2.4</td><td>± 4.6</td>" in html
    assert "164" in html and "448" in html


def quoted(*texts: str) -> None:
    for text in texts:
        assert text in CHAPTER, text


def test_chapter_quotes_the_first_example() -> None:
    quoted("score_example(both=640, first=80, second=50, neither=230)")
    html = s.score_example(640, 80, 50, 230).replace("\u00a0", " ")
    for text in ("69.1 to 74.7 %", "66.1 to 71.8 %", "−1.0 to 7.0", "0.8 to 5.2", "62.7 %"):
        assert text in html
    quoted("69.1 and 74.7 %", "66.1 and 71.8 %", "−1.0 to 7.0", "0.8 and 5.2 points", "= 62.7$ %")
    quoted(f"= {s.standard_error(0.72, 1000):.4f}", f"= {s.paired_error(80, 50, 1000):.4f}")
    quoted(f"= {s.paired_error(200, 170, 1000):.4f}$", "from −0.8 to 6.8 points")
    assert "−0.8 to 6.8" in s.score_example(520, 200, 170, 110)
    quoted(f"= {100 * math.sqrt(200) / 500:.1f}$ points", "error of 2.04")


def test_chapter_quotes_sizes_shares_and_means() -> None:
    assert f"{100 * s.Z * s.standard_error(0.5, 14042):.1f}" == "0.8"
    quoted(f"= {100 - 6.49 + 6.49 / 4:.1f}$ %", "by more than 0.8 points only once in twenty times")
    assert round(0.25 * (s.Z / 0.05) ** 2, 1) == 384.2 and math.ceil(0.25 * (s.Z / 0.05) ** 2) == 385
    quoted("= 384.2$, so 385 cases", f"= {100 * (90 + 900) / 1600:.1f}$ %")
    quoted(f"= {s.above_chance(0.40, 0.1):.3f}$", f"= {s.above_chance(0.45, 0.25):.3f}$")
    error = s.standard_error(0.84, 164)
    quoted(f"= {error:.4f}$, or {100 * error:.2f} points", f"= {100 * error * math.sqrt(2):.2f}$")
    assert 2.86 * math.sqrt(2) == pytest.approx(4.0, abs=0.05)
    quoted(f"means {100 * s.win_probability(100):.0f} %", f"10 points {100 * s.win_probability(10):.1f} %")


def test_chapter_quotes_pass_at_k() -> None:
    right = [0, 1, 4, 9]
    means = [sum(s.pass_at_k(10, c, k) for c in right) / 4 for k in (1, 5, 10)]
    quoted("{:.3f}, {:.3f} or {:.3f}".format(*means), f"= {s.pass_at_k(10, 2, 5):.3f}$")
    quoted(f"{math.comb(10, 5)} ways", f"{math.comb(9, 5)} leave out", f"= {1 - 0.9**5:.3f}$ instead")
    assert re.search(r"pass_at_k_example\(samples=10, right=\[0, 1, 4, 9\], ks=\[1, 5, 10\]\)", CHAPTER)
