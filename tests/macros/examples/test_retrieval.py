"""The retrieval example against NumPy from first principles, and the chapter's numbers against the code."""

from __future__ import annotations

from math import isclose, log, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.catalogue import load
from macros.examples import retrieval as r
from macros.examples.similarity import dot, length
from macros.schema import Figure

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "llms" / "applications.md").read_text("utf-8")
FIGURE = (DOCS / "assets" / "figures" / "rag-flow.svg").read_text("utf-8")
CANCEL, CALL_OFF, INSURANCE = (
    "can i cancel the move",
    "how do i call off the job",
    "does the insurance pay for a scratch",
)
questions = st.lists(st.sampled_from(sorted({*r.VECTORS, "the", "a", "you"})), min_size=1, max_size=8)


def numpy_scores(question: str, by: str) -> dict[str, float]:
    """The same scores from matrices: one row a passage, and the question as the last row."""
    rows = [text.split() for text in [*r.PASSAGES.values(), question]]
    if by == "vectors":
        table = np.array([np.mean([r.VECTORS[w] for w in row if w in r.VECTORS], axis=0) for row in rows])
    else:
        words = sorted({w for row in rows for w in row})
        counts = np.array([[row.count(w) for w in words] for row in rows], dtype=float)
        df = (counts[:-1] > 0).sum(axis=0)
        table = counts * np.where(df > 0, np.log(len(r.PASSAGES) / np.maximum(df, 1)), 0)
    norms = np.linalg.norm(table, axis=1)
    return dict(zip(r.PASSAGES, table[:-1] @ table[-1] / (norms[:-1] * norms[-1]), strict=True))


@pytest.mark.parametrize("by", ["words", "vectors"])
@pytest.mark.parametrize("question", [CANCEL, CALL_OFF, INSURANCE])
def test_scores_agree_with_numpy(question: str, by: str) -> None:
    expected = numpy_scores(question, by)
    found = r.scores(question, by)
    for name, score in expected.items():
        assert isclose(found[name], score, abs_tol=1e-12)


@given(questions, st.randoms(use_true_random=False))
def test_the_order_of_the_words_of_a_question_plays_no_role(words: list[str], rng) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(words)
    rng.shuffle(shuffled)
    if not any(w in r.VECTORS for w in words):
        return
    for by in ("words", "vectors"):
        one, other = r.scores(" ".join(words), by), r.scores(" ".join(shuffled), by)
        assert all(isclose(one[name], other[name], abs_tol=1e-9) for name in one)


@given(questions.filter(lambda words: any(w in r.VECTORS for w in words)), st.integers(1, 4))
def test_the_top_passages_are_the_ones_with_the_highest_scores(words: list[str], top: int) -> None:
    for by in ("words", "vectors"):
        found = r.scores(" ".join(words), by)
        assert all(-1e-9 <= score <= 1 + 1e-9 for score in found.values())
        chosen = r.retrieve(" ".join(words), by, top)
        left = [score for name, score in found.items() if name not in chosen]
        assert len(chosen) == top
        assert not left or max(left) <= min(found[name] for name in chosen)


@pytest.mark.parametrize("name", r.PASSAGES)
def test_a_passage_as_a_question_finds_itself(name: str) -> None:
    for by in ("words", "vectors"):
        assert r.retrieve(r.PASSAGES[name], by) == [name]
        assert isclose(r.scores(r.PASSAGES[name], by)[name], 1)


def test_a_word_of_every_passage_or_of_none_weighs_nothing() -> None:
    assert r.rarity("x", {"a": "x y", "b": "x"}) == 0 == r.rarity("z", {"a": "x y", "b": "x"})
    assert r.rarity("y", {"a": "x y", "b": "x"}) == log(2)


def test_a_question_without_a_shared_word_scores_nothing_by_words() -> None:
    assert set(r.scores("call", "words").values()) == {0.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cancel the move", "meaning"), 'by: expected "words" or "vectors", got \'meaning\''),
        (("cancel the move", "words", 0), "top: expected 1 to 4, got 0"),
        (("cancel the move", "words", 5), "top: expected 1 to 4, got 5"),
        (("tuba",), "question: expected a word of the passages and one of call, cancel, card"),
        (("the",), "got 'the'"),
    ],
)
def test_wrong_arguments_are_answered_with_what_was_expected(arguments: tuple, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match=message):
        r.retrieval_example(*arguments)


