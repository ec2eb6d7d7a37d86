"""Formulas: LaTeX in, MathML out, and a message that names the formula where that cannot be."""

import re
from xml.etree import ElementTree as etree

import markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macros.maths import MathsError, to_mathml

EXTENSIONS = [
    "tables",
    "abbr",
    "attr_list",
    "toc",
    "pymdownx.superfences",
    "macros.maths",
    "macros.questions",
]


def render(text: str) -> str:
    """A page's HTML."""
    return markdown.markdown(text, extensions=EXTENSIONS)


def shown(latex: str, display: bool = False) -> str:
    """What a reader sees of a formula, as one string."""
    return "".join(to_mathml(latex, display).itertext())


def inner(latex: str, display: bool = False) -> str:
    """The MathML inside the outermost row."""
    return "".join(etree.tostring(child, encoding="unicode") for child in to_mathml(latex, display)[0])


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{a}{b}", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"),
        (r"x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
        (r"x^\top", "<msup><mi>x</mi><mo>⊤</mo></msup>"),
        (r"\mathrm{d}x", '<mi mathvariant="normal">d</mi><mi>x</mi>'),
        (
            r"\mathrm{x}_1\mathrm{d}",
            '<msub><mi mathvariant="normal">x</mi><mn>1</mn></msub><mi mathvariant="normal">d</mi>',
        ),
        (r"\mathrm{KL}", '<mrow><mi mathvariant="normal">KL</mi></mrow>'),
        (r"\text{50\% & <b>}", "<mtext>50%\u00a0&amp;\u00a0&lt;b&gt;</mtext>"),
        (r"a\!b", '<mi>a</mi><mspace width="-0.167em" /><mi>b</mi>'),
        (r"x\sim p", '<mi>x</mi><mo stretchy="false">\N{TILDE OPERATOR}</mo><mi>p</mi>'),
        (r"\log p", '<mo lspace="0" rspace="0.167em">log</mo><mi>p</mi>'),
        (r"10{,}000", '<mn>10</mn><mrow><mo lspace="0" rspace="0">,</mo></mrow><mn>000</mn>'),
    ],
)
def test_a_formula_becomes_this_mathml(latex: str, expected: str) -> None:
    assert inner(latex) == expected


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\mathbb{R}\mathbb{E}\mathbb{1}", "\u211d\U0001d53c\U0001d7d9"),
        (r"\mathbf{Wq}", "\U0001d416\U0001d42a"),
        (r"\boldsymbol{\theta}", "\U0001d73d"),
        (r"\boldsymbol{\epsilon}", "\U0001d750"),
        (r"\mathcal{LN}", "\u2112\U0001d4a9"),
        (r"\mathfrak{C}", "\u212d"),
        (r"\mathbf{x+1}", "\U0001d431+\U0001d7cf"),
    ],
)
def test_alphabets_are_letters_of_unicode_because_browsers_ignore_mathvariant(
    latex: str, expected: str
) -> None:
    assert shown(latex) == expected


@pytest.mark.parametrize("name", ["aligned", "align", "align*", "split"])
def test_alignments_have_cells_right_and_left_and_no_ampersand(name: str) -> None:
    mathml = inner(rf"\begin{{{name}}} a &= b \\ &= c \end{{{name}}}", display=True)
    assert re.findall(r'columnalign="(\w+)"', mathml) == ["right", "left"] * 2
    assert "&amp;" not in mathml and "(1)" not in mathml


@pytest.mark.parametrize("name", ["pmatrix", "bmatrix", "vmatrix", "matrix", "gathered", "cases"])
def test_an_environment_becomes_rows(name: str) -> None:
    math = to_mathml(rf"\begin{{{name}}} a \\ b \end{{{name}}}", display=True)
    assert len(math.findall(".//mtr")) == 2


def test_limits_stand_below_in_a_display_and_may_move_in_a_line() -> None:
    for latex in (
        r"\max_x",
        r"\lim_{x}",
        r"\operatorname*{argmax}_x",
        r"\arg\min_x",
        r"\operatorname*{arg\,max}_x",
    ):
        assert to_mathml(latex, display=True).find(".//munder/mo[@movablelimits='true']") is not None, latex
    assert to_mathml(r"\sum_{i=1}^n i", display=True).find(".//munderover") is not None


def test_a_named_operator_has_space_before_an_operand_and_none_before_a_bracket() -> None:
    for latex, space in (
        (r"\max(x)", "0"),
        (r"\operatorname{softmax} x", "0.167em"),
        (r"\log_2 n", "0.167em"),
    ):
        operator = next(e for e in to_mathml(latex).iter("mo") if (e.text or "").isalpha())
        assert operator.get("rspace") == space, latex


def test_a_minus_after_a_relation_is_a_sign_and_between_operands_is_not() -> None:
    forms = [e.get("form") for e in to_mathml(r"-a = -b - (c) - d").iter("mo") if e.text == "\N{MINUS SIGN}"]
    assert forms == ["prefix", "prefix", None, None]


def test_the_latex_is_kept_as_alternative_text() -> None:
    assert to_mathml("a <\n b").get("alttext") == "a < b"


