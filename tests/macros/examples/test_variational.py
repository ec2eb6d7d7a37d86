"""The VAE by hand against integration, simulation and finite differences; the chapter's prose against it."""

from __future__ import annotations

import re
from math import exp, isclose, log, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import bottleneck as b
from macros.examples import variational as v
from macros.text import AuthorError

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "images" / "autoencoders.md").read_text("utf-8")
FLOW = (DOCS / "assets" / "figures" / "vae-flow.svg").read_text("utf-8")
LINE = (DOCS / "assets" / "figures" / "autoencoder-code-line.svg").read_text("utf-8")
X, W, S, MU, SIGMA = [0.7, -0.3, -0.3, 0.7], [0.4, -0.4, -0.4, 0.4], 0.6, 0.8, 0.6
DATA = [X, [0.3, -0.7, -0.7, 0.3], [-0.3, 0.7, 0.7, -0.3], [-0.7, 0.3, 0.3, -0.7]]
GRID = np.linspace(-20, 20, 10001)
number = st.floats(-2, 2)
vector = st.lists(number, min_size=3, max_size=3)
positive = st.floats(0.2, 2)


def density(z: Any, mu: float, sigma: float) -> Any:
    return np.exp(-(((z - mu) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * pi))


def likelihoods(x: list[float], w: list[float], s: float) -> Any:
    """p(x | z) for every z of the grid, pixel by pixel."""
    return np.prod([density(xi, GRID * wi, s) for xi, wi in zip(x, w)], axis=0)


def integral(values: Any) -> float:
    return float(np.trapezoid(values, GRID))


@given(number, positive)
def test_kl_equals_its_integral(mu: float, sigma: float) -> None:
    q = density(GRID, mu, sigma)
    ratio = -log(sigma) - ((GRID - mu) / sigma) ** 2 / 2 + GRID**2 / 2
    assert v.kl(mu, sigma) == pytest.approx(integral(q * ratio), abs=1e-6)
    assert v.kl(mu, sigma) >= 0


def test_kl_is_zero_for_the_prior_alone() -> None:
    assert v.kl(0, 1) == 0
    assert v.kl(0.1, 1) > 0
    assert v.kl(0, 1.1) > 0


@given(vector, vector, positive)
def test_evidence_equals_its_integral_and_the_determinant(x: list[float], w: list[float], s: float) -> None:
    whole = integral(density(GRID, 0, 1) * likelihoods(x, w, s))
    assert v.evidence(x, w, s) == pytest.approx(log(whole), abs=1e-5)
    cov = s**2 * np.eye(3) + np.outer(w, w)
    quadratic = np.array(x) @ np.linalg.solve(cov, np.array(x))
    direct = -(3 * log(2 * pi) + log(np.linalg.det(cov)) + quadratic) / 2
    assert v.evidence(x, w, s) == pytest.approx(direct)


@given(vector, vector, positive, number, positive)
def test_elbo_is_never_above_the_evidence_and_the_gap_is_a_divergence(
    x: list[float], w: list[float], s: float, mu: float, sigma: float
) -> None:
    gap = v.evidence(x, w, s) - v.elbo(x, w, s, mu, sigma)
    assert gap >= -1e-9
    center, spread = v.best_encoder(x, w, s)  # the true posterior: the divergence between two normals
    divergence = log(spread / sigma) + (sigma**2 + (mu - center) ** 2) / (2 * spread**2) - 0.5
    assert gap == pytest.approx(divergence, abs=1e-7)


@given(vector, vector, positive)
def test_best_encoder_is_the_posterior(x: list[float], w: list[float], s: float) -> None:
    joint = density(GRID, 0, 1) * likelihoods(x, w, s)
    posterior = joint / integral(joint)
    mean = integral(posterior * GRID)
    mu, sigma = v.best_encoder(x, w, s)
    assert mu == pytest.approx(mean, abs=1e-5)
    assert sigma == pytest.approx(sqrt(integral(posterior * (GRID - mean) ** 2)), abs=1e-5)
    assert v.elbo(x, w, s, mu, sigma) == pytest.approx(v.evidence(x, w, s))


@given(vector, vector, positive, st.floats(0.1, 20), number, positive)
def test_no_encoder_beats_the_best_for_any_beta(
    x: list[float], w: list[float], s: float, beta: float, mu: float, sigma: float
) -> None:
    best = v.elbo(x, w, s, *v.best_encoder(x, w, s, beta), beta)
    assert v.elbo(x, w, s, mu, sigma, beta) <= best + 1e-9


@given(vector, vector, positive, st.floats(0.1, 10))
def test_beta_acts_as_a_larger_variance(x: list[float], w: list[float], s: float, beta: float) -> None:
    assert v.best_encoder(x, w, s, beta) == pytest.approx(v.best_encoder(x, w, s * sqrt(beta)))


@given(vector, vector, number, positive)
def test_mean_error_equals_its_integral(x: list[float], w: list[float], mu: float, sigma: float) -> None:
    errors = sum((xi - GRID * wi) ** 2 for xi, wi in zip(x, w))
    assert v.mean_error(x, w, mu, sigma) == pytest.approx(
        integral(density(GRID, mu, sigma) * errors), abs=1e-5
    )


@given(vector, vector, positive, number, positive, number)
def test_pulls_equal_finite_differences(
    x: list[float], w: list[float], s: float, mu: float, sigma: float, noise: float
) -> None:
    def likelihood(m: float, d: float) -> float:
        return v.log_likelihood(b.squared_error(x, v.decode(v.sample(m, d, noise), w)), 3, s)

    h = 1e-5
    up = (likelihood(mu + h, sigma) - likelihood(mu - h, sigma)) / (2 * h)
    wider = (likelihood(mu, sigma + h) - likelihood(mu, sigma - h)) / (2 * h)
    pull = v.pull_of_picture(x, w, s, v.sample(mu, sigma, noise), noise)
    assert pull == pytest.approx((up, wider), rel=1e-3, abs=1e-3)
    down = (v.kl(mu - h, sigma) - v.kl(mu + h, sigma)) / (2 * h)
    narrow = (v.kl(mu, sigma - h) - v.kl(mu, sigma + h)) / (2 * h)
    assert v.pull_of_prior(mu, sigma) == pytest.approx((down, narrow), rel=1e-4, abs=1e-4)


def test_pulls_balance_on_average_at_our_encoder() -> None:
    noise = np.random.default_rng(2).normal(size=200_000)
    pulls = np.array([v.pull_of_picture(X, W, S, v.sample(MU, SIGMA, n), n) for n in noise.tolist()])
    assert pulls.mean(axis=0) == pytest.approx([0.8, -1 / 0.6 + 0.6], abs=0.01)
    assert v.pull_of_prior(MU, SIGMA) == pytest.approx((-0.8, 1 / 0.6 - 0.6))


def total(w: list[float], s: float = S) -> float:
    """The best ELBO of all four pictures together, which is their log-likelihood."""
    return sum(v.evidence(x, w, s) for x in DATA)


@given(st.lists(number, min_size=4, max_size=4))
def test_no_other_decoder_gives_the_four_pictures_a_larger_likelihood(w: list[float]) -> None:
    assert total(w) <= total(W) + 1e-9


def two_codes(strength: float) -> float:
    """Log-likelihood of the four pictures with a second code number, for brightness, of this strength."""
    rows = np.array([W, [strength] * 4])
    cov = S**2 * np.eye(4) + rows.T @ rows
    data = np.array(DATA)
    return float(
        -(4 * np.linalg.slogdet(2 * pi * cov)[1] + np.einsum("ij,ji->", data, np.linalg.solve(cov, data.T)))
        / 2
    )


def test_a_second_number_for_brightness_is_better_left_alone() -> None:
    assert two_codes(0) == pytest.approx(total(W))
    assert all(two_codes(k / 50) < two_codes(0) for k in range(1, 40))


@pytest.mark.parametrize(("beta", "kept"), [(1, True), (2.7, True), (2.85, False), (4, False)])
def test_a_decoder_trained_along_loses_the_diagonal_above_the_threshold(beta: float, kept: bool) -> None:
    def reached(strength: float) -> float:
        w = [strength * sign for sign in (1, -1, -1, 1)]
        return sum(v.elbo(x, w, S, *v.best_encoder(x, w, S, beta), beta) for x in DATA)

    best = max((k / 500 for k in range(500)), key=reached)
    assert (best > 0) == kept
    assert best == pytest.approx(sqrt(max(0, 1 - beta * S**2)) / 2, abs=2e-3)


def test_the_best_spread_and_its_share() -> None:
    def best(s: float) -> float:
        return total([sqrt(1 - s**2) / 2 * sign for sign in (1, -1, -1, 1)], s)

    s = max((k / 1000 for k in range(100, 999)), key=best)
    assert f"would be {s:.2f}" in TEXT
    assert isclose(s, sqrt(0.16 / 3), abs_tol=1e-3)
    assert f"the share is {1 - s**2:.2f}." in TEXT and f"= {s**2:.3f}$" in TEXT


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"picture": []}, "picture: expected a list of at least 1 numbers"),
        ({"weights": [1]}, "weights: expected a list of 2 numbers"),
        ({"weights": [1, "a"]}, "weights: expected finite numbers, got 'a'"),
        ({"s": 0}, "s: expected numbers above 0, got 0"),
        ({"betas": [1, -1]}, "betas: expected numbers above 0, got -1"),
        ({"names": []}, "encoders: expected .* got 0 names"),
        ({"encoders": [[1]]}, "encoders, 1: expected a list of 2 numbers"),
        ({"encoders": [[1, 0]]}, "encoders, 1, sigma: expected numbers above 0, got 0"),
        ({"noise": []}, "noise: expected a list"),
        ({"show": "none"}, "show: expected all, draws, encoders, beta, got 'none'"),
    ],
)
def test_wrong_arguments_are_explained(change: dict[str, Any], told: str) -> None:
    good: dict[str, Any] = {
        "picture": [1.0, 0.0],
        "weights": [1.0, 1.0],
        "s": 0.5,
        "encoders": [[0, 1]],
        "names": ["a"],
        "noise": [0.5],
        "betas": [1],
    }
    assert v.elbo_example(**good).count("<table") == 3
    with pytest.raises(AuthorError, match=told):
        v.elbo_example(**good | change)


