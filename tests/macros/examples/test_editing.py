"""Editing in a small world against formulas written anew; the chapter and its figures against the code."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import editing as e
from macros.examples.denoising import best_noise, denoise
from macros.examples.diffusion import alpha_bars, betas_from_signals, guided, noised
from macros.examples.steps import number, numbers

DOCS = Path(__file__).parents[3] / "docs"
CHAPTER = (DOCS / "images" / "text-to-image.md").read_text("utf-8")
FIGURES = DOCS / "assets" / "figures"
BOLD = {"bold falling": [1.0, -1.0, -1.0, 1.0], "bold rising": [-1.0, 1.0, 1.0, -1.0]}
WORLD = BOLD | {name.replace("bold", "pale"): [0.4 * x for x in row] for name, row in BOLD.items()}
SIGNALS = [0.96, 0.8, 0.6, 0.28]
BARS = alpha_bars(betas_from_signals(SIGNALS))
SKETCH, NOISE = [0.4, -0.4, 0.2, 0.4], [-1.0, 0.5, -0.5, 0.5]
PICTURE, KEEP = [1.0, -1.0, 0.0, 0.0], [1, 1, 0, 0]

row = st.lists(st.floats(-2, 2), min_size=4, max_size=4)
level = st.integers(1, 4)
mask = st.lists(st.integers(0, 1), min_size=4, max_size=4)


def reference(x: Any, t: int, world: dict[str, list[float]]) -> Any:
    """DDIM with Bayes' rule on whole arrays: the same walk, written without the functions under test."""
    pictures = np.array(list(world.values()))
    for now in range(t, 0, -1):
        bar, to = BARS[now], BARS[now - 1]
        logs = -((x - math.sqrt(bar) * pictures) ** 2).sum(axis=1) / (2 * (1 - bar))
        weights = np.exp(logs - logs.max())
        clean = weights @ pictures / weights.sum()
        x = math.sqrt(to) * clean + math.sqrt((1 - to) / (1 - bar)) * (x - math.sqrt(bar) * clean)
    return x


@given(row, row, level)
def test_image_to_image_is_the_sampler_from_a_noised_sketch(
    sketch: list[float], noise: list[float], t: int
) -> None:
    start = math.sqrt(BARS[t]) * np.array(sketch) + math.sqrt(1 - BARS[t]) * np.array(noise)
    chain = e.image_to_image(sketch, noise, BARS, t, WORLD)
    assert len(chain) == t + 1
    assert np.allclose(chain[0], start)
    assert np.allclose(chain[-1], reference(start, t, WORLD))


@given(row, row, level)
def test_opposite_sketch_and_noise_give_the_opposite_picture(
    sketch: list[float], noise: list[float], t: int
) -> None:
    here = e.image_to_image(sketch, noise, BARS, t, BOLD)[-1]
    there = e.image_to_image([-x for x in sketch], [-x for x in noise], BARS, t, BOLD)[-1]
    assert np.allclose(np.array(here), -np.array(there))


@given(mask, row, row)
def test_composition_takes_each_pixel_from_one_side(keep: list[int], a: list[float], b: list[float]) -> None:
    assert np.allclose(e.compose(keep, a, b), np.where(np.array(keep) == 1, a, b))


@given(mask, row, row)
def test_inpainting_gives_the_kept_pixels_back_exactly(
    keep: list[int], picture: list[float], noise: list[float]
) -> None:
    rows = e.inpaint(picture, keep, noise, BARS, BOLD)
    assert len(rows) == len(BARS)
    assert all(x == pytest.approx(p) for m, x, p in zip(keep, rows[-1][1], picture) if m)


@given(row, row)
def test_with_nothing_kept_inpainting_is_plain_generation(picture: list[float], noise: list[float]) -> None:
    assert np.allclose(
        e.inpaint(picture, [0] * 4, noise, BARS, WORLD)[-1][1], reference(np.array(noise), 4, WORLD)
    )


@pytest.mark.parametrize(
    ("strength", "steps", "start"), [(0.75, 50, 37), (0.04, 20, 0), (1, 50, 50), (0.1, 10, 1), (0.7, 10, 7)]
)
def test_start_step_is_cut_like_the_script_without_losing_a_whole_step(
    strength: float, steps: int, start: int
) -> None:
    assert e.start_step(strength, steps) == start


