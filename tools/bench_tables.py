"""The table of this site beside DataTables and Tabulator: `python -m tools.bench_tables [ROWS …]`.

Each gets the same table in the page's HTML and does the same work in Chromium: first render, a text filter, a
choice in one column, a sort by numbers. With 1,000 rows all are shown, without pages or virtual scrolling;
with 10,000 the first 500. As the others come, they draw only what is in sight (ten rows a page, or a virtual
list); that is measured, too. Times run from the call until the next frame is there; medians of turns.
"""

from __future__ import annotations

import gzip
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route, sync_playwright

from tools.browser import chromium, imported
from tools.tasks import NPM

DOCS = Path(__file__).resolve().parents[1] / "docs"
PACKAGES = {"datatables.net": "3.1.5", "tabulator-tables": "6.5.3"}
TURNS = 7
TABLE = DOCS / "assets" / "js" / "ui" / "data-table.js"
SCRIPTS = {
    "ours": sorted(imported(TABLE)),
    "ours with what opens on demand": sorted(imported(TABLE, on_demand=True)),
}
MAKERS = "OpenAI Google Meta Anthropic Mistral Alibaba DeepSeek Microsoft".split()  # noqa: SIM905

FRAME = """
const frame = () => new Promise((done) => requestAnimationFrame(() => {
  const channel = new MessageChannel();  // its message comes after the frame is drawn
  channel.port1.onmessage = done;
  channel.port2.postMessage(0);
}));
const time = async (act) => {
  await frame();
  await new Promise((done) => requestAnimationFrame(done));
  const start = performance.now();
  await act();
  document.body.offsetHeight;
  await frame();
  return performance.now() - start;
};
const table = document.querySelector("table"), all = %(rows)d, shown = %(shown)d;
"""
READY = {
    "ours": """
      const whole = document.querySelector("data-table");
      await import("/js/ui/data-table.js");
      while (all >= 100 && !whole.querySelector(".data-table--tall")) await frame();
    """,
    "DataTables": """
      const { default: DataTable } = await import("/node_modules/datatables.net/js/dataTables.min.mjs");
      window.made = new DataTable(table, %(datatables)s);
    """,
    "Tabulator": """
      const { TabulatorFull } = await import("/node_modules/tabulator-tables/dist/js/tabulator_esm.min.mjs");
      await new Promise((done) => {
        window.made = new TabulatorFull(table, %(tabulator)s);
        window.made.on("tableBuilt", done);
      });
    """,
}
ACTS = {
    "ours": {
        "text": """(word) => {
          const field = document.querySelector("data-table input[type=search]");
          field.value = word;
          field.dispatchEvent(new Event("input"));
        }""",
        "choice": """(maker) => {
          const boxes = [...document.querySelectorAll(".table-panel label")];
          for (const box of boxes) {
            const input = box.querySelector("input");
            if (input.checked !== (box.textContent.trim().split(" ")[0] === maker)) input.click();
          }
        }""",
        "sort": """(down) => document.querySelectorAll("data-table button.sort")[3].click()""",
    },
    "DataTables": {
        "text": "(word) => made.search(word).draw()",
        "choice": "(maker) => made.column(1).search(maker).draw()",
        "sort": "(down) => made.order([3, down ? 'desc' : 'asc']).draw()",
    },
    "Tabulator": {
        "text": """(word) => made.setFilter((row) =>
          Object.values(row).some((value) => String(value).toLowerCase().includes(word)))""",
        "choice": "(maker) => maker ? made.setFilter('maker', '=', maker) : made.clearFilter()",
        "sort": "(down) => made.setSort('parameters', down ? 'desc' : 'asc')",
    },
}
WORK = {  # a turn, and its way back, which is not counted
    "text": ("'maker7'", "''"),
    "choice": ("'Meta'", "''"),
    "sort": ("turn % 2", None),
}
COUNT = (
    """() => [...document.querySelectorAll("tbody tr, .tabulator-row")].filter((row) => !row.hidden).length"""
)


def rows_of(count: int) -> str:
    """The same rows in every run: eight columns; no header cells, which Tabulator takes for columns."""
    draw = random.Random(7)
    lines = []
    for at in range(count):
        size, window = draw.randrange(10**6, 10**12), 2 ** draw.randrange(9, 21)
        year, tokens = draw.randrange(2017, 2027), draw.randrange(10**9, 10**13)
        cells = [
            f"<td>{draw.choice(MAKERS)}</td>",
            f'<td data-value="{year}">{year}</td>',
            *(
                f'<td data-value="{n}" data-order="{n}" class="number">{n}</td>'
                for n in (size, tokens, window)
            ),
            f"<td>{draw.choice(('decoder only', 'encoder only', 'mixture of experts'))}</td>",
            f"<td>maker{draw.randrange(10)} license {draw.randrange(10)}</td>",
        ]
        lines.append(f'<tr id="row-{at}"><td>Model {draw.randrange(10**6)}</td>{"".join(cells)}</tr>')
    return "".join(lines)


HEAD = "".join(
    f'<th scope="col" data-column="{name}"{more}>{name.capitalize()}</th>'
    for name, more in {
        "name": "",
        "maker": ' data-facet="options"',
        "date": ' data-type="date" data-facet="range"',
        "parameters": ' data-type="number" data-facet="range"',
        "tokens": ' data-type="number"',
        "context": ' data-type="number"',
        "architecture": "",
        "license": "",
    }.items()
)


