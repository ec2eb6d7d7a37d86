"""Golden files: what every step of every exported miniature gives, to check another runtime against.

`python -m miniatures.goldens` (`make goldens`) writes two files a family into `tests/goldens/`: `gpt.json`,
the index, and `gpt.bin`, the numbers. They are float32 arithmetic over the float16 weights of the exported
folder (the n-gram model: float64 over its text), computed here step by step and, while writing, compared with
our own class (within 1e-5 of the largest value) and with the Hugging Face one (within 1e-4).

The index:

- `sizes`: how long each axis is that is the same for all prompts: {"head": 6, "width": 192, …}
- `intermediates`: the name of each quantity and its axes, outermost first, in the order of the numbers:
  {"block.0.attention.scores": "head token token", …}. The last one is what the model says: `logits`, or of
  the n-gram model `level.5.probability`, both at one position only
- `prompts`: 40, each with
  - `text` (BERT: with [MASK]) and `ids`, as the tokenizer gives them, cut to the window; models that read
    from left to right begin with the end-of-text mark. Encoder–decoder: also `answer` and `answer_ids`
  - `full`: true for the first four
  - `at`: the position of the logits: the first [MASK], else the last one
  - `sizes`: the axes of its own: {"token": 5}
  - `top`: the ids of the 20 largest logits, largest first
  - `offset`: where its numbers begin, counted in numbers
- `sources`: the SHA-256 of the exported files; `numbers`: that of the .bin

The numbers of a prompt: every intermediate in turn, then the 20 largest logits. Of a `full` prompt all values
of an intermediate, the last axis fastest. Of the others nine: the values at the flat places ⌊i (n − 1) / 7⌋
for i = 0 … 7, where n is how many there are, then the root of the sum of the squares of all n.

A number is three bytes: a little-endian float32 without its lowest byte, rounded, so right to 2⁻¹⁶ of itself.
That is finer than any tolerance to check with, and a quarter smaller. In JavaScript:

    const wide = new Uint8Array(4 * count)
    for (let i = 0, at = 3 * offset; i < count; i++, at += 3) wide.set(bytes.subarray(at, at + 3), 4 * i + 1)
    const numbers = new Float32Array(wide.buffer)

Names: `embedding.…`; in `block.N.…` `norm_1`, `attention.query`, `.key` and `.value` (by head), `.scores`
(before the mask), `.weights` (after mask and softmax), `.mixed` (by head), `.output`, `residual_1` (the
stream after the first sub-layer), `norm_2`, `mlp.hidden`, `.activated`, `.output`, `residual_2`; `norm`,
`logits`. BERT normalizes after each sum, so there `norm_1` and `norm_2` are the stream. The encoder–decoder
has `encoder.` or `decoder.` before these, `position_bias`, `attention.biased` (the scores with it added) and
in the decoder's blocks `cross.…` as the second of three sub-layers. Recurrent models have `layer.N.…`, gates
and states, a row for each step.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from miniatures import corpus, export, microscopic
from miniatures.ngram import NGram
from miniatures.tokenization import END, MASK

GOLDENS = Path(__file__).parents[1] / "tests" / "goldens"
NAMES = tuple(name for name in export.NAMES if name != "gpt-equal")  # the same shape as gpt
LIMIT = 3_000_000  # bytes of all files: they are committed
PROMPTS, FULL, TOP, SLICE = 40, 4, 20, 8
OURS, THEIRS = 1e-5, 1e-4  # how far from our classes and from the reference, as a part of the largest value
WINDOWS = ("n_positions", "max_position_embeddings", "context")  # where a configuration has its window
WINDOW = 256  # tokens that are kept of a longer prompt where it has none

NGRAM = "kneser-ney"  # as config.json has it

State = dict[str, Tensor]


class GoldenError(Exception):
    """Goldens cannot be computed, written or read; the message says what to do."""


# ------------------------------------------------------------------------------------------------------------
# What is computed: each step by hand, on one sequence, with weights under the names of the exported file


@dataclass
class Tape:
    """Every intermediate of one prompt, by name, in the order in which they were computed."""

    values: dict[str, Tensor] = field(default_factory=dict)
    axes: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str, axes: str, value: Tensor) -> Tensor:
        """Keeps a value under a name, with the names of its axes, and gives it back."""
        if name in self.values or len(axes.split()) != value.dim():
            raise ValueError(f"{name}: kept twice, or {tuple(value.shape)} does not fit {axes!r}")
        self.values[name], self.axes[name] = value, axes
        return value

    def sizes(self) -> dict[str, int]:
        """The length of each axis."""
        found: dict[str, int] = {}
        for name, axes in self.axes.items():
            for axis, length in zip(axes.split(), self.values[name].shape):
                if found.setdefault(axis, length) != length:
                    raise ValueError(f"{name}: {axis} is {length}, was {found[axis]}")
        return found


def layer_norm(x: Tensor, state: State, name: str, epsilon: float) -> Tensor:
    """(T, D) to mean 0 and variance 1 over D, then scaled and shifted (Ba et al. 2016)."""
    centred = x - x.mean(-1, keepdim=True)
    normed = centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + epsilon)
    return normed * state[name + ".weight"] + state[name + ".bias"]


def rms_norm(x: Tensor, state: State, name: str, epsilon: float) -> Tensor:
    """(T, D) to a mean square of 1 over D, then scaled (Zhang and Sennrich 2019)."""
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + epsilon) * state[name + ".weight"]


def linear(x: Tensor, state: State, name: str) -> Tensor:
    """x Wᵀ + b, where there is a bias; W is (outputs, inputs)."""
    y = x @ state[name + ".weight"].T
    return y + state[name + ".bias"] if name + ".bias" in state else y


def gelu(x: Tensor) -> Tensor:
    """X times the chance that a normal number is below x (Hendrycks and Gimpel 2016)."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x: Tensor) -> Tensor:
    """The approximation of the same paper, which GPT-2 has."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": gelu,
    "gelu_new": gelu_tanh,
    "relu": torch.relu,
}


def softmax(x: Tensor) -> Tensor:
    """Over the last axis; the largest is taken off first, so that nothing overflows."""
    powers = torch.exp(x - x.max(-1, keepdim=True).values)
    return powers / powers.sum(-1, keepdim=True)


def attention(
    tape: Tape,
    at: str,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    heads: int,
    *,
    scale: float,
    causal: bool,
    bias: Tensor | None = None,
    axes: tuple[str, str] = ("token", "token"),
) -> Tensor:
    """What each of T positions, (T, D), fetches from S others, (S, D): (T, D), the heads side by side."""
    here, there = axes

    def split(name: str, axis: str, x: Tensor) -> Tensor:
        return tape(f"{at}.{name}", f"head {axis} part", x.view(len(x), heads, -1).transpose(0, 1))

    q, k, v = split("query", here, query), split("key", there, key), split("value", there, value)
    scores = tape(f"{at}.scores", f"head {here} {there}", q @ k.transpose(1, 2) * scale)
    if bias is not None:
        scores = tape(f"{at}.biased", f"head {here} {there}", scores + bias)
    if causal:
        later = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(later, -math.inf)
    weights = tape(f"{at}.weights", f"head {here} {there}", softmax(scores))
    mixed = tape(f"{at}.mixed", f"head {here} part", weights @ v)
    return mixed.transpose(0, 1).reshape(len(query), -1)


def gpt(config: dict[str, Any], state: State, ids: Sequence[int]) -> Tape:
    """A model in the layout of `GPT2LMHeadModel`."""
    tape, heads, epsilon = Tape(), config["n_head"], config.get("layer_norm_epsilon", 1e-5)
    activation = ACTIVATIONS[config.get("activation_function", "gelu_new")]
    table = state["transformer.wte.weight"]

    def project(x: Tensor, name: str) -> Tensor:
        return x @ state[name + ".weight"] + state[name + ".bias"]  # this layout has W as (inputs, outputs)

    tokens = tape("embedding.token", "token width", table[list(ids)])
    positions = tape("embedding.position", "token width", state["transformer.wpe.weight"][: len(ids)])
    x = tape("embedding.sum", "token width", tokens + positions)
    scale = (table.shape[1] // heads) ** -0.5
    for number in range(config["n_layer"]):
        at, theirs = f"block.{number}", f"transformer.h.{number}"
        normed = tape(f"{at}.norm_1", "token width", layer_norm(x, state, f"{theirs}.ln_1", epsilon))
        q, k, v = project(normed, f"{theirs}.attn.c_attn").chunk(3, -1)
        mixed = attention(tape, f"{at}.attention", q, k, v, heads, scale=scale, causal=True)
        fetched = tape(f"{at}.attention.output", "token width", project(mixed, f"{theirs}.attn.c_proj"))
        x = tape(f"{at}.residual_1", "token width", x + fetched)
        normed = tape(f"{at}.norm_2", "token width", layer_norm(x, state, f"{theirs}.ln_2", epsilon))
        hidden = tape(f"{at}.mlp.hidden", "token hidden", project(normed, f"{theirs}.mlp.c_fc"))
        active = tape(f"{at}.mlp.activated", "token hidden", activation(hidden))
        made = tape(f"{at}.mlp.output", "token width", project(active, f"{theirs}.mlp.c_proj"))
        x = tape(f"{at}.residual_2", "token width", x + made)
    x = tape("norm", "token width", layer_norm(x, state, "transformer.ln_f", epsilon))
    tape("logits", "vocabulary", x[-1] @ table.T)
    return tape


def bert(config: dict[str, Any], state: State, ids: Sequence[int], place: int) -> Tape:
    """A model in the layout of `BertForMaskedLM`; logits at one place."""
    tape, heads, epsilon = Tape(), config["num_attention_heads"], config["layer_norm_eps"]
    activation = ACTIVATIONS[config["hidden_act"]]
    table, first = state["bert.embeddings.word_embeddings.weight"], "bert.embeddings."

    tokens = tape("embedding.token", "token width", table[list(ids)])
    positions = tape(
        "embedding.position", "token width", state[first + "position_embeddings.weight"][: len(ids)]
    )
    segment = tape("embedding.segment", "width", state[first + "token_type_embeddings.weight"][0])
    x = tape("embedding.sum", "token width", tokens + positions + segment)
    x = tape("embedding.norm", "token width", layer_norm(x, state, first + "LayerNorm", epsilon))
    scale = (table.shape[1] // heads) ** -0.5
    for number in range(config["num_hidden_layers"]):
        at, theirs = f"block.{number}", f"bert.encoder.layer.{number}"
        q, k, v = (linear(x, state, f"{theirs}.attention.self.{name}") for name in ("query", "key", "value"))
        mixed = attention(tape, f"{at}.attention", q, k, v, heads, scale=scale, causal=False)
        fetched = linear(mixed, state, f"{theirs}.attention.output.dense")
        x = tape(
            f"{at}.residual_1", "token width", x + tape(f"{at}.attention.output", "token width", fetched)
        )
        normed = layer_norm(x, state, f"{theirs}.attention.output.LayerNorm", epsilon)
        x = tape(f"{at}.norm_1", "token width", normed)
        hidden = tape(f"{at}.mlp.hidden", "token hidden", linear(x, state, f"{theirs}.intermediate.dense"))
        active = tape(f"{at}.mlp.activated", "token hidden", activation(hidden))
        made = tape(f"{at}.mlp.output", "token width", linear(active, state, f"{theirs}.output.dense"))
        x = tape(f"{at}.residual_2", "token width", x + made)
        x = tape(f"{at}.norm_2", "token width", layer_norm(x, state, f"{theirs}.output.LayerNorm", epsilon))
    head = "cls.predictions.transform"
    x = tape("head.hidden", "token width", linear(x, state, f"{head}.dense"))
    x = tape("head.activated", "token width", activation(x))
    x = tape("norm", "token width", layer_norm(x, state, f"{head}.LayerNorm", epsilon))
    tape("logits", "vocabulary", x[place] @ table.T + state["cls.predictions.bias"])
    return tape


def bucket(distance: int, buckets: int, furthest: int, both: bool) -> int:
    """The row of the position table for a key `distance` places after the query (Raffel et al. 2020, 2.1).

    Near ones have a row each, further ones share: the rows are spaced by the logarithm up to `furthest`.
    """
    if both:
        buckets //= 2
    first = buckets if both and distance > 0 else 0
    far = abs(distance) if both else max(0, -distance)
    exact = buckets // 2
    if far < exact:
        return first + far
    part = math.log(far / exact) / math.log(furthest / exact)
    return first + min(buckets - 1, exact + int(part * (buckets - exact)))


def encoder_decoder(config: dict[str, Any], state: State, ids: Sequence[int], answer: Sequence[int]) -> Tape:
    """A model in the layout of `T5ForConditionalGeneration`; `answer` is what the decoder reads."""
    tape = Tape()
    heads, epsilon, table = config["num_heads"], config["layer_norm_epsilon"], state["shared.weight"]
    activation = ACTIVATIONS[config["feed_forward_proj"]]
    buckets, furthest = config["relative_attention_num_buckets"], config["relative_attention_max_distance"]

    def position_bias(part: str, axis: str, length: int) -> Tensor:
        rows = [
            [bucket(there - here, buckets, furthest, part == "encoder") for there in range(length)]
            for here in range(length)
        ]
        name = f"{part}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        return tape(
            f"{part}.position_bias", f"head {axis} {axis}", state[name][torch.tensor(rows)].permute(2, 0, 1)
        )

    def attend(
        at: str, theirs: str, x: Tensor, memory: Tensor, axes: tuple[str, str], bias: Tensor | None
    ) -> Tensor:
        q = linear(x, state, f"{theirs}.q")
        k, v = linear(memory, state, f"{theirs}.k"), linear(memory, state, f"{theirs}.v")
        # Nothing divides the scores by the root of the width here: the initial weights are smaller instead.
        causal = axes == ("answer", "answer")
        mixed = attention(tape, at, q, k, v, heads, scale=1.0, causal=causal, bias=bias, axes=axes)
        return tape(f"{at}.output", f"{axes[0]} width", linear(mixed, state, f"{theirs}.o"))

    def feed_forward(at: str, theirs: str, x: Tensor, axis: str) -> Tensor:
        hidden = tape(f"{at}.hidden", f"{axis} hidden", linear(x, state, f"{theirs}.wi"))
        active = tape(f"{at}.activated", f"{axis} hidden", activation(hidden))
        return tape(f"{at}.output", f"{axis} width", linear(active, state, f"{theirs}.wo"))

    def stack(part: str, tokens: Sequence[int], axis: str, layers: int, memory: Tensor | None) -> Tensor:
        x = tape(f"{part}.embedding.token", f"{axis} width", table[list(tokens)])
        bias = position_bias(part, axis, len(tokens))  # of the first layer, and added in every one
        sub_layers = ["attention", "mlp"] if memory is None else ["attention", "cross", "mlp"]
        for number in range(layers):
            for place, kind in enumerate(sub_layers):
                at, theirs = f"{part}.block.{number}", f"{part}.block.{number}.layer.{place}"
                normed = rms_norm(x, state, f"{theirs}.layer_norm", epsilon)
                tape(f"{at}.norm_{place + 1}", f"{axis} width", normed)
                if kind == "mlp":
                    made = feed_forward(f"{at}.mlp", f"{theirs}.DenseReluDense", normed, axis)
                elif kind == "cross" and memory is not None:
                    name = f"{theirs}.EncDecAttention"
                    made = attend(f"{at}.cross", name, normed, memory, (axis, "token"), None)
                else:
                    name = f"{theirs}.SelfAttention"
                    made = attend(f"{at}.attention", name, normed, normed, (axis, axis), bias)
                x = tape(f"{at}.residual_{place + 1}", f"{axis} width", x + made)
        return tape(f"{part}.norm", f"{axis} width", rms_norm(x, state, f"{part}.final_layer_norm", epsilon))

    memory = stack("encoder", ids, "token", config["num_layers"], None)
    x = stack("decoder", answer, "answer", config["num_decoder_layers"], memory)
    if config["scale_decoder_outputs"]:
        x = tape("scaled", "answer width", x * table.shape[1] ** -0.5)
    tape("logits", "vocabulary", x[-1] @ table.T)
    return tape


def recurrent(config: dict[str, Any], state: State, ids: Sequence[int]) -> Tape:
    """An RNN, LSTM or GRU: the layers one after the other, and in each the steps."""
    tape, kind = Tape(), config["model_type"]
    table = state["tokens.weight"]
    x = tape("embedding.token", "token width", table[list(ids)])
    x = tape("embedding.scaled", "token width", x * table.shape[1] ** 0.5)
    for number in range(config["num_layers"]):
        steps: dict[str, list[Tensor]] = {}
        hidden = cell = torch.zeros(table.shape[1])  # nothing was read yet
        for row in x:
            from_input, from_state = (
                given @ state[f"cells.weight_{side}_l{number}"].T + state[f"cells.bias_{side}_l{number}"]
                for side, given in (("ih", row), ("hh", hidden))
            )
            if kind == "rnn":
                found = {"sum": from_input + from_state}
                hidden = torch.tanh(found["sum"])
            elif kind == "lstm":
                i, f, g, o = (from_input + from_state).chunk(4)
                found = {
                    "input_gate": torch.sigmoid(i),
                    "forget_gate": torch.sigmoid(f),
                    "candidate": torch.tanh(g),
                    "output_gate": torch.sigmoid(o),
                }
                cell = found["cell"] = found["forget_gate"] * cell + found["input_gate"] * found["candidate"]
                hidden = found["output_gate"] * torch.tanh(cell)
            else:
                (r_x, z_x, n_x), (r_h, z_h, n_h) = from_input.chunk(3), from_state.chunk(3)
                found = {"reset_gate": torch.sigmoid(r_x + r_h), "update_gate": torch.sigmoid(z_x + z_h)}
                found["candidate"] = torch.tanh(n_x + found["reset_gate"] * n_h)
                hidden = (1 - found["update_gate"]) * found["candidate"] + found["update_gate"] * hidden
            for name, value in (found | {"state": hidden}).items():
                steps.setdefault(name, []).append(value)
        for name, values in steps.items():
            tape(f"layer.{number}.{name}", "token width", torch.stack(values))
        x = tape.values[f"layer.{number}.state"]
    tape("logits", "vocabulary", x[-1] @ table.T + state["bias"])
    return tape


def ngram(model: NGram, ids: Sequence[int]) -> Tape:
    """Kneser–Ney from the text itself: what follows these tokens in it, from no context to the longest.

    `level.k.total` is c(h ·) and `level.k.left` is γ, the share that goes on to the shorter context; `ngram`
    has the formulas. Where the text has nothing after the context, or the prompt has no k − 1 tokens, γ is 1
    and the level gives what the one below does.
    """
    tape, text, vocabulary = Tape(), model.tokens, model.vocabulary
    p = np.full(vocabulary, 1 / vocabulary)
    for k in range(1, model.order + 1):
        counts = np.zeros(vocabulary)
        if len(ids) >= k - 1:
            starts = np.arange(len(text) - k + 1)
            for place, token in enumerate(ids[len(ids) - k + 1 :]):
                starts = starts[text[starts + place] == token]
            if k == model.order:
                counts = np.bincount(text[starts + k - 1], minlength=vocabulary).astype(float)
            else:  # not how often, but after how many different tokens
                starts = starts[starts > 0]
                pairs = np.unique(text[starts - 1] * vocabulary + text[starts + k - 1])
                counts = np.bincount(pairs % vocabulary, minlength=vocabulary).astype(float)
        total, left = counts.sum(), 1.0
        if total:
            discount = np.array([0.0, *model.discounts[k - 1]])[np.minimum(counts, 3).astype(int)]
            left = discount.sum() / total
            p = (counts - discount) / total + left * p
        tape(f"level.{k}.total", "", torch.tensor(total))
        tape(f"level.{k}.left", "", torch.tensor(left))
        tape(f"level.{k}.probability", "vocabulary", torch.tensor(p))
    return tape


# ------------------------------------------------------------------------------------------------------------
# What it is compared with: every quantity that a module of the Hugging Face classes takes or gives

Pick = Callable[[tuple[Any, ...], Any], Tensor]


def _taken(inputs: tuple[Any, ...], output: Any) -> Tensor:
    value: Tensor = inputs[0]
    return value


def _given(inputs: tuple[Any, ...], output: Any) -> Tensor:
    value: Tensor = output[0] if isinstance(output, tuple) else output
    return value


def _weights(inputs: tuple[Any, ...], output: Any) -> Tensor:
    value: Tensor = output[-1]
    return value


def _third(number: int) -> Pick:
    return lambda inputs, output: output.chunk(3, -1)[number]


def counterparts(config: dict[str, Any]) -> dict[str, tuple[str, Pick]]:
    """For each name of ours that the reference exposes: a module of it, and what to pick at that module."""
    found: dict[str, tuple[str, Pick]] = {}
    if config["model_type"] == "gpt2":
        found = {
            "embedding.token": ("transformer.wte", _given),
            "embedding.position": ("transformer.wpe", _given),
            "embedding.sum": ("transformer.drop", _given),
            "norm": ("transformer.ln_f", _given),
        }
        for number in range(config["n_layer"]):
            for ours, theirs, pick in (
                ("norm_1", "ln_1", _given),
                ("attention.query", "attn.c_attn", _third(0)),
                ("attention.key", "attn.c_attn", _third(1)),
                ("attention.value", "attn.c_attn", _third(2)),
                ("attention.weights", "attn", _weights),
                ("attention.mixed", "attn.c_proj", _taken),
                ("attention.output", "attn.c_proj", _given),
                ("residual_1", "ln_2", _taken),
                ("norm_2", "ln_2", _given),
                ("mlp.hidden", "mlp.c_fc", _given),
                ("mlp.activated", "mlp.c_proj", _taken),
                ("mlp.output", "mlp.c_proj", _given),
                ("residual_2", "", _given),
            ):
                found[f"block.{number}.{ours}"] = (f"transformer.h.{number}.{theirs}".rstrip("."), pick)
    if config["model_type"] == "bert":
        found = {
            "embedding.token": ("bert.embeddings.word_embeddings", _given),
            "embedding.position": ("bert.embeddings.position_embeddings", _given),
            "embedding.sum": ("bert.embeddings.LayerNorm", _taken),
            "embedding.norm": ("bert.embeddings.LayerNorm", _given),
            "head.hidden": ("cls.predictions.transform.dense", _given),
            "head.activated": ("cls.predictions.transform.LayerNorm", _taken),
            "norm": ("cls.predictions.transform.LayerNorm", _given),
        }
        for number in range(config["num_hidden_layers"]):
            for ours, theirs, pick in (
                ("attention.query", "attention.self.query", _given),
                ("attention.key", "attention.self.key", _given),
                ("attention.value", "attention.self.value", _given),
                ("attention.weights", "attention.self", _weights),
                ("attention.mixed", "attention.output.dense", _taken),
                ("attention.output", "attention.output.dense", _given),
                ("residual_1", "attention.output.LayerNorm", _taken),
                ("norm_1", "attention.output.LayerNorm", _given),
                ("mlp.hidden", "intermediate.dense", _given),
                ("mlp.activated", "output.dense", _taken),
                ("mlp.output", "output.dense", _given),
                ("residual_2", "output.LayerNorm", _taken),
                ("norm_2", "output.LayerNorm", _given),
            ):
                found[f"block.{number}.{ours}"] = (f"bert.encoder.layer.{number}.{theirs}", pick)
    if config["model_type"] == "t5":
        found = {"scaled": ("lm_head", _taken)}
        for part, layers in (("encoder", config["num_layers"]), ("decoder", config["num_decoder_layers"])):
            found[f"{part}.embedding.token"] = (f"{part}.embed_tokens", _given)
            found[f"{part}.norm"] = (f"{part}.final_layer_norm", _given)
            found[f"{part}.position_bias"] = (f"{part}.block.0.layer.0.SelfAttention", _bias)
            last = 2 if part == "decoder" else 1
            attentions = {"attention": "0.SelfAttention"} | (
                {"cross": "1.EncDecAttention"} if last == 2 else {}
            )
            rows = [(f"norm_{place + 1}", f"{place}.layer_norm", _given) for place in range(last + 1)]
            rows += [(f"residual_{place + 1}", str(place), _given) for place in range(last + 1)]
            rows += [
                ("mlp.hidden", f"{last}.DenseReluDense.wi", _given),
                ("mlp.activated", f"{last}.DenseReluDense.wo", _taken),
                ("mlp.output", f"{last}.DenseReluDense.wo", _given),
            ]
            for ours, theirs in attentions.items():
                rows += [
                    (f"{ours}.query", f"{theirs}.q", _given),
                    (f"{ours}.key", f"{theirs}.k", _given),
                    (f"{ours}.value", f"{theirs}.v", _given),
                    (f"{ours}.weights", theirs, _weights),
                    (f"{ours}.mixed", f"{theirs}.o", _taken),
                    (f"{ours}.output", f"{theirs}.o", _given),
                ]
            for number in range(layers):
                for ours, theirs, pick in rows:
                    found[f"{part}.block.{number}.{ours}"] = (f"{part}.block.{number}.layer.{theirs}", pick)
    return found


def _bias(inputs: tuple[Any, ...], output: Any) -> Tensor:
    value: Tensor = output[1]
    return value


def reference(folder: Path, config: dict[str, Any]) -> Callable[[Prompt, Tape], dict[str, Tensor]]:
    """What the Hugging Face class of an exported folder has for a prompt, by our names and in our shapes."""
    kind = getattr(transformers, config["architectures"][0])
    model = kind.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    modules = dict(model.named_modules())
    rows = counterparts(config)

    def run(prompt: Prompt, tape: Tape) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}

        def keep(name: str, pick: Pick) -> Callable[[Any, Any, Any], None]:
            def hook(module: Any, inputs: Any, output: Any) -> None:
                found[name] = pick(inputs, output)

            return hook

        hooks = [modules[path].register_forward_hook(keep(name, pick)) for name, (path, pick) in rows.items()]
        inputs = {"input_ids": torch.tensor([prompt.ids]), "attention_mask": torch.ones(1, len(prompt.ids))}
        if prompt.answer_ids:
            inputs["decoder_input_ids"] = torch.tensor([prompt.answer_ids])
        try:
            found["logits"] = model(**inputs, use_cache=False).logits[:, prompt.at]
        finally:
            for hook in hooks:
                hook.remove()
        return {name: _as_ours(value[0], tape.values[name]) for name, value in found.items()}

    return run


def _as_ours(theirs: Tensor, ours: Tensor) -> Tensor:
    """Theirs has (T, D) where ours has (H, T, D/H)."""
    if theirs.dim() < ours.dim():
        return theirs.view(len(theirs), ours.shape[0], -1).transpose(0, 1)
    return theirs


# ------------------------------------------------------------------------------------------------------------
# The prompts


@dataclass(frozen=True)
class Prompt:
    """A text, and the token ids that a model reads."""

    text: str
    answer: str | None  # what the decoder reads, of an encoder–decoder
    ids: tuple[int, ...]
    answer_ids: tuple[int, ...]
    full: bool
    at: int  # the position whose logits are kept


Texts = list[tuple[str, str | None]]
SEED = 5
BYTE_VALUES = 256  # a vocabulary below this cannot write every text: that of the microscopic models
HOLES = 0.15  # part of the words that BERT and the encoder–decoder have to find
BYTES = "é"  # not in the training text, so written in two tokens for its two bytes
EDGES = (
    "A",
    "🐺",
    "Ünïcödé 日本語",
    "“Quotes” — and dashes…",
    "\n\n\n",
    "1234567890",
    "the the the the the the the the",
    "a" * 40,
    "THE KING AND THE QUEEN",
    "a\ttab and  two spaces ",
)


def texts(family: str) -> Texts:
    """40 texts for a family, the first four short: some by hand, the rest drawn from the tuning stories."""
    stories, chance = corpus.tuning_stories(), random.Random(SEED)
    long = " ".join(stories[0].split(" ")[:400])  # fills every window
    plain = [*EDGES, long, "wolf " * 400]
    while len(plain) < PROMPTS - FULL:
        words = chance.choice(stories).split(" ")
        length = round(3 * 20 ** chance.random())  # 3 to 60, as many from 3 to 13 as from 13 to 60
        start = chance.randrange(len(words) - length)
        plain.append(" ".join(words[start : start + length]))
    if family == "bert":
        return [
            (text, None) for text in ("", "[MASK]", BYTES, "a [MASK]", *(_masked(t, chance) for t in plain))
        ]
    if family == "t5":
        short: Texts = [
            ("", ""),
            ("<extra_id_0>", "<extra_id_0>"),
            (BYTES, "<extra_id_0>"),
            ("the <extra_id_0>", "<extra_id_0> king"),
        ]
        return [*short, *(_cut(text, chance) for text in plain)]
    return [(text, None) for text in ("", BYTES, "zz", "the wolf", *plain)]


def _holes(words: Sequence[str], chance: random.Random, most: int) -> list[int]:
    """Places of words that are taken out, none beside another; a word that stands alone stays."""
    if len(words) < 2:
        return []
    return sorted(chance.sample(range(0, len(words), 2), min(most, max(1, round(len(words) * HOLES)))))


def _masked(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    for place in _holes(words, chance, len(words)):
        words[place] = "[MASK]"
    return " ".join(words)


def _cut(text: str, chance: random.Random) -> tuple[str, str]:
    words, answer = text.split(" "), ""
    for number, place in enumerate(_holes(words, chance, 15)):
        answer += f" <extra_id_{number}> {words[place]}"
        words[place] = f"<extra_id_{number}>"
    return " ".join(words), answer.strip()


def lines(tokenizer: Tokenizer, family: str) -> Texts:
    """40 texts for a microscopic model: lines and beginnings of lines, of those for tuning."""
    chance, tuning = random.Random(SEED), microscopic.lines("tuning").tolist()
    cells = len(tuning[0])
    edges = [[cell] * cells for cell in (1, 2, 7, 8)]  # one letter or digit over and over
    chosen = [chance.choice(tuning)[:length] for length in (0, 3, 6, cells)] + edges
    while len(chosen) < PROMPTS:
        chosen.append(chance.choice(tuning)[: chance.choice([cells, chance.randint(3, cells)])])
    found: Texts = []
    for line in chosen:
        symbols = [str(tokenizer.id_to_token(cell)) for cell in line]
        if family == "bert":
            symbols = symbols or [MASK]
            symbols[chance.randrange(len(symbols))] = MASK
        found.append((" ".join("".join(symbols[at : at + 2]) for at in range(0, len(symbols), 2)), None))
    return found


def prompts(config: dict[str, Any], tokenizer: Tokenizer) -> list[Prompt]:
    """The 40 prompts of a model: texts as token ids, cut to the window; a mark at the end stays."""
    window = next((config[key] for key in WINDOWS if key in config), WINDOW)
    family, found = config["model_type"], []
    tiny = tokenizer.get_vocab_size() < BYTE_VALUES
    chosen = lines(tokenizer, family) if tiny else texts(family)
    for number, (text, answer) in enumerate(chosen):
        ids = tokenizer.encode(text).ids
        answer_ids: list[int] = []
        if family in ("bert", "t5"):
            ids = ids[: window - 1] + ids[-1:] if len(ids) > window else ids
        else:
            start = tokenizer.token_to_id(END)
            ids = ([] if start is None else [start]) + ids
            ids = ids[:window]
        if answer is not None:
            read = tokenizer.encode(answer, add_special_tokens=False).ids
            answer_ids = [config["decoder_start_token_id"], *read][:window]
        mask = tokenizer.token_to_id(MASK)
        at = ids.index(mask) if family == "bert" and mask in ids else len(answer_ids or ids) - 1
        found.append(Prompt(text, answer, tuple(ids), tuple(answer_ids), number < FULL, at))
    return found


# ------------------------------------------------------------------------------------------------------------
# The files


@dataclass(frozen=True)
class Golden:
    """The two files of a family: the index, and the numbers, float32."""

    index: dict[str, Any]
    numbers: NDArray[np.float32]


def places(count: int) -> list[int]:
    """The flat places of the eight values that are kept of `count`: evenly from the first to the last."""
    return [number * (count - 1) // (SLICE - 1) for number in range(SLICE)]


def compute(name: str, assets: Path = export.ASSETS) -> Golden:
    """The golden of an exported folder, checked against our classes and the reference."""
    folder = assets / name
    try:
        model, tokenizer = export.load(folder)
    except export.ExportError as cause:
        raise GoldenError(f"{name}: no goldens without its export: {cause}; then make goldens") from cause
    config = export.read_config(folder)
    state: State = {}
    if config["model_type"] != NGRAM:
        state = {key: tensor.float() for key, tensor in load_file(folder / export.WEIGHTS).items()}
    theirs = reference(folder, config) if counterparts(config) else None
    rows: list[dict[str, Any]] = []
    parts: list[NDArray[Any]] = []
    fixed: dict[str, int] = {}
    axes: dict[str, str] = {}
    with torch.inference_mode():
        for prompt in prompts(config, tokenizer):
            tape = forward(config, state, model, prompt)
            result = next(reversed(tape.values))
            _compare(name, prompt, tape, "our own class", OURS, {result: ours(model, prompt)})
            if theirs:
                _compare(name, prompt, tape, config["architectures"][0], THEIRS, theirs(prompt, tape))
            axes, fixed = tape.axes, tape.sizes()
            own = {axis: fixed.pop(axis) for axis in ("token", "answer") if axis in fixed}
            top = torch.sort(tape.values[result], descending=True, stable=True)
            row: dict[str, Any] = {"text": prompt.text, "ids": prompt.ids}
            if prompt.answer is not None:
                row |= {"answer": prompt.answer, "answer_ids": prompt.answer_ids}
            row |= {"full": prompt.full, "at": prompt.at, "sizes": own, "top": top.indices[:TOP].tolist()}
            rows.append(row | {"offset": sum(map(len, parts))})
            parts += [_kept(value, prompt.full) for value in tape.values.values()]
            parts.append(top.values[:TOP].numpy())
    numbers = np.concatenate(parts).astype(np.float32)
    index = {
        "about": f"Values of the miniature {name} to check another runtime against, written by make "
        "goldens; miniatures/goldens.py says how to read them",
        "sources": {
            path.name: _sha256(path.read_bytes())
            for path in sorted(folder.iterdir())
            if path.name in (export.CONFIG, export.WEIGHTS, export.TOKENIZER)
        },
        "numbers": _sha256(packed(numbers)),
        "sizes": fixed,
        "intermediates": axes,
        "prompts": rows,
    }
    return Golden(json.loads(json.dumps(index)), numbers)


def forward(config: dict[str, Any], state: State, model: Any, prompt: Prompt) -> Tape:
    """Every intermediate of a prompt, by the family's way; `model` is read for the n-gram model only."""
    match config["model_type"]:
        case "gpt2":
            return gpt(config, state, prompt.ids)
        case "bert":
            return bert(config, state, prompt.ids, prompt.at)
        case "t5":
            return encoder_decoder(config, state, prompt.ids, prompt.answer_ids)
        case "rnn" | "lstm" | "gru":
            return recurrent(config, state, prompt.ids)
        case _:
            return ngram(model, prompt.ids)


