"""Worked examples: Stable Diffusion v1 in numbers, from prompt to picture, and its guidance.

Shapes: a picture has height × width × 3 values, its latent height/8 × width/8 × 4; the prompt becomes 77
vectors of 768 numbers. A place is one position of the latent, or of a level of the U-Net below it.
Sources: model card of Stable Diffusion v1, "Training Procedure" (factor 8, 4 channels); v1-inference.yaml
(widths, heads, levels with attention); openaimodel.py (how many layers a level has); Rombach et al. 2021,
section 3.3 (cross-attention); Ho and Salimans 2022, equation 6 (guidance; w there is scale − 1 here).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from macros.citations import PageContext, cite
from macros.examples.steps import number, numbers, step, worked
from macros.schema import Figure
from macros.text import AuthorError

Vector = list[float]

FACTOR, CHANNELS = 8, 4
"""The autoencoder makes one place of 4 numbers from 8 × 8 pixels."""
TOKENS, TEXT_WIDTH = 77, 768
WIDTHS = (320, 640, 1280, 1280)
"""Channels of the U-Net, level by level; each level has half the height and width of the one before."""
LAYERS = (5, 5, 5, 1)
"""Attention layers of each level: two on the way down, three on the way up; one at the bottom."""
PARTS = ("sd1-text-encoder", "sd1-unet", "sd1-vae")
FORMATS = {"float32": 4, "float16": 2}
"""Bytes of one number."""


@dataclass(frozen=True)
class Level:
    """One resolution of the U-Net; sizes in places, width in channels."""

    height: int
    width: int
    channels: int
    layers: int

    @property
    def places(self) -> int:
        """Queries of an attention layer here: one for each place."""
        return self.height * self.width

    @property
    def cross_scores(self) -> int:
        """Scores of one head of cross-attention: places × tokens."""
        return self.places * TOKENS

    @property
    def self_scores(self) -> int:
        """Scores of one head of self-attention: places × places."""
        return self.places**2

    @property
    def text_weights(self) -> int:
        """Weights that read the text: W_K and W_V, 768 × channels each, in every layer of the level."""
        return self.layers * 2 * TEXT_WIDTH * self.channels


def latent_shape(height: int, width: int) -> tuple[int, int, int]:
    """Give the shape of the latent of a picture of height × width pixels."""
    return height // FACTOR, width // FACTOR, CHANNELS


def compression(height: int, width: int) -> float:
    """Give how many pixel values stand for one number of the latent."""
    rows, columns, channels = latent_shape(height, width)
    return height * width * 3 / (rows * columns * channels)


def evaluations(steps: int, scale: float) -> int:
    """Give the answers of the U-Net for one picture: two a step, but one if the scale is 1."""
    return steps if scale == 1 else 2 * steps


def levels(height: int, width: int) -> list[Level]:
    """Give the four resolutions of the U-Net for a picture of height × width pixels."""
    rows, columns, _ = latent_shape(height, width)
    return [Level(rows >> i, columns >> i, *pair) for i, pair in enumerate(zip(WIDTHS, LAYERS))]


def guided(base: Vector, text: Vector, scale: float) -> Vector:
    """Go `scale` times the way from the guess for the base prompt to the guess for the prompt."""
    return [b + scale * (t - b) for b, t in zip(base, text, strict=True)]


def latent_example(
    page: PageContext, height: int = 512, width: int = 512, steps: int = 50, scale: float = 7.5,
    show: str = "all",
) -> str:  # fmt: skip
    """Shapes, attention and memory of Stable Diffusion v1, for a picture of any size.

    height, width: pixels, multiples of 64; steps: of the sampler; scale: guidance scale;
    show: one of the tables, "shapes", "attention" or "weights", or "all".

    Example: {{ latent_example(height=768, width=512, steps=30) }}
    """
    for name, pixels in (("height", height), ("width", width)):
        if not isinstance(pixels, int) or pixels < 64 or pixels % 64:
            raise AuthorError(f"{name}: expected a multiple of 64 pixels, got {pixels!r}")
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        raise AuthorError(f"steps: expected a whole number of at least 1, got {steps!r}")
    tables = {
        "shapes": _shapes(height, width, steps, scale),
        "attention": _attention(height, width),
        "weights": _weights(page) if show in ("all", "weights") else "",
    }
    if show not in ("all", *tables):
        raise AuthorError(f"show: expected all, {', '.join(tables)}, got {show!r}")
    chosen = [table for name, table in tables.items() if show in ("all", name)]
    return worked(f"Stable Diffusion v1, counted: {show}", *chosen)


def latent_guidance_example(text: Vector, empty: Vector, scale: float, avoid: Vector) -> str:
    """Guidance at one place of the latent, with the empty prompt and with a negative prompt as its base.

    text, empty, avoid: the network's guesses of the noise for the prompt, for the empty prompt and for the
    negative prompt, one number for each of the four channels; scale: guidance scale.

    Example: {{ latent_guidance_example([1, 0, 0, 0], [0, 0, 0, 0], scale=2, avoid=[0, 1, 0, 0]) }}
    """
    for name, vector in (("text", text), ("empty", empty), ("avoid", avoid), ("scale", [scale])):
        size = 1 if name == "scale" else CHANNELS
        if not isinstance(vector, list) or len(vector) != size:
            raise AuthorError(f"{name}: expected {CHANNELS} numbers, one for each channel, got {vector!r}")
        for x in vector:
            if not isinstance(x, int | float) or isinstance(x, bool) or not isfinite(x):
                raise AuthorError(f"{name}: expected finite numbers, got {x!r}")
    channels = ["guess", *(f"channel {i + 1}" for i in range(CHANNELS))]
    tables = [
        step(
            f"Guidance away from {what}, scale {scale:g}",
            channels,
            ["prompt", what, "difference", f"{what} + {scale:g} · difference"],
            numbers([text, base, [t - b for t, b in zip(text, base)], guided(base, text, scale)], 1),
        )
        for what, base in (("empty prompt", empty), ("negative prompt", avoid))
    ]
    return worked("Guidance at one place of the latent", *tables)


def _shapes(height: int, width: int, steps: int, scale: float) -> str:
    rows, columns, channels = latent_shape(height, width)
    latent, size = f"{rows} × {columns} × {channels}", rows * columns * channels
    answers = evaluations(steps, scale)
    return step(
        f"{height} × {width} pixels, {steps} steps, scale {scale:g}: {answers} answers of the U-Net, "
        f"each on {compression(height, width):g} times fewer numbers than the picture has",
        ["what", "shape", "numbers"],
        ["token numbers", "text vectors", "latent, each step", "guess of its noise, each answer", "picture"],
        [
            [f"{TOKENS}", f"{TOKENS}"],
            [f"{TOKENS} × {TEXT_WIDTH}", f"{TOKENS * TEXT_WIDTH:,}"],
            [latent, f"{size:,}"],
            [latent, f"{size:,}"],
            [f"{height} × {width} × 3", f"{height * width * 3:,}"],
        ],
    )


def _attention(height: int, width: int) -> str:
    found = levels(height, width)
    rows = [
        [
            f"{level.channels:,}",
            f"{level.layers}",
            f"{level.cross_scores:,}",
            f"{level.self_scores:,}",
            f"{level.text_weights:,}",
        ]
        for level in found
    ]
    layers, weights = sum(level.layers for level in found), sum(level.text_weights for level in found)
    return step(
        "Attention in the U-Net, level by level; scores for one head of one layer",
        ["level", "channels", "layers", f"cross-attention: places × {TOKENS}", "self-attention: places²",
         "weights that read the text"],
        [*(f"{level.height} × {level.width}" for level in found), "all"],
        [*rows, ["", f"{layers}", "", "", f"{weights:,}"]],
    )  # fmt: skip


def _weights(page: PageContext) -> str:
    names, rows, total = [], [], 0.0
    for part in PARTS:
        row = page.row("components", part)
        figure = row.parameters
        if not isinstance(figure, Figure) or figure.number is None:
            raise AuthorError(f"'{part}' has no number of parameters in the data file")
        total += figure.number
        names.append(row.name)
        source = cite(page, figure.source or row.source, figure.locator or "")
        rows.append([f"{figure.number:,.0f} {source}", *_gigabytes(figure.number)])
    return step(
        "The weights, and the memory that they fill",
        ["part", "parameters", *FORMATS],
        [*names, "together"],
        [*rows, [f"{total:,.0f}", *_gigabytes(total)]],
        markup=True,
    )


def _gigabytes(parameters: float) -> list[str]:
    return [f"{number(parameters * size / 1e9)} GB" for size in FORMATS.values()]
