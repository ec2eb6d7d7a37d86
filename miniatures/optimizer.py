"""Muon for matrices, AdamW for the rest, and the schedule that they share."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

# Coefficients of the quintic Newton-Schulz step in Jordan et al. (2024), "Muon": steep at zero, so that five
# steps bring singular values from anywhere in (0, 1] to between about 0.7 and 1.2.
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonalize(matrix: Tensor, steps: int = 5) -> Tensor:
    """The matrix with its singular values drawn close to 1 and its singular vectors kept; float32.

    `torch.optim.Muon` does this in bfloat16, which takes about forty times as long on processors that have no
    instructions for it.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    if x.shape[1] < 2 * x.shape[0]:
        for _ in range(steps):
            gram = x @ x.T
            x = A * x + (B * gram + C * gram @ gram) @ x
    else:  # the factors (A + B gram + C gram²) are small beside x: multiplied among themselves first
        one = whole = torch.eye(len(x), dtype=x.dtype)
        gram = x @ x.T
        for _ in range(steps):
            factor = A * one + B * gram + C * gram @ gram
            whole, gram = factor @ whole, factor @ gram @ factor
        x = whole @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum whose update is orthogonalized (Jordan et al. 2024), with decoupled weight decay."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, decay: float = 0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step; a matrix moves by about lr · √max(1, rows/columns) in each direction."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(momentum, group["momentum"])
                rows, columns = weight.shape
                weight.mul_(1 - group["lr"] * group["decay"])
                weight.add_(orthogonalize(ahead), alpha=-group["lr"] * max(1, rows / columns) ** 0.5)


def optimizers(
    model: nn.Module, matrices: Iterable[str], lr: float, muon_lr: float, decay: float
) -> list[torch.optim.Optimizer]:
    """Muon for the parameters whose names are in `matrices`, AdamW (0.9, 0.98) for all others."""
    chosen = set(matrices)
    mine = [weight for name, weight in model.named_parameters() if name in chosen]
    rest = [weight for name, weight in model.named_parameters() if name not in chosen]
    found: list[torch.optim.Optimizer] = [torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.98), weight_decay=0.0)]
    if mine:
        found.append(Muon(mine, lr=muon_lr, decay=decay))
    return found


def rate(step: int, steps: int, warmup: int) -> float:
    """The learning rate of step 0 … steps − 1 as a part of its peak: a line up, then a line down to 0."""
    return min((step + 1) / warmup, (steps - step) / (steps - warmup), 1.0)