def test_a_prompt_keeps_the_captions_that_have_all_its_words() -> None:
    assert list(e.prompted(WORLD, "bold")) == list(BOLD)
    assert list(e.prompted(WORLD, "rising pale")) == ["pale rising"]
    assert e.prompted(WORLD, "") == WORLD
    assert not e.prompted(WORLD, "fall")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"noise": [1, 2]}, "noise: expected 4 numbers, one for each pixel, got 2"),
        ({"prompt": "red"}, "prompt: expected words of a caption (bold falling, bold rising"),
        ({"pictures": {"dot": [1]}}, "pictures, dot: expected 4 pixels, got 1"),
        ({"strengths": []}, "strengths: expected numbers up to 1"),
        (
            {"strengths": [0.2]},
            "strengths: expected numbers up to 1 that start at step 1 or later, got [0.2]",
        ),
        ({"strengths": [1.5]}, "strengths: expected numbers up to 1"),
        ({"signals": [0.5, 0.9]}, "signals: expected numbers that fall"),
    ],
)
def test_wrong_arguments_of_the_first_example_are_named(changed: dict[str, Any], message: str) -> None:
    right = {
        "sketch": SKETCH,
        "noise": NOISE,
        "pictures": WORLD,
        "prompt": "bold",
        "strengths": [0.5],
        "signals": SIGNALS,
    }
    with pytest.raises(ValueError, match=re.escape(message)):
        e.image_to_image_example(**(right | changed))


