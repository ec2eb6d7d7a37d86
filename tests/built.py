"""The built site as the tests see it: which pages there are, and one server per engine."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from macros.pages import read_site
from tools.browser import QuietHandler


class Site(NamedTuple):
    """One engine's output, finished by `macros.export`, and where it is served."""

    folder: Path
    url: str

    def html(self, page: str) -> str:
        """The text of a page, given by its address below the site's root."""
        file = self.folder / page
        return (file / "index.html" if file.is_dir() else file).read_text(encoding="utf-8")

    def files(self) -> list[Path]:
        """Every page, also those that no source names (404.html)."""
        return sorted(self.folder.rglob("*.html"))


def address(source: Path) -> str:
    """The address of a source file's page: `language/bert.md` → `language/bert/`."""
    path = source.with_suffix("").as_posix()
    return (path.removesuffix("index") if path.endswith("index") else f"{path}/").removeprefix("./")


PAGES = sorted(address(Path(page)) for page in read_site())
"""The address of every page; the start page is the empty one."""

CHAPTERS = [
    page for page in PAGES if page.count("/") == 2 and not page.startswith(("study", "contributing", "data"))
]
"""Pages that explain one concept."""


@contextmanager
def listening() -> Iterator[ThreadingHTTPServer]:
    """A server on a free port of this machine; it has the port before the site is built for it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler) as server:
        yield server
        server.shutdown()


def serve(server: ThreadingHTTPServer, folder: Path) -> Site:
    """Let the server answer from a folder."""
    server.RequestHandlerClass = functools.partial(QuietHandler, directory=str(folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return Site(folder, url_of(server))


def url_of(server: ThreadingHTTPServer) -> str:
    """Where a server listens; MkDocs' instant navigation works only on the site's own origin."""
    return f"http://127.0.0.1:{server.server_address[1]}/"
