"""One step of a GAN against NumPy and finite differences, the game's laws, and the chapter's own numbers."""

from __future__ import annotations

import math
import re
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import adversarial as v
from macros.text import AuthorError

ROOT = Path(__file__).parents[3]
CHAPTER = ROOT / "docs" / "images" / "gans.md"
FIGURE = ROOT / "docs" / "assets" / "figures" / "mode-collapse.svg"
REAL, NOISE, G, D = [3.0, 5.0], [-1.0, 1.0], v.Generator(1, 0), v.Discriminator(1, -1)

weight = st.floats(-3, 3)
pictures = st.lists(st.floats(-5, 5), min_size=1, max_size=5)
judges = st.builds(v.Discriminator, weight, weight)
makers = st.builds(v.Generator, weight, weight)
shares = st.lists(st.integers(0, 9), min_size=2, max_size=6).filter(any)


def value(w: float, c: float, real: list[float], fake: list[float]) -> float:
    """The oracle: the value function of the paper, with the logarithm of the probability itself."""
    d_real, d_fake = (1 / (1 + np.exp(-(w * np.array(x) + c))) for x in (real, fake))
    return float(np.log(d_real).mean() + np.log(1 - d_fake).mean())


def slope(f: Any, x: float, h: float = 1e-5) -> float:
    """The derivative of f at x by a central difference."""
    return float((f(x + h) - f(x - h)) / (2 * h))


def histograms(p: list[int], q: list[int]) -> tuple[list[float], list[float]]:
    """Make counts into shares of one length."""
    n = max(len(p), len(q))
    a, b = (x + [0] * (n - len(x)) for x in (p, q))
    return [x / sum(a) for x in a], [x / sum(b) for x in b]


@given(judges, pictures, pictures)
def test_the_discriminators_loss_is_minus_the_value(
    d: v.Discriminator, real: list[float], fake: list[float]
) -> None:
    expected = -value(d.w, d.c, real, fake)
    assert v.discriminator_loss(d, real, fake) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(judges, pictures, pictures)
def test_the_discriminators_gradient_equals_finite_differences(
    d: v.Discriminator, real: list[float], fake: list[float]
) -> None:
    got = v.discriminator_gradient(d, real, fake)
    expected = [
        slope(lambda w: v.discriminator_loss(v.Discriminator(w, d.c), real, fake), d.w),
        slope(lambda c: v.discriminator_loss(v.Discriminator(d.w, c), real, fake), d.c),
    ]
    assert list(got) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("saturating", [True, False])
@given(makers, judges, pictures)
def test_the_generators_gradient_equals_finite_differences(
    saturating: bool, g: v.Generator, d: v.Discriminator, noise: list[float]
) -> None:
    def loss(a: float, b: float) -> float:
        return v.generator_loss(d, v.generate(v.Generator(a, b), noise), saturating)

    expected = [slope(lambda a: loss(a, g.b), g.a), slope(lambda b: loss(g.a, b), g.b)]
    assert list(v.generator_gradient(g, d, noise, saturating)) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@given(judges, st.floats(-5, 5))
def test_both_losses_push_the_same_way_and_their_ratio_is_the_odds(d: v.Discriminator, x: float) -> None:
    saturating, other = v.push(d, x, saturating=True), v.push(d, x)
    odds = (1 - v.score(d, x)) / v.score(d, x)
    assert saturating * other >= 0
    assert other == pytest.approx(saturating * odds, rel=1e-6, abs=1e-12)


@given(makers, judges, pictures)
def test_a_small_step_of_each_player_lowers_its_own_loss(
    g: v.Generator, d: v.Discriminator, real: list[float]
) -> None:
    (old_g, old_d), (new_g, new_d) = v.play(g, d, real, NOISE, 1e-3, 1)
    fake = v.generate(old_g, NOISE)
    assert v.discriminator_loss(new_d, real, fake) <= v.discriminator_loss(old_d, real, fake) + 1e-9
    assert v.generator_loss(new_d, v.generate(new_g, NOISE)) <= v.generator_loss(new_d, fake) + 1e-9


