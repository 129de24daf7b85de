"""GeoReport v2, service request updates: what happened to reports, and what their senders say later."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from common.contracts.events.channel import Contact
from common.messaging.sealing import NotSealedHere
from starlette.requests import Request

from channels import service_request_store as store
from channels.adapters.open311 import update
from channels.adapters.open311.api_keys import ApiKeys
from channels.adapters.open311.form import CHANNEL, FormWrong
from channels.adapters.open311.inbound import SEALED, conversation_of, digest_of, form_of
from channels.adapters.open311.jurisdiction import must_be_served, parameters
from channels.adapters.open311.query import MOST, asked_window
from channels.bodies import Refused
from channels.edge import Edge, source_of
from channels.service_request import ServiceRequest


class Updates:
    """Both directions."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._keys = ApiKeys(edge.settings, edge.key, edge.limits)
        self._sealer = edge.key.sealer(SEALED)
        self._zone = ZoneInfo(edge.federation.timezone)

    async def list(self, request: Request) -> Any:
        """Oldest first; of what happened in a time."""
        pairs = parameters(request)
        must_be_served(self._edge, dict(pairs))
        since, before = asked_window(pairs, await self._edge.now(), self._zone)
        return [
            update.shown(one) for one in await self._edge.query(lambda pool: store.steps(pool, since, before, MOST))
        ]

    async def post(self, request: Request) -> Any:
        """A further word of whoever sent the report."""
        edge, keys = self._edge, self._edge.key
        pairs = await form_of(request)
        with edge.places.one(source_of(request)):
            fields = dict(pairs)
            self._keys.must_be_held(fields)
            must_be_served(edge, fields)
            if wrong := update.faults(fields):
                raise FormWrong(wrong)
            found = await edge.ask(lambda pool, name: store.named(pool, [name]), fields["service_request_id"])
            if not found:
                raise Refused(404, "there is no such service_request_id")
            (listed,) = found[:1]
            report = listed.request
            conversation = conversation_of(keys, report.event_id)
            contact = self._sender(report, fields, conversation)
            now = await edge.now()
            named = fields.get("update_id")
            parts = (named,) if named else (digest_of(pairs).hex(), now.isoformat())
            event_id = keys.event_id("open311 update", report.case_id, *parts)
            event = update.said(pairs, listed.state, contact, now, conversation)
            await edge.take(
                CHANNEL, event, event_id, body=digest_of(pairs), key=event_id if named else None, claim=None,
                fingerprint=None,
            )  # fmt: skip
            return [{"update_id": edge.message_id(event_id), "account_id": fields.get("account_id")}]

    def _sender(self, report: ServiceRequest, fields: Mapping[str, str], conversation: str) -> Contact:
        """Who sent the report, for whoever shows to be that client. Raises Refused (403, 404)."""
        mark = self._keys.mark(fields)
        own = mark is not None and report.sender_key is not None and hmac.compare_digest(mark, report.sender_key)
        if not own and not self._edge.key.fits(fields.get("account_id", ""), CHANNEL, conversation):
            raise Refused(
                403, "send the api_key that the report was sent with, or the account_id that it was answered with"
            )
        try:
            sealed = report.contact or b""
            return Contact.model_validate_json(self._sealer.open_bytes(sealed, report.case_id))
        except NotSealedHere as error:
            raise Refused(404, "who sent this report is not known any more: send another") from error
