"""Stable Diffusion v1 in numbers: against NumPy, against a rebuilt network, and against the chapter."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.catalogue import load
from macros.citations import PageContext
from macros.examples import latent as m
from macros.examples.steps import number
from macros.text import AuthorError

CHAPTER = Path(__file__).parents[3] / "docs" / "images" / "stable-diffusion.md"
sides = st.integers(1, 6).map(lambda n: 64 * n)
value = st.floats(-5, 5)
place = st.lists(value, min_size=4, max_size=4)


def page() -> PageContext:
    return PageContext("images/stable-diffusion.md", load(), {})


@given(sides, sides)
def test_the_latent_has_the_shape_of_a_picture_cut_into_blocks_of_8(height: int, width: int) -> None:
    picture = np.zeros((height, width, 3), np.int8)
    blocks = picture.reshape(height // 8, 8, width // 8, 8, 3).swapaxes(1, 2)
    rows, columns, channels = m.latent_shape(height, width)
    assert blocks.shape[:2] == (rows, columns)
    assert picture.size / np.zeros((rows, columns, channels)).size == m.compression(height, width) == 48


@given(sides, sides)
def test_scores_are_as_many_as_products_of_queries_and_keys(height: int, width: int) -> None:
    for level in m.levels(height, width)[2:]:
        places, text = np.zeros((level.places, 1), np.int8), np.zeros((m.TOKENS, 1), np.int8)
        assert (places @ text.T).size == level.cross_scores
        assert (places @ places.T).size == level.self_scores


@given(sides, sides)
def test_each_level_has_a_quarter_of_the_places_of_the_one_above(height: int, width: int) -> None:
    places = [level.places for level in m.levels(height, width)]
    assert [places[0] // 4**i for i in range(4)] == places


@given(st.integers(1, 1000), st.floats(1.01, 20))
def test_guidance_doubles_the_answers_unless_the_scale_is_one(steps: int, scale: float) -> None:
    assert m.evaluations(steps, scale) == 2 * m.evaluations(steps, 1) == 2 * steps


@given(place, place, st.floats(-2, 20))
def test_guidance_is_that_of_the_script(base: list[float], text: list[float], scale: float) -> None:
    b, t = np.array(base), np.array(text)
    np.testing.assert_allclose(m.guided(base, text, scale), b + scale * (t - b), atol=1e-9)
    np.testing.assert_allclose(m.guided(base, text, scale), scale * t - (scale - 1) * b, atol=1e-9)
    assert m.guided(base, text, 0) == base


@given(place, place)
def test_at_scale_one_the_base_has_no_say(base: list[float], text: list[float]) -> None:
    np.testing.assert_allclose(m.guided(base, text, 1), text, atol=1e-12)


# The parameters again, from the published configuration and code, layer by layer.


def linear(into: int, out: int, bias: bool = True) -> int:
    return into * out + bias * out


def conv(into: int, out: int, size: int = 3) -> int:
    return size * size * into * out + out


def norm(width: int) -> int:
    return 2 * width


def residual(into: int, out: int, time: int = 1280) -> int:
    skip = conv(into, out, 1) if into != out else 0
    middle = linear(time, out) if time else 0
    return norm(into) + conv(into, out) + middle + norm(out) + conv(out, out) + skip


def transformer(width: int, text: int = m.TEXT_WIDTH) -> int:
    """Normalization and projections around self-attention, cross-attention and a gated feed-forward part."""
    attention = [3 * linear(width, width, bias=False) + linear(width, width)]
    attention += [linear(width, width, False) + 2 * linear(text, width, False) + linear(width, width)]
    forward = linear(width, 8 * width) + linear(4 * width, width)
    return 2 * conv(width, width, 1) + sum(attention) + forward + 4 * norm(width)


def unet(widths: tuple[int, ...], depth: tuple[bool, ...]) -> tuple[int, list[int]]:
    """Count the U-Net, and the attention layers of each level, as openaimodel.py builds it."""
    total = linear(320, 1280) + linear(1280, 1280) + conv(4, 320)
    layers, skips, channels = [0] * len(widths), [320], 320
    for level, width in enumerate(widths):
        for _ in range(2):
            total += residual(channels, width) + depth[level] * transformer(width)
            layers[level] += depth[level]
            channels = width
            skips.append(channels)
        if level < len(widths) - 1:
            total += conv(channels, channels)
            skips.append(channels)
    total += 2 * residual(channels, channels) + transformer(channels)
    layers[-1] += 1
    for level, width in reversed(list(enumerate(widths))):
        for i in range(3):
            total += residual(channels + skips.pop(), width) + depth[level] * transformer(width)
            layers[level] += depth[level]
            channels = width
            total += conv(channels, channels) * (i == 2 and level > 0)
    assert not skips
    return total + norm(channels) + conv(channels, 4), layers


def autoencoder() -> int:
    """Encoder and decoder of widths 128, 256, 512, 512, with one attention block in the middle of each."""
    widths = (128, 256, 512, 512)
    middle = 2 * residual(512, 512, 0) + norm(512) + 4 * conv(512, 512, 1)

    def side(order: tuple[int, ...], blocks: int, first: Callable[[int], int]) -> int:
        total, channels = 0, first(0)
        for i, width in enumerate(order):
            for _ in range(blocks):
                total += residual(channels, width, 0)
                channels = width
            total += conv(width, width) * (i < len(order) - 1)
        return total

    encoder = conv(3, 128) + side(widths, 2, lambda _: 128) + middle + norm(512) + conv(512, 8)
    decoder = conv(4, 512) + middle + side(widths[::-1], 3, lambda _: 512) + norm(128) + conv(128, 3)
    return encoder + decoder + conv(8, 8, 1) + conv(4, 4, 1)


def text_encoder() -> int:
    block = 4 * linear(768, 768) + linear(768, 3072) + linear(3072, 768) + 2 * norm(768)
    return 49408 * 768 + 77 * 768 + 12 * block + norm(768)


def test_the_data_file_has_the_parameters_of_the_rebuilt_networks() -> None:
    count, layers = unet(m.WIDTHS, (True, True, True, False))
    stated = [load().get("components", part).parameters.number for part in m.PARTS]  # type: ignore[union-attr]
    assert stated == [text_encoder(), count, autoencoder()]
    assert tuple(layers) == m.LAYERS


def test_the_weights_that_read_the_text_are_what_a_longer_vector_would_add_to() -> None:
    wider = sum(n * (transformer(w, 2 * m.TEXT_WIDTH) - transformer(w)) for w, n in zip(m.WIDTHS, m.LAYERS))
    assert sum(level.text_weights for level in m.levels(512, 512)) == wider


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"height": 500}, "height: expected a multiple of 64 pixels, got 500"),
        ({"width": 0}, "width: expected a multiple of 64 pixels, got 0"),
        ({"width": "512"}, "width: expected a multiple of 64 pixels, got '512'"),
        ({"steps": 0}, "steps: expected a whole number of at least 1, got 0"),
        ({"steps": True}, "steps: expected a whole number of at least 1, got True"),
        ({"show": "loss"}, "show: expected all, shapes, attention, weights, got 'loss'"),
    ],
)
def test_wrong_arguments_are_named(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(AuthorError, match=re.escape(message)):
        m.latent_example(page(), **changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"text": [1.0]}, "text: expected 4 numbers, one for each channel, got [1.0]"),
        ({"empty": 3}, "empty: expected 4 numbers, one for each channel, got 3"),
        ({"avoid": [0, 0, 0, "1"]}, "avoid: expected finite numbers, got '1'"),
        ({"scale": float("inf")}, "scale: expected finite numbers, got inf"),
    ],
)
def test_wrong_guesses_are_named(changed: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"text": [1, 2, 3, 4], "empty": [0] * 4, "scale": 2, "avoid": [1] * 4}
    with pytest.raises(AuthorError, match=re.escape(message)):
        m.latent_guidance_example(**{**arguments, **changed})


def test_the_example_shows_the_table_that_is_asked_for() -> None:
    html = m.latent_example(page())
    assert html.count("<table") == html.count("<caption>") == 3
    assert m.latent_example(page(), show="attention").count("<table") == 1
    assert m.latent_guidance_example([1] * 4, [0] * 4, 2, [0] * 4).count("<table") == 2


def calls(name: str) -> list[dict[str, Any]]:
    found = re.findall(rf"^\{{\{{ ({name}\(.*?\)) \}}\}}$", CHAPTER.read_text("utf-8"), re.M)
    trees: list[Any] = [ast.parse(call, mode="eval").body for call in found]
    return [{k.arg: ast.literal_eval(k.value) for k in tree.keywords} for tree in trees]


def test_the_chapter_quotes_the_counted_shapes() -> None:
    text = CHAPTER.read_text("utf-8")
    assert [call["show"] for call in calls("latent_example")] == ["shapes", "weights", "attention"]
    assert f"{512 * 512 * 3:,} numbers" in text and f"{64 * 64 * 4:,} other numbers" in text
    assert f"8 \\cdot 8 \\cdot 3 / 4 = {m.compression(512, 512):.0f}$" in text
    assert f"one picture takes {m.evaluations(50, 7.5)} answers" in text
    assert f"which makes {m.evaluations(51, 7.5)} " in text
    pixels, latent = (512 * 512) ** 2, m.levels(512, 512)[0].self_scores
    assert pixels // latent == 64**2 == 4096 and "by chance 4096 again" in text and "$262144^2$" in text
    assert f"{96 * 64 * 4:,} draws, which fill another grid" in text


def test_the_chapter_quotes_the_memory() -> None:
    text = CHAPTER.read_text("utf-8")
    total = text_encoder() + unet(m.WIDTHS, (True, True, True, False))[0] + autoencoder()
    assert f"{total:,}".replace(",", "{,}") in text and f"are {number(total * 2 / 1e9)} GB" in text
    assert f"are {4096**2 * 8 * 2 / 1e6:.0f} MB" in text
    assert f"{(128 * 128) ** 2 / 1e6:.0f}$ million for each head" in text


def test_the_chapter_quotes_the_attention() -> None:
    text = CHAPTER.read_text("utf-8")
    levels = m.levels(512, 512)
    assert f"= {levels[0].text_weights:,}$".replace(",", "{,}") in text
    reading = sum(level.text_weights for level in levels)
    share = reading / unet(m.WIDTHS, (True, True, True, False))[0]
    assert f"{reading / 1e6:.1f} million weights read the text, {share * 100:.1f} %" in text
    assert f"{2 * levels[0].cross_scores:,} against {levels[0].self_scores:,}" in text
    assert f"- [x] {levels[1].cross_scores:,}\n" in text and f"- [ ] {levels[1].self_scores:,}\n" in text
    assert f"- [ ] {77 * 77:,}\n" in text and f"- [ ] {512 * 512 * 77:,}\n" in text
    assert f"4096 \\cdot 77 = {levels[0].cross_scores:,}$".replace(",", "{,}") in text
    assert sum(m.LAYERS) == 16 and "in 16 layers" in text


def test_the_chapter_counts_the_text_encoder() -> None:
    text = CHAPTER.read_text("utf-8").replace("{,}", ",")
    block = 4 * linear(768, 768) + linear(768, 3072) + linear(3072, 768) + 2 * norm(768)
    assert block == 12 * 768**2 + 13 * 768
    for quoted in (49408 * 768, 77 * 768, 12 * 768**2, 13 * 768, block, 12 * block, 2 * 768, text_encoder()):
        assert f"{quoted:,}" in text
    assert 0.3 < 49408 * 768 / text_encoder() < 1 / 3


def test_the_chapter_quotes_the_guided_guesses() -> None:
    text = CHAPTER.read_text("utf-8")
    [call] = calls("latent_guidance_example")
    from_empty, from_avoid = (
        m.guided(call[base], call["text"], call["scale"]) for base in ("empty", "avoid")
    )
    assert from_empty[0] == pytest.approx(1.7) and from_avoid[0] == pytest.approx(1.7)
    assert "0.2 + 7.5 \\cdot (0.4 - 0.2) = 1.7$" in text
    assert call["text"][2] == call["empty"][2] == pytest.approx(from_empty[2]) == pytest.approx(0.1)
    assert from_avoid[2] == pytest.approx(-1.2) and "0.3 + 7.5 \\cdot (0.1 - 0.3) = -1.2$" in text
    assert (
        f"{call['scale']}\\,\\epsilon_\\theta(z_t, c) - {call['scale'] - 1}\\,\\epsilon_\\theta(z_t, c^-)"
        in text
    )


def test_the_chapter_quotes_the_training() -> None:
    text = CHAPTER.read_text("utf-8")
    assert f"150000 / 256 = {150000 / 256:.0f}$ hours" in text and 24 < 150000 / 256 / 24 < 24.5
    seen = 194_000 * 2048
    assert f"{seen / 1e6:.0f}$ million pictures in all, {seen / 170e6:.1f} times" in text
    assert f"8 \\cdot 8 \\cdot 3 / 16 = {8 * 8 * 3 // 16}$" in text
