"""A GPT and a BERT so small that all their numbers fit into one figure, on a task that can be checked by eye.

A line is six pairs of a letter and a digit, such as `b4 a1 b4 c2 a1 c2`. It has three letters of a-f, each
twice, in any order. Both times a letter has the same digit of 1-6, and different letters have different
digits. Which digit belongs to a letter is drawn anew for each line, so it has to be looked up in the line:
what stood behind this letter last time? GPT reads from the left: it can know the digits of second pairs, and
has to guess those of first ones. BERT sees both sides: it can know any one hidden cell, letter or digit.

A line is held out, and never trained on, if its three pairs, each as the number of the letter (a = 1 … f = 6)
times the digit, add up to a multiple of 5. So the three pairs of a held-out line never stood together in a
line that was trained on. Remainder 1 is for tuning, 2 to 4 are for training.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations, permutations
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from miniatures import bert, export, gpt
from miniatures.optimizer import optimizers, rate
from miniatures.tokenization import END, MASK
from miniatures.training import RUNS, Log, Recipe, TrainingError, overridden

LETTERS, DIGITS = "abcdef", "123456"
PAIRS, CELLS = 6, 12
MODULUS = 5
PARTS = {"held-out": {0}, "tuning": {1}, "training": {2, 3, 4}}
MARKS = {"microscopic-gpt": END, "microscopic-bert": MASK}  # id 0; then come the letters, then the digits
HIDDEN = 3  # cells of a line that BERT has to give back in training
CHUNK = 4096  # lines that are judged at once
LICENSE = "mit"

Model = gpt.GPT | bert.BERT


@cache
def lines(part: str) -> Tensor:
    """All lines of a part, (lines, 12) token ids, always in the same order."""
    numbers = range(1, len(LETTERS) + 1)
    chosen = [
        list(zip(letters, digits))
        for letters in combinations(numbers, 3)
        for digits in permutations(numbers, 3)
        if sum(letter * digit for letter, digit in zip(letters, digits)) % MODULUS in PARTS[part]
    ]
    orders = sorted(set(permutations([0, 0, 1, 1, 2, 2])))
    pairs = torch.tensor(chosen) + torch.tensor([0, len(LETTERS)])  # (sets, 3, 2)
    return pairs[:, torch.tensor(orders)].reshape(-1, CELLS)


def twins(found: Tensor) -> tuple[Tensor, Tensor]:
    """Of (B, 12) lines: which pairs have a letter that stood before, and which pair has the same, (B, 6) each."""
    letters = found[:, ::2]
    same = (letters[:, :, None] == letters[:, None, :]) & ~torch.eye(PAIRS, dtype=torch.bool)
    other = same.int().argmax(-1)
    return other < torch.arange(PAIRS), other


def tokenizer(name: str) -> Tokenizer:
    """One token a letter or digit; spaces are for the eye only. Other characters are refused."""
    entries = [MARKS[name], *LETTERS, *DIGITS]
    found = Tokenizer(models.WordLevel({entry: number for number, entry in enumerate(entries)}))
    found.normalizer = normalizers.Replace(" ", "")
    found.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    found.decoder = decoders.Fuse()
    found.add_special_tokens([MARKS[name]])
    return found


def shown(cells: Sequence[int]) -> str:
    """A line to be read by people: `b4 a1 …`."""
    text = "".join((LETTERS + DIGITS)[cell - 1] for cell in cells)
    return " ".join(text[at : at + 2] for at in range(0, len(text), 2))


def build(recipe: Recipe, width: int = 8, heads: int = 1) -> Model:
    """A model with fresh weights."""
    vocabulary = 1 + len(LETTERS + DIGITS)
    if recipe.family == "gpt":
        model: Model = gpt.GPT(gpt.Size(vocabulary, CELLS, 2, heads, width, recipe.dropout))
    else:
        model = bert.BERT(bert.Size(vocabulary, CELLS, 2, heads, width, recipe.dropout))
    for weight in model.parameters():
        if weight.dim() == 2:
            # The usual 0.02 is for widths of hundreds; here it would let next to nothing through at first.
            nn.init.normal_(weight, 0.0, width**-0.5)
    return model


def seen(model: Model, found: Tensor) -> Tensor:
    """What GPT reads of (B, 12) lines: the mark, then all cells but the last. BERT reads lines as they are."""
    return F.pad(found[:, :-1], (1, 0)) if isinstance(model, gpt.GPT) else found


def loss(model: Model, found: Tensor, chance: torch.Generator) -> Tensor:
    """Mean cross-entropy, nats: of each next cell for GPT, of three hidden cells in each line for BERT."""
    if isinstance(model, gpt.GPT):
        return F.cross_entropy(model(seen(model, found)).flatten(0, 1), found.flatten())
    hidden = torch.rand(found.shape, generator=chance).argsort(1) < HIDDEN
    return F.cross_entropy(model.head(model.encode(found.masked_fill(hidden, 0))[hidden]), found[hidden])


@torch.no_grad()
def right(model: Model, found: Tensor) -> Tensor:
    """Which cells of (B, 12) lines the model gets right, (B, 12).

    GPT knows the cells before; BERT knows all others, so it is asked twelve times, with one cell hidden.
    """
    parts = []
    for rows in found.split(CHUNK):
        if isinstance(model, gpt.GPT):
            parts.append(model(seen(model, rows)).argmax(-1) == rows)
        else:
            hidden = torch.eye(CELLS, dtype=torch.bool).repeat(len(rows), 1)
            asked = rows.repeat_interleave(CELLS, 0).masked_fill(hidden, 0)
            parts.append((model.head(model.encode(asked)[hidden]).argmax(-1) == rows.flatten()).view(-1, CELLS))
    return torch.cat(parts)


def accuracy(model: Model, found: Tensor) -> dict[str, float]:
    """Which part of the cells of each kind the model gets right; a GPT's letters are partly chance."""
    hits = right(model, found)
    second, _ = twins(found)
    complete = (~second).cumsum(1) == PAIRS // 2  # the line up to here has all its three pairs
    digits = hits[:, 1::2]
    kinds = {
        "digits of first pairs": digits[~second],
        "digits of second pairs": digits[second],
        "digits of second pairs after all three first ones": digits[second & complete],
        "lines with all digits of second pairs right": (digits | ~second).all(1),
    }
    if isinstance(model, bert.BERT):
        letters = hits[:, ::2]
        kinds |= {
            "letters of first pairs": letters[~second],
            "letters of second pairs": letters[second],
            "lines with all twelve cells right": hits.all(1),
        }
    return {kind: float(hit.double().mean()) for kind, hit in kinds.items()}


