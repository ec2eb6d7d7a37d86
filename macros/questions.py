"""Markdown extension: the blocks `question`, `quiz` and `summary`; and the questions in a page's source.

The blocks become plain HTML that works without a script: answers stand in closed `<details>`, and the
options of a quiz carry no marks. Around each stands `<study-question>` or `<study-quiz>`, which a script of
the same name makes a card that remembers.
`find_questions` and `problems` read the source text instead, so that a checker can name the line.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as etree

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from pymdownx.blocks import BlocksExtension, BlocksProcessor
from pymdownx.blocks.block import Block

from macros.text import shows_errors

_MARK = re.compile(r"\[([ xX])\](?:\s+|$)")
_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# What a `<` or an id may stand in without becoming markup.
_CODE_OR_MATHS = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|(?<!\\)\$\S.*?\$")
_START = re.compile(r"(?P<indent>\s*)(?P<slashes>/{3,})[ ]*(?P<kind>[\w-]+)[ ]*(?:\|[ ]*(?P<title>.*?)[ ]*)?")
_SAMPLE = "write `    attrs: {id: some-name}` under the title, 4 spaces in"


class QuestionError(ValueError):
    """A block that cannot be shown as a question; the message names it and the remedy."""


def _markup(text: str) -> bool:
    return "<" in _CODE_OR_MATHS.sub("", text)


class _Exercise(Block):  # type: ignore[misc]
    """What question and quiz share: both need a title, an id and an end."""

    ARGUMENT = True
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """How messages call this block."""
        return f"{self.NAME} “{self.options.get('attrs', {}).get('id') or self.argument}”"

    def _validate(self, parent: etree.Element, arg: Any, **options: Any) -> bool:
        # The base class prints a block it cannot read as text; an author is better served by a message.
        self.argument, self.fault = arg or "(no title)", ""
        valid = super()._validate(parent, arg, **options)
        with self._showing_errors():
            if not valid:
                raise QuestionError(f"{self.name}: needs `| title` after its name, and no option but attrs")
            if not self.options["attrs"].get("id"):
                raise QuestionError(f"{self.name} has no id: {_SAMPLE}")
            if _markup(self.argument):
                raise QuestionError(f"{self.name}: < in a title begins HTML; put it between backticks")
        if self.fault:
            self.options = {"attrs": {}}
        return True

    @contextmanager
    def _showing_errors(self) -> Iterator[None]:
        """Under SHOW_ERRORS a fault is kept, and put into the page where the block would be."""
        try:
            yield
        except QuestionError as error:
            if not shows_errors():
                raise
            self.fault = str(error)

    def on_create(self, parent: etree.Element) -> etree.Element:
        """The block's element, or the message that stands in its place."""
        return etree.SubElement(parent, "div") if self.fault else self.open(parent)

    def on_add(self, block: etree.Element) -> etree.Element:
        """Where the content goes: into the question or quiz, not beside it."""
        return block if self.fault else block[0]

    def on_end(self, block: etree.Element) -> None:
        """Finish the block, or say what is wrong with it."""
        if not self.fault:
            for name in ("id", "class"):  # an author's attributes were given to the outer element
                if value := block.attrib.pop(name, ""):
                    block[0].set(name, f"{block[0].get(name, '')} {value}".strip())
            with self._showing_errors():
                self.close(block[0])
        if self.fault:
            block.clear()
            block.tag, block.text = "div", AtomicString(self.fault)
            block.attrib |= {"class": "build-error", "role": "alert"}


class QuestionBlock(_Exercise):
    """A question whose answer is hidden until asked for."""

    NAME = "question"

    def open(self, parent: etree.Element) -> etree.Element:
        """A closed details element with the title as its summary, in the element that makes it a card."""
        card = etree.SubElement(parent, "study-question")
        details = etree.SubElement(card, "details", {"class": "question"})
        etree.SubElement(details, "summary").text = self.argument
        return card

    def close(self, block: etree.Element) -> None:
        """Refuse an empty answer."""
        if len(block) < 2:
            raise QuestionError(f"{self.name} has no answer: write it under the title")


