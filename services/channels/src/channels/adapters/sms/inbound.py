"""The webhooks: what the provider posts of citizens' messages, and of those that it sends for us."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import TypeVar

from common.messaging.postgres import DATABASE_AWAY
from markupsafe import escape
from starlette.requests import Request
from starlette.responses import Response

from channels.adapters.sms import store
from channels.adapters.sms.numbers import sender_of
from channels.adapters.sms.outbound import CHANNEL, Sms
from channels.adapters.sms.twilio import SIGNATURE, Twilio, answered_by_twilio, heard, id_of, status_of
from channels.bodies import Refused, read_body
from channels.bots.bot import Bot
from channels.bots.messenger import Pressed
from channels.bots.orders import Order, order_in
from channels.bots.words import ERASING, SMS_STARTED, SMS_STOPPED, said
from channels.delivery import store as deliveries
from channels.edge import Edge, source_of

log = logging.getLogger(__name__)

T = TypeVar("T")

RUSSIAN = "ru"
MAX_NOTICE = 200
"""Characters of a notice's id."""


class Inbound:
    """Answers 200 once Kafka has what was said. The provider tries again as the fragment of the address says."""

    def __init__(self, edge: Edge, sms: Sms, provider: Twilio) -> None:
        self._edge = edge
        self._sms = sms
        self._provider = provider
        # The provider tries again for seconds, then forgets.
        self._bot = Bot(edge, sms, sends_again=False)

    async def post_message(self, request: Request) -> Response:
        body = await read_body(request)
        with self._edge.places.one(source_of(request)):
            fields = self._provider.read(body, request.headers.get(SIGNATURE, ""))
            number = sender_of(fields.get("From", ""), self._edge.federation.country)
            if number is None:
                raise Refused(422, "From is no telephone: this address takes SMS and MMS alone")
            order = order_in(fields.get("Body", "")) if fields.get("NumMedia", "0") == "0" else None
            if order is not None:
                return _reply(await self._obey(order, number, fields))
            name = self._edge.key.event_id("sms heard", number, id_of(fields))
            at = await self._stored(store.first_heard(self._edge.pool, name, await self._edge.now()))
            await self._bot.hear(heard(fields, number, at, self._language(fields)))
        return _reply("")

    async def post_status(self, request: Request) -> Response:
        """Of a notice in several messages each must arrive: the first that is lost, or the last that arrived, tells."""
        body = await read_body(request)
        with self._edge.places.one(source_of(request)):
            status = status_of(self._provider.read(body, request.headers.get(SIGNATURE, ""), query=request.url.query))
            notice, last = request.query_params.get("notice", "")[:MAX_NOTICE], request.query_params.get("last") == "1"
            pool = self._edge.pool
            if status.word == "lost":
                await self._stored(deliveries.settle_awaited(pool, CHANNEL, notice, status.reason or "lost"))
            elif status.word == "reached" and last:
                await self._stored(deliveries.settle_awaited(pool, CHANNEL, notice, None))
            elif status.word == "sent" and last:
                await self._stored(deliveries.note_passed_on(pool, CHANNEL, notice))
        return Response(status_code=204)

    async def _obey(self, order: Order, number: str, fields: dict[str, str]) -> str:
        """What is replied."""
        whose, pool = self._sms.whose(number), self._edge.pool
        answered = answered_by_twilio(fields, fields.get("Body", "").strip())
        match order:
            case "stop":
                await self._stored(store.opt_out(pool, whose))
                return "" if answered else self._said(SMS_STOPPED, fields)
            case "start":
                await self._stored(store.opt_in(pool, whose))
                return "" if answered else self._said(SMS_STARTED, fields)
            case "help":
                if not answered:
                    await self._bot.greet(number, self._language(fields))
                return ""
            case "erase":
                await self._bot.ask_erasure(number, self._language(fields))
                return ""
            case "erase_all":
                await self._bot.press(Pressed(number, id_of(fields), None, self._language(fields), "erase"))
                return self._said(ERASING, fields)

    def _said(self, text: str, fields: dict[str, str]) -> str:
        return said(text, self._language(fields), self._edge.federation.languages)

    def _language(self, fields: dict[str, str]) -> str | None:
        """A telephone does not tell its language: what is written in Cyrillic is Russian where that is spoken."""
        cyrillic = any("а" <= letter <= "я" for letter in fields.get("Body", "").lower())
        return RUSSIAN if cyrillic and RUSSIAN in self._edge.federation.languages else None

    async def _stored(self, statement: Awaitable[T]) -> T:
        """Raises Refused (503) while the database is away."""
        try:
            return await statement
        except DATABASE_AWAY as error:
            raise Refused(503, "it was not taken: send it again") from error


def _reply(words: str) -> Response:
    """TwiML."""
    inner = f"<Message>{escape(words)}</Message>" if words else ""
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>', media_type="text/xml; charset=utf-8"
    )
