"""The webhook: what MAX posts of the bot's updates."""

from __future__ import annotations

import asyncio
import hmac
import logging

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channels.adapters.max.outbound import Max
from channels.adapters.max.updates import Update, heard, pressed
from channels.bodies import Refused, parse_json, read_body
from channels.bots.bot import SAY_SECONDS, Bot
from channels.edge import Edge, source_of

log = logging.getLogger(__name__)

SECRET = "x-max-bot-api-secret"


class Inbound:
    """Answers 200 once Kafka has what was said; for 8 hours MAX sends again what is answered with anything else."""

    def __init__(self, edge: Edge, messenger: Max, secret: str) -> None:
        self._edge = edge
        self._max = messenger
        self._secret = secret.encode()
        self._bot = Bot(edge, messenger)

    async def post_update(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(SECRET, "").encode(), self._secret):
            raise Refused(403, f"the header {SECRET} is not the secret of this webhook")
        body = await read_body(request)
        with self._edge.places.one(source_of(request)):
            try:
                update = Update.model_validate(parse_json(body))
            except ValidationError as error:
                # Sent again it would be the same: nothing of it is ours to read.
                log.warning("an update of MAX has another form than its protocol says: %s", error.error_count())
                return JSONResponse({})
            await self._take(update)
        return JSONResponse({})

    async def _take(self, update: Update) -> None:
        match update.update_type:
            case "message_created" | "message_edited" | "message_removed":
                said = heard(update)
                if said is not None:
                    await self._bot.hear(said)
            case "bot_started":
                if update.user is not None:
                    await self._bot.greet(str(update.user.user_id), update.user_locale, update.payload or "")
            case "message_callback":
                await self._press(update)

    async def _press(self, update: Update) -> None:
        choice = pressed(update)
        if choice is None or update.callback is None:
            return
        reply = await self._bot.press(choice)
        shown = update.message.body if update.message is not None else None
        try:
            async with asyncio.timeout(SAY_SECONDS):
                text = (shown.text or "") if shown is not None else ""
                await self._max.answer(update.callback.callback_id, text, choice, reply)
        except TimeoutError:
            log.warning("MAX was not told that a button was taken")