class QuizBlock(_Exercise):
    """A question with options; which are right is told only inside the answer."""

    NAME = "quiz"

    def open(self, parent: etree.Element) -> etree.Element:
        """A group named by its stem, in the element that makes it a form."""
        stem = f"{self.options['attrs']['id']}-stem"
        card = etree.SubElement(parent, "study-quiz")
        group = etree.SubElement(card, "div", {"class": "quiz", "role": "group", "aria-labelledby": stem})
        etree.SubElement(group, "p", {"class": "quiz__stem", "id": stem}).text = self.argument
        return card

    def close(self, block: etree.Element) -> None:
        """Split the list into options without marks and an answer with the reasons."""
        choices = next((child for child in block if child.tag == "ul" and _is_marked(child)), None)
        if choices is None:
            raise QuestionError(f"{self.name} has no options: write a list of - [ ] wrong and - [x] right")
        options = [self._option(item) for item in choices]
        if len(options) < 2:
            raise QuestionError(f"{self.name} has one option: give at least two")
        if not any(right for right, _, _ in options):
            raise QuestionError(f"{self.name} has no right option: mark one with - [x]")
        after = list(block)[list(block).index(choices) + 1 :]
        choices.clear()
        choices.set("class", "quiz__options")
        details = etree.SubElement(block, "details", {"class": "quiz__answer"})
        etree.SubElement(details, "summary").text = "Answer"
        reasons = etree.SubElement(details, "ul", {"class": "quiz__reasons"})
        for right, text, reason in options:
            etree.SubElement(choices, "li").text = text
            item = etree.SubElement(reasons, "li", {"class": "right"} if right else {})
            verdict = etree.SubElement(item, "strong")
            verdict.text, verdict.tail = ("Right:", " ") if right else ("Wrong:", " ")
            # An element of its own, so that a star in the option and one in the reason cannot make emphasis.
            option = etree.SubElement(item, "span", {"class": "quiz__option"})
            option.text, option.tail = text, f" — {reason}" if reason else ""
        for child in after:
            block.remove(child)
            details.append(child)

    def _option(self, item: etree.Element) -> tuple[bool, str, str]:
        """Whether the option is right, its text, and the reason quoted under it."""
        lines = (item.text or "").split("\n")
        for child in item:
            quote = child.tag == "blockquote"
            for part in child if quote else [child]:
                if part.tag != "p" or len(part):
                    raise QuestionError(f"{self.name}: an option is one line, with a > reason under it")
                lines += [f"> {line}" if quote else line for line in (part.text or "").split("\n")]
        lines = [line.strip() for line in lines if line.strip()]
        text = " ".join(line for line in lines if not line.startswith(">"))
        mark = _MARK.match(text)
        if not mark or not text[mark.end() :]:
            raise QuestionError(f"{self.name}: option “{text}” must begin with [ ] or [x] and have a text")
        if re.search(r"\{:?\s*#|\bid=|\[\^", _CODE_OR_MATHS.sub("", text)):
            raise QuestionError(f"{self.name}: option “{text}” is shown twice: no id or footnote in it")
        reason = " ".join(line[1:].strip() for line in lines if line.startswith(">"))
        return mark[1] != " ", text[mark.end() :], reason


def _is_marked(choices: etree.Element) -> bool:
    """Whether any item of a list begins with a mark."""
    return any(_MARK.match("".join(item.itertext()).strip()) for item in choices)


class SummaryBlock(Block):  # type: ignore[misc]
    """The findings of a chapter."""

    NAME = "summary"

    def on_create(self, parent: etree.Element) -> etree.Element:
        """A named note; its label is no heading, so it stays out of the table of contents."""
        note = {"class": "summary-block", "role": "note", "aria-label": "Summary"}
        box = etree.SubElement(parent, "div", note)
        label = etree.SubElement(box, "p", {"class": "summary-block__label"})
        etree.SubElement(label, "strong").text = "Summary"
        return box


class _Unread(Treeprocessor):
    """A block without its closing slashes, or with options that are no YAML, would show its marks."""

    def __init__(self, md: Markdown, blocks: BlocksProcessor) -> None:
        super().__init__(md)
        self.blocks = blocks

    def run(self, root: etree.Element) -> None:
        try:
            self._refuse(root)
        except QuestionError as error:
            if not shows_errors():
                raise
            message = etree.Element("div", {"class": "build-error", "role": "alert"})
            message.text = AtomicString(str(error))
            root.insert(0, message)

    def _refuse(self, root: etree.Element) -> None:
        for entry in self.blocks.stack:
            if isinstance(entry.block, _Exercise | SummaryBlock):
                name = getattr(entry.block, "name", entry.block.NAME)
                raise QuestionError(f"{name} is not closed: add a line {'/' * entry.block.length} after it")
        for element in root.iter("p"):
            if found := re.search(r"(?m)^ {0,3}/{3,} *(question|quiz|summary)\b.*", element.text or ""):
                raise QuestionError(f"{found.group()} cannot be read: {_SAMPLE}")


