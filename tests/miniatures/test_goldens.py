"""The golden files: complete, readable, true to the models, and never half written."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F
from transformers.models.t5.modeling_t5 import T5Attention

from miniatures import (
    bert,
    corpus,
    encoder_decoder,
    export,
    goldens,
    gpt,
    microscopic,
    ngram,
    recurrent,
    tokenization,
)
from miniatures.goldens import FULL, LIMIT, NAMES, PROMPTS, TOP, Golden, GoldenError

HEADS, WIDTH, WINDOW, CELLS = 2, 16, 64, microscopic.CELLS
TINY: dict[str, Callable[[], nn.Module]] = {
    "gpt": lambda: gpt.GPT(gpt.Size(context=WINDOW, layers=2, heads=HEADS, width=WIDTH)),
    "bert": lambda: bert.BERT(bert.Size(context=WINDOW, layers=2, heads=HEADS, width=WIDTH)),
    "encoder-decoder": lambda: encoder_decoder.EncoderDecoder(
        encoder_decoder.Size(layers=2, heads=HEADS, width=WIDTH, inner=24)
    ),
    **{
        kind: partial(recurrent.Recurrent, recurrent.Size(kind=kind, width=WIDTH, context=WINDOW))
        for kind in recurrent.KINDS
    },
    "microscopic-gpt": lambda: gpt.GPT(gpt.Size(13, CELLS, layers=2, heads=1, width=8)),
    "microscopic-bert": lambda: bert.BERT(bert.Size(13, CELLS, layers=2, heads=1, width=8)),
}
MODULES = {"gpt": gpt, "bert": bert, "encoder-decoder": encoder_decoder}
TRANSFORMERS = [*MODULES, "microscopic-gpt", "microscopic-bert"]
STORIES = [*MODULES, *recurrent.KINDS, "ngram"]  # what has read stories
FAMILIES = [*TINY, "ngram"]
Values = dict[str, NDArray[np.float32]]


def family(name: str) -> str:
    return name.removeprefix("microscopic-")


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported folder of each family, with weights that are drawn, norms and biases too."""
    folder = tmp_path_factory.mktemp("assets")
    tokenizer = tokenization.model_tokenizer()
    for name, build in TINY.items():
        torch.manual_seed(1)
        model = build()
        with torch.no_grad():
            for key, weight in model.named_parameters():
                if "_hh_" not in key:  # with more there a state forgets nothing, and no rounding either
                    weight.add_(torch.randn_like(weight), alpha=0.2)
        config, state = MODULES.get(family(name), recurrent).to_reference(model)
        own = microscopic.tokenizer(name) if name.startswith("microscopic") else tokenizer
        (folder / name).mkdir()
        export.write_model(folder / name, config, state)
        export.write_tokenizer(folder / name, own, config["model_type"])
    text = tokenization.encode_stories(tokenizer, corpus.training_stories()[:20])
    ngram.NGram.fit(text, 5, tokenizer.get_vocab_size()).export(folder / "ngram")
    export.write_tokenizer(folder / "ngram", tokenizer, "kneser-ney")
    return folder


@pytest.fixture(scope="module")
def all_goldens(assets: Path) -> dict[str, Golden]:
    return {name: goldens.compute(name, assets) for name in FAMILIES}


