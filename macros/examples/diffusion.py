"""Worked example: one training step and one sampling step of a diffusion model, on four pixels.

Shapes: a picture x0, its noisy version xt, the noise and a network's guess of it are lists of k numbers.
Letters: beta is the variance that step t adds, alpha = 1 - beta, alpha_bar the product of alphas to t.
Sources: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", sections 2 and 3 (formula, loss, step);
Song et al. 2020, "Denoising Diffusion Implicit Models", equation 12 (step without noise); Nichol and Dhariwal
2021, section 3.2 (cosine schedule); Ho and Salimans 2022, equation 6 (guidance; w there is scale - 1 here).
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import cos, isfinite, pi, sqrt
from operator import mul

from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError

Vector = list[float]


def alpha_bars(betas: list[float]) -> list[float]:
    """Give the share of the picture's variance that is left after 0, 1, … T steps; it begins with 1."""
    return list(accumulate((1 - beta for beta in betas), mul, initial=1.0))


def linear_betas(steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> list[float]:
    """Give the schedule of Ho et al. 2020, section 4: beta rises evenly from `first` to `last`."""
    return [first + (last - first) * i / (steps - 1) for i in range(steps)]


def cosine_alpha_bar(share: float, offset: float = 0.008) -> float:
    """Give alpha_bar at t = share · T of the cosine schedule (before its cap on beta near the end)."""
    start, now = (cos((u + offset) / (1 + offset) * pi / 2) ** 2 for u in (0.0, share))
    return now / start


def noised(x0: Vector, noise: Vector, alpha_bar: float) -> Vector:
    """Jump from x0 to xt in closed form: √ᾱ x0 + √(1 − ᾱ) ε (Ho et al. 2020, equation 4)."""
    return [sqrt(alpha_bar) * x + sqrt(1 - alpha_bar) * e for x, e in zip(x0, noise, strict=True)]


def loss(noise: Vector, guess: Vector) -> float:
    """Give the mean of the squared errors of the guessed noise: what training makes small."""
    return sum((e - g) ** 2 for e, g in zip(noise, guess, strict=True)) / len(noise)


def clean_estimate(xt: Vector, guess: Vector, alpha_bar: float) -> Vector:
    """Solve the closed form for x0, with the guess in place of the noise."""
    return [(x - sqrt(1 - alpha_bar) * g) / sqrt(alpha_bar) for x, g in zip(xt, guess, strict=True)]


def ddpm_mean(xt: Vector, guess: Vector, beta: float, alpha_bar: float) -> Vector:
    """Give the mean of x(t−1): (xt − β/√(1 − ᾱ) ε̂) / √(1 − β) (Ho et al. 2020, equation 11)."""
    part = beta / sqrt(1 - alpha_bar)
    return [(x - part * g) / sqrt(1 - beta) for x, g in zip(xt, guess, strict=True)]


def posterior_variance(beta: float, alpha_bar: float) -> float:
    """Give the variance of x(t−1) around that mean, if x0 were known (Ho et al. 2020, equation 7)."""
    before = alpha_bar / (1 - beta)
    return beta * (1 - before) / (1 - alpha_bar)


def ddim_step(xt: Vector, guess: Vector, alpha_bar: float, to: float) -> Vector:
    """Mix the estimate of x0 and the same guessed noise again, at the level `to` (an earlier alpha_bar)."""
    return noised(clean_estimate(xt, guess, alpha_bar), guess, to)


def guided(without: Vector, given: Vector, scale: float) -> Vector:
    """Go `scale` times the way from the guess without the condition to the guess with it."""
    return [u + scale * (c - u) for u, c in zip(without, given, strict=True)]


def betas_from_signals(signals: list[float]) -> list[float]:
    """Turn the signal rates √ᾱ, which must fall from 1 to 0, into the betas of the steps between them."""
    if not isinstance(signals, list) or not signals:
        raise AuthorError(f"signals: expected a list of falling numbers between 1 and 0, got {signals!r}")
    for before, after in pairwise([1.0, *signals]):
        if not 0 < after < before:
            raise AuthorError(f"signals: expected numbers that fall from below 1 to above 0, got {after!r}")
    return [1 - (after / before) ** 2 for before, after in pairwise([1.0, *signals])]


def diffusion_step_example(
    picture: Vector,
    noise: Vector,
    guess: Vector,
    fresh: Vector,
    signals: Vector,
    t: int,
    show: str = "all",
) -> str:
    """Noise a tiny picture, judge a guess of the noise, and go one step back in two ways.

    picture, noise, guess, fresh: k numbers each (the clean picture; the noise that is added; what a network
    says it was; the noise that DDPM adds on its way back); signals: √ᾱ after each step; t: the step shown;
    show: one of the tables, "schedule", "training" or "sampling", or "all".

    Example: {{ diffusion_step_example([1, -1], [0.5, 1], [0.4, 0.8], [1, 0], [0.8, 0.6], t=2) }}
    """
    betas = betas_from_signals(signals)
    for name, vector in (("picture", picture), ("noise", noise), ("guess", guess), ("fresh", fresh)):
        _check(name, vector, len(picture) if isinstance(picture, list) else 0)
    if not isinstance(t, int) or not 1 <= t <= len(betas):
        raise AuthorError(f"t: expected a step from 1 to {len(betas)}, got {t!r}")
    bars = alpha_bars(betas)
    beta, bar, before = betas[t - 1], bars[t], bars[t - 1]
    xt = noised(picture, noise, bar)
    mean, spread = ddpm_mean(xt, guess, beta, bar), sqrt(posterior_variance(beta, bar))
    pixels = [f"pixel {i + 1}" for i in range(len(picture))]
    rates = [[b, 1 - b, a, sqrt(a), sqrt(1 - a)] for b, a in zip([0.0, *betas], bars)]
    errors = [(e - g) ** 2 for e, g in zip(noise, guess)]
    drawn = [m + spread * z for m, z in zip(mean, fresh)]
    tables = {
        "schedule": step(
            "The schedule",
            ["step t", "β", "α = 1 − β", "ᾱ, product of the α", "signal √ᾱ", "noise √(1 − ᾱ)"],
            map(str, range(len(bars))),
            numbers(rates, 4),
        ),
        "training": step(
            f"Training at t = {t}: loss {number(loss(noise, guess), 5)}, the mean of the last row",
            ["row", *pixels],
            ["picture x₀", "noise ε", "noisy picture xₜ", "guess ε̂", "(ε − ε̂)²"],
            [*numbers([picture, noise, xt, guess], 2), *numbers([errors], 4)],
        ),
        "sampling": step(
            f"Sampling from t = {t} to {t - 1}, with the same guess; σ = {number(spread, 3)}",
            ["row", *pixels],
            ["estimate of x₀", "DDIM: next picture", "DDPM: mean", "fresh noise z", "DDPM: mean + σz"],
            numbers(
                [clean_estimate(xt, guess, bar), ddim_step(xt, guess, bar, before), mean, fresh, drawn], 3
            ),
        ),
    }
    if show not in ("all", *tables):
        raise AuthorError(f"show: expected all, {', '.join(tables)}, got {show!r}")
    return worked(f"Diffusion, computed: {show}", *(tables[k] for k in tables if show in ("all", k)))


def _check(name: str, vector: Vector, k: int) -> None:
    if not isinstance(vector, list) or not vector or len(vector) != k:
        raise AuthorError(
            f"{name}: expected a list of {k or 'k'} numbers, one for each pixel, got {vector!r}"
        )
    for x in vector:
        if not isinstance(x, int | float) or isinstance(x, bool) or not isfinite(x):
            raise AuthorError(f"{name}: expected finite numbers, got {x!r}")
