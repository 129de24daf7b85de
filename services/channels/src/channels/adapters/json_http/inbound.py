"""Messages, verdicts, voices on proposals and what citizens ask about themselves, as JSON.

The first message or voice over HTTP of a conversation claims it and is answered with its secret. Whoever goes on in it,
judges its answer or asks what became of a message sends the secret as `Authorization: Bearer ...`.
"""

from __future__ import annotations

import hashlib

from common.contracts.events.channel import (
    ErasureRequested,
    LinkRequested,
    MessageReceived,
    Said,
    SupportReceived,
    VerdictReceived,
    VoiceReceived,
)
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channels.adapters.json_http.bearer import not_told, secret_of
from channels.bodies import Refused, must_be, parse_json, read_body, words_of
from channels.edge import Edge, OthersConversation, source_of
from channels.edge_key import fingerprint, posted_id
from channels.store import Claim

BY_SECRET_ALONE = {
    VerdictReceived: "a verdict", SupportReceived: "a support", ErasureRequested: "an erasure", LinkRequested: "a link",
}  # fmt: skip
"""What can begin no conversation."""


class Inbound:
    """What citizens send."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def post_message(self, request: Request) -> Response:
        """A message of a citizen."""
        return await self._post(request, MessageReceived)

    async def post_verdict(self, request: Request) -> Response:
        """A citizen's word on an answer."""
        return await self._post(request, VerdictReceived)

    async def post_support(self, request: Request) -> Response:
        """A citizen's word whether their case is about the same thing as a known one."""
        return await self._post(request, SupportReceived)

    async def post_voice(self, request: Request) -> Response:
        """A citizen's word on a proposed change of rules, or a wish for one."""
        return await self._post(request, VoiceReceived)

    async def post_erasure(self, request: Request) -> Response:
        """A citizen's wish that everything about them be erased."""
        return await self._post(request, ErasureRequested)

    async def post_link(self, request: Request) -> Response:
        """A citizen's word that they are the same person as on another channel."""
        return await self._post(request, LinkRequested)

    async def _post(self, request: Request, model: type[Said]) -> Response:
        channel = request.path_params["channel"]
        if channel not in self._edge.channels:
            raise Refused(404, f"this edge serves no channel {channel[:100]!r}")
        must_be(request, "application/json")
        body = await read_body(request)
        with self._edge.places.one(source_of(request)):
            fields = parse_json(body)
            fields.setdefault("sent_at", await self._edge.now())
            try:
                event = model.model_validate(fields)
            except ValidationError as error:
                raise Refused(422, words_of(error)) from error
            self._edge.check_time(event.sent_at)
            return JSONResponse(await self._take(request, channel, event, hashlib.sha256(body).digest()), 202)

    async def _take(self, request: Request, channel: str, event: Said, body: bytes) -> dict[str, str]:
        """`body` is a digest."""
        keys, conversation = self._edge.key, event.conversation
        key, secret = request.headers.get("idempotency-key"), secret_of(request)
        if secret is None and type(event) in BY_SECRET_ALONE:
            raise not_told(f"{BY_SECRET_ALONE[type(event)]} needs the secret of its conversation")
        if secret is None and channel in self._edge.vouched:
            raise not_told(f"who speaks on {channel} is known by its own messages; over HTTP send the secret")
        if secret is not None and not keys.fits(secret, channel, conversation):
            raise Refused(403, "this secret is not the one of this conversation on this channel")
        if key:
            event_id = opening = posted_id(keys, channel, conversation, event.type, key)
        else:
            event_id = keys.event_id("event", channel, event.type, event.model_dump_json())
            opening = keys.event_id("opening", channel, conversation, body.hex())
        own = keys.secret(channel, conversation)
        whose = fingerprint(own)
        claim = Claim(whose, opening) if secret is None else None
        try:
            await self._edge.take(
                channel, event, event_id, body=body, key=event_id if key else None, claim=claim, fingerprint=whose
            )
        except OthersConversation as error:
            raise not_told(
                "this conversation was begun before: send the secret that its first message was answered with, or give"
                " another name to a new one"
            ) from error
        message_id = self._edge.message_id(event_id)
        told = {"message_id": message_id, "status_url": f"/v1/messages/{message_id}", "event_id": event_id}
        return told | ({"secret": own} if secret is None else {})
