"""Each family from an empty folder, by the command: its first 50 steps are those of the committed curve."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from miniatures.__main__ import RECIPES
from tests.miniatures.conftest import rows
from tools.tasks import ROOT

STEPS = 50  # so many rows of training.csv are single steps


@pytest.mark.long
@pytest.mark.parametrize("name", RECIPES)
def test_the_first_steps_are_those_of_the_committed_curve(name: str, tmp_path: Path) -> None:
    """What `make miniature NAME=… STEPS=50` runs; 2 %, because sums in another order round differently."""
    command = [sys.executable, "-m", "miniatures", name, f"stop={STEPS}"]
    environment = {**os.environ, "RUNS": str(tmp_path), "THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path / name / "training.csv")
    committed = rows(ROOT / "docs/assets/miniatures" / name / "training.csv")[:STEPS]
    assert (
        [step for step, *_ in found] == [step for step, *_ in committed] == [str(n + 1) for n in range(STEPS)]
    )
    for (step, mine, _), (_, theirs, _) in zip(found, committed):
        assert float(mine) == pytest.approx(float(theirs), rel=0.02), f"step {step}"
