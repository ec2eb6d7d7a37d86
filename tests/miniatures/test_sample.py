from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from miniatures import bert, encoder_decoder, export, gpt, ngram, recurrent, sample, tokenization
from miniatures.sample import SampleError, Settings

LEFT_TO_RIGHT: dict[str, Callable[[], nn.Module]] = {
    "gpt2": lambda: gpt.GPT(gpt.Size(context=16, layers=1, heads=2, width=16)),
    **{
        kind: lambda kind=kind: recurrent.Recurrent(recurrent.Size(kind=kind, width=16))
        for kind in recurrent.KINDS
    },
}
ALL: dict[str, Callable[[], nn.Module]] = LEFT_TO_RIGHT | {
    "bert": lambda: bert.BERT(bert.Size(context=32, layers=1, heads=2, width=16)),
    "t5": lambda: encoder_decoder.EncoderDecoder(encoder_decoder.Size(layers=1, heads=2, width=16, inner=16)),
}
logits = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=12)


def folder_of(kind: str, folder: Path) -> Path:
    torch.manual_seed(3)
    model = ALL[kind]()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.3)
    config, state = export._module(model).to_reference(model)
    export.write_model(folder, config, state)
    export.write_tokenizer(folder, tokenization.model_tokenizer(), kind)
    return folder


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert sample.main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


@given(logits, st.floats(0, 5), st.integers(1, 15), st.integers(0, 2**32))
def test_a_choice_is_among_the_k_likeliest(
    values: list[float], temperature: float, top_k: int, seed: int
) -> None:
    found = sample.choose(torch.tensor(values), temperature, top_k, torch.Generator().manual_seed(seed))
    assert sum(value > values[found] for value in values) < top_k


@given(logits, st.integers(0, 2**32))
def test_at_temperature_0_the_choice_is_the_first_of_the_likeliest(values: list[float], seed: int) -> None:
    found = sample.choose(torch.tensor(values), 0, 5, torch.Generator().manual_seed(seed))
    assert found == values.index(max(values))


def test_choices_occur_as_often_as_the_softmax_says() -> None:
    values, chance, count = torch.tensor([1.0, 3.0, 2.0, -1.0, 2.5]), torch.Generator().manual_seed(0), 20_000
    found = [sample.choose(values, 0.7, 4, chance) for _ in range(count)]
    kept = torch.where(values > -1, values, -torch.inf)  # the fifth is cut off
    expected = torch.softmax(kept.double() / 0.7, 0).numpy()
    seen = np.bincount(found, minlength=5)
    assert seen[3] == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        chi_squared = np.nansum((seen - count * expected) ** 2 / (count * expected))
    assert chi_squared < 16.3  # three degrees of freedom: exceeded by one seed in a thousand


