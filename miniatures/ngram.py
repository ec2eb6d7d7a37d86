"""A language model that only counts: interpolated modified Kneser–Ney smoothing over BPE tokens.

Source: Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling" (Computer
Speech and Language 13, 359–394), section 3; the idea is from Kneser and Ney 1995. For a token w behind the
k − 1 tokens h, and h′ = h without its first token,

    p_k(w | h) = max(c(h w) − D(c(h w)), 0) / c(h ·) + γ(h) p_{k−1}(w | h′),    p_0(w) = 1 / V,

where D is D₁, D₂ or D₃ for a count of one, two or more, and γ(h) hands on what the discounts took:
γ(h) = (D₁ N₁(h ·) + D₂ N₂(h ·) + D₃ N₃₊(h ·)) / c(h ·). At the highest order c counts how often; below it, in
how many contexts: after how many different tokens h w occurs. Where h has no counts, p_k is p_{k−1}.

The counts follow from the text, so the exported model is the text, at 2 bytes a token, and the discounts;
`NGram.load` counts again, in seconds. A table of all n-grams within 5 MB would have to be pruned: of these
stories, their last tokens alone fill that.
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from miniatures import corpus, tokenization

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

FOLDER = Path(__file__).parents[1] / "docs" / "assets" / "miniatures" / "ngram"
ORDER = 5
FALLBACK = (0.5, 1.0, 1.5)
PROMPT = "Once upon a time"
SAMPLE_TOKENS = 60
SAMPLE_SEEDS = (1, 2, 3)
WRITE_AGAIN = "Remedy: python -m miniatures ngram, which writes it anew"


CARD = """\
# n-gram: a language model that only counts

Interpolated modified Kneser–Ney smoothing (Chen and Goodman 1999) of order {order}: the next token from the
{before} before it. It is the yardstick of the miniatures: no weights, no gradient, nothing trained.

## Data

{stories} fairy tales, {characters:,} characters, {tokens:,} tokens of byte-level BPE with a vocabulary of
{vocabulary:,}; {tuning_stories} more stories are held back for tuning. The tales are out of copyright in the
United States; `miniatures/corpus/README.md` lists the collections.

## License

This folder: CC BY 4.0, as all of `docs/`. The code: MIT. The tales themselves: public domain in the United
States.

## Size

{ngrams:,} different n-grams of 1 to {order} tokens, which stand in place of parameters, and 3 discounts for
each order. They follow from the text, so the files hold the text, at 2 bytes a token: {megabytes:.1f} MB with
the tokenizer. A table of the n-grams would take {last_tokens:.1f} MB for their last tokens alone, before any
count.

- `model.safetensors`: `tokens`, the training text, and `discounts`, D₁, D₂ and D₃ of each order.
- `config.json`: order, vocabulary and, as a check on the counting, the number of n-grams of each order.
- `tokenizer.json`: for the library `tokenizers`.
- `training.csv`: a row for each order, as there is no curve; a number of steps does not apply.

`NGram.load(folder)` in `miniatures/ngram.py` counts the text again.

## Run

`python -m miniatures ngram`: {seconds} s of one core to count the text at order {order}. There is no seed
in it, and nothing was chosen by trial: the order was given, the discounts follow from the counts.

## Measured

Bits per character. The loss of the end-of-text mark behind each story counts, its characters do not.

| order | different n-grams | D₁ | D₂ | D₃ | tuning stories |
|--:|--:|--:|--:|--:|--:|
{rows}

The n-grams and discounts are those within the model of order {order}; the last column is of a model whose
highest order is that of the row.

On the {validation_stories} stories of `valid.txt`, order {order}: **{valid:.4f}**.

## Samples

Unedited, the first three seeds: {sample_tokens} tokens behind "{prompt}" at the start of a story.

{samples}

## Limits

