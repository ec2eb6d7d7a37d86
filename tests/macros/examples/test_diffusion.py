"""The diffusion step against NumPy, against noising step by step, and against the chapter's own numbers."""

import math
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import diffusion as d
from macros.examples.steps import number

CHAPTER = Path(__file__).parents[3] / "docs" / "images" / "diffusion.md"
SIGNALS = [0.96, 0.8, 0.6, 0.28]
BARS = d.alpha_bars(d.betas_from_signals(SIGNALS))
PICTURE, NOISE = [1.0, -1.0, -1.0, 1.0], [-0.5, 1.0, 0.5, -1.0]
GUESS, FRESH = [-0.35, 0.7, 0.35, -0.7], [-1.0, 0.5, 0.0, 1.0]
XT = [0.2, 0.2, -0.2, -0.2]

pixel = st.floats(-3, 3)
pixels = st.lists(pixel, min_size=1, max_size=6)
level = st.floats(0.01, 0.99)
betas = st.lists(st.floats(0.001, 0.9), min_size=1, max_size=8)


def same_length(count: int) -> st.SearchStrategy[list[list[float]]]:
    """`count` pictures with the same number of pixels."""
    row = st.tuples(*[pixel] * count)
    return st.lists(row, min_size=1, max_size=5).map(lambda rows: [list(c) for c in zip(*rows, strict=True)])


@given(betas)
def test_alpha_bar_is_the_product_of_the_alphas(values: list[float]) -> None:
    assert np.allclose(d.alpha_bars(values)[1:], np.cumprod(1 - np.array(values)))


@given(betas, st.integers(0, 7))
def test_squares_of_signal_and_noise_rate_sum_to_one_at_every_level(values: list[float], i: int) -> None:
    bars = d.alpha_bars(values)
    bar = bars[min(i, len(bars) - 1)]
    (signal,), (noise,) = d.noised([1.0], [0.0], bar), d.noised([0.0], [1.0], bar)
    assert math.isclose(signal**2 + noise**2, 1)


@given(same_length(2), level)
def test_noising_agrees_with_numpy(rows: list[list[float]], bar: float) -> None:
    x0, noise = map(np.array, rows)
    assert np.allclose(d.noised(rows[0], rows[1], bar), np.sqrt(bar) * x0 + np.sqrt(1 - bar) * noise)


@given(betas, pixel)
def test_mean_and_variance_of_the_steps_add_up_to_the_closed_form(values: list[float], x0: float) -> None:
    mean, variance = x0, 0.0
    for beta in values:  # one step: multiply by √(1 − β), then add independent noise of variance β
        mean, variance = math.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
    bar = d.alpha_bars(values)[-1]
    assert math.isclose(mean, d.noised([x0], [0.0], bar)[0], abs_tol=1e-12)
    assert math.isclose(variance, 1 - bar, abs_tol=1e-12)


def test_noising_step_by_step_has_the_mean_and_variance_of_the_closed_form() -> None:
    draw = np.random.default_rng(2020)
    x = np.tile(PICTURE, (100_000, 1))
    for beta, bar in zip(d.betas_from_signals(SIGNALS), BARS[1:], strict=True):
        x = np.sqrt(1 - beta) * x + np.sqrt(beta) * draw.standard_normal(x.shape)
        assert np.allclose(x.mean(axis=0), d.noised(PICTURE, [0.0] * 4, bar), atol=0.015)
        assert np.allclose(x.var(axis=0), 1 - bar, atol=0.015)


@given(same_length(2), level)
def test_the_true_noise_gives_the_picture_back(rows: list[list[float]], bar: float) -> None:
    x0, noise = rows
    assert np.allclose(d.clean_estimate(d.noised(x0, noise, bar), noise, bar), x0)
    assert d.loss(noise, noise) == 0


@given(same_length(2))
def test_loss_is_the_mean_squared_error_and_symmetric(rows: list[list[float]]) -> None:
    assert math.isclose(d.loss(*rows), float(np.mean((np.array(rows[0]) - rows[1]) ** 2)), abs_tol=1e-12)
    assert d.loss(*rows) == d.loss(*reversed(rows))


@given(same_length(2), st.floats(0.01, 0.9), st.floats(0.05, 0.95))
def test_ddpm_mean_equals_the_posterior_mean_at_the_estimate(
    rows: list[list[float]], beta: float, before: float
) -> None:
    """Equation 7 of Ho et al. 2020, with x̂0 in place of x0, is equation 11."""
    xt, guess = rows
    bar = before * (1 - beta)
    x0 = np.array(d.clean_estimate(xt, guess, bar))
    posterior = np.sqrt(before) * beta / (1 - bar) * x0
    posterior += np.sqrt(1 - beta) * (1 - before) / (1 - bar) * np.array(xt)
    assert np.allclose(d.ddpm_mean(xt, guess, beta, bar), posterior)


