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


@pytest.fixture(scope="session")
def blank(browser: Browser, scripts: Site) -> Iterator[Page]:
    """An empty page of their origin, from which modules can be imported."""
    page = browser.new_page()
    page.goto(f"{scripts.url}one/blank.html")
    yield page
    page.close()


Run = Callable[..., Any]


@pytest.fixture(scope="session")
def run(blank: Page) -> Run:
    """run("fsrs", "(m, x) => …", x): the function's result, given the module and the argument."""

    def evaluate(module: str, function: str, argument: object = None) -> Any:
        script = f"async ([module, x]) => ({function})(await import(`/one/assets/js/core/${{module}}.js`), x)"
        return blank.evaluate(script, [module, argument])

    return evaluate