def test_the_prompt_holds_the_chosen_passages_and_the_question() -> None:
    html = r.retrieval_example(CANCEL, top=2)
    prompt = html.split('<pre class="sample">')[-1]
    assert "&#91;cancellation&#93;" in prompt or "[cancellation]" in prompt
    assert prompt.index("cancellation") < prompt.index("payment") < prompt.index(f"Question: {CANCEL}")
    assert "two days" in prompt and "\n\n" not in html
    assert r.retrieval_example(CANCEL, passages=True).count("<pre") == 2


# The chapter


def three(x: float) -> str:
    return f"{x:.3f}"


def test_the_chapter_computes_the_first_score_by_hand() -> None:
    q, d = r.weights(CANCEL), r.weights(r.PASSAGES["cancellation"])
    assert f"\\ln 4 = {three(r.rarity('cancel'))}$" in TEXT and f"\\ln 2 = {three(r.rarity('move'))}$" in TEXT
    assert isclose(dot(q, d), 2 * log(4) ** 2 + 2 * log(2) ** 2)
    assert f"= {dot(q, d):.2f}$" in TEXT
    assert f"lists are {length(q):.2f} and {length(d):.2f}" in TEXT
    assert f"= {three(r.scores(CANCEL, 'words')['cancellation'])}$" in TEXT
    assert r.retrieve(CANCEL) == ["cancellation"]


def test_the_chapter_says_rightly_who_wins_by_words_and_by_vectors() -> None:
    words, vectors = (r.scores(CALL_OFF, by) for by in ("words", "vectors"))
    assert r.retrieve(CALL_OFF, "words") == ["doors"] and r.retrieve(CALL_OFF, "vectors") == ["cancellation"]
    assert f'"doors" wins with {three(words["doors"])}' in TEXT
    assert f'"cancellation" wins with {three(vectors["cancellation"])}' in TEXT
    d = length(r.weights(r.PASSAGES["doors"]))
    assert f"has length {three(d)}" in TEXT and f"\\cdot {three(d)}) = {three(words['doors'])}$" in TEXT
    q = sqrt(log(4) ** 2 + log(2) ** 2)
    assert f"= {three(q)}$" in TEXT and f"{three(log(4) ** 2)} / ({three(q)}" in TEXT


def test_the_chapter_shows_a_high_score_without_an_answer() -> None:
    words, vectors = (r.scores(INSURANCE, by) for by in ("words", "vectors"))
    assert r.retrieve(INSURANCE, "words") == r.retrieve(INSURANCE, "vectors") == ["payment"]
    assert f'"payment" comes first with {three(words["payment"])}' in TEXT
    assert f"even reaches {three(vectors['payment'])}" in TEXT
    assert not {"insurance", "scratch"} & set(" ".join(r.PASSAGES.values()).split())


def test_the_chapter_does_its_small_sums() -> None:
    rows = {model.id: model.parameters for model in load(DOCS / "data" / "genai.yml").models}
    large, small = rows["gpt-3"], rows["bert-base"]
    assert isinstance(large, Figure) and isinstance(small, Figure)
    ratio = (large.number or 0) / (small.number or 1)
    assert f"{ratio:,.0f}".replace(",", "{,}") in TEXT
    assert f"$0.98^{{20}} = {0.98**20:.3f}$" in TEXT
    error = sqrt(0.9 * 0.1 / 50)
    assert f"= {three(error)}$" in TEXT and f"by up to {196 * error:.0f} points in about 95 %" in TEXT


def test_the_figure_shows_the_computed_ranking() -> None:
    found = r.scores(CALL_OFF, "vectors")
    order = sorted(found, key=lambda name: -found[name])
    places = [FIGURE.index(f">{found[name]:.2f}<") for name in order]
    assert places == sorted(places)
    assert f"passage: {order[0]}" in FIGURE
