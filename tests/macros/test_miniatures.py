"""The miniatures' charts say what the file says, whatever it says; a wrong file is told field by field.

The figures here are made up; no measurement is repeated.
"""

from __future__ import annotations

import copy
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros import measured
from macros.charts import WIDTH, _width
from macros.measured import Results, load
from macros.miniatures import (
    CHARTS,
    DASHES,
    SHAPES,
    TABLES,
    Axis,
    Point,
    _apart,
    _even,
    _panel,
    miniature,
    miniature_chart,
    miniature_table,
)
from macros.text import AuthorError
from tests.macros.test_macros import Strict, page

POSITIONS = [1, 2, 4, 8, 16, 32, 64, 128, 256]


def model(name: str, label: str, bits: float | None, **more: Any) -> dict[str, Any]:
    row = {"name": name, "family": "recurrent", "label": label, "parameters": 2197632, "bytes": 4400000}
    row |= {
        "context": 256,
        "steps": 900,
        "training_tokens": 7372800,
        "minutes": 44.9,
        "threads": 1,
        "seed": 0,
    }
    return row | {"bits_per_character": bits, "equal": True} | more


def speed(name: str, training: float, parallel: float, stepwise: float) -> dict[str, Any]:
    rates = {"training": training, "parallel": parallel, "stepwise": stepwise}
    return {"name": name} | {f"{way}_tokens_per_second": rate for way, rate in rates.items()}


def blank(name: str, sees: str, top_1: float, top_5: float, bits: float) -> dict[str, Any]:
    return {"name": name, "sees": sees, "top_1": top_1, "top_5": top_5, "bits": bits}


def tokenizer(name: str, vocabulary: int, tokens: int, per_token: float, unknown: int) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "vocabulary": vocabulary, "validation_tokens": tokens}
    return row | {"characters_per_token": per_token, "unknown": unknown}


SAMPLE: dict[str, Any] = {
    "about": "Made up for tests.",
    "corpus": {
        "training_characters": 3612345,
        "training_tokens": 976543,
        "tuning_characters": 181234,
        "validation_characters": 198765,
        "validation_tokens": 54321,
        "vocabulary": 2048,
    },
    "machine": {"processor": "Example Processor 9000 @ 2.50GHz", "threads": 2, "torch": "2.13.0"},
    "models": [
        model("ngram", "5-gram", 1.95, parameters=2472892, training_tokens=976543, context=4, minutes=0.06),
        model("rnn", "RNN", 1.84),
        model("lstm", "LSTM", 1.66),
        model("gru", "GRU", 1.68),
        model("gpt-equal", "GPT, equal training", 1.61),
        model("gpt", "GPT", 1.44, equal=False, training_tokens=49152000, minutes=88.2),
        model("bert", "BERT", None, equal=False),
        model("encoder-decoder", "Encoder–decoder", None, equal=False),
    ],
    "seeds": [
        {"name": "lstm", "seed": 0, "bits_per_character": 1.66},
        {"name": "lstm", "seed": 1, "bits_per_character": 1.67},
        {"name": "lstm", "seed": 2, "bits_per_character": 1.645},
        {"name": "gpt-equal", "seed": 1, "bits_per_character": 1.62},
    ],
    "by_position": [
        {"name": name, "positions": POSITIONS, "loss_nats": losses}
        for name, losses in {
            "ngram": [4.62, 4.23, 4.04, 4.02, 4.02, 4.02, 4.02, 4.02, 4.02],
            "rnn": [4.65, 4.27, 4.02, 3.89, 3.83, 3.8, 3.79, 3.79, 3.79],
            "lstm": [4.6, 4.17, 3.87, 3.68, 3.57, 3.5, 3.46, 3.44, 3.43],
            "gru": [4.61, 4.18, 3.89, 3.7, 3.59, 3.53, 3.49, 3.47, 3.46],
            "gpt-equal": [4.62, 4.2, 3.9, 3.7, 3.57, 3.48, 3.41, 3.36, 3.32],
            "gpt": [4.55, 4.07, 3.7, 3.45, 3.29, 3.18, 3.09, 3.02, 2.96],
        }.items()
    ],
    "speed": [
        speed("rnn", 5200, 21000, 1700),
        speed("lstm", 2100, 9300, 1100),
        speed("gru", 2400, 10000, 1200),
        speed("gpt-equal", 3400, 15000, 480),
        speed("gpt", 3300, 15000, 470),
    ],
    "blanks": {
        "count": 2000,
        "what": "single words of the held-out stories, each one token, with up to 60 tokens on either side",
        "rows": [
            blank("gpt", "left side", 0.213, 0.421, 5.31),
            blank("gpt", "whole sentences scored", 0.388, 0.602, 3.95),
            blank("bert", "both sides", 0.441, 0.668, 3.52),
            blank("encoder-decoder", "both sides", 0.402, 0.611, 3.97),
            blank("encoder-decoder", "both sides, length known", 0.419, 0.633, 3.8),
        ],
    },
    "tokenizers": [
        tokenizer("BPE", 2048, 54321, 3.659, 0),
        tokenizer("WordPiece", 2048, 55210, 3.6, 3),
        tokenizer("Unigram", 2048, 56789, 3.5, 0),
        tokenizer("characters", 79, 198765, 1.0, 0),
        tokenizer("bytes", 256, 198765, 1.0, 0),
        tokenizer("words", 2048, 44444, 4.472, 6789),
    ],
    "compressor": {"name": "xz -9e primed with the training text", "bits_per_character": 2.08},
}


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """The sample with one field that is different; `...` takes it away."""
    data = copy.deepcopy(SAMPLE)
    row: Any = data
    for part in path[:-1]:
        row = row[part]
    if to is ...:
        del row[path[-1]]
    else:
        row[path[-1]] = to
    return data


