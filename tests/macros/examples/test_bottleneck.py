"""The autoencoder example against NumPy's least squares and principal components."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from macros.examples import bottleneck as b
from macros.text import AuthorError

FALLING, BRIGHT = [1.0, -1.0, -1.0, 1.0], [1.0, 1.0, 1.0, 1.0]
DATA = [[0.7, -0.3, -0.3, 0.7], [0.3, -0.7, -0.7, 0.3], [-0.3, 0.7, 0.7, -0.3], [-0.7, 0.3, 0.3, -0.7]]
UPPER, BOLD = [1.0, 1.0, -1.0, -1.0], [1.0, -1.0, -1.0, 1.0]
pixel = st.floats(-2, 2)
picture = st.lists(pixel, min_size=4, max_size=4)


@given(picture, picture)
def test_the_code_is_the_least_squares_solution(x: list[float], direction: list[float]) -> None:
    assume(b.dot(direction, direction) > 1e-3)
    expected = np.linalg.lstsq(np.array([direction]).T, np.array(x), rcond=None)[0]
    assert b.encode(x, [direction]) == pytest.approx(expected, abs=1e-9)


@given(picture)
def test_two_directions_at_right_angles_give_the_projection(x: list[float]) -> None:
    basis = np.array([FALLING, BRIGHT]) / 2
    back = b.decode(b.encode(x, [FALLING, BRIGHT]), [FALLING, BRIGHT])
    assert back == pytest.approx(np.array(x) @ basis.T @ basis, abs=1e-12)


@given(picture)
def test_a_second_pass_changes_nothing(x: list[float]) -> None:
    once = b.decode(b.encode(x, [FALLING]), [FALLING])
    assert b.decode(b.encode(once, [FALLING]), [FALLING]) == pytest.approx(once, abs=1e-12)


def test_the_hand_set_direction_is_the_first_principal_component() -> None:
    _, sizes, rows = np.linalg.svd(np.array(DATA))
    assert abs(rows[0] @ np.array(FALLING)) == pytest.approx(2)
    assert abs(rows[1] @ np.array(BRIGHT)) == pytest.approx(2)
    assert sizes**2 / 4 == pytest.approx([1, 0.16, 0, 0], abs=1e-12)


@given(picture)
def test_no_other_direction_has_a_smaller_error_on_the_four_pictures(direction: list[float]) -> None:
    assume(b.dot(direction, direction) > 1e-3)

    def total(rows: list[list[float]]) -> float:
        return sum(b.squared_error(x, b.decode(b.encode(x, rows), rows)) for x in DATA)

    assert total([direction]) >= total([FALLING]) - 1e-9


def test_a_quarter_of_independent_noise_passes() -> None:
    rng = np.random.default_rng(8)
    noise = rng.normal(size=(20000, 4))
    code = noise @ np.array(FALLING) / 4
    assert np.outer(code, FALLING).var(axis=0).sum() / 4 == pytest.approx(0.25, abs=0.01)


def test_the_anomaly_is_caught_and_the_bold_diagonal_is_not() -> None:
    def errors(rows: list[list[float]]) -> list[float]:
        return [b.squared_error(x, b.decode(b.encode(x, rows), rows)) for x in (*DATA, UPPER, BOLD)]

    assert errors([FALLING]) == pytest.approx([0.16] * 4 + [4, 0])
    assert errors([FALLING, BRIGHT]) == pytest.approx([0] * 4 + [4, 0])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (([], ["a"], [[1]]), "pictures: expected a list of rows"),
        (([[1, 2], [1]], ["a", "b"], [[1, 1]]), "pictures, row 2: expected 2 numbers, got 1"),
        (([[1, math.inf]], ["a"], [[1, 1]]), "pictures, row 1: expected finite numbers"),
        (([[1, 2]], ["a", "b"], [[1, 1]]), "names: expected 1, one for each picture, got 2"),
        (([[1, 2]], ["a"], [[1, 1, 1]]), "directions, row 1: expected 2 numbers, got 3"),
        (([[1, 2]], ["a"], [[1, 1], [1, 0]]), "directions, row 2: expected a row at right angles"),
        (([[1, 2]], ["a"], [[0, 0]]), "directions, row 1: expected a row at right angles"),
    ],
)
def test_wrong_arguments_are_explained(
    arguments: tuple[list[list[float]], list[str], list[list[float]]], told: str
) -> None:
    with pytest.raises(AuthorError, match=told):
        b.autoencoder_example(*arguments)


def test_the_table_shows_code_and_error() -> None:
    html = b.autoencoder_example(DATA, ["a", "b", "c", "d"], [FALLING])
    assert html.count("<td>0.16</td>") == 4
    assert "A code of 1 number for 4 pixels" in html
    assert "A code of 2 numbers" in b.autoencoder_example(DATA, ["a", "b", "c", "d"], [FALLING, BRIGHT])
