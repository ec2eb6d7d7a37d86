"""`python -m miniatures NAME [key=value …]`: trains and exports a miniature (`make miniature NAME=gpt`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from miniatures import microscopic, ngram
from miniatures.bert import BERTFamily
from miniatures.corpus import CorpusError
from miniatures.encoder_decoder import EncoderDecoderFamily
from miniatures.export import ExportError, export
from miniatures.gpt import GPTFamily
from miniatures.recurrent import KINDS, RecurrentFamily
from miniatures.training import RUNS, Family, Recipe, TrainingError, chosen, set_threads, train

FAMILIES: dict[str, Family] = {
    "gpt": GPTFamily(),
    "bert": BERTFamily(),
    "encoder-decoder": EncoderDecoderFamily(),
    **{kind: RecurrentFamily(kind) for kind in KINDS},
}
RECIPES = {
    "gpt": Recipe(
        "gpt", "gpt", steps=6000, batch=32, context=128, lr=6e-3, muon_lr=0.03, dropout=0.05, skip=0.06
    ),
    "bert": Recipe("bert", "bert", steps=2400, batch=32, context=128, lr=4e-3, muon_lr=0.02),
    "encoder-decoder": Recipe(
        "encoder-decoder",
        "encoder-decoder",
        steps=2400,
        batch=32,
        context=128,
        lr=6e-3,
        muon_lr=0.02,
        dropout=0.05,
    ),
    **{
        kind: Recipe(kind, kind, steps=1600, batch=32, context=128, lr=lr, muon_lr=0.0)
        for kind, lr in {"rnn": 2e-3, "lstm": 4e-3, "gru": 4e-3}.items()
    },
    "gpt-equal": Recipe("gpt-equal", "gpt", steps=1600, batch=32, context=128, lr=6e-3, muon_lr=0.03),
}


def main(arguments: list[str]) -> int:
    """Trains and exports what the arguments name; what is wrong goes to standard error.

    `stop=50` ends early, with a checkpoint and its rows of training.csv, and exports nothing.
    """
    name, *changes = arguments or [""]
    names = [*RECIPES, *microscopic.RECIPES, "ngram"]
    if name not in names:
        print(f"{name or 'no name'}: not a miniature. Remedy: one of {', '.join(names)}", file=sys.stderr)
        return 2
    try:
        set_threads()
        if name == "ngram":
            ngram.make(changes)
        elif name in microscopic.RECIPES:
            microscopic.make(name, changes)
        else:
            _train(name, changes)
    except (TrainingError, CorpusError, ExportError, ngram.NGramError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _train(name: str, changes: list[str]) -> None:
    recipe, stop = chosen(RECIPES[name], changes)
    runs = Path(os.environ.get("RUNS", RUNS))
    # Another seed is another run, beside that of the published one, and only measured.
    folder = runs / (recipe.name if recipe.seed == 0 else f"{recipe.name}-seed-{recipe.seed}")
    train(FAMILIES[recipe.family], recipe, folder, stop)
    if recipe != RECIPES[name] or stop < recipe.steps:
        print(f"{name}: {min(stop, recipe.steps)} of {recipe.steps} steps; not exported, see {folder}")
    else:
        print(f"{name}: written to {export(name, runs)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
