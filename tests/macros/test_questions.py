"""Questions: blocks in, HTML out; and what a checker is told about the source."""

import re
from xml.etree import ElementTree as etree

import markdown
import pytest
from markdown import Markdown

from macros.questions import Question, QuestionError, find_questions, problems

EXTENSIONS = ["tables", "attr_list", "pymdownx.superfences", "pymdownx.tasklist", "pymdownx.blocks.tab",
              "macros.maths", "macros.questions"]  # fmt: skip

QUIZ = """/// quiz | Which gate does a *GRU* not have?
    attrs: {id: gru-gates}
It has two.

- [ ] reset
    > It has one: it decides how much
    > of $h$ is kept.
- [x] forget `[x]`
    > Merged into the update gate.
- [ ] update

A GRU has two gates.
///"""


def render(text: str) -> etree.Element:
    """A page's elements, without those that only wait for a script."""
    html = re.sub(r"</?study-(question|quiz)>", "", markdown.markdown(text, extensions=EXTENSIONS))
    return etree.fromstring(f"<body>{html}</body>")


def test_each_stands_in_the_element_that_makes_it_a_card() -> None:
    html = markdown.markdown(
        "/// question | Why?\n    attrs: {id: why}\nA.\n///\n\n" + QUIZ, extensions=EXTENSIONS
    )
    body = etree.fromstring(f"<body>{html}</body>")
    assert [(card.tag, card[0].tag, len(card)) for card in body] == [
        ("study-question", "details", 1),
        ("study-quiz", "div", 1),
    ]


def text_of(element: etree.Element | None) -> str:
    """All text of an element, spaces joined."""
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def test_a_question_is_a_closed_details_with_its_title_as_summary() -> None:
    details = render("/// question | Why *this*?\n    attrs: {id: why}\nBecause.\n\n- of that\n///").find(
        "details"
    )
    assert details is not None and details.attrib == {"class": "question", "id": "why"}
    assert [child.tag for child in details] == ["summary", "p", "ul"]
    assert details.find("summary/em") is not None


def test_a_quiz_is_a_group_named_by_its_stem_with_the_answer_closed() -> None:
    quiz = render(QUIZ).find("div")
    assert quiz is not None
    assert quiz.attrib == {
        "class": "quiz",
        "id": "gru-gates",
        "role": "group",
        "aria-labelledby": "gru-gates-stem",
    }
    assert [(child.tag, child.get("class")) for child in quiz] == [
        ("p", "quiz__stem"),
        ("p", None),
        ("ul", "quiz__options"),
        ("details", "quiz__answer"),
    ]
    assert quiz[0].get("id") == "gru-gates-stem" and quiz.find("p/em") is not None
    assert text_of(quiz.find("details/p")) == "A GRU has two gates."


def test_the_visible_options_do_not_tell_which_is_right() -> None:
    options = render(QUIZ).findall("div/ul[@class='quiz__options']/li")
    assert [text_of(option) for option in options] == ["reset", "forget [x]", "update"]
    assert all(not option.attrib for option in options)
    assert render(QUIZ).find(".//input") is None


def test_the_reasons_say_of_each_option_whether_it_is_right_and_why() -> None:
    reasons = render(QUIZ).findall("div/details/ul[@class='quiz__reasons']/li")
    assert [reason.get("class") for reason in reasons] == [None, "right", None]
    assert [text_of(reason) for reason in reasons] == [
        "Wrong: reset — It has one: it decides how much of h is kept.",
        "Right: forget [x] — Merged into the update gate.",
        "Wrong: update",
    ]
    assert reasons[0].find("math") is not None


def test_blank_lines_between_options_and_reasons_change_nothing() -> None:
    tight = "/// quiz | Q\n    attrs: {id: q}\n- [ ] a\n    > one\n- [x] b\n    > two\n\nEnd.\n///"
    loose = "/// quiz | Q\n    attrs: {id: q}\n\n- [ ] a\n\n    > one\n\n- [x] b\n\n    > two\n\nEnd.\n\n///"
    assert text_of(render(loose)) == text_of(render(tight))


def test_a_star_in_an_option_and_one_in_its_reason_make_no_emphasis() -> None:
    html = render("/// quiz | Q\n    attrs: {id: q}\n- [x] a* b\n    > c *d\n- [ ] e\n///")
    assert html.find(".//em") is None


