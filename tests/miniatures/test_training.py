"""The loop: the same curve with and without an interruption, and what is said when a run cannot go on."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from miniatures import corpus, tokenization, training
from miniatures.__main__ import FAMILIES, RECIPES, main
from miniatures.training import Recipe, TrainingError, Windows, overridden
from tests.miniatures.conftest import rows, short

Run = Callable[..., list[list[str]]]


class Disturbed:
    """A family whose loss does something else at one step, counted from 1 in this process."""

    def __init__(self, family: Any, at: int, what: Callable[[Tensor], Tensor]):
        self.family, self.at, self.what, self.step = family, at, what, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.family, name)

    def loss(self, model: nn.Module, windows: Tensor, recipe: Recipe) -> Tensor:
        self.step += 1
        loss: Tensor = self.family.loss(model, windows, recipe)
        return self.what(loss) if self.step == self.at else loss


def interrupt(_: Tensor) -> Tensor:
    raise KeyboardInterrupt


@pytest.mark.parametrize("family", FAMILIES)
def test_an_interrupted_run_comes_to_the_same_curve(
    family: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = short(family)
    whole = run(recipe, "whole")
    assert [int(step) for step, *_ in whole] == list(range(1, 9))
    assert len({loss for _, loss, _ in whole}) == 8 and whole[3][2] and whole[7][2]

    run(recipe, "parts", stop=2)  # stopped on purpose …
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1)  # a checkpoint after each step
    with pytest.raises(KeyboardInterrupt):  # … and in the middle of step 6
        run(recipe, "parts", family=Disturbed(FAMILIES[family], 4, interrupt))
    assert rows(tmp_path / "parts/training.csv") == whole[:5]
    assert run(recipe, "parts") == whole
    assert run(recipe, "parts") == whole  # a finished run stays as it is

    one, other = (torch.load(tmp_path / name / "checkpoint.pt")["model"] for name in ("whole", "parts"))
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_another_seed_gives_another_curve_and_the_same_one_the_same(run: Run) -> None:
    first = run(short("gru"), "first")
    assert run(short("gru"), "again") == first
    other = run(short("gru", seed=1), "other")
    assert all(mine[1] != theirs[1] for mine, theirs in zip(first, other))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_a_sentence_that_it_reads_again_and_again(
    family: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "training_stories", lambda: ["The fox ran, and the fox ran. " * 20])
    curve = run(replace(short(family, steps=60, tune_every=60), lr=0.02))
    first, last = float(curve[0][1]), float(curve[-1][1])
    assert first == pytest.approx(math.log(tokenization.VOCABULARY), abs=1)  # at first all tokens are alike
    assert last < 0.6 * first


def test_later_rows_are_means_of_ten_steps(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = short("rnn", steps=24, tune_every=24)
    single = [float(loss) for _, loss, _ in run(recipe, "single")]
    monkeypatch.setattr(training, "ROW_EACH_STEP", 3)
    monkeypatch.setattr(training, "ROW_STEPS", 10)
    run(recipe, "means", stop=15)  # between two rows: what is open is in the checkpoint
    means = run(recipe, "means")
    assert [int(step) for step, *_ in means] == [1, 2, 3, 10, 20]
    expected = [*single[:3], sum(single[3:10]) / 7, sum(single[10:20]) / 10]
    assert [float(loss) for _, loss, _ in means] == pytest.approx(expected, abs=1e-4)


def test_another_torch_is_named_with_a_remedy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "__version__", "2.12.1+cpu")
    with pytest.raises(TrainingError, match=r"torch 2\.12\.1\+cpu .*need 2\.13.*(?i:remedy)"):
        run(short("gpt"))
    assert not (tmp_path / "run").exists()


@pytest.fixture
def begun(run: Run, tmp_path: Path) -> Path:
    """The folder of a run that stopped after three of eight steps."""
    run(short("rnn"), stop=3)
    return tmp_path / "run"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".part"}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_told_and_leaves_the_checkpoint(
    value: float, begun: Path, run: Run
) -> None:
    before = contents(begun)
    broken = Disturbed(FAMILIES["rnn"], 2, lambda loss: loss * value)
    with pytest.raises(TrainingError, match=rf"rnn: the loss of step 5 is {value}.*Remedy: a smaller lr"):
        run(short("rnn"), family=broken)
    assert contents(begun) == before
    assert len(run(short("rnn"))) == 8  # and it goes on from there


@contextmanager
def no_room(size: int = 100_000) -> Iterator[None]:
    """The operating system refuses files above `size` bytes, in the middle of writing them."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


@contextmanager
def refused(error: Exception) -> Iterator[None]:
    """`torch.save` writes a part of the file, then fails."""

    def save(_: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "save", save)
        yield


FULL = {
    "by the system": no_room,
    "OSError": lambda: refused(OSError(28, "No space left on device")),
    "RuntimeError": lambda: refused(RuntimeError("PytorchStreamWriter failed writing file")),
}


