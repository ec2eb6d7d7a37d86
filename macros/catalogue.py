"""Load and check `docs/data/genai.yml`; every fault is named with its line, field and remedy.

python -m macros.catalogue            check the file, list every problem
python -m macros.catalogue --schema   write genai.schema.json beside it
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from macros.schema import KINDS, SOURCED, Catalogue, Estimate, Figure
from macros.text import AuthorError, Problem, nearest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
DATA = DOCS / "data" / "genai.yml"

Path_ = tuple[str | int, ...]
Lines = dict[Path_, int]


class DataError(AuthorError):
    """The data file is wrong; `problems` has everything that is, not just the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


def load(path: Path = DATA) -> Catalogue:
    """The checked catalogue, from memory as long as the file on disk is the same."""
    try:
        stat = path.stat()
    except OSError as error:
        raise DataError([Problem(str(path), 1, f"cannot be read: {error.strerror}")]) from error
    found = _load(path, stat.st_mtime_ns, stat.st_size)
    if isinstance(found, DataError):
        raise found
    return found


@lru_cache(maxsize=4)
def _load(path: Path, _mtime: int, _size: int) -> Catalogue | DataError:
    """A broken file is remembered as well: under `serve` hundreds of macro calls ask for it."""
    # Tens of thousands of rows and no cycles: the cyclic collector would walk them again and again.
    gc.disable()
    try:
        return parse(path.read_bytes(), _shown(path))
    except DataError as error:
        return error
    finally:
        gc.enable()
        gc.freeze()


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def parse(raw: bytes, name: str = "docs/data/genai.yml") -> Catalogue:
    """Bytes of a YAML file → catalogue, or a DataError that lists every problem."""
    reader = _Reader(name)
    data = reader.read(raw)
    if reader.problems and not data:
        raise DataError(reader.problems)
    try:
        catalogue = Catalogue.model_validate(data)
    except ValidationError as errors:
        problems = [_explain(dict(e), data, reader) for e in errors.errors()]
        told = {problem.line for problem in reader.problems}  # a scalar refused above fails its type as well
        problems = reader.problems + [p for p in problems if p.line not in told]
        raise DataError(problems + list(_duplicates(data, reader))) from errors
    problems = reader.problems + list(_duplicates(data, reader)) + list(_cross_check(catalogue, reader))
    if problems:
        raise DataError(problems)
    return catalogue


def ids_of(path: Path = DATA) -> dict[str, set[str]]:
    """The ids under each key, as far as a broken file can be read."""
    data = _Reader(str(path)).read(path.read_bytes())
    rows = {kind: data.get(kind) or [] for kind in KINDS} if isinstance(data, dict) else {}
    return {
        kind: {str(row.get("id")) for row in found if isinstance(row, dict)} for kind, found in rows.items()
    }


