"""Model cards: the README.md of each exported folder, in the form that the Hugging Face Hub reads.

`make cards` writes all of them anew, from what stands in the folders and the measured figures, so it is to be
run after `make measure`. The n-gram model writes a card of its own.
"""

from __future__ import annotations

import csv
import json
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from safetensors import safe_open
from tokenizers import Tokenizer

from miniatures import corpus, export, sample, tokenization
from miniatures.measure import RESULTS, training_threads
from miniatures.sample import Settings

NOT_MEASURED = "Not measured yet."
NOT_NOTED = "Not written down yet."

NOTES = Path(__file__).parent / "notes"  # NAME.md: what helped, which no file of the exported folder says

TITLES = {
    "gpt": "GPT",
    "gpt-equal": "GPT, for the equal comparison",
    "bert": "BERT",
    "encoder-decoder": "Encoder–decoder",
    "rnn": "Plain recurrent network",
    "lstm": "LSTM",
    "gru": "GRU",
}
_RECURRENT = (
    "with two layers: it reads a text token by token into a state of fixed size, and predicts the next token "
    "from that"
)
ABOUT = {
    "gpt": "A decoder-only Transformer in the layout of GPT-2: it continues a text from left to right.",
    "gpt-equal": (
        "The same decoder-only Transformer as the miniature `gpt`, trained on only as many tokens as the "
        "recurrent miniatures, so that they can be compared. To have text written, take `gpt`, which was "
        "trained for longer."
    ),
    "bert": (
        "An encoder-only Transformer in the layout of BERT: it reads the text on both sides of a hidden "
        "token and says what stood there. It does not write texts."
    ),
    "encoder-decoder": (
        "An encoder–decoder Transformer in the layout of T5: it reads a text with stretches taken out, and "
        "writes those stretches."
    ),
    "rnn": f"A recurrent network of the plain kind (tanh) {_RECURRENT}.",
    "lstm": f"A recurrent network of LSTM cells {_RECURRENT}.",
    "gru": f"A recurrent network of GRU cells {_RECURRENT}.",
}
TUNING = {
    "bert": "bits per hidden token on the tuning stories",
    "t5": "bits per hidden token on the tuning stories",
}
HOLES = {
    "bert": (
        "Once upon a time there was a [MASK] who lived in a little [MASK].",
        "The king gave his [MASK] to the youngest son, and they were [MASK].",
        '"What big [MASK] you have," said the [MASK].',
    ),
    "t5": (
        "Once upon a time there was <extra_id_0> who lived in <extra_id_1>.",
        "The king was so angry that <extra_id_0>, and nobody dared to <extra_id_1>.",
        '"Who are you?" asked the fox. <extra_id_0> said the old woman.',
    ),
}
SEEDS = (1, 2, 3)
AUTO = {"gpt2": "AutoModelForCausalLM", "bert": "AutoModelForMaskedLM", "t5": "AutoModelForSeq2SeqLM"}
PIPELINE = {"gpt2": "text-generation", "bert": "fill-mask"}
LIMITS = {
    "gpt2": "It sees {window} tokens at once; of a longer text the oldest drop out.",
    "bert": "It sees {window} tokens at once. Each [MASK] is one token, so that no longer word comes back.",
    "t5": "It was trained on windows of {window} tokens, and has {sentinels} marks for missing stretches.",
}
STATE = "Its state has a fixed size: what it read long ago it has mostly lost."


@dataclass(frozen=True)
class Sample:
    """A command and what it prints."""

    command: str
    text: str


@dataclass(frozen=True)
class Layout:
    """What config.json and model.safetensors of a folder say."""

    config: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]


def write(folder: Path, name: str, results: Path = RESULTS) -> None:
    """Writes README.md of an exported folder, which may still lie under another name than `name`."""
    config = export.read_config(folder)
    with safe_open(folder / export.WEIGHTS, "pt") as file:
        shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
    with (folder / export.CURVE).open(newline="") as lines:
        log = list(csv.DictReader(lines))
    layout = Layout(config, shapes)
    text = card(name, config["training"], log, figures(name, results), samples(folder, name), layout)
    part = folder / f"{export.CARD}.part"
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(folder / export.CARD)


