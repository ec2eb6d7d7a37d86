"""The training loop that all families share: seeded, logged step by step, and resumable to the same curve."""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from miniatures import corpus, tokenization
from miniatures.evaluation import bits_per_character, token_losses
from miniatures.optimizer import optimizers, rate

RUNS = Path(__file__).parent / "runs"
TORCH = "2.13"
CHECKPOINT_SECONDS = 120
ROW_EACH_STEP = 50  # the first rows of training.csv are single steps; a later one is the mean of ten
ROW_STEPS = 10


class TrainingError(Exception):
    """A run cannot start or go on; the message says what to do, and the last good files are untouched."""


@dataclass(frozen=True)
class Recipe:
    """Everything that a run is made of; the same recipe gives the same curve."""

    name: str
    family: str
    steps: int
    batch: int  # windows a step
    context: int  # tokens a window
    lr: float  # peak, of AdamW
    muon_lr: float  # peak, of Muon
    decay: float = 0.1  # weight decay of the matrices
    dropout: float = 0.1
    warmup: int = 100
    seed: int = 0
    clip: float = 1.0
    skip: float = 0.0  # of the merges of BPE, while words are cut anew in each epoch
    skip_until: float = 0.7  # part of the steps after which every word is cut in its usual way
    tune_every: int = 250


class Family(Protocol):
    """What a module of a family has to offer to be trained."""

    def build(self, recipe: Recipe) -> nn.Module:
        """A model with fresh weights."""

    def loss(self, model: nn.Module, windows: Tensor, recipe: Recipe) -> Tensor:
        """The mean loss of (B, T + 1) token ids, in nats a predicted token."""

    def tune(self, model: nn.Module, tokens: Sequence[int], characters: int, recipe: Recipe) -> float:
        """The figure of the tuning stories that the curve shows beside the loss."""

    def matrices(self, model: nn.Module) -> list[str]:
        """The names of the parameters that Muon trains."""


class Windows:
    """The training text cut into windows: each epoch at another phase and in another order.

    `anew` gives the text of an epoch in other tokens, by a seed; it has as many or more, and as many steps.
    """

    def __init__(
        self,
        tokens: Sequence[int],
        context: int,
        batch: int,
        seed: int,
        anew: Callable[[int], Sequence[int]] | None = None,
        anew_steps: int = 0,
    ):
        self.usual = self.tokens = torch.as_tensor(tokens)
        self.context, self.batch, self.seed = context, batch, seed
        self.anew, self.anew_steps = anew, anew_steps
        self.steps_an_epoch = (len(self.tokens) - 1 - context) // context // batch
        self._epoch, self._starts = -1, torch.empty(0, dtype=torch.long)

    def __getitem__(self, step: int) -> Tensor:
        """The (B, T + 1) token ids of a step: inputs and, one further, targets."""
        epoch, at = divmod(step, self.steps_an_epoch)
        if epoch != self._epoch:
            chance = torch.Generator().manual_seed(self.seed * 1000 + epoch)
            again = self.anew is not None and epoch * self.steps_an_epoch < self.anew_steps
            self.tokens = torch.as_tensor(self.anew(self.seed * 1000 + epoch)) if again else self.usual  # type: ignore[misc]
            phase = int(torch.randint(self.context, (1,), generator=chance))
            count = (len(self.tokens) - 1 - phase) // self.context
            self._starts = phase + self.context * torch.randperm(count, generator=chance)
            self._epoch = epoch
        starts = self._starts[at * self.batch : (at + 1) * self.batch]
        return torch.stack([self.tokens[start : start + self.context + 1] for start in starts])


