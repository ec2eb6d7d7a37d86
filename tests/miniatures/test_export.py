import csv
import json
import re
import resource
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import transformers
from safetensors import safe_open
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoTokenizer

from miniatures import __main__ as trainer
from miniatures import bert, cards, corpus, encoder_decoder, export, gpt, recurrent, sample, tokenization
from miniatures.export import ExportError
from miniatures.training import Log, Recipe

TINY: dict[str, Callable[[], nn.Module]] = {
    "gpt2": lambda: gpt.GPT(gpt.Size(context=64, layers=2, heads=2, width=16)),
    "bert": lambda: bert.BERT(bert.Size(context=64, layers=2, heads=2, width=16)),
    "t5": lambda: encoder_decoder.EncoderDecoder(
        encoder_decoder.Size(layers=2, heads=2, width=16, inner=24, buckets=8, farthest=16)
    ),
    **{
        kind: lambda kind=kind: recurrent.Recurrent(recurrent.Size(kind=kind, width=16, context=32))
        for kind in recurrent.KINDS
    },
}
AUTO = {"gpt2": AutoModelForCausalLM, "bert": AutoModelForMaskedLM, "t5": AutoModelForSeq2SeqLM}
TEXTS = (
    "Once upon a time there was a [MASK], who lived; and then?\n\n\nThe End",
    "  two spaces, a tab\tand naïve – “quotes” 漢字 🙂",
    "There was <extra_id_0> who had <extra_id_1>.<|endoftext|>Next [CLS] story",
    "",
)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def tiny(kind: str) -> nn.Module:
    torch.manual_seed(1)
    model = TINY[kind]()
    with torch.no_grad():
        for weight in model.parameters():  # biases and norms too: as they begin, they would hide a mix-up
            weight.add_(torch.randn_like(weight), alpha=0.3).copy_(weight.half())
    return model.eval()


def written(kind: str, folder: Path) -> nn.Module:
    model = tiny(kind)
    config, state = export._module(model).to_reference(model)
    export.write_model(folder, config, state)
    export.write_tokenizer(folder, tokenization.model_tokenizer(), kind, export._window(config))
    return model


def logits(model: nn.Module, kind: str, tokens: Tensor, target: Tensor) -> Tensor:
    with torch.no_grad():
        return model(tokens, target) if kind == "t5" else model(tokens)


@pytest.fixture
def warnings_of_transformers() -> Iterator[list[str]]:
    found: list[str] = []

    class Keeps(transformers.utils.logging.logging.Handler):
        def emit(self, record: Any) -> None:
            found.append(record.getMessage())

    handler = Keeps(level="WARNING")
    transformers.utils.logging.add_handler(handler)
    yield found
    transformers.utils.logging.remove_handler(handler)


@pytest.mark.parametrize("kind", AUTO)
def test_the_reference_library_computes_our_logits_from_an_exported_folder(
    kind: str, tmp_path: Path, warnings_of_transformers: list[str]
) -> None:
    model = written(kind, tmp_path)
    theirs, found = AUTO[kind].from_pretrained(tmp_path, dtype=torch.float32, output_loading_info=True)
    assert {what: sorted(keys) for what, keys in found.items() if keys} == {}
    assert warnings_of_transformers == []
    tokens, target = torch.randint(2048, (3, 32)), torch.randint(2048, (3, 9))
    given = {"decoder_input_ids": target} if kind == "t5" else {}
    with torch.no_grad():
        expected = theirs.eval()(input_ids=tokens, **given).logits
    ours = logits(model, kind, tokens, target)
    assert ours.std() > 0.1
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", TINY)
def test_what_is_loaded_is_what_was_written_in_float32(kind: str, tmp_path: Path) -> None:
    model = written(kind, tmp_path)
    loaded, _ = export.load(tmp_path)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    assert not loaded.training
    tokens, target = torch.randint(2048, (2, 20)), torch.randint(2048, (2, 7))
    assert torch.equal(logits(loaded, kind, tokens, target), logits(model, kind, tokens, target))


@pytest.mark.parametrize("kind", TINY)
def test_weights_are_stored_in_float16_with_the_format_named(kind: str, tmp_path: Path) -> None:
    written(kind, tmp_path)
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float16}  # noqa: SIM118