- It sees {before} tokens, about three words: nothing is remembered from one sentence to the next.
- Tokens are only equal or different to it: what it counted for "king" says nothing about "queen".
- It holds its whole training text; what it writes can repeat stretches of it.
- One small corpus of old tales in English, with their views of the world: for study, not for use.
"""


class NGramError(Exception):
    """The text, the tokens asked for or the exported files cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Level:
    """The n-grams of one length k: R of them, after C contexts of k − 1 tokens."""

    keys: Integers  # (R,) ascending: the context's row in the level below × V + the last token
    shares: Floats  # (R,) what the discounted count gives: max(c − D, 0) / c(h ·)
    left: Floats  # (C,) γ(h), the share that goes on to the shorter context; 1 where h has no counts

    def find(self, contexts: Integers, tokens: Integers, vocabulary: int) -> Integers:
        """The row of each n-gram of a context's row and a token; −1 where there is none, or no context."""
        wanted = contexts * vocabulary + tokens  # negative, and so never found, for context −1
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[at] == wanted, at, -1)


class NGram:
    """A fitted model. Tokens are ids from 0 to `vocabulary` − 1; a context may have any length, also none."""

    def __init__(self, tokens: Integers, vocabulary: int, levels: list[Level], discounts: Floats):
        self.tokens, self.vocabulary, self.levels = tokens, vocabulary, levels
        self.discounts = discounts  # (order, 3): D₁, D₂, D₃ of each order, from order 1 on

    @property
    def order(self) -> int:
        """The length of the longest n-grams: one more than the tokens of context that count."""
        return len(self.levels)

    @property
    def ngrams(self) -> list[int]:
        """How many different n-grams of each order the text has, from order 1 on."""
        return [len(level.keys) for level in self.levels]

    @classmethod
    def fit(
        cls, tokens: Sequence[int] | Integers, order: int, vocabulary: int, discounts: Floats | None = None
    ) -> Self:
        """Counts the text, (N,) token ids; `discounts` (order, 3) are taken from its counts if not given."""
        if order < 1:
            raise NGramError(f"order {order}: an n-gram has at least one token. Remedy: an order from 1 on")
        text = _ids(tokens, vocabulary, "the text")
        if len(text) < order:
            raise NGramError(
                f"the text has {len(text)} tokens, order {order} needs {order} or more. "
                "Remedy: a longer text or a lower order"
            )
        # `rows[j]` is the row of the n-gram that begins at position j of the text; all those of length 0 are
        # the same one, row 0.
        rows = np.zeros(len(text) + 1, np.int64)
        keys: list[Integers] = []
        counts: list[Integers] = []
        for length in range(1, order + 1):
            unique, first, row, count = np.unique(
                rows[:-1] * vocabulary + text[length - 1 :],
                return_index=True,
                return_inverse=True,
                return_counts=True,
            )
            if length > 1:
                # Each different n-gram is one context, on the left, of what follows its first token.
                counts[-1] = np.bincount(rows[first + 1], minlength=len(keys[-1]))
            keys.append(unique)
            counts.append(count)
            rows = row
        if discounts is None:
            discounts = np.array([modified_discounts(count) for count in counts])
        below = [1, *map(len, keys)]
        levels = [
            _level(key, count, vocabulary, contexts, discount)
            for key, count, contexts, discount in zip(keys, counts, below, discounts)
        ]
        return cls(text, vocabulary, levels, discounts)

    def probabilities(self, tokens: Sequence[int] | Integers) -> Floats:
        """p of each token given those before it, the last `order` − 1 at most: (N,) to (N,)."""
        text = _ids(tokens, self.vocabulary, "the tokens")
        found = np.full(len(text), 1 / self.vocabulary)
        contexts = np.zeros(len(text) + 1, np.int64)
        for length, level in enumerate(self.levels[: len(text)]):
            contexts = contexts[:-1]  # behind the last one stands no token
            rows = level.find(contexts, text[length:], self.vocabulary)
            left = np.where(contexts >= 0, level.left[contexts], 1.0)
            found[length:] = np.where(rows >= 0, level.shares[rows], 0.0) + left * found[length:]
            contexts = rows
        return found

    def losses(self, tokens: Sequence[int] | Integers) -> Floats:
        """−ln p of each token after the first, in nats: (N,) token ids to (N − 1,)."""
        if len(tokens) < 2:
            raise NGramError(
                f"{len(tokens)} tokens: only what stands behind a first one has a loss. Remedy: two or more"
            )
        return -np.log(self.probabilities(tokens)[1:])

    def probability(self, context: Sequence[int], token: int) -> float:
        """p of one token behind a context."""
        return float(self.probabilities([*self._last(context), token])[-1])

    def distribution(self, context: Sequence[int]) -> Floats:
        """p of every token behind a context: (V,), of sum 1."""
        last = _ids(self._last(context), self.vocabulary, "the context")
        found = np.full(self.vocabulary, 1 / self.vocabulary)
        rows = np.zeros(len(last) + 1, np.int64)
        for length, level in enumerate(self.levels[: len(last) + 1]):
            row = rows[-1]  # of the last `length` tokens
            if row < 0:
                break  # what does not occur does not occur with more before it either
            low, high = np.searchsorted(level.keys, [row * self.vocabulary, (row + 1) * self.vocabulary])
            found *= level.left[row]
            found[level.keys[low:high] - row * self.vocabulary] += level.shares[low:high]
            rows = level.find(rows[:-1], last[length:], self.vocabulary)
        return found

    def sample(self, context: Sequence[int], length: int, seed: int) -> list[int]:
        """`length` tokens drawn behind a context, from p as it is; the same ones for the same seed."""
        chance = random.Random(seed)  # its numbers are promised to stay; those of NumPy's generators are not
        text = list(context)
        for _ in range(length):
            bounds = np.cumsum(self.distribution(text))
            text.append(int(np.searchsorted(bounds, chance.random() * bounds[-1], side="right")))
        return text[len(context) :]

    def _last(self, context: Sequence[int]) -> Sequence[int]:
        return context[max(0, len(context) - self.order + 1) :]

    def export(self, folder: Path) -> None:
        """Writes `config.json` and `model.safetensors` (tokens and discounts); files that stood there are
        replaced once both are written."""
        _replace(folder, self._files())

    def _files(self) -> dict[str, bytes]:
        if self.vocabulary > 2**16:
            raise NGramError(
                f"a vocabulary of {self.vocabulary}: model.safetensors has 2 bytes a token. "
                "Remedy: 65536 or less"
            )
        config = {
            "model_type": "kneser-ney",
            "order": self.order,
            "vocab_size": self.vocabulary,
            "ngrams": self.ngrams,
        }
        # The discounts come first: the eight bytes of each must begin at a multiple of eight for a page to
        # read them where they lie.
        tensors = {"discounts": self.discounts.astype("<f8"), "tokens": self.tokens.astype("<u2")}
        return {
            "config.json": (json.dumps(config, indent=2) + "\n").encode(),
            "model.safetensors": _to_safetensors(tensors),
        }

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model of an exported folder: its text is counted again, which takes seconds."""
        path = folder / "config.json"
        try:
            config = json.loads(path.read_bytes())
            order, vocabulary, ngrams = config["order"], config["vocab_size"], config["ngrams"]
        except (OSError, ValueError, KeyError, TypeError) as cause:
            raise NGramError(
                f"{path}: not the configuration of an n-gram model ({cause!r}). {WRITE_AGAIN}"
            ) from cause
        for field, value in (("order", order), ("vocab_size", vocabulary)):
            if type(value) is not int or value < 1:
                raise NGramError(f"{path}: {field} is {value!r}, not a number from 1 on. {WRITE_AGAIN}")
        path = folder / "model.safetensors"
        tensors = _from_safetensors(path, {"discounts": "F64", "tokens": "U16"})
        discounts, tokens = tensors["discounts"].astype(np.float64), tensors["tokens"].astype(np.int64)
        # Not above 1, 2 and 3, or shares would be cut off at 0 and no longer add up to 1.
        if discounts.shape != (order, 3) or not ((discounts > 0) & (discounts <= [1, 2, 3])).all():
            raise NGramError(
                f"{path}: discounts: not {order} rows of three numbers above 0 and up to 1, 2 and 3. "
                f"{WRITE_AGAIN}"
            )
        try:
            model = cls.fit(tokens, order, vocabulary, discounts)
        except NGramError as cause:
            raise NGramError(f"{path}: tokens: {cause}; or {WRITE_AGAIN}") from cause
        if model.ngrams != ngrams:
            raise NGramError(
                f"{path}: tokens: {model.ngrams} different n-grams, ngrams in config.json is {ngrams}: "
                f"the two files are not of one model. {WRITE_AGAIN}"
            )
        return model


def modified_discounts(counts: Integers) -> tuple[float, float, float]:
    """D₁, D₂ and D₃ of one order, from how many of its n-grams have a count of 1, 2, 3 and 4.

    Y = n₁ / (n₁ + 2 n₂), D_i = i − (i + 1) Y n_{i+1} / n_i (Chen and Goodman 1999, section 3). This has no
    value, or not a positive one, where too few n-grams are that rare; then ½, 1 and 1½ stand for all three,
    as with the option --discount_fallback of KenLM.
    """
    n = [int((counts == count).sum()) for count in range(5)]
    if all(n[1:]):
        y = n[1] / (n[1] + 2 * n[2])
        found = tuple(i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3))
        if min(found) > 0:
            return found[0], found[1], found[2]
    return FALLBACK


def _level(keys: Integers, counts: Integers, vocabulary: int, contexts: int, discounts: Floats) -> Level:
    """One level from the counts of its n-grams, (R,) each, and the number of contexts below it."""
    context = keys // vocabulary
    # What only begins the text stands after nothing: below the highest order count and discount are 0.
    discount = np.concatenate([[0.0], discounts])[np.minimum(counts, 3)]
    total = np.bincount(context, counts, contexts)
    seen = np.maximum(total, 1)  # where there is nothing to share, nothing is divided
    left = np.where(total > 0, np.bincount(context, discount, contexts) / seen, 1.0)
    return Level(keys, (counts - discount) / seen[context], left)


def _ids(tokens: Sequence[int] | Integers, vocabulary: int, what: str) -> Integers:
    ids = np.asarray(tokens, np.int64)
    if len(ids) and not 0 <= ids.min() <= ids.max() < vocabulary:
        wrong = ids[(ids < 0) | (ids >= vocabulary)][0]
        raise NGramError(
            f"{what}: token {wrong} is not in the vocabulary. Remedy: ids from 0 to {vocabulary - 1}"
        )
    return ids


def _to_safetensors(tensors: dict[str, NDArray[Any]]) -> bytes:
    """The format of the `safetensors` library: the length of the header, the header as JSON, the numbers.

    Written out here because it is short, and because this model needs nothing but NumPy so.
    """
    header: dict[str, Any] = {}
    end = 0
    for name, values in tensors.items():
        begin, end = end, end + values.nbytes
        kind = {"<f8": "F64", "<u2": "U16"}[values.dtype.newbyteorder("<").str]
        header[name] = {"dtype": kind, "shape": values.shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of eight bytes
    return len(text).to_bytes(8, "little") + text + b"".join(values.tobytes() for values in tensors.values())


def _from_safetensors(path: Path, kinds: dict[str, str]) -> dict[str, NDArray[Any]]:
    """The named tensors of a file, each of the kind that is asked for."""
    try:
        content = path.read_bytes()
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        found = {}
        for name, kind in kinds.items():
            if header[name]["dtype"] != kind:
                raise ValueError(f"{name} is of kind {header[name]['dtype']}, not {kind}")
            begin, end = header[name]["data_offsets"]
            values = np.frombuffer(content[start + begin : start + end], {"F64": "<f8", "U16": "<u2"}[kind])
            found[name] = values.reshape(header[name]["shape"])
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise NGramError(f"{path}: damaged or not of this model ({cause!r}). {WRITE_AGAIN}") from cause
    return found


def _replace(folder: Path, files: dict[str, bytes]) -> None:
    """Writes files beside those of the same names and then in their place, so that a full disk harms none."""
    parts = {folder / name: folder / f"{name}.part" for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part, content in zip(parts.values(), files.values()):
            part.write_bytes(content)
        for path, part in parts.items():
            part.replace(path)
    except OSError as cause:
        for part in parts.values():
            part.unlink(missing_ok=True)
        raise NGramError(
            f"{folder}: cannot be written ({cause}); what stood there is whole. "
            "Remedy: free some room, or the right to write there, then run the same command again"
        ) from cause


@cache
def training_tokens() -> Integers:
    """The training stories as token ids, (N,)."""
    return np.array(
        tokenization.encode_stories(tokenization.model_tokenizer(), corpus.training_stories()), np.int64
    )


def fit_stories(order: int = ORDER) -> NGram:
    """The model of the training stories."""
    return NGram.fit(training_tokens(), order, tokenization.model_tokenizer().get_vocab_size())


def bits_per_character(model: NGram, stories: Sequence[str]) -> float:
    """All losses in bits over the characters of the stories: as in `evaluation`, without torch."""
    tokens = tokenization.encode_stories(tokenization.model_tokenizer(), stories)
    return float(model.losses(tokens).sum()) / math.log(2) / sum(map(len, stories))


def sample_text(model: NGram, seed: int) -> str:
    """`PROMPT` at the start of a story, and `SAMPLE_TOKENS` tokens that the model puts behind it."""
    tokenizer = tokenization.model_tokenizer()
    context = tokenization.encode_stories(tokenizer, [PROMPT])[:-1]  # without the mark of its end
    drawn = model.sample(context, SAMPLE_TOKENS, seed)
    return tokenizer.decode([*context[1:], *drawn], skip_special_tokens=False)


def make(changes: Sequence[str] = (), folder: Path = FOLDER) -> None:
    """`python -m miniatures ngram`: counts the training stories, measures, and writes the exported folder."""
    for change in changes:
        if change.partition("=")[0] not in ("steps", "stop"):
            raise NGramError(f"{change}: not a setting of ngram, which has none. Remedy: leave it out")
        print(
            f"ngram: {change} does not apply: this model counts the text once, in no steps", file=sys.stderr
        )
    training_tokens()  # before the clock starts: the seconds are those of the counting
    began = time.process_time()
    model = fit_stories()
    seconds = time.process_time() - began
    stories = corpus.tuning_stories()
    tuning = [bits_per_character(fit_stories(order), stories) for order in range(1, ORDER + 1)]
    valid = bits_per_character(model, corpus.validation_stories())
    files = {
        **model._files(),
        "tokenizer.json": tokenization.model_tokenizer().to_str(pretty=True).encode(),
        "training.csv": curve(tuning).encode(),
    }
    size = sum(map(len, files.values()))
    files["README.md"] = card(model, tuning, valid, f"{seconds:.1f}", size).encode()
    _replace(folder, files)
    print(
        f"ngram: {valid:.4f} bits per character on valid.txt, counted in {seconds:.1f} s; written to {folder}"
    )


def curve(tuning: Sequence[float]) -> str:
    """training.csv from the bits per character of orders 1, 2 and so on: with no steps, a row is an order."""
    rows = [f"{order},{bits:.4f}\n" for order, bits in enumerate(tuning, 1)]
    return "".join(["order,bits_per_character\n", *rows])


def card(model: NGram, tuning: Sequence[float], valid: float, seconds: str, size: int) -> str:
    """README.md, the model card; `size` in bytes is that of the other files."""
    discounts = [" | ".join(f"{value:.3f}" for value in row) for row in model.discounts]
    rows = [
        f"| {order} | {count:,} | {discount} | {bits:.4f} |"
        for order, (count, discount, bits) in enumerate(zip(model.ngrams, discounts, tuning), 1)
    ]
    samples = [f"Seed {seed}:\n\n```text\n{sample_text(model, seed)}\n```" for seed in SAMPLE_SEEDS]
    return CARD.format(
        order=model.order,
        before=model.order - 1,
        vocabulary=model.vocabulary,
        stories=len(corpus.training_stories()),
        characters=sum(map(len, corpus.training_stories())),
        tokens=len(model.tokens),
        ngrams=sum(model.ngrams),
        megabytes=size / 1e6,
        last_tokens=2 * sum(model.ngrams) / 1e6,
        seconds=seconds,
        tuning_stories=len(corpus.tuning_stories()),
        validation_stories=len(corpus.validation_stories()),
        valid=valid,
        rows="\n".join(rows),
        prompt=PROMPT,
        sample_tokens=SAMPLE_TOKENS,
        samples="\n\n".join(samples),
    )