@pytest.mark.parametrize("full", FULL)
def test_a_full_disk_is_told_and_leaves_the_checkpoint(full: str, begun: Path, run: Run) -> None:
    before = contents(begun)
    with FULL[full](), pytest.raises(TrainingError, match=r"checkpoint of step 8 .*Remedy: free some room"):
        run(short("rnn"))
    assert contents(begun) == before
    assert len(run(short("rnn"))) == 8


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "other bytes": lambda _: b"nonsense",
    "cut off": lambda whole: whole[: len(whole) // 2],
    "nothing in it": lambda _: b"",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_named_with_a_remedy(damage: str, begun: Path, run: Run) -> None:
    path = begun / "checkpoint.pt"
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    before = contents(begun)
    with pytest.raises(TrainingError) as error:
        run(short("rnn"))
    assert str(error.value).startswith(f"{path}: not a checkpoint")
    assert f"Remedy: delete {begun}" in str(error.value)
    assert contents(begun) == before


def test_a_checkpoint_of_another_recipe_is_not_gone_on_with(begun: Path, run: Run) -> None:
    before = contents(begun)
    with pytest.raises(TrainingError) as error:
        run(short("rnn", batch=3, dropout=0.2))
    message = str(error.value)
    assert "batch was 2, is 3" in message and "dropout was 0.1, is 0.2" in message and "steps" not in message
    assert f"Remedy: delete {begun}" in message
    assert contents(begun) == before


def test_settings_from_the_command_line_get_their_kinds() -> None:
    recipe = overridden(RECIPES["gpt"], ["steps=300", "lr=5e-3", "name=mine"])
    assert (recipe.steps, recipe.lr, recipe.name) == (300, 0.005, "mine")
    assert recipe.family == "gpt" and recipe.batch == RECIPES["gpt"].batch
    assert overridden(RECIPES["gpt"], []) == RECIPES["gpt"]


def test_all_wrong_settings_are_named_at_once() -> None:
    changes = ["leraning=1", "steps=many", "lr=0.1", "batch", "context=1.5", "warmup=0"]
    with pytest.raises(TrainingError) as error:
        overridden(RECIPES["gpt"], changes)
    message = str(error.value)
    for wrong in ("leraning=1", "steps=many", "batch", "context=1.5", "warmup=0"):
        assert wrong in message
    assert (
        "lr=0.1" not in message and "muon_lr" in message
    )  # what is right is not blamed; what exists is listed


def test_a_schedule_that_would_end_before_its_peak_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"steps=100.*warmup=100.*Remedy"):
        overridden(RECIPES["gpt"], ["steps=100"])
    assert overridden(RECIPES["gpt"], ["steps=100", "warmup=99"]).steps == 100


@pytest.mark.parametrize("name", ["gtp", ""])
def test_an_unknown_name_gets_the_known_ones(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name] if name else []) != 0
    said = capsys.readouterr().err
    assert (name or "no name") in said and all(known in said for known in RECIPES)


def test_the_command_tells_a_wrong_setting_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpt", "stesp=50"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "stesp=50" in said and "Remedy" in said


@pytest.mark.parametrize("stop", ["abc", "0", "-3", ""])
def test_a_stop_that_is_no_number_of_steps_is_refused(stop: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpt", f"stop={stop}"]) == 1
    assert f"stop={stop}: not a number of steps. Remedy" in capsys.readouterr().err


def test_threads_that_are_no_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("two", "0", "-1"):
        monkeypatch.setenv("THREADS", wrong)
        with pytest.raises(TrainingError, match=f"THREADS={wrong}.*Remedy"):
            training.set_threads()


def epoch(windows: Windows, number: int) -> list[list[int]]:
    """All windows of an epoch."""
    first = number * windows.steps_an_epoch
    batches = [windows[step] for step in range(first, first + windows.steps_an_epoch)]
    assert all(batch.shape == (windows.batch, windows.context + 1) for batch in batches)
    return [row for batch in batches for row in batch.tolist()]


@given(st.data())
def test_an_epoch_has_each_window_once_with_its_targets_one_further(data: st.DataObject) -> None:
    context, batch = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 4))
    length = data.draw(st.integers(context * (batch + 1) + 1, 300))
    windows = Windows(range(length), context, batch, data.draw(st.integers(0, 9)))  # token ids are places
    for number in range(3):
        found = epoch(windows, number)
        starts = [row[0] for row in found]
        assert found == [list(range(start, start + context + 1)) for start in starts]
        assert len(set(starts)) == len(starts)
        assert len({start % context for start in starts}) == 1  # side by side, so no input is read twice
        # What is left over, at both ends and for want of a full batch, is less than two batches.
        assert length - len(starts) * context < (batch + 2) * context


@given(
    steps=st.lists(st.integers(0, 60), min_size=1, max_size=6),
    seed=st.integers(0, 9),
    batch=st.integers(1, 5),
)
def test_a_step_depends_on_seed_and_number_only(steps: Sequence[int], seed: int, batch: int) -> None:
    text = range(200)
    one = Windows(text, 8, batch, seed)
    in_any_order = [one[step] for step in steps]
    for step, seen in zip(steps, in_any_order):
        assert torch.equal(Windows(text, 8, batch, seed)[step], seen)


def test_epochs_have_the_text_cut_anew_until_the_step_that_ends_it() -> None:
    asked: list[int] = []

    def anew(seed: int) -> list[int]:
        asked.append(seed)
        return [1000 + seed] * 130  # more tokens than usual, as after merges that were passed over

    windows = Windows(range(100), 8, 2, seed=3, anew=anew, anew_steps=7)
    assert windows.steps_an_epoch == 5
    seen = [{int(token) // 1000 for token in windows[step].flatten()} for step in range(20)]
    assert seen == [{4}] * 10 + [{0}] * 10  # the epoch in which step 7 falls is the last one
    assert asked == [3000, 3001]


def test_epochs_differ_in_phase_and_in_order() -> None:
    windows = Windows(range(4000), 16, 4, seed=0)
    starts = [[row[0] for row in epoch(windows, number)] for number in range(6)]
    assert len({tuple(found) for found in starts}) == 6
    assert len({found[0] % 16 for found in starts}) > 1
    assert all(found != sorted(found) for found in starts)
    other = Windows(range(4000), 16, 4, seed=1)
    assert [row[0] for row in epoch(other, 0)] != starts[0]
