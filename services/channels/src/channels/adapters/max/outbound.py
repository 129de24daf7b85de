"""What the bot says: notices, questions, answers to buttons."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from channels.adapters.max.max_api import MaxApi
from channels.bots.buttons import Rows
from channels.bots.fetching import fetch
from channels.bots.messenger import File, Pressed, Reply
from channels.bots.splitting import parts
from channels.bots.words import SEND_PLACE, said
from channels.delivery.deliverer import Never, NotNow

CHANNEL = "max"
LONGEST = 4000
"""Characters of one message."""
FILES = re.compile(r"https://(?:[\w-]+\.)*(?:oneme\.ru|max\.ru|okcdn\.ru|mycdn\.me)/")


class Max:
    """The messenger, as bots see it."""

    channel = CHANNEL

    def __init__(self, api: MaxApi, spoken: tuple[str, ...], files: re.Pattern[str] = FILES) -> None:
        """`spoken`: the federation's languages; `files`: where files of messages lie."""
        self._api = api
        self._spoken = spoken
        self._files = files

    async def say(
        self, chat: str, text: str, rows: Rows = (), *, language: str | None = None, ask_place: bool = False,
        once: str = "",
    ) -> None:  # fmt: skip
        """MAX knows no repetition."""
        *first, last = parts(text, LONGEST)
        for part in first:
            await self._api.post("/messages", {"user_id": chat}, {"text": part})
        body: dict[str, Any] = {"text": last}
        if rows:
            body["attachments"] = self._keyboard(rows, language)
        elif ask_place:
            button = {"type": "request_geo_location", "text": said(SEND_PLACE, language, self._spoken)}
            body["attachments"] = [{"type": "inline_keyboard", "payload": {"buttons": [[button]]}}]
        await self._api.post("/messages", {"user_id": chat}, body)

    async def download(self, file: File) -> bytes:
        return await fetch(self._api.http, file.name, self._files)

    async def answer(self, callback_id: str, text: str, pressed: Pressed | None, reply: Reply) -> None:
        """Tell that the button was taken, put other buttons in place of it, ask what is to be asked. `text`: of the
        message it is under. What of it fails is of no consequence: the citizen's word is taken."""
        if pressed is None:
            return
        body: dict[str, Any] = {"message": {"text": text, "attachments": self._keyboard(reply.rows, pressed.language)}}
        if reply.words:
            body["notification"] = reply.words
        with contextlib.suppress(NotNow, Never):
            await self._api.post("/answers", {"callback_id": callback_id}, body)
        if reply.asks:
            with contextlib.suppress(NotNow, Never):
                await self.say(pressed.chat, reply.asks)

    def _keyboard(self, rows: Rows, language: str | None) -> list[dict[str, Any]]:
        """As attachments; none takes the buttons away."""
        buttons = [
            [{"type": "callback", "text": said(b.text, language, self._spoken), "payload": b.data} for b in row]
            for row in rows
        ]
        return [{"type": "inline_keyboard", "payload": {"buttons": buttons}}] if buttons else []
