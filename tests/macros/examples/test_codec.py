"""The residual codes: NumPy as oracle, laws that must hold, errors, and the chapter's own arithmetic."""

from __future__ import annotations

import ast
import re
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import codec as c
from macros.text import AuthorError

ROOT = Path(__file__).parents[3]
CHAPTER = ROOT / "docs" / "images" / "beyond-images.md"
FIGURES = ROOT / "docs" / "assets" / "figures"
numbers = st.floats(-5, 5)
pairs = st.lists(numbers, min_size=2, max_size=2)
shelves = st.lists(st.lists(pairs, min_size=1, max_size=5), min_size=1, max_size=4)


def corners(size: float) -> list[list[float]]:
    return [[a, b] for a, b in product((size, -size), repeat=2)]


BOOKS = [corners(2), corners(1), corners(0.5)]


def by_numpy(vector: list[float], books: list[list[list[float]]]) -> tuple[list[int], Any]:
    rest, codes = np.array(vector), []
    for book in books:
        entries = np.array(book)
        codes.append(int(((entries - rest) ** 2).sum(axis=1).argmin()))
        rest = rest - entries[codes[-1]]
    return codes, rest


@given(pairs, shelves)
def test_codes_and_rest_agree_with_numpy(vector: list[float], books: list[list[list[float]]]) -> None:
    codes, rests = c.encode(vector, books)
    other, rest = by_numpy(vector, books)
    assert codes == other
    assert rests[-1] == pytest.approx(list(rest))


@given(pairs, shelves)
def test_what_is_decoded_and_what_is_left_make_the_vector(
    vector: list[float], books: list[list[list[float]]]
) -> None:
    codes, rests = c.encode(vector, books)
    for n in range(1, len(books) + 1):
        assert [a + b for a, b in zip(c.decode(codes[:n], books), rests[n - 1])] == pytest.approx(
            vector, abs=1e-9
        )


@given(pairs, shelves)
def test_a_book_with_a_zero_entry_never_makes_it_worse(
    vector: list[float], books: list[list[list[float]]]
) -> None:
    _, rests = c.encode(vector, [[*book, [0.0, 0.0]] for book in books])
    errors = [c.squared(vector), *map(c.squared, rests)]
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(errors))


@given(st.floats(-3.5, 3.5), st.floats(-3.5, 3.5))
def test_on_the_page_s_grid_book_by_book_finds_the_nearest_of_all_64_points(x: float, y: float) -> None:
    _, rests = c.encode([x, y], BOOKS)
    points = [c.decode(list(some), BOOKS) for some in product(range(4), repeat=3)]
    assert len({tuple(p) for p in points}) == 64 == len(BOOKS[0]) ** 3
    best = min(c.squared(c.minus([x, y], p)) for p in points)
    assert c.squared(rests[-1]) == pytest.approx(best, abs=1e-12)
    assert max(map(abs, rests[-1])) <= 0.5 + 1e-9


@given(st.integers(1, 32), st.integers(1, 12), st.floats(1, 100))
def test_bits_are_the_logarithm_of_the_choices(books: int, power: int, frames: float) -> None:
    assert c.bits_a_second(books, 2**power, frames) == pytest.approx(frames * books * power)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"books": []}, "books: expected at least one codebook"),
        ({"books": [[]]}, "books: expected at least one codebook"),
        ({"books": [[[1.0]]]}, r"books: expected entries of 2 numbers, got \[1.0\]"),
        ({"frames": 0}, "frames, entries: expected above 0"),
        ({"entries": 1}, "frames, entries: expected above 0 and at least 2"),
        ({"counts": []}, "counts: expected numbers of books"),
        ({"counts": [0]}, "counts: expected numbers of books"),
    ],
)
def test_wrong_arguments_are_refused(change: dict[str, Any], told: str) -> None:
    good: dict[str, Any] = {
        "vector": [1.0, 2.0],
        "books": BOOKS,
        "frames": 75,
        "entries": 1024,
        "counts": [2],
    }
    assert c.residual_quantization_example(**good).count("<table") == 2
    with pytest.raises(AuthorError, match=told):
        c.residual_quantization_example(**{**good, **change})