def page_of(rows: int) -> str:
    """The page that all three begin with."""
    return (
        '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/css/site.css">'
        '<link rel="stylesheet" href="/node_modules/tabulator-tables/dist/css/tabulator_simple.min.css">'
        '<body class="md-typeset"><main style="margin: auto; width: 1200px"><data-table>'
        '<div class="table-scroll table-scroll--long"><table class="data-table" id="t"><caption>T</caption>'
        f"<thead><tr>{HEAD}</tr></thead><tbody>{rows_of(rows)}</tbody></table></div></data-table>"
    )


def options(rows: int, as_they_come: bool) -> dict[str, Any]:
    """How DataTables and Tabulator are told to show as many rows as this site's table."""
    many = rows > 1000
    told = "pagination: true, paginationSize: 500, " if many else ""
    return {
        "rows": rows,
        "shown": min(rows, 500) if many else rows,
        "datatables": "{}"
        if as_they_come
        else "{ paging: true, pageLength: 500 }"
        if many
        else "{ paging: false }",
        "tabulator": "{ height: 800, layout: 'fitColumns' }"
        if as_they_come
        else f"{{ {told}renderVertical: 'basic', layout: 'fitColumns' }}",
    }


def measure(page: Page, name: str, rows: int, as_they_come: bool) -> dict[str, float]:
    """Medians in milliseconds, by kind of work."""
    told = options(rows, as_they_come)
    firsts, times = [], {}
    for _ in range(3):
        page.goto("http://bench.test/")
        script = f"async () => {{ {FRAME % told} return time(async () => {{ {READY[name] % told} }}); }}"
        firsts.append(page.evaluate(script))
    seen = page.evaluate(COUNT)
    if not as_they_come and seen != told["shown"]:
        raise RuntimeError(f"{name} shows {seen} rows, not {told['shown']}")
    if name == "ours":
        page.get_by_role("button", name="Filters").click()
        page.get_by_role("group", name="Maker").wait_for()
    for work, (there, back) in WORK.items():
        before = ""
        if name == "ours" and work == "sort":
            page.get_by_role("button", name="Filters").click()
            # A third click would sort as in the page.
            before = f"if (turn % 2 === 0 && turn) {{ await ({ACTS[name][work]})(); await frame(); }}"
        again = f"await ({ACTS[name][work]})({back}); await frame();" if back else ""
        script = f"""async () => {{ {FRAME % told} const times = [];
          for (let turn = 0; turn < {TURNS}; turn++) {{
            {before}
            times.push(await time(() => ({ACTS[name][work]})({there})));
            {again}
          }}
          return times; }}"""
        times[work] = statistics.median(page.evaluate(script))
    return {"first": statistics.median(firsts), **times}


def answer_from(packages: Path, html: str) -> Any:
    """Answer requests of the page from the repository and from the packages."""
    kinds = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path.lstrip("/")
        file = (packages if path.startswith("node_modules") else DOCS / "assets") / path
        if path and file.is_file():
            route.fulfill(body=file.read_bytes(), content_type=kinds.get(file.suffix, "text/plain"))
        else:
            route.fulfill(body="" if path else html, content_type="text/html", status=404 if path else 200)

    return answer


def install(folder: Path) -> None:
    """The other two, in their exact versions, outside the repository."""
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    npm = shutil.which("npm")
    command = [npm] if npm else [sys.executable, "-c", NPM]
    subprocess.run(
        [
            *command,
            "install",
            "--prefix",
            str(folder),
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            *wanted,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    modules = folder / "node_modules"
    SCRIPTS["DataTables"] = [modules / "datatables.net" / "js" / "dataTables.min.mjs"]
    SCRIPTS["Tabulator"] = [modules / "tabulator-tables" / "dist" / "js" / "tabulator_esm.min.mjs"]


def compare(browser: Browser, packages: Path, rows: int) -> dict[str, dict[str, float]]:
    """Each of the three, told to show the same, then the other two as they come."""
    html = page_of(rows)
    found = {}
    for as_they_come in (False, True):
        for name in READY:
            if name == "ours" and as_they_come:
                continue
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.route("**/*", answer_from(packages, html))
            label = f"{name}, as it comes" if as_they_come else name
            found[label] = measure(page, name, rows, as_they_come)
            page.close()
    return found


def worst_ratio(sizes: tuple[int, ...] = (1000, 10_000)) -> float:
    """Print the table; time of ours : that of the faster other, where that is largest, at 1,000 rows.

    At least 2 where the script is not the smallest, with all that opens on demand.
    """
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        install(Path(folder))
        bytes_of = {
            name: sum(len(gzip.compress(f.read_bytes())) for f in files) for name, files in SCRIPTS.items()
        }
        for name, size in bytes_of.items():
            print(f"{size / 1e3:8.1f} kB of script, compressed: {name}", flush=True)
        smallest = min(bytes_of["DataTables"], bytes_of["Tabulator"])
        worst = 2.0 if bytes_of["ours with what opens on demand"] > smallest else 0.0
        browser = chromium(driver)
        for rows in sizes:
            found = compare(browser, Path(folder), rows)
            print(f"\n{f'{rows:,} rows, milliseconds':<38}" + "".join(f"{work:>8}" for work in found["ours"]))
            for name, times in found.items():
                print(f"{name:<38}" + "".join(f"{value:8.1f}" for value in times.values()), flush=True)
            if rows == 1000:
                others = [found["DataTables"], found["Tabulator"]]
                worst = max(worst, *(t / min(o[work] for o in others) for work, t in found["ours"].items()))
        browser.close()
    return worst


if __name__ == "__main__":
    sys.exit(worst_ratio(tuple(map(int, sys.argv[1:])) or (1000, 10_000)) > 1)
