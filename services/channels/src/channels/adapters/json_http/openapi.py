"""The OpenAPI document of the edges that speak JSON. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from common.contracts.events.channel import (
    ErasureRequested,
    LinkRequested,
    MessageReceived,
    SupportReceived,
    VerdictReceived,
    VoiceReceived,
)
from pydantic import BaseModel

from channels.openapi import TEXT, answers, document, or_null, parameter, record, schemas_of

JSON = "application/json"
ERROR = {JSON: {"schema": record({"error": TEXT})}}
SAID: Mapping[str, tuple[type[BaseModel], str]] = {
    "messages": (MessageReceived, "A message of a citizen; the first of its conversation is answered with a secret"),
    "verdicts": (VerdictReceived, "A citizen's word on an answer"),
    "supports": (SupportReceived, "A citizen's word whether their case is about the same thing as a known one"),
    "voices": (VoiceReceived, "A citizen's word on a proposed change of rules, or a wish for one"),
    "erasures": (ErasureRequested, "A citizen's wish that everything about them be erased"),
    "links": (LinkRequested, "A citizen's word that they are the same person as on another channel"),
}
TAKEN = record({"message_id": TEXT, "status_url": TEXT, "event_id": TEXT}, secret=TEXT)
STATE = record(
    {
        "id": TEXT, "state": TEXT, "reason": or_null("string"), "proposal": or_null("string"),
        "case_id": or_null("string"), "reference": or_null("string"),
        "changed_at": or_null("string", format="date-time"),
        "status": or_null("string", enum=["open", "closed", None]), "why": or_null("string"),
    }
)  # fmt: skip
KEPT = record(
    {"name": TEXT, "media_type": TEXT, "size": {"type": "integer"}, "picture": {"type": "boolean"}}
)  # fmt: skip
SECRET = {"401": "The secret of the conversation is missing", "403": "Another conversation's secret"}
IDEMPOTENT = parameter("Idempotency-Key", "header", "The same key and body are the same message")


def openapi(channels: Collection[str]) -> dict[str, Any]:
    """For the channels that this edge serves."""
    channel = parameter(
        "channel", "path", "One of the federation's channels", {"type": "string", "enum": sorted(channels)}
    )
    paths: dict[str, Any] = {
        f"/channels/{{channel}}/{name}": {
            "post": {
                "operationId": f"post_{name}",
                "summary": words,
                "parameters": [channel, IDEMPOTENT],
                "security": [{}, {"secret": []}],
                "requestBody": {
                    "required": True,
                    "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
                },
                "responses": answers({"202": {JSON: {"schema": TAKEN}}}, ERROR, SECRET),
            }
        }
        for name, (model, words) in SAID.items()
    }
    paths["/messages/{id}"] = {
        "get": {
            "operationId": "get_message",
            "summary": "What became of a message or a voice",
            "parameters": [parameter("id", "path", "As its post was answered")],
            "security": [{"secret": []}],
            "responses": answers({"200": {JSON: {"schema": STATE}}}, ERROR, SECRET),
        }
    }
    paths["/attachments/{channel}"] = {
        "post": {
            "operationId": "post_attachment",
            "summary": "A file, before the message that names it",
            "parameters": [channel],
            "requestBody": {"required": True, "content": {"application/octet-stream": {}}},
            "responses": answers({"201": {JSON: {"schema": KEPT}}}, ERROR),
        }
    }
    bodies = schemas_of(model for model, _ in SAID.values())
    for model, _ in SAID.values():
        # An edge fills in what is missing of the time.
        schema = bodies[model.__name__]
        schema["required"] = [name for name in schema.get("required", []) if name != "sent_at"]
    return document(
        "Otklik: channels over HTTP", "/v1", "How citizens speak over HTTP, and what they may ask.", paths,
        {"schemas": bodies, "securitySchemes": {"secret": {"type": "http", "scheme": "bearer"}}},
    )  # fmt: skip
