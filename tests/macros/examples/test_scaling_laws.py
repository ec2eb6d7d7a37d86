"""The scaling law against NumPy and a search, the condition of its optimum, and the chapter's prose."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.catalogue import load
from macros.citations import PageContext
from macros.examples import scaling_laws as sl
from macros.pages import Page
from macros.text import AuthorError

CHAPTER = Path(__file__).parents[3] / "docs/llms/pre-training.md"
MODELS = ["gopher-280b", "chinchilla-70b"]
REFIT = sl.LAWS["besiroglu2024"]
laws = st.sampled_from(list(sl.LAWS.values()))
budgets = st.floats(1e19, 1e27)
sizes = st.floats(1e7, 1e13)


def context() -> PageContext:
    return PageContext(
        "llms/pre-training.md", load(), {"llms/pre-training.md": Page("llms/pre-training.md", "", 1)}
    )


@given(laws, budgets)
def test_best_split_spends_the_budget_and_beats_a_search(law: sl.Law, flops: float) -> None:
    n, d = law.best_split(flops)
    assert math.isclose(6 * n * d, flops, rel_tol=1e-9)
    grid = n * np.logspace(-2, 2, 401)
    losses = law.floor + law.a * grid**-law.alpha + law.b * (flops / 6 / grid) ** -law.beta
    assert law.loss(n, d) <= losses.min() + 1e-12
    assert abs(int(losses.argmin()) - 200) <= 1


@given(laws, budgets)
def test_at_the_optimum_both_terms_pull_equally(law: sl.Law, flops: float) -> None:
    n, d = law.best_split(flops)
    left, right = law.alpha * law.a / n**law.alpha, law.beta * law.b / d**law.beta
    assert math.isclose(left, right, rel_tol=1e-9)


@given(laws, sizes, sizes, st.floats(1.1, 10))
def test_more_of_either_lowers_the_loss_and_never_below_the_floor(
    law: sl.Law, n: float, d: float, more: float
) -> None:
    here = law.loss(n, d)
    assert law.floor < law.loss(more * n, d) < here
    assert law.floor < law.loss(n, more * d) < here


@given(laws, st.floats(1e8, 1e12), st.floats(1e9, 1e13))
def test_tokens_for_undoes_loss(law: sl.Law, n: float, d: float) -> None:
    assert math.isclose(law.tokens_for(law.loss(n, d), n), d, rel_tol=1e-6)


@given(st.floats(1.1, 1000), st.floats(0, 1))
def test_growth_of_both_multiplies_to_the_growth_of_compute(factor: float, exponent: float) -> None:
    n, d = sl.growth(factor, exponent)
    assert math.isclose(n * d, factor, rel_tol=1e-9)


def test_a_model_too_small_for_a_loss_is_reported() -> None:
    with pytest.raises(AuthorError, match=r"8 B parameters cannot reach a loss of 1\.974"):
        REFIT.tokens_for(REFIT.loss(70e9, 1.4e12), 8e9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"models": MODELS, "law": "kaplan"},
            "law: expected one of hoffmann2022, besiroglu2024, got 'kaplan'",
        ),
        ({"models": []}, "models: expected at least one id"),
        ({"models": ["gpt-4"]}, "'gpt-4' has no published parameters"),
        ({"models": ["mixtral-8x7b"]}, "'mixtral-8x7b' is a mixture of experts"),
    ],
)
def test_wrong_arguments_say_what_was_expected(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(AuthorError, match=message):
        sl.scaling_example(context(), **arguments)


def test_the_example_shows_four_tables_with_the_law_term_by_term() -> None:
    html = sl.scaling_example(context(), MODELS)
    assert html.count("<table") == html.count("</table>") == 4
    for n, d in ((280e9, 300e9), (70e9, 1.4e12)):
        terms = [1.8172, 482.01 / n**0.3478, 2085.43 / d**0.3658]
        for value in (*terms, sum(terms)):
            assert f"<td>{value:.3f}</td>" in html


def test_the_chapter_quotes_what_the_law_computes() -> None:
    words = CHAPTER.read_text("utf-8")
    n, d = 70e9, 1.4e12
    gopher, own = (REFIT.loss(*s) for s in ((280e9, 300e9), (n, d)))
    assert own < gopher
    for size, text in (((280e9, 300e9)), ((n, d))):
        first, second = REFIT.a / size**REFIT.alpha, REFIT.b / text**REFIT.beta
        assert f"{first:.3f}" in words and f"{second:.3f}" in words
        assert f"$0.3478 \\cdot {first:.3f} = {0.3478 * round(first, 3):.3f}$" in words
        assert f"$0.3658 \\cdot {second:.3f} = {0.3658 * round(second, 3):.3f}$" in words
    away = {f: REFIT.loss(n * f, d / f) - own for f in (0.5, 2, 4)}
    assert f"Half the parameters cost {away[0.5]:.3f} nats, twice as many {away[2]:.3f}" in words
    assert f"four times as many cost {away[4]:.3f}" in words
    ratios = {k: (lambda x: x[1] / x[0])(law.best_split(6 * n * d)) for k, law in sl.LAWS.items()}
    assert f"advise {ratios['hoffmann2022']:.0f} tokens per parameter" in words
    assert f"the refit advises {ratios['besiroglu2024']:.0f}." in words
    half = REFIT.tokens_for(own, n / 2)
    assert f"with {half / d:.1f} times the text and {half / 2 / d - 1:.0%} more".replace("%", " %") in words
    extra = 6 * (n / 2) * half - 6 * n * d
    assert f"costs ${extra / 1e23:.2f} \\cdot 10^{{23}}$ operations more" in words
    assert f"about {extra / n / 1e12:.1f} trillion tokens it is the cheaper one" in words
    assert f"({half / 1e12:.1f} instead of 1.4 trillion tokens)" in words
    assert f"come to {REFIT.loss(8e9, 1e40):.3f} nats at best" in words


def test_the_chapter_quotes_growth_rightly() -> None:
    words = CHAPTER.read_text("utf-8")
    for exponent in (0.73, 0.5):
        n, d = sl.growth(10, exponent)
        assert f"= {n:.2f}$ |" in words and f"= {d:.2f}$ |" in words
    bigger, here = (REFIT.best_split(c) for c in (5.88e24, 5.88e23))
    assert f"about {bigger[0] / here[0]:.1f} times more parameters" in words
    assert f"{bigger[1] / here[1]:.0f}" == "3" and "about three times the tokens" in words


def test_the_arithmetic_in_the_chapter_is_right() -> None:
    words = CHAPTER.read_text("utf-8")
    for n, d in ((280e9, 300e9), (70e9, 1.4e12)):
        assert f"${6 * n * d / 1e23:.2f} \\cdot 10^{{23}}$" in words
    blocks, embeddings = 12 * 512**2 * 8, 50_000 * 512
    assert f"{embeddings / 1e6:.1f} M weights" in words and f"= {blocks / 1e6:.1f}$ M" in words
    blocks, embeddings = 12 * 12288**2 * 96, 50_000 * 12288
    assert f"{embeddings / 1e9:.1f} B of {(embeddings + blocks) / 1e9:.1f} B" in words
    assert f"fills {70e9 * 16 / 1e12:.2f} terabytes, {70e9 * 16 / 80e9:.0f} processors" in words
    assert f"= {15.6e12 / 16e6:.0f}$ steps" in words
    assert f"= {6 * 37e9 * 14.8e12 / 1e24:.1f} \\cdot 10^{{24}}$ operations" in words
    assert f"against ${6 * 405e9 * 15.6e12 / 1e25:.1f} \\cdot 10^{{25}}$" in words
    assert f"{0.03 * 300 / 3:.0f}$ times" in words and f"= {0.6 * 300 / 410:.2f}$ times" in words
