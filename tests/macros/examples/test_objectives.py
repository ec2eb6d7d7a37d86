"""The objectives example against sums written out with NumPy, and against its chapter's prose."""

import ast
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from macros.examples import objectives as o
from macros.text import AuthorError

CHAPTER = Path(__file__).parents[3] / "docs" / "images" / "gan-vae-or-diffusion.md"
TEXT = CHAPTER.read_text(encoding="utf-8")
DATA = [0.5, 0.5, 0.0]
MODELS = {"forgetful": [1.0, 0, 0], "nearly forgetful": [0.98, 0.02, 0], "wasteful": [0.25, 0.25, 0.5]}


@st.composite
def shares(draw: st.DrawFn) -> list[float]:
    weights = draw(st.lists(st.integers(0, 20), min_size=3, max_size=3))
    assume(sum(weights) > 0)
    return [w / sum(weights) for w in weights]


@given(shares(), shares())
def test_jensen_shannon_agrees_with_entropies(p: list[float], q: list[float]) -> None:
    def entropy(x: Any) -> float:
        x = x[x > 0]
        return float(-(x * np.log(x)).sum())

    a, b = np.array(p), np.array(q)
    expected = entropy((a + b) / 2) - (entropy(a) + entropy(b)) / 2
    assert o.jensen_shannon(p, q) == pytest.approx(expected, abs=1e-12)


@given(shares(), shares())
def test_jensen_shannon_is_symmetric_and_at_most_ln_2(p: list[float], q: list[float]) -> None:
    assert o.jensen_shannon(p, q) == pytest.approx(o.jensen_shannon(q, p), abs=1e-12)
    assert -1e-12 <= o.jensen_shannon(p, q) <= math.log(2) + 1e-12


@given(shares(), shares())
def test_log_loss_is_least_for_the_data_themselves(p: list[float], q: list[float]) -> None:
    assert o.log_loss(p, q) >= o.log_loss(p, p) - 1e-12


def test_a_missing_kind_costs_infinitely_much_only_if_it_occurs() -> None:
    assert o.log_loss(DATA, MODELS["forgetful"]) == math.inf
    assert o.log_loss([1, 0, 0], MODELS["forgetful"]) == 0


def test_forgetting_half_and_spoiling_half_diverge_equally() -> None:
    forgetful, _, wasteful = (o.jensen_shannon(DATA, m) for m in MODELS.values())
    assert math.isclose(forgetful, wasteful)


def test_the_chapter_quotes_what_is_computed() -> None:
    (text,) = re.findall(r"\{\{ (objectives_example\(.*\)) \}\}", TEXT)
    tree: Any = ast.parse(text, mode="eval").body
    call = {k.arg: ast.literal_eval(k.value) for k in tree.keywords}
    assert (call["data"], dict(zip(call["names"], call["models"], strict=True))) == (DATA, MODELS)
    html = o.objectives_example(**call)
    assert html.count("infinite") == 1
    for name, quoted in (("nearly forgetful", "1.966"), ("wasteful", "1.386")):
        assert f"{o.log_loss(DATA, MODELS[name]):.3f}" == quoted
        assert f"= {quoted}$" in TEXT and f"<td>{quoted}</td>" in html
    moves = re.search(r"moves only from (\d\.\d+) to (\d\.\d+)", TEXT)
    assert moves
    computed = [o.jensen_shannon(DATA, MODELS[n]) for n in ("forgetful", "nearly forgetful")]
    assert list(moves.groups()) == [f"{x:.3f}" for x in computed]


def test_the_density_of_the_flow_and_the_price_of_the_mixture() -> None:
    at_one = math.exp(-0.5) / math.sqrt(2 * math.pi)
    assert f"= {at_one:.4f}$" in TEXT and f"{at_one:.4f}/5 = {at_one / 5:.4f}$" in TEXT
    values, nats = 256 * 256 * 3, -math.log(0.01)
    assert f"= {nats:.1f}$ nats" in TEXT and f"{values:,} values that is {nats / values:.5f} nats" in TEXT


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"names": []}, "names: expected one for each of 1 models, got 0"),
        ({"data": [1.0]}, "data: expected 2 shares (one for each kind), got 1"),
        ({"models": [[0.9, 0.2]]}, "m: expected shares from 0 to 1 with the sum 1"),
        ({"models": [[1.5, -0.5]]}, "m: expected shares from 0 to 1 with the sum 1"),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], told: str) -> None:
    good: dict[str, Any] = {"kinds": ["a", "b"], "data": [0.5, 0.5], "models": [[0.9, 0.1]], "names": ["m"]}
    with pytest.raises(AuthorError, match=re.escape(told)):
        o.objectives_example(**{**good, **change})
