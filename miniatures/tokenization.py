"""Tokenizers of 2,048 entries, learnt from the training stories with the `tokenizers` library.

The models use byte-level BPE: it has an entry for every byte, so that whatever a reader types can be written
in it. WordPiece and Unigram of the same size, and characters, bytes and words, are there to be compared.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from miniatures.corpus import training_stories

VOCABULARY = 2048
END = "<|endoftext|>"
PAD, MASK, CLS, SEP = "[PAD]", "[MASK]", "[CLS]", "[SEP]"
SENTINELS = [f"<extra_id_{number}>" for number in range(16)]
# All models share one vocabulary, so that their losses and sizes can be compared token by token; what a
# family does not use costs it a row of its embedding.
SPECIAL = [END, PAD, MASK, CLS, SEP, *SENTINELS]


def train_bpe(stories: Sequence[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """Byte-level byte-pair encoding (Sennrich et al. 2016; over bytes as in GPT-2, Radford et al. 2019)."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(stories, trainer)
    return tokenizer


def train_wordpiece(stories: Sequence[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """WordPiece as BERT has it (Schuster and Nakajima 2012): `##` marks what continues a word."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(
        stories,
        trainers.WordPieceTrainer(
            vocab_size=vocabulary, special_tokens=["[UNK]", *SPECIAL], show_progress=False
        ),
    )
    return tokenizer


def train_unigram(stories: Sequence[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """The unigram language model (Kudo 2018) with `▁` for a space, as SentencePiece writes it."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Replace(Regex("\n+"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        stories,
        trainers.UnigramTrainer(
            vocab_size=vocabulary, special_tokens=["<unk>", *SPECIAL], unk_token="<unk>", show_progress=False
        ),
    )
    return tokenizer


@cache
def model_tokenizer() -> Tokenizer:
    """The BPE tokenizer of the models, learnt anew from the training stories in seconds: always the same."""
    return train_bpe(training_stories())


def encode_stories(tokenizer: Tokenizer, stories: Sequence[str]) -> list[int]:
    """One sequence of token ids: each story behind an end-of-text mark, and one after the last."""
    end = tokenizer.token_to_id(END)
    assert end is not None, f"the tokenizer has no {END}"
    tokens = [end]
    for encoding in tokenizer.encode_batch(list(stories)):
        tokens += [*encoding.ids, end]
    return tokens


def pieces(word: str, ranks: dict[tuple[str, str], int], chance: random.Random, skip: float) -> list[str]:
    """The pieces of a word by BPE dropout (Provilkov et al. 2020, section 3): each possible merge is passed
    over with probability `skip` each time that the best one is looked for. Without any, BPE itself.
    """
    parts = list(word)
    while True:
        merges = [
            (rank, at)
            for at, pair in enumerate(pairwise(parts))
            if (rank := ranks.get(pair)) is not None and chance.random() >= skip
        ]
        if not merges:
            return parts
        at = min(merges)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


def resegmented(tokenizer: Tokenizer, stories: Sequence[str], skip: float) -> Callable[[int], list[int]]:
    """Seed to what `encode_stories` gives, but each word cut anew by BPE dropout.

    The library can do it as well, but takes its chance from the system: no run could be repeated.
    """
    state = json.loads(tokenizer.to_str())["model"]
    ranks = {(left, right): rank for rank, (left, right) in enumerate(state["merges"])}
    ids: dict[str, int] = state["vocab"]
    texts = [[word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(story)] for story in stories]

    def drawn(seed: int) -> list[int]:
        chance = random.Random(seed)
        tokens = [ids[END]]
        for words in texts:
            for word in words:
                tokens += [ids[piece] for piece in pieces(word, ranks, chance, skip)]
            tokens.append(ids[END])
        return tokens

    return drawn


def save(tokenizer: Tokenizer, path: Path) -> None:
    """Writes `tokenizer.json`."""
    tokenizer.save(str(path))
