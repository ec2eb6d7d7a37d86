"""The built site: nothing broken in it, nothing left over, nothing too big."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import subprocess
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from macros.cards import CARD_PAGES
from macros.export import BrokenLink, broken_links, export, inline_scripts
from tests.built import CHAPTERS, PAGES, Site
from tools.bench import ROOT, first_visit_files
from tools.browser import imported

IDS = ROOT / "docs" / "study" / "ids.txt"
CARDS = {f"{page.removesuffix('.md')}/" for page in CARD_PAGES.values()}

LEFTOVERS = {
    "a macro that failed": r"Macro (Rendering|Syntax) Error",
    "a message of an author's error": r'class="build-error"',
    "an unexpanded macro": r"\{\{|\{%|\}\}",
    "mathematics as text": r"\$\$|\\[()\[\]]",
    "a LaTeX command": r"\\[a-zA-Z]{2,}",
    "an unread block": r"^///|^:::|^!!!|^\?\?\?\+? \w",  # a figure may ask "???"
    "a Python value": r"[:(=] ?None\b|<(function|built-in|Undefined)|Undefined\(",
}


@cache
def visible(html: str) -> str:
    """What a reader sees of a page, without code samples, which may show anything."""
    body = re.sub(r"<(head|script|style|code|pre|template)\b.*?</\1>", " ", html, flags=re.DOTALL)
    body = re.sub(r"<annotation\b.*?</annotation>", " ", body, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", body)) + " ".join(re.findall(r'class="build-error"', html))


@pytest.mark.parametrize("engine", ["mkdocs", "zensical"])
@pytest.mark.parametrize("what", LEFTOVERS)
def test_nothing_is_left_over(what: str, engine: str, sites: dict[str, Site]) -> None:
    """No page shows what only an author should see."""
    pattern = re.compile(LEFTOVERS[what], re.MULTILINE)
    found = {
        file.relative_to(sites[engine].folder).as_posix(): match[0]
        for file in sites[engine].files()
        if (match := pattern.search(visible(file.read_text(encoding="utf-8"))))
    }

    assert found == {}


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_what_a_search_engine_and_a_screen_reader_need(address: str, site: Site) -> None:
    """A title and a description of its own, one main heading, a language, and no id twice."""
    html = site.html(address)
    ids = re.findall(r'<[^>]*\sid="([^"]+)"', html)

    assert re.search(r"<title>[^<]+</title>", html)
    assert re.search(r'<meta name="description" content="[^"]{20,160}">', html)
    assert len(re.findall(r"<h1\b", html)) == 1
    assert '<html lang="en"' in html
    assert [name for name in {*ids} if ids.count(name) > 1] == []


def test_titles_and_descriptions_differ(site: Site) -> None:
    """No two pages look alike in a list of results."""
    for pattern in (r"<title>([^<]+)</title>", r'<meta name="description" content="([^"]+)">'):
        found = [match[1] for page in PAGES if (match := re.search(pattern, site.html(page)))]

        assert [text for text in found if found.count(text) > 1] == []


@pytest.mark.parametrize("engine", ["mkdocs", "zensical"])
def test_one_policy_covers_every_inline_script(engine: str, sites: dict[str, Site]) -> None:
    """All pages have the same policy, first thing after the encoding; no other script is inline."""
    pages = [file.read_text(encoding="utf-8") for file in sites[engine].files()]
    policies = {found for html in pages for found in re.findall(r'-Security-Policy" content="([^"]+)"', html)}

    assert all(html.count('http-equiv="Content-Security-Policy"') == 1 for html in pages)
    assert all(re.search(r'<meta charset="utf-8">\s*<meta http-equiv="Content-Sec', html) for html in pages)
    assert len(policies) == 1
    assert "unsafe-eval" not in (policy := policies.pop())
    for script in {script for html in pages for script in inline_scripts(html)}:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert [m for html in pages for m in re.findall(r"<[a-z][^>]*\son[a-z]+=", html)] == []


@pytest.mark.parametrize("engine", ["mkdocs", "zensical"])
def test_nothing_is_loaded_from_another_host(engine: str, sites: dict[str, Site]) -> None:
    """No script, style, font, picture or frame has a foreign address, in pages or in styles."""
    site = sites[engine]
    foreign = r'[^>]*\s(?:src|srcset|href|data|poster)="(?:https?:)?//[^"]*'
    loads = re.compile(rf"<(?:script|img|iframe|source|video|audio|embed|object|use|image)\b{foreign}")
    links = re.compile(rf'<link\b(?![^>]*rel="(?:canonical|edit|alternate)"){foreign}')
    for file in site.files():
        html = file.read_text(encoding="utf-8").replace(site.url, "")
        assert [*loads.findall(html), *links.findall(html)] == [], file
    for style in site.folder.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert re.findall(r"url\([\"']?(?:https?:)?//[^)]*|@import.*", text) == [], style


@pytest.mark.parametrize("engine", ["mkdocs", "zensical"])
def test_every_link_leads_somewhere(engine: str, sites: dict[str, Site]) -> None:
    """Also those in raw HTML and in figures, and those to a place within a page."""
    assert broken_links(sites[engine].folder) == []


BROKEN = {
    '<a href="nowhere/">': "there is no such page or file",
    '<a href="#nowhere">': "there is no such anchor in that page",
    '<a href="../sub/#nowhere">': "there is no such anchor in that page",
    '<a href="../sub">': "the address of a folder ends with a slash",
    '<a href="../../outside/">': "outside the site",
    '<a href="/outside/">': "outside the site, which begins at /site/",
    '<a href="https://own.example/site/gone/">': "there is no such page or file",
    '<img src="gone.png">': "there is no such page or file",
    '<img srcset="../a.png 1x, gone.png 2x">': "there is no such page or file",
    '<svg><use xlink:href="#gone"></use></svg>': "there is no such anchor in that page",
    '<a href="//contributing/macros.md">': "begins with a host, but has no scheme",
    '<a href="javascript:void(0)">': "the scheme javascript: is not used on this site",
}
WHOLE = (
    '<a name="here"></a><a href="">x</a><a href="#here">x</a><a href="../#top">x</a>'
    '<a href="../sub/?q=1#here">x</a>'
    '<a href="/site/sub/">x</a><a href="https://own.example/site/">x</a><a href="mailto:a@b.example">x</a>'
    '<a href="https://other.example/x">x</a><img src="../a.png"><a href="../a%2Epng#page=2">x</a>'
)


@pytest.fixture
def small_site(tmp_path: Path) -> Path:
    """Two pages and a picture, published in a folder of its host."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "index.html").write_text(
        '<meta charset="utf-8"><link rel="canonical" href="https://own.example/site/">'
    )
    (tmp_path / "sub" / "index.html").write_text(f'<meta charset="utf-8">{WHOLE}<script>1</script>')
    return tmp_path


