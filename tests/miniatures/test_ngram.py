"""The n-gram model gives the probabilities of the formulas, and its folder the recorded figures."""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from miniatures import corpus, ngram, tokenization
from miniatures.ngram import FALLBACK, FOLDER, SAMPLE_SEEDS, NGram, NGramError

Gram = tuple[int, ...]


class Slow:
    """The formulas of Chen and Goodman 1999, word for word, with sets and loops."""

    def __init__(self, text: Sequence[int], order: int, vocabulary: int):
        self.vocabulary = vocabulary
        self.counts: list[dict[Gram, int]] = []
        for length in range(1, order + 1):
            grams = [tuple(text[at : at + length]) for at in range(len(text) - length + 1)]
            if length == order:
                self.counts.append(dict(Counter(grams)))
            else:
                before: dict[Gram, set[int]] = {gram: set() for gram in grams}
                for at in range(len(text) - length):
                    before[grams[at + 1]].add(text[at])
                self.counts.append({gram: len(tokens) for gram, tokens in before.items()})
        self.discounts = [self.discounts_of(list(counts.values())) for counts in self.counts]

    @staticmethod
    def discounts_of(counts: list[int]) -> tuple[float, float, float]:
        n1, n2, n3, n4 = (counts.count(number) for number in (1, 2, 3, 4))
        if 0 in (n1, n2, n3, n4):
            return FALLBACK
        y = n1 / (n1 + 2 * n2)
        found = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
        return found if all(value > 0 for value in found) else FALLBACK

    def p(self, context: Gram, token: int, order: int | None = None) -> float:
        order = min(order or len(self.counts), len(context) + 1)
        if order == 0:
            return 1 / self.vocabulary
        h = context[len(context) - order + 1 :]
        counts, (d1, d2, d3) = self.counts[order - 1], self.discounts[order - 1]
        after = [counts.get((*h, other), 0) for other in range(self.vocabulary)]
        shorter = self.p(h[1:], token, order - 1) if order > 1 else 1 / self.vocabulary
        if not sum(after):
            return shorter
        c = counts.get((*h, token), 0)
        discount = 0 if c == 0 else d1 if c == 1 else d2 if c == 2 else d3
        kept_back = d1 * after.count(1) + d2 * after.count(2) + d3 * sum(n >= 3 for n in after)
        return max(c - discount, 0) / sum(after) + kept_back / sum(after) * shorter


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], int, int]:
    """A text, an order that it is long enough for, and a vocabulary, some of which may not occur."""
    vocabulary = draw(st.integers(1, 7))
    # The root makes some tokens rarer than others, as in a real text.
    tokens = st.integers(0, vocabulary**2 - 1).map(math.isqrt)
    text = draw(st.lists(tokens, min_size=1, max_size=80))
    return text, draw(st.integers(1, min(5, len(text)))), vocabulary


@given(cases(), st.data())
def test_every_probability_equals_that_of_the_slow_formulas(
    case: tuple[list[int], int, int], data: st.DataObject
) -> None:
    text, order, vocabulary = case
    model, slow = NGram.fit(text, order, vocabulary), Slow(text, order, vocabulary)
    assert model.discounts == pytest.approx(np.array(slow.discounts), abs=1e-12)
    tokens = data.draw(st.lists(st.integers(0, vocabulary - 1), min_size=2, max_size=12))
    start = data.draw(st.integers(0, len(text) - 1))
    for read in (tokens, text[start : start + 8] + tokens):  # mostly unseen, and partly seen
        context = tuple(read)
        expected = [slow.p(context, token) for token in range(vocabulary)]
        assert model.distribution(context) == pytest.approx(expected, abs=1e-10)
        assert [model.probability(context, token) for token in range(vocabulary)] == pytest.approx(
            expected, abs=1e-10
        )
        losses = [-math.log(slow.p(tuple(read[:at]), read[at])) for at in range(1, len(read))]
        assert model.losses(read) == pytest.approx(losses, abs=1e-10)


@given(cases(), st.data())
def test_every_distribution_adds_up_to_one(case: tuple[list[int], int, int], data: st.DataObject) -> None:
    text, order, vocabulary = case
    model = NGram.fit(text, order, vocabulary)
    start, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 6))
    contexts = [text[start : start + length], data.draw(st.lists(st.integers(0, vocabulary - 1), max_size=6))]
    for context in contexts:
        found = model.distribution(context)
        assert found.dtype == np.float64 and found.shape == (vocabulary,)
        assert abs(found.sum() - 1) < 1e-12
        assert found.min() > 0