def train(family: Family, recipe: Recipe, folder: Path, stop: int | None = None) -> nn.Module:
    """Trains to the end, or to step `stop`, from the last checkpoint in `folder` if there is one.

    `folder` gets `checkpoint.pt`, every two minutes and at the end, and `training.csv`.
    """
    if not torch.__version__.startswith(TORCH + "."):
        raise TrainingError(
            f"torch {torch.__version__} is installed, the published curves need {TORCH}: "
            "remedy: pip install -e '.[miniatures]'"
        )
    tokenizer, stories = tokenization.model_tokenizer(), corpus.training_stories()
    tokens = tokenization.encode_stories(tokenizer, stories)
    tuning = corpus.tuning_stories()
    tuning_tokens = tokenization.encode_stories(tokenization.model_tokenizer(), tuning)
    characters = sum(len(story) for story in tuning)
    anew = tokenization.resegmented(tokenizer, stories, recipe.skip) if recipe.skip else None
    until = int(recipe.skip_until * recipe.steps)
    windows = Windows(tokens, recipe.context, recipe.batch, recipe.seed, anew, until)

    torch.manual_seed(recipe.seed)
    model = family.build(recipe)
    both = optimizers(model, family.matrices(model), recipe.lr, recipe.muon_lr, recipe.decay)
    log, first = _resume(folder, recipe, model, both)
    last = min(recipe.steps, stop or recipe.steps)
    saved = time.monotonic()
    model.train()
    steps = tqdm(range(first, last), initial=first, total=last, desc=recipe.name, unit="step", smoothing=0.05)
    for step in steps:
        began = time.monotonic()
        part = rate(step, recipe.steps, recipe.warmup)
        for optimizer in both:
            for group in optimizer.param_groups:
                group["lr"] = part * group.setdefault("peak", group["lr"])
        loss = family.loss(model, windows[step], recipe)
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"{recipe.name}: the loss of step {step + 1} is {value}. The checkpoint in {folder} and the "
                "last export are as they were. Remedy: a smaller lr or muon_lr, or another seed"
            )
        for optimizer in both:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        for optimizer in both:
            optimizer.step()
        log.add(step, value, time.monotonic() - began)
        if (step + 1) % recipe.tune_every == 0 or step + 1 == recipe.steps:
            model.eval()
            log.tuning(family.tune(model, tuning_tokens, characters, recipe))
            model.train()
        if step + 1 == last or time.monotonic() - saved > CHECKPOINT_SECONDS:
            _save(folder, recipe, model, both, log, step + 1)
            saved = time.monotonic()
        steps.set_postfix(loss=f"{log.smooth:.3f}", tuning=log.last_tuning)
    return model.eval()


class Log:
    """The rows of training.csv."""

    HEAD = ("step", "loss", "tuning", "seconds")

    def __init__(self) -> None:
        self.rows: list[list[float | str]] = []
        self.open: list[float] = []
        self.seconds = self.smooth = 0.0
        self.last_tuning = ""

    def add(self, step: int, loss: float, seconds: float) -> None:
        """A step, counted from 0."""
        self.open.append(loss)
        self.seconds += seconds
        self.smooth = loss if step == 0 else 0.98 * self.smooth + 0.02 * loss
        if step < ROW_EACH_STEP or (step + 1) % ROW_STEPS == 0:
            mean = sum(self.open) / len(self.open)
            self.rows.append([step + 1, round(mean, 4), "", round(self.seconds, 1)])
            self.open = []

    def tuning(self, figure: float) -> None:
        """The figure of the tuning stories after the last step that was added."""
        self.last_tuning = f"{figure:.4f}"
        self.rows[-1][2] = self.last_tuning

    def write(self, path: Path) -> None:
        """training.csv, whole or not at all."""
        part = path.with_suffix(".part")
        with part.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([self.HEAD, *self.rows])
        part.replace(path)


def _save(folder: Path, recipe: Recipe, model: nn.Module, both: list[Any], log: Log, step: int) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / "checkpoint.part"
        state = {
            "recipe": asdict(recipe),
            "step": step,
            "model": model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in both],
            "chance": torch.get_rng_state(),
            "log": vars(log),
        }
        torch.save(state, part)
        part.replace(folder / "checkpoint.pt")  # a full disk leaves the earlier one whole
        log.write(folder / "training.csv")
    except (OSError, RuntimeError) as cause:  # torch.save reports a full disk as a RuntimeError
        raise TrainingError(
            f"{folder}: the checkpoint of step {step} cannot be written ({cause}); the one before it is "
            "whole. Remedy: free some room, then run the same command again: it goes on from there"
        ) from cause


