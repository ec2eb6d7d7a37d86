"""Worked example: a linear autoencoder on pictures of four pixels, with a code of one or two numbers.

Shapes: a picture is a list of k numbers, a code one of m numbers. `directions` is the decoder: m rows of k
numbers, at right angles to each other. The encoder takes the share of each direction in the picture.
Sources: Baldi and Hornik 1989, "Neural Networks and Principal Component Analysis" (what a linear autoencoder
learns); Hinton and Salakhutdinov 2006 (deep autoencoders against principal components).
"""

from __future__ import annotations

from math import isfinite
from operator import mul

from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError

Vector = list[float]


def dot(a: Vector, b: Vector) -> float:
    """Sum the products of matching entries."""
    return float(sum(map(mul, a, b)))


def encode(picture: Vector, directions: list[Vector]) -> Vector:
    """Give the code (m,): how much of each direction the picture (k,) holds."""
    return [dot(picture, row) / dot(row, row) for row in directions]


def decode(code: Vector, directions: list[Vector]) -> Vector:
    """Give the picture (k,) that a code (m,) stands for: the directions, summed with the code's numbers."""
    return [dot(code, list(column)) for column in zip(*directions, strict=True)]


def squared_error(picture: Vector, other: Vector) -> float:
    """Sum the squared differences over the pixels: the loss of one reconstruction."""
    return sum((a - b) ** 2 for a, b in zip(picture, other, strict=True))


def autoencoder_example(pictures: list[Vector], names: list[str], directions: list[Vector]) -> str:
    """Code, reconstruction and squared error of each picture, for a linear autoencoder set by hand.

    pictures: k numbers each; names: one for each picture; directions: the decoder, one row for each number of
    the code, all at right angles.

    Example: {{ autoencoder_example([[0.9, -0.7], [1, 1]], ["usual", "odd"], directions=[[1, -1]]) }}
    """
    width = _check("pictures", pictures, None)
    _check("directions", directions, width)
    if len(names) != len(pictures):
        raise AuthorError(f"names: expected {len(pictures)}, one for each picture, got {len(names)}")
    for i, one in enumerate(directions):
        if not dot(one, one) or any(abs(dot(one, other)) > 1e-9 for other in directions[:i]):
            raise AuthorError(f"directions, row {i + 1}: expected a row at right angles to those before it")
    rows = []
    for picture in pictures:
        code = encode(picture, directions)
        back = decode(code, directions)
        rows.append([_row(picture, 1), _row(code, 1), _row(back, 1), number(squared_error(picture, back))])
    size = f"{len(directions)} number{'s' * (len(directions) > 1)} for {width} pixels"
    heads = ["name", "picture", "code", "reconstruction", "squared error"]
    return worked("Autoencoder, computed", step(f"A code of {size}", heads, names, rows))


def _row(values: Vector, places: int) -> str:
    return ",\u00a0".join(numbers([values], places)[0])  # a picture stays on one line


def _check(what: str, rows: list[Vector], width: int | None) -> int:
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        raise AuthorError(f"{what}: expected a list of rows, each a list of numbers, got {rows!r}")
    width = width or len(rows[0])
    for i, row in enumerate(rows, start=1):
        if len(row) != width:
            raise AuthorError(f"{what}, row {i}: expected {width} numbers, got {len(row)}")
        for x in row:
            if not isinstance(x, int | float) or isinstance(x, bool) or not isfinite(x):
                raise AuthorError(f"{what}, row {i}: expected finite numbers, got {x!r}")
    return width