def ours(model: Any, prompt: Prompt) -> Tensor:
    """What our own class says at the prompt's position: logits (V,), of the n-gram model probabilities."""
    if isinstance(model, NGram):
        return torch.tensor(model.distribution(prompt.ids))
    inputs = [torch.tensor([ids]) for ids in (prompt.ids, prompt.answer_ids) if ids]
    logits: Tensor = model(*inputs)[0, prompt.at]
    return logits


def _compare(
    name: str, prompt: Prompt, tape: Tape, what: str, within: float, others: dict[str, Tensor]
) -> None:
    for key, other in others.items():
        mine = tape.values[key]
        apart = (mine - other).abs().max().item() / max(1.0, other.abs().max().item())
        if not apart <= within:  # not a number is not within either
            raise GoldenError(
                f"{name}, prompt {prompt.text[:40]!r}: {key} is {apart:.1e} of the largest value away from "
                f"{what}, {within:.0e} is allowed. Nothing was written. Remedy: find out which of "
                "miniatures/goldens.py, the class and the exported folder is wrong"
            )


def _kept(value: Tensor, full: bool) -> NDArray[Any]:
    flat = value.flatten()
    if full:
        return flat.numpy()
    return np.append(flat[places(len(flat))].numpy(), flat.double().square().sum().sqrt())