def chapter() -> tuple[str, dict[str, Any], list[Any]]:
    """The prose on one line, and the arguments of the example in it."""
    text = CHAPTER.read_text("utf-8")
    call = re.search(r"^\{\{ (residual_quantization_example\(.*\)) \}\}$", text, re.M)
    assert call
    tree: Any = ast.parse(call[1], mode="eval").body
    return (
        " ".join(text.split()),
        {k.arg: ast.literal_eval(k.value) for k in tree.keywords},
        [ast.literal_eval(argument) for argument in tree.args],
    )


def test_the_chapter_quotes_the_numbers_that_the_code_gives() -> None:
    text, _, (vector, books) = chapter()
    assert books == BOOKS
    codes, rests = c.encode(vector, books)
    assert f"The codes {', '.join(map(str, codes))} are all that is stored" in text
    first, second, third = map(c.squared, rests)
    assert f"$0.36 + 1.69 = {first:.2f}$" in text
    assert f"brings the error to {second:.2f}, the third to {third:.2f}" in text
    assert f"{first:.2f}, {second:.2f}, {third:.2f} in the example" in text
    x, y = c.decode(codes, books)
    assert f"(-0.5, 0.5) = ({x:.1f}, {y:.1f})$" in text
    lost = c.minus(vector, [a + b for a, b in zip(books[0][codes[0]], books[2][codes[2]])])
    assert f"$1.21 + 0.64 = {c.squared(lost):.2f}$" in text


def test_the_chapter_s_rates_are_those_of_the_codec_it_cites() -> None:
    text, rate, _ = chapter()
    assert rate["frames"] == 24000 / (8 * 5 * 4 * 2)
    speeds = [c.bits_a_second(n, rate["entries"], rate["frames"]) for n in rate["counts"]]
    assert speeds == [1500, 3000, 6000, 12000, 24000]
    assert "1,500 to 24,000 bits a second" in text
    assert 6000 / rate["frames"] == 80 and "a frame has 80 bits" in text
    assert "about $1.2 \\cdot 10^{24}$" in text and f"{2.0**80:.1e}" == "1.2e+24"


@pytest.mark.parametrize(
    ("quoted", "value"),
    [
        (r"$60 \cdot 16000 = 960000$", 60 * 16000 == 960000),
        (r"$120 \cdot 786432 = 94371840$", 120 * 512 * 512 * 3 == 94371840),
        (r"$120 \cdot 1024 = 122880$", 120 * 1024 == 122880),
        (r"$8192 \cdot 128 / 44100 \approx 23.8$", round(8192 * 128 / 44100, 1) == 23.8),
        (r"$20^{100} \approx 1.3 \cdot 10^{130}$", f"{20.0**100:.1e}" == "1.3e+130"),
        (r"$0.6 \cdot 200 - 0.4 \cdot 200 = 40$".strip("$"), round(0.6 * 200 - 0.4 * 200) == 40),
        (r"= 38400$ km²", round(0.6 * 160**2 + 0.4 * 240**2) == 38400),
        (r"= 64000$ km²", round(0.4 * 400**2) == 64000),
    ],
)
def test_the_chapter_s_other_arithmetic_is_right(quoted: str, value: bool) -> None:
    assert quoted in CHAPTER.read_text("utf-8")
    assert value


def test_the_storm_of_the_figure_is_drawn_at_the_mean_of_the_ten_tracks() -> None:
    svg = (FIGURES / "mean-or-ensemble.svg").read_text("utf-8")
    tracks = re.findall(r'class="line-(\d)" fill="none" stroke-width="[23]" d="M\d+ (\d+)C.* ([\d.]+)H', svg)
    north = {
        hue: [(float(start) - float(end)) / 0.36 for h, start, end in tracks if h == hue] for hue in "124"
    }
    assert [len(north[hue]) for hue in "124"] == [1, 6, 4]
    assert float(np.mean(north["2"])) == pytest.approx(200, abs=0.5)
    assert float(np.mean(north["4"])) == pytest.approx(-200, abs=0.5)
    assert north["1"] == [pytest.approx(float(np.mean(north["2"] + north["4"])), abs=0.5)]


def test_the_codes_in_the_figure_are_those_of_the_example() -> None:
    svg = (FIGURES / "residual-codes.svg").read_text("utf-8")
    _, _, (vector, books) = chapter()
    codes, _ = c.encode(vector, books)
    assert f"codes {', '.join(map(str, codes))}:" in svg
    assert f"= ({', '.join(f'{x:.1f}' for x in c.decode(codes, books))})".replace("-", "−") in svg