@pytest.mark.parametrize(
    ("keep", "noise", "message"),
    [
        ([1, 1], NOISE, "keep: expected 4 numbers"),
        ([1, 1, 1, 1], NOISE, "keep: expected at least one 1 (stays) and one 0 (to fill)"),
        ([0.5, 1, 0, 0], NOISE, "keep: expected at least one 1 (stays) and one 0 (to fill)"),
        (KEEP, [1], "noise: expected 4 numbers"),
    ],
)
def test_wrong_arguments_of_the_second_example_are_named(keep: Any, noise: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        e.inpainting_example(PICTURE, keep, noise, BOLD, "bold", SIGNALS)


# What the chapter says in words.


def falling(x: list[float], t: int, names: str = "bold") -> float:
    world = e.prompted(WORLD, names)
    return float(e._shares(x, BARS[t], world)[0])


def test_the_chapter_calls_the_examples_with_these_numbers() -> None:
    assert "image_to_image_example(sketch=[0.4, -0.4, 0.2, 0.4], noise=[-1, 0.5, -0.5, 0.5]" in CHAPTER
    call = "inpainting_example(picture=[1, -1, 0, 0], keep=[1, 1, 0, 0], noise=[-1, 0.5, -0.5, 0.5]"
    assert call in CHAPTER
    assert CHAPTER.count("signals=[0.96, 0.8, 0.6, 0.28]") == 2


def test_the_chapter_follows_strength_one_half() -> None:
    x = noised(SKETCH, NOISE, BARS[2])
    assert f"0.8 \\cdot 0.4 + 0.6 \\cdot (-1) = {x[0]:.2f}$" in CHAPTER
    terms = [a * b for a, b in zip(x, BOLD["bold falling"])]
    assert " + ".join(f"{v:.2f}" for v in terms) + f" = {sum(terms):.2f}$" in CHAPTER
    exponent = 2 * 0.8 * sum(terms) / (1 - BARS[2])
    share = 1 / (1 + math.exp(-exponent))
    assert f"$2 \\cdot 0.8 \\cdot {sum(terms):.2f} / 0.36 = {exponent:.2f}$" in CHAPTER
    assert f"e^{{-{exponent:.2f}}}) = {share:.2f}$" in CHAPTER
    assert number(share) == f"{falling(x, 2):.2f}"


@pytest.mark.parametrize("t", [1, 2, 3, 4])
def test_the_sketch_decides_below_strength_one_and_the_noise_at_one(t: int) -> None:
    result = e.image_to_image(SKETCH, NOISE, BARS, t, BOLD)[-1]
    assert result == pytest.approx(BOLD["bold falling" if t < 4 else "bold rising"], abs=0.01)


def test_the_chapter_tells_what_the_prompt_rising_gives() -> None:
    rising = e.prompted(WORLD, "rising")
    shares = e._shares(noised(SKETCH, NOISE, BARS[2]), BARS[2], rising)
    assert shares[list(rising).index("pale rising")] == "0.97" and "/0.72}) = 0.97$" in CHAPTER
    for t in (1, 2, 3, 4):
        result = e.image_to_image(SKETCH, NOISE, BARS, t, rising)[-1]
        assert np.sign(result) == pytest.approx(BOLD["bold rising"])


def test_the_chapter_quotes_the_composition() -> None:
    rows = e.inpaint(PICTURE, KEEP, NOISE, BARS, BOLD)
    free = sum(a * b for a, b in zip(NOISE, BOLD["bold falling"]))
    assert f"$-1 - 0.5 + 0.5 + 0.5 = {free:g}$" in CHAPTER
    composed = [a * b for a, b in zip(rows[0][1], BOLD["bold falling"])]
    assert f"$-0.68 - 0.20 + 0.50 + 0.50 = {sum(composed):.2f}$" in CHAPTER
    assert numbers([composed])[0] == ["−0.68", "−0.20", "0.50", "0.50"]
    assert falling(rows[0][1], 4) == 0.52 and "enough for 52 %" in CHAPTER
    assert falling(rows[1][1], 3) == 0.83 and "it is 83," in CHAPTER
    assert rows[-1][1] == pytest.approx(BOLD["bold falling"], abs=0.01)
    pasted = e.compose(KEEP, PICTURE, denoise(NOISE, BARS[::-1], list(BOLD.values()))[-1])
    assert pasted == pytest.approx([1, -1, 1, -1], abs=0.01) and "do not match: (1, −1, 1, −1)" in CHAPTER


def test_the_chapter_computes_the_negative_prompt() -> None:
    x = [0.2, 0.2, -0.2, -0.2]
    both, rising = (best_noise(x, BARS[3], world) for world in (list(BOLD.values()), [BOLD["bold rising"]]))
    assert both == pytest.approx([0.25, 0.25, -0.25, -0.25])
    assert rising == pytest.approx([1, -0.5, -1, 0.5])
    away = guided(rising, both, 2)
    assert away == pytest.approx([-0.5, 1, 0.5, -1]) and "in all, (−0.5, 1, 0.5, −1)" in CHAPTER
    assert [(a - 0.8 * b) / 0.6 for a, b in zip(x, away)] == pytest.approx(BOLD["bold falling"])


def test_the_first_figure_shades_the_pixels_of_the_example() -> None:
    """Each drawn picture has four pixels, whose opacity is (value + 1) / 2, cut to 0 … 1."""
    svg = (FIGURES / "text-to-image-strength.svg").read_text("utf-8")
    groups = re.findall(r"<g .*?>(.*?)</g>", svg, re.DOTALL)
    drawn = [[float(o) for o in re.findall(r'fill-opacity="([\d.]+)"', g)] for g in groups]
    shown = [noised(SKETCH, NOISE, bar) for bar in BARS]
    shown += [x for t in (1, 2, 3, 4) for x in e.image_to_image(SKETCH, NOISE, BARS, t, BOLD)]
    assert len(drawn) == len(shown) == 19
    assert np.allclose(drawn, np.clip((np.array(shown) + 1) / 2, 0, 1), atol=0.006)


def test_the_second_figure_shows_the_numbers_of_step_3() -> None:
    svg = (FIGURES / "text-to-image-inpainting.svg").read_text("utf-8")
    rows = e.inpaint(PICTURE, KEEP, NOISE, BARS, BOLD)
    kept = noised(PICTURE, NOISE, BARS[3])[:2]
    expected = [*numbers([kept, rows[1][0], rows[1][1], rows[2][0]])]
    assert re.findall(r">(−?\d\.\d\d)<", svg) == [n for line in expected for n in line]
