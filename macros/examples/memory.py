"""Worked example: how much memory a model needs, and into which processor it fits.

Weights: parameters × bits ÷ 8 bytes, all of them, for a mixture of experts too: any expert may be called.
KV cache: 2 · layers · key heads · width of a head · tokens · 2 bytes, a key and a value of 16 bits for every
token (Pope et al. 2022; with fewer key heads than query heads: Ainslie et al. 2023).
Units: 1 GB = 10⁹ bytes. Activations and the program itself need some room besides.
"""

from __future__ import annotations

from dataclasses import dataclass

from macros.citations import PageContext, cite
from macros.examples.steps import number, step, worked
from macros.schema import Figure
from macros.text import AuthorError, nearest, scaled

BITS = (16, 8, 4)
ROOMS = (8, 24, 80)
"""GB of a notebook, of a large card for games, of a processor in a data center."""


@dataclass(frozen=True)
class Shape:
    """What the cache depends on, and where it is published."""

    layers: int
    key_heads: int
    width: int
    source: str
    locator: str


SHAPES = {
    "llama-3-1-8b": Shape(32, 8, 128, "grattafiori2024-llama3", "table 3"),
    "mixtral-8x7b": Shape(32, 8, 128, "jiang2024", "table 1"),
    "llama-3-1-70b": Shape(80, 8, 128, "grattafiori2024-llama3", "table 3"),
    "llama-3-1-405b": Shape(126, 8, 128, "grattafiori2024-llama3", "table 3"),
}


def weight_bytes(parameters: float, bits: int) -> float:
    """Bytes of all weights, `bits` each; scales and tables of a quantized file are left out."""
    return parameters * bits / 8


def cache_bytes(shape: Shape, tokens: int) -> int:
    """Bytes of the keys and values of `tokens` tokens in all layers, two bytes a number."""
    return 2 * shape.layers * shape.key_heads * shape.width * tokens * 2


def widest(parameters: float, shape: Shape, tokens: int, room: float) -> int | None:
    """The most bits for each weight with which weights and cache fit into `room` bytes, or None."""
    left = room - cache_bytes(shape, tokens)
    return next((bits for bits in BITS if weight_bytes(parameters, bits) <= left), None)


def memory_example(page: PageContext, models: list[str], tokens: int = 8192) -> str:
    """The memory that models need, and what fits into 8, 24 and 80 GB.

    models: ids with published parameters and a shape in this module; tokens: the length of the context.

    Example: {{ memory_example(["llama-3-1-8b", "mixtral-8x7b"], tokens=4096) }}
    """
    if not isinstance(tokens, int) or tokens < 1:
        raise AuthorError(f"tokens: expected a whole number from 1 on, got {tokens!r}")
    names, weights, caches, fits = [], [], [], []
    for name in models:
        row = page.row("models", name)
        figure = row.parameters
        if not isinstance(figure, Figure) or figure.undisclosed or figure.number is None:
            raise AuthorError(f"'{name}' has no published number of parameters; choose a model that has")
        if name not in SHAPES:
            raise AuthorError(f"'{name}' has no shape in memory.py; {nearest(name, SHAPES, 'models')}")
        size, shape = figure.number, SHAPES[name]
        source = cite(page, figure.source or row.source, figure.locator or "")
        names.append(row.name)
        weights.append([f"{scaled(size)} {source}", *(_gb(weight_bytes(size, bits)) for bits in BITS)])
        form = f"{shape.layers} · {shape.key_heads} · {shape.width} {cite(page, shape.source, shape.locator)}"
        caches.append([form, f"{cache_bytes(shape, 1):,}", _gb(cache_bytes(shape, tokens))])
        found = [widest(size, shape, tokens, room * 1e9) for room in ROOMS]
        fits.append([f"{bits} bits" if bits else "no" for bits in found])
    return worked(
        "Memory, computed",
        step("Weights, in GB", ["model", "parameters", *(f"{b} bits" for b in BITS)], names, weights, True),
        step(
            f"KV cache of 16-bit numbers, for {tokens:,} tokens",
            ["model", "layers · key–value heads · width", "bytes a token", "GB"],
            names,
            caches,
            True,
        ),
        step(
            "Weights and cache together: the most bits for each weight that fit",
            ["model", *(f"{room} GB" for room in ROOMS)],
            names,
            fits,
        ),
    )


def _gb(size: float) -> str:
    return number(size / 1e9, 2 if size < 10e9 else 1)
