"""`make build` tells every mistake of every kind in one run, and keeps the last good site."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.bench import copy_project

FAULTS = {
    "docs/data/genai.yml": ("architecture: decoder-only", "architecture: decoder-olny"),
    "docs/language/attention.md": (
        '{{ cite("elman1990") }}',
        '{{ cite("ellman1990") }} {{ trem("token") }}\n'
        '[dead](nowhere.md) [anchor](../study/glossary.md#term-nonsense) <a href="../../lost/">raw</a> '
        "$\\foo{x}$",
    ),
    "docs/study/notation.md": ("attrs: {id: notation-softmax-shift}", "attrs: {id: genai-subset}"),
    "docs/foundations/what-is-generative-ai.md": ("requires: []", "requires: [language/attention.md]"),
    "mkdocs.yml": ("      - study/resources.md\n", ""),
    "docs/redirects.yml": ("{}", "language/old.md: language/gtp.md\nlanguage/older.md: language/gpt.md#gone"),
}
MESSAGES = (
    "architecture: no 'decoder-olny' under architectures; did you mean 'decoder-only'?",
    "cite('ellman1990'): unknown sources id; did you mean 'elman1990'?",
    "no macro 'trem'; did you mean 'term'?",
    "link 'nowhere.md': there is no such page or file",
    "#term-nonsense': there is no such anchor",
    "link '../../lost/': there is no such page or file",
    "unknown command \\foo",
    "question id 'genai-subset' is already used in docs/foundations/what-is-generative-ai.md:",
    "`requires` goes in a circle: foundations/what-is-generative-ai.md → language/attention.md → ",
    "docs/study/resources.md:1: is not in the navigation",
    "language/old.md: target: no page 'language/gtp.md'; did you mean 'language/gpt.md'?",
    "link '../gpt/#gone': there is no such anchor",
)


def run_build(project: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(project), "NO_MKDOCS_2_WARNING": "1", "GITHUB_ACTIONS": ""}
    command = [sys.executable, "-m", "macros.check", "--build"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def test_every_kind_of_mistake_is_told_in_one_run_sorted_by_place(tmp_path: Path) -> None:
    """Each planted fault has one line with file, line and remedy; what was published stays as it was."""
    project = copy_project(tmp_path / "project")
    (project / "site").mkdir()
    (project / "site" / "index.html").write_text("the last good one")
    for name, (right, wrong) in FAULTS.items():
        text = (project / name).read_text("utf-8")
        assert right in text, f"{name} has changed: plant the fault elsewhere"
        (project / name).write_text(text.replace(right, wrong, 1), "utf-8")

    done = run_build(project)

    assert done.returncode == 1
    for message in MESSAGES:
        assert sum(message in line for line in done.stderr.splitlines()) == 1, message
    *lines, total = done.stderr.strip().splitlines()
    places = [(line.split(":")[0], int(line.split(":")[1])) for line in lines]
    assert places == sorted(places)
    assert total == f"{len(MESSAGES)} problems; nothing is published."
    assert (project / "site" / "index.html").read_text() == "the last good one"
