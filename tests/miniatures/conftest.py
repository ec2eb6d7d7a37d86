"""Fixtures of the miniatures: a corpus of a few stories, and runs that last seconds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch

from miniatures import bert, corpus, encoder_decoder, gpt, recurrent, training
from miniatures.__main__ import FAMILIES
from miniatures.training import Recipe

torch.set_num_threads(1)  # as many processes as cores run these tests beside each other


@pytest.fixture
def small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training on four short stories, tuning on the beginning of a fifth; models of one layer, 24 wide."""
    stories = sorted(corpus.training_stories(), key=len)[:5]
    for module in (bert, encoder_decoder, gpt):
        monkeypatch.setattr(module, "Size", partial(module.Size, layers=1, heads=2, width=24))
    for kind in recurrent.WIDTH:
        monkeypatch.setitem(recurrent.WIDTH, kind, 24)
    monkeypatch.setattr(corpus, "training_stories", lambda: stories[:4])
    monkeypatch.setattr(corpus, "tuning_stories", lambda: [stories[4][:600]])


def short(family: str, **changes: float) -> Recipe:
    """A recipe of eight steps."""
    settings = {"steps": 8, "batch": 2, "context": 16, "warmup": 2, "tune_every": 4, **changes}
    return Recipe(family, family, lr=4e-3, muon_lr=0.02, **settings)  # type: ignore[arg-type]


@pytest.fixture
def run(small_world: None, tmp_path: Path) -> Callable[..., list[list[str]]]:
    """Trains into a folder below `tmp_path` and returns the rows of its training.csv without the seconds."""

    def run(
        recipe: Recipe, folder: str = "run", stop: int | None = None, family: object = None
    ) -> list[list[str]]:
        training.train(family or FAMILIES[recipe.family], recipe, tmp_path / folder, stop)  # type: ignore[arg-type]
        return rows(tmp_path / folder / "training.csv")

    return run


def rows(path: Path) -> list[list[str]]:
    """step, loss and tuning of each row of a training.csv."""
    head, *lines = path.read_text("utf-8").splitlines()
    assert head == "step,loss,tuning,seconds"
    return [line.split(",")[:3] for line in lines]