@given(judges, st.floats(0.05, 3), weight)
def test_the_non_saturating_step_never_widens_two_fakes(d: v.Discriminator, a: float, b: float) -> None:
    g = v.Generator(a, b)
    assert v.generator_gradient(g, d, NOISE).a >= -1e-12
    assert v.generator_gradient(g, d, NOISE, saturating=True).a <= 1e-12


def test_large_logits_do_not_overflow() -> None:
    d = v.Discriminator(1000, 0)
    assert v.score(d, -5) == 0
    assert v.score(d, 5) == 1
    assert v.discriminator_loss(d, [-5], [5]) == 10_000


def numpy_game(rounds: int, rate: float, saturating: bool) -> Any:
    """The oracle for the game: arrays, and the gradients of the logits instead of named formulas."""
    real, z, (a, b, w, c) = np.array(REAL), np.array(NOISE), (1.0, 0.0, 1.0, -1.0)
    for _ in range(rounds):
        x = np.concatenate([real, a * z + b])
        error = 1 / (1 + np.exp(-(w * x + c))) - np.array([1, 1, 0, 0])
        w, c = w - rate * (error @ x) / 2, c - rate * error.sum() / 2
        d = 1 / (1 + np.exp(-(w * (a * z + b) + c)))
        push = -(d if saturating else 1 - d) * w
        a, b = a - rate * (push * z).mean(), b - rate * push.mean()
    return a, b, w, c


@pytest.mark.parametrize("saturating", [True, False])
@pytest.mark.parametrize("rounds", [1, 2, 50, 800])
def test_the_game_agrees_with_numpy(rounds: int, saturating: bool) -> None:
    g, d = v.play(G, D, REAL, NOISE, 0.1, rounds, saturating)[-1]
    assert [*g, *d] == pytest.approx(numpy_game(rounds, 0.1, saturating), rel=1e-9)


def test_the_spread_only_falls_and_smaller_steps_change_nothing() -> None:
    states = v.play(G, D, REAL, NOISE, 0.1, 800)
    assert all(later.a <= earlier.a for (earlier, _), (later, _) in pairwise(states))
    fine = v.play(G, D, REAL, NOISE, 0.01, 8000)[-1][0]
    assert fine == pytest.approx(states[-1][0], abs=0.02)


@given(shares, shares)
def test_no_other_discriminator_beats_the_best_one(p: list[int], q: list[int]) -> None:
    real, fake = histograms(p, q)
    grid = np.linspace(0.001, 0.999, 400)
    found = sum(max(a * np.log(grid) + b * np.log(1 - grid)) for a, b in zip(real, fake, strict=True))
    assert found <= v.best_value(real, fake) + 1e-12
    assert found == pytest.approx(v.best_value(real, fake), abs=0.01)


@given(shares, shares)
def test_the_divergence_agrees_with_its_definition(p: list[int], q: list[int]) -> None:
    real, fake = (np.array(x) for x in histograms(p, q))
    middle = (real + fake) / 2

    def kl(x: Any) -> float:
        return float(sum(a * np.log(a / m) for a, m in zip(x, middle, strict=True) if a))

    got = v.jensen_shannon(list(real), list(fake))
    assert got == pytest.approx((kl(real) + kl(fake)) / 2, abs=1e-12)
    assert -1e-12 <= got <= math.log(2) + 1e-12


@given(shares, st.integers(0, 8))
def test_sliding_costs_the_distance_and_the_divergence_stops_growing(p: list[int], k: int) -> None:
    real, _ = histograms(p, p)
    slid, start = [0.0] * k + real, real + [0.0] * k
    assert v.earth_mover(start, slid) == pytest.approx(k, abs=1e-9)
    assert v.earth_mover(slid, start) == pytest.approx(k, abs=1e-9)
    if k >= len(real):
        assert v.jensen_shannon(start, slid) == pytest.approx(math.log(2))


PLAYERS = ([3, 5], [-1, 1], [1, 0], [1, -1])


