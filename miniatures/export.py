"""From a finished run to a folder that a page, `transformers` and our own classes load.

A folder holds the weights in float16, what `from_pretrained(folder)` reads, the curve of the run and a card,
and nothing else. It is written beside its place and put there when it is whole: whatever fails before, the
last good export stays as it was.
"""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from tokenizers import Tokenizer, processors
from torch import Tensor, nn

from miniatures import corpus, gpt, tokenization
from miniatures.evaluation import best_temperature
from miniatures.tokenization import CLS, END, MASK, PAD, SENTINELS, SEP
from miniatures.training import RUNS, Recipe, language_model_tuning

ASSETS = Path(__file__).parent.parent / "docs" / "assets" / "miniatures"
NAMES = (
    "gpt",
    "gpt-equal",
    "bert",
    "encoder-decoder",
    "rnn",
    "lstm",
    "gru",
    "ngram",
    "microscopic-gpt",
    "microscopic-bert",
)
CONFIG, WEIGHTS, TOKENIZER, TOKENIZER_CONFIG = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)
CURVE, CARD = "training.csv", "README.md"
LIMIT = 5_000_000  # bytes of a folder: a reader's browser fetches it
# What was trained until it is too sure of itself; those of the equal comparison stay as training left them.
CALIBRATED = ("gpt",)
UNTOUCHED = "The last export is as it was."

# `model_type` in config.json, and the module whose `from_reference` builds the model.
MODULES = {
    "gpt2": "miniatures.gpt",
    "bert": "miniatures.bert",
    "t5": "miniatures.encoder_decoder",
    "rnn": "miniatures.recurrent",
    "lstm": "miniatures.recurrent",
    "gru": "miniatures.recurrent",
    "kneser-ney": "miniatures.ngram",
}


class ExportError(Exception):
    """A folder cannot be written or read; the message says what to do."""


def export(name: str, runs: Path = RUNS, assets: Path = ASSETS) -> Path:
    """Writes the finished run `runs`/`name` as `assets`/`name`, which it returns."""
    from miniatures import cards  # it samples from what is exported here, so it imports this module

    if name not in cards.TITLES:
        raise ExportError(f"{name}: not a miniature of a run. Remedy: one of {', '.join(cards.TITLES)}")
    model, recipe = finished(runs / name)
    made: dict[str, Any] = {"training": asdict(recipe)}
    if name in CALIBRATED:
        halved(_module(model).to_reference(model)[1])  # with a weight that is no number, no logit is one
        made["calibration"] = calibrate(model, recipe)
    config, state = _module(model).to_reference(model)
    with replacing(assets / name) as folder:
        write_model(folder, config | made, state)
        write_tokenizer(folder, tokenization.model_tokenizer(), config["model_type"], _window(config))
        shutil.copyfile(runs / name / CURVE, folder / CURVE)
        cards.write(folder, name)
    return assets / name


def calibrate(model: Any, recipe: Recipe) -> dict[str, float]:
    """Brings a GPT to the temperature that suits the tuning stories, which it was not trained on.

    Returns that temperature, and their bits per character with it.
    """
    stories = corpus.tuning_stories()
    tokens = tokenization.encode_stories(tokenization.model_tokenizer(), stories)
    temperature = round(best_temperature(model, tokens, recipe.context), 2)
    gpt.cool(model, temperature)
    bits = language_model_tuning(model, tokens, sum(map(len, stories)), recipe.context)
    return {"temperature": temperature, "tuning": round(bits, 4)}


def finished(run: Path) -> tuple[nn.Module, Recipe]:
    """The trained model of a run, and what it was made of; refuses a run that has not come to its end."""
    from miniatures.__main__ import FAMILIES  # it calls this module when a run ends

    path = run / "checkpoint.pt"
    again = f"Remedy: make miniature NAME={run.name}"
    anew = f"Remedy: delete {run}, then make miniature NAME={run.name}"
    try:
        saved = torch.load(path, weights_only=True)
        recipe = Recipe(**saved["recipe"])
        step, weights = int(saved["step"]), saved["model"]
    except FileNotFoundError as cause:
        raise ExportError(f"{path}: no such file, so there is nothing to export. {again}") from cause
    except Exception as cause:  # torch.load reports a damaged file by many kinds of error
        raise ExportError(f"{path}: not a checkpoint of this version ({cause}). {anew}") from cause
    if step < recipe.steps:
        raise ExportError(
            f"{path}: step {step} of {recipe.steps}, not finished. {again}, which goes on from there"
        )
    if recipe.family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise ExportError(f"{path}: family {recipe.family!r} is unknown. Remedy: one of {known}")
    model = FAMILIES[recipe.family].build(recipe)
    try:
        model.load_state_dict(weights)
    except RuntimeError as cause:
        raise ExportError(f"{path}: not of this version's shapes ({cause}). {anew}") from cause
    return model.eval(), recipe


def _module(model: nn.Module) -> ModuleType:
    return importlib.import_module(type(model).__module__)


