"""The worked attention example against NumPy, and the laws that any attention must keep."""

import ast
import math
import random
import re
from pathlib import Path
from statistics import fmean, pvariance
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples.attention import Matrix, attention, attention_example, softmax

CHAPTER = Path(__file__).parents[3] / "docs" / "language" / "attention.md"
Tokens = tuple[Matrix, Matrix, Matrix]
NUMBER = st.floats(-8, 8).map(lambda x: round(x, 3))


@st.composite
def tokens(draw: st.DrawFn) -> Tokens:
    """Queries, keys and values of one to five tokens, one to four numbers wide."""
    n, d_k, d_v = (
        draw(st.integers(1, 5)),
        draw(st.integers(1, 4)),
        draw(st.integers(1, 4)),
    )

    def rows(width: int) -> Matrix:
        row = st.lists(NUMBER, min_size=width, max_size=width)
        return draw(st.lists(row, min_size=n, max_size=n))

    return rows(d_k), rows(d_k), rows(d_v)


def numpy_attention(queries: Matrix, keys: Matrix, values: Matrix, causal: bool) -> list[Any]:
    """The oracle: the same formula as whole-matrix operations, with exp taken by NumPy."""
    q, k, v = (np.array(m, dtype=float) for m in (queries, keys, values))
    scores = q @ k.T
    scaled = scores / np.sqrt(q.shape[1])
    if causal:
        scaled = np.where(np.tril(np.ones(scaled.shape)) == 1, scaled, -np.inf)
    powers = np.exp(scaled)
    weights = powers / powers.sum(axis=1, keepdims=True)
    return [scores, scaled, weights, weights @ v]


