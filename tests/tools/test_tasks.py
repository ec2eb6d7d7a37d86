"""The commands: what they know, what they say, and the order in which a browser is looked for."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import chromium, tasks

ROOT = tasks.ROOT
LOCKS = list(tasks.LOCKS)
BUILDS_OF_PYTORCH = ("cuda", "nvidia", "torch", "triton")
MACHINE = re.compile(r"://|(?m:^| )(?:/|~/|file:|[A-Z]:\\)| @ ")


def pins(lock: str) -> set[str]:
    return set(re.findall(r"(?m)^[\w.-]+==\S+", (ROOT / lock).read_text()))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_versions_and_hashes_but_no_address_or_path(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not MACHINE.search(text)
    entries = re.split(r"(?m)^(?=\S)", text)[1:]
    assert len(entries) >= 20
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.]+( ; .+?)? \\\n", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


def test_each_lock_contains_the_one_before_it() -> None:
    assert pins(tasks.READING) < pins(tasks.TESTING) < pins(tasks.MINIATURES)


def test_only_the_miniatures_need_pytorch_and_no_lock_chooses_its_build() -> None:
    locked = {lock: {pin.partition("==")[0] for pin in pins(lock)} for lock in LOCKS}
    assert not [name for names in locked.values() for name in names if name.startswith(BUILDS_OF_PYTORCH)]
    assert {"tokenizers", "safetensors", "transformers", "sympy"} <= locked[tasks.MINIATURES]
    assert not {"tokenizers", "safetensors", "transformers", "sympy"} & locked[tasks.TESTING]


def test_the_builds_of_pytorch_are_cut_out_of_a_lock_whole() -> None:
    lines = ["numpy==1 \\", "    --hash=sha256:1", "nvidia-nccl-cu13==2 ; sys_platform == 'linux' \\"]
    lines += [
        "    --hash=sha256:2",
        "torch==3 \\",
        "    --hash=sha256:3",
        "    --hash=sha256:4",
        "tqdm==5 \\",
    ]
    kept = tasks.PYTORCH.sub("", "".join(f"{line}\n" for line in [*lines, "    --hash=sha256:5"]))
    assert re.findall(r"(?m)^\S+", kept) == ["numpy==1", "tqdm==5"]
    assert re.findall(r"\d$", kept, re.MULTILINE) == ["1", "5"]


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = {
        tasks.READING: project["dependencies"],
        tasks.TESTING: [*extras["next"], *extras["test"]],
        tasks.MINIATURES: extras["miniatures"],
    }
    for lock, wanted in asked.items():
        names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=\[]", text)[0]).lower() for text in wanted}
        assert len(names) >= 6
        assert names - {"genai-checked", "torch"} <= {pin.partition("==")[0] for pin in pins(lock)}


def test_what_decides_the_figures_of_the_miniatures_has_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    exact = {pin.lower() for pin in project["optional-dependencies"]["miniatures"]} - {"numpy"}
    assert len(exact) == 5
    assert {pin for pin in exact if not pin.startswith("torch")} <= pins(tasks.MINIATURES)
    torch = next(pin for pin in exact if pin.startswith("torch"))
    needed = re.search(r'(?m)^TORCH = "(.+)"', (ROOT / "miniatures/training.py").read_text())
    assert needed and re.fullmatch(rf"torch=={re.escape(needed[1])}\.\d+", torch)


def test_makefile_offers_exactly_the_known_commands() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"(?m)^TASKS = ((?:.+\\\n)*.+)$", makefile)
    assert targets and set(targets[1].replace("\\", " ").split()) == set(tasks.TASKS)
    recipes = re.findall(r"(?m)^\t(.+)$", makefile)
    assert recipes == ["@$(PYTHON) tools/tasks.py $@"]


def test_ci_runs_the_test_command_and_nothing_else() -> None:
    script = ROOT / ".ci/run"
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test"]
    assert script.stat().st_mode & 0o111


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda p: p.name)
def test_workflows_pin_actions_by_commit(workflow: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", workflow.read_text())
    assert used
    for action, comment in used:
        pinned = re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) and re.match(r" # v\d", comment)
        assert pinned or action.startswith("./"), action


def test_tasks_parses_on_an_old_python_and_imports_only_the_standard_library() -> None:
    tree = ast.parse((ROOT / "tools/tasks.py").read_text(), feature_version=(3, 8))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (((3, 9, 18), True, 9999, 150), "3.9.18.*PYTHON=python3.12"),
        (((3, 11, 4), True, 9999, 150), "from 3.11.5 on"),
        (((3, 12, 1), False, 9999, 150), "apt install python3-venv"),
        (((3, 12, 1), True, 149, 150), "149 MB are free.*free 150 MB"),
    ],
)
def test_what_is_missing_is_said_with_the_remedy(
    state: tuple[tuple[int, ...], bool, int, int], says: str
) -> None:
    with pytest.raises(tasks.Stop, match=f"(?s){says}"):
        tasks.require(*state)


@pytest.mark.parametrize("version", [(3, 11, 5), (3, 13, 0), (4, 0, 0)])
def test_a_good_machine_passes(version: tuple[int, ...]) -> None:
    tasks.require(version, True, 150, 150)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("NewConnectionError: Temporary failure in name resolution", "no network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not what the lock names"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "64 bit"),
        ("Segmentation fault", "delete .venv"),
    ],
)
def test_what_pip_prints_becomes_a_remedy(output: str, says: str) -> None:
    assert re.search(f"(?s)Installing failed.*{says}", str(tasks.diagnose(output)))


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An empty repository whose pip only notes what it is asked for."""
    seen: list[str] = []
    for lock in LOCKS:
        (tmp_path / lock).write_text(f"# {lock}\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / tasks.SCRIPTS).mkdir(parents=True)
    (tmp_path / tasks.SCRIPTS / "package-lock.json").write_text("{}")
    for name, value in {"ROOT": tmp_path, "VENV": tmp_path / ".venv", "PYTHON": sys.executable}.items():
        monkeypatch.setattr(tasks, name, value)
    monkeypatch.setattr(tasks, "output_of", lambda *words: (0, seen.append(" ".join(words)) or ""))
    return seen


def installs(calls: list[str]) -> int:
    done = sum("--require-hashes" in call for call in calls)
    calls.clear()
    return done


def test_second_run_installs_nothing_and_a_changed_lock_does(calls: list[str]) -> None:
    tasks.install(tasks.READING)
    assert installs(calls) == 1
    tasks.install(tasks.READING)
    assert installs(calls) == 0
    (tasks.ROOT / tasks.READING).write_text("changed\n")
    tasks.install(tasks.READING)
    assert installs(calls) == 1


def test_tests_need_more_than_reading_but_not_the_other_way_round(calls: list[str]) -> None:
    tasks.install(tasks.READING)
    tasks.install(tasks.TESTING)
    assert installs(calls) == 2
    tasks.install(tasks.READING)
    assert installs(calls) == 0


def test_a_new_version_of_typescript_is_installed_for_the_tests_only(calls: list[str]) -> None:
    for lock in (tasks.READING, tasks.TESTING):
        tasks.install(lock)
    assert sum("npm" in call for call in calls) == 1
    calls.clear()
    (tasks.ROOT / tasks.SCRIPTS / "package-lock.json").write_text("{changed}")
    tasks.install(tasks.READING)
    assert calls == []
    tasks.install(tasks.TESTING)
    assert sum("npm" in call for call in calls) == 1
    assert (tasks.VENV / "js" / "package-lock.json").read_text() == "{changed}"


def test_the_lock_of_the_scripts_has_exact_versions_and_no_address() -> None:
    folder = ROOT / tasks.SCRIPTS
    asked = json.loads((folder / "package.json").read_text())["devDependencies"]
    text = (folder / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert "://" not in text
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in asked.items())
    assert all(package.get("integrity") for place, package in packages.items() if place)


def test_only_what_trains_installs_pytorch(calls: list[str]) -> None:
    for name in ("serve", "build", "test", "check", "bench"):
        tasks.install(tasks.TASKS[name][1])
    assert calls and not any("miniatures" in call for call in calls)
    tasks.install(tasks.MINIATURES)
    assert any(tasks.MINIATURES in call and "--require-hashes" in call for call in calls)
    assert calls[-2].endswith("-e .[miniatures]") and "--no-deps" not in calls[-2]
    calls.clear()
    for lock in LOCKS:
        tasks.install(lock)  # all is there
    assert calls == []
    assert {name for name, (_, lock, _) in tasks.TASKS.items() if lock == tasks.MINIATURES} == {
        "test-long",
        "miniature",
        "measure",
        "goldens",
        "cards",
    }


def test_room_for_pytorch_is_asked_for_beforehand(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000 * 2**20))
    tasks.install(tasks.TESTING)  # into a .venv that is there already
    with pytest.raises(tasks.Stop, match=r"(?s)1000 MB are free.*free 2800 MB"):
        tasks.install(tasks.MINIATURES)


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ({"NAME": "gpt"}, ["gpt"]),
        ({"NAME": "lstm", "STEPS": "50", "SEED": "1"}, ["lstm", "stop=50", "seed=1"]),
        ({"NAME": "gpt", "STEPS": ""}, ["gpt"]),
        ({}, [""]),
    ],
)
def test_variables_of_a_miniature_become_settings(
    variables: dict[str, str], arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(tasks, "python", lambda *words: seen.extend(words) or 0)
    for name in ("NAME", "STEPS", "SEED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tasks.miniature() == 0
    assert seen == ["-m", "miniatures", *arguments]


def test_the_short_run_leaves_the_miniatures_out_and_the_long_one_checks_their_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[tuple[str, ...]] = []
    monkeypatch.setattr(tasks, "CHECKS", dict(tasks.CHECKS))
    monkeypatch.setattr(tasks, "check", lambda: 0)
    monkeypatch.setattr(tasks, "python", lambda *words, **_: runs.append(words) or 0)
    monkeypatch.setattr(tasks.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, ""))
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "quick")
    short, long = (tasks.TASKS[name][0] for name in ("test", "test-long"))
    assert callable(short) and callable(long)
    short()
    assert "--ignore=tests/miniatures" in runs[-1] and "miniatures" not in tasks.CHECKS["mypy"]
    long()
    assert not [word for word in runs[-1] if "miniatures" in word] and "long" not in runs[-1]
    assert tasks.CHECKS["mypy"].split()[-3:] == ["macros", "tools", "miniatures"]
    assert tasks.os.environ["HYPOTHESIS_PROFILE"] == "long"


