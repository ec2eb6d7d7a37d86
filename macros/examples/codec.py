"""Worked example: a vector coded by several small codebooks, each for what the one before left over.

Shapes: a vector (d,); a codebook is a list of vectors (d,), numbered from 0. The numbers on the page were
set by hand; a codec learns its codebooks.
Source: Zeghidour et al. 2021 (SoundStream), section III.C (residual vector quantization).
"""

from __future__ import annotations

from math import log2

from macros.examples.steps import number, step, worked
from macros.text import AuthorError

Vector = list[float]
Book = list[Vector]


def squared(vector: Vector) -> float:
    """Give the squared length."""
    return sum(x * x for x in vector)


def minus(a: Vector, b: Vector) -> Vector:
    """Subtract entry by entry."""
    return [x - y for x, y in zip(a, b)]


def nearest(vector: Vector, book: Book) -> int:
    """Give the number of the entry with the smallest squared distance; of equals, the first."""
    return min(range(len(book)), key=lambda code: squared(minus(vector, book[code])))


def encode(vector: Vector, books: list[Book]) -> tuple[list[int], list[Vector]]:
    """Give the code from each book, and what each leaves over for the next."""
    codes: list[int] = []
    rests = [vector]
    for book in books:
        codes.append(nearest(rests[-1], book))
        rests.append(minus(rests[-1], book[codes[-1]]))
    return codes, rests[1:]


def decode(codes: list[int], books: list[Book]) -> Vector:
    """Add up the entries that the codes name; fewer codes than books give a coarser vector."""
    return [sum(entries) for entries in zip(*(book[code] for code, book in zip(codes, books)))]


def bits_a_second(books: int, entries: int, frames: float) -> float:
    """Give frames · books · log2(entries): a choice among that many entries, from each book, each frame."""
    return frames * books * log2(entries)


def residual_quantization_example(
    vector: list[float], books: list[list[list[float]]], frames: float, entries: int, counts: list[int]
) -> str:
    """A vector coded book by book, and the bits a second of a real codec with such books.

    frames: frames a second of the real codec; entries: in each of its books; counts: numbers of books.

    Example: {{ residual_quantization_example([2.6], [[[2], [-2]], [[1], [-1]]], 75, 1024, counts=[2, 4]) }}
    """
    _check(vector, books, frames, entries, counts)
    codes, rests = encode(vector, books)
    rows = [
        [str(code), _show(book[code]), _show(decode(codes[:i], books)), _show(rest), number(squared(rest))]
        for i, (code, book, rest) in enumerate(zip(codes, books, rests), start=1)
    ]
    speeds = [
        [f"{n * log2(entries):g}", f"{n * frames:,g}", f"{bits_a_second(n, entries, frames):,.0f}"]
        for n in counts
    ]
    return worked(
        "Residual codes, computed",
        step(
            f"Step 1: {_show(vector)}, coded book by book",
            ["book", "code", "its entry", "sum so far", "left over", "squared error"],
            [str(i) for i in range(1, len(books) + 1)],
            rows,
        ),
        step(
            f"Step 2: the rate of a codec with {frames:g} frames a second and {entries:,} entries in a book",
            ["books", "bits a frame", "codes a second", "bits a second"],
            [str(n) for n in counts],
            speeds,
        ),
    )


def _show(vector: Vector) -> str:
    return f"({', '.join(number(x, 1) for x in vector)})"


def _check(vector: Vector, books: list[Book], frames: float, entries: int, counts: list[int]) -> None:
    if not books or any(not book for book in books):
        raise AuthorError(f"books: expected at least one codebook, each with entries, got {books!r}")
    for entry in (entry for book in books for entry in book):
        if len(entry) != len(vector):
            raise AuthorError(f"books: expected entries of {len(vector)} numbers, got {entry!r}")
    if frames <= 0 or entries < 2:
        raise AuthorError(f"frames, entries: expected above 0 and at least 2, got {frames!r}, {entries!r}")
    if not counts or min(counts) < 1:
        raise AuthorError(f"counts: expected numbers of books, at least 1 each, got {counts!r}")
