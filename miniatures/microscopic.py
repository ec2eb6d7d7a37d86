"""A GPT and a BERT so small that all their numbers fit into one figure, on a task that can be checked by eye.

A line has eight letters of a–h: four drawn at random, then the same four backwards, such as `dacf fcad`. A
letter may come more than once, so it does not help to look for one's like: what counts is the place.

GPT reads from the left. It has to guess the first half and can know the second: each letter there stood
already, as far from the middle on the other side. BERT sees both sides: whichever letter is hidden, its like
stands across the middle.

A line is held out, and never trained on, if the numbers of its first four letters (a = 1 … h = 8) add up to a
multiple of 4. Remainder 1 is for tuning, 2 and 3 are for training. The first half settles the second, and any
seven letters the eighth: what a model answers from in a held-out line, it has never seen in training.
"""

from __future__ import annotations

import csv
import math
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from miniatures import bert, cards, export, gpt
from miniatures.optimizer import optimizers, rate
from miniatures.sample import Settings
from miniatures.tokenization import END, MASK
from miniatures.training import RUNS, Log, Recipe, TrainingError, chosen

LETTERS = "abcdefgh"
HALF, CELLS = 4, 8
PARTS = {"held-out": (0,), "tuning": (1,), "training": (2, 3)}  # remainders of a line's sum, divided by 4
MARKS = {"microscopic-gpt": END, "microscopic-bert": MASK}  # entry 0; the letters are 1 to 8
WIDTH = 6
RECIPES = {
    name: Recipe(
        name, family, steps=1500, batch=64, context=CELLS, lr=0.01, muon_lr=0.02, decay=0.0, dropout=0.0
    )
    for name, family in (("microscopic-gpt", "gpt"), ("microscopic-bert", "bert"))
}
OWN = 10_000  # lines that GPT writes to be judged

Model = gpt.GPT | bert.BERT


@cache
def lines(part: str) -> Tensor:
    """All lines of a part, (lines, 8) token ids, in the order of the alphabet."""
    halves = torch.cartesian_prod(*[torch.arange(1, len(LETTERS) + 1)] * HALF)
    chosen = halves[torch.isin(halves.sum(1) % 4, torch.tensor(PARTS[part]))]
    return torch.cat([chosen, chosen.flip(1)], 1)


def shown(line: Sequence[int]) -> str:
    """A line to be read by people: `dacf fcad`."""
    text = "".join(LETTERS[cell - 1] for cell in line)
    return f"{text[:HALF]} {text[HALF:]}"


def tokenizer(name: str) -> Tokenizer:
    """One token a letter; spaces are for the eye only, and any other character is refused."""
    entries = [MARKS[name], *LETTERS]
    found = Tokenizer(models.WordLevel({entry: number for number, entry in enumerate(entries)}))
    found.normalizer = normalizers.Replace(" ", "")
    found.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    found.decoder = decoders.Fuse()
    found.add_special_tokens([MARKS[name]])
    return found


def build(recipe: Recipe) -> Model:
    """A model with fresh weights: one layer with one head."""
    shape = (1 + len(LETTERS), CELLS, 1, 1, WIDTH, recipe.dropout)
    model: Model = gpt.GPT(gpt.Size(*shape)) if recipe.family == "gpt" else bert.BERT(bert.Size(*shape))
    for weight in model.parameters():
        if weight.dim() == 2:
            # The usual 0.02 is for widths of hundreds: so few numbers would add up to next to nothing.
            nn.init.normal_(weight, 0.0, WIDTH**-0.5)
    return model


def seen(model: Model, found: Tensor) -> Tensor:
    """What a model reads of (B, 8) lines, (B, 8): GPT the mark and all cells but the last, BERT the line."""
    return F.pad(found[:, :-1], (1, 0)) if isinstance(model, gpt.GPT) else found


def loss(model: Model, found: Tensor, chance: torch.Generator) -> Tensor:
    """Mean cross-entropy, nats: of every cell of a line for GPT, of one hidden cell of each for BERT."""
    if isinstance(model, gpt.GPT):
        return F.cross_entropy(model(seen(model, found)).flatten(0, 1), found.flatten())
    hidden = F.one_hot(torch.randint(CELLS, (len(found),), generator=chance), CELLS).bool()
    return F.cross_entropy(model.head(model.encode(found.masked_fill(hidden, 0))[hidden]), found[hidden])


