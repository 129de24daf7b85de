"""What the community says: notices, questions, answers to buttons."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets

from channels.adapters.vk.updates import BUTTON
from channels.adapters.vk.vk_api import VkApi
from channels.bots.buttons import Rows
from channels.bots.fetching import fetch
from channels.bots.messenger import File, Pressed, Reply
from channels.bots.splitting import parts
from channels.bots.words import said
from channels.delivery.deliverer import Never, NotNow

CHANNEL = "vk"
LONGEST = 4096
"""Characters of one message."""
LONGEST_SNACKBAR, LONGEST_LABEL = 90, 40
"""Characters of words over a pressed button, and of a button."""
FILES = re.compile(r"https://(?:[\w-]+\.)*(?:userapi\.com|vk\.com|vk\.ru|vkuser\.net|vkuserphoto\.ru|mycdn\.me)/")


class Vk:
    """The messenger, as bots see it."""

    channel = CHANNEL

    def __init__(self, api: VkApi, spoken: tuple[str, ...], files: re.Pattern[str] = FILES) -> None:
        """`spoken`: the federation's languages; `files`: where files of messages lie."""
        self._api = api
        self._spoken = spoken
        self._files = files

    async def say(
        self, chat: str, text: str, rows: Rows = (), *, language: str | None = None, ask_place: bool = False,
        once: str = "",
    ) -> None:  # fmt: skip
        """VK takes a message of the same `random_id` once."""
        *first, last = parts(text, LONGEST)
        for number, part in enumerate(first):
            await self._api.call("messages.send", peer_id=chat, message=part, random_id=_random_id(once, number))
        keyboard: dict[str, str] = {}
        if rows or ask_place:
            keyboard["keyboard"] = json.dumps(self._keyboard(rows, language), ensure_ascii=False)
        await self._api.call(
            "messages.send", peer_id=chat, message=last, random_id=_random_id(once, len(first)), **keyboard
        )

    async def download(self, file: File) -> bytes:
        return await fetch(self._api.http, file.name, self._files)

    async def answer(self, event_id: str, pressed: Pressed | None, reply: Reply) -> None:
        """End the button's waiting, then say what is to be said. What of it fails is of no consequence: the citizen's
        word is taken."""
        if pressed is None:
            return
        shown = {"type": "show_snackbar", "text": reply.words[:LONGEST_SNACKBAR]}
        more = {"event_data": json.dumps(shown, ensure_ascii=False)} if reply.words else {}
        with contextlib.suppress(NotNow, Never):
            await self._api.call(
                "messages.sendMessageEventAnswer", event_id=event_id, user_id=pressed.chat, peer_id=pressed.chat, **more
            )
        words = reply.asks or (reply.words if reply.rows else "")
        if words:
            with contextlib.suppress(NotNow, Never):
                await self.say(pressed.chat, words, reply.rows, language=pressed.language)

    def _keyboard(self, rows: Rows, language: str | None) -> dict[str, object]:
        """Under the message; without rows, a button that sends the place."""
        buttons = [
            [
                {
                    "action": {
                        "type": "callback",
                        "label": said(b.text, language, self._spoken)[:LONGEST_LABEL],
                        "payload": json.dumps({BUTTON: b.data}),
                    }
                }
                for b in row
            ]
            for row in rows
        ]
        return {"inline": True, "buttons": buttons or [[{"action": {"type": "location", "payload": "{}"}}]]}


def _random_id(once: str, number: int) -> int:
    if not once:
        return secrets.randbelow(2**31 - 1) + 1
    return int.from_bytes(hashlib.sha256(f"{once} {number}".encode()).digest()[:4], "big") % (2**31 - 1) + 1
