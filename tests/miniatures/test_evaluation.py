"""Losses by windows are those of a loop over single predictions, and every one had enough before it."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from miniatures.evaluation import RANGE, best_temperature, bits_per_character, token_losses
from miniatures.gpt import GPT, Size

VOCABULARY, LONGEST = 7, 12


def seen(logits_of: Tensor) -> Tensor:
    """A model that tells by its loss how many tokens it sees: it gives token 0 the probability e^−n."""
    counts = torch.arange(1, logits_of.shape[1] + 1).double()
    zero = -counts
    one = torch.log1p(-zero.exp())
    return torch.stack([zero, one], dim=-1).expand(len(logits_of), -1, -1)


@pytest.fixture(scope="module")
def small() -> GPT:
    torch.manual_seed(0)
    model = GPT(Size(vocabulary=VOCABULARY, context=LONGEST, layers=2, heads=2, width=8)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.3)
    return model


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], int, int, int]:
    tokens = draw(st.lists(st.integers(0, VOCABULARY - 1), min_size=2, max_size=50))
    context = draw(st.integers(1, LONGEST))
    return tokens, context, draw(st.integers(1, context)), draw(st.integers(1, 5))


@given(cases())
def test_losses_are_those_of_a_loop_over_single_predictions(
    small: GPT, case: tuple[list[int], int, int, int]
) -> None:
    tokens, context, stride, batch = case
    predictions = len(tokens) - 1
    last = max(0, predictions - context)  # where the last window starts
    expected = []
    for at in range(predictions):  # the token after tokens[at], in the first window that has it
        start = next(
            begin for number in range(predictions) if at < (begin := min(number * stride, last)) + context
        )
        with torch.no_grad():
            logits = small(torch.tensor([tokens[start : at + 1]]))[0, -1]
        expected.append(F.cross_entropy(logits, torch.tensor(tokens[at + 1])))
    found = token_losses(small, tokens, context, stride, batch)
    torch.testing.assert_close(found, torch.stack(expected), rtol=1e-4, atol=1e-5)


@given(cases())
def test_every_counted_token_sees_as_much_as_is_said(case: tuple[list[int], int, int, int]) -> None:
    tokens, context, stride, batch = case
    counts = token_losses(seen, [0] * len(tokens), context, stride, batch).round().int().tolist()
    assert len(counts) == len(tokens) - 1
    for number, count in enumerate(counts):
        assert min(number + 1, context - stride + 1) <= count <= min(number + 1, context)


@pytest.mark.parametrize("stride", [0, -1, 9])
def test_a_stride_that_leaves_tokens_out_is_refused(stride: int) -> None:
    with pytest.raises(ValueError, match=f"stride {stride}: .*Remedy: 1 to 8"):
        token_losses(seen, [0] * 30, 8, stride)


def test_a_fair_coin_costs_a_bit() -> None:
    assert bits_per_character(torch.full((6,), math.log(2)), 3) == pytest.approx(2.0)


def written(model: GPT, temperature: float, length: int = 4000) -> list[int]:
    """A text that the model wrote with a window of 4 and this temperature."""
    chance = torch.Generator().manual_seed(1)
    text = [0]
    with torch.no_grad():
        for _ in range(length):
            logits = model(torch.tensor([text[-4:]]))[0, -1] / temperature
            text.append(int(torch.multinomial(logits.softmax(-1), 1, generator=chance)))
    return text


def test_the_best_temperature_is_the_one_that_a_text_was_written_with(small: GPT) -> None:
    text = written(small, 1.4)
    # With 3 of 4 tokens in view the model is nearly the one that wrote the text.
    assert best_temperature(small, text, 4) == pytest.approx(1.4, rel=0.1)


def test_the_best_temperature_is_that_of_a_search_over_a_grid(small: GPT) -> None:
    text = written(small, 1.2, 300)
    halves = [text[start : start + 5] for start in range(0, len(text) - 4, 2)]

    def loss(temperature: float) -> float:
        with torch.no_grad():
            logits = torch.stack([small(torch.tensor([window[:4]]))[0, 2:] for window in halves])
        wanted = torch.tensor([window[3:] for window in halves])
        return F.cross_entropy(logits.flatten(0, 1) / temperature, wanted.flatten()).item()

    found = best_temperature(small, text, 4, batch=7)
    assert found == pytest.approx(min((step / 1000 for step in range(500, 2000)), key=loss), abs=0.002)


@pytest.mark.parametrize("sharper", [0.5, 2.0])
def test_a_model_with_larger_logits_needs_a_temperature_larger_by_as_much(small: GPT, sharper: float) -> None:
    text = written(small, 1.0, 300)
    plain = best_temperature(small, text, 4)
    expected = min(max(plain * sharper, RANGE[0]), RANGE[1])
    assert best_temperature(lambda x: small(x) * sharper, text, 4) == pytest.approx(expected, rel=1e-4)