def packed(numbers: NDArray[np.float32]) -> bytes:
    """Three bytes a number: float32 without its lowest byte, rounded to the nearest, ties to even."""
    bits: NDArray[Any] = numbers.astype("<f4").view("<u4")
    bits = (bits + (0x7F + (bits >> 8 & 1)).astype("<u4")) >> 8
    return bits.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def unpacked(content: bytes) -> NDArray[np.float32]:
    """The numbers of `packed`."""
    wide = np.zeros((len(content) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)
    return wide.view("<f4").reshape(-1)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def files(name: str, golden: Golden) -> dict[str, bytes]:
    """The two files of a family, by name: one line in the index for each intermediate and each prompt."""
    lines = []
    for key, value in golden.index.items():
        if key == "prompts":
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in value)
            text = f"[\n  {rows}\n ]"
        elif key == "intermediates":
            rows = ",\n  ".join(f"{json.dumps(name)}: {json.dumps(axes)}" for name, axes in value.items())
            text = f"{{\n  {rows}\n }}"
        else:
            text = json.dumps(value, ensure_ascii=False)
        lines.append(f" {json.dumps(key)}: {text}")
    index = "{\n" + ",\n".join(lines) + "\n}\n"
    return {f"{name}.json": index.encode(), f"{name}.bin": packed(golden.numbers)}