@pytest.mark.parametrize("seed", range(4))
def test_estimated_and_fallback_discounts_in_one_model_equal_the_slow_formulas(seed: int) -> None:
    # Short random texts mostly have the fallback at every order; these are long enough for both kinds.
    chance = random.Random(seed)
    text = [int(12 * chance.random() ** 2) for _ in range(300)]
    model, slow = NGram.fit(text, 4, 12), Slow(text, 4, 12)
    assert {tuple(row) == FALLBACK for row in model.discounts} == {True, False}
    assert model.discounts == pytest.approx(np.array(slow.discounts), abs=1e-12)
    for at in range(0, 300, 25):
        context = tuple(text[at : at + 3])
        expected = [slow.p(context, token) for token in range(12)]
        assert model.distribution(context) == pytest.approx(expected, abs=1e-10)


def test_order_one_equals_its_formula() -> None:
    # Tokens 0 to 3 occur once, twice, three and four times, token 4 never: n₁ = n₂ = n₃ = n₄ = 1, Y = 1/3,
    # D = (1 − 2/3, 2 − 3/3, 3 − 4/3), and of 10 tokens (1/3 + 1 + 2 · 5/3)/10 = 7/15 is left for 5 tokens.
    model = NGram.fit([3, 0, 1, 2, 3, 2, 1, 3, 2, 3], order=1, vocabulary=5)
    assert model.discounts[0] == pytest.approx([1 / 3, 1, 5 / 3])
    expected = [Fraction(24, 150), Fraction(29, 150), Fraction(34, 150), Fraction(49, 150), Fraction(14, 150)]
    for context in ([], [2], [4, 4, 4]):
        assert model.distribution(context) == pytest.approx([float(value) for value in expected], abs=1e-15)


def test_a_bigram_model_counted_by_hand() -> None:
    # "a b a b c" with a letter d that does not occur. Bigrams: ab twice, ba and bc once. Each of a, b and c
    # stands behind one letter only, so that all have a continuation count of 1 and
    # p₁ = (1 − ½)/3 + ½ · ¼ = 7/24, and ½ · ¼ = 1/8 for d. D is ½ and 1 for counts of 1 and 2.
    a, b, c, d = range(4)
    model = NGram.fit([a, b, a, b, c], order=2, vocabulary=4)
    known, new = Fraction(7, 24), Fraction(1, 8)
    half = Fraction(1, 2)
    expected = {
        (): [known, known, known, new],
        (a,): [half * known, (2 - 1) * half + half * known, half * known, half * new],
        (b,): [half * half + half * known, half * known, half * half + half * known, half * new],
        (c,): [known, known, known, new],  # nothing follows c
        (d,): [known, known, known, new],
    }
    for context, row in expected.items():
        assert sum(row) == 1
        assert model.distribution(context) == pytest.approx([float(value) for value in row], abs=1e-15)


def test_a_token_that_follows_one_context_only_is_unlikely_behind_others() -> None:
    # "Francisco" (1) occurs as often as "tea" (2), but behind "San" (0) alone.
    text = [0, 1, 3, 2, 0, 1, 4, 2, 0, 1, 5, 2]
    model = NGram.fit(text, order=2, vocabulary=8)
    assert model.probability([7], 2) > model.probability([7], 1)
    plain = NGram.fit(text, order=1, vocabulary=8)
    assert plain.probability([7], 2) == plain.probability([7], 1)


def test_only_the_last_tokens_of_a_context_count() -> None:
    model = NGram.fit([0, 1, 2, 0, 1, 3, 0, 2, 1], order=3, vocabulary=4)
    assert (model.distribution([3, 3, 0, 1]) == model.distribution([2, 0, 1])).all()
    assert (model.distribution([3, 1]) != model.distribution([0, 1])).any()


def test_ngrams_are_counted_by_order() -> None:
    assert NGram.fit([0, 1, 0, 1, 2], order=3, vocabulary=9).ngrams == [3, 3, 3]