@pytest.mark.parametrize(
    ("place", "wrong", "told"),
    [
        (0, [], "real: expected a list of numbers"),
        (1, 3, "noise: expected a list of numbers"),
        (1, [math.inf], "noise: expected finite numbers"),
        (2, [1], "generator: expected 2 numbers"),
        (3, [1, "c"], "discriminator: expected finite numbers"),
    ],
)
def test_wrong_players_are_refused(place: int, wrong: Any, told: str) -> None:
    arguments: list[Any] = list(PLAYERS)
    arguments[place] = wrong
    with pytest.raises(AuthorError, match=told):
        v.gan_step_example(*arguments)


def test_wrong_rates_and_rounds_are_refused() -> None:
    with pytest.raises(AuthorError, match="rate: expected a number above 0, got 0"):
        v.gan_step_example(*PLAYERS, rate=0)
    for rounds in ([], [5, 2], [-1, 2], [1, 1]):
        with pytest.raises(AuthorError, match="rounds: expected whole numbers"):
            v.gan_game_example(*PLAYERS, 0.2, rounds)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (([0.5, 0.4], [0.5, 0.5], [0]), "real: expected shares"),
        (([0.5, 0.5], [1.5, -0.5], [0]), "fake: expected shares"),
        (([0.5, 0.5], [1], [0]), r"fake: expected 2 shares \(as many as in real\), got 1"),
        (([0.5, 0.5], [1, 0], []), "shifts: expected whole numbers"),
        (([0.5, 0.5], [1, 0], [-1]), "shifts: expected whole numbers"),
    ],
)
def test_wrong_histograms_are_refused(arguments: Any, told: str) -> None:
    with pytest.raises(AuthorError, match=told):
        v.optimal_discriminator_example(*arguments)