def read(data: dict[str, Any]) -> Results:
    return Results.model_validate_json(json.dumps(data))


def says(kind: str, data: dict[str, Any]) -> str:
    return CHARTS[kind](read(data))[1].replace("\u00a0", " ")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A results file of its own, with the sample."""
    path = tmp_path / "miniatures.json"
    path.write_text(json.dumps(SAMPLE), encoding="utf-8")
    monkeypatch.setattr(measured, "DATA", path)
    return path


LSTM, WHOLE = ("models", 2), ("blanks", "rows", 1)
BITS = (*LSTM, "bits_per_character")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (changed("corpus", to=...), "corpus: Field required"),
        (changed(*LSTM, "parameters", to=...), "models[2].parameters: Field required"),
        (changed(*LSTM, "parameters", to="2197632"), "models[2].parameters: Input should be a valid"),
        (changed(*BITS, to=float("nan")), "models[2].bits_per_character: Input should be a"),
        (changed(*BITS, to=0), "models[2].bits_per_character: Input should be greater than 0"),
        (changed(*BITS, to=None), "models[2].bits_per_character: is null in a row with"),
        (changed(*LSTM, "name", to="gru"), "models: two of them have the same name"),
        (changed(*WHOLE, "top_1", to=38.8), "blanks.rows[1].top_1: Input should be less than or equal to 1"),
        (changed(*WHOLE, "name", to="gtp"), "blanks.rows[1].name: no model 'gtp'; did you mean 'gpt'?"),
        (changed("speed", 0, "name", to="rn"), "speed[0].name: no model 'rn'; did you mean 'rnn'?"),
        (changed("by_position", 3, "loss_nats", to=[4.0]), "by_position[3]: 9 positions, but 1 in loss_nats"),
        (changed("by_position", 3, "positions", to=POSITIONS[::-1]), "by_position[3]: positions do not rise"),
        (changed("by_position", 3, "positions", to=[*POSITIONS[:8], 512]), "by_position: the positions"),
        (changed("models", to=[model("gpt", "GPT", 1.4, equal=False)]), "models: none has `equal: true`"),
        (changed("tokenizers", to=[]), "tokenizers: List should have at least 1 item"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_told_with_file_and_remedy(data: dict[str, Any], told: str, file: Path) -> None:
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(AuthorError) as caught:
        miniature_chart(page(), "equal")
    first, remedy = str(caught.value).splitlines()
    assert first.startswith(f"{file}: {told}")
    assert "run `make measure`" in remedy


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"models": [}', "\x00", "1e999"])
def test_what_is_no_results_file_is_told_with_a_remedy(text: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(AuthorError, match=r"miniatures\.json: [^\n]+\nRemedy: run `make measure`"):
        miniature(page(), "gpt", "parameters")


def test_a_missing_or_unreadable_file_is_told_with_a_remedy(file: Path) -> None:
    file.unlink()
    with pytest.raises(
        AuthorError, match=r"miniatures\.json: cannot be read \(No such file.*run `make measure`"
    ):
        miniature_table(page(), "models")
    file.mkdir()
    with pytest.raises(AuthorError, match=r"cannot be read \(Is a directory\)"):
        miniature_table(page(), "models")


def test_many_faults_are_cut_short_and_counted(file: Path) -> None:
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(AuthorError) as caught:
        load()
    lines = str(caught.value).splitlines()
    assert len(lines) == 7 and lines[5] == f"… and {len(Results.model_fields) - 5} more"


def test_the_file_is_read_again_when_it_was_written_anew(file: Path) -> None:
    assert load() is load()
    assert ">1.44<" in miniature(page(), "gpt", "bits_per_character")
    file.write_text(json.dumps(changed("models", 5, "bits_per_character", to=1.3999)), encoding="utf-8")
    assert ">1.40<" in miniature(page(), "gpt", "bits_per_character")


def test_finding_of_the_equal_comparison_names_whoever_is_ahead() -> None:
    told = says("equal", SAMPLE)
    assert "On 7.37 M training tokens and with 2.2 M parameters" in told
    assert "fewest bits with GPT, equal training (1.61); the most with 5-gram (1.95)." in told
    assert (
        "Trained on 49.2 M tokens, GPT needs 1.44." in told
        and "text (2.08) are needed by all of the 6 models." in told
    )
    assert "up to 0.025; the first two of the comparison are 0.050 apart, more than that." in told
    other = changed(*BITS, to=1.60)
    other["compressor"]["bits_per_character"] = 1.5
    other["models"][0] |= {"bits_per_character": 1.84}
    told = says("equal", other)
    assert "fewest bits with LSTM (1.60); the most with 5-gram and RNN (1.84)." in told
    assert "text (1.50) are needed by 1 of the 6 models." in told
    assert "up to 0.070; the first two of the comparison are 0.010 apart, no more than that." in told


def test_seeds_are_spoken_of_only_where_they_were_measured() -> None:
    _, told, alone, (_, art), _ = CHARTS["equal"](read(changed("seeds", to=[])))
    assert "seed" not in told + art and "Seeds: one of each model." in alone
    limits = {kind: CHARTS[kind](read(SAMPLE))[2] for kind in ("equal", "position", "blanks")}
    assert "Seeds: GPT, equal training (2) and LSTM (3), of the others one." in limits["equal"]
    assert all("Seeds: one of each model." in limits[kind] for kind in ("position", "blanks"))


def test_finding_by_position_gives_both_ends_and_the_change_between() -> None:
    told = says("position", SAMPLE)
    assert "Loss with 1 token of context: lowest GPT (4.55); highest RNN (4.65)." in told
    assert "With 129 to 256 tokens of context: lowest GPT (2.96); highest 5-gram (4.02)." in told
    assert "GPT (−0.22), GPT, equal training (−0.16)" in told and "RNN (−0.01) and 5-gram (0.00)." in told
    other = changed("by_position", 0, "loss_nats", to=[4.5] * 8 + [4.75])
    told = says("position", other)
    assert "lowest 5-gram (4.50); highest RNN" in told and "and 5-gram (+0.25)." in told


def test_finding_about_speed_and_blanks_follows_the_figures() -> None:
    assert "Single tokens: slowest GPT (470); fastest RNN (1,700)." in says("speed", SAMPLE)
    assert "GRU (8.3), LSTM (8.5), RNN (12), GPT, equal training (31) and GPT (32)." in says("speed", SAMPLE)
    assert "slowest RNN (99)" in says("speed", changed("speed", 0, "stepwise_tokens_per_second", to=99))
    told = says("blanks", SAMPLE)
    assert "guess: fewest GPT, left side (21.3 %); most BERT, both sides (44.1 %)." in told
    assert "a blank: fewest BERT, both sides (3.52); most GPT, left side (5.31)." in told
    told = says("blanks", changed(*WHOLE, "top_1", to=0.5))
    assert "most GPT, whole sentences scored (50.0 %)" in told and "fewest BERT, both sides (3.52)" in told


@given(st.lists(st.floats(0.5, 9), min_size=6, max_size=6), st.floats(0.5, 9))
def test_finding_is_true_whatever_was_measured(bits: list[float], line: float) -> None:
    data = changed("compressor", "bits_per_character", to=line)
    for row, value in zip(data["models"], bits):
        row["bits_per_character"] = value
    told = says("equal", data)
    labels = [row["label"] for row in data["models"]]
    for words, pick in (("the fewest bits with ", min), ("; the most with ", max)):
        shown = f"{pick(bits[:5]):.2f}"
        found = [label for label, value in zip(labels, bits[:5]) if f"{value:.2f}" == shown]
        part = told.partition(words)[2].partition(f" ({shown})")[0]
        assert sorted(part.replace(" and ", ", ").split(", ")) == sorted(", ".join(found).split(", "))
    below = sum(value < line for value in bits)
    count = "none" if below == 0 else "all" if below == 6 else below
    assert f"are needed by {count} of the 6 models" in told


@pytest.mark.parametrize(
    ("kind", "marks"),
    [
        ("equal", 6 + 3 + 1),  # models, other seeds, compressor
        ("position", 6),  # a line for each model
        ("speed", 5 * 3),
        ("blanks", 5 * 3),
    ],
)
def test_every_mark_has_its_words(kind: str, marks: int) -> None:
    _, _, _, (_, art), _ = CHARTS[kind](read(SAMPLE))
    said = re.findall(r'role="img" aria-label="([^"]+)"', art)
    assert len(said) == marks == len(set(said)) and all(re.search(r"\d", words) for words in said)
    rest = re.sub(r"<g .*?</g>", "", art)
    drawn = [
        d for d in re.findall(r'd="(M[^"]*)"', rest) if any(d.endswith(shape) for shape in SHAPES.values())
    ]
    legend = {"equal": 3, "position": 0, "speed": 3, "blanks": 3}
    assert len(drawn) == legend[kind]


def test_no_two_lines_differ_by_color_alone() -> None:
    assert len(set(zip(SHAPES, DASHES))) == len(SHAPES) == len(DASHES) == 6
    _, _, _, (_, art), _ = CHARTS["position"](read(SAMPLE))
    labels = re.findall(r'<text class="ink label"[^>]*>([^<]*)</text>', art)
    assert labels == [label_of(row["name"]) for row in SAMPLE["by_position"]]


def label_of(name: str) -> str:
    return next(str(row["label"]) for row in SAMPLE["models"] if row["name"] == name)


def test_a_higher_loss_is_drawn_higher_and_a_longer_context_further_right() -> None:
    _, _, _, (height, art), _ = CHARTS["position"](read(SAMPLE))
    for line, row in zip(re.findall(r'stroke-dasharray="[^"]*" d="M([^"]*)"', art), SAMPLE["by_position"]):
        points = [tuple(map(float, point.split())) for point in line.split("L")]
        assert all(a < b for (a, _), (b, _) in pairwise(points))
        for ((_, a), (_, b)), (first, second) in zip(pairwise(points), pairwise(row["loss_nats"])):
            assert (a < b) == (first > second) and 0 < a < height


def test_a_mark_stands_where_its_value_is_and_long_words_get_a_line_of_their_own() -> None:
    axis = Axis([1.0, 2.0, 3.0], "{:.0f}".format)
    points = [Point(value, f"{value}", "circle", "hue-1") for value in (1.0, 1.5, 3.0)]
    bottom, art = _panel(0, [], [("short", "1", points), ("a name " * 6, "and words " * 3, points[:1])], axis)
    assert re.findall(r'hue-1" d="M([\d.]+)', art) == ["20.0", "130.0", "460.0", "20.0"]
    assert bottom == 24 + 38 + 58 + 26


@pytest.mark.parametrize("kind", CHARTS)
def test_nothing_is_written_outside_the_drawing(kind: str) -> None:
    _, _, _, (height, art), _ = CHARTS[kind](read(SAMPLE))
    for x, y, anchor, words in re.findall(
        r'<text class="[^"]*" x="([\d.-]+)" y="([\d.-]+)" text-anchor="(\w+)">([^<]*)<', art
    ):
        size = _width(words)
        left = float(x) - {"start": 0, "middle": size / 2, "end": size}[anchor]
        assert left >= -1 and left + size <= WIDTH + 1, words
        assert 8 <= float(y) <= height, words


def cells(table: str) -> list[list[str]]:
    body = table.partition("<tbody>")[2]
    return [
        [Strict(cell).words.replace("\u00a0", " ") for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body)
    ]


def test_the_table_beside_each_chart_has_its_data() -> None:
    twins = {kind: cells(CHARTS[kind](read(SAMPLE))[4]) for kind in CHARTS}
    assert twins["equal"] == [
        ["GPT, equal training", "1.61, 1.62", "7.37 M", "yes"],
        ["LSTM", "1.66, 1.67, 1.65", "7.37 M", "yes"],
        ["GRU", "1.68", "7.37 M", "yes"],
        ["RNN", "1.84", "7.37 M", "yes"],
        ["5-gram", "1.95", "977,000", "yes"],
        ["GPT", "1.44", "49.2 M", "no"],
        ["xz -9e primed with the training text", "2.08", "not applicable", "not applicable"],
    ]
    assert [row[0] for row in twins["position"]][:4] == ["1", "2", "3 to 4", "5 to 8"]
    by_model = [list(map(float, column)) for column in zip(*(row[1:] for row in twins["position"]))]
    assert by_model == [row["loss_nats"] for row in SAMPLE["by_position"]]
    assert twins["speed"][0] == ["RNN", "21,000", "1,700", "5,200"] and len(twins["speed"]) == 5
    assert (
        twins["blanks"][2] == ["BERT, both sides", "44.1 %", "66.8 %", "3.52"] and len(twins["blanks"]) == 5
    )


def test_tables_have_a_row_for_each_and_say_who_is_not_applicable(file: Path) -> None:
    shown = miniature_table(page(), "models")
    rows = cells(shown)
    assert rows[2] == ["LSTM", "recurrent", "2.2 M", "4.4 MB", "256", "7.37 M", "45", "1.66"]
    assert rows[0][6] == "under 1" and rows[6][7] == "not applicable"
    assert (
        "<data-table" in shown and '<th scope="col" data-column="bytes" data-type="number">File</th>' in shown
    )
    assert '<td class="number" data-value="4400000">4.4 MB</td>' in shown
    assert '<td class="not-applicable">not applicable</td>' in shown
    assert "no such prediction is made by BERT and Encoder–decoder." in shown
    shown = miniature_table(page(), "tokenizers")
    assert cells(shown)[5] == ["words", "2,048", "44,444", "4.47", "6,789"]
    assert "fewest with words (44,444); most with characters and bytes (198,765)." in shown
    assert "Unknown tokens: WordPiece 3 and words 6,789." in shown


EVIL = '<b> & | `x` "q" {{ y }} $5$'


@pytest.mark.parametrize("kind", [*CHARTS, *TABLES])
def test_values_are_escaped_once(kind: str, file: Path) -> None:
    data = copy.deepcopy(SAMPLE)
    for row in [*data["models"], data["compressor"], *data["tokenizers"]]:
        row["label" if "label" in row else "name"] += EVIL
    data["machine"]["processor"] = data["blanks"]["what"] = data["blanks"]["rows"][0]["sees"] = EVIL
    data["models"][0]["family"] = EVIL
    file.write_text(json.dumps(data), encoding="utf-8")
    shown = (miniature_chart if kind in CHARTS else miniature_table)(page(), kind)
    assert EVIL in Strict(shown).words
    assert not set("|`{}$") & set(shown) and "&amp;lt;" not in shown and "&amp;#" not in shown


@pytest.mark.parametrize("kind", CHARTS)
def test_a_chart_has_title_finding_limits_and_table_and_can_stand_twice(kind: str, file: Path) -> None:
    here = page()
    shown = miniature_chart(here, kind)
    Strict(shown + miniature_chart(here, kind))
    for part in (
        "<title",
        'class="says"',
        'class="limits" data-search-exclude>It does not show',
        '<table class="data-table',
    ):
        assert part in shown


@pytest.mark.parametrize(
    ("macro", "arguments", "told"),
    [
        (miniature_chart, ("eqal",), "no chart 'eqal'; did you mean 'equal'?"),
        (miniature_table, ("modles",), "no table 'modles'; did you mean 'models'?"),
        (miniature, ("gtp", "minutes"), "no 'gtp' among the measurements; did you mean 'gpt'?"),
        (miniature, ("gpt", "minuts"), "'gpt' has no figure 'minuts'; did you mean 'minutes'?"),
        (miniature, ("bert", "bits_per_character"), "'bert' has no figure 'bits_per_character'"),
        (miniature, ("blanks", "rows"), "'blanks' has no figure 'rows'"),
    ],
)
def test_a_wrong_call_names_the_nearest(
    macro: Any, arguments: tuple[str, ...], told: str, file: Path
) -> None:
    with pytest.raises(AuthorError) as caught:
        macro(page(), *arguments)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("name", "field", "shown"),
    [
        ("gpt", "training_tokens", "49.2\u00a0M"),
        ("gpt", "bytes", "4.4 MB"),
        ("lstm", "minutes", "45"),
        ("corpus", "vocabulary", "2,048"),
        ("blanks", "count", "2,000"),
        ("compressor", "bits_per_character", "2.08"),
        ("machine", "processor", "Example Processor 9000 @ 2.50GHz"),
    ],
)
def test_a_figure_in_a_sentence_is_written_for_readers(name: str, field: str, shown: str, file: Path) -> None:
    assert miniature(page(), name, field) == f'<span class="fact">{shown}</span>'


@given(st.lists(st.floats(50, 400), min_size=1, max_size=8))
def test_labels_keep_their_order_and_their_distance(wanted: list[float]) -> None:
    places = _apart(wanted, 18, 50, 400)
    assert all(49.9 <= place <= 400.1 for place in places)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    assert all(places[b] - places[a] >= 17.9 for a, b in pairwise(order))


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=9))
def test_an_axis_has_round_ticks_around_its_values(values: list[float]) -> None:
    axis = _even(values, ".1f")
    assert 2 <= len(axis.ticks) <= 8
    assert axis.ticks[0] <= min(values) + 1e-5 and axis.ticks[-1] >= max(values) * (1 - 1e-9) - 1e-9
    step = axis.ticks[1] - axis.ticks[0]
    assert all(b - a == pytest.approx(step) for a, b in pairwise(axis.ticks))
    assert f"{step:.0e}"[0] in "125"