@pytest.mark.parametrize("html", BROKEN)
def test_a_broken_link_is_found(html: str, small_site: Path) -> None:
    """Each way to be broken is told with its reason, and nothing else is."""
    page = small_site / "sub" / "index.html"
    page.write_text(page.read_text() + html)
    href = re.findall(r'"([^" ]+)(?: 2x)?"', html.replace("../a.png 1x, ", ""))[0]

    assert broken_links(small_site) == [BrokenLink("sub/index.html", href, BROKEN[html])]


def test_finishing_twice_changes_nothing(small_site: Path) -> None:
    """The second run finds its own work; a page without an encoding is reported."""
    assert export(small_site) == []
    once = [file.read_text() for file in sorted(small_site.rglob("*.html"))]

    assert export(small_site) == []
    assert [file.read_text() for file in sorted(small_site.rglob("*.html"))] == once
    assert all("sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=" in html for html in once)
    (small_site / "index.html").write_text("<p>x</p>")
    assert [problem for problem in export(small_site) if "meta charset" in problem] != []


def test_a_changed_theme_is_reported(small_site: Path) -> None:
    """An edit that finds no place must not be lost in silence."""
    scripts = small_site / "assets" / "javascripts"
    scripts.mkdir(parents=True)
    (scripts / "bundle.1.min.js").write_text("other()")

    assert len([problem for problem in export(small_site) if "the theme changed" in problem]) == 3


def question_ids(html: str) -> set[str]:
    """The ids of the questions in a page."""
    tags = re.findall(r'<[a-z]+\b[^>]*\sclass="(?:[^"]* )?(?:question|quiz)[ "][^>]*>', html)
    return {match[1] for tag in tags if (match := re.search(r'\sid="([^"]+)"', tag))}