@torch.no_grad()
def attention(model: Model, tokens: Tensor) -> Tensor:
    """Where each head looks: for (B, T) token ids (layers, B, H, T, T), from a position to what it attends to."""
    found: list[dict[str, Tensor]] = [{} for _ in model.blocks]
    hooks = [
        getattr(block.attention, part).register_forward_hook(
            lambda _, __, out, kept=kept, part=part: kept.__setitem__(part, out)
        )
        for block, kept in zip(model.blocks, found)
        for part in ("query", "key")
    ]
    model(tokens)
    for hook in hooks:
        hook.remove()
    weights = []
    for kept in found:
        query, key = (part.unflatten(-1, (model.size.heads, -1)).transpose(1, 2) for part in kept.values())
        scores = query @ key.mT / math.sqrt(query.shape[-1])
        if isinstance(model, gpt.GPT):
            scores = scores.masked_fill(torch.ones(scores.shape[-2:]).triu(1).bool(), -math.inf)
        weights.append(scores.softmax(-1))
    return torch.stack(weights)


@dataclass(frozen=True)
class Look:
    """How much attention goes from one kind of place to another, on average over held-out lines."""

    asks: str
    at: str
    heads: tuple[float, ...]  # one share a layer
    even: float  # the share if attention were even


def looks(model: Model, found: Tensor) -> list[Look]:
    """What the heads attend to in (B, 12) lines; the layers are counted from 1 in the order of `heads`."""
    second, other = twins(found)
    line = torch.arange(len(found))
    if isinstance(model, gpt.GPT):  # reads cell c at position c + 1
        weights = attention(model, seen(model, found))[:, :, 0]
        rows, pair = second.nonzero(as_tuple=True)
        back = other[rows, pair]
        digits = torch.arange(2, CELLS, 2)
        asked = {
            ("a digit", "the letter before it"): (line[:, None], digits, digits - 1),
            ("the letter of a second pair", "the digit of the first pair"): (rows, 2 * pair + 1, 2 * back + 2),
            ("the letter of a second pair", "the letter of the first pair"): (rows, 2 * pair + 1, 2 * back + 1),
        }
        even = 1 / torch.arange(1.0, CELLS + 1)
    else:
        cell = torch.arange(CELLS).repeat(len(found))
        row = torch.arange(len(cell))
        hidden = found.repeat_interleave(CELLS, 0).clone()
        hidden[row, cell] = 0
        weights = attention(model, hidden)[:, :, 0]
        twin = 2 * other.repeat_interleave(2, 1).flatten() + cell % 2
        asked = {
            ("the hidden cell", "its partner in the pair"): (row, cell, cell ^ 1),
            ("the same cell of the twin pair", "its partner in the pair"): (row, twin, twin ^ 1),
            ("the hidden cell", "the same cell of the twin pair"): (row, cell, twin),
            ("the hidden cell", "the partner of that cell"): (row, cell, twin ^ 1),
        }
        even = torch.full((CELLS,), 1 / CELLS)
    return [
        Look(asks, at, tuple(layer[places].double().mean().item() for layer in weights), even[places[1]].mean().item())
        for (asks, at), places in asked.items()
    ]


