"""Find a Chromium for the browser tests, or install one: `python tools/chromium.py` prints its path.

What was tried goes to the error stream, one line each. Nothing is skipped in silence: without a browser
it fails and says what to do. Standard library only, until the last resort.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

NAMES = ("chromium", "google-chrome", "chromium-browser")
MAC_APPS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")
LIMIT = 120  # seconds for the download


def runs(path: str) -> bool:
    """Tell whether the program starts: Ubuntu's chromium-browser without its snap, for one, does not."""
    if os.name == "nt":  # there, asking for the version opens a window
        return Path(path).is_file()
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def given() -> str | None:
    """Return CHROMIUM_PATH; naming a program that does not start is an error, not a wish."""
    path = os.environ.get("CHROMIUM_PATH")
    if path and not runs(path):
        raise SystemExit(
            f"CHROMIUM_PATH={path} does not start.\n  Remedy: correct it, or unset it to search."
        )
    return path


def in_mac_folders() -> str | None:
    """Look where macOS keeps applications."""
    apps = (folder / "Applications" / app for folder in (Path("/"), Path.home()) for app in MAC_APPS)
    return next((str(app) for app in apps if app.is_file()), None)


def from_debian() -> str | None:
    """Install Debian's package where we may."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    for command in ("apt-get update", "apt-get install -y --no-install-recommends chromium"):
        subprocess.run(
            command.split(), capture_output=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
    return shutil.which("chromium")


def from_playwright() -> str | None:
    """Let Playwright download its own Chromium, unless it already has."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).is_file():
        command = [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"]
        try:
            subprocess.run(command, capture_output=True, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return None
    return path if Path(path).is_file() else None


def ways() -> list[tuple[str, Callable[[], str | None]]]:
    """List the ways to a browser in the order they are tried, the cheapest first."""
    on_path = [(f"{name} on PATH", lambda name=name: shutil.which(name)) for name in NAMES]
    return [
        ("CHROMIUM_PATH", given),
        *on_path,
        ("macOS application folders", in_mac_folders),
        ("Debian's package, if root", from_debian),
        (f"Playwright's download, at most {LIMIT} s", from_playwright),
    ]


def find() -> str:
    """Return the path of a Chromium that starts, or exit with the remedy."""
    for name, way in ways():
        path = way()
        usable = bool(path) and runs(str(path))
        print(
            f"{name}: {(path if usable else f'{path} does not start') if path else 'none'}", file=sys.stderr
        )
        if path and usable:
            return path
    remedy = "install Chromium or Google Chrome, or set CHROMIUM_PATH to the program"
    raise SystemExit(f"No Chromium found for the browser tests.\n  Remedy: {remedy}.")


if __name__ == "__main__":
    print(find())
