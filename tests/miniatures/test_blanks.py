"""The blanks are what they are said to be, and each way to fill them gives what a plain loop gives."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from miniatures import bert, blanks, corpus, encoder_decoder, gpt, measure, tokenization
from miniatures.blanks import Blank
from miniatures.tokenization import CLS, END, MASK, PAD, SENTINELS, SEP, SPECIAL

VOCABULARY = 30  # the special tokens and nine others
token_ids = st.integers(len(SPECIAL), VOCABULARY - 1)


def shaken(model: torch.nn.Module) -> None:
    """Weights large enough that all probabilities differ."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.3)
    model.eval()


@pytest.fixture(scope="module")
def small() -> gpt.GPT:
    torch.manual_seed(0)
    model = gpt.GPT(gpt.Size(vocabulary=VOCABULARY, context=24, layers=2, heads=2, width=8))
    shaken(model)
    return model


@pytest.fixture(scope="module")
def chosen() -> list[Blank]:
    return blanks.choose(tokenization.model_tokenizer(), corpus.validation_stories())


@st.composite
def tiny_blanks(draw: st.DrawFn) -> list[Blank]:
    side = st.lists(token_ids, min_size=1, max_size=9).map(tuple)
    return draw(st.lists(st.builds(Blank, side, token_ids, side), min_size=1, max_size=5))


def test_the_same_blanks_come_each_time_and_fewer_are_the_first_of_more(chosen: list[Blank]) -> None:
    stories = corpus.validation_stories()
    tokenizer = tokenization.train_bpe(corpus.training_stories())
    assert blanks.choose(tokenizer, stories) == chosen
    assert blanks.choose(tokenizer, stories, 100) == chosen[:100]
    assert blanks.choose(tokenizer, stories, 100, seed=1) != chosen[:100]


def test_there_are_2000_different_words_in_their_places(chosen: list[Blank]) -> None:
    assert len(set(chosen)) == 2000
    tokenizer = tokenization.model_tokenizer()
    stories = "\n\n".join(f"{END}{story}{END}" for story in corpus.validation_stories())
    training = "\n".join(corpus.training_stories() + corpus.tuning_stories())
    for blank in chosen:
        left, word, right = (
            tokenizer.decode(ids, skip_special_tokens=False)
            for ids in (list(blank.left), [blank.answer], list(blank.right))
        )
        assert re.fullmatch(" [A-Za-z]+", word)
        assert not re.match(r"[\w'-]", right), f"{word}{right[:9]}: only a part of a word"
        assert left + word + right in stories
        assert left + word + right not in training
        assert max(len(blank.left), len(blank.right)) <= blanks.SIDE
        assert len(blank.left) == blanks.SIDE or blank.left[0] == SPECIAL.index(END)
        assert len(blank.right) == blanks.SIDE or blank.right[-1] == SPECIAL.index(END)


def test_every_sentence_gives_a_word_before_one_gives_two() -> None:
    story = "The king saw the old man who came to the house. " * 3 + "He went away. "
    tokenizer = tokenization.model_tokenizer()
    sentences = [len(tokenizer.encode(story[: 48 * number]).ids) for number in (1, 2, 3)]
    places = [len(blank.left) - 1 for blank in blanks.choose(tokenizer, [story], 3, side=1000)]
    assert sorted(sum(place >= end for end in sentences) for place in places) == [0, 1, 2]
    more = [len(blank.left) - 1 for blank in blanks.choose(tokenizer, [story], 4, side=1000)]
    assert more[:3] == places
    assert min(abs(a - b) for a in more for b in more if a != b) > 0


def test_more_blanks_than_there_are_words_are_refused_with_their_number() -> None:
    story = "The king saw the old man who came to the house."
    with pytest.raises(ValueError, match=r"1 blanks can be made .*500 were asked for. Remedy: --count 1"):
        blanks.choose(tokenization.model_tokenizer(), [story], 500)


def test_bert_sees_both_sides_between_its_marks(chosen: list[Blank]) -> None:
    torch.manual_seed(1)
    model = bert.BERT(bert.Size(layers=1, heads=2, width=16))
    shaken(model)
    some = [*chosen[:5], replace(chosen[0], left=chosen[0].left[-7:]), replace(chosen[1], right=(9, 0))]
    found = blanks.by_bert(model, some)
    for blank, row in zip(some, found):
        marks = [SPECIAL.index(mark) for mark in (CLS, MASK, SEP)]
        text = torch.tensor([[marks[0], *blank.left, marks[1], *blank.right, marks[2]]])
        with torch.no_grad():
            expected = model(text)[0, 1 + len(blank.left)].log_softmax(-1)
        torch.testing.assert_close(row, expected, rtol=1e-4, atol=1e-4)


@given(some=tiny_blanks())
def test_the_encoder_decoder_gives_the_token_after_the_sentinel(some: list[Blank]) -> None:
    torch.manual_seed(2)
    size = encoder_decoder.Size(
        vocabulary=VOCABULARY, layers=1, heads=2, width=8, inner=8, buckets=8, farthest=16
    )
    model = encoder_decoder.EncoderDecoder(size)
    shaken(model)
    first, known = blanks.by_encoder_decoder(model, some), blanks.by_encoder_decoder(model, some, VOCABULARY)
    start, end, opened, closed = (SPECIAL.index(mark) for mark in (PAD, END, *SENTINELS[:2]))
    for blank, row, ended in zip(some, first, known):
        source = torch.tensor([[*blank.left, opened, *blank.right, end]])
        targets = torch.tensor([[start, opened, word] for word in range(VOCABULARY)])
        with torch.no_grad():
            expected = model(source, torch.tensor([[start, opened]]))[0, -1].softmax(-1)
            closes = model(source.expand(VOCABULARY, -1), targets)[:, -1].softmax(-1)[:, closed]
        torch.testing.assert_close(row.exp(), expected, rtol=1e-3, atol=1e-5)
        both = expected * closes
        torch.testing.assert_close(ended.exp(), both / both.sum(), rtol=1e-3, atol=1e-5)


