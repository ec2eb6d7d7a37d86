"""The text that every miniature reads: 413 fairy tales, split by whole stories.

`train.txt` is for training, less the tuning stories that are held back from it here; every choice (a learning
rate, a dropout, when to stop) is made on those. `valid.txt` is for measuring, and nothing else reads it.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
SHA256 = {
    "train.txt": "71ea245332d52a40609785b32cc9cadb9d73328ba0f9368e5ea60d3885a6a110",
    "valid.txt": "01d1149294a23e599b733919fca5810b88d81eee7a14674af1569f6cb2877ee5",
}
BETWEEN = "\n\n\n"  # a story begins after two empty lines
TUNING_STORIES = 12  # drawn
TUNING_SEED = 1


class CorpusError(Exception):
    """The text is missing or not the one that the published figures were measured on."""


def read(name: str, folder: Path = CORPUS) -> list[str]:
    """The stories of `train.txt` or `valid.txt`, checked against the hash that the figures rest on."""
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise CorpusError(
            f"{path}: cannot be read ({cause.strerror}). Remedy: git checkout -- miniatures/corpus/{name}"
        ) from cause
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[name]:
        raise CorpusError(
            f"{path}: altered: its SHA-256 is {found}, the figures were measured with {SHA256[name]}. "
            f"Remedy: git checkout -- miniatures/corpus/{name}, or, if you mean to train on other text, "
            f"write its hash into SHA256 in miniatures/corpus.py and measure everything again"
        )
    return [story.strip("\n") for story in content.decode("ascii").split(BETWEEN)]


def training_stories(folder: Path = CORPUS) -> list[str]:
    """The stories that weights are fitted to, in the order of the file."""
    return _split(folder)[0]


def tuning_stories(folder: Path = CORPUS) -> list[str]:
    """The stories of `train.txt` held back for choosing settings and for the curve while training."""
    return _split(folder)[1]


def _split(folder: Path) -> tuple[list[str], list[str]]:
    stories = read("train.txt", folder)
    held = set(random.Random(TUNING_SEED).sample(range(len(stories)), TUNING_STORIES))
    training = [story for number, story in enumerate(stories) if number not in held]
    # One of the stories that were drawn stands in the file twice: who has read it cannot be examined with it.
    return training, [stories[number] for number in sorted(held) if stories[number] not in training]


def validation_stories(folder: Path = CORPUS) -> list[str]:
    """The stories that only measurements read."""
    return read("valid.txt", folder)
