"""CLIP's choice and loss against NumPy, the laws they keep, and the numbers of the chapter and its figure."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import matching as m
from macros.examples.steps import numbers

DOCS = Path(__file__).parents[3] / "docs"
CHAPTER = (DOCS / "images" / "text-to-image.md").read_text("utf-8")
FIGURE = (DOCS / "assets" / "figures" / "text-to-image-clip.svg").read_text("utf-8")
PICTURES = {"cat": [4.0, 3.0, 0.0], "dog": [3.0, 4.0, 0.0], "boat": [0.0, 0.0, 1.0]}
CAPTIONS = {"a cat": [1.0, 0.0, 0.0], "a dog": [0.0, 1.0, 0.0], "a boat": [0.0, 3.0, 4.0]}
SCORES = m.cosines(list(PICTURES.values()), list(CAPTIONS.values()))

entry = st.floats(-3, 3).filter(lambda x: abs(x) > 0.01)
vectors = st.integers(2, 4).flatmap(
    lambda n: st.tuples(
        *[st.lists(st.lists(entry, min_size=3, max_size=3), min_size=n, max_size=n) for _ in range(2)]
    )
)
temperature = st.floats(0.05, 2)


def numpy_loss(pictures: Any, captions: Any, t: float) -> float:
    """The pseudocode of the paper's figure 3 on arrays."""
    a, b = (np.array(x) / np.linalg.norm(x, axis=1, keepdims=True) for x in (pictures, captions))
    logits = a @ b.T / t
    rows = np.log(np.exp(logits).sum(axis=1)) - np.diag(logits)
    columns = np.log(np.exp(logits).sum(axis=0)) - np.diag(logits)
    return float((rows.mean() + columns.mean()) / 2)


@given(vectors, temperature)
def test_the_loss_is_that_of_the_paper(pair: Any, t: float) -> None:
    assert m.contrastive_loss(m.cosines(*pair), t) == pytest.approx(
        numpy_loss(pair[0], pair[1], t), rel=1e-6, abs=1e-9
    )


@given(vectors, temperature)
def test_shares_sum_to_one_and_keep_the_order_of_the_cosines(pair: Any, t: float) -> None:
    for scores, shares in zip(m.cosines(*pair), m.choices(m.cosines(*pair), t)):
        assert sum(shares) == pytest.approx(1)
        assert max(shares) == pytest.approx(shares[scores.index(max(scores))])


@given(vectors, temperature)
def test_pictures_and_captions_can_be_exchanged(pair: Any, t: float) -> None:
    there, back = m.cosines(*pair), m.cosines(*pair[::-1])
    assert np.allclose(m.transposed(there), back)
    assert m.contrastive_loss(there, t) == pytest.approx(m.contrastive_loss(back, t))


@given(vectors, temperature, st.floats(0.1, 5))
def test_the_length_of_a_vector_does_not_count(pair: Any, t: float, factor: float) -> None:
    longer = [[factor * x for x in pair[0][0]], *pair[0][1:]]
    loss = m.contrastive_loss(m.cosines(longer, pair[1]), t)
    assert loss == pytest.approx(m.contrastive_loss(m.cosines(*pair), t))


@given(st.integers(2, 6), temperature)
def test_equal_scores_cost_the_logarithm_of_the_batch(n: int, t: float) -> None:
    assert m.contrastive_loss([[0.3] * n] * n, t) == pytest.approx(math.log(n))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PICTURES, {"a": [1, 0, 0]}, [1]), "captions: expected one for each of at least 2 pictures, got 1"),
        (({"a": [1]}, {"b": [1]}, [1]), "captions: expected one for each of at least 2 pictures"),
        ((PICTURES, {**CAPTIONS, "a boat": [1, 2]}, [1]), "expected vectors of one length, got [2, 3]"),
        ((PICTURES, {**CAPTIONS, "a boat": [0, 0, 0]}, [1]), "a boat: expected a vector with a direction"),
        ((PICTURES, CAPTIONS, []), "temperatures: expected numbers above 0, got []"),
        ((PICTURES, CAPTIONS, [0.1, 0]), "temperatures: expected numbers above 0"),
    ],
)
def test_wrong_arguments_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        m.matching_example(*arguments)


def test_the_chapter_follows_the_cat() -> None:
    assert 'matching_example(pictures={"cat": [4, 3, 0], "dog": [3, 4, 0], "boat": [0, 0, 1]}' in CHAPTER
    assert f"is $9 / 25 = {SCORES[0][2]:.2f}$" in CHAPTER
    powers = [math.exp(s / 0.1) for s in SCORES[0]]
    assert "Divide the row by the temperature 0.1: 8, 6 and 3.6." in CHAPTER
    quoted = f"= {powers[0]:.0f} / {sum(powers):.0f} = {powers[0] / sum(powers):.3f}$"
    assert quoted in CHAPTER
    loss = m.contrastive_loss(SCORES, 0.1)
    assert f"six right choices: {loss:.3f}. Whoever guesses has $\\ln 3 = {math.log(3):.3f}$" in CHAPTER
    own, other = (2.5 * score for score in SCORES[0][:2])
    assert f"$2.5 \\cdot {SCORES[0][0]:.2f} = {own:.1f}$, and {other:.1f}" in CHAPTER


def test_the_chapter_computes_why_a_temperature_is_needed() -> None:
    n = 32_768
    best, guess = math.log(1 + (n - 1) / math.e), math.log(n)
    assert f"\\ln(1 + 32767 / e) = {best:.2f}$" in CHAPTER
    assert f"$\\ln 32768 = {guess:.2f}$" in CHAPTER
    assert math.log1p((n - 1) * math.exp(-100)) < 1e-30


def test_the_figure_shows_the_nine_cosines() -> None:
    assert re.findall(r">(−?\d\.\d\d)<", FIGURE) == [n for row in numbers(SCORES) for n in row]
