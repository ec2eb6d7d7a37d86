"""Worked example: a sound of eight samples, the strengths of its tones, and what they leave out.

Shapes: a sound is n samples; a tone is (turns, strength, start): whole turns in n samples, start in degrees
of a sine, so that 90 begins at the peak. The numbers on the page were set by hand.
Source: the discrete Fourier transform, as in any book on signals; a spectrogram keeps its strengths only.
"""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, pi, radians, sin

from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError

Vector = list[float]


def samples(tones: list[Vector], n: int) -> Vector:
    """Add up the tones at n moments: strength · sin(360° · turns · i / n + start)."""
    return [sum(a * sin(2 * pi * k * i / n + radians(start)) for k, a, start in tones) for i in range(n)]


def parts(sound: Vector, turns: int) -> tuple[float, float]:
    """Give the sine part and the cosine part of one tone, for 0 < turns < n / 2."""
    n = len(sound)
    angles = [2 * pi * turns * i / n for i in range(n)]
    return (
        2 / n * sum(x * sin(angle) for x, angle in zip(sound, angles)),
        2 / n * sum(x * cos(angle) for x, angle in zip(sound, angles)),
    )


def strength(sound: Vector, turns: int) -> float:
    """Give what a spectrogram keeps of a tone: the length of (sine part, cosine part)."""
    return hypot(*parts(sound, turns))


def start(sound: Vector, turns: int) -> float:
    """Give what a spectrogram drops: where the tone begins, in degrees of a sine."""
    sine, cosine = parts(sound, turns)
    return degrees(atan2(cosine, sine))


def mean_square(sound: Vector) -> float:
    """Give the mean of the squared samples."""
    return sum(x * x for x in sound) / len(sound)


def spectrogram_example(tones: list[list[float]], guess: list[float], n: int = 8) -> str:
    """One column of a spectrogram by hand, and a second sound that has the same column.

    tones: one [turns, strength, start] each; guess: another start for each tone; n: number of samples.

    Example: {{ spectrogram_example([[1, 2, 0], [2, 1, 0]], guess=[90, 90]) }}
    """
    _check(tones, guess, n)
    sound = samples(tones, n)
    other = samples([[k, a, g] for (k, a, _), g in zip(tones, guess)], n)
    first = int(tones[0][0])
    wave = samples([[first, 1, 0]], n)
    products = [x * w for x, w in zip(sound, wave)]
    rows = [*numbers(zip(sound, wave, products, other)), ["", "", number(sum(products)), ""]]
    turns = range(1, (n + 1) // 2)
    tables = [
        step(
            "Step 1: two sounds, and the first measured against a sine",
            ["sample", "A", f"sine of tone {first}", "A · sine", "B"],
            [*map(str, range(n)), "sum"],
            rows,
        )
    ]
    for place, name, x in ((2, "A", sound), (3, "B", other)):
        tables.append(
            step(
                f"Step {place}: the tones of {name}",
                ["tone", "sine part", "cosine part", "strength"],
                [f"{k} {'turn' if k == 1 else 'turns'}" for k in turns],
                numbers([*parts(x, k), strength(x, k)] for k in turns),
            )
        )
    apart = [x - y for x, y in zip(sound, other)]
    squares = numbers([mean_square(x)] for x in (sound, other, apart))
    tables.append(step("Step 4: mean of the squared samples", ["of", "mean"], ["A", "B", "A − B"], squares))
    return worked("A column of a spectrogram, computed", *tables)


def _check(tones: list[list[float]], guess: list[float], n: int) -> None:
    if not isinstance(n, int) or n < 4:
        raise AuthorError(f"n: expected at least 4 samples, got {n!r}")
    if not tones or any(len(t) != 3 or t[0] != int(t[0]) or not 0 < t[0] < n / 2 for t in tones):
        raise AuthorError(f"tones: expected [turns, strength, start], 0 < turns < {n / 2:g}, got {tones!r}")
    if len(guess) != len(tones):
        raise AuthorError(f"guess: expected {len(tones)} starts in degrees, one a tone, got {guess!r}")