class _Reader:
    """YAML text → plain data, remembering the line of every field.

    Only the part of YAML that versions 1.1 and 1.2 read alike is accepted: no tags, anchors or aliases,
    no `yes`, no `0x1f`, no bare dates, no `175e9`.
    """

    def __init__(self, name: str) -> None:
        self.name, self.problems = name, list[Problem]()
        self.lines: Lines = {}

    def problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.name, line, message))

    def at(self, path: Path_) -> int:
        """The line of a field, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def read(self, raw: bytes) -> Any:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            field = _field_on(raw.decode("utf-8", "replace"), line)
            self.problem(
                line,
                f"{field}: not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8",
            )
            return None
        # libyaml reads ten times faster, but only the Python reader names a forbidden character's place.
        if bad := re.search("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text):
            line = text.count("\n", 0, bad.start()) + 1
            self.problem(
                line,
                f"{_field_on(text, line)}: control character U+{ord(bad[0]):04X}; remove it",
            )
            return None
        try:
            node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            self._find_aliases(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            what = error.problem or "cannot be read"
            self.problem(
                line,
                f"{_field_on(text, line)}: YAML: {what}; check indentation, colons and quotes",
            )
            return None
        if node is None:
            self.problem(1, f"the file is empty; it needs the keys {', '.join(KINDS)}")
            return None
        return self._value(node, ())

    def _find_aliases(self, text: str) -> None:
        if not re.search(r"(^|[\s\[{,])[&*]\w", text):  # parsing twice is only worth it on suspicion
            return
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if getattr(event, "anchor", None):
                line = (event.start_mark.line if event.start_mark else 0) + 1
                self.problem(
                    line,
                    f"{_field_on(text, line)}: anchors and aliases (&x, *x) are not used here; write it out",
                )

    def _value(self, node: yaml.Node, path: Path_) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, i)) for i, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, path, line)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in found:
                self.problem(line, f"{_dotted((*path, key))}: given twice; keep one")
            self.lines[(*path, key)] = line
            found[key] = self._value(value_node, (*path, key))
        return found

    def _scalar(self, node: yaml.ScalarNode, path: Path_, line: int) -> Any:
        text, kind = node.value, node.tag.rpartition(":")[2]
        if kind not in ("str", "null", "bool", "int", "float", "timestamp"):
            self.problem(
                line,
                f"{_dotted(path)}: the YAML tag {node.tag} is not used here; remove it",
            )
            return text
        if kind == "str" or node.style in ("'", '"', "|", ">"):
            return text
        if kind == "null" and text in ("null", ""):
            return None
        if kind == "bool" and text in ("true", "false"):
            return text == "true"
        if kind == "int" and re.fullmatch(r"-?(0|[1-9]\d{0,30})", text):
            return int(text)
        if kind == "float" and re.fullmatch(r"-?\d+\.\d+([eE][-+]\d+)?", text):
            return float(text)
        remedy = {
            "null": "leave the field out or write null",
            "timestamp": "quote the date",
            "bool": "write true or false, or quote the word",
            "int": "write plain digits of a sensible size, or quote it",
            "float": "write digits, a dot and a signed exponent, such as 175.0e+9",
        }
        self.problem(line, f"{_dotted(path)}: '{text[:40]}': {remedy[kind]}")
        return text


def _field_on(text: str, line: int) -> str:
    """The field written on a line, for faults that end the reading before fields are known."""
    lines = text.splitlines()[:line]
    for candidate in reversed(lines):
        if match := re.search(r"([A-Za-z_][\w-]*)\s*:", candidate):
            return match[1]
    return "file"


def _dotted(path: Path_) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def _named(path: Path_, data: Any) -> str:
    """models[3].parameters → models[gpt-2].parameters: people know rows by id."""
    if len(path) > 1 and isinstance(path[1], int):
        try:
            row_id = data[path[0]][path[1]]["id"]
        except (KeyError, IndexError, TypeError):
            return _dotted(path)
        return f"{path[0]}[{row_id}]" + ("." + _dotted(path[2:]) if path[2:] else "")
    return _dotted(path)


def _explain(error: dict[str, Any], data: Any, reader: _Reader) -> Problem:
    """One pydantic error → one sentence with line, field and remedy."""
    path: Path_ = tuple(p for p in error["loc"] if p not in ("word", "figure") or _is_field(p, error))
    value, context = error.get("input"), error.get("ctx", {})
    kind: str = error["type"]
    while path and path not in reader.lines and kind != "missing":
        path = path[:-1]
    if kind == "missing":
        message = "is missing; add it"
    elif kind == "extra_forbidden":
        message = f"unknown field; {nearest(str(path[-1]), _fields_at(path[:-1]), 'fields')}"
    elif kind == "literal_error":
        expected = re.findall(r"'([^']*)'", context.get("expected", ""))
        message = f"'{value}' is not one of the choices; {nearest(str(value), expected, 'choices')}"
    elif kind == "string_pattern_mismatch":
        message = f"'{str(value)[:60]}' has the wrong form; {_pattern_remedy(context['pattern'], str(value))}"
    elif kind in ("float_type", "int_type") and isinstance(value, str):
        message = f"expected a number, got the text '{value[:40]}'; write 175.0e+9 or plain digits, unquoted"
    elif kind == "string_type":
        message = f"expected text, got {str(value)[:40]!s}; put it in quotes"
    elif kind in ("model_type", "model_attributes_type", "dict_type") and isinstance(value, int | float):
        message = f"a bare number; write {{value: {value}, source: …, locator: …}}"
    elif kind == "value_error":
        message = str(context["error"])
    else:
        message = f"{error['msg'][0].lower()}{error['msg'][1:]}, got {str(value)[:60]!r}"
    return Problem(reader.name, reader.at(path), f"{_named(path, data) or 'file'}: {message}")


def _is_field(part: Any, error: dict[str, Any]) -> bool:
    """Is 'figure' in an error's path a real field (scaling rows have one), not a union's tag?"""
    place: Path_ = error["loc"]
    return part == "figure" and place[0] == "scaling" and place.index(part) == 2


def _pattern_remedy(pattern: str, value: str) -> str:
    if "http" in pattern:
        return "write a whole address, https://…, without spaces"
    if ".md" in pattern:
        return "write a page under docs/, such as language/attention.md"
    kebab = re.sub("[^a-z0-9]+", "-", value.lower()[:60]).strip("-")
    return f"write kebab-case (lower-case letters, digits, single hyphens), such as '{kebab or 'some-name'}'"


def _fields_at(path: Path_) -> list[str]:
    """The field names allowed at a place, by walking the schema."""
    schema = Catalogue.model_json_schema()
    node: dict[str, Any] = schema
    for part in path:
        node = _resolve(node, schema)
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
    return list(_resolve(node, schema).get("properties", {}))


def _resolve(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for choice in (node, *node.get("anyOf", []), *node.get("oneOf", [])):
        if "$ref" in choice:
            found: dict[str, Any] = schema["$defs"][choice["$ref"].rpartition("/")[2]]
            return found
    return node


def _duplicates(data: Any, reader: _Reader) -> Iterator[Problem]:
    for kind in KINDS if isinstance(data, dict) else ():
        seen: dict[Any, int] = {}
        for i, row in enumerate(data.get(kind) or []):
            row_id = row.get("id") if isinstance(row, dict) else None
            if not isinstance(row_id, str):
                continue
            line = reader.at((kind, i, "id"))
            if row_id in seen:
                yield Problem(
                    reader.name,
                    line,
                    f"{kind}[{row_id}].id: already used on line {seen[row_id]}; choose another",
                )
            seen.setdefault(row_id, line)


def _cross_check(catalogue: Catalogue, reader: _Reader) -> Iterator[Problem]:
    """Rules that need more than one row: references exist, every claim has a source."""
    ids = {kind: {row.id for row in catalogue.rows(kind)} for kind in KINDS}
    for kind in KINDS:
        for i, row in enumerate(catalogue.rows(kind)):
            for path, value, target in _references(row, (kind, i)):
                if value not in ids[target]:
                    yield Problem(
                        reader.name,
                        reader.at(path),
                        f"{kind}[{row.id}].{_dotted(path[2:])}: no '{value}' under {target}; "
                        f"{nearest(value, ids[target], target)}",
                    )
            if kind in SOURCED and row.source is None:
                yield from _unsourced(row, (kind, i), reader)


def _references(model: BaseModel, path: Path_) -> Iterator[tuple[Path_, str, str]]:
    """Every id of another row inside a row: where it stands, the id, the key it points into."""
    targets = references_of(type(model))
    for name in type(model).model_fields:
        value = getattr(model, name)
        places = [((*path, name, i), item) for i, item in enumerate(value)] if isinstance(value, list) else []
        for here, item in places or [((*path, name), value)]:
            if isinstance(item, BaseModel):
                yield from _references(item, here)
            elif name in targets and isinstance(item, str) and item != "undisclosed":
                yield here, item, targets[name]


@lru_cache(maxsize=64)
def references_of(kind: type[BaseModel]) -> dict[str, str]:
    """The fields of a kind of row that hold ids of other rows, and the key that those stand under."""
    described = {name: f"{f!r} {f.json_schema_extra}" for name, f in kind.model_fields.items()}
    found = {name: re.search(r"'x-ref': '(\w+)'", text) for name, text in described.items()}
    return {name: match[1] for name, match in found.items() if match}


def _unsourced(row: Any, path: Path_, reader: _Reader) -> Iterator[Problem]:
    figures = [(n, getattr(row, n)) for n in type(row).model_fields]
    figures += [("scores", score) for score in getattr(row, "scores", [])]
    figures = [(n, f) for n, f in figures if isinstance(f, Figure | Estimate) or (n == "scores" and f)]
    bare = [name for name, figure in figures if not isinstance(figure, list) and figure.source is None]
    for name in bare if figures else ["source"]:
        where = f"{path[0]}[{row.id}].{name}"
        yield Problem(
            reader.name,
            reader.at((*path, name)),
            f"{where}: has no source; add `source:` (and `locator:`) to it or to the row",
        )


def schema_text() -> str:
    """The JSON Schema that editors complete and check with."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Catalogue.model_json_schema(),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