class QuestionsExtension(BlocksExtension):  # type: ignore[misc]
    """Registers the three blocks."""

    def extendMarkdownBlocks(self, md: Markdown, block_mgr: BlocksProcessor) -> None:
        """Called by the base class when the extension is set up."""
        md.block_level_elements += ["study-question", "study-quiz"]
        for block in (QuestionBlock, QuizBlock, SummaryBlock):
            block_mgr.register(block, self.getConfigs())
        md.treeprocessors.register(_Unread(md, block_mgr), "questions-unread", 100)


def makeExtension(**options: Any) -> QuestionsExtension:
    """Called by Python-Markdown for the name `macros.questions`."""
    return QuestionsExtension(**options)


@dataclass(frozen=True)
class Question:
    """A question or quiz as it stands in the source of a page."""

    kind: str
    id: str | None
    title: str
    line: int
    options: int = 0
    right: int = 0
    has_answer: bool = False
    closed: bool = True


def find_questions(markdown_text: str) -> list[Question]:
    """The questions and quizzes of a Markdown text, with its line numbers; fenced code is skipped."""
    lines, fence = markdown_text.splitlines(), ""
    for index, line in enumerate(lines):
        mark = re.match(r"[>\s]*(?:(?:[-*+]|\d+\.)\s+)?(`{3,}|~{3,})([^`]*)$", line)
        if fence or mark:
            lines[index] = "code"  # still part of an answer, but neither an option nor a block
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not mark[2].strip():
            fence = ""
    starts = {index: found for index, line in enumerate(lines) if (found := _START.fullmatch(line))}
    return [
        _read(found, index, lines, starts)
        for index, found in starts.items()
        if found["kind"].lower() in (QuestionBlock.NAME, QuizBlock.NAME)
    ]


def _read(found: re.Match[str], index: int, lines: list[str], starts: dict[int, re.Match[str]]) -> Question:
    """The question that starts on the line with this index."""
    depth, end = 1, index + 1
    while end < len(lines):  # an inner block may have the same number of slashes
        depth += end in starts and starts[end]["slashes"] == found["slashes"]
        depth -= lines[end].strip() == found["slashes"]
        if not depth:
            break
        end += 1
    body = lines[index + 1 : end]
    indent, header = len(found["indent"]) + 4, 0
    while header < len(body) and body[header].strip() and body[header].startswith(" " * indent):
        header += 1
    named = re.search(r"\bid:\s*[\"']?([^\s,}\"']+)", " ".join(body[:header]))
    marks = [mark[1] for line in body[header:] if (mark := re.match(rf"\s*[-*+]\s+{_MARK.pattern}", line))]
    rest = [line for line in body[header:] if line.strip() and not re.match(r"\s*[-*+]\s+\[[ xX]\]", line)]
    return Question(
        kind=found["kind"].lower(),
        id=named[1] if named else None,
        title=found["title"] or "",
        line=index + 1,
        options=len(marks),
        right=sum(mark != " " for mark in marks),
        has_answer=bool(rest),
        closed=not depth,
    )


def problems(questions: list[Question]) -> Iterator[tuple[int, str]]:
    """What is wrong with each question, as (line, message with the remedy)."""
    for question in questions:
        quiz, name = question.kind == QuizBlock.NAME, f"{question.kind} “{question.id or question.title}”"
        answer = "reasons or an explanation" if quiz else "it under the title"
        checks = {
            "is not closed: end it with slashes on a line of their own": not question.closed,
            f"has no id: {_SAMPLE}": question.id is None,
            "id must be kebab-case, like bert-objective": question.id and not _KEBAB.fullmatch(question.id),
            "has no title: write it after the |": not question.title,
            "< in the title begins HTML: put it between backticks": _markup(question.title),
            "a macro in the title makes HTML: put the call into the answer": "{{" in question.title,
            f"has no answer: write {answer}": not question.has_answer,
            "has no right option: mark one with - [x]": quiz and not question.right,
            f"has {question.options} options: give three to five": quiz and not 3 <= question.options <= 5,
        }
        yield from ((question.line, f"{name} {message}") for message, wrong in checks.items() if wrong)
