"""Builds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("mkdocs", "zensical")


def copy_project(into: Path) -> Path:
    """The sources of the site, without history, environment, tests and earlier builds."""
    ignored = shutil.ignore_patterns(".*", "site", "site-next", "__pycache__", "tests", "miniatures")
    return Path(shutil.copytree(ROOT, into, ignore=ignored))


def build(engine: str, project: Path, url: str = "http://127.0.0.1:8000/", *, strict: bool = True) -> Path:
    """Build a copy of the project with one engine; returns the folder of the result.

    The folder lies in the project, because Zensical refuses any other.
    """
    environment = os.environ | {
        "SITE_URL": url,
        "SITE_DIR": "site",
        "NO_MKDOCS_2_WARNING": "1",
        "MACROS_FAIL": "true" if engine == "zensical" else "false",
    }
    command = {"mkdocs": ["build", "-q", *["--strict"][:strict]], "zensical": ["build", "-c"]}[engine]
    result = subprocess.run(
        [sys.executable, "-m", engine, *command], cwd=project, env=environment, capture_output=True, text=True
    )
    if result.returncode:
        raise RuntimeError(
            f"{engine} could not build the site:\n{result.stdout[-4000:]}{result.stderr[-4000:]}"
        )
    return project / "site"


def first_visit_files(site: Path, page: str) -> list[Path]:
    """What a browser needs before a page can be read: the page, its styles, its scripts."""
    file = site / page / "index.html"
    html = file.read_text(encoding="utf-8")
    links = re.findall(r'<link rel="stylesheet" href="([^"]+)"|<script[^>]* src="([^"]+)"', html)
    return [file, *((file.parent / (style or script)).resolve() for style, script in links)]
