"""`python -m miniatures NAME [key=value …]`: trains a miniature and exports it (`make miniature NAME=gpt`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from miniatures.bert import BERTFamily
from miniatures.corpus import CorpusError
from miniatures.encoder_decoder import EncoderDecoderFamily
from miniatures.gpt import GPTFamily
from miniatures.recurrent import KINDS, RecurrentFamily
from miniatures.training import RUNS, Family, Recipe, TrainingError, overridden, set_threads, train

FAMILIES: dict[str, Family] = {
    "gpt": GPTFamily(),
    "bert": BERTFamily(),
    "encoder-decoder": EncoderDecoderFamily(),
    **{kind: RecurrentFamily(kind) for kind in KINDS},
}
RECIPES = {
    "gpt": Recipe("gpt", "gpt", steps=4200, batch=16, context=256, lr=6e-3, muon_lr=0.03),
    "bert": Recipe("bert", "bert", steps=2400, batch=32, context=128, lr=4e-3, muon_lr=0.02),
    "encoder-decoder": Recipe(
        "encoder-decoder", "encoder-decoder", steps=3000, batch=32, context=128, lr=4e-3, muon_lr=0.02
    ),
    **{
        kind: Recipe(kind, kind, steps=1600, batch=32, context=128, lr=lr, muon_lr=0.0)
        for kind, lr in {"rnn": 2e-3, "lstm": 4e-3, "gru": 4e-3}.items()
    },
    "gpt-equal": Recipe("gpt-equal", "gpt", steps=1600, batch=32, context=128, lr=6e-3, muon_lr=0.03),
}


def main(arguments: list[str]) -> int:
    """Trains what the arguments name; errors go to standard error, as one line each."""
    name, *changes = arguments or [""]
    if name not in RECIPES:
        print(f"{name or 'no name'}: not a miniature. Remedy: one of {', '.join(RECIPES)}", file=sys.stderr)
        return 2
    set_threads()
    try:
        recipe = overridden(RECIPES[name], [change for change in changes if not change.startswith("stop=")])
        stop = next((int(change[5:]) for change in changes if change.startswith("stop=")), None)
        folder = Path(os.environ.get("RUNS", RUNS)) / recipe.name
        train(FAMILIES[recipe.family], recipe, folder, stop)
    except (TrainingError, CorpusError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