def shown(values: list[float], places: int = 2) -> str:
    return ", ".join(f"{x:.{places}f}" for x in values).replace("-", "−")


def test_the_first_draw_is_followed_rightly_in_the_prose() -> None:
    z = v.sample(MU, SIGMA, 0.5)
    back = v.decode(z, W)
    error = b.squared_error(X, back)
    assert f"$0.8 + 0.6 \\cdot 0.5 = {z:.1f}$" in TEXT
    assert f"${z:.1f} \\cdot 0.4 = {back[0]:.2f}$" in TEXT
    parts = [(x - y) ** 2 for x, y in zip(X, back)]
    assert f"= {parts[0]:.4f}$ twice" in TEXT
    assert f"= {parts[1]:.4f}$ twice: {error:.4f}." in TEXT
    value, constant = v.log_likelihood(error, 4, S), v.log_likelihood(0, 4, S)
    assert f"= {value - constant:.4f}$; a normal number" in TEXT
    assert f"= {constant:.4f}$; together ${value:.4f}$" in TEXT
    for digits in ("1.1", "0.511", f"{-value:.3f}", "0.44"):
        assert digits in FLOW


def test_both_terms_are_quoted_rightly() -> None:
    center = b.squared_error(X, v.decode(MU, W))
    spread = SIGMA**2 * b.dot(W, W)
    reconstruction = v.log_likelihood(v.mean_error(X, W, MU, SIGMA), 4, S)
    assert f"the error at $z = \\mu$ is {center:.4f}" in TEXT
    assert f"= {spread:.4f}$, together {center + spread:.2f}, and" in TEXT
    assert f"= {reconstruction:.4f}$" in TEXT
    assert f"1.0217) / 2 = {v.kl(MU, SIGMA):.4f}$ nats" in TEXT
    assert f"{-log(0.36):.4f}" == "1.0217"
    assert f"$-2.3547 - 0.5108 = {v.elbo(X, W, S, MU, SIGMA):.4f}$" in TEXT
    assert f"pays {v.kl(1.25, 0.1):.2f} nats" in TEXT
    assert f"/ 2 = {v.kl(1.25, 0.1):.4f}$" in TEXT
    assert f"{-log(0.01):.4f}" == "4.6052"
    assert isclose(v.elbo(X, W, S, MU, SIGMA), v.evidence(X, W, S))


