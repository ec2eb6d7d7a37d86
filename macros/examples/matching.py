"""Worked example: which caption belongs to which picture, by cosines, a softmax and the loss of CLIP.

Shapes: n pictures and n captions, one vector of d numbers each, row i of both belonging together. The vectors
are given on the page; in CLIP two trained encoders compute them.
Source: Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision", section
2.3 and figure 3 (cosines, temperature, cross-entropy along both axes).
"""

from __future__ import annotations

from math import log

from macros.examples.attention import softmax
from macros.examples.similarity import cosine, length
from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError

Matrix = list[list[float]]


def cosines(pictures: Matrix, captions: Matrix) -> Matrix:
    """Compare every picture (n, d) with every caption (m, d): cosines (n, m) between −1 and 1."""
    return [[cosine(p, c) for c in captions] for p in pictures]


def choices(scores: Matrix, temperature: float) -> Matrix:
    """Turn each row of scores (n, m) into shares that sum to 1: softmax of the scores ÷ temperature."""
    return [softmax([s / temperature for s in row]) for row in scores]


def transposed(rows: Matrix) -> Matrix:
    """Swap rows and columns: (n, m) becomes (m, n)."""
    return [list(column) for column in zip(*rows, strict=True)]


def contrastive_loss(scores: Matrix, temperature: float) -> float:
    """Average −ln of the shares on the diagonal of scores (n, n), over both directions (figure 3)."""
    both = [choices(scores, temperature), choices(transposed(scores), temperature)]
    return sum(-log(shares[i][i]) for shares in both for i in range(len(scores))) / (2 * len(scores))


def matching_example(
    pictures: dict[str, list[float]], captions: dict[str, list[float]], temperatures: list[float]
) -> str:
    """Compare pictures with captions, choose in both directions, and compute the loss of the batch.

    pictures, captions: a vector by name, in the order in which they belong together; temperatures: the
    first one is used for the tables, the loss is given for each.

    Example: {{ matching_example({"cat": [4, 3], "dog": [3, 4]}, {"a cat": [1, 0], "a dog": [0, 1]}, [0.1]) }}
    """
    if len(pictures) != len(captions) or len(pictures) < 2:
        raise AuthorError(
            f"captions: expected one for each of at least 2 pictures, got {len(captions)} for {len(pictures)}"
        )
    sizes = {len(vector) for vector in [*pictures.values(), *captions.values()]}
    if len(sizes) > 1:
        raise AuthorError(f"pictures, captions: expected vectors of one length, got {sorted(sizes)}")
    if empty := [name for name, v in [*pictures.items(), *captions.items()] if not length(v)]:
        raise AuthorError(f"{empty[0]}: expected a vector with a direction, got zeros")
    if not temperatures or min(temperatures) <= 0:
        raise AuthorError(f"temperatures: expected numbers above 0, got {temperatures!r}")
    scores = cosines(list(pictures.values()), list(captions.values()))
    first, heads = temperatures[0], ["picture", *captions]
    losses = [[number(contrastive_loss(scores, t), 3)] for t in temperatures]
    return worked(
        "Pictures and captions, computed",
        step(
            "Given: the vectors of the pairs",
            ["picture", "its vector", "caption", "its vector"],
            pictures,
            [[_row(p), name, _row(c)] for p, (name, c) in zip(pictures.values(), captions.items())],
        ),
        step("Step 1: cosine of each picture with each caption", heads, pictures, numbers(scores)),
        step(
            f"Step 2: each picture chooses a caption: softmax of row ÷ {first:g}",
            heads,
            pictures,
            numbers(choices(scores, first), 3),
        ),
        step(
            f"Step 3: each caption chooses a picture: softmax of column ÷ {first:g}",
            heads,
            pictures,
            numbers(transposed(choices(transposed(scores), first)), 3),
        ),
        step(
            "Step 4: loss: mean of −ln over both diagonals",
            ["temperature", "loss"],
            [f"{t:g}" for t in temperatures],
            losses,
        ),
    )


def _row(vector: list[float]) -> str:
    return ",\u00a0".join(f"{x:g}".replace("-", "−") for x in vector)
