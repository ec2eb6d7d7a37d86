"""`python -m miniatures.sample NAME`: what a miniature writes, or fills in, the same for the same seed.

Models that read from left to right go on from the prompt, token by token, until the length is reached or the
story ends. When the text is longer than the window of a Transformer, its oldest tokens drop out and the rest
is read again; recurrent models have no window, they carry a state. BERT fills the [MASK]s of the prompt, the
encoder–decoder its sentinels `<extra_id_0>`, `<extra_id_1>` ….
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from miniatures import export
from miniatures.bert import BERT
from miniatures.encoder_decoder import EncoderDecoder
from miniatures.tokenization import END, MASK, PAD, SENTINELS, SPECIAL

BEST = 5  # suggestions for each [MASK]
PROMPTS = {
    "bert": "Once upon a time there was a [MASK] who lived in a little [MASK].",
    "t5": "Once upon a time there was <extra_id_0> who lived in <extra_id_1>.",
}


@dataclass(frozen=True)
class Settings:
    """How to choose tokens."""

    prompt: str = "Once upon a time"
    seed: int = 1
    temperature: float = 0.8
    top_k: int = 40
    length: int = 120  # new tokens at most

    def __post_init__(self) -> None:
        wrong = {
            "temperature": not (math.isfinite(self.temperature) and self.temperature >= 0),
            "top-k": self.top_k < 1,
            "length": self.length < 1,
        }
        for name, bad in wrong.items():
            if bad:
                value = getattr(self, name.replace("-", "_"))
                least = "0 (always the likeliest token) or more" if name == "temperature" else "1 or more"
                raise SampleError(f"--{name} {value}: out of range. Remedy: {least}")


class SampleError(Exception):
    """What was asked for cannot be sampled; the message says what to do."""


def choose(logits: Tensor, temperature: float, top_k: int, chance: torch.Generator) -> int:
    """Draws one of the `top_k` likeliest tokens by softmax(logits / temperature); logits (V,), nats.

    One uniform number a token and sums in double precision: so the same seed gives the same text on another
    processor too, where the last bit of a logit may differ. Of equal logits the lower id ranks first.
    """
    values, ids = torch.sort(logits.double(), descending=True, stable=True)
    if temperature == 0:
        return int(ids[0])
    edges = torch.exp((values[:top_k] - values[0]) / temperature).cumsum(0)
    drawn = torch.rand((), generator=chance, dtype=torch.float64) * edges[-1]
    return int(ids[min(int((edges <= drawn).sum()), len(edges) - 1)])


Predictor = Callable[[Sequence[int]], Tensor]  # all token ids so far to the logits (V,) of the next


def predictor(model: Any) -> Predictor:
    """How a left-to-right model is asked for the next token."""
    if hasattr(model, "distribution"):
        return lambda tokens: torch.as_tensor(model.distribution(tokens)).double().log()
    if hasattr(model, "read"):
        return _Stepwise(model)
    window = model.size.context

    def predict(tokens: Sequence[int]) -> Tensor:
        logits: Tensor = model(torch.tensor([list(tokens)[-window:]]))[0, -1]
        return logits

    return predict


class _Stepwise:
    """Feeds a recurrent model each token once: what is new, to the state that the earlier ones left."""

    def __init__(self, model: Any):
        self.model, self.state, self.read = model, None, 0

    def __call__(self, tokens: Sequence[int]) -> Tensor:
        new = torch.tensor([list(tokens)[self.read :]])
        logits: Tensor
        logits, self.state = self.model.read(new, self.state)
        self.read = len(tokens)
        return logits[0, -1]


@torch.no_grad()
def continued(predict: Predictor, tokens: Sequence[int], settings: Settings, end: int | None) -> list[int]:
    """`tokens` and up to `settings.length` more; stops before an `end`."""
    chance = torch.Generator().manual_seed(settings.seed)
    found = list(tokens)
    for _ in range(settings.length):
        token = choose(predict(found), settings.temperature, settings.top_k, chance)
        if token == end:
            break
        found.append(token)
    return found


def write_on(model: Any, tokenizer: Tokenizer, settings: Settings) -> str:
    """The prompt and what a left-to-right model makes of it; an empty prompt begins a story."""
    end = tokenizer.token_to_id(END)
    prompt = tokenizer.encode(settings.prompt, add_special_tokens=False).ids
    before = [] if prompt or end is None else [end]
    if not prompt and not before:
        raise SampleError("--prompt: empty, and this model has no mark for a beginning. Remedy: give one")
    tokens = continued(predictor(model), before + prompt, settings, end)
    return str(tokenizer.decode(tokens[len(before) :], skip_special_tokens=False))


@torch.no_grad()
def fill_masks(model: Any, tokenizer: Tokenizer, settings: Settings) -> str:
    """The prompt with the likeliest token at each [MASK], and a line for each with the five likeliest.

    Each [MASK] is one token, judged while the others are hidden. Nothing is drawn: the seed does not matter.
    """
    tokens = torch.tensor([tokenizer.encode(settings.prompt).ids])
    masks = [at for at, token in enumerate(tokens[0].tolist()) if token == tokenizer.token_to_id(MASK)]
    if not masks:
        raise SampleError(f"--prompt {settings.prompt!r}: no holes. Remedy: write {MASK} for a hidden word")
    if tokens.shape[1] > model.size.context:
        raise SampleError(
            f"--prompt: {tokens.shape[1]} tokens, the model reads {model.size.context}. Remedy: a shorter one"
        )
    chances = torch.softmax(model(tokens)[0, masks].double(), dim=-1)  # (masks, V)
    best = chances.topk(min(BEST, chances.shape[-1]))
    lines = []
    for number, (parts, ids) in enumerate(zip(best.values.tolist(), best.indices.tolist()), 1):
        found = (f"{tokenizer.decode([token]).strip()!r} {part:.1%}" for token, part in zip(ids, parts))
        lines.append(f"{MASK} {number}: {', '.join(found)}")
    tokens[0, masks] = best.indices[:, 0]
    return "\n".join([tokenizer.decode(tokens[0].tolist()).strip(), *lines])


@torch.no_grad()
def fill_sentinels(model: Any, tokenizer: Tokenizer, settings: Settings) -> str:
    """The prompt, its sentinels replaced by what the decoder wrote behind each (Raffel et al. 2020, fig. 2).

    What it wrote nothing for stays as it is.
    """
    wanted = [mark for mark in SENTINELS if mark in settings.prompt]
    if not wanted:
        raise SampleError(
            f"--prompt {settings.prompt!r}: no holes. Remedy: write {SENTINELS[0]} for a hidden stretch"
        )
    source = torch.tensor([tokenizer.encode(settings.prompt).ids])
    memory = model.encoder(model.tokens(source))
    end = tokenizer.token_to_id(END)

    def predict(tokens: Sequence[int]) -> Tensor:
        logits: Tensor = model.decode(torch.tensor([list(tokens)]), memory)[0, -1]
        return logits

    start = [SPECIAL.index(PAD)]  # T5 begins its output with the pad token
    written = tokenizer.decode(continued(predict, start, settings, end)[1:], skip_special_tokens=False)
    parts = re.split("(" + "|".join(map(re.escape, SENTINELS)) + ")", written)
    text = settings.prompt
    for mark, part in zip(parts[1::2], parts[2::2]):
        text = text.replace(f" {mark}", part).replace(mark, part)  # the part has a space of its own
    return text


def sampled(model: Any, tokenizer: Tokenizer, settings: Settings) -> str:
    """What the model makes of the prompt, by its family's way."""
    if isinstance(model, BERT):
        return fill_masks(model, tokenizer, settings)
    if isinstance(model, EncoderDecoder):
        return fill_sentinels(model, tokenizer, settings)
    return write_on(model, tokenizer, settings)


def main(arguments: Sequence[str]) -> int:
    """Prints one sample; errors go to standard error, as one line each."""
    standard = Settings()
    about = (__doc__ or "").partition(": ")[2].partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m miniatures.sample", description=about)
    parser.add_argument("name", help="a folder of docs/assets/miniatures, or a path")
    parser.add_argument("--prompt", help=f"default: {standard.prompt}, or a text with holes for BERT and T5")
    parser.add_argument("--seed", type=int, default=standard.seed)
    parser.add_argument("--temperature", type=float, default=standard.temperature, help="0: the likeliest")
    parser.add_argument("--top-k", type=int, default=standard.top_k, help="choose among so many tokens")
    parser.add_argument("--length", type=int, default=standard.length, help="new tokens at most")
    given = parser.parse_args(arguments)
    folder = export.ASSETS / given.name if Path(given.name).name == given.name else Path(given.name)
    try:
        model, tokenizer = export.load(folder)
        prompt = given.prompt
        if prompt is None:
            prompt = PROMPTS.get(export.read_config(folder)["model_type"], standard.prompt)
        settings = Settings(prompt, given.seed, given.temperature, given.top_k, given.length)
        print(sampled(model, tokenizer, settings))
    except (SampleError, export.ExportError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