def test_a_failed_installation_leaves_no_stamp(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"--version": (0, "pip")}
    monkeypatch.setattr(
        tasks, "output_of", lambda *words: said.get(words[-1], (1, "No space left on device"))
    )
    with pytest.raises(tasks.Stop, match="disk is full"):
        tasks.install(tasks.READING)
    assert not (tasks.VENV / "installed.json").exists()


def test_an_unknown_command_points_to_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert tasks.main("sevre") == 1
    assert "make help" in capsys.readouterr().err
    assert tasks.main("help") == 0
    shown = capsys.readouterr().out
    assert all(f"make {name} " in shown for name in tasks.TASKS)


@pytest.mark.parametrize("port", ["0x1F", "99999999", "-1"])
def test_a_port_that_cannot_be_used_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(tasks.Stop, match="PORT=8001"):
        tasks.serve()


def test_messages_become_annotations() -> None:
    shown = tasks.annotate("docs/a.md:12: 100% wrong\n./macros/b.py:3:7: F401 unused\nFound 2 errors.\n")
    assert shown.splitlines() == [
        "::error file=docs/a.md,line=12::100%25 wrong",
        "::error file=macros/b.py,line=3::F401 unused",
        "Found 2 errors.",
    ]


def program(folder: Path, name: str, status: int = 0) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty PATH on which nothing can be installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM_PATH", raising=False)
    for way in ("in_mac_folders", "from_debian", "from_playwright"):
        monkeypatch.setattr(chromium, way, lambda: None)
    return tmp_path


