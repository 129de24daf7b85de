"""What VK posts to the community's server (Callback API)."""

from __future__ import annotations

import asyncio
import hmac
import logging

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from channels.adapters.vk.outbound import Vk
from channels.adapters.vk.updates import Message, MessageEvent, NewMessage, Update, heard, pressed
from channels.bodies import Refused, parse_json, read_body
from channels.bots.bot import SAY_SECONDS, Bot
from channels.edge import Edge, source_of

log = logging.getLogger(__name__)

OK = "ok"
"""What VK wants to read, else it sends the same again."""


class Inbound:
    """Answers `ok` once Kafka has what was said."""

    def __init__(self, edge: Edge, vk: Vk, secret: str, group: int, confirmation: str) -> None:
        self._edge = edge
        self._vk = vk
        self._secret = secret.encode()
        self._group = group
        self._confirmation = confirmation
        self._bot = Bot(edge, vk)

    async def post_update(self, request: Request) -> Response:
        body = await read_body(request)
        try:
            update = Update.model_validate(parse_json(body))
        except ValidationError as error:
            raise Refused(400, "this is no update of the Callback API") from error
        known = update.secret is not None and hmac.compare_digest(update.secret.encode(), self._secret)
        # VK asks for the confirmation also before a secret is set, and then sends none.
        first = update.type == "confirmation" and update.secret is None
        if not (known or first) or update.group_id != self._group:
            raise Refused(403, "secret or group_id is not that of this server")
        if update.type == "confirmation":
            return PlainTextResponse(self._confirmation)
        with self._edge.places.one(source_of(request)):
            try:
                await self._take(update)
            except ValidationError as error:
                # Sent again it would be the same: nothing of it is ours to read.
                log.warning("an update of VK has another form than its protocol says: %s", error.error_count())
        return PlainTextResponse(OK)

    async def _take(self, update: Update) -> None:
        match update.type:
            case "message_new":
                new = NewMessage.model_validate(update.object)
                said = heard(new.message, new.client_info.lang_id)
            case "message_edit":
                said = heard(Message.model_validate(update.object), edited=update.event_id)
            case "message_event":
                await self._press(MessageEvent.model_validate(update.object))
                return
            case _:
                return
        if said is not None:
            await self._bot.hear(said)

    async def _press(self, event: MessageEvent) -> None:
        choice = pressed(event)
        if choice is None:
            return
        reply = await self._bot.press(choice)
        try:
            async with asyncio.timeout(SAY_SECONDS):
                await self._vk.answer(event.event_id, choice, reply)
        except TimeoutError:
            log.warning("VK was not told that a button was taken")
