"""An encoder-only Transformer in the layout of BERT (Devlin et al. 2019, sections 3 and 3.1).

B sequences of T tokens, width D, H heads, vocabulary V. Every position attends to all, left and right. It is
trained to give back tokens that were hidden: the masked language model, with the 80/10/10 rule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from miniatures.gpt import begin_nearby
from miniatures.tokenization import CLS, MASK, PAD, SEP, SPECIAL, model_tokenizer
from miniatures.training import Recipe

CHOSEN = 0.15  # part of the tokens that are to be predicted
HIDDEN, RANDOM = 0.8, 0.1  # of those: shown as [MASK], as a random token; the rest is shown as it is
NEIGHBORS = (1, -1, 2, -2, 3, -3)  # places back that the first layer's heads look at before training
EPSILON = 1e-12  # of the layer normalization, as in BERT


@dataclass(frozen=True)
class Size:
    """The shape of a model."""

    vocabulary: int = 2048
    context: int = 128
    layers: int = 4
    heads: int = 6
    width: int = 192
    dropout: float = 0.1


class Attention(nn.Module):
    """Multi-head attention in both directions: (B, T, D) to (B, T, D)."""

    def __init__(self, size: Size):
        super().__init__()
        self.heads = size.heads
        self.query, self.key, self.value, self.out = (nn.Linear(size.width, size.width) for _ in range(4))

    def forward(self, x: Tensor, present: Tensor | None) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (
            project(x).view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )  # each (B, H, T, D/H)
        mask = None if present is None else present[:, None, None, :]
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """One layer, normalized after each sum (post-LN, as in 2017)."""

    def __init__(self, size: Size):
        super().__init__()
        self.attention = Attention(size)
        self.norm_1 = nn.LayerNorm(size.width, eps=EPSILON)
        self.up, self.down = nn.Linear(size.width, 4 * size.width), nn.Linear(4 * size.width, size.width)
        self.norm_2 = nn.LayerNorm(size.width, eps=EPSILON)
        self.drop = nn.Dropout(size.dropout)

    def forward(self, x: Tensor, present: Tensor | None) -> Tensor:
        x = self.norm_1(x + self.drop(self.attention(x, present)))
        return self.norm_2(x + self.drop(self.down(F.gelu(self.up(x)))))


class BERT(nn.Module):
    """Token ids (B, T) to logits (B, T, V) of what stands at each position; one segment only."""

    def __init__(self, size: Size):
        super().__init__()
        self.size = size
        self.tokens = nn.Embedding(size.vocabulary, size.width)
        self.positions = nn.Embedding(size.context, size.width)
        self.segment = nn.Parameter(torch.zeros(size.width))
        self.norm = nn.LayerNorm(size.width, eps=EPSILON)
        self.blocks = nn.ModuleList(Block(size) for _ in range(size.layers))
        self.transform = nn.Linear(size.width, size.width)
        self.transform_norm = nn.LayerNorm(size.width, eps=EPSILON)
        self.bias = nn.Parameter(torch.zeros(size.vocabulary))
        self.drop = nn.Dropout(size.dropout)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, 0.0, 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, tokens: Tensor, present: Tensor | None = None) -> Tensor:
        """`present` (B, T) is False where a shorter sequence was filled up with [PAD]."""
        return self.head(self.encode(tokens, present))

    def encode(self, tokens: Tensor, present: Tensor | None = None) -> Tensor:
        """The last hidden states, (B, T, D)."""
        embedded = self.tokens(tokens) + self.positions.weight[: tokens.shape[1]] + self.segment
        x = self.drop(self.norm(embedded))
        for block in self.blocks:
            x = block(x, present)
        return x

    def head(self, x: Tensor) -> Tensor:
        """Hidden states (…, D) to logits (…, V); the embedding is the output matrix too."""
        return self.transform_norm(F.gelu(self.transform(x))) @ self.tokens.weight.T + self.bias


def hide(tokens: Tensor, chance: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """What the model sees, and which positions it has to predict, both (B, T): the 80/10/10 rule.

    Every ordinary token is chosen with probability 0.15. Special tokens are never chosen, and never put in.
    """
    mask = SPECIAL.index(MASK)
    draw = torch.rand(tokens.shape, generator=chance)
    chosen = (draw < CHOSEN) & (tokens >= len(SPECIAL))
    fate = draw / CHOSEN  # of a chosen token: uniform in [0, 1)
    other = torch.randint(len(SPECIAL), model_tokenizer().get_vocab_size(), tokens.shape, generator=chance)
    seen = torch.where(chosen & (fate < HIDDEN), mask, tokens)
    return torch.where(chosen & (fate >= HIDDEN) & (fate < HIDDEN + RANDOM), other, seen), chosen


def framed(windows: Tensor) -> Tensor:
    """(B, T) token ids between [CLS] and [SEP]: (B, T + 2)."""
    rows = windows.shape[0]
    return torch.cat(
        [torch.full((rows, 1), SPECIAL.index(CLS)), windows, torch.full((rows, 1), SPECIAL.index(SEP))], dim=1
    )


class BERTFamily:
    """How a BERT is trained."""

    def build(self, recipe: Recipe) -> BERT:
        model = BERT(Size(context=recipe.context, dropout=recipe.dropout))
        begin_nearby(model, NEIGHBORS)
        return model

    def loss(self, model: nn.Module, windows: Tensor, recipe: Recipe) -> Tensor:
        assert isinstance(model, BERT)
        return masked_loss(model, windows[:, : recipe.context - 2])

    def tune(self, model: nn.Module, tokens: Sequence[int], characters: int, recipe: Recipe) -> float:
        """Bits per hidden token, the same tokens hidden each time."""
        assert isinstance(model, BERT)
        length = recipe.context - 2
        text = torch.as_tensor(tokens)[: len(tokens) // length * length].view(-1, length)
        chance = torch.Generator().manual_seed(0)
        total, count = 0.0, 0
        with torch.no_grad():
            for rows in text.split(32):
                whole = framed(rows)
                seen, chosen = hide(whole, chance)
                logits = model.head(model.encode(seen)[chosen])
                total += F.cross_entropy(logits, whole[chosen], reduction="sum").item()
                count += int(chosen.sum())
        return total / count / math.log(2)

    def matrices(self, model: nn.Module) -> list[str]:
        # Not under AdamW, whose steps are large for a matrix: the head forgot what comes in, and the loss
        # stayed at that of the words' frequencies.
        inside = ("blocks.", "transform.")
        return [
            name for name, weight in model.named_parameters() if weight.dim() == 2 and name.startswith(inside)
        ]


def masked_loss(model: BERT, windows: Tensor, chance: torch.Generator | None = None) -> Tensor:
    """Cross-entropy at the chosen positions only, nats; (B, T) token ids without [CLS] and [SEP]."""
    whole = framed(windows)
    seen, chosen = hide(whole, chance)
    return F.cross_entropy(model.head(model.encode(seen)[chosen]), whole[chosen])


LAYER = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.out": "attention.output.dense",
    "norm_1": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm_2": "output.LayerNorm",
}
HEAD = {
    "transform": "cls.predictions.transform.dense",
    "transform_norm": "cls.predictions.transform.LayerNorm",
}
EMBEDDINGS = "bert.embeddings."


def to_reference(model: BERT) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """config.json and the tensors in the layout of `BertForMaskedLM`."""
    size, mine = model.size, model.state_dict()
    state = {
        EMBEDDINGS + "word_embeddings.weight": mine["tokens.weight"],
        EMBEDDINGS + "position_embeddings.weight": mine["positions.weight"],
        EMBEDDINGS + "token_type_embeddings.weight": mine["segment"][None],
        EMBEDDINGS + "LayerNorm.weight": mine["norm.weight"],
        EMBEDDINGS + "LayerNorm.bias": mine["norm.bias"],
        "cls.predictions.bias": mine["bias"],
    }
    for kind in ("weight", "bias"):
        state |= {f"{theirs}.{kind}": mine[f"{ours}.{kind}"] for ours, theirs in HEAD.items()}
        for layer in range(size.layers):
            state |= {
                f"bert.encoder.layer.{layer}.{theirs}.{kind}": mine[f"blocks.{layer}.{ours}.{kind}"]
                for ours, theirs in LAYER.items()
            }
    config = {
        "architectures": ["BertForMaskedLM"],
        "model_type": "bert",
        "vocab_size": size.vocabulary,
        "hidden_size": size.width,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "intermediate_size": 4 * size.width,
        "hidden_act": "gelu",
        "hidden_dropout_prob": size.dropout,
        "attention_probs_dropout_prob": 0.0,
        "max_position_embeddings": size.context,
        "type_vocab_size": 1,
        "layer_norm_eps": EPSILON,
        "pad_token_id": SPECIAL.index(PAD),
        "tie_word_embeddings": True,
    }
    return config, state


def from_reference(config: dict[str, Any], state: dict[str, Tensor]) -> BERT:
    """The model of an exported folder, in float32."""
    model = BERT(
        Size(
            vocabulary=config["vocab_size"],
            context=config["max_position_embeddings"],
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            width=config["hidden_size"],
            dropout=config["hidden_dropout_prob"],
        )
    )
    mine = {
        "tokens.weight": state[EMBEDDINGS + "word_embeddings.weight"],
        "positions.weight": state[EMBEDDINGS + "position_embeddings.weight"],
        "segment": state[EMBEDDINGS + "token_type_embeddings.weight"][0],
        "norm.weight": state[EMBEDDINGS + "LayerNorm.weight"],
        "norm.bias": state[EMBEDDINGS + "LayerNorm.bias"],
        "bias": state["cls.predictions.bias"],
    }
    for kind in ("weight", "bias"):
        mine |= {f"{ours}.{kind}": state[f"{theirs}.{kind}"] for ours, theirs in HEAD.items()}
        for layer in range(model.size.layers):
            mine |= {
                f"blocks.{layer}.{ours}.{kind}": state[f"bert.encoder.layer.{layer}.{theirs}.{kind}"]
                for ours, theirs in LAYER.items()
            }
    model.load_state_dict({name: tensor.float() for name, tensor in mine.items()})
    return model.eval()