def _window(config: dict[str, Any]) -> int | None:
    """The most tokens that the model reads at once, if there is such a number."""
    window = config.get("n_positions") or config.get("max_position_embeddings")
    return int(window) if window else None


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder beside `folder` to write into, which takes its place if nothing was raised.

    A folder that is too large or cannot be written raises an ExportError. Nothing of `folder` is touched
    before the new one is whole.
    """
    part, old = (folder.with_name(f".{folder.name}.{kind}") for kind in ("part", "old"))
    try:
        # What an export that was killed has left: if it was between its two renames, the last good folder.
        if old.exists() and not folder.exists():
            old.rename(folder)
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        sizes = {path.name: path.stat().st_size for path in sorted(part.iterdir())}
        if sum(sizes.values()) > LIMIT:
            found = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
            raise ExportError(
                f"{folder}: {sum(sizes.values()):,} bytes, more than the {LIMIT:,} that a page may fetch "
                f"({found}). {UNTOUCHED} Remedy: a smaller width or fewer layers"
            )
        if folder.exists():
            folder.rename(old)
        try:
            part.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except OSError as cause:
        raise ExportError(
            f"{folder}: cannot be written ({cause}). {UNTOUCHED} Remedy: free some room and see that you may "
            "write there, then run the same command again"
        ) from cause
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_model(folder: Path, config: dict[str, Any], state: dict[str, Tensor]) -> None:
    """config.json and, in float16, model.safetensors."""
    small = halved(state)
    _write_json(folder / CONFIG, config)
    # `save_file` would make a file that only its owner may read.
    (folder / WEIGHTS).write_bytes(save(small, metadata={"format": "pt"}))


def halved(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights in float16; refuses those that are not numbers, or overflow."""
    small = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in state.items()}
    bad = [name for name, tensor in small.items() if not torch.isfinite(tensor).all()]
    if bad:
        raise ExportError(
            f"{', '.join(bad)}: has weights that are no numbers in float16 (NaN or beyond ±65,504). "
            f"{UNTOUCHED} Remedy: train again with a smaller lr or muon_lr, or another seed"
        )
    return small


def write_tokenizer(folder: Path, tokenizer: Tokenizer, model_type: str, window: int | None = None) -> None:
    """tokenizer.json and tokenizer_config.json, with the marks that the family was trained with.

    BERT reads [CLS] text [SEP]; T5 reads text END; the others read the text alone. What stands for hidden
    text ([MASK] and the sentinels) takes in the space before it, because the hidden token begins with it.
    """
    content = json.loads(tokenizer.to_str())
    hides = {"bert": [MASK], "t5": SENTINELS}.get(model_type, [])
    for token in content["added_tokens"]:
        token["lstrip"] = token["content"] in hides
    mine = Tokenizer.from_str(json.dumps(content))
    around = {"bert": [CLS, "$A", SEP], "t5": ["$A", END]}.get(model_type, [])
    marks = [(mark, mine.token_to_id(mark)) for mark in around if mark != "$A"]
    if marks and all(number is not None for _, number in marks):
        mine.post_processor = processors.TemplateProcessing(single=" ".join(around), special_tokens=marks)
    (folder / TOKENIZER).write_text(mine.to_str(pretty=True), encoding="utf-8", newline="\n")

    kinds = {
        "bert": {"cls_token": CLS, "sep_token": SEP, "mask_token": MASK},
        "t5": {"eos_token": END},
    }.get(model_type, {"bos_token": END, "eos_token": END})
    # What is no token of this tokenizer (a microscopic one has few) must not be named: it would be added.
    kinds = {
        kind: mark
        for kind, mark in (kinds | {"pad_token": PAD}).items()
        if mine.token_to_id(mark) is not None
    }
    config: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", **kinds}
    if window:
        config["model_max_length"] = window
    # Text is given back as it was, not with the spaces before commas taken out.
    config["clean_up_tokenization_spaces"] = False
    _write_json(folder / TOKENIZER_CONFIG, config)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")


def load(folder: Path) -> tuple[Any, Tokenizer]:
    """The model of an exported folder, in our own class and float32, and its tokenizer.

    An n-gram model comes as `NGram.load` gives it.
    """
    config = read_config(folder)
    kind = config.get("model_type")
    if kind not in MODULES:
        raise ExportError(
            f"{folder / CONFIG}: model_type is {kind!r}, unknown. Remedy: one of {', '.join(MODULES)}"
        )
    module = importlib.import_module(MODULES[kind])
    path = _present(folder, TOKENIZER)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as cause:  # the library raises nothing more specific
        raise ExportError(f"{path}: damaged ({cause}). {_remedy(folder)}") from cause
    if kind == "kneser-ney":
        try:
            return module.NGram.load(folder), tokenizer
        except module.NGramError as cause:
            raise ExportError(str(cause)) from cause
    path = _present(folder, WEIGHTS)
    try:
        state = {name: tensor.float() for name, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as cause:
        raise ExportError(f"{path}: damaged ({cause}). {_remedy(folder)}") from cause
    try:
        return module.from_reference(config, state), tokenizer
    except KeyError as cause:
        raise ExportError(
            f"{folder}: {CONFIG} or {WEIGHTS} has no {cause}, which a {kind} needs. {_remedy(folder)}"
        ) from cause
    except (RuntimeError, ValueError) as cause:
        raise ExportError(
            f"{path}: the tensors do not have the shapes that {CONFIG} says: {cause}. {_remedy(folder)}"
        ) from cause


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of an exported folder."""
    path = _present(folder, CONFIG)
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as cause:
        raise ExportError(f"{path}: not JSON ({cause}). {_remedy(folder)}") from cause
    return config


def _present(folder: Path, name: str) -> Path:
    if not folder.is_dir():
        there = sorted(path.name for path in folder.parent.glob("[!.]*/")) if folder.parent.is_dir() else []
        raise ExportError(
            f"{folder}: no such folder. Remedy: "
            + (f"one of {', '.join(there)}, or " if there else "")
            + f"make miniature NAME={folder.name}"
        )
    if not (folder / name).is_file():
        raise ExportError(f"{folder / name}: missing. {_remedy(folder)}")
    return folder / name


def _remedy(folder: Path) -> str:
    return f"Remedy: git checkout -- {folder}, or make miniature NAME={folder.name}"
