"""Worked examples: how far made pictures lie from real ones, by Fréchet distance, precision and recall.

Shapes: a set is n points of two features each; a mean is (2,), a covariance (2, 2).
Units: features in tenths, so that a distance is in hundredths.
Sources: Heusel et al. 2017, section 4 (Fréchet Inception distance); Kynkäänniemi et al. 2019, section 2
(precision and recall by nearest neighbors); Chong and Forsyth 2019 (the distance depends on sample size).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement
from math import dist, factorial, isfinite, prod, sqrt

from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError

Point = Sequence[float]
Points = Sequence[Point]
Matrix = tuple[tuple[float, float], tuple[float, float]]


def mean(points: Points) -> tuple[float, float]:
    """Average the n points, feature by feature: (2,)."""
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def covariance(points: Points) -> Matrix:
    """Give variances and covariance, (2, 2), divided by n (programs divide by n - 1)."""
    mx, my = mean(points)
    xx = sum((x - mx) ** 2 for x, _ in points) / len(points)
    yy = sum((y - my) ** 2 for _, y in points) / len(points)
    xy = sum((x - mx) * (y - my) for x, y in points) / len(points)
    return (xx, xy), (xy, yy)


def root_trace(a: Matrix, b: Matrix) -> float:
    """Give Tr((ab)^½) of two covariances (2, 2), without the root itself.

    ab has eigenvalues u, v ≥ 0, and (√u + √v)² = u + v + 2√(uv) = Tr(ab) + 2√(det a · det b).
    """
    trace = sum(a[i][j] * b[j][i] for i in range(2) for j in range(2))
    determinants = [m[0][0] * m[1][1] - m[0][1] * m[1][0] for m in (a, b)]
    return sqrt(max(trace + 2 * sqrt(max(prod(determinants), 0.0)), 0.0))


def frechet(real: Points, made: Points) -> tuple[float, float]:
    """Give both parts of the distance (section 4): ‖μ₁ - μ₂‖², and Tr(Σ₁ + Σ₂ - 2(Σ₁Σ₂)^½)."""
    return between(mean(real), covariance(real), made)


def between(mu: tuple[float, float], sigma: Matrix, made: Points) -> tuple[float, float]:
    """Give both parts from the moments of the real ones, which stay the same whatever is drawn."""
    other = covariance(made)
    spreads = sum(m[i][i] for m in (sigma, other) for i in range(2)) - 2 * root_trace(sigma, other)
    return dist(mu, mean(made)) ** 2, max(spreads, 0.0)  # rounding may leave -1e-15


def covered(points: Points, by: Points) -> list[bool]:
    """For each point: does a ball around some point of `by`, reaching to its nearest neighbor, hold it?"""
    radii = [min(dist(p, q) for j, q in enumerate(by) if j != i) for i, p in enumerate(by)]
    return [any(dist(p, q) <= radius for q, radius in zip(by, radii, strict=True)) for p in points]


def share(flags: list[bool]) -> float:
    """Give the share that is covered: precision of covered(made, real), recall of covered(real, made)."""
    return sum(flags) / len(flags)


def draws(points: Points, n: int) -> Iterator[tuple[list[Point], float]]:
    """Yield every draw of n points (with replacement, order ignored) and its probability."""
    for sample in combinations_with_replacement(range(len(points)), n):
        orders = factorial(n) / prod(map(factorial, Counter(sample).values()))
        yield [points[i] for i in sample], orders / len(points) ** n


def expected_frechet(real: Points, made: Points, n: int) -> float:
    """Give the mean distance between `real` and n points drawn from `made`: exact, over all draws."""
    mu, sigma = mean(real), covariance(real)
    return sum(weight * sum(between(mu, sigma, sample)) for sample, weight in draws(made, n))


def frechet_example(
    real: list[list[float]], made: list[list[list[float]]], names: list[str], show: str = "distance"
) -> str:
    """Sets of made pictures against the real ones: Fréchet distance, or precision and recall.

    real: points of two features; made: one list of such points a set; names: one name a set;
    show: "distance" (points, moments, parts of the distance) or "neighbors" (precision and recall).

    Example: {{ frechet_example([[5, 1], [-5, -1]], [[[4, 1], [-4, -1]]], ["pale"]) }}
    """
    _check_all(real, made, names)
    if show == "neighbors":
        rows = [[_count(covered(m, real)), _count(covered(real, m))] for m in made]
        return worked("Worked example", step("Who is near whom", ["set", "precision", "recall"], names, rows))
    if show != "distance":
        raise AuthorError(f'show: expected "distance" or "neighbors", got "{show}"')
    sets, parts = [real, *made], [frechet(real, m) for m in made]
    given = [[" ".join(_pair(p) for p in points)] for points in sets]
    moments = []
    for points in sets:
        (xx, xy), (_, yy) = covariance(points)
        moments.append([_pair(mean(points)), _pair((xx, yy)), number(xy)])
    heads = ["set", "means", "variances", "covariance"]
    return worked(
        "Worked example",
        step("Given: direction and ink of each picture", ["set", "pictures"], ["real", *names], given),
        step("Step 1: direction and ink, summarized", heads, ["real", *names], moments),
        step(
            "Step 2: Fréchet distance from the real set",
            ["set", "from the means", "from the spreads", "together"],
            names,
            numbers([[*p, sum(p)] for p in parts]),
        ),
    )


def sample_size_example(
    real: list[list[float]], made: list[list[list[float]]], names: list[str], sizes: list[int]
) -> str:
    """The Fréchet distance that n pictures get on average, for generators that draw from given sets.

    real: points of two features; made: what each generator draws from; names: one name a generator;
    sizes: how many pictures are drawn, at most 16, because all draws are counted.

    Example: {{ sample_size_example([[5, 1], [-5, -1]], [[[5, 1], [-5, -1]]], ["perfect"], [2, 8]) }}
    """
    _check_all(real, made, names)
    if wrong := [n for n in sizes if not isinstance(n, int) or not 1 <= n <= 16]:
        raise AuthorError(f"sizes: expected whole numbers from 1 to 16, got {wrong[0]!r}")
    rows = numbers([[expected_frechet(real, m, n) for n in sizes] for m in made])
    heads = ["pictures drawn", *map(str, sizes)]
    return worked("Worked example", step("Fréchet distance, mean over all draws", heads, names, rows))


def _count(flags: list[bool]) -> str:
    return f"{sum(flags)} of {len(flags)}, {number(share(flags))}"


def _pair(point: Point) -> str:
    """Write '(5, −1.5)' with a space that does not break."""
    x, y = (f"{v:z.4g}".replace("-", "−") for v in point)
    return f"({x},\u00a0{y})"


def _check_all(real: list[list[float]], made: list[list[list[float]]], names: list[str]) -> None:
    if len(names) != len(made):
        raise AuthorError(f"names: expected one for each of {len(made)} sets, got {len(names)}")
    for what, points in [("real", real), *zip(names, made)]:
        _check(what, points)


def _check(what: str, points: list[list[float]]) -> None:
    if len(points) < 2:
        raise AuthorError(f"{what}: expected at least 2 points, got {len(points)}")
    for i, point in enumerate(points, start=1):
        if len(point) != 2 or not all(isinstance(x, int | float) and isfinite(x) for x in point):
            raise AuthorError(f"{what}, point {i}: expected 2 finite numbers, got {point!r}")
