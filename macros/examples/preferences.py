"""Worked examples: learning from comparisons of two answers, by a reward model and by DPO.

Rewards and log-probabilities are plain numbers; logarithms are natural, losses in nats.
Sources: Bradley and Terry 1952 (the probability of a preference); Ouyang et al. 2022, section 3.5, equation 1
(loss of a reward model); Rafailov et al. 2023, section 4, equation 7 (DPO).
The policy is the running example's model at one position: a softmax over six logits, one for each word.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, log1p

from macros.examples.attention import softmax
from macros.examples.running import VOCABULARY, next_token
from macros.examples.steps import number, numbers, step, worked
from macros.text import AuthorError


def sigmoid(z: float) -> float:
    """1 / (1 + e^−z), without overflow for large negative z."""
    return 1 / (1 + exp(-z)) if z >= 0 else 1 - 1 / (1 + exp(z))


def preference_loss(difference: float) -> float:
    """−log σ(difference): what a comparison costs when the preferred answer leads by `difference`."""
    return log1p(exp(-abs(difference))) + max(-difference, 0.0)


@dataclass(frozen=True)
class DpoState:
    """One moment of training: the six logits, and what DPO computes from them."""

    logits: list[float]
    chosen_ratio: float  # log π(chosen) − log π_ref(chosen)
    rejected_ratio: float
    margin: float  # β times the difference of the two
    loss: float
    slope: float  # derivative of the loss for the chosen word's logit; the rejected word's has the other sign


def dpo(logits: list[float], reference: list[float], chosen: int, rejected: int, beta: float) -> DpoState:
    """Evaluate the loss −log σ(β (ratio of the chosen − ratio of the rejected)) and its slope.

    logits (V,): of the policy; reference (V,): probabilities of the frozen model.
    """
    policy = softmax(logits)
    up, down = (log(policy[i]) - log(reference[i]) for i in (chosen, rejected))
    margin = beta * (up - down)
    return DpoState(logits, up, down, margin, preference_loss(margin), -beta * sigmoid(-margin))


def train_dpo(
    reference: list[float], chosen: int, rejected: int, beta: float, rate: float, steps: int
) -> list[DpoState]:
    """Descend from the reference itself; in a softmax only the two compared logits have a slope."""
    states = [dpo([log(p) for p in reference], reference, chosen, rejected, beta)]
    for _ in range(steps):
        logits = list(states[-1].logits)
        logits[chosen] -= rate * states[-1].slope
        logits[rejected] += rate * states[-1].slope
        states.append(dpo(logits, reference, chosen, rejected, beta))
    return states


def preference_example(rewards: list[list[float]]) -> str:
    """What a reward model makes of comparisons: probability, loss and slope (Bradley and Terry).

    rewards: for each comparison the reward of the preferred and that of the rejected answer.

    Example: {{ preference_example(rewards=[[1.0, 0.0], [0.0, 1.0]]) }}
    """
    if not isinstance(rewards, list) or not rewards or any(len(pair) != 2 for pair in rewards):
        raise AuthorError(f"rewards: expected pairs [preferred, rejected], got {rewards!r}")
    leads = [better - worse for better, worse in rewards]
    rows = [
        [*(number(r, 1) for r in pair), number(lead, 1), *numbers([values(lead)], 3)[0]]
        for pair, lead in zip(rewards, leads, strict=True)
    ]
    heads = ["case", "preferred", "rejected", "lead", "σ(lead)", "loss", "slope"]
    names = list("ABCDEFGH"[: len(rows)])
    return worked(
        "A reward model, computed", step("Rewards of two answers, and the loss", heads, names, rows)
    )


def values(lead: float) -> list[float]:
    """Probability that the preferred answer wins, its loss, and the loss's slope for the lead."""
    return [sigmoid(lead), preference_loss(lead), sigmoid(lead) - 1]


def dpo_example(prompt: str, chosen: str, rejected: str, beta: float, rate: float, steps: int) -> str:
    """DPO on one comparison of two next words, starting from the running example's model.

    prompt: one to four words of the telegram; chosen, rejected: two words of its vocabulary; beta: tie to the
    reference; rate: learning rate; steps: number of descents.

    Example: {{ dpo_example(prompt="it", chosen="wide", rejected="narrow", beta=0.5, rate=2, steps=1) }}
    """
    for word in (chosen, rejected):
        if word not in VOCABULARY:
            raise AuthorError(f"chosen and rejected: expected one of {', '.join(VOCABULARY)}, got {word!r}")
    pair = VOCABULARY.index(chosen), VOCABULARY.index(rejected)
    states = train_dpo(next_token(tuple(prompt.split())), *pair, beta, rate, steps)
    chances = [softmax(state.logits) for state in states]
    names = [f"{i}" for i in range(steps + 1)]
    ratios = [[s.chosen_ratio, s.rejected_ratio, s.margin, s.loss, s.slope] for s in states]
    heads = ["step", f"log-ratio {chosen}", f"log-ratio {rejected}", "margin", "loss", f"slope {chosen}"]
    return worked(
        "DPO, computed",
        step(f"Log-ratios to the reference, margin (β = {beta:g}), loss", heads, names, numbers(ratios, 3)),
        step(f"p(next word | {prompt})", ["step", *VOCABULARY], names, numbers(chances, 3)),
    )
