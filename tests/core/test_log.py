"""The log: what is an event, how logs are joined, and what a file of one may do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.conftest import Run

pytestmark = pytest.mark.browser

NOW = 1_790_000_000_000
DAY = 86_400_000
REVIEW = {
    "v": 1,
    "id": "event-001",
    "kind": "review",
    "at": NOW,
    "zone": 60,
    "card": "bert-objective",
    "rating": 3,
}
UNDO = {
    "v": 1,
    "id": "event-002",
    "kind": "undo",
    "at": NOW,
    "zone": 0,
    "card": "gru-gates",
    "of": "event-001",
}
SETTING = {
    "v": 1,
    "id": "event-003",
    "kind": "setting",
    "at": NOW,
    "zone": -210,
    "name": "retention",
    "value": 0.85,
}
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"

PREVIEW = "(m, [text, log, now]) => m.preview(text, log, now)"


def file_of(*events: Any, **more: Any) -> str:
    return json.dumps({"format": "generative-ai-study-log", "version": 1, "events": list(events), **more})


@pytest.mark.parametrize(
    "event",
    [
        REVIEW,
        REVIEW | {"hash": "a1b2", "answer": HOSTILE},  # kept as text; who shows it must not make HTML of it
        UNDO,
        {"v": 1, "id": "event-004", "kind": "suspend", "at": NOW, "zone": 0, "card": "gru-gates"},
        {"v": 1, "id": "event-005", "kind": "resume", "at": NOW, "zone": 0, "card": "gru-gates"},
        SETTING,
        SETTING | {"name": "newADay", "value": 0},
    ],
)
def test_an_event_is_read_as_it_is_and_unknown_fields_are_left_behind(
    run: Run, event: dict[str, Any]
) -> None:
    more = event | {"__proto__x": 1, "onclick": HOSTILE}
    assert run("log", "(m, x) => m.read(JSON.parse(x))", json.dumps(more)) == {"event": event}


DAMAGED = {
    "no record": [None, 7, "text", [], [REVIEW]],
    "v is no known version": [{}, REVIEW | {"v": "1"}, REVIEW | {"v": 0}],
    "version 2 is newer than this page: reload it": [REVIEW | {"v": 2, "kind": "dream"}],
    "kind is none of the known ones": [REVIEW | {"kind": k} for k in ("toString", HOSTILE, ["review"], None)],
    "id is not 8 to 64 letters": [REVIEW | {"id": i} for i in ("", "short", "x" * 65, HOSTILE, 12345678)],
    "at is not an instant from 2020 on": [
        REVIEW | {"at": a} for a in (0, -1, 1.5, "1790000000000", None, 9e15)
    ],
    "zone is not minutes ahead of UTC": [REVIEW | {"zone": z} for z in (1441, 0.5, "60", None)],
    "card is not the id of a card": [REVIEW | {"card": c} for c in ("__proto__", HOSTILE, "A", "", None)],
    "rating is not 1 to 4": [REVIEW | {"rating": r} for r in (0, 5, 2.5, "3", None)],
    "hash is not a fingerprint": [REVIEW | {"hash": h} for h in ("", HOSTILE, None, 5)],
    "answer is not at most 400 characters": [REVIEW | {"answer": a} for a in ("x" * 401, 5, {"html": "x"})],
    "of is not the id of an event": [UNDO | {"of": None}, UNDO | {"of": HOSTILE}],
    "name is not a known setting": [
        SETTING | {"name": n} for n in ("constructor", ["retention"], HOSTILE, None)
    ],
    "value is not from 0.7 to 0.97": [SETTING | {"value": v} for v in (0.5, 1, "0.9", None)],
    "value is not from 0 to 200": [SETTING | {"name": "newADay", "value": v} for v in (-1, 201, 1.5)],
}


@pytest.mark.parametrize("reason", DAMAGED)
def test_a_damaged_record_is_named_and_kept_as_it_came(run: Run, reason: str) -> None:
    records = DAMAGED[reason]
    found = run("log", "(m, x) => x.map(m.read)", records)

    assert [result["record"] for result in found] == records
    assert all(reason in result["reason"] for result in found)


# Few instants, cards and ids, so that they meet: also two different events under one id.
EVENTS = st.lists(
    st.builds(
        lambda number, at, card, rating: (
            REVIEW | {"id": f"event-{number:03}", "at": NOW + at, "card": f"card-{card}", "rating": rating}
        ),
        *(st.integers(0, 12), st.integers(0, 3), st.integers(0, 2), st.integers(1, 4)),
    ),
    max_size=8,
)


@given(EVENTS, EVENTS, EVENTS)
def test_to_merge_is_commutative_associative_idempotent_and_in_order(
    run: Run, a: Any, b: Any, c: Any
) -> None:
    results = """(m, [a, b, c]) => [m.merge(a, b), m.merge(b, a), m.merge(m.merge(a, b), c),
                                    m.merge(a, m.merge(b, c)), m.merge(a, a), m.merge(m.merge(a, a), a)]"""
    ab, ba, left, right, twice, thrice = run("log", results, [a, b, c])

    assert ab == ba and left == right and twice == thrice
    assert {event["id"] for event in left} == {event["id"] for event in [*a, *b, *c]}
    assert [(e["at"], e["id"]) for e in left] == sorted((e["at"], e["id"]) for e in left)
    assert all(event in [*a, *b, *c] for event in left)


@given(EVENTS)
def test_what_was_exported_can_be_imported_once_and_then_adds_nothing(run: Run, events: list[Any]) -> None:
    both = """async (m, [events, now]) => {
      const { merge } = await import("/one/assets/js/core/log.js");
      const log = merge(events, []), file = m.toFile(log, [{ reason: "r", record: "<b>" }]);
      return [log, file, m.preview(file, [], now), m.preview(file, log, now)];
    }"""
    log, file, fresh, again = run("log-file", both, [events, NOW])

    assert fresh["added"] == log == json.loads(file)["events"] and fresh["fault"] == ""
    assert again["added"] == [] and again["known"] == len(log) and again["conflicting"] == 0
    assert fresh["damaged"] == [{"reason": "no record", "record": "<b>"}]


BAD_FILES = {
    "ends too early or was changed by hand": [file_of(REVIEW)[:-20], file_of(REVIEW)[:60]],
    "no file that “Export” of this site wrote": [
        *(
            "",
            "null",
            "[]",
            "{}",
            "7",
            "<html>",
            f"<script>{HOSTILE}</script>",
            '{"format": "anki"}',
            "\x00\x01",
        ),
        '{"__proto__": {"format": "generative-ai-study-log", "version": 1, "events": []}}',
    ],
    "written by a newer version of this site": [file_of(REVIEW, version=2)],
    "no version that this page knows": [file_of(REVIEW, version=v) for v in ("1", None, 0)],
    "no list of events": [file_of(events=e) for e in ({}, None, "x")],
}


@pytest.mark.parametrize("told", BAD_FILES)
def test_a_file_that_is_no_log_is_refused_with_the_reason(run: Run, told: str) -> None:
    for text in BAD_FILES[told]:
        found = run("log-file", PREVIEW, [text, [REVIEW], NOW])
        assert told in found["fault"] and found["added"] == [], text


def test_a_file_of_fifty_megabytes_is_refused_before_it_is_parsed(run: Run) -> None:
    found = run("log-file", "(m) => m.preview('['.repeat(50e6), [], 0)")
    assert found["fault"] == "The file has 50 million characters; no log of this site has over 32."


def test_the_preview_tells_new_known_future_conflicting_and_damaged_apart(run: Run) -> None:
    soon, later = (REVIEW | {"id": f"future-{n}", "at": NOW + n * DAY} for n in (1, 2))
    other = REVIEW | {"rating": 1}
    news = REVIEW | {"id": "event-009", "at": NOW - 5}
    text = file_of(soon, news, REVIEW, news, later, other, "rubbish", damaged=[{"reason": 5, "record": 1}])

    found = run("log-file", PREVIEW, [text, [REVIEW], NOW])

    assert found["added"] == [news, soon, later]  # a clock that was wrong takes no event away
    assert (found["known"], found["future"], found["conflicting"]) == (2, 1, 1)
    assert found["damaged"] == [
        {"reason": "no record", "record": "rubbish"},
        {"reason": "no record", "record": 1},
    ]
    assert run("log-file", PREVIEW, [text, [REVIEW], NOW + DAY])["future"] == 0  # when its time has come


def test_what_another_page_could_not_read_is_read_again(run: Run) -> None:
    kept = [{"reason": "version 1 is newer than this page: reload it", "record": REVIEW}, "no pair", None]

    found = run("log-file", PREVIEW, [file_of(UNDO, damaged=kept), [], NOW])

    assert found["added"] == [REVIEW, UNDO]
    assert [one["record"] for one in found["damaged"]] == ["no pair", None]


def test_a_hostile_file_pollutes_nothing_and_its_markup_stays_text(run: Run) -> None:
    fields = dict.fromkeys([*REVIEW, "of", "name", "value", "hash", "answer"], HOSTILE)
    hostile = file_of(
        *[REVIEW | {"id": f"hostile-{n}", name: HOSTILE} for n, name in enumerate(fields)], fields
    )
    hostile = hostile.replace(
        '"zone"', '"__proto__": {"polluted": 1}, "constructor": {"prototype": {}}, "zone"'
    )
    script = f"""async (m, text) => {{
      const found = m.preview(text, [], {NOW});
      return [found.added, found.damaged.length, {{}}.polluted === undefined,
              found.added.every((e) => e.polluted === undefined)];
    }}"""

    added, damaged, clean, plain = run("log-file", script, hostile)

    assert clean and plain
    plain_fields = REVIEW.keys() - {"id"}
    assert [{n: e[n] for n in plain_fields} for e in added] == [{n: REVIEW[n] for n in plain_fields}] * 4
    assert [event["answer"] for event in added if "answer" in event] == [HOSTILE]  # a text, not markup
    assert {field for event in added for field in event} == {*REVIEW, "answer"}
    assert damaged == len(fields) + 1 - 4
