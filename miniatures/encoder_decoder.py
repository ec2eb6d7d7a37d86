"""An encoder-decoder Transformer in the layout of T5 (Raffel et al. 2020, sections 2.1 and 3.1.4).

B sequences, S tokens in the encoder and T in the decoder, width D, H heads, vocabulary V. It is trained by
span corruption: short spans are cut out, each leaves a sentinel, and the decoder writes the sentinels with
what belonged there. As in T5 there are no biases, norms only scale, scores are not divided by √(D/H), and the
place of a token is a learned number that each head adds to its scores, by distance.

Other than in T5, which cuts out 15 % in spans of 3, a quarter of the text is cut out, in spans of 2 on
average: more targets a window, and more of them begin a span, for which the decoder needs the encoder. Raffel
et al. (2020, sections 3.3.3 and 3.3.4) saw little difference between rates of 10, 15 and 25 %, and between
spans of 2 to 10.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from miniatures.tokenization import END, PAD, SENTINELS, SPECIAL
from miniatures.training import Recipe

CORRUPTED = 0.25  # part of the tokens that is cut out
SPAN = 2  # tokens of a span, on average, while there are sentinels enough
EPSILON = 1e-6
DEVIATION = 0.02  # of matrices before training
EMBEDDING_DEVIATION = 0.05  # of embeddings: larger, so that a mark can still be told after the first layers
NEAR = 4.0  # what a head adds, before training, to the score of the place that it looks at first
ALIKE = 0.6  # of the same in two places: the factor of the scores of cross-attention before training
NEIGHBORS = (1, -1, 2, -2, 3, -3)  # places back that the encoder's heads look at before training


@dataclass(frozen=True)
class Size:
    """The shape of a model."""

    vocabulary: int = 2048
    layers: int = 2  # of the encoder, and as many of the decoder
    heads: int = 6
    width: int = 192
    inner: int = 640  # of the feed-forward layers
    buckets: int = 32  # of distances
    farthest: int = 128  # distances from here on share a bucket
    dropout: float = 0.1


class Norm(nn.Module):
    """Root-mean-square normalization (Zhang and Sennrich 2019): scales, but subtracts no mean."""

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * self.weight


def bucket(distance: Tensor, both_ways: bool, buckets: int, farthest: int) -> Tensor:
    """The bucket of a distance (key position − query position): each its own when near, then growing.

    With `both_ways` the upper half of the buckets is for keys to the right; without, those all get bucket 0.
    """
    found = torch.zeros_like(distance)
    if both_ways:
        buckets //= 2
        found = (distance > 0).long() * buckets
        distance = distance.abs()
    else:
        distance = (-distance).clamp(min=0)
    exact = buckets // 2
    steps = torch.log(distance.clamp(min=1).float() / exact) / math.log(farthest / exact) * (buckets - exact)
    return found + torch.where(distance < exact, distance, (exact + steps.long()).clamp(max=buckets - 1))


class Attention(nn.Module):
    """Multi-head attention of (B, T, D) over (B, S, D); adds (1, H, T, S) or (B, 1, 1, S) to its scores."""

    def __init__(self, size: Size):
        super().__init__()
        self.heads = size.heads
        self.query, self.key, self.value, self.out = (
            nn.Linear(size.width, size.width, bias=False) for _ in range(4)
        )

    def forward(self, x: Tensor, source: Tensor, added: Tensor | None) -> Tensor:
        q, k, v = (
            project(given).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for project, given in ((self.query, x), (self.key, source), (self.value, source))
        )  # (B, H, T, D/H), and S for k and v
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=added, scale=1.0)
        return self.out(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """Two matrices with a ReLU between them, each position by itself."""

    def __init__(self, size: Size):
        super().__init__()
        self.up = nn.Linear(size.width, size.inner, bias=False)
        self.down = nn.Linear(size.inner, size.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.relu(self.up(x)))


class Block(nn.Module):
    """One layer: attention to itself, in a decoder attention to the encoder, feed-forward; pre-LN."""

    def __init__(self, size: Size, decoder: bool):
        super().__init__()
        self.norm_1, self.attention = Norm(size.width), Attention(size)
        if decoder:
            self.norm_2, self.cross = Norm(size.width), Attention(size)
        self.norm_3, self.feed_forward = Norm(size.width), FeedForward(size)
        self.drop = nn.Dropout(size.dropout)

    def forward(
        self, x: Tensor, bias: Tensor, memory: Tensor | None = None, absent: Tensor | None = None
    ) -> Tensor:
        y = self.norm_1(x)
        x = x + self.drop(self.attention(y, y, bias))
        if memory is not None:
            x = x + self.drop(self.cross(self.norm_2(x), memory, absent))
        return x + self.drop(self.feed_forward(self.norm_3(x)))


class Stack(nn.Module):
    """The encoder, or the decoder."""

    def __init__(self, size: Size, decoder: bool):
        super().__init__()
        self.size, self.decoder = size, decoder
        self.distances = nn.Embedding(size.buckets, size.heads)  # one table for all layers
        self.blocks = nn.ModuleList(Block(size, decoder) for _ in range(size.layers))
        self.norm = Norm(size.width)
        self.drop = nn.Dropout(size.dropout)

    def bias(self, length: int) -> Tensor:
        """What each head adds to the score of each pair of positions, (1, H, T, T); −∞ ahead in a decoder."""
        places = torch.arange(length)
        distance = places[None, :] - places[:, None]
        which = bucket(distance, not self.decoder, self.size.buckets, self.size.farthest)
        bias = self.distances(which).permute(2, 0, 1)
        if self.decoder:
            bias = bias.masked_fill(distance > 0, float("-inf"))
        return bias[None]

    def forward(self, x: Tensor, memory: Tensor | None = None, absent: Tensor | None = None) -> Tensor:
        bias = self.bias(x.shape[1])
        if not self.decoder and absent is not None:
            bias = bias + absent
        x = self.drop(x)
        for block in self.blocks:
            x = block(x, bias, memory, absent)
        return self.drop(self.norm(x))


class EncoderDecoder(nn.Module):
    """Token ids of the encoder (B, S) and of the decoder (B, T) to logits (B, T, V)."""

    def __init__(self, size: Size):
        super().__init__()
        self.size = size
        self.tokens = nn.Embedding(size.vocabulary, size.width)
        self.encoder, self.decoder = Stack(size, decoder=False), Stack(size, decoder=True)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                # What adds to the stream starts smaller, so that its variance does not grow with the depth.
                adds = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(weight, 0.0, DEVIATION / (2 * size.layers) ** (0.5 if adds else 0))
        nn.init.normal_(self.tokens.weight, 0.0, EMBEDDING_DEVIATION)
        # T5's embeddings begin with a deviation of 1, and what the decoder gives is divided by √D before it
        # meets them. Here they begin small, and its last norm makes up for the factor.
        nn.init.constant_(self.decoder.norm.weight, math.sqrt(size.width))

    def forward(self, source: Tensor, target: Tensor, present: Tensor | None = None) -> Tensor:
        """`present` (B, S) is False where a shorter source was filled up with [PAD]."""
        absent = None
        if present is not None:
            absent = torch.zeros(present.shape).masked_fill(~present, float("-inf"))[:, None, None, :]
        return self.decode(target, self.encoder(self.tokens(source), absent=absent), absent)

    def decode(self, target: Tensor, memory: Tensor, absent: Tensor | None = None) -> Tensor:
        """Logits (B, T, V) over what the encoder gave, (B, S, D)."""
        x = self.decoder(self.tokens(target), memory, absent)
        return (x * self.size.width**-0.5) @ self.tokens.weight.T


@torch.no_grad()
def begin_reading(model: Any) -> None:
    """Weights with which heads look, before any training, at places near by and at tokens that are alike.

    `model` has the attributes of EncoderDecoder. The encoder's head h looks `NEIGHBORS`[h] places back, the
    decoder's h places. In each head of the cross-attention query and key are the same projection, so that a
    sentinel in the decoder finds itself in the encoder, where its neighbors stand.
    """
    size = model.size
    for stack in (model.encoder, model.decoder):
        stack.distances.weight.zero_()
        for head in range(size.heads):
            back = head if stack.decoder else NEIGHBORS[head % len(NEIGHBORS)]
            which = bucket(torch.tensor(-back), not stack.decoder, size.buckets, size.farthest)
            stack.distances.weight[which, head] = NEAR
    part = size.width // size.heads
    for block in model.decoder.blocks:
        for head in range(size.heads):
            rows = slice(head * part, (head + 1) * part)
            directions = torch.linalg.qr(torch.randn(size.width, part)).Q.T
            block.cross.query.weight[rows] = directions * math.sqrt(ALIKE)
            block.cross.key.weight[rows] = directions * math.sqrt(ALIKE)


def corrupt(tokens: Sequence[int], chance: torch.Generator | None = None) -> tuple[list[int], list[int]]:
    """Span corruption of some tokens: what the encoder reads, and what the decoder is to write, with END.

    Cuts out `CORRUPTED` of the tokens in spans of `SPAN` on average, or longer ones where that would need
    more sentinels than there are (Raffel et al. 2020, section 3.1.4), at lengths and places that are drawn
    evenly from all ways to split the text.
    """
    cut = max(1, round(len(tokens) * CORRUPTED))
    spans = min(max(1, round(cut / SPAN)), len(SENTINELS) - 1, len(tokens) - cut)
    source: list[int] = []
    target: list[int] = []
    at = 0
    for number, (kept, gone) in enumerate(
        zip(_parts(len(tokens) - cut, spans, chance), _parts(cut, spans, chance))
    ):
        sentinel = SPECIAL.index(SENTINELS[number])
        source += [*tokens[at : at + kept], sentinel]
        target += [sentinel, *tokens[at + kept : at + kept + gone]]
        at += kept + gone
    end = SPECIAL.index(END)
    return [*source, end], [*target, SPECIAL.index(SENTINELS[spans]), end]


def _parts(whole: int, count: int, chance: torch.Generator | None) -> list[int]:
    """A whole number split into `count` parts of at least 1."""
    borders = (torch.randperm(whole - 1, generator=chance)[: count - 1] + 1).sort().values.tolist()
    return [b - a for a, b in zip([0, *borders], [*borders, whole])]


def corrupted_batch(windows: Tensor, chance: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Sources (B, S), what the decoder reads (B, T) and what it is to write (B, T): all rows equally long."""
    end = SPECIAL.index(END)
    pairs = [corrupt(row, chance) for row in windows.tolist()]
    targets = torch.tensor([target for _, target in pairs])
    start = torch.full((len(targets), 1), SPECIAL.index(PAD))  # T5 begins its output with the pad token
    assert all(source[-1] == end for source, _ in pairs)
    return torch.tensor([source for source, _ in pairs]), torch.cat([start, targets[:, :-1]], dim=1), targets


