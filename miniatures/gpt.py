"""A decoder-only Transformer in the layout of GPT-2 (Radford et al. 2019, section 2.3).

B sequences of T tokens, width D, H heads of D/H, vocabulary V. Each block adds to a stream (B, T, D): first
what causal attention fetched from earlier positions, then what a feed-forward layer made of each position.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from miniatures.tokenization import END, PAD, SPECIAL
from miniatures.training import Recipe, language_model_loss, language_model_tuning

POSITIONS = 0.1  # root mean square of the position vectors at the start: five times that of the tokens
SLOWEST = 10_000.0  # the slowest sinusoid turns by 1 radian in about so many positions
LOOK_BACK = 1.6  # of queries and keys in the first layer: most of a head goes to the place it looks for


@dataclass(frozen=True)
class Size:
    """The shape of a model."""

    vocabulary: int = 2048
    context: int = 256
    layers: int = 4
    heads: int = 6
    width: int = 192
    dropout: float = 0.1


class Attention(nn.Module):
    """Causal multi-head attention (Vaswani et al. 2017, section 3.2): (B, T, D) to (B, T, D)."""

    def __init__(self, size: Size):
        super().__init__()
        self.heads = size.heads
        self.query, self.key, self.value, self.out = (nn.Linear(size.width, size.width) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (
            project(x).view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )  # each (B, H, T, D/H)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """One layer, normalized before each sub-layer (pre-LN)."""

    def __init__(self, size: Size):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(size.width), nn.LayerNorm(size.width)
        self.attention = Attention(size)
        self.up, self.down = nn.Linear(size.width, 4 * size.width), nn.Linear(4 * size.width, size.width)
        self.drop = nn.Dropout(size.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop(self.attention(self.norm_1(x)))
        return x + self.drop(self.down(F.gelu(self.up(self.norm_2(x)), approximate="tanh")))


class GPT(nn.Module):
    """Token ids (B, T) to logits (B, T, V); the embedding is the output matrix too."""

    def __init__(self, size: Size):
        super().__init__()
        self.size = size
        self.tokens = nn.Embedding(size.vocabulary, size.width)
        self.positions = nn.Embedding(size.context, size.width)
        self.blocks = nn.ModuleList(Block(size) for _ in range(size.layers))
        self.norm = nn.LayerNorm(size.width)
        self.drop = nn.Dropout(size.dropout)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                # What adds to the stream starts smaller, so that its variance does not grow with the depth.
                adds = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(weight, 0.0, 0.02 / (2 * size.layers) ** (0.5 if adds else 0))
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.drop(self.tokens(tokens) + self.positions.weight[: tokens.shape[1]])
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


@torch.no_grad()
def cool(model: GPT, temperature: float) -> None:
    """Divides all logits by `temperature`: in the last normalization, as they are linear in its output."""
    model.norm.weight.div_(temperature)
    model.norm.bias.div_(temperature)


@torch.no_grad()
def begin_nearby(model: Any, places: Sequence[int]) -> None:
    """Weights with which heads look, before any training, at places close by and at tokens that are alike.

    `model` has the attributes of GPT; its first layer's head h looks `places`[h] back, or ahead if negative.

    Positions are sinusoids (Vaswani et al. 2017, section 3.5), of which near ones are alike. In each head
    query and key are factors of the identity plus noise, as trained models tend to have them (Trockman and
    Kolter 2023, "Mimetic Initialization of Self-Attention Layers"). Only in the first layer a query is the
    key that the position has so many places before.
    """
    width, length, part = model.size.width, model.size.context, model.size.width // model.size.heads
    speeds = SLOWEST ** -(torch.arange(0, width, 2) / width)  # radians a place
    angles = torch.arange(length)[:, None] * speeds
    model.positions.weight.copy_(POSITIONS * math.sqrt(2) * torch.cat([angles.sin(), angles.cos()], dim=1))
    for layer, block in enumerate(model.blocks):
        for head in range(model.size.heads):
            rows = slice(head * part, (head + 1) * part)
            if layer:
                noise = torch.randn(width, width) / math.sqrt(part)
                left, sizes, right = torch.linalg.svd(0.5 * (torch.eye(width) + noise))
                root = sizes[:part].sqrt()[:, None]
                query, key = root * left[:, :part].T, root * right[:part]
            else:
                query, key = (
                    LOOK_BACK * looking_back(speeds, part, places[head]),
                    LOOK_BACK * looking_back(speeds, part, 0),
                )
            block.attention.query.weight[rows] = query
            block.attention.key.weight[rows] = key


def looking_back(speeds: Tensor, part: int, places: int) -> Tensor:
    """The (part, D) matrix that turns a sum of sinusoids back by so many places, at every second of the
    fastest of the D/2 speeds: sin(w(t - n)) = sin(wt)cos(wn) - cos(wt)sin(wn), and so for the cosine.
    """
    pick = torch.eye(len(speeds))[:part:2]
    turn = pick @ speeds * places
    sin, cos = turn.sin()[:, None] * pick, turn.cos()[:, None] * pick
    return torch.cat([torch.cat([cos, -sin], dim=1), torch.cat([sin, cos], dim=1)])


class GPTFamily:
    """How a GPT is trained."""

    def build(self, recipe: Recipe) -> GPT:
        model = GPT(Size(context=recipe.context, dropout=recipe.dropout))
        begin_nearby(model, range(1, model.size.heads + 1))
        return model

    def loss(self, model: nn.Module, windows: Tensor, recipe: Recipe) -> Tensor:
        return language_model_loss(model, windows)

    def tune(self, model: nn.Module, tokens: Sequence[int], characters: int, recipe: Recipe) -> float:
        return language_model_tuning(model, tokens, characters, recipe.context)

    def matrices(self, model: nn.Module) -> list[str]:
        return [name for name, weight in model.named_parameters() if weight.dim() == 2 and "blocks." in name]


LAYER = {
    "norm_1": "ln_1",
    "attention.out": "attn.c_proj",
    "norm_2": "ln_2",
    "up": "mlp.c_fc",
    "down": "mlp.c_proj",
}


def _names(size: Size) -> dict[str, str]:
    """Our parameter names to those of `GPT2LMHeadModel`, but for query, key and value, which it joins."""
    names = {"tokens.weight": "wte.weight", "positions.weight": "wpe.weight"}
    for kind in ("weight", "bias"):
        names[f"norm.{kind}"] = f"ln_f.{kind}"
        for layer in range(size.layers):
            for ours, theirs in LAYER.items():
                names[f"blocks.{layer}.{ours}.{kind}"] = f"h.{layer}.{theirs}.{kind}"
    return {ours: f"transformer.{theirs}" for ours, theirs in names.items()}


def to_reference(model: GPT) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """config.json and the tensors as in `GPT2LMHeadModel`, whose matrices are (inputs, outputs)."""
    size, mine = model.size, model.state_dict()
    state = {}
    for ours, theirs in _names(size).items():
        turned = mine[ours].dim() == 2 and ".h." in theirs
        state[theirs] = mine[ours].T if turned else mine[ours]
    for layer in range(size.layers):
        for kind in ("weight", "bias"):
            parts = [mine[f"blocks.{layer}.attention.{part}.{kind}"] for part in ("query", "key", "value")]
            whole = torch.cat(parts)
            state[f"transformer.h.{layer}.attn.c_attn.{kind}"] = whole.T if kind == "weight" else whole
    config = {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": size.vocabulary,
        "n_positions": size.context,
        "n_embd": size.width,
        "n_layer": size.layers,
        "n_head": size.heads,
        "activation_function": "gelu_new",
        "resid_pdrop": size.dropout,
        "embd_pdrop": size.dropout,
        "attn_pdrop": 0.0,
        "layer_norm_epsilon": 1e-5,
        "tie_word_embeddings": True,
        "bos_token_id": SPECIAL.index(END),
        "eos_token_id": SPECIAL.index(END),
        "pad_token_id": SPECIAL.index(PAD),
    }
    return config, state


def from_reference(config: dict[str, Any], state: dict[str, Tensor]) -> GPT:
    """The model of an exported folder, in float32."""
    size = Size(
        vocabulary=config["vocab_size"],
        context=config["n_positions"],
        layers=config["n_layer"],
        heads=config["n_head"],
        width=config["n_embd"],
        dropout=config["resid_pdrop"],
    )
    mine = {}
    for ours, theirs in _names(size).items():
        turned = state[theirs].dim() == 2 and ".h." in theirs
        mine[ours] = state[theirs].T if turned else state[theirs]
    for layer in range(size.layers):
        for kind in ("weight", "bias"):
            whole = state[f"transformer.h.{layer}.attn.c_attn.{kind}"]
            for part, tensor in zip(("query", "key", "value"), whole.chunk(3, dim=-1)):
                mine[f"blocks.{layer}.attention.{part}.{kind}"] = tensor.T if kind == "weight" else tensor
    model = GPT(size)
    model.load_state_dict({name: tensor.float() for name, tensor in mine.items()})
    return model.eval()
