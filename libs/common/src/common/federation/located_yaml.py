"""YAML files with the line of every value, so that what is wrong can be named by file and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from common.federation.faults import Fault, FederationError

Place = tuple[str | int, ...]
"""Keys and indices from the top of a document to a value."""
T = TypeVar("T")
MAX_BYTES = 8 * 1024 * 1024


@dataclass
class LocatedYaml:
    """A document's data, the line of each value, and the text of each value that YAML made something else of."""

    path: Path
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    converted: dict[Place, str] = field(default_factory=dict)
    """Unquoted text that YAML reads as a number, a truth value, a date or nothing, by its place."""
    faults: list[Fault] = field(default_factory=list)
    """Keys that stand twice: YAML keeps the last one silently."""

    def fault(self, place: Place, words: str, *, remark: bool = False) -> Fault:
        """A fault at the value in `place`, or at the nearest that holds it."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        return Fault(self.path, self.lines.get(known), words, remark)


def read_yaml(path: Path) -> LocatedYaml:
    """Read one document; raises FederationError for what is missing, too large or not YAML."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise FederationError.of([Fault(path, None, "the file is missing")]) from error
    except OSError as error:
        raise FederationError.of([Fault(path, None, f"the file cannot be read: {error.strerror}")]) from error
    if len(raw) > MAX_BYTES:
        raise FederationError.of([Fault(path, None, f"the file is larger than {MAX_BYTES} bytes")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = raw[: error.start].count(b"\n") + 1
        raise FederationError.of([Fault(path, at, "the text is not UTF-8: save the file as UTF-8")]) from error
    found = LocatedYaml(path)
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise FederationError.of([Fault(path, None, "the file is empty")])
        _walk(found, (), node, set())
        found.data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FederationError.of(
            [Fault(path, mark.line + 1 if mark else None, f"not YAML: {error.problem}")]
        ) from error
    except yaml.YAMLError as error:
        raise FederationError.of([Fault(path, None, f"not YAML: {error}")]) from error
    except ValueError as error:
        # A date that no calendar has, such as 2024-02-30.
        where = next((found.lines[p] for p, text in found.converted.items() if _unreadable(text)), None)
        raise FederationError.of([Fault(path, where, f"a value cannot be read: {error}")]) from error
    finally:
        loader.dispose()
    return found


def read_model(path: Path, model: TypeAdapter[T]) -> tuple[T, LocatedYaml]:
    """Read and validate a document; raises FederationError with every fault."""
    found = read_yaml(path)
    try:
        value = model.validate_python(found.data)
    except ValidationError as error:
        raise FederationError.of([*found.faults, *faults_of(found, error)]) from error
    return value, found


def faults_of(document: LocatedYaml, error: ValidationError) -> list[Fault]:
    """What a model says is wrong, at the lines where it stands."""
    found = []
    for each in error.errors(include_input=False, include_url=False):
        place = each["loc"]
        while place and place not in document.lines:
            place = place[:-1]
        name = ".".join(map(str, each["loc"])) or "the document"
        words = f"{name}: {each['msg'].removeprefix('Value error, ')}"
        raw = document.converted.get(place)
        if raw is not None and "string" in each["type"]:
            words = f'{name}: YAML does not read {raw!r} as text: put it in quotes, "{raw}"'
        found.append(document.fault(place, words))
    return found


def _walk(found: LocatedYaml, place: Place, node: yaml.Node, above: set[int]) -> None:
    found.lines[place] = node.start_mark.line + 1
    if id(node) in above:
        raise yaml.constructor.ConstructorError(None, None, "a value that holds itself", node.start_mark)
    inside = above | {id(node)}
    if isinstance(node, yaml.ScalarNode):
        if not node.style and node.tag != "tag:yaml.org,2002:str":
            found.converted[place] = node.value
    elif isinstance(node, yaml.SequenceNode):
        for index, each in enumerate(node.value):
            _walk(found, (*place, index), each, inside)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(getattr(key, "value", ""))
            if name in seen and name != "<<":
                line = key.start_mark.line + 1
                found.faults.append(Fault(found.path, line, f"the key {name!r} stands twice here"))
            seen.add(name)
            _walk(found, (*place, name), value, inside)


def _unreadable(text: str) -> bool:
    try:
        yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return True
    return False