class EncoderDecoderFamily:
    """How an encoder-decoder is trained."""

    def build(self, recipe: Recipe) -> EncoderDecoder:
        model = EncoderDecoder(Size(dropout=recipe.dropout))
        begin_reading(model)
        return model

    def loss(self, model: nn.Module, windows: Tensor, recipe: Recipe) -> Tensor:
        source, target, wanted = corrupted_batch(windows[:, : recipe.context])
        return F.cross_entropy(model(source, target).flatten(0, 1), wanted.flatten())

    def tune(self, model: nn.Module, tokens: Sequence[int], characters: int, recipe: Recipe) -> float:
        """Bits per token that the decoder has to write, the same spans cut out each time."""
        text = torch.as_tensor(tokens)[: len(tokens) // recipe.context * recipe.context].view(
            -1, recipe.context
        )
        chance = torch.Generator().manual_seed(0)
        total, count = 0.0, 0
        with torch.no_grad():
            for rows in text.split(32):
                source, target, wanted = corrupted_batch(rows, chance)
                logits = model(source, target)
                total += F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum").item()
                count += wanted.numel()
        return total / count / math.log(2)

    def matrices(self, model: nn.Module) -> list[str]:
        return [name for name, weight in model.named_parameters() if weight.dim() == 2 and "blocks." in name]