@torch.no_grad()
def answers(model: Model, found: Tensor) -> Tensor:
    """The likeliest letter at each cell of (B, 8) lines, (B, 8).

    GPT is told the cells before it; BERT all others, so it is asked eight times with one cell hidden.
    """
    if isinstance(model, gpt.GPT):
        return model(seen(model, found)).argmax(-1)
    hidden = torch.eye(CELLS, dtype=torch.bool).repeat(len(found), 1)
    asked = found.repeat_interleave(CELLS, 0).masked_fill(hidden, 0)
    return model.head(model.encode(asked)[hidden]).argmax(-1).view(-1, CELLS)


def accuracy(model: Model, found: Tensor) -> dict[str, float]:
    """The part of (B, 8) lines that a model gets right."""
    hits = answers(model, found) == found
    kinds = {
        "letters of the first half": hits[:, :HALF],
        "letters of the second half": hits[:, HALF:],
        "lines with their whole second half": hits[:, HALF:].all(1),
    }
    if isinstance(model, bert.BERT):
        kinds["lines with all eight letters"] = hits.all(1)
    return {kind: hit.double().mean().item() for kind, hit in kinds.items()}


def knowable(model: Model) -> range:
    """The cells that a model can know."""
    return range(HALF, CELLS) if isinstance(model, gpt.GPT) else range(CELLS)


def known(model: Model, found: Tensor) -> float:
    """The part of the letters that a model can know which it gets right, in (B, 8) lines."""
    return (answers(model, found) == found)[:, knowable(model)].double().mean().item()


@torch.no_grad()
def attention(model: Model, tokens: Tensor) -> Tensor:
    """Where the head looks: for (B, T) token ids (B, T, T), from each position to all that it attends to."""
    kept: dict[str, Tensor] = {}
    part_of: Any = model.blocks[0].attention
    hooks = [
        getattr(part_of, part).register_forward_hook(lambda _, __, out, part=part: kept.update({part: out}))
        for part in ("query", "key")
    ]
    model(tokens)
    for hook in hooks:
        hook.remove()
    scores = kept["query"] @ kept["key"].mT / math.sqrt(WIDTH)
    if isinstance(model, gpt.GPT):
        scores = scores.masked_fill(torch.ones(scores.shape[-2:]).triu(1).bool(), -math.inf)
    return scores.softmax(-1)


def looks(model: Model, found: Tensor) -> dict[int, tuple[float, float]]:
    """For each cell that a model can know: the share of attention on the cell across the middle.

    The mean over (B, 8) lines, and beside it the share if attention were even over all that is there.
    """
    shares = {}
    for cell in knowable(model):
        mirror = CELLS - 1 - cell
        if isinstance(model, gpt.GPT):  # position p has read cell p − 1 last, and predicts cell p
            weights = attention(model, seen(model, found))[:, cell, mirror + 1]
            even = 1 / (cell + 1)
        else:
            hidden = torch.arange(CELLS) == cell
            weights = attention(model, found.masked_fill(hidden, 0))[:, cell, mirror]
            even = 1 / CELLS
        shares[cell] = (weights.double().mean().item(), even)
    return shares


def swaps(model: Model, found: Tensor) -> tuple[float, float]:
    """What becomes of right answers if one letter of (B, 8) lines is replaced by the next of the alphabet.

    The part of answers that change with the cell across the middle, and the part that stay if it is another.
    """
    before = answers(model, found) == found
    follow, stay = [], []
    for place in range(CELLS):
        other = found.clone()
        other[:, place] = other[:, place] % len(LETTERS) + 1
        after = answers(model, other)
        for cell in knowable(model):
            if place == cell or (isinstance(model, gpt.GPT) and place > cell):
                continue  # GPT has not read it, BERT has it hidden
            if place == CELLS - 1 - cell:
                follow.append((after[:, cell] == other[:, place])[before[:, cell]])
            else:
                stay.append((after[:, cell] == found[:, cell])[before[:, cell]])
    return torch.cat(follow).double().mean().item(), torch.cat(stay).double().mean().item()


@torch.no_grad()
def written(model: gpt.GPT, count: int, seed: int = 0) -> float:
    """The part of `count` lines drawn letter by letter from GPT's chances that read the same backwards."""
    chance = torch.Generator().manual_seed(seed)
    found = torch.zeros(count, 1, dtype=torch.long)
    for _ in range(CELLS):
        chances = model(found)[:, -1].double().softmax(-1)
        found = torch.cat([found, torch.multinomial(chances, 1, generator=chance)], 1)
    own = found[:, 1:]
    return ((own == own.flip(1)) & (own > 0)).all(1).double().mean().item()


