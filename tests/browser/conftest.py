"""What every browser test watches: errors, policy violations, and requests that leave this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from tests.built import Site

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="session")
def base_url(site: Site) -> str:
    """The published site; it also replaces the plugin's fixture of this name, which newer pytests warn of."""
    return site.url


@pytest.fixture(autouse=True)
def problems(context: BrowserContext) -> Iterator[list[str]]:
    """Fails a test whose pages reported an error or asked another host for anything."""
    found: list[str] = []
    context.add_init_script(REPORT_VIOLATIONS)
    context.on("weberror", lambda error: found.append(f"uncaught: {error.error}"))
    context.on("console", lambda m: found.append(f"console: {m.text}") if m.type == "error" else None)
    context.on(
        "request",
        lambda r: None if r.url.startswith(("http://127.0.0.1:", "data:", "blob:")) else found.append(r.url),
    )
    yield found
    assert found == []