def test_browsers_are_tried_in_order(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chromium, "from_playwright", lambda: program(bare, "downloaded"))
    assert chromium.find() == str(bare / "downloaded")
    tried = [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert tried == [name for name, _ in chromium.ways()]
    for name in reversed(chromium.NAMES):  # each one found wins over those after it
        path = program(bare, name)
        assert chromium.find() == path
    monkeypatch.setenv("CHROMIUM_PATH", program(bare, "mine"))
    assert chromium.find() == str(bare / "mine")


def test_a_browser_that_does_not_start_is_passed_over(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = program(bare, "chromium", status=1)
    good = program(bare, "google-chrome")
    assert chromium.find() == good
    assert f"chromium on PATH: {broken} does not start" in capsys.readouterr().err


def test_no_browser_is_a_failure_with_a_remedy(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="set CHROMIUM_PATH"):
        chromium.find()
    monkeypatch.setenv("CHROMIUM_PATH", str(bare / "missing"))
    with pytest.raises(SystemExit, match="does not start"):
        chromium.find()


def test_make_passes_variables_and_status_through(tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\necho "$@" "$NAME"\nexit 3\n')
    fake.chmod(0o755)
    run = ["make", "-C", str(ROOT), "shots", f"PYTHON={fake}", "NAME=two words"]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    assert "tools/tasks.py shots two words" in result.stdout
    assert result.returncode != 0
