"""The best denoiser against Bayes' rule and other estimates; the drawn chain against its own numbers."""

import math
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import denoising as n
from macros.examples import diffusion as d

DOCS = Path(__file__).parents[3] / "docs"
CHAPTER = DOCS / "images" / "diffusion.md"
FIGURE = DOCS / "assets" / "figures" / "diffusion-chain.svg"
SCHEDULES = DOCS / "assets" / "figures" / "diffusion-schedules.svg"
SIGNALS = [0.96, 0.8, 0.6, 0.28]
BARS = d.alpha_bars(d.betas_from_signals(SIGNALS))
FALLING, RISING = [1.0, -1.0, -1.0, 1.0], [-1.0, 1.0, 1.0, -1.0]
WORLD, START = [FALLING, RISING], [0.5, -0.8, 1.1, 0.2]

pixel = st.floats(-2, 2)
picture = st.tuples(pixel, pixel, pixel).map(list)
pictures = st.lists(picture, min_size=1, max_size=4)
level = st.floats(0.02, 0.98)


@given(picture, level, pictures)
def test_shares_are_bayes_rule_with_normal_densities(xt: list[float], bar: float, world: Any) -> None:
    logs = [sum(-((x - math.sqrt(bar) * p) ** 2) / (2 * (1 - bar)) for x, p in zip(xt, row)) for row in world]
    densities = np.exp(np.array(logs) - max(logs))
    assert np.allclose(n.shares(xt, bar, world), densities / densities.sum())


@given(picture, level, pictures, st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=3))
def test_no_other_estimate_has_a_smaller_expected_error(
    xt: list[float], bar: float, world: Any, shift: list[float]
) -> None:
    weights, best = n.shares(xt, bar, world), np.array(n.best_estimate(xt, bar, world))

    def error(guess: Any) -> float:
        return sum(w * float(np.sum((np.array(p) - guess) ** 2)) for w, p in zip(weights, world))

    assert error(best) <= error(best + np.array(shift)) + 1e-9


@given(picture, level, pictures)
def test_best_noise_and_best_estimate_make_up_the_noisy_picture(
    xt: list[float], bar: float, world: Any
) -> None:
    clean, noise = n.best_estimate(xt, bar, world), n.best_noise(xt, bar, world)
    assert np.allclose(d.noised(clean, noise, bar), xt)


def test_best_noise_is_the_mean_of_the_noises_that_were_drawn() -> None:
    """Monte Carlo: among many noised pictures that came out near xt, the mean noise is the best guess."""
    draw, bar, world = np.random.default_rng(7), 0.36, [1.0, -1.0]
    x0 = draw.choice(world, 400_000)
    noise = draw.standard_normal(x0.shape)
    xt = math.sqrt(bar) * x0 + math.sqrt(1 - bar) * noise
    near = abs(xt - 0.3) < 0.02
    assert noise[near].mean() == pytest.approx(n.best_noise([0.3], bar, [[1.0], [-1.0]])[0], abs=0.03)


@given(st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_in_a_world_of_opposites_the_estimate_is_a_hyperbolic_tangent(xt: list[float]) -> None:
    along = sum(x * p for x, p in zip(xt, FALLING))
    factor = math.tanh(0.6 * along / 0.64)
    assert np.allclose(n.best_estimate(xt, 0.36, WORLD), factor * np.array(FALLING))


@given(st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_opposite_noise_leads_to_the_opposite_picture(start: list[float]) -> None:
    up, down = (n.denoise(x, BARS[::-1], WORLD)[-1] for x in (start, [-x for x in start]))
    assert np.allclose(np.array(up), -np.array(down))


def test_every_start_leads_to_a_picture_of_the_world_and_both_are_reached_equally_often() -> None:
    bars = d.alpha_bars(d.linear_betas(50, 0.002, 0.3))[::-1]
    draw, ends = random.Random(3), []
    for _ in range(200):
        end = n.denoise([draw.gauss(0, 1) for _ in range(4)], bars, WORLD)[-1]
        ends.append(min(WORLD, key=lambda p: sum((a - b) ** 2 for a, b in zip(p, end))))
        assert np.allclose(end, ends[-1], atol=0.15)
    assert 0.4 < sum(e == FALLING for e in ends) / 200 < 0.6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((START, [FALLING], ["falling"], SIGNALS), "pictures: expected at least 2, with one name each"),
        ((START, WORLD, ["falling"], SIGNALS), "pictures: expected at least 2, with one name each"),
        ((START, [[1.0], [2.0]], ["a", "b"], SIGNALS), "pictures: expected 4 pixels in each"),
        ((START, WORLD, ["a", "b"], [0.5, 0.9]), "signals: expected numbers that fall"),
        ((START, WORLD, ["a", "b"], SIGNALS, [4]), "skip: expected steps between 0 and 4, got [4]"),
    ],
)
def test_wrong_arguments_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        n.denoising_example(*arguments)


def test_one_step_is_written_in_the_singular() -> None:
    assert "in 1 step<" in n.denoising_example(START, WORLD, ["a", "b"], SIGNALS, skip=[1, 2, 3])