@given(some=tiny_blanks())
def test_gpt_sees_the_left_side_only(small: gpt.GPT, some: list[Blank]) -> None:
    found = blanks.by_gpt(small, some)
    for blank, row in zip(some, found):
        with torch.no_grad():
            expected = small(torch.tensor([blank.left]))[0, -1].log_softmax(-1)
        torch.testing.assert_close(row, expected, rtol=1e-4, atol=1e-4)


@given(some=tiny_blanks(), rest=st.integers(1, 9))
def test_whole_sentences_give_bayes_rule_where_all_words_are_scored(
    small: gpt.GPT, some: list[Blank], rest: int
) -> None:
    found = blanks.by_gpt_sentences(small, some[:2], candidates=VOCABULARY, rest=rest)
    for blank, row in zip(some, found):
        texts = torch.tensor([[*blank.left, word, *blank.right[:rest]] for word in range(VOCABULARY)])
        with torch.no_grad():
            steps = small(texts[:, :-1]).double().log_softmax(-1)
        whole = steps.gather(2, texts[:, 1:, None]).sum((1, 2))  # ln p of each text behind its first token
        torch.testing.assert_close(row.double().exp(), whole.softmax(0), rtol=2e-3, atol=1e-6)


@given(some=tiny_blanks(), candidates=st.integers(1, VOCABULARY))
def test_whole_sentences_give_a_distribution_in_which_other_words_keep_their_share(
    small: gpt.GPT, some: list[Blank], candidates: int
) -> None:
    left, found = blanks.by_gpt(small, some), blanks.by_gpt_sentences(small, some, candidates)
    assert found.double().exp().sum(1).tolist() == pytest.approx([1] * len(some), abs=1e-4)
    for before, after in zip(left, found):
        others = before.sort().indices[: VOCABULARY - candidates]
        torch.testing.assert_close(after[others], before[others])


@given(
    first=st.lists(st.floats(-9, 0), min_size=2, max_size=8),
    after=st.lists(st.floats(-90, 0), min_size=8, max_size=8),
    data=st.data(),
)
def test_judging_is_bayes_rule_with_the_mean_for_the_rest(
    first: list[float], after: list[float], data: st.DataObject
) -> None:
    logs = torch.tensor(first, dtype=torch.float64).log_softmax(0)
    chosen = data.draw(st.lists(st.sampled_from(range(len(first))), min_size=1, unique=True))
    found = blanks.judged(logs, torch.tensor(chosen), torch.tensor(after[: len(chosen)], dtype=torch.float64))
    prior = [math.exp(value) for value in logs.tolist()]
    scored = dict(zip(chosen, map(math.exp, after)))
    mean = sum(prior[word] * scored[word] for word in chosen) / sum(prior[word] for word in chosen)
    joint = [share * scored.get(word, mean) for word, share in enumerate(prior)]
    assert found.exp().tolist() == pytest.approx([value / sum(joint) for value in joint], rel=1e-9)


@given(tokens=st.lists(token_ids, min_size=2, max_size=24), data=st.data())
def test_reading_in_parts_gives_what_reading_at_once_gives(
    small: gpt.GPT, tokens: list[int], data: st.DataObject
) -> None:
    text = torch.tensor([tokens])
    cut = data.draw(st.integers(1, len(tokens) - 1))
    with torch.no_grad():
        first, cache = blanks.read(small, text[:, :cut])
        second, _ = blanks.read(small, text[:, cut:].expand(3, -1), cache)
        expected = small(text)
    torch.testing.assert_close(first, expected[:, :cut], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(second, expected[:, cut:].expand(3, -1, -1), rtol=1e-4, atol=1e-4)


def test_scores_count_places_and_bits() -> None:
    found = torch.tensor([[0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125 - 1e-6, 1e-6]] * 3).log()
    words = [Blank((1,), answer, (1,)) for answer in (0, 3, 5)]
    figures = blanks.scores(found, words)
    assert figures == pytest.approx({"top_1": 1 / 3, "top_5": 2 / 3, "bits": (1 + 4 + 5) / 3}, rel=1e-4)


@pytest.mark.long
def test_the_first_blanks_are_filled_as_recorded(chosen: list[Blank]) -> None:
    recorded = json.loads(measure.RESULTS.read_text(encoding="utf-8"))["blanks"]
    assert recorded["count"] == 2000
    first = chosen[: measure.FIRST_BLANKS]
    assert len(recorded["first"]) == len(recorded["rows"])
    for (name, sees, found), row in zip(
        measure.filled(first, measure.Effort()), recorded["first"], strict=True
    ):
        assert (name, sees) == (row["name"], row["sees"])
        figures = blanks.scores(found, first)
        assert figures["bits"] == pytest.approx(row["bits"], abs=1e-3)
        # Where two words are as likely as can be told, rounding may turn one blank in a hundred.
        assert (figures["top_1"], figures["top_5"]) == pytest.approx((row["top_1"], row["top_5"]), abs=0.0101)