def write(goldens: dict[str, Golden], folder: Path = GOLDENS) -> int:
    """Writes the files of some families, all or none, and gives how many bytes the folder then has."""
    mine = {
        path: content for name, golden in goldens.items() for path, content in files(name, golden).items()
    }
    others = {path: path.stat().st_size for path in folder.glob("*.*") if path.name not in mine}
    size = sum(map(len, mine.values())) + sum(others.values())
    if size > LIMIT:
        found = ", ".join(f"{name} {len(content):,}" for name, content in sorted(mine.items()))
        raise GoldenError(
            f"{folder}: {size:,} bytes, more than the {LIMIT:,} that may be committed ({found}). Nothing was "
            "written. Remedy: shorter texts for the full prompts, in `texts` of miniatures/goldens.py"
        )
    parts = {folder / name: folder / f".{name}.part" for name in mine}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part, content in zip(parts.values(), mine.values()):
            part.write_bytes(content)
        for path, part in parts.items():
            part.replace(path)
    except OSError as cause:
        raise GoldenError(
            f"{folder}: cannot be written ({cause}). Remedy: free some room and see that you may write "
            "there, then make goldens"
        ) from cause
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return size


def read(name: str, folder: Path = GOLDENS) -> Golden:
    """The golden of a family as it was written."""
    try:
        index = json.loads((folder / f"{name}.json").read_bytes())
        content = (folder / f"{name}.bin").read_bytes()
        wanted = index["numbers"]
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise GoldenError(
            f"{folder}: {name}.json or {name}.bin cannot be read ({cause!r}). Remedy: make goldens"
        ) from cause
    if _sha256(content) != wanted:
        raise GoldenError(
            f"{folder / name}.bin: not the numbers of {name}.json: its SHA-256 is {_sha256(content)}, the "
            f"index names {wanted}. Remedy: git checkout -- {folder.name}, or make goldens"
        )
    return Golden(index, unpacked(content))