def test_ids_are_unique_within_a_page() -> None:
    page = (
        f"{QUIZ}\n\n{QUIZ.replace('gru-gates', 'other')}\n\n/// question | Q\n    attrs: {{id: q}}\nA.\n///"
    )
    ids = [element.get("id") for element in render(page).iter() if element.get("id")]
    assert len(ids) == len(set(ids)) == 5


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ('Who said "you"?', 'Who said "you"?'),
        ("a | b & c / d: e?", "a | b & c / d: e?"),
        ("Is `a < b`?", "Is a < b?"),
        ("Is $a < b$?", "Is a<b?"),
        ("Ça coûte $5?", "Ça coûte $5?"),
        ("It's 100 %", "It's 100 %"),
    ],
)
@pytest.mark.parametrize("kind", ["question", "quiz"])
def test_titles_may_hold_any_sign(kind: str, title: str, expected: str) -> None:
    body = "- [ ] a\n- [x] b" if kind == "quiz" else "Answer."
    page = render(f"/// {kind} | {title}\n    attrs: {{id: q}}\n{body}\n///")
    assert text_of(page.find("div/p" if kind == "quiz" else "details/summary")) == expected


def test_blocks_work_in_lists_tabs_and_each_other() -> None:
    indented = "\n".join(f"    {line}" if line else "" for line in QUIZ.splitlines())
    assert render(f"1. item\n\n{indented}\n\n2. next").find("ol/li/div[@id='gru-gates']/details") is not None
    assert render(f"//// tab | A\n\n{QUIZ}\n\n////").find(".//div[@id='gru-gates']/details") is not None
    nested = f"/// question | Outer?\n    attrs: {{id: outer}}\nFirst this.\n\n{QUIZ}\n\nThen that.\n///"
    assert render(nested).find("details/div[@id='gru-gates']") is not None


def test_a_summary_is_a_named_note_without_a_heading() -> None:
    note = render("/// summary\n- one\n- two\n///").find("div")
    assert note is not None
    assert note.attrib == {"class": "summary-block", "role": "note", "aria-label": "Summary"}
    assert text_of(note.find("p/strong")) == "Summary" and len(note.findall("ul/li")) == 2


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        ("/// question | Q\nA.\n///", "question “Q” has no id: write"),
        ("/// question\n    attrs: {id: q}\nA.\n///", "needs `| title`"),
        ("/// question | Q\n    attrs: {id: q}\n    open: true\nA.\n///", "no option but attrs"),
        ("/// question | Q\n    attrs: {id: q\nA.\n///", "cannot be read"),
        ("/// question | Q\n    attrs: {id: q}\n///", "question “q” has no answer"),
        ("/// question | Q\n    attrs: {id: q}\nA.", "question “q” is not closed"),
        ("/// question | A <b> tag\n    attrs: {id: q}\nA.\n///", "begins HTML"),
        ("/// quiz | Q\n    attrs: {id: q}\nText.\n///", "quiz “q” has no options"),
        ("/// quiz | Q\n    attrs: {id: q}\n- a\n- b\n///", "has no options"),
        ("/// quiz | Q\n    attrs: {id: q}\n- [x] a\n///", "at least two"),
        ("/// quiz | Q\n    attrs: {id: q}\n- [ ] a\n- [ ] b\n///", "no right option"),
        ("/// quiz | Q\n    attrs: {id: q}\n- [x] a\n- b\n///", "“b” must begin with"),
        ("/// quiz | Q\n    attrs: {id: q}\n- [x] a\n    - sub\n- [ ] b\n///", "an option is one line"),
        ("/// quiz | Q\n    attrs: {id: q}\n- [x] a {: #here}\n- [ ] b\n///", "shown twice"),
        ("/// quiz | Q\n    attrs: {id: q}\n- [x] a\n- [ ] b", "is not closed"),
    ],
)
def test_a_wrong_block_is_an_error_that_names_it(block: str, fault: str) -> None:
    with pytest.raises(QuestionError) as error:
        render(block)
    assert fault in str(error.value)


