"""The figures are what they are said to be, and those of the file come out again."""

from __future__ import annotations

import json
import shutil
import types
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from macros.measured import Results
from miniatures import __main__ as trainer
from miniatures import corpus, export, measure, ngram, tokenization
from miniatures.bert import BERT
from miniatures.bert import Size as BERTSize
from miniatures.encoder_decoder import EncoderDecoder
from miniatures.encoder_decoder import Size as EncoderDecoderSize
from miniatures.gpt import GPT, Size
from miniatures.measure import Effort, MeasureError
from miniatures.ngram import NGram
from miniatures.recurrent import KINDS, Recurrent
from miniatures.recurrent import Size as RecurrentSize
from miniatures.training import Recipe


def small_recurrent(kind: str) -> Recurrent:
    return Recurrent(RecurrentSize(kind=kind, width=16, context=128))


STORIES = sorted(corpus.validation_stories(), key=len)[:2]
SMALL: dict[str, Callable[[], nn.Module]] = {
    "gpt": lambda: GPT(Size(context=128, layers=1, heads=2, width=16)),
    "gpt-equal": lambda: GPT(Size(context=128, layers=1, heads=2, width=16)),
    "bert": lambda: BERT(BERTSize(layers=1, heads=2, width=16)),
    "encoder-decoder": lambda: EncoderDecoder(EncoderDecoderSize(layers=1, heads=2, width=16, inner=16)),
    **{kind: partial(small_recurrent, kind) for kind in KINDS},
}


def write(assets: Path, name: str, seed: int = 0) -> None:
    """An exported folder of a small model with random weights."""
    torch.manual_seed(seed)
    folder = assets / name
    folder.mkdir(parents=True)
    tokenizer = tokenization.model_tokenizer()
    if name == "ngram":
        text = tokenization.encode_stories(tokenizer, corpus.training_stories()[:3])
        NGram.fit(text, 5, tokenizer.get_vocab_size()).export(folder)
        export.write_tokenizer(folder, tokenizer, "ngram")
        return
    model = SMALL[name]()
    config, state = export._module(model).to_reference(model)
    family = "gpt" if name == "gpt-equal" else name
    recipe = Recipe(name, family, steps=10, batch=2, context=128, lr=1e-3, muon_lr=1e-3)
    export.write_model(folder, config | {"training": asdict(recipe)}, state)
    export.write_tokenizer(folder, tokenizer, config["model_type"])
    (folder / export.CURVE).write_text("step,loss,tuning,seconds\n1,7.6,,2.3\n10,7.1,2.9,90.0\n")


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assets")
    for name in measure.FAMILIES:
        write(folder, name)
    return folder


