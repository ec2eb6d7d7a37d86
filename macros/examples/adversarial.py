"""Worked examples: one step of a GAN by hand, the game that it starts, and the best possible discriminator.

Model: a picture is one number x, its brightness. Generator x = a·z + b; discriminator D(x) = σ(w·x + c).
Shapes: real, fake and noise are lists of numbers; p and q are histograms, one share for each brightness.
Losses are in nats. Each loss is a mean over its pictures.
Source: Goodfellow et al. 2014, "Generative Adversarial Networks", section 3 (value function, both losses of
the generator), algorithm 1 (order of the updates), section 4.1 (best discriminator, Jensen–Shannon).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import exp, isfinite, log, log1p
from statistics import fmean
from typing import NamedTuple

from macros.examples.steps import number, step, worked
from macros.text import AuthorError


class Generator(NamedTuple):
    """Turns noise z into a picture a·z + b: `a` is the spread, `b` the place."""

    a: float
    b: float


class Discriminator(NamedTuple):
    """Gives D(x) = σ(w·x + c), the probability that x is real; D is 1/2 at the border x = −c/w."""

    w: float
    c: float


def generate(g: Generator, noise: Sequence[float]) -> list[float]:
    """Make one picture from each noise value."""
    return [g.a * z + g.b for z in noise]


def logit(d: Discriminator, x: float) -> float:
    """Give the discriminator's number before the sigmoid."""
    return d.w * x + d.c


def score(d: Discriminator, x: float) -> float:
    """Give D(x); exp never overflows."""
    s = logit(d, x)
    return 1 / (1 + exp(-s)) if s >= 0 else 1 - 1 / (1 + exp(s))


def softplus(s: float) -> float:
    """Give log(1 + e^s), which is −log(1 − σ(s)); with −s it is −log σ(s)."""
    return max(s, 0.0) + log1p(exp(-abs(s)))


def discriminator_loss(d: Discriminator, real: Sequence[float], fake: Sequence[float]) -> float:
    """Give minus the value of the game: mean of −log D(real) plus mean of −log(1 − D(fake))."""
    return fmean(softplus(-logit(d, x)) for x in real) + fmean(softplus(logit(d, x)) for x in fake)


def discriminator_gradient(d: Discriminator, real: Sequence[float], fake: Sequence[float]) -> Discriminator:
    """Give the derivatives for w and c: errors D − 1 on real and D − 0 on fake pictures."""
    w = fmean((score(d, x) - 1) * x for x in real) + fmean(score(d, x) * x for x in fake)
    c = fmean(score(d, x) - 1 for x in real) + fmean(score(d, x) for x in fake)
    return Discriminator(w, c)


def generator_loss(d: Discriminator, fake: Sequence[float], saturating: bool = False) -> float:
    """Give the mean of log(1 − D(fake)), which saturates, or of −log D(fake), which does not."""
    return fmean(-softplus(logit(d, x)) if saturating else softplus(-logit(d, x)) for x in fake)


def push(d: Discriminator, x: float, saturating: bool = False) -> float:
    """Give the derivative of one fake's loss for its brightness x: −D·w, or −(1 − D)·w."""
    return -(score(d, x) if saturating else 1 - score(d, x)) * d.w


def generator_gradient(
    g: Generator, d: Discriminator, noise: Sequence[float], saturating: bool = False
) -> Generator:
    """Give the derivatives for a and b: x = a·z + b, so a push on x counts z times for a, once for b."""
    pushes = [push(d, x, saturating) for x in generate(g, noise)]
    return Generator(fmean(p * z for p, z in zip(pushes, noise, strict=True)), fmean(pushes))


def play(
    g: Generator,
    d: Discriminator,
    real: Sequence[float],
    noise: Sequence[float],
    rate: float,
    rounds: int,
    saturating: bool = False,
) -> list[tuple[Generator, Discriminator]]:
    """Play rounds of one discriminator step and one generator step; return the start and every round."""
    states = [(g, d)]
    for _ in range(rounds):
        slope = discriminator_gradient(d, real, generate(g, noise))
        d = Discriminator(d.w - rate * slope.w, d.c - rate * slope.c)
        pull = generator_gradient(g, d, noise, saturating)
        g = Generator(g.a - rate * pull.a, g.b - rate * pull.b)
        states.append((g, d))
    return states


