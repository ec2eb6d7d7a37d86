"""The corpus: what is told when it is not the one that the figures rest on; its parts do not overlap."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from miniatures import corpus
from miniatures.corpus import SHA256, CorpusError


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(corpus.CORPUS, tmp_path / "corpus"))


def remedied(message: str) -> str:
    """The path that the remedy tells to restore."""
    found = re.search(r"Remedy: git checkout -- ([\w./]+\.txt)", message)
    assert found, message
    return found[1]


@pytest.mark.parametrize("name", SHA256)
def test_a_missing_file_is_named_with_a_remedy(name: str, copied: Path) -> None:
    (copied / name).unlink()
    with pytest.raises(CorpusError) as error:
        corpus.read(name, copied)
    assert str(error.value).startswith(f"{copied / name}: cannot be read")
    assert (corpus.CORPUS.parents[1] / remedied(str(error.value))).samefile(corpus.CORPUS / name)


@pytest.mark.parametrize("name", SHA256)
def test_an_altered_file_is_named_with_both_hashes_and_a_remedy(name: str, copied: Path) -> None:
    path = copied / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"Once", b"Ones", 1))
    with pytest.raises(CorpusError) as error:
        corpus.read(name, copied)
    message = str(error.value)
    assert message.startswith(f"{path}: altered") and SHA256[name] in message
    assert hashlib.sha256(path.read_bytes()).hexdigest() in message
    assert (corpus.CORPUS.parents[1] / remedied(message)).samefile(corpus.CORPUS / name)


def test_the_command_says_so_in_one_line_and_fails(
    copied: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from miniatures import tokenization
    from miniatures.__main__ import main

    monkeypatch.setattr(tokenization, "model_tokenizer", lambda: None)
    monkeypatch.setattr(corpus.read, "__defaults__", (copied,))
    monkeypatch.setattr(corpus.training_stories, "__defaults__", (copied,))
    monkeypatch.setenv("RUNS", str(copied / "runs"))
    (copied / "train.txt").unlink()
    assert main(["gpt"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "train.txt: cannot be read" in said[0]
    assert not (copied / "runs").exists()


def test_no_story_is_both_for_training_and_for_choosing_or_measuring() -> None:
    training = corpus.training_stories()
    tuning = corpus.tuning_stories()
    validation = corpus.validation_stories()
    assert len(tuning) >= 10  # of those that were drawn
    assert not set(training) & set(tuning)
    assert not (set(training) | set(tuning)) & set(validation)


def test_the_parts_are_the_whole_files() -> None:
    """Counted again from the bytes: nothing is lost where the text is cut and its stories are dealt out."""
    whole = (corpus.CORPUS / "train.txt").read_text("ascii")
    stories = [story.strip("\n") for story in re.split(r"\n{3}", whole)]
    training, tuning = corpus.training_stories(), corpus.tuning_stories()
    assert len(stories) == 392 and len(corpus.validation_stories()) == 21  # as its README says
    assert set(stories) == {*training, *tuning}
    assert len(stories) - len(training) == corpus.TUNING_STORIES
    assert all(story and story == story.strip("\n") and "\n\n\n" not in story for story in stories)


def test_the_tuning_stories_are_the_same_every_time() -> None:
    assert corpus.tuning_stories() == corpus.tuning_stories()
