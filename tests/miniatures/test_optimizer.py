"""Muon against the singular value decomposition and against PyTorch's own; the schedule by its ends."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from miniatures.optimizer import Muon, optimizers, orthogonalize, rate

SIDES = st.integers(1, 40)


def conditioned(rows: int, columns: int, scale: float, seed: int) -> Tensor:
    """A matrix with random singular vectors and singular values between 0.1 and 1, times `scale`."""
    chance = torch.Generator().manual_seed(seed)
    u, _, v = torch.linalg.svd(torch.randn(rows, columns, generator=chance), full_matrices=False)
    return scale * (u * (0.1 + 0.9 * torch.rand(len(v), generator=chance))) @ v


@given(rows=SIDES, columns=SIDES, scale=st.sampled_from([1e-4, 1.0, 300.0]), seed=st.integers(0, 2**32))
def test_singular_values_come_close_to_one_and_singular_vectors_stay(
    rows: int, columns: int, scale: float, seed: int
) -> None:
    matrix = conditioned(rows, columns, scale, seed)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    seen = u.T @ orthogonalize(matrix) @ v.T  # diagonal exactly if the vectors are the same
    values = seen.diagonal()
    assert values.min() >= 0.5 and values.max() <= 1.3
    assert (seen - torch.diag(values)).abs().max() < 1e-3


@given(rows=SIDES, columns=SIDES, seed=st.integers(0, 2**32))
def test_a_matrix_and_its_transpose_are_treated_alike(rows: int, columns: int, seed: int) -> None:
    matrix = conditioned(rows, columns, 1.0, seed)
    torch.testing.assert_close(orthogonalize(matrix.T), orthogonalize(matrix).T, atol=1e-4, rtol=1e-3)


def test_a_matrix_of_zeros_stays_one() -> None:
    assert not orthogonalize(torch.zeros(3, 5)).any()


@pytest.mark.parametrize(("rows", "columns"), [(12, 20), (40, 10), (16, 16)])
def test_steps_are_those_of_the_optimizer_in_torch(rows: int, columns: int) -> None:
    mine, theirs = (nn.Parameter(conditioned(rows, columns, 1.0, 1)) for _ in range(2))
    start = mine.detach().clone()
    ours = Muon([mine], lr=0.02, momentum=0.95, decay=0.1)
    reference = torch.optim.Muon([theirs], lr=0.02, momentum=0.95, weight_decay=0.1, nesterov=True)
    for seed in range(2, 6):
        for weight, optimizer in ((mine, ours), (theirs, reference)):
            weight.grad = conditioned(rows, columns, 1.0, seed)
            optimizer.step()
    # The reference computes in bfloat16, which has three significant digits.
    assert (mine - theirs).norm() < 0.03 * (theirs - start).norm()


def test_a_parameter_without_gradient_stays() -> None:
    weight = nn.Parameter(torch.ones(2, 2))
    Muon([weight], lr=0.1, decay=0.5).step()
    assert torch.equal(weight, torch.ones(2, 2))


def test_each_parameter_has_exactly_one_optimizer() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2))
    both = optimizers(model, ["0.weight", "2.weight"], lr=1e-3, muon_lr=0.02, decay=0.1)
    held = [[weight for group in found.param_groups for weight in group["params"]] for found in both]
    assert [type(found) for found in both] == [torch.optim.AdamW, Muon]
    assert {id(weight) for weight in held[1]} == {id(model[0].weight), id(model[2].weight)}
    assert sorted(id(weight) for weight in [*held[0], *held[1]]) == sorted(map(id, model.parameters()))
    assert [type(found) for found in optimizers(model, [], 1e-3, 0.02, 0.1)] == [torch.optim.AdamW]


@given(warmup=st.integers(1, 50), more=st.integers(1, 200))
def test_the_rate_rises_in_a_line_to_its_peak_and_falls_in_a_line_to_almost_zero(
    warmup: int, more: int
) -> None:
    steps = warmup + more
    rates = [rate(step, steps, warmup) for step in range(steps)]
    assert rates[0] == pytest.approx(1 / warmup)
    assert rates[warmup - 1] == rates[warmup] == max(rates) == 1
    assert rates[-1] == pytest.approx(1 / more)
    rises = [after - before for before, after in pairwise(rates[:warmup])]
    falls = [before - after for before, after in pairwise(rates[warmup:])]
    assert rises == pytest.approx([1 / warmup] * len(rises))
    assert falls == pytest.approx([1 / more] * len(falls))
    assert rate(steps, steps, warmup) == 0