def _names(size: Size) -> dict[str, str]:
    """Our parameter names to those of `T5ForConditionalGeneration`."""
    names = {"tokens.weight": "shared.weight"}
    for stack in ("encoder", "decoder"):
        last = 2 if stack == "decoder" else 1
        names[f"{stack}.distances.weight"] = (
            f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        )
        names[f"{stack}.norm.weight"] = f"{stack}.final_layer_norm.weight"
        for block in range(size.layers):
            ours, theirs = f"{stack}.blocks.{block}", f"{stack}.block.{block}.layer"
            for mine, letter in {"query": "q", "key": "k", "value": "v", "out": "o"}.items():
                names[f"{ours}.attention.{mine}.weight"] = f"{theirs}.0.SelfAttention.{letter}.weight"
                if stack == "decoder":
                    names[f"{ours}.cross.{mine}.weight"] = f"{theirs}.1.EncDecAttention.{letter}.weight"
            names[f"{ours}.norm_1.weight"] = f"{theirs}.0.layer_norm.weight"
            if stack == "decoder":
                names[f"{ours}.norm_2.weight"] = f"{theirs}.1.layer_norm.weight"
            names[f"{ours}.norm_3.weight"] = f"{theirs}.{last}.layer_norm.weight"
            names[f"{ours}.feed_forward.up.weight"] = f"{theirs}.{last}.DenseReluDense.wi.weight"
            names[f"{ours}.feed_forward.down.weight"] = f"{theirs}.{last}.DenseReluDense.wo.weight"
    return names