def values(golden: Golden, number: int) -> dict[str, NDArray[np.float32]]:
    """The intermediates of a prompt, in their shapes if it is full, else nine numbers each; and `top`."""
    prompt, index = golden.index["prompts"][number], golden.index
    sizes, at = index["sizes"] | prompt["sizes"], prompt["offset"]
    found = {}
    for name, axes in index["intermediates"].items():
        shape = [sizes[axis] for axis in axes.split()] if prompt["full"] else [SLICE + 1]
        count = math.prod(shape)
        found[name] = golden.numbers[at : at + count].reshape(shape)
        at += count
    return found | {"top": golden.numbers[at : at + len(prompt["top"])]}


def main(arguments: Sequence[str]) -> int:
    """Writes the goldens of the named families, or of all; errors go to standard error, as one line."""
    wrong = [name for name in arguments if name not in NAMES]
    if wrong:
        print(
            f"{', '.join(wrong)}: no goldens of that name. Remedy: some of {', '.join(NAMES)}",
            file=sys.stderr,
        )
        return 2
    torch.set_num_threads(1)  # more of them add up in another order
    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    goldens = {}
    try:
        for name in arguments or NAMES:
            goldens[name] = compute(name)
            print(f"{name}: {len(goldens[name].numbers):,} numbers")
        print(f"{GOLDENS}: {write(goldens):,} bytes of at most {LIMIT:,}")
    except (GoldenError, corpus.CorpusError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