def test_every_question_is_listed(site: Site) -> None:
    """A learner's history hangs on the ids: each one in the pages stands in the list."""
    shown = {name for page in PAGES for name in question_ids(site.html(page))}

    assert len(shown) > 20
    assert sorted(shown - {*IDS.read_text(encoding="utf-8").split()}) == []


def test_ids_are_never_taken_back() -> None:
    """Every version of the list in the history is the beginning of the next one's set."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout

    path = IDS.relative_to(ROOT).as_posix()
    listed = IDS.read_text(encoding="utf-8").split()
    for commit in git("log", "--format=%H", "--", path).split():
        assert {*git("show", f"{commit}:{path}").split()} <= {*listed}, commit
    assert len(listed) == len({*listed})


def test_the_search_index_is_prose_and_small(site: Site) -> None:
    """No data ended up among the words, and the whole is quickly fetched."""
    text = (site.folder / "search" / "search_index.json").read_text(encoding="utf-8")
    entries = json.loads(text)["docs"]

    prose = {e["location"]: re.sub(r"<code>.*?</code>", "", e["text"], flags=re.DOTALL) for e in entries}

    # The summary repeats the chapters' own words, and would push them down the list of hits; the style guide
    # is for those who write them; cards repeat the rows of tables, whose names lead to them; the tools of the
    # study part have nothing to find.
    tools = {f"study/{name}/" for name in ("review", "exam", "progress", "how-it-works")}
    left_out = {"study/summary/", "contributing/style/", *CARDS, *tools}
    assert {location.partition("#")[0] for location in prose} == {*PAGES} - left_out
    assert [location for location, words in prose.items() if re.search(r'\{"|"\}|":\s*["\[{]', words)] == []
    assert len(gzip.compress(text.encode())) <= 300_000


@pytest.mark.parametrize("address", CHAPTERS)
def test_a_first_visit_is_light(address: str, site: Site) -> None:
    """Page, styles and scripts, until a chapter can be read, compressed."""
    files = first_visit_files(site.folder, address)

    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 110_000


def test_our_own_scripts_are_small(site: Site) -> None:
    """What every page loads beside the theme's own."""
    scripts = site.folder / "assets" / "js"
    own = [*scripts.glob("*.js")]

    assert [file.name for file in own] == ["boot.js"]
    assert sum(len(gzip.compress(file.read_bytes())) for file in own) <= 4_000
    assert {file.resolve() for file in own} == imported(scripts / "boot.js")


STUDY = {
    "chapter after the first answer": ("question quiz before menu", 20_000),
    "review": ("review menu", 20_000),
    "exam": ("exam menu", 20_000),
    "progress": ("progress storage menu", 20_000),
    "start": ("today menu", 20_000),
}
ON_REQUEST = {f"study-{part}.js" for part in ("settings", "finished", "result", "import", "deletion")}
"""What a page fetches when a panel is opened, a file chosen, an exam handed in, the last card answered."""


@pytest.mark.parametrize("name", STUDY)
def test_the_study_part_of_a_page_fetches_little_script(name: str, site: Site) -> None:
    """With all that it fetches later by itself; compressed, as it is published."""
    tags, limit = STUDY[name]
    folder = site.folder / "assets/js/ui"
    files = {f for tag in tags.split() for f in imported(folder / f"study-{tag}.js", True, ON_REQUEST)}

    assert {"store.js", "fsrs.js", "study-menu.js"} <= {file.name for file in files}
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= limit


def test_no_script_of_the_study_part_hides_what_it_imports(site: Site) -> None:
    scripts = site.folder / "assets" / "js" / "ui"
    hidden = re.compile(r'(?<![.\w])import\((?!"\./)')
    texts = {file.name: file.read_text("utf-8") for file in scripts.glob("study-*.js")}

    assert [name for name, text in texts.items() if hidden.search(text)] == []
    assert set(texts) >= ON_REQUEST


def test_a_table_fetches_little_script_and_the_rest_on_demand(site: Site) -> None:
    """Compressed, file by file, as a server sends them."""
    element = site.folder / "assets/js/ui/data-table.js"
    at_once = imported(element)
    later = imported(element, on_demand=True) - at_once

    assert sum(len(gzip.compress(file.read_bytes())) for file in at_once) <= 12_000
    assert {f"table-{part}.js" for part in ("panels", "compare", "save", "tall", "files")} == {
        file.name for file in later
    }
    assert all(file.exists() for file in at_once | later)
