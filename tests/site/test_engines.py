"""Both engines make the same articles from the same sources."""

from __future__ import annotations

import pytest

from tests.built import PAGES, Site
from tests.site.compare import ENGINE_ATTRIBUTES, ENGINE_ELEMENTS, Article, articles, differences

SKIP = '<a id="__skip"><b>x</b></a>'
PAGE = f'<p>x</p><article class="b a">{SKIP}<h1 id="t">T<br>U</h1><p>text</p></article>'

PLANTED = {
    "text": ("text", "test"),
    "tag": ("<p>text</p></article>", "<div>text</div></article>"),
    "id": ('id="t"', 'id="u"'),
    "class": ("b a", "b c"),
    "attribute": ("<p>text", '<p hidden="">text'),
    "a lost element": ("<br>", ""),
    "a lost end": ("<p>text</p>", ""),
    "nesting": ("<p>text</p>", "<p></p>text"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_difference_is_found(kind: str) -> None:
    """Whatever kind of thing differs, the comparison sees it."""
    left, right = Article(PAGE).lines, Article(PAGE.replace(*PLANTED[kind])).lines

    assert left != right
    assert len(list(differences({"p": left}, {"p": right}))) == 1


def test_what_a_reader_cannot_tell_apart_is_no_difference() -> None:
    """The order of classes, space between words, and the listed engine elements do not count."""
    other = PAGE.replace("b a", "a  b").replace("text", "\n  text ").replace(SKIP, "")

    assert Article(PAGE).lines == Article(other).lines


def test_a_page_that_only_one_engine_makes_is_found() -> None:
    """A missing page is a difference."""
    assert [found.page for found in differences({"a": ["x"], "b": ["y"]}, {"a": ["x"]})] == ["b"]


def test_exceptions_name_their_reason() -> None:
    """Nothing is left out of the comparison without a reason."""
    assert all(len(reason.split()) > 4 for reason in [*ENGINE_ELEMENTS.values(), *ENGINE_ATTRIBUTES.values()])


def test_both_engines_make_the_same_articles(site: Site, next_site: Site) -> None:
    """Every article is the same in both builds, and every source has one."""
    left, right = articles(site.folder), articles(next_site.folder)

    assert list(differences(left, right)) == []
    assert {f"{page}index.html" for page in PAGES} <= left.keys()
    assert all(len(left[f"{page}index.html"]) > 10 for page in PAGES)
