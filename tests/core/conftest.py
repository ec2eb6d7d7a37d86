"""The cores run in the browser, from the repository's own files; no site is built for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from macros.catalogue import DOCS
from tests.built import Site, listening, serve


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: the plugin's fixture of this name, in the folder of the browser tests, builds the site."""


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two sites on one origin, with the scripts of the repository and a page that uses the store."""
    root = tmp_path_factory.mktemp("origin")
    for name in ("one", "two"):
        (root / name).mkdir()
        (root / name / "assets").symlink_to(DOCS / "assets")
        for page in ("store.html", "blank.html"):
            text = Path(__file__).with_name("store.html").read_text("utf-8") if page == "store.html" else ""
            (root / name / page).write_text(text or "<!doctype html><title>x</title>", "utf-8")
    with listening() as server:
        yield serve(server, root)


Run = Callable[..., Any]


@pytest.fixture(scope="session")
def run_in(browser: Browser, scripts: Site) -> Iterator[Callable[[str], Run]]:
    """run_in("Europe/Berlin")("fsrs", "(m, x) => …", x): the function's result on a device in that zone."""
    pages: dict[str, Page] = {}

    def device(zone: str) -> Run:
        if zone not in pages:
            pages[zone] = browser.new_page(timezone_id=zone)
            pages[zone].goto(f"{scripts.url}one/blank.html")

        def evaluate(module: str, function: str, argument: object = None) -> Any:
            file = module if "/" in module else f"core/{module}"
            script = f"async ([file, x]) => ({function})(await import(`/one/assets/js/${{file}}.js`), x)"
            return pages[zone].evaluate(script, [file, argument])

        return evaluate

    yield device
    for page in pages.values():
        page.close()


@pytest.fixture(scope="session")
def run(run_in: Callable[[str], Run]) -> Run:
    """The same on a device by Greenwich time."""
    return run_in("UTC")
