"""One task for three families: which word stands in the blank? The same 2,000 held-out blanks for each.

A blank is one token of a validation story that is a whole word. BERT and the encoder–decoder see the text on
both sides of it. A GPT sees the left side only, or, as a fair second, it scores whole sentences: how likely
is the text after the blank once the word has been put in?
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from miniatures.bert import BERT, framed
from miniatures.encoder_decoder import EncoderDecoder
from miniatures.gpt import GPT
from miniatures.tokenization import END, MASK, PAD, SENTINELS, SPECIAL, encode_stories

COUNT = 2000
SEED = 0
SIDE = 60  # tokens of the story shown on either side: 123 with the blank and BERT's marks, within all windows
WORDS = range(8, 41)  # of a sentence that gets a blank
APART = 8  # tokens between two blanks of one sentence
CANDIDATES = 256  # words that are put in and scored; the rest of the vocabulary keeps its share from the left
REST = 24  # tokens after the blank that the scoring reads: each costs a forward pass of all candidates
CLOSINGS = 64  # words of the encoder–decoder whose end is scored
BATCH = 32
WHAT = (
    "single words of letters only, each one token of the vocabulary, taken out of sentences of "
    f"{WORDS[0]} to {WORDS[-1]} words of the validation stories, with up to {SIDE} tokens of the "
    f"story shown on either side; where whole sentences are scored, the {CANDIDATES} likeliest "
    f"words by the left side are judged by the next {REST} tokens, and the others keep their "
    "probability; an encoder–decoder may fill in several tokens and is judged by the first one, "
    f"or, with the length known, its {CLOSINGS} likeliest words by whether the filling ends there "
    "too"
)

# A sentence ends at . ! or ? (and the quotes and brackets behind it) before a space, or with its paragraph.
SENTENCE = re.compile(r"""(?:[^.!?\n]|[.!?](?!["')]*(?:\s|$)))+(?:[.!?]["')]*)?""")
WORD = re.compile(r" [A-Za-z]+(?![\w'-])")  # letters only, not a part of "king's" or "well-known"


@dataclass(frozen=True)
class Blank:
    """Token ids: the word that was taken out, and up to `SIDE` tokens of the story before and after it."""

    left: tuple[int, ...]
    answer: int
    right: tuple[int, ...]


def choose(
    tokenizer: Tokenizer, stories: Sequence[str], count: int = COUNT, seed: int = SEED, side: int = SIDE
) -> list[Blank]:
    """`count` blanks; fewer of them are the first ones of more.

    The sentences of 8 to 40 words come in an order drawn by `seed`, and each gives one word of letters only
    that is a single token, drawn with equal chances. Once all sentences have given one, they give another in
    the same order, at least `APART` tokens away from those before, and so on.
    """
    chance = random.Random(seed)
    sentences: list[tuple[list[int], list[int]]] = []  # tokens of the story, places of words in the sentence
    for story in stories:
        tokens = encode_stories(tokenizer, [story])
        place_of = {span: place for place, span in enumerate(tokenizer.encode(story).offsets, 1)}  # 0 is END
        for sentence in SENTENCE.finditer(story):
            if len(sentence.group().split()) in WORDS:
                words = [word.span() for word in WORD.finditer(story, *sentence.span())]
                places = [place_of[span] for span in words if span in place_of]
                chance.shuffle(places)
                sentences.append((tokens, places))
    chance.shuffle(sentences)
    blanks: list[Blank] = []
    taken: list[list[int]] = [[] for _ in sentences]
    while len(blanks) < count:
        before = len(blanks)
        for (tokens, places), mine in zip(sentences, taken):
            at = next((at for at in places if all(abs(at - other) >= APART for other in mine)), None)
            if at is not None and len(blanks) < count:
                mine.append(at)
                blanks.append(
                    Blank(
                        tuple(tokens[max(0, at - side) : at]),
                        tokens[at],
                        tuple(tokens[at + 1 : at + 1 + side]),
                    )
                )
        if len(blanks) == before:
            raise ValueError(
                f"{len(blanks)} blanks can be made of these stories, {count} were asked for. "
                f"Remedy: --count {len(blanks)}, or more text"
            )
    return blanks


def in_batches(
    blanks: Sequence[Blank], shape: Callable[[Blank], tuple[int, ...]], what: str
) -> Iterator[tuple[list[int], list[Blank]]]:
    """Blanks of equal shape together, with their numbers, so that nothing has to be padded."""
    order = sorted(range(len(blanks)), key=lambda number: shape(blanks[number]))
    with tqdm(total=len(blanks), desc=what, unit="blank") as bar:
        for _, numbers in groupby(order, key=lambda number: shape(blanks[number])):
            alike = list(numbers)
            for at in range(0, len(alike), BATCH):
                group = alike[at : at + BATCH]
                yield group, [blanks[number] for number in group]
                bar.update(len(group))


@torch.no_grad()
def by_bert(model: BERT, blanks: Sequence[Blank]) -> Tensor:
    """ln p of every vocabulary entry in each blank, (N, V): [CLS] left [MASK] right [SEP]."""
    found = torch.empty(len(blanks), model.size.vocabulary)
    mask = SPECIAL.index(MASK)
    for numbers, group in in_batches(blanks, lambda blank: (len(blank.left), len(blank.right)), "BERT"):
        rows = framed(torch.tensor([[*blank.left, mask, *blank.right] for blank in group]))
        hidden = model.encode(rows)[:, len(group[0].left) + 1]
        found[numbers] = model.head(hidden).log_softmax(-1)
    return found


@torch.no_grad()
def by_encoder_decoder(model: EncoderDecoder, blanks: Sequence[Blank], closings: int = 0) -> Tensor:
    """ln p of every vocabulary entry in each blank, (N, V).

    The encoder reads the text with `<extra_id_0>` in the blank; the decoder gives the token that follows
    `<extra_id_0>`. It does not know that nothing else follows: it has learnt to fill spans of two on
    average. With `closings`, it is told so: the likeliest so many words are judged by p(`<extra_id_1>` |
    word) too.
    """
    found = torch.empty(len(blanks), model.size.vocabulary)
    end, start, opened, closed = (SPECIAL.index(mark) for mark in (END, PAD, *SENTINELS[:2]))
    for numbers, group in in_batches(
        blanks, lambda blank: (len(blank.left), len(blank.right)), "Encoder–decoder"
    ):
        source = torch.tensor([[*blank.left, opened, *blank.right, end] for blank in group])
        memory = model.encoder(model.tokens(source))
        likely = model.decode(torch.tensor([[start, opened]] * len(group)), memory)[:, -1].log_softmax(-1)
        for number, first, kept in zip(numbers, likely, memory):
            found[number] = first
            if closings:
                chosen = first.topk(min(closings, len(first))).indices
                target = torch.stack([torch.tensor([start, opened, word]) for word in chosen.tolist()])
                after = model.decode(target, kept.expand(len(chosen), -1, -1))[:, -1].log_softmax(-1)
                found[number] = judged(first, chosen, after[:, closed])
    return found


@torch.no_grad()
def by_gpt(model: GPT, blanks: Sequence[Blank]) -> Tensor:
    """ln p of every vocabulary entry in each blank, (N, V), from the left side alone."""
    found = torch.empty(len(blanks), model.size.vocabulary)
    for numbers, group in in_batches(blanks, lambda blank: (len(blank.left),), "GPT, left side"):
        found[numbers] = model(torch.tensor([blank.left for blank in group]))[:, -1].log_softmax(-1)
    return found


@torch.no_grad()
def by_gpt_sentences(
    model: GPT, blanks: Sequence[Blank], candidates: int = CANDIDATES, rest: int = REST
) -> Tensor:
    """ln p of every vocabulary entry in each blank, (N, V), by scoring the text with each word put in.

    The `candidates` likeliest words by the left side are judged by the first `rest` tokens after the blank.
    """
    found = torch.empty(len(blanks), model.size.vocabulary)
    for number, blank in enumerate(tqdm(blanks, desc="GPT, whole sentences", unit="blank")):
        logits, cache = read(model, torch.tensor([blank.left]))
        first = logits[0, -1].log_softmax(-1)
        chosen = first.topk(min(candidates, len(first))).indices
        right = torch.tensor(blank.right[:rest]).expand(len(chosen), -1)
        after, _ = read(model, torch.cat([chosen[:, None], right[:, :-1]], dim=1), cache)
        found[number] = judged(
            first, chosen, -F.cross_entropy(after.transpose(1, 2), right, reduction="none").sum(1)
        )
    return found


def judged(first: Tensor, chosen: Tensor, after: Tensor) -> Tensor:
    """ln p of every entry, (V,), from `first`, ln p before what comes after the blank is looked at.

    Bayes' rule: p(word | before, after) is proportional to p(word | before) · p(after | before, word).
    `after` has ln of the second factor for the words `chosen`, (C,). All other words get its mean over those,
    weighted by p(word | before): so they keep the probability that they had before, and the whole still sums
    to 1.
    """
    mean = (first[chosen] + after).logsumexp(0) - first[chosen].logsumexp(0)
    return first.index_add(0, chosen, after - mean)


Cache = list[tuple[Tensor, Tensor]]
"""Keys and values of each layer, (B, H, T, D/H)."""


def read(model: GPT, tokens: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
    """Logits (B, T, V) of tokens that come after those in the cache, and the cache with them added.

    A cache of one row serves all rows of `tokens`. No dropout: it is for a model that has been trained.
    """
    rows, length = tokens.shape
    past = cache[0][0].shape[2] if cache else 0
    sees = torch.ones(length, past + length, dtype=torch.bool).tril(past)
    x = model.tokens(tokens) + model.positions.weight[past : past + length]
    kept: Cache = []
    block: Any  # PyTorch's lists do not say of what they are
    for number, block in enumerate(model.blocks):
        attention, normed = block.attention, block.norm_1(x)
        q, k, v = (
            project(normed).view(rows, length, attention.heads, -1).transpose(1, 2)
            for project in (attention.query, attention.key, attention.value)
        )
        if cache:
            k, v = (
                torch.cat([old.expand(rows, -1, -1, -1), new], dim=2)
                for old, new in zip(cache[number], (k, v))
            )
        kept.append((k, v))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=sees)
        x = x + attention.out(mixed.transpose(1, 2).reshape(rows, length, -1))
        x = x + block.down(F.gelu(block.up(block.norm_2(x)), approximate="tanh"))
    return model.norm(x) @ model.tokens.weight.T, kept


def scores(found: Tensor, blanks: Sequence[Blank]) -> dict[str, float]:
    """How often the answer is the likeliest entry, or among the five; the mean of −log2 p(answer)."""
    answers = torch.tensor([blank.answer for blank in blanks])
    given = found.gather(1, answers[:, None])
    better = (found > given).sum(1)
    return {
        "top_1": (better < 1).double().mean().item(),
        "top_5": (better < 5).double().mean().item(),
        "bits": -given.double().mean().item() / math.log(2),
    }
