"""Fixtures of all tests: both engines' builds, each on its own server, and the browser of this system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import settings

from macros.export import finish
from tests.built import Site, listening, serve, url_of
from tools.bench import ENGINES, build, copy_project
from tools.chromium import find

# No test may depend on how fast the machine is. The full counts run in `make test-long`.
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Site]]:
    """The site built by both engines from a copy of the sources, at the same time, and served."""
    with listening() as first, listening() as second:
        servers = dict(zip(ENGINES, (first, second), strict=True))

        projects = {engine: tmp_path_factory.mktemp(engine) / "project" for engine in ENGINES}

        def make(engine: str) -> Site:
            folder = build(engine, copy_project(projects[engine]), url=url_of(servers[engine]))
            assert finish(folder) == []
            return serve(servers[engine], folder)

        with ThreadPoolExecutor() as pool:
            yield dict(zip(ENGINES, pool.map(make, ENGINES), strict=True))


@pytest.fixture(scope="session")
def site(sites: dict[str, Site]) -> Site:
    """The site that is published: MkDocs' build."""
    return sites["mkdocs"]


@pytest.fixture(scope="session")
def next_site(sites: dict[str, Site]) -> Site:
    """The second engine's build."""
    return sites["zensical"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start this system's Chromium, and let it reach nothing but this machine."""
    arguments = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to start as root otherwise, as in containers
    return {**browser_type_launch_args, "executable_path": find(), "args": arguments}
