"""Loss on text that was not trained on, token by token, with enough context before each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

RANGE = 0.5, 2.0  # of temperatures that are tried
LEAST_CONTEXT = 64  # tokens that the model sees before each token that counts, but at the start of the text


@torch.no_grad()
def token_losses(
    model: Callable[[Tensor], Tensor], tokens: Sequence[int], context: int, stride: int, batch: int = 16
) -> Tensor:
    """−ln p of each token after the first, given those before it within the window; nats, shape (N − 1,).

    Windows of `context` tokens start every `stride` tokens; in each but the first only the last `stride`
    predictions count, so that every one of them sees more than `context` − `stride` tokens.
    """
    if not 1 <= stride <= context:
        raise ValueError(
            f"stride {stride}: windows of {context} would leave tokens out. Remedy: 1 to {context}"
        )
    text = torch.as_tensor(tokens)
    losses = torch.empty(len(text) - 1)
    starts = list(range(0, max(1, len(text) - 1 - context + stride), stride))
    # Every window has the full length, the last one too: it starts earlier instead, and counts what is left.
    starts = sorted({min(start, max(0, len(text) - 1 - context)) for start in starts})
    done = 0
    for at in range(0, len(starts), batch):
        group = starts[at : at + batch]
        windows = torch.stack([text[start : start + context + 1] for start in group])
        logits = model(windows[:, :-1])
        found = nn.functional.cross_entropy(logits.transpose(1, 2), windows[:, 1:], reduction="none")
        for start, row in zip(group, found):
            losses[done : start + len(row)] = row[done - start :]
            done = start + len(row)
    return losses


def bits_per_character(losses: Tensor, characters: int) -> float:
    """The sum of the losses (nats) in bits, over the characters that the tokens stand for."""
    return losses.double().sum().item() / math.log(2) / characters


@torch.no_grad()
def best_temperature(
    model: Callable[[Tensor], Tensor], tokens: Sequence[int], context: int, batch: int = 16
) -> float:
    """The temperature at which `tokens` are likeliest (temperature scaling, Guo et al. 2017, section 4.2).

    Over 1 for a model that is too sure of itself. The loss is convex in β, the inverse temperature: its slope
    is the expected logit less that of the token that came, its curvature the variance of the logits. So a few
    steps of Newton's method find its lowest place, here within RANGE. Counted are the last halves of
    whole windows.
    """
    text, half = torch.as_tensor(tokens), context // 2
    starts = range(0, max(1, len(text) - context), context - half)
    inverse = 1.0
    for _ in range(6):
        slope = curvature = 0.0
        for at in range(0, len(starts), batch):
            windows = torch.stack([text[start : start + context + 1] for start in starts[at : at + batch]])
            logits = model(windows[:, :-1])[:, half:].double()
            share = (inverse * logits).softmax(-1)
            expected = (share * logits).sum(-1, keepdim=True)
            came = logits.gather(-1, windows[:, half + 1 :, None])
            slope += (expected - came).sum().item()
            curvature += (share * (logits - expected) ** 2).sum().item()
        inverse = min(max(inverse - slope / curvature, 1 / RANGE[1]), 1 / RANGE[0])
    return 1 / inverse