@pytest.mark.parametrize("kind", TINY)
def test_the_reference_tokenizer_gives_the_ids_and_texts_of_ours(
    kind: str, tmp_path: Path, warnings_of_transformers: list[str]
) -> None:
    written(kind, tmp_path)
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    ours = export.load(tmp_path)[1]
    assert len(theirs) == ours.get_vocab_size() == tokenization.VOCABULARY
    for text in TEXTS:
        ids = ours.encode(text).ids
        assert theirs(text)["input_ids"] == ids
        assert theirs.decode(ids) == ours.decode(ids, skip_special_tokens=False)
    # It knows no recurrent models, and says so.
    assert len(warnings_of_transformers) == (kind not in AUTO)


@pytest.mark.parametrize("kind", TINY)
def test_ordinary_text_gets_the_ids_that_models_are_trained_on(kind: str, tmp_path: Path) -> None:
    written(kind, tmp_path)
    ours, trained = export.load(tmp_path)[1], tokenization.model_tokenizer()
    for text in TEXTS[1::2]:
        assert ours.encode(text, add_special_tokens=False).ids == trained.encode(text).ids


def test_each_family_has_its_marks(tmp_path: Path) -> None:
    marks = {}
    for kind in AUTO:
        folder = tmp_path / kind
        folder.mkdir()
        written(kind, folder)
        mine = AutoTokenizer.from_pretrained(folder)
        ids = mine("A king")["input_ids"]
        marks[kind] = (mine.special_tokens_map, mine.decode(ids), mine.model_max_length < 10**6)
    end = "<|endoftext|>"
    assert marks == {
        "gpt2": ({"bos_token": end, "eos_token": end, "pad_token": "[PAD]"}, "A king", True),
        "bert": (
            {"cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]", "pad_token": "[PAD]"},
            "[CLS]A king[SEP]",
            True,
        ),
        "t5": ({"eos_token": end, "pad_token": "[PAD]"}, f"A king{end}", False),
    }


def test_a_mark_for_hidden_text_stands_for_the_space_before_it_too(tmp_path: Path) -> None:
    plain = tokenization.model_tokenizer().encode("A king lived").tokens
    assert plain == ["A", "Ġking", "Ġlived"]
    for kind, mark in (("bert", "[MASK]"), ("t5", "<extra_id_0>")):
        written(kind, tmp_path)
        for tokenizer in (export.load(tmp_path)[1], AutoTokenizer.from_pretrained(tmp_path)):
            ids = tokenizer.encode(f"A {mark} lived", add_special_tokens=False)
            ids = ids if isinstance(ids, list) else ids.ids
            assert [tokenization.model_tokenizer().id_to_token(id_) for id_ in ids] == ["A", mark, "Ġlived"]


# A whole export, from the checkpoint of a run to the card


class TinyFamily:
    def build(self, recipe: Recipe) -> nn.Module:
        return tiny("gpt2")


RECIPE = Recipe("gpt", "gpt", steps=4800, batch=2, context=32, lr=1e-3, muon_lr=1e-2)


def a_run(runs: Path, step: int = 4800, weights: dict[str, Tensor] | None = None, **recipe: Any) -> None:
    folder = runs / "gpt"
    folder.mkdir(parents=True, exist_ok=True)
    saved = {"recipe": asdict(RECIPE) | recipe, "step": step, "model": weights or tiny("gpt2").state_dict()}
    torch.save(saved, folder / "checkpoint.pt")
    with (folder / "training.csv").open("w", newline="") as file:
        rows = [Log.HEAD, (1, 7.6, "", 0.1), (4800, 2.5, "1.4400", 600.0)]
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.fixture(scope="module", autouse=True)
def calibration_reads_two_stories() -> Iterator[None]:
    short = corpus.tuning_stories()[:2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "corpus", SimpleNamespace(tuning_stories=lambda: short))
        yield


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setitem(trainer.FAMILIES, "gpt", TinyFamily())
    a_run(tmp_path / "runs")
    return tmp_path / "runs", tmp_path / "assets"


def contents(assets: Path) -> dict[str, bytes]:
    return {str(path.relative_to(assets)): path.read_bytes() for path in assets.rglob("*") if path.is_file()}


def test_a_finished_run_becomes_a_folder_of_what_is_needed(places: tuple[Path, Path]) -> None:
    folder = export.export("gpt", *places)
    assert folder == places[1] / "gpt"
    assert [path.name for path in places[1].iterdir()] == ["gpt"]
    assert {path.name for path in folder.iterdir()} == FILES
    assert (folder / "training.csv").read_bytes() == (places[0] / "gpt" / "training.csv").read_bytes()
    assert json.loads((folder / "config.json").read_text())["training"] == asdict(RECIPE)
    before = contents(places[1])
    export.export("gpt", *places)
    assert contents(places[1]) == before
    _, found = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert not any(found.values())