@pytest.mark.parametrize("kind", LEFT_TO_RIGHT)
def test_the_same_seed_gives_the_same_text_and_another_seed_another(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(kind, tmp_path)
    texts = [printed(capsys, folder, "--seed", seed, "--length", 30) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert texts[0].startswith("Once upon a time")


def test_the_same_seed_gives_the_same_filling_and_another_seed_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = export.load(folder_of("t5", tmp_path))
    # A model that was not trained hardly ever writes a sentinel, so one is put before what it writes.
    sentinel, writes = tokenizer.token_to_id("<extra_id_0>"), sample.continued
    monkeypatch.setattr(
        sample, "continued", lambda predict, start, *rest: writes(predict, [*start, sentinel], *rest)
    )
    prompt = "There was <extra_id_0> in the wood."
    texts = [sample.fill_sentinels(model, tokenizer, Settings(prompt, seed, 1.0, 2048)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert all(text.startswith("There was") and text.endswith("in the wood.") for text in texts)


@pytest.mark.parametrize("kind", LEFT_TO_RIGHT)
def test_step_by_step_is_what_reading_the_whole_text_again_gives(kind: str, tmp_path: Path) -> None:
    model, _ = export.load(folder_of(kind, tmp_path))
    predict, tokens = sample.predictor(model), torch.randint(2048, (14,)).tolist()
    with torch.no_grad():
        for length in (3, 4, 5, 14):
            expected = model(torch.tensor([tokens[:length]]))[0, -1]
            torch.testing.assert_close(predict(tokens[:length]), expected, rtol=0, atol=1e-4)


def test_of_a_text_longer_than_the_window_the_oldest_tokens_drop(tmp_path: Path) -> None:
    model, _ = export.load(folder_of("gpt2", tmp_path))
    predict, tokens = sample.predictor(model), torch.randint(2048, (40,)).tolist()
    with torch.no_grad():
        assert torch.equal(predict(tokens), model(torch.tensor([tokens[-16:]]))[0, -1])
    whole, tokenizer = export.load(tmp_path)
    text = sample.write_on(whole, tokenizer, Settings(length=50))
    assert len(tokenizer.encode(text).ids) > 16


def test_an_n_gram_model_is_asked_for_its_distribution() -> None:
    tokens = [1, 2, 3, 1, 2, 4, 1, 2, 3]
    model = ngram.NGram.fit(tokens, order=3, vocabulary=6)
    found = sample.predictor(model)([1, 2]).exp()
    torch.testing.assert_close(found, torch.tensor(model.distribution([1, 2])))
    assert sample.choose(found.log(), 0, 1, torch.Generator()) == 3


def constant(*answers: int) -> Callable[[Sequence[int]], Tensor]:
    """Predicts the answers in turn, whatever it is given."""
    left = iter(answers)
    return lambda tokens: torch.nn.functional.one_hot(torch.tensor(next(left)), 10) * 50.0


def test_writing_stops_before_the_end_of_a_story_and_at_the_length() -> None:
    assert sample.continued(constant(4, 5, 0, 6), [3], Settings(), end=0) == [3, 4, 5]
    assert sample.continued(constant(4, 5, 0, 6), [3], Settings(length=2), end=0) == [3, 4, 5]
    assert sample.continued(constant(4, 5, 0, 6), [3], Settings(length=4), end=None) == [3, 4, 5, 0, 6]


def test_an_empty_prompt_begins_a_story(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of("gpt2", tmp_path)
    model, tokenizer = export.load(folder)
    settings = Settings("", length=5)
    expected = sample.continued(sample.predictor(model), [0], settings, 0)[1:]
    assert printed(capsys, folder, "--prompt", "", "--length", 5) == tokenizer.decode(expected) + "\n"


def test_each_mask_is_filled_with_what_the_model_finds_likeliest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of("bert", tmp_path)
    model, tokenizer = export.load(folder)
    prompt = "A [MASK] lived in a [MASK]."
    lines = printed(capsys, folder, "--prompt", prompt).rstrip("\n").split("\n")
    tokens = tokenizer.encode(prompt)
    assert [at for at, token in enumerate(tokens.ids) if token == tokenizer.token_to_id("[MASK]")] == [2, 6]
    with torch.no_grad():
        chances = model(torch.tensor([tokens.ids]))[0].softmax(-1)
    for number, place in enumerate((2, 6), 1):
        best = sorted(range(2048), key=lambda token, place=place: -float(chances[place, token]))[:5]
        words = [f"{tokenizer.decode([token]).strip()!r} {chances[place, token]:.1%}" for token in best]
        assert f"[MASK] {number}: {', '.join(words)}" in "\n".join(lines)
    filled = tokens.ids.copy()
    for place in (2, 6):
        filled[place] = int(chances[place].argmax())
    assert "\n".join(lines).startswith(tokenizer.decode(filled).strip())


def test_sentinels_are_replaced_by_what_was_written_behind_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = export.load(folder_of("t5", tmp_path))
    pad, answer = 1, "<extra_id_0> a king<extra_id_1> gold and silver<extra_id_2>"
    ids = tokenizer.encode(answer, add_special_tokens=False).ids
    monkeypatch.setattr(sample, "continued", lambda predict, start, *_: [*start, *ids])
    filled = sample.fill_sentinels(model, tokenizer, Settings("There was <extra_id_0>, with <extra_id_1>!"))
    assert filled == "There was a king, with gold and silver!"
    rest = sample.fill_sentinels(model, tokenizer, Settings("<extra_id_0> said <extra_id_7>."))
    assert rest == " a king said <extra_id_7>."
    assert tokenizer.token_to_id("[PAD]") == pad


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("gpt2", ["--temperature", "-1"], "--temperature -1.0: out of range. Remedy: 0 "),
        ("gpt2", ["--temperature", "nan"], "--temperature nan: out of range. Remedy: 0 "),
        ("gpt2", ["--top-k", "0"], "--top-k 0: out of range. Remedy: 1 or more"),
        ("gpt2", ["--length", "0"], "--length 0: out of range. Remedy: 1 or more"),
        ("bert", ["--prompt", "A king"], "--prompt 'A king': no holes. Remedy: write [MASK]"),
        ("bert", ["--prompt", "king " * 40 + "[MASK]"], "tokens, the model reads 32. Remedy: a shorter one"),
        ("t5", ["--prompt", "A king"], "--prompt 'A king': no holes. Remedy: write <extra_id_0>"),
    ],
)
def test_what_cannot_be_sampled_is_said_in_one_line(
    kind: str, arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sample.main([str(folder_of(kind, tmp_path)), *arguments]) == 1
    found = capsys.readouterr()
    assert message in found.err and found.err.count("\n") == 1 and found.out == ""


def test_a_name_that_is_no_miniature_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert sample.main(["gtp"]) == 1
    assert "gtp: no such folder" in capsys.readouterr().err


def test_an_empty_prompt_needs_a_model_that_knows_where_texts_begin(tmp_path: Path) -> None:
    model, tokenizer = export.load(folder_of("gpt2", tmp_path))
    bare = type(tokenizer).from_str(tokenizer.to_str().replace("<|endoftext|>", "<other>"))
    with pytest.raises(SampleError, match="no mark for a beginning"):
        sample.write_on(model, bare, Settings(""))
