"""The Fréchet example against NumPy's matrix roots, brute force over all draws, and its chapter's prose."""

import ast
import math
import re
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.examples import frechet as f
from macros.text import AuthorError

CHAPTER = Path(__file__).parents[3] / "docs" / "images" / "gan-vae-or-diffusion.md"
TEXT = CHAPTER.read_text(encoding="utf-8")
Points = list[list[float]]
REAL: Points = [[5, 1.5], [5, -1.5], [-5, 1.5], [-5, -1.5]]
SETS: dict[str, Points] = {
    "collapsed": [[6, 1.5], [4, 1.5], [6, -1.5], [4, -1.5]],
    "blurred": [[7, 0], [1, 0], [-1, 0], [-7, 0]],
    "pale": [[4, 1.5], [4, -1.5], [-4, 1.5], [-4, -1.5]],
    "matched": [[7, 1.5], [1, -1.5], [-1, -1.5], [-7, 1.5]],
}
FIGURES = ("precision-recall-balls.svg", "noise-to-pictures.svg")
GRAY: Points = [[0, 0], [0, 0]]
NUMBER = st.floats(-8, 8).map(lambda x: round(x, 2))
POINTS = st.lists(st.lists(NUMBER, min_size=2, max_size=2), min_size=2, max_size=6)