def to_reference(model: EncoderDecoder) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """config.json and the tensors in the layout of `T5ForConditionalGeneration`."""
    size, mine = model.size, model.state_dict()
    config = {
        "architectures": ["T5ForConditionalGeneration"],
        "model_type": "t5",
        "vocab_size": size.vocabulary,
        "d_model": size.width,
        "d_kv": size.width // size.heads,
        "d_ff": size.inner,
        "num_layers": size.layers,
        "num_decoder_layers": size.layers,
        "num_heads": size.heads,
        "relative_attention_num_buckets": size.buckets,
        "relative_attention_max_distance": size.farthest,
        "dropout_rate": size.dropout,
        "layer_norm_epsilon": EPSILON,
        "feed_forward_proj": "relu",
        "is_encoder_decoder": True,
        "tie_word_embeddings": True,
        "scale_decoder_outputs": True,
        "pad_token_id": SPECIAL.index(PAD),
        "decoder_start_token_id": SPECIAL.index(PAD),
        "eos_token_id": SPECIAL.index(END),
    }
    return config, {theirs: mine[ours] for ours, theirs in _names(size).items()}


def from_reference(config: dict[str, Any], state: dict[str, Tensor]) -> EncoderDecoder:
    """The model of an exported folder, in float32."""
    size = Size(
        vocabulary=config["vocab_size"],
        layers=config["num_layers"],
        heads=config["num_heads"],
        width=config["d_model"],
        inner=config["d_ff"],
        buckets=config["relative_attention_num_buckets"],
        farthest=config["relative_attention_max_distance"],
        dropout=config["dropout_rate"],
    )
    model = EncoderDecoder(size)
    model.load_state_dict({ours: state[theirs].float() for ours, theirs in _names(size).items()})
    return model.eval()
