"""GeoReport v2, POST service request."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from common.contracts.attachments import BEGINNING
from common.contracts.events.channel import MessageReceived
from common.contracts.reference import reference_of
from common.federation.country import Category
from starlette.requests import Request

from channels.adapters.open311 import form, records
from channels.adapters.open311.api_keys import ApiKeys
from channels.adapters.open311.jurisdiction import must_be_served, parameters
from channels.adapters.open311.known_services import KnownServices
from channels.bodies import Refused, must_be, parse_form, read_body
from channels.edge import Edge, source_of
from channels.edge_key import EdgeKey
from channels.service_request import ServiceRequest

SEALED = "open311 contact"
"""What senders of reports are sealed as."""

NOT_FETCHED = (
    "The report was taken, the file at its media_url was not: send files to /v1/attachments/open311 first, and their"
    " names as media_url."
)


async def form_of(request: Request) -> list[tuple[str, str]]:
    """The fields of a form; some clients send all or a few of them in the address. Raises Refused."""
    must_be(request, "application/x-www-form-urlencoded")
    return [*parameters(request), *parse_form(await read_body(request))]


def digest_of(pairs: list[tuple[str, str]]) -> bytes:
    return hashlib.sha256(urlencode(pairs).encode()).digest()


def conversation_of(key: EdgeKey, event_id: str) -> str:
    """The name of the conversation that a report begins."""
    return key.event_id("open311 conversation", event_id)


class Inbound:
    """Forms of citizens."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._services = KnownServices(edge.federation, edge.releases)
        self._keys = ApiKeys(edge.settings, edge.key, edge.limits)
        self._sealer = edge.key.sealer(SEALED)

    async def post_request(self, request: Request) -> Any:
        """A form as the first message of a conversation of its own; answered with the case's number, and with the
        conversation's secret as the account of whoever names none."""
        edge = self._edge
        pairs = await form_of(request)
        with edge.places.one(source_of(request)):
            fields = dict(pairs)
            self._keys.must_be_held(fields)
            must_be_served(edge, fields)
            if "service_code" not in fields:
                raise Refused(400, "service_code was not provided")
            now = await edge.now()
            code = self._services.code_of(fields["service_code"], now)
            category = edge.federation.category(code) or Category(code=code, title=code)
            event, event_id, memory = self._event(request, pairs, category, now)
            case_id = edge.case_id(event_id)
            contact = self._sealer.seal_bytes(event.contact.model_dump_json().encode(), case_id)
            kept = ServiceRequest(
                case_id, event_id, edge.message_id(event_id), category.service, event.sent_at, code,
                sender_key=self._keys.mark(fields), contact=contact,
            )  # fmt: skip
            await edge.take(
                form.CHANNEL, event, event_id, body=digest_of(pairs), key=memory, claim=None, fingerprint=None,
                request=kept,
            )  # fmt: skip
            account = fields.get("account_id") or edge.key.secret(form.CHANNEL, event.conversation)
            notice = None if all(a.startswith(BEGINNING) for a in event.attachments) else NOT_FETCHED
            return [records.receipt(category.service, reference_of(case_id), kept.message_id, account, notice)]

    def _event(
        self, request: Request, pairs: list[tuple[str, str]], category: Category, now: datetime
    ) -> tuple[MessageReceived, str, str | None]:
        """The event of a form, its id, and under which key its body is remembered.

        A form proves nothing about who sends it. So an Idempotency-Key goes with the whole form, that nobody spoils
        another's; that it was used for another form is told where address and contact are the same.
        """
        keys = self._edge.key
        key = request.headers.get("idempotency-key")
        moment = () if key else (now.isoformat(),)
        event_id = keys.event_id("open311", key or "", digest_of(pairs).hex(), *moment)
        event = form.message(pairs, now, conversation_of(keys, event_id), category.attributes)
        if not key or event.contact.address == form.ANONYMOUS:
            return event, event_id, None
        return event, event_id, keys.event_id("open311 key", key, event.contact.address, source_of(request))