def train_microscopic(name: str, recipe: Recipe, folder: Path, stop: int | None = None) -> Model:
    """Trains to the end, or to step `stop`; `folder` gets training.csv, and at the end weights.pt.

    It takes a minute or two, so there are no checkpoints: an interrupted run begins anew, to the same curve.
    """
    training, tuning = lines("training"), lines("tuning")
    chance = torch.Generator().manual_seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    model = build(recipe)
    tuning = tuning[torch.randperm(len(tuning), generator=chance)[:TUNED]]
    matrices = [key for key, weight in model.named_parameters() if weight.dim() == 2 and "blocks." in key]
    both = optimizers(model, matrices, recipe.lr, recipe.muon_lr, recipe.decay)
    log, last = Log(), min(recipe.steps, stop or recipe.steps)
    steps = tqdm(range(last), desc=name, unit="step", smoothing=0.05)
    for step in steps:
        began = time.monotonic()
        for optimizer in both:
            for group in optimizer.param_groups:
                group["lr"] = rate(step, recipe.steps, recipe.warmup) * group.setdefault("peak", group["lr"])
        batch = training[torch.randint(len(training), (recipe.batch,), generator=chance)]
        mean = loss(model, batch, chance)
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
            log.tuning(accuracy(model, tuning)[TUNING])
        steps.set_postfix(loss=f"{log.smooth:.3f}", tuning=log.last_tuning)
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
    stops = [change for change in changes if change.startswith("stop=")]
    recipe = overridden(RECIPES[name], [change for change in changes if change not in stops])
    stop = int(stops[-1][5:]) if stops else recipe.steps
    folder = Path(os.environ.get("RUNS", RUNS)) / name
    model = train_microscopic(name, recipe, folder, stop)
    if recipe != RECIPES[name] or stop < recipe.steps:
        print(f"{name}: {min(stop, recipe.steps)} of {recipe.steps} steps; not exported, see {folder}")
    else:
        print(f"{name}: written to {export_microscopic(name, model, folder)}")


def export_microscopic(name: str, model: Model, run: Path, assets: Path = export.ASSETS) -> Path:
    """Writes `assets`/`name`, whole or not at all, and returns it."""
    family = gpt if isinstance(model, gpt.GPT) else bert
    config, state = family.to_reference(model)  # type: ignore[arg-type]
    # Neither has a pad token: its lines are all equally long.
    config |= {"pad_token_id": None, "training": asdict(RECIPES[name])}
    with export.replacing(assets / name) as folder:
        export.write_model(folder, config, state)
        export.write_tokenizer(folder, tokenizer(name), config["model_type"], CELLS)
        shutil.copyfile(run / export.CURVE, folder / export.CURVE)
        (folder / export.CARD).write_text(card(name, folder), encoding="utf-8")
    return assets / name