def train_microscopic(name: str, recipe: Recipe, folder: Path, stop: int | None = None) -> Model:
    """Trains to the end, or to step `stop`; `folder` gets training.csv.

    It takes seconds, so there are no checkpoints: an interrupted run begins anew, and gives the same curve.
    """
    training, tuning = lines("training"), lines("tuning")
    chance = torch.Generator().manual_seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    model = build(recipe)
    matrices = [key for key, weight in model.named_parameters() if weight.dim() == 2 and "blocks." in key]
    both = optimizers(model, matrices, recipe.lr, recipe.muon_lr, recipe.decay)
    log = Log()
    steps = tqdm(range(min(recipe.steps, stop or recipe.steps)), desc=name, unit="step")
    for step in steps:
        began = time.monotonic()
        for optimizer in both:
            for group in optimizer.param_groups:
                group["lr"] = rate(step, recipe.steps, recipe.warmup) * group.setdefault("peak", group["lr"])
        mean = loss(model, training[torch.randint(len(training), (recipe.batch,), generator=chance)], chance)
        value = mean.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"{name}: the loss of step {step + 1} is {value}. The last export is as it was. "
                "Remedy: a smaller lr or muon_lr, or another seed"
            )
        for optimizer in both:
            optimizer.zero_grad(set_to_none=True)
        mean.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        for optimizer in both:
            optimizer.step()
        log.add(step, value, time.monotonic() - began)
        if (step + 1) % recipe.tune_every == 0 or step + 1 == recipe.steps:
            log.tuning(known(model, tuning))
        steps.set_postfix(loss=f"{log.smooth:.3f}", tuning=log.last_tuning, refresh=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log.write(folder / export.CURVE)
    except OSError as cause:
        raise TrainingError(
            f"{folder}: cannot be written ({cause}). Remedy: free some room, then run the same command again"
        ) from cause
    return model.eval()


def make(name: str, changes: Sequence[str] = ()) -> None:
    """Trains a microscopic model and exports it; `changes` are settings as `key=value`, and `stop=50`.

    A run that is stopped, or has other settings than the published one, is not exported.
    """
    recipe, stop = chosen(RECIPES[name], changes)
    run = Path(os.environ.get("RUNS", RUNS)) / name
    model = train_microscopic(name, recipe, run, stop)
    if recipe != RECIPES[name] or stop < recipe.steps:
        print(f"{name}: {min(stop, recipe.steps)} of {recipe.steps} steps; not exported, see {run}")
    else:
        print(f"{name}: written to {export_microscopic(name, model, run)}")


def export_microscopic(name: str, model: Model, run: Path, assets: Path = export.ASSETS) -> Path:
    """Writes `assets`/`name`, whole or not at all, and returns it."""
    config, state = gpt.to_reference(model) if isinstance(model, gpt.GPT) else bert.to_reference(model)
    # All lines are equally long, so there is no pad token.
    config |= {"pad_token_id": None, "training": asdict(RECIPES[name])}
    with export.replacing(assets / name) as folder:
        export.write_model(folder, config, state)
        export.write_tokenizer(folder, tokenizer(name), config["model_type"], CELLS)
        shutil.copyfile(run / export.CURVE, folder / export.CURVE)
        (folder / export.CARD).write_text(card(name, folder), encoding="utf-8")
    return assets / name


def figures(model: Model) -> dict[str, str]:
    """What is measured on all held-out lines: label to text."""
    found = lines("held-out")
    told = {f"right: {kind}": f"{share:.2%}" for kind, share in accuracy(model, found).items()}
    follow, stay = swaps(model, found)
    told["answers that change with the letter across the middle"] = f"{follow:.2%}"
    told["answers that stay when any other letter is changed"] = f"{stay:.2%}"
    if isinstance(model, gpt.GPT):
        told[f"of {OWN:,} lines that it writes: the same backwards"] = f"{written(model, OWN):.2%}"
    for cell, (share, even) in looks(model, found).items():
        label = f"attention from letter {cell + 1} to letter {CELLS - cell}, across the middle"
        told[label] = f"{share:.1%} (even: {even:.1%})"
    return told


TITLES = {"microscopic-gpt": "Microscopic GPT", "microscopic-bert": "Microscopic BERT"}
LAYOUT = {
    "microscopic-gpt": "A decoder-only Transformer in the layout of GPT-2",
    "microscopic-bert": "An encoder-only Transformer in the layout of BERT",
}
LEARNED = {
    "microscopic-gpt": (
        "To write letter 5 the head looks back at letter 4, for letter 6 at letter 3, and so on to letter 1: "
        "{least:.1%} to {most:.1%} of its attention lies there, on average over the held-out lines. In the "
        "first half there is nothing to look up, and one letter of eight is right by chance."
    ),
    "microscopic-bert": (
        "From a hidden letter the head looks at the one across the middle, which is on its right in the "
        "first half and on its left in the second: {least:.1%} to {most:.1%} of its attention lies there, on "
        "average over the held-out lines. So it knows the first half too, which GPT can only guess."
    ),
}
CHANGED = (
    "Changing letters shows that this is what decides. If the one across the middle is replaced by the next "
    "of the alphabet, {follow:.1%} of the right answers change with it; if any other one is, {stay:.1%} stay."
)
OWN_LINE = {"temperature": 1.0, "top_k": 1 + len(LETTERS), "length": CELLS}
SAMPLES = {
    "microscopic-gpt": [
        *(Settings("", seed, **OWN_LINE) for seed in cards.SEEDS),  # type: ignore[arg-type]
        Settings(f"{END}face", temperature=0.0, length=HALF),
    ],
    "microscopic-bert": [
        Settings(text) for text in (f"fa{MASK}e ecaf", f"face eca{MASK}", f"fa{MASK}e e{MASK}af")
    ],
}
LIMITS = {
    "microscopic-gpt": (
        f"A line begins with `{END}`. Without it each letter stands in a wrong place, and answers are wrong."
    ),
    "microscopic-bert": (
        "It was trained with one letter hidden at a time. If the one across the middle is hidden too, there "
        "is nothing to look up: the last sample is a guess."
    ),
}


def card(name: str, folder: Path) -> str:
    """The model card of an exported folder whose other files are there."""
    model, entries = export.load(folder)
    config = export.read_config(folder)
    recipe, kind = config["training"], config["model_type"]
    shapes = {key: tuple(tensor.shape) for key, tensor in load_file(folder / export.WEIGHTS).items()}
    drawn = [cards._sample(model, entries, name, settings) for settings in SAMPLES[name]]
    counts = {part: len(lines(part)) for part in PARTS}
    found = lines("held-out")
    shares = [share for share, _ in looks(model, found).values()]
    follow, stay = swaps(model, found)
    sections = {
        "What it is": f"{LAYOUT[name]}, with one layer, one head and width {WIDTH}. It is there to be shown "
        "whole: all its numbers fit into one figure.",
        "The task": "\n\n".join(" ".join(part.split()) for part in str(__doc__).split("\n\n")[1:]),
        "Data": f"All {sum(counts.values()):,} lines that there are: {counts['training']:,} for training, "
        f"{counts['tuning']:,} for tuning, {counts['held-out']:,} held out. `lines()` in "
        "`miniatures/microscopic.py` makes them; the seed draws those of each step. They are this project's "
        "own, under the MIT licence.",
        "Layout": cards._layout(cards.Layout(config, shapes)),
        "The run": _run(name, recipe, folder),
        "Measured": f"On all {counts['held-out']:,} held-out lines, with the weights of this folder.\n\n"
        + cards._table(("Figure", "Value"), figures(model).items()),
        "What the head learned": LEARNED[name].format(least=min(shares), most=max(shares))
        + "\n\n"
        + CHANGED.format(follow=follow, stay=stay),
        "Samples": "As they came: nothing was picked or edited.\n\n"
        + "\n\n".join(f"```sh\n{one.command}\n```\n\n```text\n{one.text}\n```" for one in drawn),
        "How to load it": cards._loading(name, kind).partition("\n\nor, to see")[
            0
        ],  # its prompt is a story's
        "Limits": "- It knows lines of eight letters of a–h and no words of any language; it refuses any "
        f"other character.\n- {LIMITS[name]}\n- It is made for learning, not for any other use.",
    }
    front = ["---", "license: mit", "library_name: transformers", f"pipeline_tag: {cards.PIPELINE[kind]}"]
    parts = ["\n".join([*front, "tags:", f"- {kind}", "- miniature", "---"]), f"# {TITLES[name]}"]
    return "\n\n".join([*parts, *(f"## {head}\n\n{text}" for head, text in sections.items())]) + "\n"


def _run(name: str, recipe: Mapping[str, object], folder: Path) -> str:
    with (folder / export.CURVE).open(newline="") as rows:
        last = list(csv.DictReader(rows))[-1]
    settings = ", ".join(f"`{key}={value}`" for key, value in recipe.items() if key not in ("name", "family"))
    return (
        f"{last['step']} steps of {recipe['batch']} lines in {float(last['seconds']):.0f} seconds on one "
        "thread, with other work on the same processor; the loss of the last steps was "
        f"{float(last['loss']):.4f} nats a letter. Made by `python -m miniatures {name}` with {settings}. "
        "Matrices inside the layer are trained by Muon, the rest by AdamW. "
        f"`{export.CURVE}` has the whole curve; its column `tuning` is the part of the letters that the "
        "model can know which it got right in the tuning lines."
    )
