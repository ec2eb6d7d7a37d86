"""Recurrent language models: a plain tanh network, the LSTM and the GRU (Elman 1990; Hochreiter and
Schmidhuber 1997 with the forget gate of Gers et al. 2000; Cho et al. 2014).

Two layers, width D, one state per layer that is rewritten at each token. The widths are chosen so that the
three kinds have as many parameters as the miniature GPT. `torch.nn` does the steps while training, because it
is fast; `step` writes out one of them, and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from miniatures.training import Recipe, language_model_loss, language_model_tuning

KINDS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
WIDTH = {"rnn": 528, "lstm": 312, "gru": 352}  # 2.20, 2.20 and 2.21 million parameters


@dataclass(frozen=True)
class Size:
    """The shape of a model."""

    kind: str = "lstm"
    vocabulary: int = 2048
    context: int = 256  # tokens of a training window; when it reads, its state has no limit
    layers: int = 2
    width: int = 312
    dropout: float = 0.1


class Recurrent(nn.Module):
    """Token ids (B, T) to logits (B, T, V); the embedding is the output matrix too."""

    def __init__(self, size: Size):
        super().__init__()
        self.size = size
        self.tokens = nn.Embedding(size.vocabulary, size.width)
        self.cells = KINDS[size.kind](
            size.width,
            size.width,
            size.layers,
            batch_first=True,
            dropout=size.dropout if size.layers > 1 else 0.0,
        )
        self.bias = nn.Parameter(torch.zeros(size.vocabulary))
        self.drop = nn.Dropout(size.dropout)
        nn.init.normal_(self.tokens.weight, 0.0, size.width**-0.5)
        for name, weight in self.cells.named_parameters():
            if "bias" in name:
                nn.init.zeros_(weight)
                if size.kind == "lstm" and "_ih_" in name:  # gates in the order i, f, g, o; f open at first:
                    weight.data[size.width : 2 * size.width] = 1.0  # Jozefowicz et al. 2015, section 3.1
            elif "_hh_" in name:
                for gate in weight.data.split(size.width):
                    nn.init.orthogonal_(gate)  # keeps the length of the state, and of its gradient
            else:
                nn.init.normal_(weight, 0.0, size.width**-0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.read(tokens, None)[0]

    def read(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Logits (B, T, V) and the state after the last token; state None means all zeros."""
        # √D brings the embeddings to about 1: each layer shrinks what passes it, and at the size that suits
        # the output nothing would arrive there for the first hundreds of steps.
        embedded = self.tokens(tokens) * self.size.width**0.5
        hidden, state = self.cells(self.drop(embedded), state)
        return self.drop(hidden) @ self.tokens.weight.T + self.bias, state


def step(
    model: Recurrent, layer: int, x: Tensor, h: Tensor, c: Tensor | None = None
) -> tuple[Tensor, Tensor | None]:
    """One token through one layer by hand: x, h and c are (B, D); gives the new h and, for an LSTM, c."""
    weights = dict(model.cells.named_parameters())
    from_input = x @ weights[f"weight_ih_l{layer}"].T + weights[f"bias_ih_l{layer}"]
    from_state = h @ weights[f"weight_hh_l{layer}"].T + weights[f"bias_hh_l{layer}"]
    if model.size.kind == "rnn":
        return torch.tanh(from_input + from_state), None
    if model.size.kind == "lstm":
        assert c is not None
        i, f, g, o = (from_input + from_state).chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
    (r_x, z_x, n_x), (r_h, z_h, n_h) = from_input.chunk(3, dim=-1), from_state.chunk(3, dim=-1)
    z = torch.sigmoid(z_x + z_h)
    candidate = torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
    return (1 - z) * candidate + z * h, None


class RecurrentFamily:
    """How a recurrent model is trained: on windows, each begun with an empty state."""

    def __init__(self, kind: str):
        self.kind = kind

    def build(self, recipe: Recipe) -> Recurrent:
        return Recurrent(
            Size(kind=self.kind, width=WIDTH[self.kind], context=recipe.context, dropout=recipe.dropout)
        )

    def loss(self, model: nn.Module, windows: Tensor, recipe: Recipe) -> Tensor:
        return language_model_loss(model, windows)

    def tune(self, model: nn.Module, tokens: Sequence[int], characters: int, recipe: Recipe) -> float:
        return language_model_tuning(model, tokens, characters, recipe.context)

    def matrices(self, model: nn.Module) -> list[str]:
        return []  # in short trials AdamW on everything learnt faster than Muon on the matrices of the cells


def to_reference(model: Recurrent) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """config.json and the tensors, under the names of this module: no reference library has such a model."""
    size = model.size
    config = {
        "model_type": size.kind,
        "vocab_size": size.vocabulary,
        "context": size.context,
        "num_layers": size.layers,
        "hidden_size": size.width,
        "dropout": size.dropout,
    }
    return config, dict(model.state_dict())


def from_reference(config: dict[str, Any], state: dict[str, Tensor]) -> Recurrent:
    """The model of an exported folder, in float32."""
    model = Recurrent(
        Size(
            kind=config["model_type"],
            vocabulary=config["vocab_size"],
            context=config["context"],
            layers=config["num_layers"],
            width=config["hidden_size"],
            dropout=config["dropout"],
        )
    )
    model.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    return model.eval()