@pytest.fixture(scope="module", autouse=True)
def learnt_once() -> Iterator[None]:
    """The tokenizers that are only compared are learnt from the same text each time: once will do."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("train_wordpiece", "train_unigram"):
            learn = cache(partial(getattr(tokenization, name), corpus.training_stories()))
            patch.setattr(tokenization, name, lambda stories, learn=learn: learn())
        yield


@pytest.fixture
def effort(assets: Path, tmp_path: Path) -> Effort:
    return Effort(STORIES, blanks=6, repeats=1, assets=assets, runs=tmp_path / "runs")


class Telling:
    """A model that tells by its loss how many tokens it sees: it gives token 0 the probability e^(−n/100)."""

    def __call__(self, tokens: Tensor) -> Tensor:
        zero = -torch.arange(1, tokens.shape[1] + 1).double() / 100
        return torch.stack([zero, torch.log1p(-zero.exp())], dim=-1).expand(len(tokens), -1, -1)


def test_all_parts_make_a_file_that_the_site_reads(
    effort: Effort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = {name: replace(recipe, batch=1) for name, recipe in trainer.RECIPES.items()}
    monkeypatch.setattr(trainer, "RECIPES", recipes)
    monkeypatch.setattr(measure, "compressed", len)  # xz takes a while, and has a test of its own
    path = tmp_path / "miniatures.json"
    written = measure.measure(list(measure.PARTS), effort, path)
    content = path.read_text(encoding="utf-8")
    found = Results.model_validate_json(content)
    assert list(json.loads(content)) == list(measure.KEYS)
    assert json.loads(content)["models"] == written["models"]
    assert [model.name for model in found.models] == list(measure.FAMILIES)
    assert {model.name for model in found.models if model.equal} == set(measure.EQUAL)
    assert {model.name for model in found.models if model.bits_per_character is None} == {
        "bert",
        "encoder-decoder",
    }
    gpt = next(row for row in written["models"] if row["name"] == "gpt")
    assert (gpt["steps"], gpt["training_tokens"], gpt["minutes"]) == (10, 10 * 2 * 128, 1.5)
    assert {row.name for row in found.speed} == {"rnn", "lstm", "gru", "gpt-equal", "gpt"}
    assert {row.name for row in found.seeds} == {"rnn", "lstm", "gru", "gpt-equal"}
    assert all(row.positions == [1, 2, 4, 8, 16, 32, 64, 128] for row in found.by_position)
    assert len(found.blanks.rows) == 5 and found.blanks.count == 6
    for place in (Path.home(), tmp_path, effort.assets, Path(measure.__file__).parent):
        assert str(place) not in content


def test_a_part_alone_leaves_the_others_as_they_are(
    effort: Effort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "compressed", len)
    path = tmp_path / "miniatures.json"
    measure.measure(["corpus", "compressor"], effort, path)
    before = json.loads(path.read_text(encoding="utf-8"))
    before["compressor"]["bits_per_character"] = 1.23  # as if measured elsewhere
    path.write_text(json.dumps(before), encoding="utf-8")
    measure.measure(["bits"], replace(effort, names=("rnn",)), path)
    measure.measure(["bits"], replace(effort, names=("gpt-equal",)), path)
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after["compressor"] == before["compressor"]
    assert [row["name"] for row in after["models"]] == ["rnn", "gpt-equal"]


def test_a_missing_export_is_named_with_the_command_before_anything_is_measured(
    effort: Effort, assets: Path, tmp_path: Path
) -> None:
    shutil.copytree(assets, tmp_path / "assets")
    shutil.rmtree(tmp_path / "assets" / "gru")
    path = tmp_path / "miniatures.json"
    with pytest.raises(MeasureError, match=r"assets/gru: .*Remedy: make miniature NAME=gru$"):
        measure.measure(["corpus", "bits"], replace(effort, assets=tmp_path / "assets"), path)
    assert not path.exists()


@pytest.mark.parametrize(("file", "word"), [(export.CONFIG, "training"), (export.CURVE, "seconds")])
def test_a_folder_without_its_run_is_named_with_the_command(
    effort: Effort, assets: Path, tmp_path: Path, file: str, word: str
) -> None:
    shutil.copytree(assets, tmp_path / "assets")
    path = tmp_path / "assets" / "lstm" / file
    path.write_text(path.read_text().replace(word, "forgotten"))
    with pytest.raises(MeasureError, match=rf"lstm/{file}: .*{word}.*Remedy: make miniature NAME=lstm"):
        measure.measure_models(replace(effort, names=("lstm",), assets=tmp_path / "assets"), {})


def test_a_file_that_cannot_be_written_stays_whole(
    effort: Effort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "miniatures.json"
    measure.measure(["corpus"], effort, path)
    before = path.read_bytes()

    def full(self: Path, *arguments: Any, **named: Any) -> int:
        self.write_bytes(b"{")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(MeasureError, match=r"miniatures.json: cannot be written .*is whole"):
        measure.measure(["corpus"], effort, path)
    assert path.read_bytes() == before


def test_a_damaged_file_is_named(effort: Effort, tmp_path: Path) -> None:
    path = tmp_path / "miniatures.json"
    path.write_text("{")
    with pytest.raises(MeasureError, match=r"miniatures.json: not JSON .*Remedy: git checkout"):
        measure.measure(["corpus"], effort, path)
    assert path.read_text() == "{"


def test_bits_are_all_losses_over_the_characters_of_the_stories(effort: Effort) -> None:
    model = measure.load("gpt", effort)
    tokenizer = tokenization.model_tokenizer()
    tokens = tokenization.encode_stories(tokenizer, STORIES)
    total = 0.0
    with torch.no_grad():
        for at in range(len(tokens) - 1):
            # Windows of 128 start every 32 tokens; the last one ends with the text.
            last = len(tokens) - 1 - 128
            start = 0 if at < 128 else min((at - 128) // 32 * 32 + 32, last)
            assert at < 128 or at - start >= 64
            logits = model(torch.tensor([tokens[start : at + 1]]))[0, -1].double()
            total -= float(logits.log_softmax(-1)[tokens[at + 1]])
    characters = len("".join(STORIES))
    assert measure.bits(model, STORIES) == pytest.approx(total / np.log(2) / characters, rel=1e-5)


def test_a_window_that_leaves_too_little_before_a_token_is_refused() -> None:
    with pytest.raises(MeasureError, match=r"window of 80 tokens leaves 60 .*64 are the least"):
        measure.losses(Telling(), [0] * 200, 80)


def test_text_that_tokens_do_not_give_back_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lossy = types.SimpleNamespace(
        encode=lambda text: types.SimpleNamespace(ids=[0] * len(text)),
        decode=lambda ids, skip_special_tokens: "x" * len(ids),
    )
    monkeypatch.setattr(tokenization, "model_tokenizer", lambda: lossy)
    with pytest.raises(MeasureError, match="story 2: its tokens do not give back its text"):
        measure.encoded(["xxx", "xyz"])


def test_positions_are_means_over_what_comes_before_of_the_same_tokens() -> None:
    positions = [1, 2, 4, 8, 16, 32, 64]
    found = measure.by_position(Telling(), [0] * (512 + 4096 + 1), positions)
    counts = [list(range(position - max(1, position // 2) + 1, position + 1)) for position in positions]
    assert found == pytest.approx([sum(some) / len(some) / 100 for some in counts], rel=1e-2)
    assert found[:2] == pytest.approx([0.01, 0.02], rel=1e-6)


@given(st.lists(st.integers(0, 4), min_size=8, max_size=40), st.integers(0, 4))
def test_counts_with_a_short_memory_give_the_probability_behind_a_short_context(
    tokens: list[int], context: int
) -> None:
    model = NGram.fit(tokens * 2, 5, 5)
    expected = [
        -np.log(model.probability(tokens[max(0, at - context) : at], tokens[at]))
        for at in range(1, len(tokens))
    ]
    assert measure.ngram_losses(model, tokens, context).tolist() == pytest.approx(expected, rel=1e-9)


def test_counts_gain_nothing_from_what_is_further_away_than_their_order(effort: Effort) -> None:
    tokens, _ = measure.encoded(STORIES)
    found = measure.by_position(measure.load("ngram", effort), tokens, [1, 2, 4, 8, 256])
    assert found[3] == pytest.approx(found[4], rel=1e-12)
    assert len(set(found[:4])) == 4


@pytest.mark.parametrize("name", ["gpt", *KINDS])
def test_reading_token_by_token_gives_what_reading_at_once_gives(name: str) -> None:
    torch.manual_seed(4)
    model = SMALL[name]().eval()
    tokens = torch.randint(0, 2048, (1, 60))
    with torch.no_grad():
        torch.testing.assert_close(measure.stepwise(model, tokens), model(tokens), rtol=1e-4, atol=1e-5)  # type: ignore[arg-type]


def test_a_timed_step_is_a_step_of_training() -> None:
    recipe = replace(trainer.RECIPES["lstm"], batch=2, context=16, warmup=1)
    torch.manual_seed(5)
    windows = torch.randint(21, 2048, (2, 17))
    step = measure.training_step(trainer.FAMILIES["lstm"], recipe, windows)
    losses = [step() for _ in range(4)]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize(
    ("value", "expected"), [(1234.5, 1200), (0.04567, 0.046), (99.6, 100), (870_000, 870_000)]
)
def test_speeds_have_two_digits(value: float, expected: float) -> None:
    assert measure.two_digits(value) == expected


def test_only_runs_that_differ_by_their_seed_count_as_seeds(
    effort: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = measure.recipe_of("lstm", effort)
    torch.manual_seed(7)
    model = SMALL["lstm"]().eval()
    found = {
        "lstm-1": replace(recipe, name="lstm-1", seed=1),
        "lstm-longer": replace(recipe, name="lstm-longer", seed=2, steps=11),
        "lstm": recipe,
    }
    for run in [*found, "unfinished"]:
        (effort.runs / run).mkdir(parents=True)
        (effort.runs / run / "checkpoint.pt").touch()

    def finished(run: Path) -> tuple[nn.Module, Recipe]:
        if run.name not in found:
            raise export.ExportError("not finished")
        return model, found[run.name]

    monkeypatch.setattr(export, "finished", finished)
    old = {"seeds": [{"name": "gru", "seed": 5, "bits_per_character": 1.5}]}
    rows = measure.measure_seeds(replace(effort, names=("lstm",)), old)["seeds"]
    assert [(row["name"], row["seed"]) for row in rows] == [("lstm", 0), ("lstm", 1), ("gru", 5)]
    assert rows[1]["bits_per_character"] == pytest.approx(measure.bits(model, STORIES), abs=1e-4)


def test_tokenizers_are_counted_on_the_same_text(effort: Effort) -> None:
    rows = {row["name"]: row for row in measure.measure_tokenizers(effort, {})["tokenizers"]}
    text = "".join(STORIES)
    assert rows["characters"]["validation_tokens"] == rows["bytes"]["validation_tokens"] == len(text)
    assert rows["characters"]["characters_per_token"] == 1
    for name in ("BPE", "WordPiece", "Unigram", "words"):
        assert rows[name]["vocabulary"] == 2048
    assert rows["BPE"]["validation_tokens"] == len(measure.encoded(STORIES)[0]) - len(STORIES) - 1
    assert rows["BPE"]["unknown"] == rows["bytes"]["unknown"] == 0
    words = [word for story in STORIES for word in measure.words(story)]
    assert rows["words"]["validation_tokens"] == len(words)
    assert 0 < rows["words"]["unknown"] < len(words)


def test_words_are_cut_from_their_punctuation() -> None:
    assert measure.words('"Oh!" said  the fox.\n') == ['"', "Oh", "!", '"', "said", "the", "fox", "."]


def test_the_compressor_needs_what_the_readme_of_the_corpus_says() -> None:
    found = measure.measure_compressor(Effort(), {})["compressor"]["bits_per_character"]
    readme = (corpus.CORPUS / "README.md").read_text(encoding="utf-8")
    assert f"needs {found:.2f} bits for each character" in readme


def test_a_wrong_part_is_refused_with_the_right_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        measure.main(["--only", "taste"])
    assert "'taste'" in (said := capsys.readouterr().err) and "blanks" in said


def test_a_try_does_not_touch_the_published_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published, tried = tmp_path / "miniatures.json", tmp_path / "miniatures-quick.json"
    monkeypatch.setattr(measure, "RESULTS", published)
    monkeypatch.setattr(measure, "QUICK_RESULTS", tried)
    assert measure.main(["--quick", "--only", "corpus"]) == 0
    assert tried.exists() and not published.exists()
    assert "miniatures-quick.json" in capsys.readouterr().err


# What is published.


def test_the_published_file_has_no_path_of_a_machine() -> None:
    content = measure.RESULTS.read_text(encoding="utf-8")
    assert list(json.loads(content)) == list(measure.KEYS)
    assert str(measure.RESULTS.parents[2]) not in content and str(Path.home()) not in content
    for name in ("/home/", "/root/", "/tmp/", "/work/", "/Users/", ":\\"):
        assert name not in content


@pytest.mark.long
@pytest.mark.parametrize("name", measure.FROM_LEFT)
def test_the_exported_weights_give_the_recorded_bits_per_character(name: str) -> None:
    recorded = {row["name"]: row for row in json.loads(measure.RESULTS.read_text("utf-8"))["models"]}
    found = measure.bits(measure.load(name, Effort()), corpus.validation_stories())
    assert found == pytest.approx(recorded[name]["bits_per_character"], abs=1e-3)


@pytest.mark.long
def test_counts_have_the_same_bits_by_their_own_module() -> None:
    model = measure.load("ngram", Effort())
    stories = corpus.validation_stories()
    assert measure.bits(model, stories) == pytest.approx(ngram.bits_per_character(model, stories), rel=1e-9)


def test_text_figures_of_the_file_come_out_again() -> None:
    recorded = json.loads(measure.RESULTS.read_text(encoding="utf-8"))
    for part in ("corpus", "tokenizers", "compressor"):
        assert measure.PARTS[part](Effort(), {})[part] == recorded[part]