def _resume(folder: Path, recipe: Recipe, model: nn.Module, both: list[Any]) -> tuple[Log, int]:
    log, path = Log(), folder / "checkpoint.pt"
    if not path.exists():
        return log, 0
    try:
        state = torch.load(path, weights_only=True)
        theirs = Recipe(**state["recipe"])
    except Exception as cause:
        raise TrainingError(
            f"{path}: not a checkpoint of this version ({cause}). Remedy: delete {folder} to begin anew"
        ) from cause
    if theirs != recipe:
        mine = asdict(recipe)
        differ = [
            f"{key} was {value}, is {mine[key]}"
            for key, value in asdict(theirs).items()
            if value != mine[key]
        ]
        raise TrainingError(
            f"{path}: begun with another recipe: {'; '.join(differ)}. Remedy: delete {folder} to begin anew, "
            "or give the old values to go on"
        )
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(both, state["optimizers"]):
        optimizer.load_state_dict(saved)
    torch.set_rng_state(state["chance"])
    vars(log).update(state["log"])
    return log, int(state["step"])


def chosen(recipe: Recipe, changes: Sequence[str]) -> tuple[Recipe, int]:
    """The recipe with the changes of the command line, and the step to end at: `stop=50`, or its last."""
    stops = [change.partition("=")[2] for change in changes if change.startswith("stop=")]
    if any(not stop.isdecimal() or stop == "0" for stop in stops):
        raise TrainingError(f"stop={stops[-1]}: not a number of steps. Remedy: stop=50, or leave it out")
    changed = overridden(recipe, [change for change in changes if not change.startswith("stop=")])
    return changed, int(stops[-1]) if stops else changed.steps


def overridden(recipe: Recipe, changes: Sequence[str]) -> Recipe:
    """The recipe with `key=value` from the command line; every one that is wrong is named at once."""
    kinds = {key: type(value) for key, value in asdict(recipe).items()}
    least = dict.fromkeys(("steps", "batch", "context", "warmup", "tune_every"), 1)
    found: dict[str, Any] = {}
    wrong = []
    for change in changes:
        key, _, value = change.partition("=")
        try:
            found[key] = kinds[key](value)
        except KeyError:
            wrong.append(f"{change}: not a setting")
        except ValueError:
            wrong.append(f"{change}: not {'a whole' if kinds[key] is int else 'a'} number")
        else:
            if found[key] == "" or (kinds[key] is not str and not found[key] >= least.get(key, 0)):
                wrong.append(f"{change}: too small")
    if wrong:
        raise TrainingError(f"{'; '.join(wrong)}. Remedy: key=value, with a key of {', '.join(kinds)}")
    changed = replace(recipe, **found)
    if changed.steps <= changed.warmup:
        raise TrainingError(
            f"steps={changed.steps}: the learning rate rises for warmup={changed.warmup} steps and would not "
            "fall. Remedy: more steps or a shorter warmup; for the first steps of a whole run, stop=50"
        )
    return changed


def language_model_loss(model: nn.Module, windows: Tensor) -> Tensor:
    """Cross-entropy of each next token, (B, T + 1) token ids to the mean in nats."""
    logits = model(windows[:, :-1])
    return nn.functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())


def language_model_tuning(model: nn.Module, tokens: Sequence[int], characters: int, context: int) -> float:
    """Bits per character with at least half a window before each token."""
    return bits_per_character(token_losses(model, tokens, context, context // 2), characters)


def set_threads() -> None:
    """One thread a core, or as many as THREADS says: two runs beside each other are faster with one each."""
    wanted = os.environ.get("THREADS") or str(os.cpu_count() or 1)
    if not wanted.isdecimal() or int(wanted) < 1:
        raise TrainingError(f"THREADS={wanted}: not a number of threads. Remedy: THREADS=1, or leave it out")
    torch.set_num_threads(int(wanted))