def gan_step_example(
    real: list[float],
    noise: list[float],
    generator: list[float],
    discriminator: list[float],
    rate: float = 1,
) -> str:
    """One step of a GAN whose pictures have one pixel: judge, update D, judge again, update G.

    real: brightness of real pictures; noise: one z for each fake; generator: [a, b]; discriminator: [w, c].

    Example: {{ gan_step_example([3, 5], [-1, 1], [1, 0], [1, -1]) }}
    """
    g, d = _players(real, noise, generator, discriminator, rate)
    fake = generate(g, noise)
    new_g, new_d = play(g, d, real, noise, rate, 1)[1]
    slope = discriminator_gradient(d, real, fake)
    pictures = [(x, 1) for x in real] + [(x, 0) for x in fake]
    names = [f"real {i + 1}" for i in range(len(real))] + [f"fake {i + 1}" for i in range(len(fake))]
    judged = [
        [
            number(x),
            number(logit(d, x)),
            *_four(score(d, x), softplus(-logit(d, x) if target else logit(d, x))),
            *_four(score(d, x) - target, (score(d, x) - target) * x),
        ]
        for x, target in pictures
    ]
    pushed = [
        [number(x), *_four(score(new_d, x), push(new_d, x, saturating=True), push(new_d, x))] for x in fake
    ]
    both = [generator_gradient(g, new_d, noise, saturating) for saturating in (True, False)]
    moved = [_four(old, sat, non, new) for old, sat, non, new in zip(g, *both, new_g, strict=True)]
    after = [
        [number(z), number(x), *_four(score(new_d, x), y, score(new_d, y))]
        for z, x, y in zip(noise, fake, generate(new_g, noise), strict=True)
    ]
    losses = [number(discriminator_loss(k, real, fake), 4) for k in (d, new_d)]
    fakes = names[len(real) :]
    return worked(
        "One step of a GAN, computed",
        step(
            f"Step 1: the discriminator judges; loss {losses[0]}",
            ["picture", "x", "w·x + c", "D(x)", "its loss", "error D − target", "error · x"],
            names,
            judged,
        ),
        step(
            f"Step 2: the discriminator moves (learning rate {rate:g}); loss {losses[1]}",
            ["weight", "before", "gradient", "after"],
            ["w", "c"],
            [_four(old, by, new) for old, by, new in zip(d, slope, new_d, strict=True)],
        ),
        step(
            "Step 3: the new discriminator judges the fakes; slope of each loss at x",
            ["picture", "x", "D(x)", "of ln(1 − D), saturating", "of −ln D, non-saturating"],
            fakes,
            pushed,
        ),
        step(
            "Step 4: the generator moves, by the non-saturating gradient",
            ["weight", "before", "gradient, saturating", "gradient, non-saturating", "after"],
            ["a", "b"],
            moved,
        ),
        step(
            "Step 5: the same noise again",
            ["picture", "z", "x before", "D before", "x after", "D after"],
            fakes,
            after,
        ),
    )


def gan_game_example(
    real: list[float],
    noise: list[float],
    generator: list[float],
    discriminator: list[float],
    rate: float,
    rounds: list[int],
) -> str:
    """The same game over many rounds, with the non-saturating loss: where the fakes go, round by round.

    rounds: the rounds to show, rising; the other arguments are those of gan_step_example.

    Example: {{ gan_game_example([3, 5], [-1, 1], [1, 0], [1, -1], 0.1, [0, 50, 100]) }}
    """
    g, d = _players(real, noise, generator, discriminator, rate)
    if not rounds or sorted(set(rounds)) != rounds or rounds[0] < 0:
        raise AuthorError(f"rounds: expected whole numbers of at least 0, rising, got {rounds!r}")
    states = play(g, d, real, noise, rate, rounds[-1])
    rows = []
    for i in rounds:
        g, d = states[i]
        fake = generate(g, noise)
        values = [number(v) for v in (d.w, d.c, g.a, g.b)]
        loss = number(discriminator_loss(d, real, fake))
        rows.append([*values, ",\u00a0".join(number(x) for x in fake), loss])
    heads = ["round", "w", "c", "a, spread", "b, mean", "fakes", "loss of D"]
    caption = f"The game, learning rate {rate:g}; real pictures {', '.join(f'{x:g}' for x in real)}"
    return worked("Many rounds of the game", step(caption, heads, [f"{i}" for i in rounds], rows))


