"""Golden samples of an event type: every field filled, and only the required ones. What is there is never changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from common.contracts.catalogue import TOPICS
from common.contracts.events import Event
from common.contracts.publish.schemas import Schema, event_schema

WHEN = "2011-07-01T14:00:00Z"


def sample(model: type[Event], *, full: bool) -> dict[str, Any]:
    """A body that the model takes; raises ValidationError where the schema alone does not say what is allowed."""
    schema = event_schema(model)
    found: dict[str, Any] = _value("", schema, schema.get("$defs", {}), full)
    model.model_validate(found)
    return found


def write_missing(folder: Path) -> list[Path]:
    """Samples for each type that has none, or whose samples leave a field out; returns the new files."""
    made = []
    for model in (m for topic in TOPICS for m in topic.types):
        place = folder / model.type
        shown = {name for path in place.glob("*.json") for name in json.loads(path.read_text())}
        if not place.is_dir():
            place.mkdir(parents=True)
            made.append(_write(place, "least", sample(model, full=False)))
        elif model.model_fields.keys() <= shown:
            continue
        made.append(_write(place, "full", sample(model, full=True)))
    return made


def _write(place: Path, name: str, body: dict[str, Any]) -> Path:
    """Under the first name that is free."""
    names = [name, *(f"{name}-{number}" for number in range(2, 1000))]
    path = next(p for n in names if not (p := place / f"{n}.json").exists())
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    return path


def _value(name: str, schema: Schema, inside: dict[str, Schema], full: bool) -> Any:
    if "$ref" in schema:
        return _value(name, inside[schema["$ref"].rsplit("/", 1)[1]], inside, full)
    if "anyOf" in schema:
        return _value(name, next(s for s in schema["anyOf"] if s.get("type") != "null"), inside, full)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            return _object(schema, inside, full)
        case "array":
            items = schema.get("prefixItems") or [schema["items"]]
            return [_value(name, item, inside, full) for item in items]
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case _:
            dates = {"date-time": WHEN, "date": WHEN[:10]}
            return dates.get(schema.get("format", ""), f"{name or 'text'} 1")


def _object(schema: Schema, inside: dict[str, Schema], full: bool) -> dict[str, Any]:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    wanted = [name for name in properties if full or name in required]
    found = {name: _value(name, properties[name], inside, full) for name in wanted}
    if not properties and full:
        more = schema.get("additionalProperties")
        found["first"] = _value("first", more, inside, full) if isinstance(more, dict) else "word"
    return found


def _number(schema: Schema) -> int | float:
    low, high = schema.get("minimum", 1), schema.get("maximum")
    number = max(1, low) if high is None else min(max(1, low), high)
    return int(number) if schema["type"] == "integer" else number + 0.5 if high is None or number < high else number
