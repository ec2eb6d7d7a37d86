"""The checker names every fault of the pages in one run, sorted by file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from macros import check
from macros.catalogue import DATA, ROOT, parse
from macros.pages import PLANNED, page_problems, read_page, read_site
from tests.macros.sample import text

FRONT = "---\ntitle: {0}\ndescription: About {0}.\n---\n# {0}\n"
QUESTION = "/// question | Why?\n    attrs: {{id: {0}}}\nBecause.\n///\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A small valid site: two chapters, the sample data, a navigation."""
    folder = tmp_path / "docs"
    for name in ("llms", "study", "data"):
        (folder / name).mkdir(parents=True)
    (folder / "data" / "genai.yml").write_text(text())
    (folder / "index.md").write_text(FRONT.format("Start") + '\n{{ cite("brown2020") }}\n')
    (folder / "llms" / "model-families.md").write_text(
        FRONT.format("Families") + "\n" + QUESTION.format("why")
    )
    (folder / "study" / "ids.txt").write_text("why\n")
    (tmp_path / "mkdocs.yml").write_text(
        "nav:\n  - index.md\n  - LLMs: [llms/model-families.md]\nx: !ENV [A, b]\n"
    )
    return folder


def told(docs: Path) -> list[str]:
    return [str(problem) for problem in check.find_problems(docs)]


def add(docs: Path, more: str, path: str = "index.md") -> int:
    """Append text to a page; returns the line on which it begins."""
    file = docs / path
    before = file.read_text()
    file.write_text(before + more)
    return before.count("\n") + 1


def test_valid_site_has_no_problem(docs: Path) -> None:
    assert told(docs) == []


def test_unknown_source_is_named_with_line_and_nearest_name(docs: Path) -> None:
    line = add(docs, 'Text {{ cite("brown202") }} more.\n')
    (found,) = told(docs)
    assert (
        found.startswith(f"docs/index.md:{line}: cite('brown202'): ") and "did you mean 'brown2020'?" in found
    )


def test_macro_typo_names_the_nearest_macro(docs: Path) -> None:
    line = add(docs, "\n{{ tabel('models') }}\n") + 1
    assert told(docs) == [f"docs/index.md:{line}: no macro 'tabel'; did you mean 'table'?"]


def test_two_mistakes_on_one_page_are_both_told(docs: Path) -> None:
    add(docs, "{{ cite('a1') }} {{ term('b') }}\n{{ tabel() }}\n")
    assert len(told(docs)) == 3


def test_jinja_clash_in_a_formula_is_told_with_its_line(docs: Path) -> None:
    line = add(docs, "\n$x^{{a}$ is broken\n") + 1
    (found,) = told(docs)
    assert found.startswith(f"docs/index.md:{line}: macro syntax: ")


def test_broken_data_does_not_hide_a_typo_in_a_page(docs: Path) -> None:
    (docs / "data" / "genai.yml").write_text(text().replace("year: 2020", "year: x"))
    add(docs, "{{ tabel() }}\n")
    found = told(docs)
    assert len(found) == 2 and any("sources[brown2020].year" in f for f in found)


def test_question_id_used_twice_names_both_places(docs: Path) -> None:
    line = add(docs, "\n" + QUESTION.format("why")) + 1
    found = told(docs)
    assert len(found) == 1 and f"question id 'why' is already used in docs/index.md:{line}" in found[0]


def test_new_question_id_asks_for_make_ids_and_write_ids_only_appends(docs: Path) -> None:
    add(docs, "\n" + QUESTION.format("new-one"))
    assert "run `make ids`" in told(docs)[0]
    assert check.write_ids(docs) == ["new-one"]
    assert (docs / "study" / "ids.txt").read_text() == "why\nnew-one\n"
    assert told(docs) == []


def test_page_missing_from_the_navigation_is_named(docs: Path) -> None:
    (docs / "study" / "lost.md").write_text(FRONT.format("Lost"))
    assert told(docs) == ["docs/study/lost.md:1: is not in the navigation; add it under `nav:` in mkdocs.yml"]


def test_navigation_entry_without_page_is_named_with_its_line(docs: Path) -> None:
    config = docs.parent / "mkdocs.yml"
    config.write_text(config.read_text().replace("llms/model-families.md", "llms/model-familys.md"))
    found = told(docs)
    assert (
        "mkdocs.yml:3: nav: no page 'llms/model-familys.md'; did you mean 'llms/model-families.md'?" in found
    )


def test_requires_cycle_is_told_once_with_its_way(docs: Path) -> None:
    for name, target in (("index.md", "llms/model-families.md"), ("llms/model-families.md", "index.md")):
        file = docs / name
        file.write_text(file.read_text().replace("---\n#", f"requires: [{target}]\n---\n#"))
    (found,) = told(docs)
    assert "`requires` goes in a circle: index.md → llms/model-families.md → index.md" in found


def test_front_matter_faults_are_named_by_field(docs: Path) -> None:
    file = docs / "index.md"
    file.write_text(file.read_text().replace("description:", "desciption:") + "")
    found = " ".join(told(docs))
    assert (
        "`description` is missing" in found
        and "unknown field 'desciption'; did you mean 'description'?" in found
    )


def test_page_that_is_not_utf8_is_named(docs: Path) -> None:
    (docs / "index.md").write_bytes(b"---\ntitle: \xff\n---\n")
    assert any("docs/index.md:1: not UTF-8" in p for p in map(str, page_problems(read_site(docs), docs)))


def test_row_with_unknown_chapter_is_named(docs: Path) -> None:
    data = docs / "data" / "genai.yml"
    data.write_text(data.read_text().replace("llms/model-families.md", "llms/model-family.md"))
    assert any(
        "no page 'llms/model-family.md'; did you mean 'llms/model-families.md'?" in p for p in told(docs)
    )


def test_row_may_name_a_planned_chapter(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = docs / "data" / "genai.yml"
    data.write_text(data.read_text().replace("llms/model-families.md", "llms/planned.md"))
    assert any("no page 'llms/planned.md'" in p for p in told(docs))
    monkeypatch.setitem(PLANNED, "llms/planned.md", "Planned")
    assert not any("llms/planned.md" in p for p in told(docs))


def test_messages_are_sorted_by_file_and_line(docs: Path) -> None:
    add(docs, "{{ b() }}\n\n\n{{ a() }}\n" * 6)
    add(docs, "{{ c() }}\n", "llms/model-families.md")
    places = [(p.file, p.line) for p in check.find_problems(docs)]
    assert len(places) == 13 and places == sorted(places)


def test_front_matter_is_split_from_the_body_with_the_right_line() -> None:
    page = read_page("a.md", "---\ntitle: A\n---\n# A\ntext\n")
    assert (page.title, page.body_line, page.body) == ("A", 4, "# A\ntext\n")


def test_reading_time_is_at_least_a_minute_and_grows_with_the_text() -> None:
    assert read_page("a.md", "word").minutes == 1
    assert read_page("a.md", "word " * 1001).minutes == 6


def test_the_rows_in_contributing_are_valid_as_they_stand() -> None:
    """What a newcomer copies must work."""
    sample = re.search(r"```yaml\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    assert sample
    data = DATA.read_text("utf-8")
    for key, rows in re.findall(r"(\w+:\n)((?:  .*\n)+)", sample[1]):
        data = data.replace(f"\n{key}", f"\n{key}{rows}", 1)

    row = parse(data.encode()).get("models", "example-7b")

    assert row and row.name == "Example 7B"