def test_a_card_says_what_it_is_made_of(places: tuple[Path, Path]) -> None:
    text = (export.export("gpt", *places) / "README.md").read_text()
    front = re.match(r"---\nlicense: mit\nlanguage: en\n.*?tags:\n(- .*\n)+---\n", text, re.DOTALL)
    assert front
    headings = ", ".join(re.findall(r"^## (.*)$", text, re.MULTILINE))
    assert headings == "What it is, Data, Layout, The run, Measured, Samples, How to load it, Limits"
    parameters = sum(weight.numel() for weight in tiny("gpt2").parameters())
    assert f"{parameters:,} parameters" in text
    assert "413 fairy tales" in text and "| Charles Perrault, Fairy Tales | 29021 |" in text
    assert f"| tokens read | {4800 * 2 * 32:,} |" in text
    assert "| time | 10 minutes, 2 threads of a processor |" in text and "| 1.4400 |" in text
    assert "settings are chosen on them |" in text


def test_the_gpt_that_is_shipped_is_brought_to_the_temperature_that_suits_the_tuning_stories(
    places: tuple[Path, Path],
) -> None:
    folder = export.export("gpt", *places)
    found = json.loads((folder / "config.json").read_text())["calibration"]
    model, _ = export.load(folder)
    tokens = torch.arange(40)[None]
    with torch.no_grad():
        expected = tiny("gpt2")(tokens) / found["temperature"]
        assert found["temperature"] != 1
        torch.testing.assert_close(model(tokens), expected, rtol=2e-3, atol=2e-3)  # float16 weights
    text = (folder / "README.md").read_text()
    of_the_stories = "bits per character on the tuning stories"
    assert f"| {of_the_stories} | 1.4400 |" in text
    at = f"at temperature {found['temperature']}"
    assert f"| {of_the_stories}, {at} | {found['tuning']:.4f} |" in text
    assert f"{at.capitalize()} the tuning stories are likeliest (temperature scaling)" in text


def test_the_gpt_of_the_equal_comparison_is_exported_as_training_left_it(
    places: tuple[Path, Path],
) -> None:
    shutil.copytree(places[0] / "gpt", places[0] / "gpt-equal")
    folder = export.export("gpt-equal", *places)
    assert "calibration" not in json.loads((folder / "config.json").read_text())
    assert "temperature scaling" not in (folder / "README.md").read_text()


