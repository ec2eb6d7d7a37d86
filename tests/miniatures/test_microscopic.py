"""The microscopic models: their lines keep the rule, they load elsewhere, and their cards say what is so."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

from miniatures import bert, export, gpt, microscopic
from miniatures.training import TrainingError

NAMES = list(microscopic.RECIPES)
AUTO = {"microscopic-gpt": AutoModelForCausalLM, "microscopic-bert": AutoModelForMaskedLM}


def keeps_the_rule(line: str) -> bool:
    """The rule as a reader would check it: four letters of a–h, a gap, the same four backwards."""
    return re.fullmatch("[a-h]{4} [a-h]{4}", line) is not None and line == line[::-1]


def remainder(line: str) -> int:
    """What decides whether a line is held out, from its text."""
    return sum("_abcdefgh".index(letter) for letter in line[:4]) % 4


@given(st.sampled_from(sorted(microscopic.PARTS)), st.integers(min_value=0))
def test_every_line_keeps_the_rule_and_is_of_the_part_that_its_sum_says(part: str, number: int) -> None:
    lines = microscopic.lines(part)
    line = microscopic.shown(lines[number % len(lines)].tolist())
    assert keeps_the_rule(line)
    assert remainder(line) in {"held-out": [0], "tuning": [1], "training": [2, 3]}[part]


def test_the_parts_are_all_lines_that_there_are_each_once() -> None:
    parts = {part: {tuple(line) for line in microscopic.lines(part).tolist()} for part in microscopic.PARTS}
    assert {part: len(found) for part, found in parts.items()} == {
        part: len(microscopic.lines(part)) for part in parts
    }
    assert len(set().union(*parts.values())) == sum(map(len, parts.values())) == 8**4
    assert len(parts["held-out"]) == len(parts["tuning"]) == 1024


def test_nothing_that_a_model_answers_from_in_a_held_out_line_is_in_a_line_for_training() -> None:
    def told(part: str) -> set[tuple[int, ...]]:
        lines = microscopic.lines(part).tolist()
        starts = {
            tuple(line[:cell]) for line in lines for cell in range(4, 8)
        }  # what GPT reads before a cell
        rests = {
            (*line[:cell], 0, *line[cell + 1 :]) for line in lines for cell in range(8)
        }  # what BERT reads
        return starts | rests

    assert not told("held-out") & told("training")


def test_the_steps_of_a_run_take_lines_for_training_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    taken: set[tuple[int, ...]] = set()
    loss = microscopic.loss

    def noted(model: microscopic.Model, found: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
        taken.update(tuple(line) for line in found.tolist())
        return loss(model, found, chance)

    monkeypatch.setattr(microscopic, "loss", noted)
    microscopic.train_microscopic(NAMES[0], microscopic.RECIPES[NAMES[0]], tmp_path, stop=20)
    assert len(taken) > 500
    assert all(remainder(microscopic.shown(line)) in (2, 3) for line in taken)


@pytest.mark.parametrize("name", NAMES)
def test_the_tokenizer_has_a_token_for_each_character_and_passes_over_spaces(name: str) -> None:
    theirs = AutoTokenizer.from_pretrained(export.ASSETS / name)
    assert len(theirs) == 9
    assert theirs("face ecaf").input_ids == theirs("faceecaf").input_ids == [6, 1, 3, 5, 5, 3, 1, 6]
    assert theirs(f"fa{microscopic.MARKS[name]}e").input_ids == [6, 1, 0, 5]
    assert theirs.decode([6, 1, 3, 5]) == "face"
    with pytest.raises(Exception, match="UNK"):
        theirs("fact")


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_library_computes_the_same_from_the_exported_folder(name: str) -> None:
    """In float64: with six numbers a position, float32's rounding shows in the fourth digit."""
    mine, _ = export.load(export.ASSETS / name)
    mine = mine.double()
    theirs = AUTO[name].from_pretrained(export.ASSETS / name, dtype="float64", attn_implementation="eager")
    tokens = microscopic.lines("held-out")[::11].clone()
    tokens[torch.arange(len(tokens)), torch.arange(len(tokens)) % 8] = 0
    with torch.no_grad():
        found = theirs(tokens, output_attentions=True)
        assert (mine(tokens) - found.logits).abs().max() < 1e-9
    attention = microscopic.attention(mine, tokens)
    assert (attention - found.attentions[0][:, 0]).abs().max() < 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_what_is_measured_again(name: str) -> None:
    folder = export.ASSETS / name
    model, _ = export.load(folder)
    text = (folder / export.CARD).read_text(encoding="utf-8")
    found = microscopic.figures(model)
    assert len(found) > 8
    for label, value in found.items():
        told = re.search(re.escape(f"| {label} | ") + r"([\d.]+)%", text)
        assert told is not None, label
        assert float(told[1]) == pytest.approx(float(value.partition("%")[0]), abs=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_what_would_be_written_now(name: str) -> None:
    numbers = re.compile(r"\d[\d.]*%")  # the last digit of a share may differ on another processor
    folder = export.ASSETS / name
    text = (folder / export.CARD).read_text(encoding="utf-8")
    assert numbers.sub("%", text) == numbers.sub("%", microscopic.card(name, folder))


@pytest.mark.parametrize("name", NAMES)
def test_the_answers_are_those_that_are_got_one_by_one(name: str) -> None:
    model, _ = export.load(export.ASSETS / name)
    lines = microscopic.lines("held-out")[::101]
    answers = microscopic.answers(model, lines).tolist()
    for line, answer in zip(lines.tolist(), answers, strict=True):
        for cell in range(8):
            if name == "microscopic-gpt":
                logits = model(torch.tensor([[0, *line[:cell]]]))[0, -1]
            else:
                logits = model(torch.tensor([[*line[:cell], 0, *line[cell + 1 :]]]))[0, cell]
            assert answer[cell] == int(logits.argmax())


@pytest.mark.parametrize("name", NAMES)
def test_a_model_before_its_training_answers_and_looks_at_random(name: str) -> None:
    torch.manual_seed(0)
    model = microscopic.build(microscopic.RECIPES[name]).eval()
    found = microscopic.lines("held-out")
    assert microscopic.known(model, found) < 0.3
    assert all(share < 0.6 for share, _ in microscopic.looks(model, found).values())
    if isinstance(model, gpt.GPT):
        assert microscopic.written(model, 200) < 0.1


@pytest.mark.parametrize("name", NAMES)
def test_a_head_that_looks_evenly_is_measured_as_even(name: str) -> None:
    model = microscopic.build(microscopic.RECIPES[name]).eval()
    torch.nn.init.zeros_(model.blocks[0].attention.query.weight)  # type: ignore[union-attr, arg-type]
    looks = microscopic.looks(model, microscopic.lines("held-out"))
    assert list(looks) == (list(range(4, 8)) if name == "microscopic-gpt" else list(range(8)))
    for share, even in looks.values():
        assert share == pytest.approx(even, abs=1e-6)


class Mirror(bert.BERT):
    """Answers with the letter across the middle, as the rule has it, and looks nowhere."""

    def __init__(self) -> None:
        super().__init__(bert.Size(9, 8, 1, 1, 6, 0.0))

    def encode(self, tokens: torch.Tensor, present: torch.Tensor | None = None) -> torch.Tensor:
        return torch.nn.functional.one_hot(tokens.flip(1), 9).float()

    def head(self, x: torch.Tensor) -> torch.Tensor:
        return x


def test_who_follows_the_rule_and_nothing_else_is_measured_as_that() -> None:
    found = microscopic.lines("held-out")
    assert set(microscopic.accuracy(Mirror(), found).values()) == {1.0}
    assert microscopic.swaps(Mirror(), found) == (1.0, 1.0)


@pytest.mark.parametrize("name", NAMES)
def test_fifty_steps_give_the_first_fifty_rows_of_the_committed_curve(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNS", str(tmp_path))
    before = (export.ASSETS / name / export.CARD).read_bytes()
    microscopic.make(name, ["stop=50"])
    assert "50 of" in capsys.readouterr().out
    assert (export.ASSETS / name / export.CARD).read_bytes() == before
    again, published = (
        [line.split(",") for line in (folder / export.CURVE).read_text("utf-8").splitlines()[: 50 + 1]]
        for folder in (tmp_path / name, export.ASSETS / name)
    )
    assert again[0] == published[0] == ["step", "loss", "tuning", "seconds"]
    assert (
        [row[0] for row in again[1:]] == [row[0] for row in published[1:]] == [str(n) for n in range(1, 51)]
    )
    for mine, theirs in zip(again[1:], published[1:], strict=True):
        assert float(mine[1]) == pytest.approx(float(theirs[1]), rel=0.02)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    recipe = replace(microscopic.RECIPES["microscopic-gpt"], lr=1e38)
    with pytest.raises(TrainingError, match=r"the loss of step \d is (nan|inf).*Remedy: a smaller lr"):
        microscopic.train_microscopic("microscopic-gpt", recipe, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_setting_that_there_is_not_is_named() -> None:
    with pytest.raises(TrainingError, match="stepz=3: not a setting"):
        microscopic.make("microscopic-gpt", ["stepz=3"])
