"""A browser, a folder served to it, and what a script in that folder imports."""

from __future__ import annotations

import functools
import os
import re
import threading
from collections.abc import Container, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from tools.chromium import find

AT_ONCE = r'(?m)^import .*?"(\.[^"]+)"'
LATER = r'(?:\bfrom|\bimport\(|\bimport|\.load\() ?"(\.[^"]+)"'


class QuietHandler(SimpleHTTPRequestHandler):
    """Answers from a folder without a line for each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Keep the report readable."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served until the end, with a slash."""
    handler = functools.partial(QuietHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def chromium(driver: Playwright) -> Browser:
    """This system's Chromium; as root, as in containers, it starts without its sandbox only."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return driver.chromium.launch(executable_path=find(), args=["--no-sandbox"] if root else [])


def imported(script: Path, on_demand: bool = False, left_out: Container[str] = ()) -> set[Path]:
    """A script with all that it imports: at once, or what it fetches later, too; without these names."""
    found, waiting = set[Path](), [script.resolve()]
    while waiting:
        file = waiting.pop()
        found.add(file)
        names = re.findall(LATER if on_demand else AT_ONCE, file.read_text("utf-8"))
        paths = [path for name in names if (path := (file.parent / name).resolve()).name not in left_out]
        waiting += [path for path in paths if path not in found]
    return found