def test_a_card_takes_the_measured_figures_and_says_so_when_there_are_none(tmp_path: Path) -> None:
    assert cards.figures("gpt", tmp_path / "none.json") == {}
    results = tmp_path / "results.json"
    results.write_text(
        json.dumps(
            {
                "models": [
                    {"name": "gpt", "bits_per_character": 1.4372},
                    {"name": "bert", "bits_per_character": None},
                ],
                "seeds": [
                    {"name": "gpt", "seed": 1, "bits_per_character": 1.45},
                    {"name": "gpt", "seed": 2, "bits_per_character": 1.46},
                ],
                "blanks": {
                    "count": 2000,
                    "rows": [
                        {"name": "bert", "sees": "both sides", "top_1": 0.412, "top_5": 0.654, "bits": 4.321},
                        {"name": "gpt", "sees": "left side", "top_1": 0.3, "top_5": 0.5, "bits": 5.0},
                    ],
                },
            }
        )
    )
    assert cards.figures("gpt", results) == {
        "bits per character on `valid.txt`": "1.437",
        "the same, by seed": "1: 1.450, 2: 1.460",
        "2,000 blanks of one word (left side)": "30.0% right, 50.0% among five, 5.00 bits a blank",
    }
    assert cards.figures("bert", results) == {
        "2,000 blanks of one word (both sides)": "41.2% right, 65.4% among five, 4.32 bits a blank",
    }
    results.write_text('{"corpus": {}}')  # measured part by part: this one is the first
    assert cards.figures("gpt", results) == {}
    for wrong in ("[]", "{", '{"models": [{}]}', '{"blanks": {}}'):
        results.write_text(wrong)
        with pytest.raises(ExportError, match=r"results\.json: not as expected .*make measure"):
            cards.figures("gpt", results)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    a_run(folder / "runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(trainer.FAMILIES, "gpt", TinyFamily())
        return export.export("gpt", folder / "runs", folder / "assets")


def samples_of(folder: Path) -> list[tuple[str, str]]:
    """The commands of a card, without `python -m miniatures.sample`, and what they print."""
    text = (folder / "README.md").read_bytes().decode()
    form = r"```sh\npython -m miniatures\.sample ([^\n]*)\n```\n\n```text\n(.*?)\n```\n"
    found = re.findall(form, text, re.DOTALL)
    assert len(found) == 3
    return found


def test_the_commands_of_a_card_print_its_samples(
    made_once: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(export, "ASSETS", made_once.parent)
    found = samples_of(made_once)
    assert len({text for _, text in found}) == 3
    for command, text in found:
        assert sample.main(shlex.split(command)) == 0
        assert capsys.readouterr().out == text + "\n"


@pytest.fixture
def exported(places: tuple[Path, Path], made_once: Path) -> tuple[Path, Path]:
    shutil.copytree(made_once, places[1] / "gpt")
    return places


def refused(places: tuple[Path, Path], message: str) -> None:
    """The export fails with this message, and the folder that was there is as before, without leftovers."""
    before = contents(places[1])
    assert len(before) == len(FILES)
    with pytest.raises(ExportError, match=message):
        export.export("gpt", *places)
    assert contents(places[1]) == before
    assert [path.name for path in places[1].iterdir()] == ["gpt"]


def test_an_unfinished_run_is_refused(exported: tuple[Path, Path]) -> None:
    a_run(exported[0], step=50)
    refused(exported, r"checkpoint\.pt: step 50 of 4800, not finished\. Remedy: make miniature NAME=gpt")


def test_a_run_under_another_name_is_refused(places: tuple[Path, Path]) -> None:
    with pytest.raises(ExportError, match=r"^gtp: not a miniature of a run\. Remedy: one of gpt, "):
        export.export("gtp", *places)


def test_a_missing_checkpoint_is_named(exported: tuple[Path, Path]) -> None:
    (exported[0] / "gpt" / "checkpoint.pt").unlink()
    refused(exported, r"checkpoint\.pt: no such file.*Remedy: make miniature NAME=gpt")


def test_a_damaged_checkpoint_is_named_with_a_remedy(exported: tuple[Path, Path]) -> None:
    path = exported[0] / "gpt" / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:1000])
    refused(exported, r"(?s)checkpoint\.pt: not a checkpoint of this version.*Remedy: delete")


def test_weights_of_another_shape_are_named_with_a_remedy(exported: tuple[Path, Path]) -> None:
    a_run(exported[0], weights={"tokens.weight": torch.zeros(3, 3)})
    refused(exported, r"(?s)checkpoint\.pt: .*tokens\.weight.*Remedy: delete")


def test_an_unknown_family_is_named(exported: tuple[Path, Path]) -> None:
    a_run(exported[0], family="oracle")
    refused(exported, r"family 'oracle' is unknown\. Remedy: one of gpt, ")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
def test_weights_that_are_no_numbers_are_refused(exported: tuple[Path, Path], value: float) -> None:
    weights = tiny("gpt2").state_dict()
    weights["norm.weight"][3] = value
    a_run(exported[0], weights=weights)
    refused(exported, r"^transformer\.ln_f\.weight: .*NaN or beyond.*Remedy: train again")


def test_a_folder_over_the_limit_is_refused_with_its_sizes(
    exported: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "LIMIT", 100_000)
    refused(exported, r"more than the 100,000 .*model\.safetensors [\d,]+.*Remedy: a smaller width")


