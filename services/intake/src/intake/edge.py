"""Messages by HTTP: JSON and Open311. An answer of 2xx means that Kafka has the message."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from common.context import Context
from common.envelope import Envelope, derived_id
from common.events.base import Event, Place
from common.events.channel import Contact, MessageReceived, VerdictReceived
from common.failures import Passing
from common.reference import reference_of
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from intake import store
from intake.handlers import message_id_of

MOST_BYTES = 1_048_576
MOST_NESTING = 20
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
"""Brackets inside a JSON string do not nest."""
OPEN311 = "open311"


class Refused(Exception):
    """What is wrong with a request, with its HTTP status."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


async def read_body(request: Request) -> bytes:
    """The body, bounded; raises Refused (413) before reading more than the bound."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > MOST_BYTES:
        raise Refused(413, f"the body is larger than {MOST_BYTES} bytes")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise Refused(413, f"the body is larger than {MOST_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def parse_json(body: bytes) -> dict[str, Any]:
    """A JSON object of bounded depth; raises Refused."""
    depth = deepest = 0
    for byte in STRING.sub(b"", body):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    if deepest > MOST_NESTING:
        raise Refused(400, f"the body is nested deeper than {MOST_NESTING}")
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Refused(400, "the body must be a JSON object")
    return found


def words_of(error: ValidationError) -> str:
    """Which fields are wrong and how, without their values."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)[:5])


class Edge:
    """The HTTP routes of intake."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._channels = {c.id for c in context.federation.channels}

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/v1/channels/{channel}/messages", self.post_message, methods=["POST"]),
            Route("/v1/channels/{channel}/verdicts", self.post_verdict, methods=["POST"]),
            Route("/v1/messages/{id}", self.get_message),
            Route("/open311/v2/requests.json", self.post_open311, methods=["POST"]),
        ]

    async def post_message(self, request: Request) -> Response:
        return await self._post(request, MessageReceived)

    async def post_verdict(self, request: Request) -> Response:
        return await self._post(request, VerdictReceived)

    async def _post(self, request: Request, model: type[MessageReceived] | type[VerdictReceived]) -> Response:
        try:
            channel = request.path_params["channel"]
            if channel not in self._channels:
                raise Refused(404, f"there is no channel {channel!r}")
            fields = parse_json(await read_body(request))
            fields.setdefault("sent_at", self._context.now())
            try:
                event = model.model_validate(fields)
            except ValidationError as error:
                raise Refused(422, words_of(error)) from error
            found = await self._publish(request, channel, event, event.conversation, event.sent_at)
        except Refused as error:
            return JSONResponse({"error": str(error)}, error.status)
        return JSONResponse(found, 202)

    async def _publish(
        self, request: Request, channel: str, event: Event, conversation: str, time: datetime
    ) -> dict[str, str]:
        key = request.headers.get("idempotency-key")
        unique = ("idempotency", channel, event.type, key) if key else ("edge", channel, event.model_dump_json())
        event_id = derived_id(*unique)
        topic = f"channel.{channel}.inbound"
        try:
            await self._context.publish(topic, conversation, event, id=event_id, time=time)
        except Passing as error:
            raise Refused(503, f"the message was not taken, send it again: {error}") from error
        sent = Envelope(event_id, self._context.name, event.type, time, conversation, event_id)
        message_id = message_id_of(sent)
        return {"message_id": message_id, "status_url": f"/v1/messages/{message_id}", "event_id": event_id}

    async def get_message(self, request: Request) -> Response:
        found = await store.message_state(self._context.pool, request.path_params["id"])
        if found is None:
            return JSONResponse({"error": "no such message, or it is still on its way: ask again"}, 404)
        return JSONResponse(found)

    async def post_open311(self, request: Request) -> Response:
        """GeoReport v2 POST service request; errors are a list of {code, description}."""
        try:
            if OPEN311 not in self._channels:
                raise Refused(404, "this installation has no Open311 channel")
            body = await read_body(request)
            event = open311_message(parse_form(body), self._context.now())
            found = await self._publish(request, OPEN311, event, event.conversation, event.sent_at)
        except Refused as error:
            return JSONResponse([{"code": error.status, "description": str(error)}], error.status)
        case_id = derived_id("case", self._context.name, found["event_id"])
        return JSONResponse(
            [{"service_request_id": reference_of(case_id), "service_notice": "", "account_id": ""}], 201
        )


def parse_form(body: bytes) -> dict[str, str]:
    """The fields of a form-encoded body; an empty one counts as absent. Raises Refused."""
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=200))
    except ValueError as error:
        raise Refused(400, f"the body is not a form: {error}") from error


def open311_message(fields: dict[str, str], now: datetime) -> MessageReceived:
    """A form of GeoReport v2 as a message. Raises Refused."""
    if "service_code" not in fields:
        raise Refused(400, "service_code is missing")
    if not ({"lat", "long"} <= set(fields) or "address_string" in fields or "address_id" in fields):
        raise Refused(400, "give lat and long, or address_string, or address_id")
    if len(fields.get("description", "")) > 4_000:
        raise Refused(400, "description is longer than 4,000 characters")
    address = fields.get("email") or fields.get("phone") or fields.get("device_id") or "anonymous"
    name = " ".join(filter(None, (fields.get("first_name"), fields.get("last_name")))) or None
    unique = derived_id("open311", address, now.isoformat(), json.dumps(fields, sort_keys=True))
    try:
        return MessageReceived(
            conversation=unique,
            contact=Contact(address=address, name=name),
            text=fields.get("description", ""),
            category=fields["service_code"],
            place=Place.model_validate(
                {"lat": fields.get("lat"), "lon": fields.get("long"), "address": fields.get("address_string")}
            ),
            sent_at=now,
        )
    except ValidationError as error:
        raise Refused(400, words_of(error)) from error
