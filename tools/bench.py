"""Measure the budgets: `python -m tools.bench [ROW …]`; one function a row.

Everything is built from copies in a temporary folder. Absolute times say little on a busy machine; so what
is compared runs in turns, and the shortest time of each counts.
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
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from playwright.sync_api import Route, sync_playwright

from macros.export import finish
from macros.pages import PARTS
from tools.bench_tables import worst_ratio
from tools.browser import chromium, served

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("mkdocs", "zensical")
URL = "http://127.0.0.1:8000/"
DUMP = """
import pathlib, yaml
from mkdocs.plugins import event_priority

@event_priority(-100)  # after the macros
def on_page_markdown(markdown, page, **_):
    file = pathlib.Path("expanded", page.file.src_uri)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("---\\n" + yaml.safe_dump(page.meta) + "---\\n" + markdown, encoding="utf-8")
"""


def copy_project(into: Path) -> Path:
    """The sources of the site, without history, environment, tests and earlier builds."""
    ignored = shutil.ignore_patterns(".*", "site", "site-next", "__pycache__", "tests", "shots", "runs")
    return Path(shutil.copytree(ROOT, into, ignore=ignored))


def command(engine: str, *options: str, url: str = URL) -> tuple[list[str], dict[str, str]]:
    """The arguments and the environment of an engine; Zensical is strict only through the macros."""
    strict = {"MACROS_FAIL": "true"} if engine == "zensical" else {}
    more = {"SITE_URL": url, "SITE_DIR": "site", "NO_MKDOCS_2_WARNING": "1"} | strict
    return [sys.executable, "-m", engine, *options], {**os.environ, **more}


def build(engine: str, project: Path, *options: str, url: str = URL) -> Path:
    """Build a copy of the project; the result lies inside, because Zensical refuses any other place."""
    defaults = ["build", "-c"] if engine == "zensical" else ["build", "-q", *(options or ["--strict"])]
    arguments, environment = command(engine, *defaults, url=url)
    done = subprocess.run(arguments, cwd=project, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{engine} could not build the site:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return project / "site"


def plain_copy(project: Path, into: Path) -> Path:
    """The same pages with every macro already expanded, for MkDocs without the macros plugin."""
    (project / "dump.py").write_text(DUMP, encoding="utf-8")
    (project / "dump.yml").write_text("INHERIT: mkdocs.yml\nhooks: [dump.py]\n", encoding="utf-8")
    build("mkdocs", project, "-f", "dump.yml")
    shutil.copytree(project, into)
    shutil.copytree(project / "expanded", into / "docs", dirs_exist_ok=True)
    config = (into / "mkdocs.yml").read_text(encoding="utf-8")
    plain = re.sub(r"\n  - macros:\n(?:    .*\n)*", "\n", config)
    (into / "mkdocs.yml").write_text(plain, encoding="utf-8")
    return into


def tenfold(project: Path) -> Path:
    """Nine more copies of every chapter and of every row of the data file."""
    docs, data = project / "docs", project / "docs" / "data" / "genai.yml"
    chapters = {p: p.read_text(encoding="utf-8") for p in docs.rglob("*.md")}
    rows = yaml.load(data.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    for number in range(1, 10):
        for chapter, text in chapters.items():
            if "\nkind: concept" in text:
                copy = docs / f"copy{number}" / chapter.relative_to(docs)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text.replace("{id: ", f"{{id: c{number}-"), encoding="utf-8")
    for kind, some in rows.items():
        # Deep copies: shared lists would be written as YAML aliases, which the data file may not have.
        copies = [
            {**deepcopy(row), "id": f"{row['id']}-c{number}"} for number in range(1, 10) for row in some
        ]
        rows[kind] = some + [{name: copy[name] for name in copy if name != "aliases"} for copy in copies]
    data.write_text(yaml.dump(rows, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
    return project


def fastest(first: Callable[[], object], second: Callable[[], object]) -> float:
    """The shortest time of the first job : that of the second; they take turns."""
    times: list[float] = []
    for job in (first, second) * 3:
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times[::2]) / min(times[1::2])


def wait_for(url: str, text: str) -> float:
    """Seconds until a page has the text."""
    start = time.perf_counter()
    while time.perf_counter() - start < 60:
        with suppress(OSError):  # as long as the server starts, it refuses
            if text in urllib.request.urlopen(url, timeout=30).read().decode():
                return time.perf_counter() - start
        time.sleep(0.01)
    raise TimeoutError(f"{url} never had {text!r}")


def refresh(project: Path) -> float:
    """Seconds from saving a page until the live server answers with its new text."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    url, page = f"http://{address}/", project / "docs" / "index.md"
    arguments, environment = command("mkdocs", "serve", "-q", "--livereload", "-a", address, url=url)
    with subprocess.Popen(arguments, cwd=project, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            times = [wait_for(url, "<h1")]
            for number in range(3):
                page.write_text(f"{page.read_text(encoding='utf-8')}\n\nrefresh{number}\n", encoding="utf-8")
                times.append(wait_for(url, f"refresh{number}"))
            return min(times[1:])
        finally:
            server.terminate()


def first_visit_files(site: Path, page: str) -> list[Path]:
    """What a browser needs before a page can be read: the page, its styles, its scripts."""
    file = site / page / "index.html"
    html = file.read_text(encoding="utf-8")
    links = re.findall(r'(?:<link rel="stylesheet" href|<script[^>]* src)="([^"]+)"', html)
    return [file, *((file.parent / link).resolve() for link in links)]


def packed(*files: Path) -> int:
    """Bytes of files as a server sends them."""
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


def strict_build(ours: Path, plain: Path) -> float:
    """A strict build : the same pages with macros already expanded."""
    return fastest(lambda: build("mkdocs", ours), lambda: build("mkdocs", plain))


def growth(ours: Path, plain: Path) -> float:
    """A build of ten times the chapters and rows : a build."""
    ten = tenfold(copy_project(ours.parent / "ten"))
    return fastest(lambda: build("mkdocs", ten, "--no-strict"), lambda: build("mkdocs", ours))


def second_engine(ours: Path, plain: Path) -> float:
    """A build with Zensical : a build with MkDocs."""
    return fastest(lambda: build("zensical", ours), lambda: build("mkdocs", ours))


def live_refresh(ours: Path, plain: Path) -> float:
    """From edit to refreshed page : the same with macros already expanded."""
    return refresh(ours) / refresh(plain)


def first_visit(ours: Path, plain: Path) -> float:
    """The heaviest chapter with its styles and scripts, compressed, in kB."""
    site = build("mkdocs", ours)
    finish(site)  # as it is published
    pages = [page.parent for part in PARTS for page in site.glob(f"{part}/*/index.html")]
    return max(packed(*first_visit_files(site, page.as_posix())) for page in pages) / 1e3


def search_index(ours: Path, plain: Path) -> float:
    """The search index, compressed, in kB."""
    return packed(build("mkdocs", ours) / "search" / "search_index.json") / 1e3


REPLAY = """async () => {
  const { replay } = await import("/core/replay.js"), HOUR = 3.6e6;
  const log = Array.from({ length: 100_000 }, (_, i) => ({
    v: 1, id: `event-${i * 7919 % 100_000}`, kind: i % 50 ? "review" : "undo", at: 1.7e12 + i * HOUR, zone: 0,
    card: `card-${i * 31 % 997}`, rating: 1 + i * 13 % 4, of: `event-${(i - 997) * 7919 % 100_000}`,
  }));
  const start = performance.now();
  if (replay(log).count !== log.length) throw new Error("events were lost");
  return (performance.now() - start) / 1000;
}"""


def study_replay(ours: Path, plain: Path) -> float:
    """Seconds to replay a log of 100,000 events in Chromium, every fiftieth an undo."""
    with sync_playwright() as driver, chromium(driver) as browser:
        page = browser.new_page()

        def answer(route: Route) -> None:
            file = ours / "docs" / "assets" / "js" / urlsplit(route.request.url).path.lstrip("/")
            kind = "text/javascript" if file.is_file() else "text/html"
            route.fulfill(body=file.read_text("utf-8") if file.is_file() else "", content_type=kind)

        page.route("**/*", answer)
        page.goto("http://bench.test/")
        return float(min(page.evaluate(REPLAY) for _ in range(3)))


LEARN = """async () => {
  const { memory } = await import("/assets/js/ui/memory.js"), store = await memory(), HALF = 1.8e6;
  const { chapters } = await (await fetch("/study/chapters.json")).json();
  const cards = chapters.flatMap(({ cards }) => cards.map(({ id }) => id)), start = Date.now() - 1e5 * HALF;
  const events = Array.from({ length: 100_000 }, (_, i) => ({
    v: 1, id: `event-${1e6 + i}`, kind: "review", at: start + i * HALF, zone: 0,
    card: cards[i * 31 % cards.length], rating: 1 + i * 13 % 4,
  }));
  const text = JSON.stringify({ format: "generative-ai-study-log", version: 1, events, damaged: [] });
  const { preview } = await import("/assets/js/core/log-file.js");
  await store.import(preview(text, await store.events(), Date.now()));
  await new Promise((done) => setTimeout(done, 2000)); // until the snapshot is there
  return (await store.events()).length;
}"""
READY = """addEventListener("DOMContentLoaded", function look() {
  if (document.querySelector("study-review[data-ready]")) window.readyAt = performance.now();
  else requestAnimationFrame(look);
});"""


def review_ready(ours: Path, plain: Path) -> float:
    """Seconds from opening the review page to its first card, from the snapshot of 100,000 events."""
    site = build("mkdocs", ours)
    finish(site)
    with served(site) as home, sync_playwright() as driver, chromium(driver) as browser:
        page, times = browser.new_page(), list[float]()
        page.goto(f"{home}study/how-it-works/")
        kept = page.evaluate(LEARN)
        if kept != 100_000:
            raise RuntimeError(f"{kept} of 100,000 events were kept")
        page.add_init_script(READY)
        for _ in range(5):
            page.goto(f"{home}study/review/")
            page.locator("study-review[data-ready]").wait_for()
            page.wait_for_timeout(100)  # the frame in which the page notes the time
            times.append(float(page.evaluate("readyAt / 1000")))
    return min(times)


def table_work(ours: Path, plain: Path) -> float:
    """Time of the table's worst work at 1,000 rows : that of DataTables or Tabulator, the faster."""
    return worst_ratio()


BUDGETS = (1.25, 11, 0, 1.5, 110, 300, 1, 0.3, 1)  # 0: none
ROWS = dict(
    zip(
        (
            strict_build,
            growth,
            second_engine,
            live_refresh,
            first_visit,
            search_index,
            study_replay,
            review_ready,
            table_work,
        ),
        BUDGETS,
    )
)


def main(names: list[str]) -> int:
    """Print the table of the named rows, or of all; fails where one is over its budget."""
    with tempfile.TemporaryDirectory() as folder:
        ours = copy_project(Path(folder) / "ours")
        plain = plain_copy(ours, Path(folder) / "plain")
        over = 0
        for row, budget in ROWS.items():
            if not names or row.__name__ in names:
                value = row(ours, plain)
                over += 0 < budget < value
                print(f"{value:8.2f}  (budget {budget or 'none'})  {row.__name__}: {row.__doc__}", flush=True)
    return min(over, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
