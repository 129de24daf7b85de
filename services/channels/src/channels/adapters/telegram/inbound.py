"""The webhook: what Telegram posts of the bot's updates."""

from __future__ import annotations

import asyncio
import hmac
import logging

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channels.adapters.telegram.outbound import Telegram
from channels.adapters.telegram.updates import Update, heard, pressed
from channels.bodies import Refused, must_be, parse_json, read_body
from channels.bots.bot import SAY_SECONDS, Bot
from channels.edge import Edge, source_of

log = logging.getLogger(__name__)

SECRET = "x-telegram-bot-api-secret-token"


class Inbound:
    """Answers 200 once Kafka has what was said; Telegram sends again what is answered with anything else."""

    def __init__(self, edge: Edge, telegram: Telegram, secret: str) -> None:
        self._edge = edge
        self._telegram = telegram
        self._secret = secret.encode()
        self._bot = Bot(edge, telegram)

    async def post_update(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(SECRET, "").encode(), self._secret):
            raise Refused(403, f"the header {SECRET} is not the secret of this webhook")
        must_be(request, "application/json")
        body = await read_body(request)
        with self._edge.places.one(source_of(request)):
            try:
                update = Update.model_validate(parse_json(body))
            except ValidationError as error:
                # Sent again it would be the same: nothing of it is ours to read.
                log.warning("an update of Telegram has another form than its protocol says: %s", error.error_count())
                return JSONResponse({})
            await self._take(update)
        return JSONResponse({})

    async def _take(self, update: Update) -> None:
        said = heard(update)
        if said is not None:
            await self._bot.hear(said)
        elif update.callback_query is not None:
            choice = pressed(update.callback_query)
            if choice is None:
                return
            reply = await self._bot.press(choice)
            try:
                async with asyncio.timeout(SAY_SECONDS):
                    await self._telegram.answer(update.callback_query.id, choice, reply)
            except TimeoutError:
                log.warning("Telegram was not told that a button was taken")
