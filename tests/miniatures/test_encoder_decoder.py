"""The encoder-decoder: what span corruption takes out, and where a fresh model looks."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from miniatures.encoder_decoder import (
    CORRUPTED,
    NEIGHBORS,
    EncoderDecoderFamily,
    corrupt,
    corrupted_batch,
)
from miniatures.tokenization import END, PAD, SENTINELS, SPECIAL
from miniatures.training import Recipe

END_ID, PAD_ID = SPECIAL.index(END), SPECIAL.index(PAD)
MARKS = [SPECIAL.index(mark) for mark in SENTINELS]
RECIPE = Recipe("encoder-decoder", "encoder-decoder", 8, 2, 128, 6e-3, 0.02, dropout=0.0)


def filled(source: list[int], target: list[int]) -> list[int]:
    """The source with each sentinel replaced by what follows it in the target."""
    spans: dict[int, list[int]] = {}
    for token in target[:-1]:
        if token in MARKS:
            spans[token] = last = []
        else:
            last.append(token)
    return [kept for token in source[:-1] for kept in spans.get(token, [token])]


@given(st.lists(st.integers(len(SPECIAL), 2047), min_size=8, max_size=200), st.integers(0, 2**32))
def test_what_was_cut_out_stands_in_the_target(tokens: list[int], seed: int) -> None:
    source, target = corrupt(tokens, torch.Generator().manual_seed(seed))
    assert source[-1] == target[-1] == END_ID
    assert filled(source, target) == tokens
    marks = [token for token in target if token in MARKS]
    assert marks == MARKS[: len(marks)] and marks[:-1] == [token for token in source if token in MARKS]
    cut = len(target) - len(marks) - 1
    assert cut == max(1, round(len(tokens) * CORRUPTED))


@given(st.integers(8, 160), st.integers(0, 2**32))
def test_all_rows_of_a_batch_are_equally_long_and_the_decoder_reads_one_behind(width: int, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    windows = torch.randint(len(SPECIAL), 2048, (3, width), generator=chance)
    source, read, wanted = corrupted_batch(windows, chance)
    assert (read[:, 0] == PAD_ID).all() and torch.equal(read[:, 1:], wanted[:, :-1])
    for row, (there, here) in zip(windows.tolist(), zip(source.tolist(), wanted.tolist())):
        assert filled(there, here) == row


@pytest.fixture
def begun() -> Any:
    torch.manual_seed(0)
    return EncoderDecoderFamily().build(RECIPE).eval()


@torch.no_grad()
def test_each_head_of_a_fresh_encoder_looks_at_its_neighbor(begun: Any) -> None:
    bias = begun.encoder.bias(40)[0]
    for head, back in enumerate(NEIGHBORS):
        here = torch.arange(5, 35)
        assert (bias[head].argmax(-1)[here] == here - back).all()


@torch.no_grad()
def test_a_mark_in_a_fresh_decoder_finds_itself_in_the_encoder(begun: Any) -> None:
    """Before any training most of the weight goes to the right one of about 110 places."""
    chance = torch.Generator().manual_seed(0)
    windows = torch.randint(len(SPECIAL), 2048, (8, 128), generator=chance)
    source, _, wanted = corrupted_batch(windows, chance)
    memory = begun.encoder(begun.tokens(source))
    block = begun.decoder.blocks[0]
    x = begun.tokens(wanted)
    y = block.norm_1(x)
    y = block.norm_2(x + block.attention(y, y, begun.decoder.bias(x.shape[1])))
    q, k = (
        project(given).unflatten(-1, (6, -1)).transpose(1, 2)
        for project, given in ((block.cross.query, y), (block.cross.key, memory))
    )
    weights = (q @ k.transpose(2, 3)).softmax(-1)  # (B, H, T, S)
    marks = torch.isin(wanted, torch.tensor(MARKS)) & torch.isin(wanted, source)
    same = wanted[:, None, :, None] == source[:, None, None, :]
    found = (weights * same).sum(-1).mean(1)[marks]
    assert found.mean() > 0.5
