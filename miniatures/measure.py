"""`python -m miniatures.measure`: all figures about the miniatures, written to docs/data/miniatures.json.

Everything but the speeds is measured on `valid.txt`, of which no model has seen a word, with the exported
folders: the float16 weights that a page loads, calculated with in float32. `--only` measures some parts anew
and leaves the others of the file as they are; each part is written as soon as it is done.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import platform
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from miniatures import blanks, corpus, export, tokenization
from miniatures.evaluation import LEAST_CONTEXT, bits_per_character, token_losses
from miniatures.gpt import GPT
from miniatures.ngram import NGram, NGramError
from miniatures.optimizer import optimizers
from miniatures.recurrent import Recurrent
from miniatures.tokenization import VOCABULARY
from miniatures.training import RUNS, Family, Recipe, set_threads

RESULTS = Path(__file__).parent.parent / "docs" / "data" / "miniatures.json"
QUICK_RESULTS = RUNS / "miniatures-quick.json"
FAMILIES = {  # of each exported language model: its family, its label
    "ngram": ("n-gram counts", "5-gram"),
    "rnn": ("recurrent", "RNN"),
    "lstm": ("recurrent", "LSTM"),
    "gru": ("recurrent", "GRU"),
    "gpt-equal": ("decoder-only Transformer", "GPT, equal training"),
    "gpt": ("decoder-only Transformer", "GPT"),
    "bert": ("encoder-only Transformer", "BERT"),
    "encoder-decoder": ("encoder–decoder Transformer", "Encoder–decoder"),
}
EQUAL = ("ngram", "rnn", "lstm", "gru", "gpt-equal")
TRAINED_EQUALLY = EQUAL[1:]
FROM_LEFT = (*EQUAL, "gpt")  # these give every text a probability, so they have bits per character
WITH_BLANKS = ("gpt", "bert", "encoder-decoder")
POSITIONS = [2**power for power in range(9)]
FIRST_BLANKS = 100  # whose figures are written too, for a test
TWO_THREADS = ("gpt",)  # the others ran two side by side, with one each (THREADS=1); a run does not record it
KEYS = (
    "about",
    "corpus",
    "machine",
    "models",
    "seeds",
    "by_position",
    "speed",
    "blanks",
    "tokenizers",
    "compressor",
)


class MeasureError(Exception):
    """Something that is to be measured is missing or not whole; the message says what to do."""


@dataclass(frozen=True)
class Effort:
    """How much is measured. What is published is measured with the standard values."""

    stories: list[str] = field(default_factory=corpus.validation_stories)
    blanks: int = blanks.COUNT
    repeats: int = 7  # of each timing; the median counts
    names: tuple[str, ...] = tuple(FAMILIES)
    assets: Path = export.ASSETS
    runs: Path = RUNS

    def some(self, names: Sequence[str]) -> list[str]:
        """Those of the names that were asked for."""
        return [name for name in names if name in self.names]


Results = dict[str, Any]


def encoded(stories: Sequence[str]) -> tuple[list[int], int]:
    """The stories as token ids, END story END … END, and their number of characters.

    Bits for tokens are bits for the text only if the tokens give back the text, which is checked. The END
    marks cost bits too, and bring no characters: what separates stories in the file is not counted.
    """
    tokenizer = tokenization.model_tokenizer()
    for number, story in enumerate(stories):
        if tokenizer.decode(tokenizer.encode(story).ids, skip_special_tokens=False) != story:
            raise MeasureError(
                f"story {number + 1}: its tokens do not give back its text, so bits per character would be "
                "wrong. Remedy: a tokenizer that covers all characters"
            )
    return tokenization.encode_stories(tokenizer, stories), sum(map(len, stories))


def load(name: str, effort: Effort) -> Any:
    """The model of an exported folder."""
    folder = effort.assets / name
    if not (folder / export.WEIGHTS).is_file():
        raise MeasureError(
            f"{folder}: has no {export.WEIGHTS}: never exported, or its run is not finished. "
            f"Remedy: make miniature NAME={name}"
        )
    return _loaded(folder)


@cache
def _loaded(folder: Path) -> Any:
    return export.load(folder)[0]


def losses(model: Any, tokens: Sequence[int], context: int) -> Tensor:
    """−ln p of each token after the first, nats, (N − 1,), given at least 64 and at most `context` before it.

    Windows start every quarter of a window, so that three quarters of it stand before each token that counts,
    but at the very start of the text. Recurrent models begin each window with an empty state, as in their
    training. An n-gram model looks at its four tokens wherever it stands.
    """
    if isinstance(model, NGram):
        return torch.from_numpy(model.losses(tokens))
    stride = context // 4
    if context - stride < LEAST_CONTEXT:
        raise MeasureError(
            f"a window of {context} tokens leaves {context - stride} before a token, {LEAST_CONTEXT} are the "
            "least. Remedy: a model with a longer context"
        )
    return token_losses(model, tokens, context, stride)


def bits(model: Any, stories: Sequence[str]) -> float:
    """Bits per character of the stories by a left-to-right model."""
    tokens, characters = encoded(stories)
    context = 0 if isinstance(model, NGram) else model.size.context
    return bits_per_character(losses(model, tokens, context), characters)


def measure_corpus(effort: Effort, old: Results) -> Results:
    """Sizes of the text, in characters of stories and in tokens with the END marks."""
    training = corpus.training_stories()
    tokens, characters = encoded(training)
    valid_tokens, valid_characters = encoded(effort.stories)
    return {
        "corpus": {
            "training_characters": characters,
            "training_tokens": len(tokens),
            "tuning_characters": sum(map(len, corpus.tuning_stories())),
            "validation_characters": valid_characters,
            "validation_tokens": len(valid_tokens),
            "vocabulary": VOCABULARY,
        }
    }


def measure_models(effort: Effort, old: Results) -> Results:
    """Size, run and bits per character of each exported language model."""
    rows = {row["name"]: row for row in old.get("models", [])}
    for name in effort.some(list(FAMILIES)):
        model = load(name, effort)
        family, label = FAMILIES[name]
        row: Results = {"name": name, "family": family, "label": label}
        row["parameters"] = (
            sum(model.ngrams)
            if isinstance(model, NGram)
            else sum(weight.numel() for weight in model.parameters())
        )
        row["bytes"] = (effort.assets / name / export.WEIGHTS).stat().st_size
        if isinstance(model, NGram):
            began = time.monotonic()
            NGram.fit(model.tokens, model.order, model.vocabulary)  # all its training, so it is done again
            row |= {"context": model.order - 1, "steps": 0, "training_tokens": len(model.tokens)}
            row |= {"minutes": round((time.monotonic() - began) / 60, 3), "threads": 1, "seed": 0}
        else:
            recipe = recipe_of(name, effort)
            row |= {"context": recipe.context, "steps": recipe.steps}
            row["training_tokens"] = recipe.steps * recipe.batch * recipe.context
            row |= {"minutes": round(minutes_of(name, effort), 1), "threads": training_threads(name)}
            row["seed"] = recipe.seed
        row["bits_per_character"] = round(bits(model, effort.stories), 4) if name in FROM_LEFT else None
        row["equal"] = name in EQUAL
        rows[name] = row
        print(f"{label}: {row['bits_per_character']} bits per character", file=sys.stderr)
    return {"models": [rows[name] for name in FAMILIES if name in rows]}


def training_threads(name: str) -> int:
    """THREADS of a published run."""
    return 2 if name in TWO_THREADS else 1


def recipe_of(name: str, effort: Effort) -> Recipe:
    """What the run of an exported folder was made of."""
    path = effort.assets / name / export.CONFIG
    try:
        return Recipe(**export.read_config(path.parent)["training"])
    except (KeyError, TypeError) as cause:
        raise MeasureError(
            f"{path}: training: missing or of another version ({cause}). Remedy: make miniature NAME={name}"
        ) from cause


def minutes_of(name: str, effort: Effort) -> float:
    """How long the run took, by the last row of its curve."""
    path = effort.assets / name / export.CURVE
    try:
        head, *rows = [line.split(",") for line in path.read_text(encoding="utf-8").split()]
        return float(rows[-1][head.index("seconds")]) / 60
    except (OSError, ValueError, IndexError) as cause:
        raise MeasureError(
            f"{path}: no seconds in its last row ({cause}). Remedy: make miniature NAME={name}"
        ) from cause


def measure_seeds(effort: Effort, old: Results) -> Results:
    """Bits per character of runs that differ from an exported one by their seed only.

    Those runs are kept on the machine that made them; where they are gone, their figures stay.
    """
    rows = {(row["name"], row["seed"]): row for row in old.get("seeds", [])}
    found: list[tuple[str, int, Any]] = []
    finished = []
    for path in sorted(effort.runs.glob("*/checkpoint.pt")):
        try:
            finished.append(export.finished(path.parent))
        except export.ExportError as cause:
            print(f"left out: {cause}", file=sys.stderr)
    for name in effort.some(TRAINED_EQUALLY):
        recipe = recipe_of(name, effort)
        found.append((name, recipe.seed, load(name, effort)))
        for model, other in finished:
            if other.seed != recipe.seed and replace(other, name=recipe.name, seed=recipe.seed) == recipe:
                found.append((name, other.seed, model))
    for name, seed, model in found:
        figure = round(bits(model, effort.stories), 4)
        rows[name, seed] = {"name": name, "seed": seed, "bits_per_character": figure}
    return {
        "seeds": [rows[key] for key in sorted(rows, key=lambda key: (TRAINED_EQUALLY.index(key[0]), key))]
    }


def measure_positions(effort: Effort, old: Results) -> Results:
    """Mean loss by the number of tokens before the predicted one."""
    rows = {row["name"]: row for row in old.get("by_position", [])}
    tokens, _ = encoded(effort.stories)
    # Recurrent models and counts have no window; all are asked up to where the shortest of the others ends.
    longest = min(load(name, effort).size.context for name in FROM_LEFT if name.startswith("gpt"))
    positions = [position for position in POSITIONS if position <= longest]
    for name in effort.some(FROM_LEFT):
        found = by_position(load(name, effort), tokens, positions)
        rows[name] = {"name": name, "positions": positions, "loss_nats": [round(loss, 4) for loss in found]}
    return {"by_position": [rows[name] for name in FROM_LEFT if name in rows]}


def by_position(model: Any, tokens: Sequence[int], positions: Sequence[int]) -> list[float]:
    """Mean loss, nats, with 1, 2, 3–4, 5–8 … tokens before the predicted one.

    For each position p the text is read in windows of p tokens, one every p/2, and the second half of each
    counts: so every token of the text is predicted once with more than p/2 and at most p tokens before it,
    and all means are over the same tokens. The first tokens of the text, which cannot have so many before
    them, are left out.
    """
    first = min(max(POSITIONS), len(tokens) // 2)
    means = []
    for position in tqdm(positions, desc="by position", unit="window size"):
        stride = max(1, position // 2)
        if isinstance(model, NGram):
            shown = [min(count, model.order - 1) for count in range(position - stride + 1, position + 1)]
            times = Counter(shown)
            sums = [n * ngram_losses(model, tokens, count)[first:] for count, n in times.items()]
            means.append(float(np.mean(sum(sums))) / len(shown))
        else:
            batch = max(1, 4096 // position)
            means.append(token_losses(model, tokens, position, stride, batch)[first:].double().mean().item())
    return means


def ngram_losses(model: NGram, tokens: Sequence[int], context: int) -> Any:
    """−ln p of each token after the first, with no more than `context` tokens before it, (N − 1,)."""
    shorter = NGram(model.tokens, model.vocabulary, model.levels[: context + 1], model.discounts)
    return shorter.losses(tokens)


def measure_speed(effort: Effort, old: Results) -> Results:
    """Tokens per second on one thread: in training, and reading one text at once or token by token.

    Fresh models of the recipes, as their weights do not matter. The jobs take turns, so that what slows the
    machine down for a while slows all of them.
    """
    from miniatures.__main__ import FAMILIES as TRAINERS
    from miniatures.__main__ import RECIPES

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    jobs: dict[tuple[str, str], tuple[int, Callable[[], object]]] = {}
    names = effort.some([*TRAINED_EQUALLY, "gpt"])
    for name in names:
        recipe = RECIPES[name]
        family = TRAINERS[recipe.family]
        windows = torch.randint(len(tokenization.SPECIAL), VOCABULARY, (recipe.batch, recipe.context + 1))
        text = windows[:1, : recipe.context]
        model: Any = family.build(recipe).eval()
        jobs[name, "training"] = windows[:, 1:].numel(), training_step(family, recipe, windows)
        jobs[name, "parallel"] = text.numel(), partial(model, text)
        jobs[name, "stepwise"] = text.numel(), partial(stepwise, model, text)
    seconds: dict[tuple[str, str], list[float]] = {key: [] for key in jobs}
    for turn in tqdm(range(effort.repeats + 1), desc="speed", unit="turn"):
        for key, (_, job) in jobs.items():
            began = time.perf_counter()
            with torch.set_grad_enabled(key[1] == "training"):
                job()
            if turn:  # the first one warms up
                seconds[key].append(time.perf_counter() - began)
    torch.set_num_threads(before)
    rows = {row["name"]: row for row in old.get("speed", [])}
    for name in names:
        rows[name] = {"name": name} | {
            f"{kind}_tokens_per_second": two_digits(
                jobs[name, kind][0] / statistics.median(seconds[name, kind])
            )
            for kind in ("training", "parallel", "stepwise")
        }
    return {
        "speed": [rows[name] for name in FROM_LEFT if name in rows],
        "machine": {
            "processor": processor(),
            "threads": os.cpu_count(),
            "torch": torch.__version__.partition("+")[0],
        },
    }


def training_step(family: Family, recipe: Recipe, windows: Tensor) -> Callable[[], float]:
    """One step as `training.train` takes it, of a fresh model and always on the same windows."""
    model = family.build(recipe)
    both = optimizers(model, family.matrices(model), recipe.lr, recipe.muon_lr, recipe.decay)

    def step() -> float:
        loss = family.loss(model, windows, recipe)
        for optimizer in both:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        for optimizer in both:
            optimizer.step()
        return loss.item()

    return step


def stepwise(model: GPT | Recurrent, tokens: Tensor) -> Tensor:
    """Logits (B, T, V) of a text read one token at a time: with the state, or kept keys and values."""
    kept: Any = None
    found = []
    for token in torch.split(tokens, 1, dim=1):
        logits, kept = blanks.read(model, token, kept) if isinstance(model, GPT) else model.read(token, kept)
        found.append(logits)
    return torch.cat(found, dim=1)


def processor() -> str:
    """What this machine calls its processor."""
    try:
        names = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:  # no Linux
        names = []
    return str(names[0] if names else platform.processor() or platform.machine())


def two_digits(value: float) -> float:
    """The value with two significant digits: a timing has no more that would come out again."""
    return float(f"{value:.1e}")


def measure_blanks(effort: Effort, old: Results) -> Results:
    """The same blanks of one word for GPT, BERT and the encoder–decoder; `first` is for a quick test."""
    chosen = blanks.choose(tokenization.model_tokenizer(), effort.stories, effort.blanks)
    rows: list[Results] = []
    first: list[Results] = []
    for name, sees, found in filled(chosen, effort):
        for table, count in ((rows, len(chosen)), (first, FIRST_BLANKS)):
            figures = blanks.scores(found[:count], chosen[:count])
            table.append({"name": name, "sees": sees} | {key: round(figures[key], 4) for key in figures})
        print(rows[-1], file=sys.stderr)
    return {"blanks": {"count": len(chosen), "what": blanks.WHAT, "rows": rows, "first": first}}


def filled(chosen: Sequence[blanks.Blank], effort: Effort) -> Iterator[tuple[str, str, Tensor]]:
    """Each model, what it sees, and its ln p of every vocabulary entry in each blank, (N, V)."""
    gpt, bert, both = (load(name, effort) for name in WITH_BLANKS)
    yield "gpt", "left side", blanks.by_gpt(gpt, chosen)
    yield "gpt", "whole sentences scored", blanks.by_gpt_sentences(gpt, chosen)
    yield "bert", "both sides", blanks.by_bert(bert, chosen)
    yield "encoder-decoder", "both sides", blanks.by_encoder_decoder(both, chosen)
    known = blanks.by_encoder_decoder(both, chosen, blanks.CLOSINGS)
    yield "encoder-decoder", "both sides, length known", known


def measure_tokenizers(effort: Effort, old: Results) -> Results:
    """Tokens of the validation stories, without END marks, by tokenizers learnt from the training stories."""
    training = corpus.training_stories()
    characters = sum(map(len, effort.stories))
    rows: list[dict[str, Any]] = []

    def add(name: str, vocabulary: int, tokens: int, unknown: int) -> None:
        per_token = round(characters / tokens, 3)
        rows.append({"name": name, "vocabulary": vocabulary, "validation_tokens": tokens})
        rows[-1] |= {"characters_per_token": per_token, "unknown": unknown}

    learnt = {
        "BPE": (tokenization.model_tokenizer(), ""),  # has an entry for every byte, so nothing is unknown
        "WordPiece": (tokenization.train_wordpiece(training), "[UNK]"),
        "Unigram": (tokenization.train_unigram(training), "<unk>"),
    }
    for name, (tokenizer, unknown) in learnt.items():
        pieces = Counter(piece for story in tokenizer.encode_batch(effort.stories) for piece in story.ids)
        missing = tokenizer.token_to_id(unknown)
        add(name, tokenizer.get_vocab_size(), pieces.total(), 0 if missing is None else pieces[missing])
    seen, text = set("".join(training)), "".join(effort.stories)
    add("characters", len(seen), characters, sum(letter not in seen for letter in text))
    add("bytes", 256, len(text.encode()), 0)
    known = {word for word, _ in Counter(words("\n".join(training))).most_common(VOCABULARY)}
    found = words("\n".join(effort.stories))
    add("words", len(known), len(found), sum(word not in known for word in found))
    return {"tokenizers": rows}


def words(text: str) -> list[str]:
    """Words and single punctuation marks; the spaces between them are lost."""
    return re.findall(r"\w+|[^\w\s]", text)


def measure_compressor(effort: Effort, old: Results) -> Results:
    """What xz adds for the validation text when it has just read the training text.

    As with the models, what stands between stories costs bits, and only their own characters are counted.
    """
    before, text = (corpus.BETWEEN.join(part) + "\n" for part in (corpus.read("train.txt"), effort.stories))
    figure = 8 * (compressed(before + text) - compressed(before)) / sum(map(len, effort.stories))
    return {
        "compressor": {
            "name": "xz -9e primed with the training text",
            "bits_per_character": round(figure, 4),
        }
    }


def compressed(text: str) -> int:
    """Bytes after LZMA2 at preset 9e, whose dictionary of 64 MiB holds all that came before."""
    return len(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


Part = Callable[[Effort, Results], Results]
PARTS: dict[str, Part] = {
    "corpus": measure_corpus,
    "tokenizers": measure_tokenizers,
    "compressor": measure_compressor,
    "bits": measure_models,
    "seeds": measure_seeds,
    "positions": measure_positions,
    "speed": measure_speed,
    "blanks": measure_blanks,
}
NEEDS: dict[str, Sequence[str]] = {  # exported folders
    "bits": tuple(FAMILIES),
    "seeds": TRAINED_EQUALLY,
    "positions": FROM_LEFT,
    "blanks": WITH_BLANKS,
}


def about(results: Results) -> str:
    """One sentence on the file: what it is, and what it was measured on."""
    sizes = results["corpus"]
    return (
        "Figures of the miniatures, written by python -m miniatures.measure with the exported "
        f"weights: trained on {sizes['training_characters']:,} characters of fairy tales "
        f"({sizes['training_tokens']:,} tokens), measured on {sizes['validation_characters']:,} "
        f"characters of others ({sizes['validation_tokens']:,} tokens); bits per character count "
        "every token and every end mark of those stories, each token with at least "
        f"{LEAST_CONTEXT} tokens before it but at the very start, and are null for models that do "
        "not read from left to right; parameters of the 5-gram model are its n-grams, its minutes "
        "are for counting; speeds are on one thread."
    )


def read_results(path: Path) -> Results:
    """What the file has, or nothing where there is none yet."""
    try:
        found: Results = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as cause:
        raise MeasureError(
            f"{path}: not JSON ({cause}). Remedy: git checkout -- {path.name} in {path.parent.name}/, or "
            "delete it and measure everything again"
        ) from cause
    return found


def write_results(path: Path, results: Results) -> None:
    """The file with its keys in their order, whole or not at all."""
    part = path.with_suffix(".part")
    content = {"about": about(results)} | {key: results[key] for key in KEYS[1:] if key in results}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as cause:
        raise MeasureError(
            f"{path}: cannot be written ({cause}); what stood there is whole. Remedy: free some room, then "
            "run the same command again, with --only for the parts that are missing"
        ) from cause


def measure(parts: Sequence[str], effort: Effort, path: Path) -> Results:
    """Measures the parts and puts them into the file, one after the other."""
    results = read_results(path)
    for part in parts:
        for name in NEEDS.get(part, ()):
            if name in effort.names or part in ("blanks", "positions"):
                load(name, effort)  # before hours are spent on others
    for part in parts if "corpus" in results else ["corpus", *(part for part in parts if part != "corpus")]:
        print(f"{part} …", file=sys.stderr)
        results |= PARTS[part](effort, results)
        write_results(path, results)
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures what the arguments name; errors go to standard error, as one line each."""
    parser = argparse.ArgumentParser(
        prog="python -m miniatures.measure", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, metavar="PART", help=f"some of: {', '.join(PARTS)}"
    )
    parser.add_argument(
        "--models", nargs="+", choices=FAMILIES, metavar="NAME", help=f"some of: {', '.join(FAMILIES)}"
    )
    parser.add_argument("--count", type=int, default=blanks.COUNT, help="blanks (default: %(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help=f"a try on two short stories, into {QUICK_RESULTS.name} instead"
    )
    given = parser.parse_args(arguments)
    set_threads()
    try:
        effort = Effort(blanks=given.count, names=tuple(given.models or FAMILIES))
        path = RESULTS
        if given.quick:
            stories = sorted(effort.stories, key=len)[:2]
            effort, path = (
                replace(effort, stories=stories, blanks=min(given.count, 20), repeats=1),
                QUICK_RESULTS,
            )
        measure(given.only or list(PARTS), effort, path)
    except (MeasureError, export.ExportError, NGramError, corpus.CorpusError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"written: {path.name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
