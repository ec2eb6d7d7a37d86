"""The tokenizers: nothing is lost in the one that the models use, and it is always the same."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from miniatures import corpus, tokenization
from miniatures.tokenization import CLS, END, MASK, PAD, SENTINELS, SEP, VOCABULARY, model_tokenizer

# Pieces that a tokenizer could join or split wrongly stand beside free text.
TEXT = st.lists(st.one_of(st.text(), st.sampled_from([*tokenization.SPECIAL, " ", "\n\n", "Once", "é"]))).map(
    "".join
)


@given(TEXT)
@example("\u00a0tab\tzero\x00ideograph 漢 emoji 🧚‍♀️ combining e\u0301 [MASK]ed <|endoftext|><|endoftext|>")
def test_any_text_is_got_back_from_its_tokens(text: str) -> None:
    tokenizer = model_tokenizer()
    ids = tokenizer.encode(text).ids
    assert tokenizer.decode(ids, skip_special_tokens=False) == text
    assert all(0 <= number < VOCABULARY for number in ids)


@given(st.text(st.characters(max_codepoint=126, min_codepoint=32)))
def test_a_token_never_stands_for_more_than_its_own_text(text: str) -> None:
    """Decoded alone and joined, the tokens of plain ASCII are the text: none takes a neighbour's space."""
    tokenizer = model_tokenizer()
    ids = tokenizer.encode(text).ids
    assert "".join(tokenizer.decode([number], skip_special_tokens=False) for number in ids) == text


def test_special_tokens_have_the_ids_that_all_models_rely_on() -> None:
    tokenizer = model_tokenizer()
    assert [tokenizer.token_to_id(name) for name in (END, PAD, MASK, CLS, SEP)] == [0, 1, 2, 3, 4]
    assert [tokenizer.token_to_id(name) for name in SENTINELS] == list(range(5, 21))
    assert tokenizer.encode("A [MASK] came.").ids.count(2) == 1


def test_the_256_bytes_stand_behind_the_special_tokens() -> None:
    tokenizer = model_tokenizer()
    names = [tokenizer.id_to_token(number) for number in range(21, 21 + 256)]
    assert len(set(names)) == 256 and all(len(name) == 1 for name in names)


def test_wordpiece_learnt_twice_has_the_same_entries_and_cuts_alike() -> None:
    """Its ids may differ, because the library numbers letters in the order of a hash table."""
    stories = corpus.training_stories()[:40]
    one, other = (tokenization.train_wordpiece(stories, 600) for _ in range(2))
    assert set(one.get_vocab()) == set(other.get_vocab())
    assert one.encode(stories[0]).tokens == other.encode(stories[0]).tokens


def test_the_models_tokenizer_is_the_one_that_their_weights_were_trained_with() -> None:
    """Its merges are written down here as a hash: other ones would make every exported weight meaningless."""
    learnt = tokenization.train_bpe(corpus.training_stories())
    assert learnt.to_str() == model_tokenizer().to_str()
    assert learnt.get_vocab_size() == VOCABULARY == 2048
    words = "\n".join(learnt.id_to_token(number) for number in range(VOCABULARY))
    assert (
        hashlib.sha256(words.encode()).hexdigest()
        == "8c8e8489d04ab873f948cbc7abb3171881d43930fb8fec67f5d6baf607feb74b"
    )


@pytest.mark.long
@pytest.mark.parametrize("learn", [tokenization.train_wordpiece, tokenization.train_unigram])
def test_the_compared_tokenizers_have_as_many_entries(learn: Callable[..., Tokenizer]) -> None:
    tokenizer = learn(corpus.training_stories())
    assert tokenizer.get_vocab_size() == VOCABULARY
    assert len(tokenizer.get_vocab()) == VOCABULARY


def test_each_story_stands_behind_an_end_mark_and_one_follows_the_last() -> None:
    tokenizer = model_tokenizer()
    stories = ["Once upon a time", "there was a fox.\n\nIt ran.", "The end"]
    tokens = tokenization.encode_stories(tokenizer, stories)
    assert tokens[0] == tokens[-1] == 0 and tokens.count(0) == len(stories) + 1
    inner = [number for number in tokens if number]
    assert inner == [number for story in stories for number in tokenizer.encode(story).ids]
    assert tokenizer.decode(tokens, skip_special_tokens=False) == END + END.join(stories) + END
    assert tokenization.encode_stories(tokenizer, []) == [0]


SHORT = ["In the garden.", 'He said: "No one..."\n\nAnd  so it was']


def test_words_cut_anew_with_no_merge_passed_over_are_cut_as_always() -> None:
    tokenizer = model_tokenizer()
    for stories in (SHORT, corpus.tuning_stories()[:2]):
        always = tokenization.encode_stories(tokenizer, stories)
        assert tokenization.resegmented(tokenizer, stories, 0.0)(0) == always


@given(st.lists(TEXT, max_size=3), st.floats(0, 1), st.integers(0, 9))
def test_words_cut_anew_are_the_same_text_and_the_same_for_the_same_seed(
    stories: list[str], skip: float, seed: int
) -> None:
    tokenizer = model_tokenizer()
    drawn = tokenization.resegmented(tokenizer, stories, skip)
    assert drawn(seed) == drawn(seed)
    assert tokenizer.decode(drawn(seed), skip_special_tokens=False) == "".join(
        END + text for text in [*stories, ""]
    )


def test_seeds_cut_words_in_different_ways() -> None:
    drawn = tokenization.resegmented(model_tokenizer(), corpus.tuning_stories()[:1], 0.1)
    assert len({tuple(drawn(seed)) for seed in range(5)}) == 5


def test_a_merge_is_passed_over_as_often_as_it_should_be() -> None:
    """With one merge to make, a word stays in two with probability `skip`; with two in a row, see below."""
    chance, counts = random.Random(0), Counter[str]()
    for _ in range(4000):
        counts["-".join(tokenization.pieces("ab", {("a", "b"): 0}, chance, 0.3))] += 1
        counts["-".join(tokenization.pieces("xyz", {("x", "y"): 0, ("xy", "z"): 1}, chance, 0.3))] += 1
    shares = {word: count / 4000 for word, count in counts.items()}
    # A word ends where no merge is left that was not passed over: 0.3, or 0.7 · 0.3, or 0.7 · 0.7.
    expected = {"a-b": 0.3, "ab": 0.7, "x-y-z": 0.3, "xy-z": 0.21, "xyz": 0.49}
    assert shares == pytest.approx(expected, abs=0.03)
    assert tokenization.pieces("ab", {("a", "b"): 0}, chance, 1.0) == ["a", "b"]
