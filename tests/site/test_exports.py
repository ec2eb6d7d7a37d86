"""What the build writes beside the pages: the same files out of either engine, whole, and listed."""

from __future__ import annotations

import json
import re

import pytest

from macros.catalogue import load
from macros.copies import COPY, copied_pages
from macros.downloads import files
from macros.pages import read_site
from macros.text import published
from tests.built import Site

MADE = ("**/*.csv", "**/*.html.md", "llms.txt", "data/*.json")


def made(site: Site) -> dict[str, str]:
    """Every file that is no page, by its path, without the address at which the site is served."""
    found = {file for pattern in MADE for file in site.folder.glob(pattern)}
    return {
        file.relative_to(site.folder).as_posix(): file.read_text("utf-8").replace(
            site.url, "https://x.example/"
        )
        for file in found
    }


def test_both_engines_come_with_the_same_files(site: Site, next_site: Site) -> None:
    left, right = made(site), made(next_site)
    assert sorted(left) == sorted(right)
    assert [name for name in left if left[name] != right[name]] == []
    assert {f"data/{name}" for name in files(load())} <= left.keys()


@pytest.mark.parametrize("engine", ["mkdocs", "zensical"])
def test_the_data_files_are_those_of_the_data(engine: str, sites: dict[str, Site]) -> None:
    for name, text in files(load()).items():
        assert (sites[engine].folder / "data" / name).read_text("utf-8") == text, name


def test_every_file_that_the_package_and_the_list_name_is_there(site: Site) -> None:
    package = json.loads((site.folder / "data" / "datapackage.json").read_text("utf-8"))
    assert all((site.folder / "data" / resource["path"]).is_file() for resource in package["resources"])
    listed = re.findall(r"\]\(([^)]+)\)", (site.folder / "llms.txt").read_text("utf-8"))
    assert len(listed) > 40 and all(address.startswith(site.url) for address in listed)
    assert [a for a in listed if not (site.folder / a.removeprefix(site.url)).is_file()] == []


def test_copies_lead_to_files_and_have_the_words_of_their_chapters(site: Site) -> None:
    lost = []
    for path, page in copied_pages(read_site()).items():
        folder = site.folder / published(path)
        text = (folder / COPY).read_text("utf-8")
        links = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)", text)
        lost += [(path, link) for link in links if not (folder / link).exists()]
        prose = [line for line in page.body.split("\n") if re.fullmatch(r"[A-Z][\w ,;:()–'\"-]{60,}\.", line)]
        lost += [(path, line) for line in prose if line not in text]
        assert f"# {re.search(r'^# (.+?)(?: {.*)?$', page.body, re.M)[1]}\n" in text
        assert "{{" not in text and "<math" not in text and "<svg" not in text
    assert lost == []


def test_the_file_of_moves_is_not_published(site: Site, next_site: Site) -> None:
    assert not any((built.folder / "redirects.yml").exists() for built in (site, next_site))
