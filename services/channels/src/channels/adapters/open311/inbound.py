"""GeoReport v2, POST service request."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from common.contracts.events.channel import MessageReceived
from common.contracts.reference import reference_of
from common.rulebook.errors import ReleaseMissing
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channels.adapters.open311 import form
from channels.bodies import Refused, must_be, parse_form, read_body
from channels.edge import Edge, source_of


class Inbound:
    """Forms of citizens."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        held = edge.settings.open311_keys
        self._api_keys = [k.strip() for k in held.get_secret_value().split(",")] if held else []

    async def post_request(self, request: Request) -> Response:
        """A form as the first message of a conversation of its own; answered with the case's number."""
        edge = self._edge
        if form.CHANNEL not in edge.channels:
            raise Refused(404, "this installation has no Open311 channel")
        must_be(request, "application/x-www-form-urlencoded")
        body = await read_body(request)
        with edge.places.one(source_of(request)):
            pairs = parse_form(body)
            fields = dict(pairs)
            self._check_key(fields.get("api_key") or request.query_params.get("api_key", ""))
            now = await edge.now()
            jurisdiction = fields.get("jurisdiction_id") or request.query_params.get("jurisdiction_id")
            if jurisdiction and jurisdiction != edge.federation.name:
                raise Refused(404, "this jurisdiction_id is not served here")
            event, event_id, memory = self._service_request(request, pairs, body, now)
            self._check_category(event.category or "", now)
            digest = hashlib.sha256(body).digest()
            await edge.take(form.CHANNEL, event, event_id, body=digest, key=memory, claim=None, fingerprint=None)
            reference = reference_of(edge.case_id(event_id))
            return JSONResponse([{"service_request_id": reference, "service_notice": "", "account_id": ""}], 201)

    def _service_request(
        self, request: Request, pairs: list[tuple[str, str]], body: bytes, now: datetime
    ) -> tuple[MessageReceived, str, str | None]:
        """The event of a form, its id, and under which key its body is remembered.

        A form proves nothing about who sends it. So an Idempotency-Key goes with the whole form, that nobody spoils
        another's; that it was used for another form is told where address and contact are the same.
        """
        keys = self._edge.key
        key, digest = request.headers.get("idempotency-key"), hashlib.sha256(body).hexdigest()
        moment = () if key else (now.isoformat(),)
        event_id = keys.event_id("open311", key or "", digest, *moment)
        event = form.message(pairs, now, conversation=keys.event_id("open311 conversation", event_id))
        if not key or event.contact.address == form.ANONYMOUS:
            return event, event_id, None
        return event, event_id, keys.event_id("open311 key", key, event.contact.address, source_of(request))

    def _check_key(self, given: str) -> None:
        if self._api_keys and not any(hmac.compare_digest(given.encode(), k.encode()) for k in self._api_keys):
            raise Refused(403, "api_key is missing or wrong")

    def _check_category(self, code: str, now: datetime) -> None:
        """Refuse what no layer's map knows; while no release is here the message is taken, and triage decides."""
        federation, book = self._edge.federation, self._edge.releases.book
        if federation.has_category(code):
            return
        try:
            books = [book.in_force(r.id, now) for r in federation.regions]
            books.append(book.in_force(NATIONAL, now))
        except ReleaseMissing:
            return
        if all(one.decide("category_map", {"given": code}, NO_UNIT) is None for one in books):
            raise Refused(404, "there is no such service_code")
