"""Measure the budgets, as ratios within one run: `python -m tools.bench [ROW …]`; one function a row.

Everything is built from copies in a temporary folder. Absolute times say little on a busy machine;
so what is compared runs in turns, and the shortest time of each counts.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("mkdocs", "zensical")
URL = "http://127.0.0.1:8000/"
DUMP = """
import os, pathlib, yaml
from mkdocs.plugins import event_priority

@event_priority(-100)  # after the macros
def on_page_markdown(markdown, page, **_):
    file = pathlib.Path(os.environ["EXPANDED"], page.file.src_uri)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("---\\n" + yaml.safe_dump(page.meta) + "---\\n" + markdown, encoding="utf-8")
"""


def copy_project(into: Path) -> Path:
    """The sources of the site, without history, environment, tests and earlier builds."""
    ignored = shutil.ignore_patterns(".*", "site", "site-next", "__pycache__", "tests", "shots")
    return Path(shutil.copytree(ROOT, into, ignore=ignored))


def settings(url: str = URL, **more: str) -> dict[str, str]:
    """The environment of an engine that builds into `site`; Zensical has no switch for strictness."""
    return os.environ | {"SITE_URL": url, "SITE_DIR": "site", "NO_MKDOCS_2_WARNING": "1"} | more


def build(engine: str, project: Path, url: str = URL, options: tuple[str, ...] = ("--strict",)) -> Path:
    """Build a copy of the project with one engine; returns the folder of the result.

    The folder lies in the project, because Zensical refuses any other.
    """
    command = ["build", "-q", *options] if engine == "mkdocs" else ["build", "-c"]
    more = {"MACROS_FAIL": "true"} if engine == "zensical" else {}
    result = subprocess.run(
        [sys.executable, "-m", engine, *command],
        cwd=project,
        env=settings(url, EXPANDED=str(project / "expanded"), **more),
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise RuntimeError(f"{engine} could not build the site:\n{result.stdout[-4000:]}{result.stderr[-4000:]}")
    return project / "site"


def first_visit_files(site: Path, page: str) -> list[Path]:
    """What a browser needs before a page can be read: the page, its styles, its scripts."""
    file = site / page / "index.html"
    links = re.findall(
        r'<link rel="stylesheet" href="([^"]+)"|<script[^>]* src="([^"]+)"', file.read_text(encoding="utf-8")
    )
    return [file, *((file.parent / (style or script)).resolve() for style, script in links)]


def packed(*files: Path) -> int:
    """Bytes of files as a server sends them."""
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


def plain_copy(project: Path, into: Path) -> Path:
    """The same pages with every macro already expanded, for MkDocs without the macros plugin."""
    (project / "dump.py").write_text(DUMP, encoding="utf-8")
    (project / "dump.yml").write_text("INHERIT: mkdocs.yml\nhooks: [dump.py]\n", encoding="utf-8")
    build("mkdocs", project, options=("-f", "dump.yml"))
    shutil.copytree(project, into)
    shutil.copytree(project / "expanded", into / "docs", dirs_exist_ok=True)
    config = (into / "mkdocs.yml").read_text(encoding="utf-8")
    config = re.sub(r"\n  - macros:\n(?:    .*\n| *\n)*", "\n", config)
    (into / "mkdocs.yml").write_text(config, encoding="utf-8")
    return into


def tenfold(project: Path) -> Path:
    """Nine more copies of every chapter and of every row of data."""
    docs = project / "docs"
    chapters = [p for p in docs.rglob("*.md") if "\nkind: concept" in p.read_text(encoding="utf-8")]
    data = yaml.safe_load((docs / "data" / "genai.yml").read_text(encoding="utf-8"))
    for number in range(1, 10):
        for chapter in chapters:
            copy = docs / f"copy{number}" / chapter.relative_to(docs)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(chapter.read_text(encoding="utf-8").replace("{id: ", f"{{id: c{number}-"))
    for key, rows in data.items():
        more = [{**row, "id": f"{row['id']}-c{n}", "aliases": []} for n in range(1, 10) for row in rows]
        keep = [row if "aliases" in rows[0] or key != "sources" else row for row in more]
        data[key] = rows + [{k: v for k, v in row.items() if v != []} for row in keep]
    (docs / "data" / "genai.yml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return project


def fastest(*jobs: Callable[[], object], rounds: int = 3) -> list[float]:
    """The shortest time of each job, in seconds; the jobs take turns."""
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds):
        for job, taken in zip(jobs, times):
            start = time.perf_counter()
            job()
            taken.append(time.perf_counter() - start)
    return [min(taken) for taken in times]


def refresh(project: Path, rounds: int = 3) -> float:
    """Seconds from saving a page until the live server answers with the new text."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    page = project / "docs" / "index.md"
    text = page.read_text(encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "serve", "-q", "--livereload", "-a", address]
    server = subprocess.Popen(command, cwd=project, env=settings(f"http://{address}/"), stderr=subprocess.DEVNULL)
    try:
        await_text(f"http://{address}/", "<h1")
        times = []
        for number in range(rounds):
            page.write_text(f"{text}\n\nrefreshed{number}x\n", encoding="utf-8")
            start = time.perf_counter()
            await_text(f"http://{address}/", f"refreshed{number}x")
            times.append(time.perf_counter() - start)
        return min(times)
    finally:
        server.terminate()
        server.wait()
        page.write_text(text, encoding="utf-8")


def await_text(url: str, text: str) -> None:
    """Ask again and again until a page has the text."""
    for _ in range(6000):
        try:
            if text in urllib.request.urlopen(url, timeout=30).read().decode():
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.01)
    raise TimeoutError(f"{url} never had {text!r}")