def best_score(p: float, q: float) -> float:
    """Give the best D where real pictures have the share p and fakes q; 1/2 where there are neither."""
    return p / (p + q) if p + q else 0.5


def best_value(p: Sequence[float], q: Sequence[float]) -> float:
    """Give the value of the game with the best D: Σ p·log D + q·log(1 − D), where 0·log 0 is 0."""
    pairs = [(a, b, best_score(a, b)) for a, b in zip(p, q, strict=True)]
    return sum((a * log(s) if a else 0) + (b * log(1 - s) if b else 0) for a, b, s in pairs)


def jensen_shannon(p: Sequence[float], q: Sequence[float]) -> float:
    """Give the Jensen–Shannon divergence, half of (value + log 4): 0 if equal, log 2 if they never meet."""
    return (best_value(p, q) + log(4)) / 2


def earth_mover(p: Sequence[float], q: Sequence[float]) -> float:
    """Give the share times the levels it must be carried to turn p into q, by the cheapest plan."""
    return sum(abs(carried) for carried in accumulate(a - b for a, b in zip(p, q, strict=True)))


def optimal_discriminator_example(real: list[float], fake: list[float], shifts: list[int]) -> str:
    """The best discriminator for two histograms, and two distances when a copy is slid away.

    real, fake: shares of each brightness level; shifts: by how many levels a copy of `real` is slid.

    Example: {{ optimal_discriminator_example([0.5, 0.5, 0], [0, 0.5, 0.5], [0, 1, 2, 3]) }}
    """
    for name, shares in (("real", real), ("fake", fake)):
        if not shares or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
            raise AuthorError(f"{name}: expected shares of at least 0 that sum to 1, got {shares!r}")
    if len(real) != len(fake):
        raise AuthorError(f"fake: expected {len(real)} shares (as many as in real), got {len(fake)}")
    if not shifts or any(not isinstance(k, int) or k < 0 for k in shifts):
        raise AuthorError(f"shifts: expected whole numbers of at least 0, got {shifts!r}")
    rows = []
    for p, q in zip(real, fake, strict=True):
        s = best_score(p, q)
        terms = (p * log(s) if p else 0, q * log(1 - s) if q else 0)
        rows.append([number(p), number(q), *_four(s, *terms)])
    far = []
    for k in shifts:
        start, slid = [*real, *[0.0] * k], [*[0.0] * k, *real]
        far.append(_four(jensen_shannon(start, slid), earth_mover(start, slid)))
    summary = f"value {number(best_value(real, fake), 4)}, JS {number(jensen_shannon(real, fake), 4)}"
    heads = ["brightness", "real p", "fake q", "D* = p / (p + q)", "p · ln D*", "q · ln(1 − D*)"]
    return worked(
        "The best discriminator",
        step(f"Step 1: the best discriminator; {summary}", heads, map(str, range(len(real))), rows),
        step(
            "Step 2: the real histogram against itself, slid",
            ["slid by", "Jensen–Shannon", "earth mover"],
            [f"{k}" for k in shifts],
            far,
        ),
    )


def _four(*values: float) -> list[str]:
    return [number(v, 4) for v in values]


def _players(
    real: list[float], noise: list[float], generator: list[float], discriminator: list[float], rate: float
) -> tuple[Generator, Discriminator]:
    for name, values, length in (
        ("real", real, 0),
        ("noise", noise, 0),
        ("generator", generator, 2),
        ("discriminator", discriminator, 2),
    ):
        if not isinstance(values, list) or not values or (length and len(values) != length):
            wanted = f"{length} numbers" if length else "a list of numbers"
            raise AuthorError(f"{name}: expected {wanted}, got {values!r}")
        if not all(isinstance(v, int | float) and isfinite(v) for v in values):
            raise AuthorError(f"{name}: expected finite numbers, got {values!r}")
    if not isinstance(rate, int | float) or rate <= 0:
        raise AuthorError(f"rate: expected a number above 0, got {rate!r}")
    return Generator(*generator), Discriminator(*discriminator)