@pytest.fixture(scope="module")
def written(all_goldens: dict[str, Golden], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("goldens")
    goldens.write(all_goldens, folder)
    return folder


@pytest.fixture(params=FAMILIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def golden(name: str, written: Path) -> Golden:
    return goldens.read(name, written)


def near(left: Any, right: Any, within: float = 1e-4) -> bool:
    """Apart by at most a part of the largest value, as the goldens are to be used."""
    mine, theirs = np.asarray(left, float), np.asarray(right, float)
    assert mine.shape == theirs.shape
    return bool(np.abs(mine - theirs).max(initial=0) <= within * max(1.0, np.abs(theirs).max(initial=0)))


def complete(golden: Golden) -> None:
    """40 prompts, four in full, whose numbers lie side by side and fill the file."""
    rows, at = golden.index["prompts"], 0
    assert [row["full"] for row in rows] == [True] * FULL + [False] * (PROMPTS - FULL)
    assert len({(row["text"], row.get("answer")) for row in rows}) > PROMPTS * 0.9
    for number, row in enumerate(rows):
        assert row["offset"] == at
        found = goldens.values(golden, number)
        at += sum(value.size for value in found.values())
        assert len(found["top"]) == len(set(row["top"])) == min(TOP, golden.index["sizes"]["vocabulary"])
        assert (np.diff(found["top"]) <= 0).all()
        assert row["sizes"].get("token", len(row["ids"])) == len(row["ids"])
    assert at == len(golden.numbers)
    assert np.isfinite(golden.numbers).all()


def test_an_index_is_complete_and_its_numbers_fill_the_file(golden: Golden) -> None:
    complete(golden)


def test_the_full_prompts_are_short_and_the_others_reach_the_window(name: str, golden: Golden) -> None:
    lengths = [len(row["ids"]) for row in golden.index["prompts"]]
    small = name.startswith("microscopic")
    assert max(lengths[:FULL]) <= (CELLS if small else 6)
    window = goldens.WINDOW if name in ("encoder-decoder", "ngram") else CELLS if small else WINDOW
    assert max(lengths) == window


@pytest.mark.parametrize("name", STORIES)
def test_the_edge_cases_are_there(name: str, golden: Golden) -> None:
    rows = {row["text"]: row for row in golden.index["prompts"]}
    end, cls, sep = (tokenization.SPECIAL.index(mark) for mark in ("<|endoftext|>", "[CLS]", "[SEP]"))
    assert rows[""]["ids"] == ([cls, sep] if name == "bert" else [end])
    assert len(rows["🐺"]["ids"]) - len(rows[""]["ids"]) == len("🐺".encode())
    assert any(len(set(row["ids"])) <= 8 and len(row["ids"]) >= 16 for row in rows.values())


@pytest.mark.parametrize("name", STORIES)
def test_texts_come_from_training_text_and_never_from_the_validation_stories(golden: Golden) -> None:
    tuning, valid = "\n\n\n".join(corpus.tuning_stories()), "\n\n\n".join(corpus.validation_stories())
    drawn = [row["text"] for row in golden.index["prompts"][FULL + len(goldens.EDGES) + 2 :]]
    assert len(drawn) == PROMPTS - FULL - len(goldens.EDGES) - 2
    for text in drawn:
        plain = text.replace("[MASK]", "<extra_id_").split("<extra_id_")[0]
        assert plain in tuning
        assert len(plain) < 40 or plain not in valid


def test_the_last_intermediate_at_its_place_gives_the_largest_values(golden: Golden) -> None:
    result = list(golden.index["intermediates"])[-1]
    for number in range(FULL):
        found = goldens.values(golden, number)
        ids = golden.index["prompts"][number]["top"]
        assert (found[result][ids] == found["top"]).all()
        assert found["top"][-1] >= np.delete(found[result], ids).max(initial=-math.inf)


def test_the_slices_are_those_of_all_values(name: str, assets: Path, golden: Golden) -> None:
    model, tokenizer = export.load(assets / name)
    config = export.read_config(assets / name)
    state = {} if name == "ngram" else load_file(assets / name / export.WEIGHTS)
    state = {key: weight.float() for key, weight in state.items()}
    number = PROMPTS - 1
    prompt = goldens.prompts(config, tokenizer)[number]
    tape = goldens.forward(config, state, model, prompt)
    for key, kept in goldens.values(golden, number).items():
        if key != "top":
            flat = tape.values[key].detach().numpy().ravel()
            places = np.floor(np.linspace(0, len(flat) - 1, 8) + 1e-9).astype(int)
            assert near(kept, [*flat[places], np.linalg.norm(flat.astype(float))]), key


# What must hold between the numbers of a full prompt, whatever the weights are.


@pytest.mark.parametrize("number", range(FULL))
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_attention_weights_sum_to_one_and_a_stream_is_what_was_added(
    name: str, number: int, written: Path
) -> None:
    found = goldens.values(goldens.read(name, written), number)
    softmaxes = [value for key, value in found.items() if key.endswith(".weights")]
    kind = family(name)
    assert len(softmaxes) == {"gpt": 2, "bert": 2, "encoder-decoder": 6}[kind]
    for weights in softmaxes:
        assert near(weights.sum(-1), np.ones(weights.shape[:-1]))
    sums = 0
    names = list(found)
    for part in ("encoder.", "decoder.") if kind == "encoder-decoder" else ("",):
        stream = found[{"bert": "embedding.norm", "gpt": "embedding.sum"}.get(kind, f"{part}embedding.token")]
        for key in [key for key in names if key.startswith(part) and ".residual_" in key]:
            block, place = key.rsplit(".residual_", 1)
            kinds = ["attention", "cross", "mlp"] if part == "decoder." else ["attention", "mlp"]
            added = found[f"{block}.{kinds[int(place) - 1]}.output"]
            assert near(found[key], stream + added), key
            stream = found[f"{block}.norm_{place}"] if kind == "bert" else found[key]
            sums += 1
    assert sums == {"gpt": 4, "bert": 4, "encoder-decoder": 10}[kind]


@pytest.mark.parametrize("number", range(FULL))
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_scores_are_products_of_queries_and_keys(name: str, number: int, written: Path) -> None:
    golden = goldens.read(name, written)
    found = goldens.values(golden, number)
    scale = 1 if name == "encoder-decoder" else golden.index["sizes"]["part"] ** -0.5
    blocks = [key.removesuffix(".scores") for key in found if key.endswith(".scores")]
    for at in blocks:
        scores = scale * found[f"{at}.query"] @ found[f"{at}.key"].transpose(0, 2, 1)
        assert near(found[f"{at}.scores"], scores)
        if f"{at}.biased" in found:
            bias = found[f"{at.partition('.')[0]}.position_bias"]
            assert near(found[f"{at}.biased"], found[f"{at}.scores"] + bias)
        assert near(found[f"{at}.mixed"], found[f"{at}.weights"] @ found[f"{at}.value"])
        causal = family(name) == "gpt" or (at.startswith("decoder") and at.endswith("attention"))
        above = np.triu(np.ones(found[f"{at}.weights"].shape[1:], bool), 1)
        assert not causal or (found[f"{at}.weights"][:, above] == 0).all()


@pytest.mark.parametrize("number", range(FULL))
def test_logits_are_products_of_the_last_states_and_the_embedding(
    name: str, number: int, assets: Path, golden: Golden
) -> None:
    if name == "ngram":
        levels = [
            value for key, value in goldens.values(golden, number).items() if key.endswith("probability")
        ]
        assert len(levels) == 5
        assert near([level.sum(dtype=float) for level in levels], np.ones(5))
        return
    found, state = goldens.values(golden, number), load_file(assets / name / export.WEIGHTS)
    table, last, bias = {
        "gpt": ("transformer.wte.weight", "norm", None),
        "bert": ("bert.embeddings.word_embeddings.weight", "norm", "cls.predictions.bias"),
        "encoder-decoder": ("shared.weight", "scaled", None),
    }.get(family(name), ("tokens.weight", "layer.1.state", "bias"))
    logits = found[last][golden.index["prompts"][number]["at"]] @ state[table].float().numpy().T
    assert near(found["logits"], logits + (state[bias].float().numpy() if bias else 0))


@pytest.mark.parametrize("number", range(FULL))
def test_a_state_follows_from_its_gates(number: int, written: Path) -> None:
    lstm, gru, rnn = (goldens.values(goldens.read(kind, written), number) for kind in ("lstm", "gru", "rnn"))
    for layer in ("layer.0.", "layer.1."):

        def one(values: Values, name: str, layer: str = layer) -> NDArray[np.float32]:
            return values[layer + name]

        def before(values: Values, name: str) -> NDArray[np.float32]:
            states = one(values, name)
            return np.concatenate([np.zeros_like(states[:1]), states[:-1]])

        kept = one(lstm, "forget_gate") * before(lstm, "cell")
        assert near(one(lstm, "cell"), kept + one(lstm, "input_gate") * one(lstm, "candidate"))
        assert near(one(lstm, "state"), one(lstm, "output_gate") * np.tanh(one(lstm, "cell")))
        old = one(gru, "update_gate")
        assert near(one(gru, "state"), old * before(gru, "state") + (1 - old) * one(gru, "candidate"))
        assert near(one(rnn, "state"), np.tanh(one(rnn, "sum")))


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_hidden_states_and_attentions_are_those_of_transformers(
    name: str, assets: Path, written: Path
) -> None:
    golden = goldens.read(name, written)
    kind = getattr(transformers, export.read_config(assets / name)["architectures"][0])
    model = kind.from_pretrained(assets / name, attn_implementation="eager", dtype=torch.float32).eval()
    for number, row in enumerate(golden.index["prompts"][:FULL]):
        mine = goldens.values(golden, number)
        more = {"decoder_input_ids": torch.tensor([row["answer_ids"]])} if "answer_ids" in row else {}
        with torch.no_grad():
            theirs = model(
                torch.tensor([row["ids"]]), **more, output_hidden_states=True, output_attentions=True
            )
        pairs = {"logits": theirs.logits[0, row["at"]]}
        if family(name) == "gpt":
            hidden = theirs.hidden_states
            pairs |= {"embedding.sum": hidden[0], "block.0.residual_2": hidden[1], "norm": hidden[2]}
            pairs |= {f"block.{at}.attention.weights": one for at, one in enumerate(theirs.attentions)}
        elif family(name) == "bert":
            hidden = theirs.hidden_states
            pairs |= {"embedding.norm": hidden[0], "block.0.norm_2": hidden[1], "block.1.norm_2": hidden[2]}
            pairs |= {f"block.{at}.attention.weights": one for at, one in enumerate(theirs.attentions)}
        else:
            for part, places in (("encoder", 2), ("decoder", 3)):
                hidden = theirs[f"{part}_hidden_states"]
                pairs |= {
                    f"{part}.embedding.token": hidden[0],
                    f"{part}.block.0.residual_{places}": hidden[1],
                    f"{part}.norm": hidden[2],
                }
                for at, one in enumerate(theirs[f"{part}_attentions"]):
                    pairs[f"{part}.block.{at}.attention.weights"] = one
            for at, one in enumerate(theirs.cross_attentions):
                pairs[f"decoder.block.{at}.cross.weights"] = one
        for key, value in pairs.items():
            assert near(mine[key], value if key == "logits" else value[0]), key


def test_the_reference_is_asked_for_every_intermediate_that_it_has(
    assets: Path, all_goldens: dict[str, Golden]
) -> None:
    missing = {
        name: set(all_goldens[name].index["intermediates"])
        - set(goldens.counterparts(export.read_config(assets / name)))
        for name in TRANSFORMERS
    }
    hidden = ("scores", "biased")  # no module of theirs takes or gives these
    for name, keys in missing.items():
        left = {key for key in keys if key.rpartition(".")[2] not in hidden}
        assert left == {"gpt": set(), "bert": {"embedding.segment"}}.get(family(name), set()) | {"logits"}


# What would go wrong, and what is said.


def test_a_step_that_is_computed_in_another_way_is_named(
    assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(goldens.ACTIVATIONS, "gelu_new", goldens.gelu)
    monkeypatch.setattr(goldens, "OURS", math.inf)
    monkeypatch.setattr(goldens, "THEIRS", 1e-5)  # the two differ by less than 5e-4
    with pytest.raises(GoldenError, match=r"gpt, prompt .*: block\.0\.mlp\.activated is .* from GPT2LMHead"):
        goldens.compute("gpt", assets)


def test_a_class_of_ours_that_says_something_else_is_noticed(
    assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(goldens, "ours", lambda model, prompt: torch.zeros(2048))
    with pytest.raises(GoldenError, match=r"lstm, prompt '': logits is .* from our own class, 1e-05 is"):
        goldens.compute("lstm", assets)


def test_a_missing_export_is_named_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(
        GoldenError, match=r"gpt: no goldens without its export: .*Remedy: .*; then make goldens"
    ):
        goldens.compute("gpt", tmp_path)


def test_the_command_says_in_one_line_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(goldens.compute, "__defaults__", (tmp_path / "assets",))
    assert goldens.main(["gpt"]) == 1
    assert goldens.main(["gtp"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and str(tmp_path / "assets" / "gpt") in said[0] and "gtp: no goldens" in said[1]


def test_the_command_writes_what_it_is_asked_for(
    assets: Path,
    written: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(goldens.compute, "__defaults__", (assets,))
    monkeypatch.setattr(goldens.write, "__defaults__", (tmp_path,))
    assert goldens.main(["gru"]) == 0
    assert "gru: " in capsys.readouterr().out
    for kind in ("json", "bin"):  # and the same bytes the second time
        assert (tmp_path / f"gru.{kind}").read_bytes() == (written / f"gru.{kind}").read_bytes()


def test_files_that_are_too_large_are_not_written(
    all_goldens: dict[str, Golden], written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = sum(path.stat().st_size for path in written.iterdir())
    monkeypatch.setattr(goldens, "LIMIT", size - 1)
    with pytest.raises(GoldenError, match=r"more than the .* gpt\.bin .*Nothing was written"):
        goldens.write(all_goldens, tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(goldens, "LIMIT", size)
    assert goldens.write(all_goldens, tmp_path) == size


def test_a_full_disk_leaves_the_earlier_files_whole(
    all_goldens: dict[str, Golden], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goldens.write({"rnn": all_goldens["rnn"]}, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    other = Golden(all_goldens["rnn"].index | {"about": "other"}, all_goldens["rnn"].numbers)
    write, calls = Path.write_bytes, []

    def fails_at_the_second(path: Path, content: bytes) -> int:
        calls.append(path)
        if len(calls) == 2:
            write(path, content[:10])
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", fails_at_the_second)
    with pytest.raises(GoldenError, match=r"cannot be written \(.*No space left.*Remedy: free some room"):
        goldens.write({"rnn": other}, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_damaged_files_are_named_with_a_remedy(all_goldens: dict[str, Golden], tmp_path: Path) -> None:
    goldens.write({"rnn": all_goldens["rnn"]}, tmp_path)
    numbers = tmp_path / "rnn.bin"
    numbers.write_bytes(numbers.read_bytes()[:-3])
    with pytest.raises(GoldenError, match=r"rnn\.bin: not the numbers of rnn\.json.*Remedy: git checkout"):
        goldens.read("rnn", tmp_path)
    (tmp_path / "rnn.json").write_text('{"prompts": []}')
    with pytest.raises(GoldenError, match=r"rnn\.json or rnn\.bin cannot be read .*Remedy: make goldens"):
        goldens.read("rnn", tmp_path)


# The parts, against other ways to compute the same.


@given(st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=1))
def test_three_bytes_are_right_to_the_sixteenth_bit(numbers: list[float]) -> None:
    content = goldens.packed(np.array(numbers, np.float32))
    found = goldens.unpacked(content)
    assert len(content) == 3 * len(numbers)
    for number, value, at in zip(numbers, found.tolist(), range(0, len(content), 3)):
        assert abs(value - number) <= max(abs(number) * 2**-16, 2.0**-142)  # below 2⁻¹²⁶ steps are fixed
        assert value == struct.unpack("<f", b"\0" + content[at : at + 3])[0]


@given(st.floats(width=16, allow_nan=False, allow_infinity=False))
def test_three_bytes_keep_every_float16_as_it_is(number: float) -> None:
    assert goldens.unpacked(goldens.packed(np.array([number], np.float32)))[0] == number


@given(
    st.integers(-1000, 1000),
    st.sampled_from([(8, 16), (8, 20), (16, 64), (32, 128)]),
    st.booleans(),
)
def test_position_buckets_are_those_of_t5(distance: int, shape: tuple[int, int], both: bool) -> None:
    theirs = T5Attention._relative_position_bucket(  # type: ignore[no-untyped-call]
        torch.tensor(distance), both, *shape
    )
    assert goldens.bucket(distance, *shape, both) == theirs.item()


@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(2, 9), st.floats(0.01, 30))
def test_the_written_out_formulas_are_those_of_torch(seed: int, rows: int, width: int, size: float) -> None:
    chance = torch.Generator().manual_seed(seed)
    x = size * torch.randn(rows, width, generator=chance)
    scale, shift = torch.randn(2, width, generator=chance)
    state = {"n.weight": scale, "n.bias": shift}
    pairs = [
        (goldens.layer_norm(x, state, "n", 1e-5), F.layer_norm(x, (width,), scale, shift, 1e-5)),
        (goldens.rms_norm(x, state, "n", 1e-6), F.rms_norm(x, (width,), scale, 1e-6)),
        (goldens.softmax(x), F.softmax(x, -1)),
        (goldens.gelu(x), F.gelu(x)),
        (goldens.gelu_tanh(x), F.gelu(x, approximate="tanh")),
    ]
    for mine, theirs in pairs:
        assert near(mine, theirs, 1e-5)


def test_a_value_is_kept_once_and_with_axes_that_fit() -> None:
    tape = goldens.Tape()
    tape("a", "token width", torch.zeros(2, 3))
    with pytest.raises(ValueError, match="a: kept twice"):
        tape("a", "token width", torch.zeros(2, 3))
    with pytest.raises(ValueError, match="does not fit"):
        tape("b", "token", torch.zeros(2, 3))
    tape("c", "width", torch.zeros(4))
    with pytest.raises(ValueError, match="c: width is 4, was 3"):
        tape.sizes()


# The committed files.


@pytest.mark.long
@pytest.mark.parametrize("committed", NAMES)
def test_a_committed_golden_is_complete_and_comes_out_again(committed: str) -> None:
    golden, again = goldens.read(committed), goldens.compute(committed)
    complete(golden)
    assert golden.index["sources"] == again.index["sources"], "another export. Remedy: make goldens"
    assert golden.index["intermediates"] == again.index["intermediates"]
    result = list(golden.index["intermediates"])[-1]
    for number, (mine, new) in enumerate(zip(golden.index["prompts"], again.index["prompts"])):
        assert {**mine, "top": None} == {**new, "top": None}
        before, after = goldens.values(golden, number), goldens.values(again, number)
        for key in before:
            assert near(before[key], after[key]), f"{mine['text'][:40]}: {key}"
        if mine["full"]:  # ids may change places where two values are as good as equal, but not their values
            assert near(after[result][mine["top"]], before["top"])


@pytest.mark.long
def test_the_committed_goldens_are_of_all_families_and_within_their_size() -> None:
    files = {path.name: path.stat().st_size for path in goldens.GOLDENS.iterdir()}
    assert set(files) == {f"{name}.{kind}" for name in NAMES for kind in ("json", "bin")}
    assert sum(files.values()) <= LIMIT