@given(st.floats(0.01, 0.9), st.floats(0.05, 0.95), pixel)
def test_a_ddpm_step_with_known_picture_keeps_the_distribution_of_the_level_before(
    beta: float, before: float, x0: float
) -> None:
    """If xt has the mean and variance of its level, x(t−1) has those of the level before."""
    bar = before * (1 - beta)
    slope = math.sqrt(1 - beta) * (1 - before) / (1 - bar)  # of the posterior mean, as xt changes
    variance = slope**2 * (1 - bar) + d.posterior_variance(beta, bar)
    assert math.isclose(variance, 1 - before, abs_tol=1e-9)
    at_mean = d.ddpm_mean([math.sqrt(bar) * x0], [0.0], beta, bar)
    assert math.isclose(at_mean[0], math.sqrt(before) * x0, abs_tol=1e-9)


@given(same_length(2), level, level)
def test_a_ddim_step_with_the_true_noise_lands_on_the_closed_form(
    rows: list[list[float]], bar: float, to: float
) -> None:
    x0, noise = rows
    assert np.allclose(d.ddim_step(d.noised(x0, noise, bar), noise, bar, to), d.noised(x0, noise, to))


@given(same_length(2), level)
def test_a_ddim_step_to_the_end_is_the_estimate(rows: list[list[float]], bar: float) -> None:
    assert np.allclose(d.ddim_step(rows[0], rows[1], bar, 1.0), d.clean_estimate(rows[0], rows[1], bar))


@given(same_length(2), st.floats(0, 8))
def test_guidance_in_the_letters_of_its_paper(rows: list[list[float]], w: float) -> None:
    without, given_ = map(np.array, rows)
    assert np.allclose(d.guided(rows[0], rows[1], 1 + w), (1 + w) * given_ - w * without)
    assert np.allclose(d.guided(rows[0], rows[1], 0), without) and np.allclose(
        d.guided(rows[0], rows[1], 1), given_
    )


def test_the_linear_schedule_is_that_of_ddpm() -> None:
    assert np.allclose(d.linear_betas(), np.linspace(1e-4, 0.02, 1000))


@given(st.floats(0, 1))
def test_the_cosine_schedule_falls_from_one_to_zero(share: float) -> None:
    bar = d.cosine_alpha_bar(share)
    assert -1e-12 <= bar <= 1
    assert bar >= d.cosine_alpha_bar(min(1.0, share + 0.01)) - 1e-12
    assert d.cosine_alpha_bar(0) == 1 and d.cosine_alpha_bar(1) < 1e-12


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=6, unique=True))
def test_betas_from_signals_lead_back_to_the_signals(values: list[float]) -> None:
    signals = sorted(values, reverse=True)
    if any(b / a > 1 - 1e-9 for a, b in pairwise(signals)):
        return
    assert np.allclose(np.sqrt(d.alpha_bars(d.betas_from_signals(signals))[1:]), signals)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"picture": []}, "picture: expected a list of k numbers"),
        ({"picture": 1}, "picture: expected a list of k numbers"),
        ({"noise": [1.0]}, "noise: expected a list of 4 numbers, one for each pixel"),
        ({"guess": [1.0, 2.0, 3.0, math.nan]}, "guess: expected finite numbers, got nan"),
        ({"fresh": [1.0, 2.0, 3.0, "4"]}, "fresh: expected finite numbers, got '4'"),
        ({"signals": []}, "signals: expected a list of falling numbers"),
        ({"signals": [0.5, 0.6]}, "signals: expected numbers that fall from below 1 to above 0, got 0.6"),
        ({"signals": [1.0]}, "signals: expected numbers that fall from below 1 to above 0, got 1.0"),
        ({"t": 0}, "t: expected a step from 1 to 4, got 0"),
        ({"t": 5}, "t: expected a step from 1 to 4, got 5"),
        ({"show": "loss"}, "show: expected all, schedule, training, sampling, got 'loss'"),
    ],
)
def test_wrong_arguments_are_named(changed: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "picture": PICTURE, "noise": NOISE, "guess": GUESS, "fresh": FRESH, "signals": SIGNALS, "t": 3
    }  # fmt: skip
    with pytest.raises(ValueError, match=re.escape(message)):
        d.diffusion_step_example(**{**arguments, **changed})