def test_a_missing_curve_is_named(exported: tuple[Path, Path]) -> None:
    (exported[0] / "gpt" / "training.csv").unlink()
    refused(exported, r"training\.csv.*The last export is as it was")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_full_disk_leaves_the_last_export(exported: tuple[Path, Path], file: str) -> None:
    sizes = {path.name: path.stat().st_size for path in (exported[1] / "gpt").iterdir()}
    assert sizes["config.json"] < sizes["model.safetensors"] < sizes["tokenizer.json"]
    # No file may become as long as this one, and writing more fails, as it does on a full disk.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (sizes[file] - 1, before[1]))
    try:
        refused(exported, r"cannot be written .*Remedy: free some room")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_swap_that_fails_half_way_is_undone(
    exported: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name == ".gpt.part":
            raise OSError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    refused(exported, r"cannot be written .*Permission denied")


def test_what_a_killed_export_left_behind_is_swept_away(exported: tuple[Path, Path]) -> None:
    for left in (".gpt.part", ".gpt.old"):
        shutil.copytree(exported[1] / "gpt", exported[1] / left)
    (exported[1] / ".gpt.part" / "stray").write_text("x")
    before = contents(exported[1] / "gpt")
    export.export("gpt", *exported)
    assert [path.name for path in exported[1].iterdir()] == ["gpt"]
    assert contents(exported[1] / "gpt") == before


def test_an_export_killed_between_the_two_renames_is_restored(exported: tuple[Path, Path]) -> None:
    before = contents(exported[1])
    (exported[1] / "gpt").rename(exported[1] / ".gpt.old")
    (exported[0] / "gpt" / "training.csv").unlink()
    with pytest.raises(ExportError, match="cannot be written"):
        export.export("gpt", *exported)
    assert contents(exported[1]) == before


# Loading what is not there or not whole


def test_a_missing_folder_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "lstm").mkdir()
    (tmp_path / ".gpt.part").mkdir()
    with pytest.raises(
        ExportError, match=r"no such folder\. Remedy: one of lstm, or make miniature NAME=gpt$"
    ):
        export.load(tmp_path / "gpt")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    written("gpt2", tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ExportError, match=rf"{name}: missing\. Remedy: git checkout"):
        export.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [("config.json", "not JSON"), ("model.safetensors", "damaged"), ("tokenizer.json", "damaged")],
)
def test_a_file_that_was_cut_off_is_named(tmp_path: Path, name: str, message: str) -> None:
    written("gpt2", tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ExportError, match=rf"{name}: {message} .*Remedy: git checkout"):
        export.load(tmp_path)


def changed(folder: Path, **fields: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_tensors_of_other_shapes_than_the_configuration_says_are_named(tmp_path: Path) -> None:
    written("gpt2", tmp_path)
    changed(tmp_path, n_embd=20)
    with pytest.raises(ExportError, match=r"(?s)shapes that config\.json says.*tokens\.weight"):
        export.load(tmp_path)


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    written("gpt2", tmp_path)
    changed(tmp_path, n_layer=3)
    with pytest.raises(ExportError, match=r"has no 'transformer\.h\.2\."):
        export.load(tmp_path)


def test_an_unknown_model_type_is_named(tmp_path: Path) -> None:
    written("gpt2", tmp_path)
    changed(tmp_path, model_type="oracle")
    with pytest.raises(ExportError, match=r"model_type is 'oracle', unknown\. Remedy: one of gpt2, "):
        export.load(tmp_path)


# The committed folders

FILES = {
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "training.csv",
    "README.md",
}
MOST = 5_000_000


@pytest.mark.parametrize("name", export.NAMES)
def test_a_committed_folder_has_the_files_it_needs_and_no_more(name: str) -> None:
    folder = export.ASSETS / name
    assert folder.is_dir(), f"{folder} is missing. Remedy: make miniature NAME={name}"
    own = {"tokenizer_config.json"} if name in ("ngram", "microscopic-gpt", "microscopic-bert") else set()
    found = {path.name for path in folder.iterdir()}
    assert FILES - own <= found <= FILES
    assert sum(path.stat().st_size for path in folder.iterdir()) <= (100_000 if "micro" in name else MOST)


@pytest.mark.parametrize("name", export.NAMES)
def test_a_committed_folder_loads(name: str) -> None:
    _, tokenizer = export.load(export.ASSETS / name)
    config = export.read_config(export.ASSETS / name)
    assert tokenizer.get_vocab_size() == config["vocab_size"]
    if config["model_type"] in AUTO:
        _, found = AUTO[config["model_type"]].from_pretrained(export.ASSETS / name, output_loading_info=True)
        assert not any(found.values())
        assert len(AutoTokenizer.from_pretrained(export.ASSETS / name)) == tokenizer.get_vocab_size()


@pytest.mark.parametrize("name", cards.TITLES)
def test_the_card_of_a_committed_folder_is_complete(name: str) -> None:
    text = (export.ASSETS / name / "README.md").read_text(encoding="utf-8")
    assert cards.NOT_MEASURED not in text, "Remedy: make measure, then make cards"
    assert cards.NOT_NOTED not in text, f"Remedy: miniatures/notes/{name}.md"
    assert all(f"| {label} | {value} |" in text for label, value in cards.figures(name).items())
    training = export.read_config(export.ASSETS / name)["training"]
    assert training == asdict(trainer.RECIPES[name]), "the folder is not of the published run"


@pytest.mark.parametrize("name", cards.TITLES)
def test_the_first_sample_of_a_committed_card_comes_again(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command, text = samples_of(export.ASSETS / name)[0]
    assert sample.main(shlex.split(command)) == 0
    assert capsys.readouterr().out == text + "\n"
