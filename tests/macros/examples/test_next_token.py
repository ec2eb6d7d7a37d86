"""The generation and loss examples against NumPy, the laws of a causal model, and the chapter's prose."""

from __future__ import annotations

import re
from itertools import pairwise
from itertools import product as every
from math import exp, isclose, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import next_token as g
from macros.examples.running import (
    EMBEDDING,
    GPT,
    POSITION,
    TOKENS,
    VOCABULARY,
    W_K,
    W_Q,
    W_V,
    block,
    next_token,
)
from macros.text import AuthorError

CHAPTER = Path(__file__).parents[3] / "docs" / "language" / "gpt.md"
word = st.sampled_from(VOCABULARY)
texts = st.lists(word, min_size=1, max_size=g.WINDOW).map(tuple)


def oracle(tokens: tuple[str, ...]) -> Any:
    """The block as whole-matrix operations: probabilities (n, 6)."""
    n = len(tokens)
    x = np.array([EMBEDDING[t] for t in tokens]) + np.array(POSITION[:n])
    q, k, v = (x @ np.array(w) for w in (W_Q, W_K, W_V))
    scores = np.where(np.tril(np.ones((n, n))) == 1, q @ k.T / 2, -np.inf)
    weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)

    def norm(m: Any) -> Any:
        return (m - m.mean(axis=1, keepdims=True)) / np.sqrt(m.var(axis=1, keepdims=True) + 1e-5)

    inner = norm(x + weights @ v @ np.array(GPT.w_o))
    out = norm(inner + np.maximum(inner @ np.array(GPT.w_1), 0) @ np.array(GPT.w_2))
    powers = np.exp(out @ np.array([EMBEDDING[w] for w in VOCABULARY]).T)
    return powers / powers.sum(axis=1, keepdims=True)


@given(texts)
def test_losses_agree_with_numpy(tokens: tuple[str, ...]) -> None:
    targets = [VOCABULARY.index(t) for t in (*tokens[1:], g.STOP)]
    expected = -np.log(oracle(tokens)[range(len(tokens)), targets])
    np.testing.assert_allclose(g.losses(tokens), expected, rtol=1e-9)


@given(texts)
def test_one_pass_gives_the_predictions_of_as_many_single_passes(tokens: tuple[str, ...]) -> None:
    one_by_one = [next_token(tokens[: i + 1]) for i in range(len(tokens))]
    targets = [VOCABULARY.index(t) for t in (*tokens[1:], g.STOP)]
    assert g.losses(tokens) == pytest.approx([-log(p[t]) for p, t in zip(one_by_one, targets)])


@given(texts)
def test_generation_extends_the_prompt_greedily_and_ends(prompt: tuple[str, ...]) -> None:
    passes = g.generate(prompt)
    for before, after in pairwise(passes):
        assert after.context == (*before.context, before.chosen)
    for one in passes:
        best = oracle(one.context)[-1]
        assert best[VOCABULARY.index(one.chosen)] == pytest.approx(best.max())
    assert passes[0].context == prompt
    assert passes[-1].chosen == g.STOP or len(passes[-1].context) == g.WINDOW


@given(texts)
def test_the_probability_of_a_text_is_the_product_of_its_steps(tokens: tuple[str, ...]) -> None:
    expected = 1.0
    for i, target in enumerate((*tokens[1:], g.STOP)):
        expected *= oracle(tokens)[i][VOCABULARY.index(target)]
    assert isclose(g.text_probability(tokens), expected, rel_tol=1e-9)


def test_the_telegram_is_written_greedily_but_is_not_the_most_probable_one() -> None:
    assert [p.chosen for p in g.generate(("piano",))] == ["door", "it", "wide", "stop"]
    inner = [w for w in VOCABULARY if w != g.STOP]
    telegrams = [("piano", *rest) for n in range(g.WINDOW) for rest in every(inner, repeat=n)]
    ranked = sorted(telegrams, key=g.text_probability, reverse=True)
    assert ranked[:2] == [("piano", "piano", "narrow"), TOKENS]
    assert [f"{g.text_probability(t):.4f}" for t in ranked[:2]] == ["0.0821", "0.0772"]


@pytest.mark.parametrize(
    ("prompt", "complaint"),
    [([], "1 to 4 words"), (["piano"] * 5, "1 to 4 words"), ("piano", "list"), (["pian"], "no word 'pian'")],
)
def test_a_wrong_prompt_says_what_was_expected(prompt: list[str], complaint: str) -> None:
    with pytest.raises(AuthorError, match=re.escape(complaint)):
        g.generation_example(prompt)


def test_the_examples_show_their_numbers() -> None:
    html = g.generation_example(["piano"]) + g.next_token_example()
    assert html.count("<table") == html.count("</table>") == 5
    for shown in ("0.4264", "0.4874", "0.5193", "0.7153", "0.0772", "0.6403"):
        assert f"<td>{shown}</td>" in html


def test_the_chapter_quotes_what_the_code_computes() -> None:
    prose = CHAPTER.read_text()
    nats = g.losses()
    terms = " + ".join(f"{x:.4f}" for x in nats)
    assert f"${terms} = {sum(nats):.4f}$" in prose
    assert f"{sum(nats) / 4:.4f}" in prose
    steps = [max(p.probabilities) for p in g.generate(("piano",))]
    chain = r" \cdot ".join(f"{p:.4f}" for p in steps)
    assert f"${chain} = {g.text_probability():.4f}$" in prose
    other, wide = next_token(TOKENS[:3])[4], exp(-nats[2])
    assert f"with *narrow* ({other:.4f}) in the place of *wide* ({wide:.4f})" in prose
    assert f"$-\\ln {other:.4f} = {-log(other):.3f}$ instead of $-\\ln {wide:.4f} = {nats[2]:.3f}$" in prose
    rise = -log(other) - nats[2]
    assert f"by ${rise:.3f} / 3 = {rise / 3:.3f}$" in prose
    full, slid = next_token(TOKENS), next_token(TOKENS[1:])
    assert f"*stop* has probability {full[-1]:.3f}" in prose
    assert f"alone it has {slid[-1]:.3f}" in prose
    assert f"*narrow* ({slid[4]:.3f}) and *wide* ({slid[3]:.3f})" in prose
    assert f"({block().attention.weights[-1][0]:.3f}) went to *piano*" in prose
    first = next_token(("piano",))
    assert f"*piano* ({first[0]:.4f}) instead of *door* ({first[1]:.4f})" in prose


def test_changing_the_last_word_leaves_all_other_rows_alone() -> None:
    changed = (*TOKENS[:-1], "narrow")
    assert block(TOKENS).probabilities[:-1] == block(changed).probabilities[:-1]
    assert block(TOKENS).probabilities[-1] != block(changed).probabilities[-1]
