"""What the OpenAPI documents of the edges share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]
TEXT: Schema = {"type": "string"}
PORT = {
    "400": "Not well formed", "404": "Not there", "405": "Not by this method", "408": "Did not come in time",
    "413": "Too large", "414": "The address is too long", "415": "Of another type", "422": "Understood and refused",
    "429": "Too many of an address, of a conversation or under a key: Retry-After says when to come again",
    "431": "Too many headers", "503": "Cannot be taken now: send it again",
}  # fmt: skip
"""What every call may be answered with, by status."""


AGAIN = {
    "headers": {
        "Retry-After": {"description": "Seconds until one more is taken", "schema": {"type": "integer", "minimum": 1}}
    }
}


def document(title: str, path: str, words: str, paths: Mapping[str, Any], components: Schema) -> dict[str, Any]:
    """`paths` are below `path`, at the server that was asked."""
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": words},
        "servers": [{"url": path}],
        "paths": dict(paths),
        "components": dict(components),
    }


def answers(
    done: Mapping[str, Mapping[str, Any]], error: Mapping[str, Any], others: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Of one call: `done` by status, with content by media type; then every error, with the content of errors."""
    refused = {
        status: {"description": words, "content": dict(error), **(AGAIN if status in ("429", "503") else {})}
        for status, words in {**PORT, **(others or {})}.items()
    }
    taken = {status: {"description": "Done", "content": dict(content)} for status, content in done.items()}
    return refused | taken


def parameter(name: str, where: str, words: str, schema: Schema = TEXT, *, required: bool = False) -> dict[str, Any]:
    needed = required or where == "path"
    return {"name": name, "in": where, "description": words, "required": needed, "schema": dict(schema)}


def listed(item: Schema) -> dict[str, Any]:
    return {"type": "array", "items": dict(item)}


def record(required: Mapping[str, Schema], **optional: Schema) -> dict[str, Any]:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "properties": {name: dict(schema) for name, schema in {**required, **optional}.items()},
        "required": list(required),
        "additionalProperties": False,
    }


def or_null(*kinds: str, **more: Any) -> dict[str, Any]:
    return {"type": [*kinds, "null"], **more}


def schemas_of(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """Components of bodies that are read by these models."""
    found: dict[str, Any] = {}
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
    return found
