"""The catalogue as an AsyncAPI 3.0 document, complete in itself."""

from __future__ import annotations

from importlib.metadata import version
from itertools import groupby
from typing import Any

from common.contracts.catalogue import PLACEHOLDER, SERVICES, TOPICS, Topic
from common.contracts.events import Event
from common.contracts.publish.headers import KINDS, header_schema, kind_of
from common.contracts.publish.schemas import Schema, shared_schemas

REF = "#/components/schemas/{model}"
DEAD_LETTER = "dead_letter"
KAFKA_BINDING = "0.5.0"
PLACES = {
    "prefix": {"default": "otklik", "description": "What stands before every topic and group of an installation."},
    "channel": {"description": "A channel of the federation.", "examples": ["web", "hotline"]},
    "region": {"description": "A region of the federation.", "examples": ["north"]},
    "service": {"description": "An instance of a service.", "examples": ["intake", "regional-north"]},
}


def channel_id(topic: Topic) -> str:
    """A name without braces: `region.{region}.cases` -> `region.cases`."""
    names = PLACEHOLDER.sub(r"\1", topic.template).split(".")
    return ".".join(name for name, _ in groupby(names))


def address(topic: Topic) -> str:
    """The broker's name of a row's topics, with its places in braces."""
    return f"{{prefix}}.{topic.template}.v1"


def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Otklik",
            "version": version("otklik-common"),
            "description": "Every topic of Otklik: who writes it, who reads it, what is said on it. Records are"
            " CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the event as a JSON body. Unknown fields"
            " are ignored; a new optional field keeps the type, anything else is a new type beside the old one.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "Every principal has its own SCRAM user and only the rights that the catalogue gives.",
                "variables": {"bootstrap": {"default": "127.0.0.1:9092", "description": "host:port of a broker"}},
                "security": [{"$ref": "#/components/securitySchemes/scram"}],
            }
        },
        "channels": {channel_id(topic): _channel(topic) for topic in TOPICS},
        "operations": _operations(),
        "components": {
            "schemas": _schemas(),
            "messages": {**_messages(), DEAD_LETTER: _dead_letter()},
            "securitySchemes": {
                "scram": {
                    "type": "scramSha256",
                    "description": "One user a principal.",
                }
            },
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    places = ["prefix", *PLACEHOLDER.findall(topic.template)]
    retention = {} if topic.compacted else {"retention.ms": -1 if topic.retention_ms is None else topic.retention_ms}
    return {
        "address": address(topic),
        "description": f"{topic.about} Owner: {topic.owner}. Key: {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _names(topic)},
        "parameters": {place: PLACES[place] for place in places},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": ["compact" if topic.compacted else "delete"], **retention},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _names(topic: Topic) -> list[str]:
    return [model.type for model in topic.types] or [DEAD_LETTER]


def _operations() -> dict[str, Any]:
    found = {}
    for topic in TOPICS:
        for action, roles in (("send", topic.writers), ("receive", topic.consumers)):
            for role in roles:
                name = PLACEHOLDER.sub(r"\1", role)
                found[f"{name}.{action}.{channel_id(topic)}"] = _operation(topic, action, name)
    return dict(sorted(found.items()))


def _operation(topic: Topic, action: str, role: str) -> dict[str, Any]:
    channel = channel_id(topic)
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": f"{role} {'writes' if action == 'send' else 'reads'} {topic.template}",
        "tags": [{"name": role}],
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in _names(topic)],
    }
    if action == "receive" and role in SERVICES:
        instance = "regional-<region>" if role == "regional" else role
        group = {"type": "string", "description": f"<prefix>.{instance}"}
        operation["bindings"] = {"kafka": {"groupId": group, "bindingVersion": KAFKA_BINDING}}
    return operation


def _messages() -> dict[str, Any]:
    return {model.type: _message(topic, model) for topic in TOPICS for model in topic.types}


def _message(topic: Topic, model: type[Event]) -> dict[str, Any]:
    name, _, _ = KINDS[kind_of(topic, model)]
    own_type = {"type": "object", "properties": {"ce_type": {"const": model.type}}}
    words = " ".join((model.__doc__ or model.__name__).split())
    return {
        "name": model.type,
        "title": model.__name__,
        "summary": words,
        "contentType": "application/json",
        "headers": {"type": "object", "allOf": [{"$ref": REF.format(model=name)}, own_type]},
        "payload": {"$ref": REF.format(model=model.type)},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": KAFKA_BINDING},
        },
    }


def _dead_letter() -> dict[str, Any]:
    added = {
        "dead_letter_id": "The id under which operators speak of it; also the record's key.",
        "dead_letter_reason": "Why it could not be handled, without its content.",
        "dead_letter_position": "Where it lay: logical topic/partition/offset.",
    }
    return {
        "name": DEAD_LETTER,
        "title": "A record that could not be handled",
        "summary": "The original bytes and headers, whatever they are, and three headers more.",
        "headers": {
            "type": "object",
            "required": list(added),
            "properties": {name: {"type": "string", "description": words} for name, words in added.items()},
        },
    }


def _schemas() -> dict[str, Schema]:
    """Bodies by event type, the models inside them by name, and the three kinds of headers."""
    found: dict[str, Schema] = {}
    for topic in TOPICS:
        for model in topic.types:
            body, inside = shared_schemas(model, REF)
            for name, schema in {**inside, model.type: body}.items():
                if found.setdefault(name, schema) != schema:
                    raise ValueError(f"two models are called {name!r} ({model.type} has one): give one another name")
    headers = {name: header_schema(kind) for kind, (name, _, _) in KINDS.items()}
    return dict(sorted(found.items())) | headers
