"""GeoReport v2, POST service request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from common.contracts.events.channel import MessageReceived
from common.contracts.reference import reference_of
from common.federation.country import Category
from starlette.requests import Request

from channels.adapters.open311 import form, records
from channels.adapters.open311.jurisdiction import must_be_served, parameters
from channels.adapters.open311.known_services import KnownServices
from channels.bodies import Refused, must_be, parse_form, read_body
from channels.edge import Edge, source_of
from channels.service_request import ServiceRequest


class Inbound:
    """Forms of citizens."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._services = KnownServices(edge.federation, edge.releases)
        held = edge.settings.open311_keys
        self._api_keys = [k.strip() for k in held.get_secret_value().split(",")] if held else []

    async def post_request(self, request: Request) -> Any:
        """A form as the first message of a conversation of its own; answered with the case's number."""
        edge = self._edge
        must_be(request, "application/x-www-form-urlencoded")
        body = await read_body(request)
        with edge.places.one(source_of(request)):
            # Some clients send parameters in the address, all or a few.
            pairs = [*parameters(request), *parse_form(body)]
            fields = dict(pairs)
            self._check_key(fields)
            must_be_served(edge, fields)
            if "service_code" not in fields:
                raise Refused(400, "service_code was not provided")
            now = await edge.now()
            code = self._services.code_of(fields["service_code"], now)
            category = edge.federation.category(code) or Category(code=code, title=code)
            event, event_id, memory = self._event(request, pairs, category, now)
            kept = ServiceRequest(
                edge.case_id(event_id), event_id, edge.message_id(event_id), category.service, event.sent_at, code
            )
            await edge.take(
                form.CHANNEL, event, event_id, body=_digest(pairs), key=memory, claim=None, fingerprint=None,
                request=kept,
            )  # fmt: skip
            reference = reference_of(kept.case_id)
            return [records.receipt(category.service, reference, kept.message_id, fields.get("account_id"))]

    def _event(
        self, request: Request, pairs: list[tuple[str, str]], category: Category, now: datetime
    ) -> tuple[MessageReceived, str, str | None]:
        """The event of a form, its id, and under which key its body is remembered.

        A form proves nothing about who sends it. So an Idempotency-Key goes with the whole form, that nobody spoils
        another's; that it was used for another form is told where address and contact are the same.
        """
        keys = self._edge.key
        key, digest = request.headers.get("idempotency-key"), _digest(pairs).hex()
        moment = () if key else (now.isoformat(),)
        event_id = keys.event_id("open311", key or "", digest, *moment)
        conversation = keys.event_id("open311 conversation", event_id)
        event = form.message(pairs, now, conversation, category.attributes)
        if not key or event.contact.address == form.ANONYMOUS:
            return event, event_id, None
        return event, event_id, keys.event_id("open311 key", key, event.contact.address, source_of(request))

    def _check_key(self, fields: Mapping[str, str]) -> None:
        given = fields.get("api_key", "").encode()
        if self._api_keys and not any(hmac.compare_digest(given, k.encode()) for k in self._api_keys):
            raise Refused(403, "api_key is missing or wrong")


def _digest(pairs: list[tuple[str, str]]) -> bytes:
    return hashlib.sha256(urlencode(pairs).encode()).digest()
