"""Worked example: a variational autoencoder that can be checked by hand, with one code number for k pixels.

The model: a code z is drawn from N(0, 1), and each pixel of the picture from N(z · w, s²).
Shapes: the picture x and the decoder's weights w have k numbers; z, s and the encoder's answer, a mean mu and
a standard deviation sigma, are single numbers. Logarithms are natural, so every result is in nats.
Because this decoder is linear, what larger models can only bound has a closed form here: see `evidence`.
Sources: Kingma and Welling 2013, "Auto-Encoding Variational Bayes", sections 2.2 to 2.4 and appendix B;
Higgins et al. 2017, "beta-VAE"; Tipping and Bishop 1999, "Probabilistic Principal Component Analysis".
"""

from __future__ import annotations

from math import isfinite, log, pi, sqrt

from macros.examples.bottleneck import Vector, dot, squared_error
from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError


def sample(mu: float, sigma: float, noise: float) -> float:
    """Draw a code by the reparametrization trick: the noise comes from N(0, 1) (section 2.4)."""
    return mu + sigma * noise


def decode(z: float, w: Vector) -> Vector:
    """Give the mean of the pixels (k,) for the code z."""
    return [z * weight for weight in w]


def log_likelihood(error: float, k: int, s: float) -> float:
    """Give log N(x; x̂, s²) over k pixels, from the squared error between x and x̂."""
    return -error / (2 * s**2) - k / 2 * log(2 * pi * s**2)


def mean_error(x: Vector, w: Vector, mu: float, sigma: float) -> float:
    """Give the mean squared error over all draws of z: that of the mean code, plus what the spread adds."""
    return squared_error(x, decode(mu, w)) + sigma**2 * dot(w, w)


def kl(mu: float, sigma: float) -> float:
    """Give the divergence of N(mu, sigma²) from the prior N(0, 1) (appendix B)."""
    return (mu**2 + sigma**2 - 1 - log(sigma**2)) / 2


def elbo(x: Vector, w: Vector, s: float, mu: float, sigma: float, beta: float = 1) -> float:
    """Give reconstruction minus beta · divergence; with beta = 1 it is never above `evidence`."""
    return log_likelihood(mean_error(x, w, mu, sigma), len(x), s) - beta * kl(mu, sigma)


def evidence(x: Vector, w: Vector, s: float) -> float:
    """Give log p(x) itself: x is normal with the covariance s² I + wᵀ w (Tipping and Bishop 1999)."""
    total = s**2 + dot(w, w)
    distance = (dot(x, x) - dot(x, w) ** 2 / total) / s**2
    return -(len(x) * log(2 * pi * s**2) + log(total / s**2) + distance) / 2


def best_encoder(x: Vector, w: Vector, s: float, beta: float = 1) -> tuple[float, float]:
    """Give the mu and sigma that make `elbo` largest; with beta = 1 they are those of p(z | x)."""
    total = beta * s**2 + dot(w, w)
    return dot(x, w) / total, sqrt(beta * s**2 / total)


def pull_of_picture(x: Vector, w: Vector, s: float, z: float, noise: float) -> tuple[float, float]:
    """Give the derivatives of log p(x | z) for mu and for sigma, at the code that this noise led to."""
    slope = (dot(x, w) - z * dot(w, w)) / s**2
    return slope, slope * noise


def pull_of_prior(mu: float, sigma: float) -> tuple[float, float]:
    """Give the derivatives of −kl for mu and for sigma."""
    return -mu, 1 / sigma - sigma