def test_the_chapter_quotes_the_computed_chain() -> None:
    text = CHAPTER.read_text("utf-8")
    assert "denoising_example(start=[0.5, -0.8, 1.1, 0.2], pictures=[[1, -1, -1, 1], [-1, 1, 1, -1]]" in text
    chain = n.denoise(START, BARS[::-1], WORLD)
    falling = [n.shares(x, bar, WORLD)[0] for x, bar in zip(chain, BARS[::-1]) if bar < 1]
    assert [f"{s:.2f}" for s in falling[:3]] == ["0.56", "0.72", "0.99"]
    assert "56 %" in text and "72 %, then 99" in text
    first = n.best_estimate(START, BARS[4], WORLD)[0]
    assert f"{falling[0]:.3f} - {1 - falling[0]:.3f} = {first:.2f}$" in text
    assert chain[-1] == pytest.approx(FALLING, abs=0.005)
    for stop, quoted in ((2, "to 0.84 times"), (3, "to 0.45 times")):
        end = n.denoise(START, [BARS[4], BARS[stop], 1.0], WORLD)[-1]
        assert f"to {abs(end[0]):.2f} times" == quoted and quoted in text
    second = n.best_estimate(chain[1], BARS[3], WORLD)[0]
    assert f"{falling[1]:.3f} - {1 - falling[1]:.3f} \\approx {second:.2f}$" in text


def test_the_chapter_quotes_the_undecided_guess_and_its_loss() -> None:
    text = CHAPTER.read_text("utf-8")
    xt, noise = [0.2, 0.2, -0.2, -0.2], [-0.5, 1.0, 0.5, -1.0]
    guess = n.best_noise(xt, BARS[3], WORLD)
    assert guess == pytest.approx([0.25, 0.25, -0.25, -0.25])
    assert n.best_noise(xt, BARS[3], [FALLING]) == pytest.approx(noise)
    assert f"0.75^2 = {d.loss(noise, guess):.4f}$, ten times" in text


# The figure: a world of four pictures, noised and led back in 1,000 steps with the linear schedule.
SKETCHES = {
    "cup": "........ .#####.. .######. .#####.# .#####.# .######. ..###... ........",
    "house": "...##... ..#..#.. .#....#. ######## .#....#. .#.##.#. .#.##.#. .#.##.#.",
    "boat": "....#... ....##.. ....###. ....#### ....#... ######## .######. ..####..",
    "key": "..###... .#...#.. .#...#.. ..###... ...#.... ...#.... ...###.. ...##...",
}
DRAWN = (0, 100, 250, 500, 1000)


def drawn_rows(seed: int = 18) -> list[list[list[float]]]:
    """The three rows of the figure: forward from the house, back from new noise, estimates on the way."""
    world = {k: [1.0 if c == "#" else -1.0 for c in s.replace(" ", "")] for k, s in SKETCHES.items()}
    betas, draw, known = d.linear_betas(), random.Random(seed), list(world.values())
    bars, x = d.alpha_bars(betas), world["house"]
    forward, back, estimates = {0: x}, {}, {}
    for t, beta in enumerate(betas, start=1):
        x = [math.sqrt(1 - beta) * v + math.sqrt(beta) * draw.gauss(0, 1) for v in x]
        forward[t] = x
    x = [draw.gauss(0, 1) for _ in x]
    for t in range(1000, 0, -1):
        back[t], estimates[t] = x, n.best_estimate(x, bars[t], known)
        spread = math.sqrt(d.posterior_variance(betas[t - 1], bars[t]))
        mean = d.ddpm_mean(x, n.best_noise(x, bars[t], known), betas[t - 1], bars[t])
        x = [m + spread * draw.gauss(0, 1) for m in mean]
    back[0] = estimates[0] = x
    assert x == pytest.approx(world["cup"], abs=0.05)
    weights = dict(zip(world, n.shares(back[500], bars[500], known)))
    assert weights["key"] > weights["cup"] > 0.3, "the figure's text says: a mixture of key and cup"
    assert n.shares(back[250], bars[250], known)[0] > 0.99, "and sharp from step 250 on"
    return [[row[t] for t in DRAWN] for row in (forward, back, estimates)]


def shade(value: float) -> float:
    """Eighths of ink, from 0 for −1 to 1 for 1."""
    return round(min(max((value + 1) / 2, 0), 1) * 8) / 8


def test_the_figure_shows_the_computed_pixels() -> None:
    svg = FIGURE.read_text("utf-8")
    found = []
    for group in re.findall(r'<g transform="translate.*?</g>', svg, re.DOTALL):
        grid = [0.0] * 64
        for opacity, path in re.findall(r'fill-opacity="([\d.]+)" d="([^"]+)"', group):
            for column, line, width in re.findall(r"M(\d) (\d)h(\d)v1h-\d", path):
                for i in range(int(width)):
                    grid[int(line) * 8 + int(column) + i] = float(opacity)
        found.append(grid)
    assert found == [[shade(v) for v in p] for row in drawn_rows() for p in row]


def test_the_schedules_figure_shows_the_computed_curves() -> None:
    svg = SCHEDULES.read_text("utf-8")
    bars = d.alpha_bars(d.linear_betas())
    curves = [[p.split(",") for p in points.split()] for points in re.findall(r'points="([^"]+)"', svg)]
    cosine = [d.cosine_alpha_bar(t / 1000) for t in range(1001)]
    for points, bar in zip(curves, (cosine, bars), strict=True):
        for (x, y), t in zip(points, range(0, 1001, 25), strict=True):
            assert float(x) == pytest.approx(44 + 0.42 * t)
            assert float(y) == pytest.approx(206 - 180 * math.sqrt(bar[t]), abs=0.06)