def cells(html: str) -> list[str]:
    """The text of all cells of an example."""
    return [unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", html)]


def prose() -> str:
    """The chapter, with the sign of print and the sign of LaTeX made one."""
    return CHAPTER.read_text(encoding="utf-8").replace("−", "-")


def test_the_chapter_follows_the_step_with_the_numbers_of_the_code() -> None:
    text = prose()
    assert (
        "gan_step_example(real=[3, 5], noise=[-1, 1], generator=[1, 0], discriminator=[1, -1], rate=1)"
        in text
    )
    (_, _), (g, d) = v.play(G, D, REAL, NOISE, 1, 1)
    fake = v.generate(G, NOISE)
    losses = [v.softplus(-v.logit(D, x)) for x in REAL] + [v.softplus(v.logit(D, x)) for x in fake]
    assert "real ones, $({:.4f} + {:.4f})/2$".format(*losses[:2]) in text
    assert "fakes, $({:.4f} + {:.4f})/2$".format(*losses[2:]) in text
    assert f": {v.discriminator_loss(D, REAL, fake):.4f}, with all digits kept" in text
    errors = [(v.score(D, x) - 1) * x for x in REAL]
    slope_w, slope_c = v.discriminator_gradient(D, REAL, fake)
    errors += [v.score(D, x) * x for x in fake]
    assert f"$({errors[0]:.4f} - {-errors[1]:.4f})/2 = {sum(errors[:2]) / 2:.4f}$" in text
    assert (
        f"$({errors[2]:.4f} + {errors[3]:g})/2 = {sum(errors[2:]) / 2:.4f}$, together ${slope_w:.4f}$" in text
    )
    assert f"of the errors alone: $-0.0686 + 0.3096 = {slope_c:.4f}$" in text
    assert (
        f"$w = {d.w:.4f}$, $c = {d.c:.4f}$. The loss falls to {v.discriminator_loss(d, REAL, fake):.4f}"
        in text
    )
    low, high = (v.push(d, x) for x in fake)
    assert f"$-(1 - {v.score(d, -1):.4f}) \\cdot {d.w:.4f} = {low:.4f}$" in text
    assert f"for the fake $1$ it is ${high:.4f}$" in text
    pull = v.generator_gradient(G, d, NOISE)
    assert f"${pull.b:.4f}$" in text
    assert f"$({-low:.4f} - {-high:.4f})/2 = {pull.a:.4f}$" in text
    assert f"$a = {g.a:.4f}$, $b = {g.b:.4f}$" in text
    after = v.generate(g, NOISE)
    assert "now makes ${:.2f}$ and ${:.2f}$".format(*after) in text
    assert f"more likely real than not ({v.score(d, after[1]):.4f})" in text
    assert f"${-d.c:.4f}/{d.w:.4f} = {-d.c / d.w:.2f}$" in text
    assert f"with $D = {v.score(d, -1):.4f}$, gets ${v.push(d, -1, saturating=True):.4f}$" in text
    odds = [(1 - v.score(d, x)) / v.score(d, x) for x in fake]
    assert f"$0.9067/0.0933 = {odds[0]:.1f}$ for the first fake and {odds[1]:.1f} for the second" in text


def test_the_chapter_tells_the_game_with_the_numbers_of_the_code() -> None:
    text = prose()
    assert "discriminator=[1, -1], rate=0.1, rounds=[0, 50, 100, 150, 200, 300, 400, 500, 600, 800]" in text
    states = v.play(G, D, REAL, NOISE, 0.1, 800)
    means = [g.b for g, _ in states]
    top = max(means)
    assert f"up to {top:.2f} in round {means.index(top)}" in text
    assert f"down to {min(means[means.index(top) :]):.2f}" in text
    passed = next(d.w for g, d in states if g.b > 4)
    assert passed > 0
    last, judge = states[-1]
    fakes = v.generate(last, NOISE)
    assert f"1, and falls to {last.a:.2f}" in text
    assert f"the loss of our $D$ is {v.discriminator_loss(judge, REAL, fakes):.2f}" in text
    assert "The fakes are at {:.2f} and {:.2f}".format(*fakes) in text
    wide = v.play(G, D, REAL, NOISE, 0.1, 800, saturating=True)[-1][0]
    assert f"after 800 rounds $a$ is {wide.a:.2f} instead of {last.a:.2f}" in text
    assert f"swings past the data, to {top:.1f} and back to 3.1" in text


def test_the_chapter_quotes_the_best_discriminator() -> None:
    text = prose()
    real, fake = [0.4, 0.4, 0.2, 0], [0, 0.4, 0.4, 0.2]
    assert f"real={real}, fake={fake}, shifts=[0, 1, 2, 3, 4, 10])" in text
    best = v.best_value(real, fake)
    assert f"$D^* = 0.2/0.6 = {v.best_score(0.2, 0.4):.4f}$" in text
    assert f"$V = {best:.4f}$" in text
    assert f"({best:.4f} + {math.log(4):.4f})/2 = {v.jensen_shannon(real, fake):.4f}$" in text
    assert f"$\\ln 2 = {math.log(2):.4f}$" in text
    shown = cells(v.optimal_discriminator_example(real, fake, [3, 10]))
    assert shown[-4:] == ["0.6931", "3.0000", "0.6931", "10.0000"]
    assert f"$3 \\cdot 3 \\cdot 64 \\cdot 128 = {9 * 64 * 128 // 1000}{{,}}{9 * 64 * 128 % 1000}$" in text
    assert f"{32 * 32 * 64 * 32 * 32 * 128 / 1e9:.1f} \\cdot 10^9$" in text


def test_the_chapter_counts_the_values_of_a_vocoder() -> None:
    text, values = prose(), 22_050 * 167.9
    assert f"$22{{,}}050 \\cdot 167.9 \\approx {values / 1e6:.1f}$ million" in text
    assert f"{1e6 / values:.2f} microseconds" in text
    assert v.best_value([1, 0], [0, 1]) == 0


def test_the_figure_draws_the_game() -> None:
    states = v.play(G, D, REAL, NOISE, 0.1, 800)
    drawing = FIGURE.read_text(encoding="utf-8")
    for z, line in ((1, "line-2"), (-1, "line-1")):
        found = re.search(rf'class="{line} bold" fill="none" d="M([^"]+)"', drawing)
        assert found
        points = [tuple(map(float, pair.split())) for pair in found[1].split("L")]
        assert len(points) == 101
        for i, (x, y) in zip(range(0, 801, 8), points, strict=True):
            assert x == 52 + i / 2
            assert y == pytest.approx(30 + (7 - v.generate(states[i][0], [z])[0]) * 276 / 8.5, abs=0.06)