@pytest.mark.parametrize("causal", [False, True])
@given(tokens())
def test_every_step_agrees_with_numpy(causal: bool, qkv: Tokens) -> None:
    steps = attention(*qkv, causal=causal)
    ours = (steps.scores, steps.scaled, steps.weights, steps.output)
    for expected, got in zip(numpy_attention(*qkv, causal), ours, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
@given(tokens())
def test_weights_are_shares_that_sum_to_one(causal: bool, qkv: Tokens) -> None:
    for row in attention(*qkv, causal=causal).weights:
        assert all(0 <= weight <= 1 for weight in row)
        assert math.isclose(sum(row), 1, rel_tol=1e-12)


@given(tokens(), st.randoms(use_true_random=False))
def test_reordering_the_tokens_only_reorders_the_output(qkv: Tokens, rng: random.Random) -> None:
    order = list(range(len(qkv[0])))
    rng.shuffle(order)
    queries, keys, values = ([rows[i] for i in order] for rows in qkv)
    expected = np.array([attention(*qkv).output[i] for i in order])
    np.testing.assert_allclose(np.array(attention(queries, keys, values).output), expected, 1e-9, 1e-12)


@given(tokens(), NUMBER)
def test_a_causal_row_ignores_later_keys_and_values(qkv: Tokens, other: float) -> None:
    queries, keys, values = qkv
    before = attention(queries, keys, values, causal=True).output[:-1]
    changed_keys = [*keys[:-1], [other] * len(keys[0])]
    changed_values = [*values[:-1], [other] * len(values[0])]
    assert attention(queries, changed_keys, changed_values, causal=True).output[:-1] == before


@given(tokens())
def test_the_last_causal_row_equals_the_unmasked_one(
    qkv: Tokens,
) -> None:
    assert attention(*qkv, causal=True).output[-1] == attention(*qkv).output[-1]


@given(tokens())
def test_an_output_never_leaves_the_range_of_the_values(
    qkv: Tokens,
) -> None:
    columns = list(zip(*qkv[2], strict=True))
    for row in attention(*qkv).output:
        for x, column in zip(row, columns, strict=True):
            assert min(column) - 1e-9 <= x <= max(column) + 1e-9


@given(st.lists(NUMBER, min_size=1, max_size=6), st.floats(-100, 100))
def test_softmax_does_not_change_when_a_constant_is_added(row: list[float], shift: float) -> None:
    np.testing.assert_allclose(softmax([x + shift for x in row]), softmax(row), rtol=1e-9)


def test_softmax_survives_scores_whose_exponential_would_overflow() -> None:
    assert softmax([1e6, 1e6, -math.inf]) == [0.5, 0.5, 0.0]


def test_queries_of_another_sequence_may_have_another_length() -> None:
    steps = attention([[1.0, 0.0]], [[3.0, 1.0], [3.0, 2.0]], [[2.0, 0.0, 1.0], [4.0, 0.0, 1.0]])
    assert steps.weights == [[0.5, 0.5]]
    assert steps.output == [[3.0, 0.0, 1.0]]


EYE: Matrix = [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], EYE, EYE), "queries: expected a list of rows"),
        (([1.0, 2.0], EYE, EYE), "queries: expected a list of rows"),
        (
            (EYE, [[1.0, 0.0], [1.0]], EYE),
            r"keys, row 2: expected 2 numbers \(as many as in a query\), got 1",
        ),
        (
            (EYE, EYE, [[1.0], [1.0, 2.0]]),
            r"values, row 2: expected 1 numbers \(as many as in row 1\), got 2",
        ),
        ((EYE, EYE, [[1.0]]), r"values: expected 2 rows \(one for each key\), got 1"),
        (
            (EYE, [["1", 0.0], [0.0, 1.0]], EYE),
            "keys, row 1: expected finite numbers, got '1'",
        ),
        (
            (EYE, EYE, [[math.nan], [1.0]]),
            "values, row 1: expected finite numbers, got nan",
        ),
        (
            ([[1.0, 0.0]], EYE, EYE, True),
            r"queries with causal=True: expected 2 rows \(one for each key\), got 1",
        ),
    ],
)
def test_a_wrong_shape_names_the_argument_the_row_and_the_remedy(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attention(*arguments)


def test_a_missing_name_is_reported_with_the_counts() -> None:
    with pytest.raises(ValueError, match="names: expected one for each of 2 queries and 2 keys, got 1"):
        attention_example(EYE, EYE, EYE, ["only"])


def test_the_example_is_one_block_of_labelled_tables_without_blank_lines() -> None:
    html = attention_example(EYE, EYE, EYE, ["a", "b"])
    assert re.match(
        r'<div class="worked-example" role="group" [^>]*>\n<table class="data-table worked" [^>]*><caption>',
        html,
    )
    assert html.endswith("</table>\n</div>")
    assert "\n\n" not in html
    assert html.count("<caption>") == html.count("<table") == 5
    assert "<td>0.71</td>" in html and "<td>0.670</td>" in html


def test_later_keys_read_masked_in_the_scaled_and_weight_tables() -> None:
    assert attention_example(EYE, EYE, EYE, ["a", "b"], causal=True).count("<td>masked</td>") == 2
    assert "masked" not in attention_example(EYE, EYE, EYE, ["a", "b"])


def test_names_are_escaped_and_negative_numbers_get_a_minus_sign() -> None:
    html = attention_example([[-1.0]], [[2.0]], [[-0.001]], ["<b>*x-y"])
    assert '<th scope="row">&lt;b&gt;&#42;x-y</th>' in html
    assert "<td>−2.00</td>" in html
    assert "<td>0.00</td>" in html, "a rounded -0.00 must not keep its sign"


def chapter_examples() -> list[dict[str, Any]]:
    """The keyword arguments of every attention_example call in the chapter."""
    calls = re.findall(
        r"^\{\{ (attention_example\(.*?\)) \}\}$",
        CHAPTER.read_text("utf-8"),
        re.M | re.S,
    )
    trees: list[Any] = [ast.parse(call, mode="eval").body for call in calls]
    return [{k.arg: ast.literal_eval(k.value) for k in tree.keywords} for tree in trees]


def test_the_chapter_quotes_the_numbers_that_its_examples_compute() -> None:
    text = CHAPTER.read_text("utf-8")
    full, causal = chapter_examples()
    assert causal.pop("causal") is True and causal == full
    row = full["names"].index("it")
    inputs = (full["queries"], full["keys"], full["values"])
    for masked in (False, True):
        steps = attention(*inputs, causal=masked)
        weights = [f"{w:.3f}" for w in steps.weights[row] if w]
        output = [f"{x:.2f}" for x in steps.output[row]]
        assert ", ".join(weights) in text
        assert ", ".join(output) in text


def test_the_chapter_says_rightly_that_another_order_gives_the_same_vector() -> None:
    text = CHAPTER.read_text("utf-8")
    full = chapter_examples()[0]
    quoted = re.search(r"order, \*(.+?)\*, and compute again: the output of \*it\* is \((.+?)\)", text)
    assert quoted
    order = [full["names"].index(name) for name in quoted[1].split()]
    queries, keys, values = ([full[part][i] for i in order] for part in ("queries", "keys", "values"))
    output = attention(queries, keys, values).output[quoted[1].split().index("it")]
    assert ", ".join(f"{x:.2f}" for x in output) == quoted[2]


def test_the_table_of_variances_in_the_chapter_can_be_repeated() -> None:
    """200 queries, each against 8 keys, all numbers with mean 0 and variance 1."""
    text = CHAPTER.read_text("utf-8")
    draw = random.Random(2017)
    for d_k in (4, 64, 512):
        rows = []
        for _ in range(200):
            query = [draw.gauss(0, 1) for _ in range(d_k)]
            rows.append([sum(q * draw.gauss(0, 1) for q in query) for _ in range(8)])
        variance = pvariance([score for row in rows for score in row])
        raw = fmean(max(softmax(row)) for row in rows)
        scaled = fmean(max(softmax([s / math.sqrt(d_k) for s in row])) for row in rows)
        assert f"| {d_k} | {variance:.1f} | {raw:.2f} | {scaled:.2f} |" in text
