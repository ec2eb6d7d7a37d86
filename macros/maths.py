r"""Markdown extension: `$…$` and `$$…$$` become MathML while the site is built, so no script is needed.

Dollars are parsed by arithmatex (`$5` in prose stays prose), formulas are converted by latex2mathml.
This module joins the two, mends what browsers would show wrongly, and refuses what would go wrong in silence:
`MathsError` names the formula, the fault and the remedy.
"""

import re
import unicodedata
from typing import Any
from xml.etree import ElementTree as etree

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element
from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.util import AtomicString
from pymdownx import arithmatex, util

from macros.text import shows_errors

_KNOWN = ("array", "Bmatrix", "bmatrix", "cases", "matrix", "pmatrix", "smallmatrix", "vmatrix", "Vmatrix")
# Environments latex2mathml lacks, or numbers, with the ones that look the same.
_ENVIRONMENTS = dict.fromkeys(("align", "align*", "aligned", "split"), "split") | {n: n for n in _KNOWN}
_ENVIRONMENTS |= dict.fromkeys(("gather", "gather*", "gathered"), "eqalign")
_REWRITES = {
    r"\\arg\s*\\(max|min)(?![a-zA-Z])": r"\\arg\1",
    r"\\operatorname\*?\s*\{\s*arg\s*(?:\\[,;: ]|~)?\s*(max|min)\s*\}": r"\\arg\1 ",
    r"\\arg(?![a-zA-Z])": r"\\operatorname{arg}",
}
_REFUSED = {
    r"\\(href|class|style|\w*color(box)?|[bx]?cancel|f?box(ed)?|mathop|label)\b": "has no place here",
    r"(?<!\\)(\\\\)*%": r"starts a comment and hides the rest: write \%",
    r"\\operatorname\*?\s*\{[^}]*[^a-zA-Z\s}][^}]*\}": r"may hold letters only: use \text{…} for the rest",
}
_FAULTS = {
    "DoubleSubscriptsError": "two subscripts on one symbol: group them, as in a_{b_c}",
    "DoubleSuperscriptsError": "two superscripts on one symbol: group them, as in a^{b^c}",
    "ExtraLeftOrMissingRightError": r"\left and \right do not pair: \right. is an invisible one",
    "MissingSuperScriptOrSubscriptError": "nothing follows _ or ^",
    "NoAvailableTokensError": "the last command lacks its argument",
    "MissingEndError": r"a \begin{…} has no \end{…}",
}
_LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_SCRIPTS = (*_LIMITS, *_LIMITS.values())
# latex2mathml's own errors have no common class, and some come from inside (seen: those at the end).
_ERRORS: tuple[type[Exception], ...] = (
    *(kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    *(IndexError, KeyError, ValueError, AttributeError, StopIteration),
)
# The children an element must have: latex2mathml drops the missing ones without a word.
_PARTS = dict.fromkeys((*_SCRIPTS, "mfrac", "mroot"), 2) | {"msubsup": 3, "munderover": 3}
_STYLES = ("bold", "bold-italic", "double-struck", "fraktur", "monospace", "sans-serif", "script")
# Relations, arrows and brackets that latex2mathml prints as letters, without an operator's spacing.
_SIGNS = set(map(chr, range(0x2100, 0x2B00))) - {"∞"}
_OPERATORS = {"~", ":"} | {sign for sign in _SIGNS if unicodedata.category(sign) in ("Sm", "Ps", "Pe")}
_UPRIGHT = {"mathvariant": "normal"}  # the only mathvariant that browsers follow
_CLOSING, _UNARY = (")", "]", "}", "|"), ("+", "\N{MINUS SIGN}", "±")
# A longer display formula may be wider than a phone: it scrolls, and what scrolls must take the focus.
_WIDE = 20


class MathsError(ValueError):
    """A formula that cannot be shown."""

    def __init__(self, latex: str, fault: str) -> None:
        super().__init__(f"formula “{' '.join(latex.split())}”: {fault}")


def shown(latex: str, display: bool = False) -> etree.Element:
    """The formula, or under SHOW_ERRORS the message that says what is wrong with it."""
    try:
        return to_mathml(latex, display)
    except MathsError as error:
        return refused(error)


def refused(error: MathsError) -> etree.Element:
    """Raise the error, or under SHOW_ERRORS put it into the page."""
    if not shows_errors():
        raise error
    element = etree.Element("span", {"class": "build-error", "role": "alert"})
    element.text = AtomicString(str(error))
    return element


def to_mathml(latex: str, display: bool = False) -> etree.Element:
    """One formula as a `<math>` element whose `alttext` keeps the LaTeX; raises `MathsError`."""
    source = _prepare(latex)
    try:
        math = convert_to_element(source, display="block" if display else "inline")
    except _ERRORS as error:
        fault = _FAULTS.get(type(error).__name__, f"it cannot be read ({type(error).__name__})")
        raise MathsError(latex, fault) from error
    math.attrib |= {"alttext": " ".join(latex.split())}
    del math.attrib["xmlns"]  # HTML knows the element by its name
    for element in math.iter():
        if fault := _mend(element):
            raise MathsError(latex, fault)
    for element in math.iter():
        _space(element)
    return math


def _prepare(latex: str) -> str:
    """The LaTeX in words latex2mathml knows."""
    depth = 0
    for brace in re.findall(r"\\.|[{}]", latex, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            raise MathsError(latex, "a } has no {")
    if depth:
        raise MathsError(latex, "a { has no }")

    def environment(match: re.Match[str]) -> str:
        if match[2] not in _ENVIRONMENTS:
            raise MathsError(latex, f"unknown environment {match[2]}; known: {', '.join(_ENVIRONMENTS)}")
        return f"\\{match[1]}{{{_ENVIRONMENTS[match[2]]}}}"

    source = re.sub(r"\\(begin|end)\s*\{([^}]*)\}", environment, latex)
    for pattern, replacement in _REWRITES.items():
        source = re.sub(pattern, replacement, source)
    for pattern, fault in _REFUSED.items():
        if found := re.search(pattern, source):
            raise MathsError(latex, f"{found.group()} {fault}")
    return source


def _mend(element: etree.Element) -> str:
    """Make one element what browsers understand; returns what is wrong with it, or nothing."""
    raw, tag, variant = (element.text or "", element.tag, element.attrib.pop("mathvariant", ""))
    text = re.sub(r"&#x([0-9A-Fa-f]+);", lambda match: chr(int(match[1], 16)), raw)
    if len(element) < _PARTS.get(tag, 0):
        return "a fraction, root, subscript or superscript lacks a part"
    if tag in _LIMITS and (element[0].text in ("lim", "max", "min") or element[0].get("movablelimits")):
        element.tag = _LIMITS[tag]  # below the operator in a display, beside it in a line
        element[0].set("movablelimits", "true")
    if tag == "mtext":
        if found := re.search(r"\\(?![%_#&{}$]).?|(?<!\\)[{$]", text):
            return rf"{found.group()} inside \text: close the text, then go on in maths"
        text = re.sub(r"\\(.)", r"\1", text)
    elif raw == "&":
        return "& outside an environment: use aligned, cases or a matrix"
    elif text.startswith("\\") or raw in ("{", "}", "#"):
        return rf"unknown command {text}: check its spelling, or write \operatorname{{name}}"
    elif variant in _STYLES:  # browsers ignore mathvariant: the letter itself must be the bold one
        text = "".join(_letter(character, variant.upper()) for character in text)
    elif tag == "mi" and text.isalpha() and (variant == "normal" or raw.startswith("&#x000")):
        element.attrib |= _UPRIGHT  # \mathrm{d} leaves no other trace than the reference
    elif tag == "mi" and text in _OPERATORS:
        element.tag, text = "mo", text.replace("~", "\N{TILDE OPERATOR}")
        element.set("stretchy", "false")
    if element.get("width", "").endswith("mathspace"):  # named widths are gone from MathML
        element.set("width", "-0.167em" if element.attrib["width"].startswith("negative") else "0.222em")
    element.text = AtomicString(text) if text else None  # atomic: no other extension may reach into it
    return ""


def _letter(character: str, style: str) -> str:
    """The same letter, digit or sign of a mathematical alphabet, or itself where that lacks it."""
    style = style.replace("-ITALIC", " ITALIC")
    name = re.sub(r"LATIN |GREEK |LUNATE |LETTER ", "", unicodedata.name(character, ""))
    old = style.replace("FRAKTUR", "BLACK-LETTER")  # ℝ, ℒ, ℭ are older than the alphabets
    for full in (f"MATHEMATICAL {style} {name}", f"{old} {name}"):
        try:
            return unicodedata.lookup(full)
        except KeyError:
            continue
    return character


def _space(row: etree.Element) -> None:
    """TeX's spacing: log x, but log(x); 10{,}000 without a gap; upright letters joined into a word."""
    cores = [] if row.tag in _PARTS else list(row)
    for index, core in enumerate(cores):
        while core.tag in _SCRIPTS:
            core = core[0]  # a subscript does not change what kind of thing its base is
        cores[index] = core
        if core.tag == "mi" and (core.text or "")[1:].isalpha() and "mathvariant" not in core.attrib:
            core.tag = "mo"  # log, like max and softmax
    for before, core, after in zip([None, *cores], cores, [*cores[1:], None], strict=False):
        if core.tag == "mo" and (core.text or "")[:1].isalpha():
            open_start = before is None or (before.tag in ("mo", "mspace") and before.text not in _CLOSING)
            core.set("lspace", "0" if open_start else "0.167em")
            closed = after is None or (after.tag in ("mo", "mspace") and not (after.text or "")[:1].isalpha())
            core.set("rspace", "0" if closed else "0.167em")
        elif core.text in _UNARY and (before is None or (before.tag == "mo" and before.text not in _CLOSING)):
            core.set("form", "prefix")  # a sign after a relation or a bracket
        elif len(cores) == 1 and core.text in (",", "."):
            core.attrib |= {"lspace": "0", "rspace": "0"}
        elif before is not None and before in row and before.attrib == core.attrib == _UPRIGHT:
            core.text = AtomicString(f"{before.text}{core.text}")
            row.remove(before)


class _Inline(arithmatex.InlineArithmatexPattern):  # type: ignore[misc]
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Any, int, int]:
        if m[1]:  # backslashes before a dollar: nothing to convert
            return super().handleMatch(m, data)  # type: ignore[no-any-return]
        return shown(m[3]), m.start(0), m.end(0)


class _Display(arithmatex.BlockArithmatexProcessor):  # type: ignore[misc]
    def mathjax_output(self, parent: etree.Element, math: str) -> None:
        element = shown(math, display=True)
        wide = sum(len(leaf.text or "  ") for leaf in element.iter() if not len(leaf)) > _WIDE
        focus = {"tabindex": "0", "role": "group", "aria-label": "Formula"} if wide else {}
        etree.SubElement(parent, "div", {"class": "maths", "data-search-exclude": "", **focus}).append(
            element
        )


class _Stray(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Any, int, int]:  # type: ignore[override]
        fault = "$$ needs lines of its own with blank lines around them, in a list item indented by 4"
        return refused(MathsError(data[m.start() : m.start() + 60], fault)), m.start(0), m.end(0)


class MathsExtension(arithmatex.ArithmatexExtension):  # type: ignore[misc]
    """The dollar syntaxes of arithmatex, with MathML behind them."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register the parsers; a closing dollar before a digit is money, as in `$5-$6`."""
        util.escape_chars(md, ["$"])
        if (
            "math" in md.block_level_elements
        ):  # else the serializer puts a line break, so a gap, after a formula
            md.block_level_elements.remove("math")
        config = self.getConfigs()
        md.inlinePatterns.register(_Stray(r"(?<![\\$])\$\$"), "maths-stray", 189.95)
        inline = _Inline(arithmatex.RE_SMART_DOLLAR_INLINE + r"(?!\d)", config)
        md.inlinePatterns.register(inline, "maths-inline", 189.9)
        display = _Display(rf"(?s)^{arithmatex.RE_DOLLAR_BLOCK}[ ]*$", config, md)
        md.parser.blockprocessors.register(display, "maths-display", 79.9)


def makeExtension(**options: Any) -> MathsExtension:
    """Called by Python-Markdown for the name `macros.maths`."""
    return MathsExtension(**options)
