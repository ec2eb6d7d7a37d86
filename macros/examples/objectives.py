"""Worked example: what two objectives prefer, the likelihood and the best discriminator's divergence.

Shapes: a distribution is k shares that sum to 1, one for each kind of picture.
Units: nats.
Sources: Goodfellow et al. 2014, section 4.1 (Jensen-Shannon divergence behind the game);
Goodfellow 2016, section 3.2.5 (which mistakes each divergence forgives).
"""

from __future__ import annotations

from math import inf, isclose, log

from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError

Shares = list[float]


def log_loss(data: Shares, model: Shares) -> float:
    """Give the mean of -ln(model's share) over the data; infinite if the model lacks a kind that occurs."""
    if any(p > 0 and q == 0 for p, q in zip(data, model)):
        return inf
    return -sum(p * log(q) for p, q in zip(data, model) if p > 0)


def divergence(p: Shares, q: Shares) -> float:
    """Give the Kullback-Leibler divergence of p from q, Σ p ln(p/q)."""
    return log_loss(p, q) - log_loss(p, p)


def jensen_shannon(p: Shares, q: Shares) -> float:
    """Give the mean divergence of p and of q from their average; between 0 and ln 2."""
    middle = [(a + b) / 2 for a, b in zip(p, q)]
    return (divergence(p, middle) + divergence(q, middle)) / 2


def objectives_example(kinds: list[str], data: Shares, models: list[Shares], names: list[str]) -> str:
    """Models with different mistakes, judged by log loss (VAEs bound it) and JS divergence (GANs).

    kinds: names of the kinds of picture; data: their shares; models: each model's shares; names: theirs.

    Example: {{ objectives_example(["a", "b"], [0.5, 0.5], [[0.9, 0.1]], ["lopsided"]) }}
    """
    if len(names) != len(models):
        raise AuthorError(f"names: expected one for each of {len(models)} models, got {len(names)}")
    for what, shares in [("data", data), *zip(names, models)]:
        if len(shares) != len(kinds):
            raise AuthorError(f"{what}: expected {len(kinds)} shares (one for each kind), got {len(shares)}")
        if min(shares) < 0 or not isclose(sum(shares), 1):
            raise AuthorError(f"{what}: expected shares from 0 to 1 with the sum 1, got {shares}")
    losses = [log_loss(data, m) for m in models]
    judged = [
        ["infinite" if loss == inf else number(loss, 3), number(jensen_shannon(data, m), 3)]
        for loss, m in zip(losses, models)
    ]
    return worked(
        "Worked example",
        step(
            "Given: how often each kind is made", ["set", *kinds], ["data", *names], numbers([data, *models])
        ),
        step("How bad it is, for each objective", ["model", "log loss", "JS divergence"], names, judged),
    )
