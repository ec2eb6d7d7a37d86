"""The spectrogram example: NumPy's Fourier transform as oracle, laws, errors, the chapter's own numbers."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import waveform as w
from macros.text import AuthorError

ROOT = Path(__file__).parents[3]
CHAPTER = ROOT / "docs" / "images" / "beyond-images.md"
FIGURE = ROOT / "docs" / "assets" / "figures" / "phase-is-lost.svg"
A: list[list[float]] = [[1, 2, 0], [2, 1, 0]]
B: list[list[float]] = [[1, 2, 90], [2, 1, 90]]
GUESS: list[float] = [90, 90]
sounds = st.lists(st.floats(-9, 9), min_size=4, max_size=20)
tones = st.lists(
    st.tuples(st.integers(1, 7), st.floats(0.1, 5), st.floats(-180, 180)),
    min_size=1,
    max_size=5,
    unique_by=lambda tone: tone[0],
)


@given(sounds)
def test_the_parts_agree_with_numpy_s_fourier_transform(sound: list[float]) -> None:
    n = len(sound)
    transform = np.fft.rfft(sound)
    for turns in range(1, (n + 1) // 2):
        sine, cosine = w.parts(sound, turns)
        assert sine == pytest.approx(-2 / n * transform[turns].imag, abs=1e-9)
        assert cosine == pytest.approx(2 / n * transform[turns].real, abs=1e-9)
        assert w.strength(sound, turns) == pytest.approx(2 / n * abs(transform[turns]), abs=1e-9)


@given(tones)
def test_analysis_finds_the_tones_that_were_put_in(made: list[tuple[int, float, float]]) -> None:
    sound = w.samples([list(tone) for tone in made], 16)
    assert sound == pytest.approx(
        sum(a * np.sin(2 * np.pi * k * np.arange(16) / 16 + np.radians(s)) for k, a, s in made)
    )
    for k, a, begin in made:
        assert w.strength(sound, k) == pytest.approx(a)
        apart = (w.start(sound, k) - begin) % 360
        assert min(apart, 360 - apart) == pytest.approx(0, abs=1e-6)
    silent = set(range(1, 8)) - {k for k, _, _ in made}
    assert all(w.strength(sound, k) == pytest.approx(0, abs=1e-9) for k in silent)


@given(tones, st.floats(-180, 180))
def test_other_starts_change_neither_strengths_nor_the_mean_square(
    made: list[tuple[int, float, float]], turn: float
) -> None:
    one = w.samples([[k, a, s] for k, a, s in made], 16)
    other = w.samples([[k, a, s + turn] for k, a, s in made], 16)
    assert [w.strength(one, k) for k in range(1, 8)] == pytest.approx(
        [w.strength(other, k) for k in range(1, 8)]
    )
    assert w.mean_square(one) == pytest.approx(sum(a * a / 2 for _, a, _ in made))  # Parseval
    assert w.mean_square(other) == pytest.approx(w.mean_square(one))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"tones": [], "guess": []}, r"tones: expected \[turns, strength, start\]"),
        ({"tones": [[4, 1, 0]], "guess": [0]}, "0 < turns < 4"),
        ({"tones": [[1.5, 1, 0]], "guess": [0]}, "tones: expected"),
        ({"tones": [[1, 1]], "guess": [0]}, "tones: expected"),
        ({"tones": [[1, 1, 0]], "guess": []}, "guess: expected 1 starts"),
        ({"tones": [[1, 1, 0]], "guess": [0], "n": 3}, "n: expected at least 4"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(AuthorError, match=told):
        w.spectrogram_example(**arguments)


def test_the_example_shows_its_steps() -> None:
    html = w.spectrogram_example(A, GUESS)
    assert html.count("<table") == html.count("</table>") == 4
    assert '<th scope="row">sum</th><td></td><td></td><td>8.00</td><td></td>' in html
    assert '<th scope="row">1 turn</th><td>0.00</td><td>2.00</td><td>2.00</td>' in html


def test_the_chapter_quotes_the_numbers_that_the_code_gives() -> None:
    prose = CHAPTER.read_text("utf-8")
    assert f"spectrogram_example({A}, guess={GUESS})" in prose
    a, b = w.samples(A, 8), w.samples(B, 8)
    by_formula = [2 * math.sin(math.radians(45 * i)) + math.sin(math.radians(90 * i)) for i in range(8)]
    assert a == pytest.approx(by_formula)
    apart = [x - y for x, y in zip(a, b)]
    assert (
        f"mean square of A is {w.mean_square(a):.2f}, that of the difference {w.mean_square(apart):.2f}"
        in (" ".join(prose.split()))
    )
    assert w.mean_square(apart) == pytest.approx(2 * w.mean_square(a))  # "twice as wrong as silence"
    assert [round(w.strength(b, k), 9) for k in (1, 2, 3)] == [2, 1, 0]
    c = [2 * math.cos(math.radians(45 * i)) - math.cos(math.radians(90 * i)) for i in range(8)]
    assert [round(w.strength(c, k), 9) for k in (1, 2, 3)] == [2, 1, 0]
    assert f"$2 - 1 = {c[0]:.0f}$, against {a[0]:.0f} in A and {b[0]:.0f} in B" in prose


def test_the_figure_draws_the_sixteen_samples() -> None:
    spots = re.findall(r'<circle class="hue-(\d)" cx="([\d.]+)" cy="([\d.]+)"', FIGURE.read_text("utf-8"))
    assert len(spots) == 16
    for hue, middle, made in (("1", 86, A), ("2", 252, B)):
        drawn = [(middle - float(y)) / 19 for h, _, y in spots if h == hue]
        assert drawn == pytest.approx(w.samples(made, 8), abs=0.01)
