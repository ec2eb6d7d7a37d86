"""Sampling rules and beam search against NumPy and brute force, and the numbers in the chapter's prose."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product as every
from math import isclose
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import beam
from macros.examples import decoding as d
from macros.examples.next_token import STOP, WINDOW, text_probability
from macros.examples.running import TOKENS, VOCABULARY, next_token
from macros.text import AuthorError

CHAPTER = Path(__file__).parents[3] / "docs" / "llms" / "inference.md"
CONTEXT = TOKENS[:3]
SIZE = len(VOCABULARY)
logits = st.lists(st.floats(-6, 6), min_size=SIZE, max_size=SIZE)
chances = logits.map(lambda z: d.temperature(z, 1))
share = st.floats(0.01, 1)


@given(logits, st.floats(0.1, 10))
def test_temperature_agrees_with_powers_of_the_probabilities(z: list[float], t: float) -> None:
    powers = np.array(d.temperature(z, 1)) ** (1 / t)
    np.testing.assert_allclose(d.temperature(z, t), powers / powers.sum(), rtol=1e-7, atol=1e-12)


@given(chances, st.integers(1, SIZE))
def test_top_k_keeps_k_and_their_ratios(p: list[float], k: int) -> None:
    cut = np.array(d.top_k(p, k))
    kept = np.flatnonzero(cut)
    assert len(kept) == k
    assert min(np.array(p)[kept]) >= np.partition(p, SIZE - k)[SIZE - k] - 1e-15
    np.testing.assert_allclose(cut[kept], np.array(p)[kept] / np.array(p)[kept].sum())


@given(chances, share)
def test_top_p_keeps_the_smallest_sufficient_set(p: list[float], mass: float) -> None:
    kept = [x for x, c in zip(p, d.top_p(p, mass)) if c > 0]
    assert sum(kept) >= mass - 1e-9
    assert sum(kept) - min(kept) < mass


@given(chances, share)
def test_min_p_is_a_bar_at_a_share_of_the_largest(p: list[float], part: float) -> None:
    assert [c > 0 for c in d.min_p(p, part)] == [x >= part * max(p) for x in p]


@given(chances, share)
def test_every_cut_sums_to_one_and_keeps_the_most_probable(p: list[float], part: float) -> None:
    for cut in (d.top_k(p, 1 + int(part * 5)), d.top_p(p, part), d.min_p(p, part)):
        assert isclose(sum(cut), 1, rel_tol=1e-12)
        assert cut[p.index(max(p))] > 0


@pytest.mark.parametrize("width", range(1, SIZE + 1))
def test_beams_have_the_probability_of_their_text(width: int) -> None:
    for beams in beam.beam_search(("piano",), width):
        for text, p in beams:
            if text[-1] == STOP:
                assert isclose(p, text_probability(text[:-1]), rel_tol=1e-9)


def test_a_wide_beam_finds_what_brute_force_finds() -> None:
    inner = [w for w in VOCABULARY if w != STOP]
    telegrams = [("piano", *rest) for n in range(WINDOW) for rest in every(inner, repeat=n)]
    best = max(telegrams, key=text_probability)
    for width in (2, 3, 6):
        text, p = beam.beam_search(("piano",), width)[-1][0]
        assert text == (*best, STOP)
        assert isclose(p, text_probability(best))
    assert beam.beam_search(("piano",), 1)[-1][0][0] == (*TOKENS, STOP)


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: d.temperature([0.0], 0), "number above 0"),
    (lambda: d.top_k([1.0], 2), "from 1 to 1"),
    (lambda: d.top_p([1.0], 0), "p: expected"),
    (lambda: d.min_p([1.0], 2), "share: expected"),
    (lambda: d.sampling_example(["pian"], [1], 2, 0.7), "no word 'pian'"),
    (lambda: d.sampling_example([], [1], 2, 0.7), "1 to 4 words"),
    (lambda: beam.beam_example(["piano"], 0), "width: expected"),
    (lambda: beam.beam_example([], 2), "1 to 4 words"),
    (lambda: beam.beam_example(["pian"], 2), "no word 'pian'"),
]


@pytest.mark.parametrize(("call", "complaint"), WRONG, ids=range(len(WRONG)))
def test_wrong_arguments_say_what_was_expected(call: Callable[[], object], complaint: str) -> None:
    with pytest.raises(AuthorError, match=re.escape(complaint)):
        call()


def test_the_chapter_quotes_what_the_code_computes() -> None:
    prose = CHAPTER.read_text()
    p = next_token(CONTEXT)
    wide, narrow = p[3], p[4]
    ratio = wide / narrow
    assert f"${wide:.4f} / {narrow:.4f} = {ratio:.3f}$" in prose
    assert f"squared, {ratio**2:.2f}, and at $T = 2$ it is the root, {ratio**0.5:.2f}" in prose
    cut = d.top_k(p, 2)
    assert f"${wide:.3f} / {wide + narrow:.3f} = {cut[3]:.3f}$ for *wide* and {cut[4]:.3f}" in prose
    assert d.top_p(p, 0.7) == cut
    assert f"$0.1 \\cdot {wide:.3f} = {0.1 * wide:.3f}$: *piano* ({p[0]:.3f}) passes" in prose
    assert f"*stop* ({p[5]:.3f}) does not" in prose
    three = d.top_p(p, 0.9)
    assert f"Divided by {p[3] + p[4] + p[0]:.3f}: {three[3]:.3f}, {three[4]:.3f} and {three[0]:.3f}" in prose
    assert three == d.min_p(p, 0.1)
    hot = d.temperature([float(np.log(x)) for x in p], 2)
    assert f"*wide* {hot[3]:.3f} and *narrow* {hot[4]:.3f} make {hot[3] + hot[4]:.3f}" in prose
    assert f"*piano* with {hot[0]:.3f}, in all {hot[3] + hot[4] + hot[0]:.3f}" in prose
    assert sum(x > 0 for x in d.top_p(hot, 0.7)) == 3
    for tokens in (("piano", "piano", "narrow"), TOKENS, ("piano",)):
        assert f"{text_probability(tokens):.4f}" in prose


def test_the_figure_shows_the_numbers_of_the_code() -> None:
    svg = (CHAPTER.parents[1] / "assets" / "figures" / "truncation.svg").read_text()
    kept = [sum(x > 0 for x in d.top_p(next_token(c), 0.7)) for c in (TOKENS[:1], TOKENS)]
    assert svg.count("hue-1") == sum(kept) == 4
    for context in (TOKENS[:1], TOKENS):
        assert all(f">{x:.3f}<" in svg for x in next_token(context))
