"""The figures that `make measure` writes: the shape of docs/data/miniatures.json, and what reads it.

Only what macros show is described here; further fields of the file are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from macros.catalogue import DOCS, ROOT
from macros.text import AuthorError, escape, nearest

DATA = DOCS / "data" / "miniatures.json"
REMEDY = "run `make measure`, which writes the file anew"

Count = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Real = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    """A part of the file, in which numbers are numbers and not texts that look like them."""

    model_config = ConfigDict(strict=True, frozen=True)


class _Corpus(_Part):
    training_characters: Count
    training_tokens: Count
    validation_characters: Count
    validation_tokens: Count
    vocabulary: Count


class _Machine(_Part):
    processor: Name
    torch: Name


class _Model(_Part):
    name: Name
    family: Name
    label: Name
    parameters: Count
    bytes: Count
    context: Count
    training_tokens: Count
    minutes: Real
    seed: Count
    bits_per_character: Rate | None  # null: predicts no running text from left to right
    equal: bool


class _Seed(_Part):
    name: Name
    seed: Count
    bits_per_character: Rate


class _ByPosition(_Part):
    name: Name
    positions: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2)]
    loss_nats: list[Real]

    @model_validator(mode="after")
    def _in_step(self) -> _ByPosition:
        if len(self.positions) != len(self.loss_nats):
            raise ValueError(f"{len(self.positions)} positions, but {len(self.loss_nats)} in loss_nats")
        if sorted(set(self.positions)) != self.positions:
            raise ValueError("positions do not rise")
        return self


class _Speed(_Part):
    name: Name
    training_tokens_per_second: Rate
    parallel_tokens_per_second: Rate
    stepwise_tokens_per_second: Rate


class _Blank(_Part):
    name: Name
    sees: Name
    top_1: Share
    top_5: Share
    bits: Real


class _Blanks(_Part):
    count: Annotated[int, Field(ge=1)]
    what: Name
    rows: Annotated[list[_Blank], Field(min_length=1)]


class _Tokenizer(_Part):
    name: Name
    vocabulary: Count
    validation_tokens: Count
    characters_per_token: Rate
    unknown: Count


class _Compressor(_Part):
    name: Name
    bits_per_character: Rate


class Results(_Part):
    """The whole file; its rows name models that it lists."""

    corpus: _Corpus
    machine: _Machine
    models: Annotated[list[_Model], Field(min_length=1)]
    seeds: list[_Seed]
    by_position: Annotated[list[_ByPosition], Field(min_length=1)]
    speed: Annotated[list[_Speed], Field(min_length=1)]
    blanks: _Blanks
    tokenizers: Annotated[list[_Tokenizer], Field(min_length=1)]
    compressor: _Compressor

    @model_validator(mode="after")
    def _fits_together(self) -> Results:
        names = [model.name for model in self.models]
        if len(set(names)) < len(names):
            raise ValueError("models: two of them have the same name")
        for i, model in enumerate(self.models):
            if model.equal and model.bits_per_character is None:
                raise ValueError(f"models[{i}].bits_per_character: is null in a row with `equal: true`")
        if not any(model.equal for model in self.models):
            raise ValueError("models: none has `equal: true`")
        parts: dict[str, Sequence[Any]] = {p: getattr(self, p) for p in ("seeds", "by_position", "speed")}
        for part, rows in {**parts, "blanks.rows": self.blanks.rows}.items():
            for i, row in enumerate(rows):
                if row.name not in names:
                    known = nearest(row.name, names, "models")
                    raise ValueError(f"{part}[{i}].name: no model '{row.name}'; {known}")
        if any(row.positions != self.by_position[0].positions for row in self.by_position):
            raise ValueError("by_position: the positions differ between models")
        return self

    def label(self, name: str) -> str:
        """How a model is called in charts, escaped."""
        return escape(next(model.label for model in self.models if model.name == name))

    def runs(self, model: _Model) -> list[float]:
        """Bits per character of every seed of a model, its own first."""
        runs = {model.seed: model.bits_per_character or 0.0}
        for row in self.seeds:
            if row.name == model.name:
                runs.setdefault(row.seed, row.bits_per_character)
        return list(runs.values())


def load(path: Path | None = None) -> Results:
    """The checked file, from memory as long as it is the same on disk."""
    path = path or DATA
    try:
        stat = path.stat()
        found = _load(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise AuthorError(f"{_shown(path)}: cannot be read ({error.strerror}); {REMEDY}") from error
    if isinstance(found, AuthorError):
        raise found
    return found


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


@lru_cache(maxsize=4)
def _load(path: Path, _mtime: int, _size: int) -> Results | AuthorError:
    try:
        return Results.model_validate_json(path.read_bytes())
    except ValidationError as errors:
        told = []
        for error in errors.errors():
            field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
            what = error["msg"].removeprefix("Value error, ")
            told.append(": ".join(filter(None, [_shown(path), field.lstrip("."), what])))
        more = [f"… and {len(told) - 5} more"] if len(told) > 5 else []
        return AuthorError("\n".join([*told[:5], *more, f"Remedy: {REMEDY}."]))