@pytest.mark.parametrize(
    ("latex", "remedy"),
    [
        (r"\foo x", r"unknown command \foo"),
        (r"\frac{a", "a { has no }"),
        (r"a}", "a } has no {"),
        (r"\frac{a}", "lacks a part"),
        (r"x_", "nothing follows"),
        (r"W_a_b", "a_{b_c}"),
        (r"W^a^b", "a^{b^c}"),
        (r"\left(a", r"\right."),
        (r"a & b", "outside an environment"),
        (r"50%", r"write \%"),
        (r"\begin{foo}a\end{foo}", "known: "),
        (r"\begin{matrix}a", r"no \end"),
        (r"\sqrt", "argument"),
        (r"\text{a $x$}", "close the text"),
        (r"\text{a {b} c}", "close the text"),
        (r"\text{\alpha}", "close the text"),
        (r"\operatorname{top-k}", "letters only"),
        (r"\href{javascript:x}{y}", "no place here"),
        (r"\color{red}x", "no place here"),
    ],
)
def test_a_wrong_formula_names_itself_and_the_fault(latex: str, remedy: str) -> None:
    with pytest.raises(MathsError) as error:
        render(f"Text ${latex}$ and more.") if "$" not in latex else to_mathml(latex)
    assert latex in str(error.value) and remedy in str(error.value)


@pytest.mark.parametrize(
    "prose",
    [
        "It costs $5 or $6.",
        "From $5-$6 a month.",
        "$5/$10",
        r"Escaped \$x\$ here.",
        "`$x$`",
        "``a $x$ b``",
        "5$ and 6$",
    ],
)
def test_money_escapes_and_code_stay_as_they_are(prose: str) -> None:
    html = render(prose)
    assert "<math" not in html
    assert re.sub(r"<[^>]+>", "", html) == prose.replace("\\", "").strip("`").replace("``", "")


def test_fenced_code_is_untouched() -> None:
    assert "$$\nx\n$$" in re.sub(r"<[^>]+>", "", render("```\n$$\nx\n$$\n```"))


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("A $x_1$ b.", "p/math"),
        ("# The $x_1$ rule", "h1/math"),
        ("- item $x_1$", "ul/li/math"),
        ("| a |\n|---|\n| $x_1$ |", "table/tbody/tr/td/math"),
        ("**bold $x_1$**", "p/strong/math"),
        ("[a $x_1$](b.md)", "p/a/math"),
        ("/// question | Is $x_1$?\n    attrs: {id: q}\nYes.\n///", "study-question/details/summary/math"),
        ("/// question | Is it?\n    attrs: {id: q}\nYes, $x_1$.\n///", "study-question/details/p/math"),
        ("- item\n\n    $$\n    x_1\n    $$", "ul/li/div/math"),
        ("$$\nx_1\n$$", "div/math"),
    ],
)
def test_formulas_work_wherever_text_does(page: str, path: str) -> None:
    root = etree.fromstring(f"<body>{render(page)}</body>")
    found = root.find(path)
    assert found is not None and "".join(found.itertext()) == "x1"


def test_no_other_extension_reaches_into_a_formula() -> None:
    html = render("$\\text{BERT *a*} * b * c$\n\n*[BERT]: a model")
    assert "<abbr" not in html and "<em" not in html


def test_text_right_after_a_formula_is_not_pushed_away() -> None:
    assert "</math><em>th</em>" in render("the $k$*th* one")


def test_a_long_display_can_take_the_focus_to_be_scrolled_and_a_short_one_is_no_tab_stop() -> None:
    assert '<div class="maths" data-search-exclude="">' in render("$$\nx = 1\n$$")
    wide = etree.fromstring(render("$$\na + b + c + d + e + f + g + h + i + j = 1\n$$"))
    assert wide.attrib == {
        "class": "maths",
        "data-search-exclude": "",
        "tabindex": "0",
        "role": "group",
        "aria-label": "Formula",
    }


@pytest.mark.parametrize("page", ["a $$x$$ b", "para\n$$\nx\n$$", "$$\n\nx\n\n$$"])
def test_a_display_in_the_wrong_place_is_an_error_and_not_text(page: str) -> None:
    with pytest.raises(MathsError, match="lines of its own"):
        render(page)


ATOMS = st.sampled_from(
    ["x", "1", r"\alpha", r"\text{if } ", r"\mathbf{W}", r"\mathbb{R}", "2.5", r"\le", "+", r"\log"]
)


def _grown(inner_formulas: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger formulas out of smaller ones."""
    two = st.tuples(inner_formulas, inner_formulas)
    templates = [r"\frac{%s}{%s}", r"{%s}_{%s}", r"{%s}^{%s}", r"\left(%s, %s\right)", r"\sqrt{%s} %s",
                 r"\begin{cases} %s & %s \end{cases}", r"\begin{pmatrix} %s \\ %s \end{pmatrix}",
                 r"\sum_{%s}^{%s}", r"\begin{aligned} %s &= %s \end{aligned}", r"\mathrm{%s} %s"]  # fmt: skip
    return st.builds(lambda template, pair: template % pair, st.sampled_from(templates), two)


FORMULAS = st.recursive(ATOMS, _grown, max_leaves=8)


def well_formed(math: etree.Element) -> bool:
    """Serialised and read again, with no command left in sight."""
    again = etree.fromstring(etree.tostring(math, encoding="unicode"))
    return "\\" not in "".join(again.itertext())


@given(FORMULAS, st.booleans())
def test_any_balanced_formula_becomes_well_formed_mathml(latex: str, display: bool) -> None:
    assert well_formed(to_mathml(latex, display))


@given(FORMULAS, st.data())
def test_a_broken_formula_is_an_error_or_still_well_formed(latex: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(latex)))
    wrong = data.draw(
        st.sampled_from(["", "{", "}", "\\", "&", "_", "^", "%", r"\foo", r"\left", r"\end{cases}", "<"])
    )
    try:
        math = to_mathml(latex[:position] + wrong + latex[position + 1 :])
    except MathsError:
        return
    assert well_formed(math)