def root(matrix: Any) -> Any:
    """The root of a symmetric positive matrix, by its eigenvectors."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(np.sqrt(np.maximum(values, 0))) @ vectors.T


def oracle(real: Points, made: Points) -> float:
    """The same distance with matrices: Tr((AB)^½) = Tr((A^½ B A^½)^½), a root of a symmetric matrix."""
    a, b = (np.cov(np.array(p).T, bias=True) for p in (real, made))
    gap = np.mean(real, axis=0) - np.mean(made, axis=0)
    return float(gap @ gap + np.trace(a + b - 2 * root(root(a) @ b @ root(a))))


@given(POINTS, POINTS)
def test_distance_agrees_with_matrix_roots(real: Points, made: Points) -> None:
    assert math.isclose(sum(f.frechet(real, made)), oracle(real, made), rel_tol=1e-6, abs_tol=1e-5)


@given(POINTS, POINTS)
def test_distance_is_symmetric_and_never_negative(real: Points, made: Points) -> None:
    there, back = f.frechet(real, made), f.frechet(made, real)
    assert there == pytest.approx(back, abs=1e-6)
    assert min(there) >= 0


@given(POINTS, st.tuples(NUMBER, NUMBER))
def test_a_shift_of_all_points_costs_its_squared_length(points: Points, by: tuple[float, float]) -> None:
    moved = [[x + by[0], y + by[1]] for x, y in points]
    means, spreads = f.frechet(points, moved)
    assert math.isclose(means, by[0] ** 2 + by[1] ** 2, rel_tol=1e-9, abs_tol=1e-9)
    assert spreads == pytest.approx(0, abs=1e-5)


@given(POINTS, st.floats(0, 6.3))
def test_turning_both_sets_changes_nothing(points: Points, angle: float) -> None:
    def turned(rows: Points) -> Points:
        c, s = math.cos(angle), math.sin(angle)
        return [[c * x - s * y, s * x + c * y] for x, y in rows]

    before = sum(f.frechet(REAL, points))
    assert sum(f.frechet(turned(REAL), turned(points))) == pytest.approx(before, abs=1e-5)


@given(POINTS, POINTS)
def test_covered_agrees_with_a_table_of_distances(points: Points, by: Points) -> None:
    apart = np.linalg.norm(np.array(by)[:, None] - np.array(by)[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    to = np.linalg.norm(np.array(points)[:, None] - np.array(by)[None], axis=2)
    slack = to - apart.min(axis=1)
    expected = (slack <= 0).any(axis=1)
    clear = (abs(slack) > 1e-9).all(axis=1)  # a point on the edge may fall on either side by rounding
    got = np.array(f.covered(points, by))
    assert (got == expected)[clear].all()


@given(POINTS)
def test_a_copy_is_perfect_in_all_three(points: Points) -> None:
    assert sum(f.frechet(points, points)) == pytest.approx(0, abs=1e-5)
    assert f.share(f.covered(points, points)) == 1


@pytest.mark.parametrize("made", [REAL, SETS["pale"], SETS["blurred"]])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_expected_distance_equals_the_mean_over_all_ordered_draws(made: Points, n: int) -> None:
    every = [oracle(REAL, list(draw)) for draw in product(made, repeat=n)] if n > 1 else None
    if every is None:
        every = [sum(f.frechet(REAL, [point])) for point in made]
    assert f.expected_frechet(REAL, made, n) == pytest.approx(sum(every) / len(every), abs=1e-6)


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_the_draws_have_probability_one(n: int) -> None:
    assert sum(weight for _, weight in f.draws(REAL, n)) == pytest.approx(1)


def test_the_order_of_points_does_not_matter() -> None:
    values = {round(sum(f.frechet(REAL, list(p))), 9) for p in permutations(SETS["blurred"])}
    assert values == {2.25}


def test_the_four_sets_score_as_the_chapter_says() -> None:
    distances = {name: f.frechet(REAL, made) for name, made in SETS.items()}
    assert distances == {"collapsed": (25, 16), "blurred": (0, 2.25), "pale": (0, 1), "matched": (0, 0)}
    assert [f.share(f.covered(made, REAL)) for made in SETS.values()] == [1, 0.5, 1, 0.5]
    assert [f.share(f.covered(REAL, made)) for made in SETS.values()] == [0.5, 1, 1, 1]
    assert sum(f.frechet(REAL, GRAY)) == 27.25


def calls(name: str) -> list[dict[str, Any]]:
    """The arguments of each call of a macro in the chapter."""
    found = re.findall(rf"\{{\{{ ({name}\(.*\)) \}}\}}", TEXT)
    trees: list[Any] = [ast.parse(call, mode="eval").body for call in found]
    return [{k.arg: ast.literal_eval(k.value) for k in tree.keywords} for tree in trees]


def test_the_chapter_shows_these_sets() -> None:
    distance, neighbors = calls("frechet_example")
    assert distance["real"] == neighbors["real"] == REAL
    assert dict(zip(neighbors["names"], neighbors["made"], strict=True)) == SETS
    assert distance["names"] == ["collapsed", "blurred", "pale"]
    assert distance["made"] == [SETS[name] for name in distance["names"]]
    html = f.frechet_example(**distance)
    for row in ("25.00</td><td>16.00</td><td>41.00", "0.00</td><td>2.25</td><td>2.25"):
        assert row in html
    assert "(5,\u00a00)</td><td>(1,\u00a02.25)</td><td>0.00" in html
    assert "<td>2 of 4, 0.50</td><td>4 of 4, 1.00</td>" in f.frechet_example(**neighbors)


def test_the_prose_quotes_the_sample_sizes_that_are_computed() -> None:
    (call,) = calls("sample_size_example")
    html = f.sample_size_example(**call)
    sentence = re.search(r"With two pictures, gray beats perfection.*", TEXT)
    assert sentence
    quoted = re.findall(r"\d+\.\d+", sentence[0])
    computed = [
        f.expected_frechet(REAL, GRAY, 2),
        f.expected_frechet(REAL, REAL, 2),
        f.expected_frechet(REAL, SETS["pale"], 4),
        f.expected_frechet(REAL, REAL, 4),
    ]
    assert quoted == [f"{x:.2f}" for x in computed]
    assert all(number in html for number in quoted)
    perfect, pale, gray = ([f.expected_frechet(REAL, s, n) for n in (2, 4, 8)] for s in call["made"])
    assert perfect[0] > gray[0] and perfect[1] > pale[1] and perfect[2] < pale[2] < gray[2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"names": ["a", "b"]}, "names: expected one for each of 1 sets, got 2"),
        ({"made": [[[1, 2]]]}, "pale: expected at least 2 points, got 1"),
        ({"real": [[1, 2], [3]]}, "real, point 2: expected 2 finite numbers, got [3]"),
        ({"real": [[1, 2], [3, math.nan]]}, "real, point 2: expected 2 finite numbers"),
        ({"show": "all"}, 'show: expected "distance" or "neighbors", got "all"'),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], told: str) -> None:
    good = {"real": REAL, "made": [SETS["pale"]], "names": ["pale"]}
    with pytest.raises(AuthorError, match=re.escape(told)):
        f.frechet_example(**{**good, **change})


@pytest.mark.parametrize("size", [0, 17, 2.5])
def test_a_wrong_sample_size_is_named(size: Any) -> None:
    with pytest.raises(AuthorError, match="sizes: expected whole numbers from 1 to 16"):
        f.sample_size_example(REAL, [REAL], ["perfect"], [2, size])


def drawing(name: str) -> str:
    return (CHAPTER.parents[1] / "assets" / "figures" / name).read_text(encoding="utf-8")


def test_the_figure_of_balls_has_the_radii_of_the_example() -> None:
    """15 units of the drawing are one tenth; the first four balls are the real ones."""
    radii = [float(r) / 15 for r in re.findall(r'class="line-\d"[^>]* r="([\d.]+)"', drawing(FIGURES[0]))]
    expected = [
        min(math.dist(p, q) for q in points if q != p) for points in (REAL, SETS["blurred"]) for p in points
    ]
    assert radii == pytest.approx(expected, abs=0.01)


def test_the_figure_of_paths_ends_where_its_finding_says() -> None:
    """Panels lie around 80, 240 and 400; 42 units are the distance of a picture from gray."""
    lines = re.findall(r'<polyline class="line-\d" points="([\d., ]+)"', drawing(FIGURES[1]))
    ends = [
        tuple((float(x.split(",")[0]) - center) / 42 for x in (line.split()[0], line.split()[-1]))
        for line, center in zip(lines, [c for c in (80, 240, 400) for _ in range(8)], strict=True)
    ]
    gan, vae, diffusion = ends[:8], ends[8:16], ends[16:]
    assert all(abs(end - 1) < 0.25 for _, end in gan)
    assert all(start == pytest.approx(end, abs=0.01) for start, end in vae)
    assert all(end == pytest.approx(math.copysign(1, start), abs=0.01) for start, end in diffusion)
