"""The cores run in the browser, from the repository's own files; no site is built for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from macros.catalogue import DOCS
from tests.built import Site, listening, serve


@pytest.fixture(scope="session")
def scripts() -> Iterator[Site]:
    """The folder of the scripts, served."""
    with listening() as server:
        yield serve(server, DOCS / "assets" / "js")


@pytest.fixture(scope="session")
def blank(browser: Browser, scripts: Site) -> Iterator[Page]:
    """An empty page of their origin, from which modules can be imported."""
    page = browser.new_page()
    page.route(
        "**/blank",
        lambda route: route.fulfill(body="<!doctype html><title>x</title>", content_type="text/html"),
    )
    page.goto(f"{scripts.url}blank")
    yield page
    page.close()


Run = Callable[..., Any]


@pytest.fixture(scope="session")
def run(blank: Page) -> Run:
    """run("fsrs", "(m, x) => …", x): the function's result, given the module and the argument."""

    def evaluate(module: str, function: str, argument: object = None) -> Any:
        script = f"async ([module, x]) => ({function})(await import(`/core/${{module}}.js`), x)"
        return blank.evaluate(script, [module, argument])

    return evaluate