def test_a_page_after_a_broken_one_is_fine() -> None:
    converter = markdown.Markdown(extensions=EXTENSIONS)
    with pytest.raises(QuestionError):
        converter.convert("/// question | Q\n    attrs: {id: q}\nA.")
    assert "details" in converter.reset().convert("/// question | Q\n    attrs: {id: q}\nA.\n///")


def test_the_source_tells_kind_id_title_line_and_counts() -> None:
    listed = "1. x\n\n    /// question | Why | so?\n        attrs: {id: why}\n    A.\n    ///\n"
    page = f"# T\n\n{QUIZ}\n\n{listed}"
    assert find_questions(page) == [
        Question(
            "quiz", "gru-gates", "Which gate does a *GRU* not have?", 3, options=3, right=1, has_answer=True
        ),
        Question("question", "why", "Why | so?", 19, has_answer=True),
    ]
    assert list(problems(find_questions(page))) == []


def test_code_and_other_blocks_hold_no_questions() -> None:
    for page in (f"```\n{QUIZ}\n```", f"~~~~ text\n~~~\n{QUIZ}\n~~~~", f"- a\n\n    ```\n    {QUIZ}\n    ```",
                 "/// summary\n- one\n///", "Write `/// question | x` here."):  # fmt: skip
        assert find_questions(page) == []
    assert len(find_questions(f"```\ncode\n```\n\n{QUIZ}")) == 1


def test_a_code_block_counts_as_an_answer_but_its_lines_are_no_options() -> None:
    page = "/// question | Q\n    attrs: {id: q}\n```\n- [x] a\n///\n```\n///"
    assert find_questions(page) == [Question("question", "q", "Q", 1, has_answer=True)]


def test_an_inner_question_ends_before_the_outer_one() -> None:
    page = f"/// question | Outer?\n    attrs: {{id: outer}}\n\n{QUIZ}\n\n///\n"
    assert [(q.id, q.line, q.closed) for q in find_questions(page)] == [
        ("outer", 1, True),
        ("gru-gates", 4, True),
    ]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("/// question | Q\nA.\n///", "question “Q” has no id: write"),
        ("/// question | Q\n    attrs: {id: Not_Kebab}\nA.\n///", "id must be kebab-case"),
        ("/// question |\n    attrs: {id: q}\nA.\n///", "has no title"),
        ("/// question | Q\n    attrs: {id: q}\n\n///", "has no answer"),
        ("/// question | A <b> tag\n    attrs: {id: q}\nA.\n///", "begins HTML"),
        ('/// question | A {{ cite("x") }}\n    attrs: {id: q}\nA.\n///', "put the call into the answer"),
        ("/// question | Q\n    attrs: {id: q}\nA.", "is not closed"),
        ("/// quiz | Q\n    attrs: {id: q}\n- [ ] a\n- [ ] b\n- [ ] c\n\nE.\n///", "no right option"),
        (
            "/// quiz | Q\n    attrs: {id: q}\n- [ ] a\n- [x] b\n\nE.\n///",
            "has 2 options: give three to five",
        ),
        ("/// quiz | Q\n    attrs: {id: q}\n" + "- [x] a\n" * 6 + "\nE.\n///", "has 6 options"),
        ("/// quiz | Q\n    attrs: {id: q}\n- [ ] a\n- [x] b\n- [ ] c\n///", "has no answer: write reasons"),
    ],
)
def test_each_problem_of_the_source_is_told_once_with_its_line(block: str, message: str) -> None:
    found = list(problems(find_questions(f"\n\n{block}\n")))
    assert [line for line, _ in found] == [3]
    assert message in found[0][1]


def test_what_the_checker_accepts_the_extension_accepts() -> None:
    assert list(problems(find_questions(QUIZ))) == []
    render(QUIZ)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/// question | No id\nBecause.\n///", "has no id"),
        ("/// quiz | Q\n    attrs: {id: q}\n- [ ] a\n- [ ] b\n///", "has no right option"),
        ("/// question | Open\n    attrs: {id: q}\nBecause.", "is not closed"),
    ],
)
def test_under_serve_a_fault_stands_in_the_page_and_the_rest_is_read(
    text: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOW_ERRORS", "1")
    html = Markdown(extensions=["macros.questions"]).convert(f"before\n\n{text}\n")
    assert 'class="build-error"' in html and says in html and "<p>before</p>" in html
