import dataclasses

import pytest
import torch

from miniatures.__main__ import RECIPES
from miniatures.gpt import GPT, POSITIONS, GPTFamily, Size, begin_nearby, cool

SIZE = Size(context=64, dropout=0.0)


def begun() -> GPT:
    torch.manual_seed(0)
    model = GPT(SIZE)
    begin_nearby(model, range(1, 7))
    return model.eval()


def looks(model: GPT, layer: int) -> torch.Tensor:
    """Attention weights (H, T, T) of a layer over tokens drawn at random, mask included."""
    torch.manual_seed(1)
    tokens = torch.randint(SIZE.vocabulary, (1, SIZE.context))
    x = model.tokens(tokens) + model.positions.weight
    for block in model.blocks[:layer]:
        x = block(x)
    x, attention = model.blocks[layer].norm_1(x), model.blocks[layer].attention
    q, k = (
        project(x).view(SIZE.context, SIZE.heads, -1).transpose(0, 1)
        for project in (attention.query, attention.key)
    )
    scores = q @ k.transpose(1, 2) / (SIZE.width // SIZE.heads) ** 0.5
    return scores.masked_fill(torch.ones_like(scores).triu(1).bool(), -torch.inf).softmax(-1)


@torch.no_grad()
def test_each_head_of_a_fresh_first_layer_looks_one_place_further_back() -> None:
    weights = looks(begun(), 0)
    for head in range(SIZE.heads):
        back = torch.tensor([weights[head].diagonal(-n).mean() for n in range(12)])
        assert int(back.argmax()) == head + 1
        assert back[head : head + 3].sum() > 0.8, back


@torch.no_grad()
@pytest.mark.parametrize("layer", range(1, SIZE.layers))
def test_the_other_fresh_heads_look_more_at_near_places_than_at_far_ones(layer: int) -> None:
    weights = looks(begun(), layer)
    near = torch.stack([weights.diagonal(-n, 1, 2)[:, 40:].mean(1) for n in range(4)]).mean(0)
    far = torch.stack([weights.diagonal(-n, 1, 2).mean(1) for n in range(20, 24)]).mean(0)
    assert (near > 2 * far).all()


@torch.no_grad()
def test_fresh_positions_are_five_times_as_large_as_fresh_tokens() -> None:
    model = begun()
    assert model.positions.weight.square().mean().sqrt().item() == pytest.approx(POSITIONS)
    assert model.tokens.weight.square().mean().sqrt().item() == pytest.approx(POSITIONS / 5, rel=0.02)


@torch.no_grad()
def test_queries_and_keys_are_the_best_factors_of_identity_and_noise() -> None:
    """The seed's noise is drawn again; what remains of its product is the part that rank D/H cannot hold."""
    size = Size(vocabulary=8, context=4, layers=2, heads=2, width=8)
    torch.manual_seed(5)
    model = GPT(size)
    begin_nearby(model, range(1, 7))
    torch.manual_seed(5)
    GPT(size)
    attention = model.blocks[1].attention
    for head in range(size.heads):
        whole = 0.5 * (torch.eye(8) + torch.randn(8, 8) / 2)
        rows = slice(4 * head, 4 * head + 4)
        product = attention.query.weight[rows].T @ attention.key.weight[rows]
        left_over = torch.linalg.svdvals(whole)[4:].square().sum().sqrt()
        assert torch.linalg.norm(whole - product).item() == pytest.approx(left_over.item(), rel=1e-4)


def test_a_family_builds_the_same_model_again_from_the_same_seed() -> None:
    recipe = dataclasses.replace(RECIPES["gpt"], context=32)
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(GPTFamily().build(recipe).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@torch.no_grad()
def test_a_cooled_model_gives_the_same_logits_divided_by_the_temperature() -> None:
    model = begun()
    tokens = torch.arange(20)[None]
    model.norm.bias.normal_()
    before = model(tokens)
    cool(model, 1.25)
    torch.testing.assert_close(model(tokens), before / 1.25)
