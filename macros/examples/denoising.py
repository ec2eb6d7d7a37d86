"""Worked example: from noise to a picture with the best denoiser there is, in a world of a few pictures.

If the data set is a short list of pictures, no network has to be trained: the guess that makes the loss of
training smallest can be computed. Given xt, every picture of the list gets a share (by Bayes' rule), and the
best estimate of x0 is the mean of the pictures with these shares. Shapes: pictures are lists of k numbers.
Sources: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", equation 4 (noise given the picture);
Gu et al. 2023, "On Memorization in Diffusion Models", section 2 (the optimum of the loss on a finite set).
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

from macros.examples.attention import softmax
from macros.examples.diffusion import Vector, alpha_bars, betas_from_signals, ddim_step
from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError


def shares(xt: Vector, alpha_bar: float, pictures: list[Vector]) -> Vector:
    """Give the probability of each picture, all equally likely before, once its noisy version xt is seen."""
    far = [sum((x - sqrt(alpha_bar) * p) ** 2 for x, p in zip(xt, row, strict=True)) for row in pictures]
    return softmax([-d / (2 * (1 - alpha_bar)) for d in far])


def best_estimate(xt: Vector, alpha_bar: float, pictures: list[Vector]) -> Vector:
    """Give the mean of the pictures, weighted by their shares: no estimate has a smaller squared error."""
    weights = shares(xt, alpha_bar, pictures)
    return [sum(w * x for w, x in zip(weights, column)) for column in zip(*pictures, strict=True)]


def best_noise(xt: Vector, alpha_bar: float, pictures: list[Vector]) -> Vector:
    """Give the noise that belongs to that estimate: (xt − √ᾱ x̂0) / √(1 − ᾱ)."""
    clean = best_estimate(xt, alpha_bar, pictures)
    return [(x - sqrt(alpha_bar) * c) / sqrt(1 - alpha_bar) for x, c in zip(xt, clean)]


def denoise(start: Vector, bars: list[float], pictures: list[Vector]) -> list[Vector]:
    """Go back by DDIM through the levels `bars` (rising, the last is 1); give every picture on the way."""
    chain = [start]
    for now, to in pairwise(bars):
        chain.append(ddim_step(chain[-1], best_noise(chain[-1], now, pictures), now, to))
    return chain


def denoising_example(
    start: Vector, pictures: list[Vector], names: list[str], signals: Vector, skip: list[int] | None = None
) -> str:
    """Turn noise into a picture step by step; each row shows what the best denoiser says at that level.

    start: k numbers; pictures, names: the world; signals: √ᾱ after each step; skip: steps to leave out.

    Example: {{ denoising_example([0.5, 0.1], [[1, -1], [-1, 1]], ["falling", "rising"], [0.8, 0.3]) }}
    """
    if not isinstance(pictures, list) or len(pictures) < 2 or len(names) != len(pictures):
        raise AuthorError(f"pictures: expected at least 2, with one name each, got {len(names)} names")
    if {len(row) for row in pictures} != {len(start)}:
        raise AuthorError(f"pictures: expected {len(start)} pixels in each, as many as in start")
    bars = alpha_bars(betas_from_signals(signals))
    steps = [t for t in reversed(range(len(bars))) if t not in (skip or [])]
    if 0 not in steps or len(signals) not in steps:
        raise AuthorError(f"skip: expected steps between 0 and {len(signals)}, got {skip!r}")
    chain = denoise(start, [bars[t] for t in steps], pictures)
    rows, labels = [], []
    for t, xt in list(zip(steps, chain))[:-1]:
        weights = [number(w, 3) for w in shares(xt, bars[t], pictures)]
        rows.append([_row(xt), *weights, _row(best_estimate(xt, bars[t], pictures))])
        labels.append(f"{t}")
    rows.append([_row(chain[-1]), *["–"] * len(pictures), "–"])
    heads = ["step t", "xₜ", *(f"share of {name}" for name in names), "best estimate of x₀"]
    count = f"{len(steps) - 1} step{'s' * (len(steps) > 2)}"
    return worked(
        f"From noise to a picture in {count}",
        step(f"From noise to a picture in {count}", heads, [*labels, "0"], rows),
    )


def _row(x: Vector) -> str:
    return ",\u00a0".join(numbers([x], 2)[0])  # a picture stays on one line