@given(cases())
def test_an_exported_model_loads_to_the_same_probabilities(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[int], int, int]
) -> None:
    text, order, vocabulary = case
    folder = tmp_path_factory.mktemp("ngram")
    model = NGram.fit(text, order, vocabulary)
    model.export(folder)
    loaded = NGram.load(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert (loaded.order, loaded.vocabulary, loaded.ngrams) == (order, vocabulary, model.ngrams)
    assert (loaded.discounts == model.discounts).all()
    assert (loaded.probabilities(text) == model.probabilities(text)).all()
    assert (loaded.distribution(text) == model.distribution(text)).all()


def test_the_tensors_lie_where_the_header_says_at_multiples_of_eight_bytes(tmp_path: Path) -> None:
    model = NGram.fit([0, 300, 0, 300, 2], order=2, vocabulary=301)
    model.export(tmp_path)
    content = (tmp_path / "model.safetensors").read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    assert header == {
        "discounts": {"dtype": "F64", "shape": [2, 3], "data_offsets": [0, 48]},
        "tokens": {"dtype": "U16", "shape": [5], "data_offsets": [48, 58]},
    }
    assert start % 8 == 0 and len(content) == start + 58
    assert content[start + 48 :] == bytes([0, 0, 44, 1, 0, 0, 44, 1, 2, 0])  # 300 = 44 + 256


@given(st.integers(0, 2**32), st.integers(0, 15))
def test_a_seed_gives_the_same_sample_and_others_differ(seed: int, length: int) -> None:
    model = NGram.fit([0, 1, 2, 0, 1, 3, 0, 2, 1], order=3, vocabulary=50)
    drawn = model.sample([0, 1], length, seed)
    assert drawn == model.sample([0, 1], length, seed)
    assert len(drawn) == length and set(drawn) <= set(range(50))
    assert model.sample([0, 1], 40, seed) != model.sample([0, 1], 40, seed + 1)


def test_samples_are_as_frequent_as_they_are_probable() -> None:
    model = NGram.fit([0, 1, 2, 0, 1, 3, 0, 2, 1], order=3, vocabulary=5)
    count = 4000
    drawn = Counter(model.sample([0, 1], 1, seed)[0] for seed in range(count))
    expected = model.distribution([0, 1])
    for token, p in enumerate(expected):
        assert abs(drawn[token] / count - p) < 5 * math.sqrt(p * (1 - p) / count)


@pytest.mark.parametrize(
    ("text", "order", "words"),
    [
        ([], 5, "the text has 0 tokens, order 5 needs 5 or more"),
        ([0, 1, 2, 1], 5, "the text has 4 tokens, order 5 needs 5 or more"),
        ([0, 1], 0, "order 0"),
        ([0, 8, 1], 2, "token 8 is not in the vocabulary. Remedy: ids from 0 to 7"),
        ([0, -1, 1], 2, "token -1 is not in the vocabulary"),
    ],
)
def test_a_text_that_cannot_be_counted_is_refused(text: list[int], order: int, words: str) -> None:
    with pytest.raises(NGramError, match=re.escape(words)) as caught:
        NGram.fit(text, order, vocabulary=8)
    assert "Remedy: " in str(caught.value)


@pytest.mark.parametrize("token", [-1, 3])
def test_unknown_tokens_are_refused_everywhere(token: int) -> None:
    model = NGram.fit([0, 1, 2, 1], order=2, vocabulary=3)
    with pytest.raises(NGramError, match="the context: token"):
        model.distribution([token])
    with pytest.raises(NGramError, match="not in the vocabulary"):
        model.probability([0], token)
    with pytest.raises(NGramError, match="not in the vocabulary"):
        model.losses([0, token])


@pytest.mark.parametrize("tokens", [[], [1]])
def test_the_loss_of_less_than_two_tokens_is_refused(tokens: list[int]) -> None:
    with pytest.raises(NGramError, match="Remedy: two or more"):
        NGram.fit([0, 1, 2], order=2, vocabulary=3).losses(tokens)


CONFIG, TENSORS = "config.json", "model.safetensors"
DISCOUNTS = np.array([*FALLBACK, *FALLBACK]).tobytes()


@pytest.mark.parametrize(
    ("name", "old", "new", "named", "words"),
    [
        (CONFIG, b"{", b"", CONFIG, "not the configuration"),
        (CONFIG, b'"order": 2', b'"size": 2', CONFIG, "'order'"),
        (CONFIG, b'"order": 2', b'"order": "2"', CONFIG, "order is '2'"),
        (CONFIG, b'"order": 2', b'"order": 3', TENSORS, "discounts: not 3 rows"),
        (CONFIG, b'"vocab_size": 9', b'"vocab_size": 0', CONFIG, "vocab_size is 0"),
        (CONFIG, b'"vocab_size": 9', b'"vocab_size": 3', TENSORS, "tokens: the text: token 3"),
        (CONFIG, b"4,", b"5,", TENSORS, "[4, 7] different n-grams, ngrams in config.json is [5, 7]"),
        (TENSORS, b'"tokens"', b'"tokem"', TENSORS, "damaged"),
        (TENSORS, b'"U16"', b'"I16"', TENSORS, "kind I16"),
        (TENSORS, b"[9]", b"[8]", TENSORS, "cannot reshape"),
        (TENSORS, DISCOUNTS, np.full(6, np.nan).tobytes(), TENSORS, "above 0"),
        (TENSORS, DISCOUNTS, np.full(6, 1.5).tobytes(), TENSORS, "up to 1, 2 and 3"),
        (TENSORS, bytes([3, 0, 0, 0, 2]), bytes([3, 1, 0, 0, 2]), TENSORS, "token 259"),
    ],
)
def test_a_damaged_export_is_named_with_a_remedy(
    tmp_path: Path, name: str, old: bytes, new: bytes, named: str, words: str
) -> None:
    NGram.fit([0, 1, 2, 0, 1, 3, 0, 2, 1], order=2, vocabulary=9).export(tmp_path)
    content = (tmp_path / name).read_bytes()
    assert content.count(old) == 1
    (tmp_path / name).write_bytes(content.replace(old, new))
    with pytest.raises(NGramError) as caught:
        NGram.load(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / named}: ")
    assert words in str(caught.value)
    assert "Remedy: python -m miniatures ngram" in str(caught.value)


@pytest.mark.parametrize("name", [CONFIG, TENSORS])
def test_a_missing_or_shortened_file_is_named_with_a_remedy(tmp_path: Path, name: str) -> None:
    NGram.fit([0, 1, 2, 0, 1], order=2, vocabulary=9).export(tmp_path)
    path = tmp_path / name
    for damage in (lambda: path.write_bytes(path.read_bytes()[:-3]), path.unlink):
        damage()
        with pytest.raises(NGramError, match=re.escape(str(path))) as caught:
            NGram.load(tmp_path)
        assert "Remedy: python -m miniatures ngram" in str(caught.value)


def test_an_export_that_fails_leaves_the_last_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = NGram.fit([0, 1, 2, 0, 1], order=2, vocabulary=9)
    model.export(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name.startswith(TENSORS):
            write(path, content[:20])
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(
        NGramError, match=r"No space left on device.*what stood there is whole\. Remedy: free"
    ):
        NGram.fit([5, 4, 3, 2, 1], order=2, vocabulary=9).export(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_vocabulary_beyond_two_bytes_is_not_exported(tmp_path: Path) -> None:
    model = NGram.fit([0, 70000, 1], order=2, vocabulary=70001)
    with pytest.raises(NGramError, match="Remedy: 65536 or less"):
        model.export(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_settings_that_do_not_exist_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(NGramError, match="lr=1: not a setting of ngram"):
        ngram.make(["lr=1"], tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def committed() -> NGram:
    return NGram.load(FOLDER)


def test_the_committed_model_has_counted_the_training_stories(committed: NGram) -> None:
    fitted = ngram.fit_stories()
    assert (committed.tokens == fitted.tokens).all()
    assert (committed.discounts == fitted.discounts).all()
    assert committed.order == 5


def test_the_committed_tokenizer_is_that_of_the_models() -> None:
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    story = corpus.tuning_stories()[0]
    assert tokenizer.encode(story).ids == tokenization.model_tokenizer().encode(story).ids
    assert tokenizer.get_vocab() == tokenization.model_tokenizer().get_vocab()


def test_the_committed_folder_holds_what_it_says_in_at_most_five_megabytes() -> None:
    names = ["README.md", CONFIG, TENSORS, "tokenizer.json", "training.csv"]
    assert sorted(path.name for path in FOLDER.iterdir()) == names
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 5_000_000


def test_the_committed_folder_is_made_again_by_the_command_but_for_the_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ngram.make(["steps=50"], tmp_path)
    assert "steps=50 does not apply" in capsys.readouterr().err
    for path in sorted(FOLDER.iterdir()):
        made, recorded = (tmp_path / path.name).read_bytes(), path.read_bytes()
        if path.name == "README.md":
            made, recorded = (re.sub(rb"[\d.]+ s of one core", b"", text) for text in (made, recorded))
        assert made == recorded, path.name


def test_the_card_has_the_figure_of_valid_and_the_samples_of_their_seeds(committed: NGram) -> None:
    card = (FOLDER / "README.md").read_text()
    bits = ngram.bits_per_character(committed, corpus.validation_stories())
    assert f"order 5: **{bits:.4f}**" in card
    for seed in SAMPLE_SEEDS:
        assert f"Seed {seed}:\n\n```text\n{ngram.sample_text(committed, seed)}\n```\n" in card


def test_bits_per_character_follow_from_single_probabilities(committed: NGram) -> None:
    story = "A fox.\n"
    tokens = tokenization.encode_stories(tokenization.model_tokenizer(), [story])
    bits = -sum(math.log2(committed.probability(tokens[:at], tokens[at])) for at in range(1, len(tokens)))
    assert ngram.bits_per_character(committed, [story]) == pytest.approx(bits / len(story))


def test_the_committed_distributions_add_up_to_one(committed: NGram) -> None:
    for at in range(0, len(committed.tokens) - 5, 50_021):
        context = committed.tokens[at : at + 5].tolist()
        for length in range(6):
            found = committed.distribution(context[:length])
            assert abs(found.sum() - 1) < 1e-12
            assert found[context[-1]] == pytest.approx(
                committed.probability(context[:length], context[-1]), rel=1e-12
            )