def card(
    name: str,
    recipe: Mapping[str, Any],
    log: Sequence[Mapping[str, str]],
    measured: Mapping[str, str],
    drawn: Sequence[Sample],
    layout: Layout,
) -> str:
    """The card as Markdown; `log` are the rows of training.csv, `measured` goes into a table as it is."""
    kind = layout.config["model_type"]
    sections = {
        "What it is": f"{ABOUT[name]}\n\nIt is a miniature: small enough to be trained on two processor "
        "cores and to run in a page, for learning how such models work. All miniatures of this size read the "
        "same stories through the same tokenizer.",
        "Data": _data(),
        "Layout": _layout(layout),
        "The run": _run(name, layout.config, recipe, log),
        "Measured": _table(("Figure", "Value"), measured.items()) if measured else NOT_MEASURED,
        "Samples": "Three, as they came: nothing was picked or edited.\n\n"
        + "\n\n".join(f"```sh\n{one.command}\n```\n\n```text\n{one.text}\n```" for one in drawn),
        "How to load it": _loading(name, kind),
        "Limits": _limits(layout.config),
    }
    parts = [_front(kind), f"# {TITLES[name]}: a miniature"]
    parts += [f"## {head}\n\n{text}" for head, text in sections.items()]
    return "\n\n".join(parts) + "\n"


def _front(kind: str) -> str:
    lines = ["license: mit", "language: en"]
    if kind in AUTO:
        lines.append("library_name: transformers")
    if kind in PIPELINE:
        lines.append(f"pipeline_tag: {PIPELINE[kind]}")
    tags = [f"- {tag}" for tag in (kind, "fairy-tales", "miniature")]
    return "\n".join(["---", *lines, "tags:", *tags, "---"])


@cache
def _counts() -> dict[str, tuple[int, int, int]]:
    """Stories, characters and tokens of each part of the corpus."""
    parts = {
        "training": corpus.training_stories(),
        "tuning": corpus.tuning_stories(),
        "validation": corpus.validation_stories(),
    }
    tokenizer = tokenization.model_tokenizer()
    return {
        part: (
            len(stories),
            sum(map(len, stories)),
            len(tokenization.encode_stories(tokenizer, stories)),
        )
        for part, stories in parts.items()
    }


def _data() -> str:
    counts = _counts()
    use = {
        "training": "weights are fitted to them",
        "tuning": "held back from `train.txt`; settings are chosen on them",
        "validation": "`valid.txt`; only measurements read them",
    }
    rows = [(part, *(f"{count:,}" for count in counts[part]), use[part]) for part in counts]
    stories = sum(len(corpus.read(name)) for name in corpus.SHA256)
    twice = stories - sum(count[0] for count in counts.values())
    about = (corpus.CORPUS / "README.md").read_text(encoding="utf-8")
    sources = "\n".join(line for line in about.splitlines() if line.startswith("|"))
    about_twice = f" Not used for tuning, as a copy is among the training stories: {twice}."
    return (
        f"{stories} fairy tales, all in the public domain in the United States, split by whole stories."
        f"{about_twice if twice else ''}\n\n"
        f"{_table(('Part', 'Stories', 'Characters', 'Tokens', 'Use'), rows)}\n\n"
        f"They come from these collections:\n\n{sources}"
    )


def _layout(layout: Layout) -> str:
    alike: dict[tuple[str, tuple[int, ...]], int] = {}
    for name, shape in layout.shapes.items():
        key = re.sub(r"(?<=[._l])\d+(?=[._]|$)", "*", name), shape
        alike[key] = alike.get(key, 0) + 1
    rows, total = [], 0
    for (name, shape), many in alike.items():
        numbers = many
        for side in shape:
            numbers *= side
        total += numbers
        rows.append((f"`{name}`", " × ".join(map(str, shape)), str(many), f"{numbers:,}"))
    return (
        f"{total:,} parameters, stored in float16. `*` stands for the number of a layer.\n\n"
        f"{_table(('Tensor', 'Shape', 'How many', 'Parameters'), rows)}"
    )