def test_the_pulls_of_single_draws_are_quoted_rightly() -> None:
    for noise, words in ((0.5, "/ 0.36 = {:.3f}$"), (-1, "with {:.3f} and"), (1.5, "with {:.1f};")):
        pull, _ = v.pull_of_picture(X, W, S, v.sample(MU, SIGMA, noise), noise)
        assert words.format(pull).replace("-", "−") in TEXT, noise
    _, wider = v.pull_of_picture(X, W, S, 1.1, 0.5)
    assert f"half of it, {wider:.3f}." in TEXT
    error = [x - y for x, y in zip(X, v.decode(1.1, W))]
    assert f"({shown(error)})" in TEXT


def test_what_codes_decode_to_is_quoted_rightly() -> None:
    assert v.decode(1.5, W)[0] == pytest.approx(0.6)
    assert v.decode(-0.5, W)[0] == pytest.approx(-0.2)
    assert f"({shown(v.decode(0.2, W))})" in TEXT
    mu, _ = v.best_encoder(X, W, S)
    assert f"= {v.decode(mu, W)[0]:.2f}$ where" in TEXT
    assert v.decode(mu, W)[0] / 0.5 == pytest.approx(0.64)
    codes = [v.best_encoder(x, W, S) for x in DATA]
    assert [c for c, _ in codes] == pytest.approx([0.8, 0.8, -0.8, -0.8])
    assert np.mean([c**2 + d**2 for c, d in codes]) == pytest.approx(1)