def elbo_example(
    picture: Vector,
    weights: Vector,
    s: float,
    encoders: list[list[float]],
    names: list[str],
    noise: list[float],
    betas: list[float],
    show: str = "all",
) -> str:
    """Draw codes for a picture, compute both terms of the ELBO for several encoders, and vary beta.

    picture, weights: k numbers each (the decoder's mean is z · weights); s: its standard deviation; encoders:
    one [mu, sigma] each, the first one is used for the draws; names: one for each; noise: draws from N(0, 1);
    betas: weights of the divergence; show: one of "draws", "encoders", "beta", or "all".

    Example: {{ elbo_example([0.7, -0.7], [0.5, -0.5], 0.5, [[0.8, 0.6]], ["guess"], [0.5], [1, 4]) }}
    """
    for what, values in (("picture", picture), ("weights", weights), ("noise", noise), ("betas", betas)):
        _numbers(what, values, len(picture) if what == "weights" else None)
    _positive("s", [s])
    _positive("betas", betas)
    if not isinstance(encoders, list) or not encoders or len(names) != len(encoders):
        raise AuthorError(f"encoders: expected [mu, sigma] with one name each, got {len(names)} names")
    for i, one in enumerate(encoders, start=1):
        _numbers(f"encoders, {i}", one, 2)
        _positive(f"encoders, {i}, sigma", one[1:])
    mu, sigma = encoders[0]
    tables = {
        "draws": _draws(picture, weights, s, mu, sigma, noise),
        "encoders": _encoders(picture, weights, s, encoders, names),
        "beta": _betas(picture, weights, s, betas),
    }
    if show not in ("all", *tables):
        raise AuthorError(f"show: expected all, {', '.join(tables)}, got {show!r}")
    return worked(f"VAE, computed: {show}", *(tables[k] for k in tables if show in ("all", k)))


def _draws(x: Vector, w: Vector, s: float, mu: float, sigma: float, noise: list[float]) -> str:
    rows = []
    for e in noise:
        z = sample(mu, sigma, e)
        back = decode(z, w)
        error = squared_error(x, back)
        likelihood = log_likelihood(error, len(x), s)
        rows.append([number(z), _picture(back), number(error, 4), number(likelihood, 4)])
    error = mean_error(x, w, mu, sigma)
    rows.append(["–", "–", number(error, 4), number(log_likelihood(error, len(x), s), 4)])
    return step(
        f"Draws with μ = {mu:g} and σ = {sigma:g}; the picture is {_picture(x)}",
        ["noise ε", "z = μ + σε", "decoded x̂", "squared error", "log p(x | z)"],
        [*(number(e) for e in noise), "mean of all draws"],
        rows,
    )


def _encoders(x: Vector, w: Vector, s: float, encoders: list[list[float]], names: list[str]) -> str:
    rows = []
    for mu, sigma in encoders:
        reconstruction = log_likelihood(mean_error(x, w, mu, sigma), len(x), s)
        bound = elbo(x, w, s, mu, sigma)
        gap = evidence(x, w, s) - bound
        ours = [reconstruction, kl(mu, sigma), bound, gap]
        rows.append([*numbers([[mu, sigma]])[0], *numbers([ours], 4)[0]])
    return step(
        f"Encoders compared; log p(x) = {number(evidence(x, w, s), 4)}",
        ["encoder", "μ", "σ", "reconstruction", "KL", "ELBO", "log p(x) − ELBO"],
        names,
        rows,
    )


def _betas(x: Vector, w: Vector, s: float, betas: list[float]) -> str:
    rows = []
    for beta in betas:
        mu, sigma = best_encoder(x, w, s, beta)
        row = [mu, sigma, mean_error(x, w, mu, sigma), kl(mu, sigma)]
        rows.append([*numbers([row], 3)[0], _picture(decode(mu, w))])
    return step(
        "The best encoder for each β, the decoder held fixed",
        ["β", "μ", "σ", "mean squared error", "KL", "decoded μ"],
        [f"{beta:g}" for beta in betas],
        rows,
    )


def _picture(values: Vector) -> str:
    return ",\u00a0".join(numbers([values])[0])  # a picture stays on one line


def _numbers(what: str, values: list[float], length: int | None) -> None:
    if not isinstance(values, list) or not values or len(values) != (length or len(values)):
        raise AuthorError(f"{what}: expected a list of {length or 'at least 1'} numbers, got {values!r}")
    for x in values:
        if not isinstance(x, int | float) or isinstance(x, bool) or not isfinite(x):
            raise AuthorError(f"{what}: expected finite numbers, got {x!r}")


def _positive(what: str, values: list[float]) -> None:
    for x in values:
        if not isinstance(x, int | float) or isinstance(x, bool) or not x > 0:
            raise AuthorError(f"{what}: expected numbers above 0, got {x!r}")