def _run(
    name: str, config: Mapping[str, Any], recipe: Mapping[str, Any], log: Sequence[Mapping[str, str]]
) -> str:
    tuning = TUNING.get(config["model_type"], "bits per character on the tuning stories")
    read = recipe["steps"] * recipe["batch"] * recipe["context"]
    last = log[-1]
    tuned = [row["tuning"] for row in log if row["tuning"]]
    threads = "1 thread" if training_threads(name) == 1 else f"{training_threads(name)} threads"
    rows = [
        ("steps", f"{recipe['steps']:,}"),
        ("tokens read", f"{read:,}"),
        ("times through the training stories", f"{read / _counts()['training'][2]:.1f}"),
        ("time", f"{_duration(float(last['seconds']))}, {threads} of a processor"),
        ("loss of the last steps, nats a token", last["loss"]),
        (tuning, tuned[-1] if tuned else "none"),
    ]
    how = "Matrices inside the layers are trained by Muon, the rest by AdamW."
    if not recipe["muon_lr"]:
        how = "All weights are trained by AdamW."
    if recipe["skip"]:
        how += (
            f" In the first {recipe['skip_until']:.0%} of the steps words are cut anew for each time through "
            f"the stories, and a merge is passed over with probability {recipe['skip']} (BPE dropout)."
        )
    if calibration := config.get("calibration"):
        temperature = calibration["temperature"]
        rows.append((f"{tuning}, at temperature {temperature}", f"{calibration['tuning']:.4f}"))
        how += (
            f" The trained model is too sure of itself. At temperature {temperature} the tuning stories are "
            "likeliest (temperature scaling), so its last normalization is divided by that, and what this "
            "folder calls temperature 1 is the best one."
        )
    path = NOTES / f"{name}.md"
    told = path.read_text(encoding="utf-8").strip() if path.exists() else NOT_NOTED
    settings = ", ".join(f"`{key}={value}`" for key, value in recipe.items() if key not in ("name", "family"))
    return (
        f"{_table(('', 'This run'), rows)}\n\n"
        f"Made by `make miniature NAME={name}` with {settings}. "
        f"{how} `{export.CURVE}` has the whole curve.\n\n"
        f"{told}"
    )


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def figures(name: str, results: Path = RESULTS) -> dict[str, str]:
    """What `python -m miniatures.measure` found out about a model, of the parts that it has come to."""
    if not results.exists():
        return {}
    try:
        content = json.loads(results.read_text(encoding="utf-8"))
        found = {}
        for row in content.get("models", []):
            if row["name"] == name and row["bits_per_character"] is not None:
                found["bits per character on `valid.txt`"] = f"{row['bits_per_character']:.3f}"
        runs = [row for row in content.get("seeds", []) if row["name"] == name]
        seeds = {row["seed"]: row["bits_per_character"] for row in runs}
        if len(seeds) > 1:
            found["the same, by seed"] = ", ".join(f"{seed}: {bits:.3f}" for seed, bits in seeds.items())
        for row in content.get("blanks", {"rows": []})["rows"]:
            if row["name"] == name:
                found[f"{content['blanks']['count']:,} blanks of one word ({row['sees']})"] = (
                    f"{row['top_1']:.1%} right, {row['top_5']:.1%} among five, {row['bits']:.2f} bits a blank"
                )
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        raise export.ExportError(f"{results}: not as expected ({cause!r}). Remedy: make measure") from cause
    return found


def samples(folder: Path, name: str) -> list[Sample]:
    """Three samples of a folder, with the commands that give them again."""
    model, tokenizer = export.load(folder)
    kind = export.read_config(folder)["model_type"]
    return [_sample(model, tokenizer, name, settings) for settings in _settings(kind)]


def _settings(kind: str) -> list[Settings]:
    if kind in HOLES:
        return [Settings(prompt=prompt) for prompt in HOLES[kind]]
    return [Settings(seed=seed) for seed in SEEDS]


def _sample(model: Any, tokenizer: Tokenizer, name: str, settings: Settings) -> Sample:
    words = ["python", "-m", "miniatures.sample", name]
    for option, value in vars(settings).items():
        words += [f"--{option.replace('_', '-')}", str(value)]
    return Sample(shlex.join(words), sample.sampled(model, tokenizer, settings))


def _loading(name: str, kind: str) -> str:
    place = f"docs/assets/miniatures/{name}"
    ours = (
        "With this repository's own classes (`pip install -e '.[miniatures]'`):\n\n"
        f"```python\nfrom pathlib import Path\nfrom miniatures import export\n\n"
        f'model, tokenizer = export.load(Path("{place}"))\n```\n\n'
        f"or, to see what it writes, `python -m miniatures.sample {name}`."
    )
    if kind not in AUTO:
        return f"{ours}\n\n`transformers` has no such model."
    return (
        f"With `transformers`:\n\n```python\nfrom transformers import {AUTO[kind]}, AutoTokenizer\n\n"
        f'tokenizer = AutoTokenizer.from_pretrained("{place}")\n'
        f'model = {AUTO[kind]}.from_pretrained("{place}", dtype="float32")\n```\n\n{ours}'
    )


def _limits(config: Mapping[str, Any]) -> str:
    kind = config["model_type"]
    own = LIMITS.get(kind, STATE).format(
        window=config["training"]["context"], sentinels=len(tokenization.SENTINELS)
    )
    return "\n".join(
        f"- {line}"
        for line in (
            "It knows one small corpus: fairy tales in the English of the nineteenth and early twentieth "
            "century, and nothing of the world beyond them.",
            "It repeats the prejudices of those stories, about women and men, peoples, beauty and cruelty.",
            "It invents: nothing that it writes is a fact, and a stretch may be word for word from a story.",
            "It is small. Grammar mostly holds, a plot does not.",
            own,
            "It is made for learning, not for any use in which somebody relies on it.",
        )
    )


def _table(head: Sequence[str], rows: Any) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> int:
    """Writes the card of each exported folder that this module can describe; names those that are missing."""
    missing = 0
    for name in TITLES:
        folder = export.ASSETS / name
        try:
            write(folder, name)
        except (export.ExportError, corpus.CorpusError, OSError) as error:
            print(error, file=sys.stderr)
            missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
