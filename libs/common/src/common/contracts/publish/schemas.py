"""One JSON schema (draft 2020-12) an event type: what a reader must take, so absent optional fields are allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from common.contracts.events import Event
from common.contracts.publish.docstrings import field_words

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _WithoutTitles(GenerateJsonSchema):
    """A field's name says as much as a title made from it."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def event_schema(model: type[Event]) -> Schema:
    """The schema of one type's body, with what it refers to under `$defs`."""
    body, definitions = shared_schemas(model, "#/$defs/{model}")
    schema = {"$schema": DIALECT, "$id": f"urn:otklik:{model.type}", **body, "title": model.type}
    return schema | ({"$defs": definitions} if definitions else {})


def shared_schemas(model: type[Event], ref: str) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a type's body and of the models inside it by name; `ref` says how one names another."""
    _, together = models_json_schema([(model, "validation")], ref_template=ref, schema_generator=_WithoutTitles)
    definitions: dict[str, Schema] = together["$defs"]
    for inner in (model, *_models_inside(model)):
        words = field_words(inner)
        for name, field in definitions[inner.__name__].get("properties", {}).items():
            if name in words:
                field["description"] = words[name]
    return definitions.pop(model.__name__), dict(sorted(definitions.items()))


def _models_inside(model: type[BaseModel]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting = [model]
    while waiting:
        for field in waiting.pop().model_fields.values():
            fresh = set(_models_of(field.annotation)) - found
            found |= fresh
            waiting += fresh
    return found


def _models_of(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_of(inner)