def test_thresholds_sizes_and_bits() -> None:
    assert f"\\beta \\approx {1 / S**2:.1f}$" in TEXT
    assert 512 * 512 * 3 == 48 * 64 * 64 * 4 == 786432
    assert f"{256 * 256 * 3 * 8:,}".replace(",", "{,}") in TEXT
    assert round(256 * 256 * 3 * 8 / (1024 * 13)) == 118
    assert 512 * 512 * 3 * 8 / (64 * 64 * 4 * 16) == 24
    assert f"\\approx {1 / 0.18215:.1f}$" in TEXT
    near, far = ((0.5 - c) ** 2 + 0.2**2 for c in (0.5, -0.5))
    assert f"are {near:.2f} and {far:.2f}," in TEXT


def test_the_bells_of_the_figure_have_the_heights_of_their_curves() -> None:
    curves = re.findall(r' d="M([\d. L]+)"', LINE)
    assert len(curves) == 3
    for path, (mu, sigma) in zip(curves, [(-0.8, 0.6), (0.8, 0.6), (0, 1)], strict=True):
        points = [tuple(map(float, p.split())) for p in path.split("L")]
        for x, y in points:
            height = exp(-((((x - 240) / 100) - mu) ** 2) / (2 * sigma**2)) / (sigma * sqrt(2 * pi))
            assert 316 - 150 * height == pytest.approx(y, abs=0.3)
