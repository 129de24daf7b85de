"""What the bot says: notices, questions, answers to buttons."""

from __future__ import annotations

import contextlib
from typing import Any

from channels.adapters.telegram.bot_api import BotApi
from channels.bots.buttons import Rows
from channels.bots.messenger import File, Pressed, Reply
from channels.bots.splitting import parts
from channels.bots.words import SEND_PLACE, said
from channels.delivery.deliverer import Never, NotNow

CHANNEL = "telegram"
LONGEST = 4096
"""UTF-16 units of one message."""
LONGEST_ANSWER = 200
"""Characters over a button that was pressed."""


class Telegram:
    """The messenger, as bots see it."""

    channel = CHANNEL

    def __init__(self, api: BotApi, spoken: tuple[str, ...]) -> None:
        """`spoken`: the federation's languages."""
        self._api = api
        self._spoken = spoken

    async def say(
        self, chat: str, text: str, rows: Rows = (), *, language: str | None = None, ask_place: bool = False,
        once: str = "",
    ) -> None:  # fmt: skip
        """Text as it is, without markup; buttons under its last part. Telegram knows no repetition."""
        *first, last = parts(text, LONGEST)
        for part in first:
            await self._api.call("sendMessage", chat_id=_chat(chat), text=part)
        more: dict[str, Any] = {}
        if rows:
            more["reply_markup"] = self._keyboard(rows, language)
        elif ask_place:
            button = {"text": said(SEND_PLACE, language, self._spoken), "request_location": True}
            more["reply_markup"] = {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}
        await self._api.call("sendMessage", chat_id=_chat(chat), text=last, **more)

    async def download(self, file: File) -> bytes:
        return await self._api.download(file.name)

    async def answer(self, query_id: str, pressed: Pressed | None, reply: Reply) -> None:
        """End the button's waiting, put other buttons in place of it, ask what is to be asked. What of it fails is of
        no consequence: the citizen's word is taken."""
        with contextlib.suppress(NotNow, Never):
            await self._api.call("answerCallbackQuery", callback_query_id=query_id, text=reply.words[:LONGEST_ANSWER])
        if pressed is None:
            return
        with contextlib.suppress(NotNow, Never):
            keyboard = self._keyboard(reply.rows, pressed.language)
            await self._api.call(
                "editMessageReplyMarkup", chat_id=_chat(pressed.chat), message_id=int(pressed.message),
                reply_markup=keyboard,
            )  # fmt: skip
        if reply.asks:
            with contextlib.suppress(NotNow, Never):
                await self.say(pressed.chat, reply.asks)

    def _keyboard(self, rows: Rows, language: str | None) -> dict[str, Any]:
        return {
            "inline_keyboard": [
                [{"text": said(b.text, language, self._spoken), "callback_data": b.data} for b in row] for row in rows
            ]
        }


def _chat(chat: str) -> int | str:
    """Telegram's ids are numbers; anything else it shall refuse itself."""
    return int(chat) if chat.lstrip("-").isdigit() else chat