def test_the_first_step_back_needs_no_spread() -> None:
    html = d.diffusion_step_example(PICTURE, NOISE, GUESS, FRESH, SIGNALS, 1)
    assert "σ = 0.000" in html
    assert html.count("<table") == 3


def row(values: list[float]) -> str:
    return "(" + ", ".join(f"{v:.3f}".rstrip("0").rstrip(".").replace("-", "−") for v in values) + ")"


def test_the_chapter_calls_the_example_with_the_numbers_of_this_test() -> None:
    text = CHAPTER.read_text("utf-8")
    given_ = (
        "picture=[1, -1, -1, 1], noise=[-0.5, 1, 0.5, -1], guess=[-0.35, 0.7, 0.35, -0.7], "
        "fresh=[-1, 0.5, 0, 1], signals=[0.96, 0.8, 0.6, 0.28], t=3"
    )
    calls = re.findall(r"diffusion_step_example\((.*?), show=\"(\w+)\"\)", text)
    assert [c[1] for c in calls] == ["schedule", "training", "sampling"]
    assert {c[0] for c in calls} == {given_}


def test_the_chapter_quotes_the_computed_training_step() -> None:
    text = CHAPTER.read_text("utf-8")
    assert d.noised(PICTURE, NOISE, BARS[3]) == pytest.approx(XT)
    assert "= (0.2, 0.2, -0.2, -0.2)" in text
    assert number(d.loss(NOISE, GUESS), 5) == "0.05625" and "0.225 / 4 = 0.05625" in text
    assert [(e - g) ** 2 for e, g in zip(NOISE, GUESS)] == pytest.approx([0.0225, 0.09, 0.0225, 0.09])


def test_the_chapter_quotes_the_computed_sampling_step() -> None:
    text = CHAPTER.read_text("utf-8")
    beta = d.betas_from_signals(SIGNALS)[2]
    estimate = d.clean_estimate(XT, GUESS, BARS[3])
    mean = d.ddpm_mean(XT, GUESS, beta, BARS[3])
    spread = math.sqrt(d.posterior_variance(beta, BARS[3]))
    ddim = d.ddim_step(XT, GUESS, BARS[3], BARS[2])
    assert estimate == pytest.approx([0.8, -0.6, -0.8, 0.6]) and "0.48 / 0.6 = 0.8$" in text
    assert f"0.8 \\cdot 0.8 - 0.6 \\cdot 0.35 = {ddim[0]:.2f}$" in text
    assert f"= {mean[0]:.3f}$" in text and f"{beta / 0.8:.3f}" in text
    assert f"{mean[0]:.3f} + {spread:.3f} \\cdot (-1) = {mean[0] - spread:.3f}$" in text
    assert [x > 0 for x in mean] == [x > 0 for x in ddim] == [x > 0 for x in PICTURE]


def test_the_chapter_quotes_the_four_targets() -> None:
    text = CHAPTER.read_text("utf-8")
    score = [-e / 0.8 for e in NOISE]
    velocity = [0.6 * e - 0.8 * x for e, x in zip(NOISE, PICTURE)]
    for values in (NOISE, PICTURE, score, velocity):
        assert f"| {row(values)} |" in text
    line = [e - x for e, x in zip(NOISE, PICTURE)]
    assert f"= {row(line)}".replace("−", "-") in text


def test_the_chapter_quotes_the_schedules() -> None:
    text = CHAPTER.read_text("utf-8")
    betas_, bars = d.linear_betas(), d.alpha_bars(d.linear_betas())
    linear, cosine = math.sqrt(bars[500]), math.sqrt(d.cosine_alpha_bar(0.5))
    assert f"{linear:.2f} under the linear schedule and {cosine:.2f} under" in text
    assert f"\\bar\\alpha = {bars[1000]:.5f}" in text
    assert f"the factor is {math.sqrt((1 - bars[1000]) / bars[1000]):.0f}." in text
    weights = [betas_[t - 1] / (2 * (1 - betas_[t - 1]) * (1 - bars[t])) for t in (1, 500)]
    assert f"{weights[0]:.2f} at $t = 1$ and {weights[1]:.4f} at $t = 500$, ninety times" in text
    assert weights[0] / weights[1] == pytest.approx(90, abs=2)


def test_the_chapter_quotes_the_guided_guesses() -> None:
    text = CHAPTER.read_text("utf-8")
    without = [x / 0.8 for x in XT]
    for scale in (0, 1, 2, 7.5):
        guess = d.guided(without, NOISE, scale)
        estimate = [x + 0.0 for x in np.round(d.clean_estimate(XT, guess, BARS[3]), 9)]
        assert f"| {row(guess)} | {row(estimate)} |" in text
