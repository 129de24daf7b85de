"""Telegram's Bot API (https://core.telegram.org/bots/api): calls, and what its errors mean for a delivery.

The token is part of every address, so no address is ever logged or put into words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from channels.bots.fetching import bounded
from channels.delivery.deliverer import Never, NotNow

TIMEOUT_SECONDS = 20.0
UNREACHABLE = {
    "bot was blocked by the user": "the citizen has blocked the bot",
    "user is deactivated": "the citizen's account is gone",
    "bot can't initiate conversation": "the citizen has not begun a talk with the bot",
    "chat not found": "there is no such chat",
    "bot was kicked": "the bot was put out of the chat",
}
"""Beginnings and middles of Telegram's descriptions, in our words."""


class BotApi:
    """One bot. Raises NotNow and Never, whose words hold neither the token nor what was sent."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)
        self._methods = f"{url.rstrip('/')}/bot{token}/"
        self._files = f"{url.rstrip('/')}/file/bot{token}/"

    async def call(self, method: str, **fields: Any) -> Any:
        """The `result` of a method."""
        try:
            answer = await self._http.post(self._methods + method, json=fields)
        except httpx.HTTPError as error:
            raise NotNow(f"Telegram does not answer: {type(error).__name__}", everyone=True) from None
        told = _object(answer)
        if answer.is_success and told.get("ok") is True:
            return told.get("result")
        raise _meaning(answer.status_code, told)

    async def download(self, file_id: str) -> bytes:
        """A file of a message; Never for one that is too large."""
        found = await self.call("getFile", file_id=file_id)
        path = found.get("file_path") if isinstance(found, dict) else None
        if not isinstance(path, str):
            raise Never("Telegram does not give the file out")
        try:
            async with self._http.stream("GET", self._files + path) as answer:
                if answer.status_code in (400, 404):
                    raise Never("Telegram has the file no more")
                if not answer.is_success:
                    raise NotNow(f"Telegram gives no file: {answer.status_code}")
                return await bounded(answer)
        except httpx.InvalidURL:
            raise Never("Telegram gives a path that is none") from None
        except httpx.HTTPError as error:
            raise NotNow(f"Telegram gives no file: {type(error).__name__}") from None


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _meaning(status: int, told: dict[str, Any]) -> NotNow | Never:
    """What an error says about trying again."""
    code = told.get("error_code")
    code = code if isinstance(code, int) else status
    description, parameters = str(told.get("description", "")).casefold(), told.get("parameters")
    if code == 429:
        after = parameters.get("retry_after") if isinstance(parameters, dict) else None
        seconds = after if isinstance(after, int) and after > 0 else 1
        return NotNow("Telegram asks for a pause", timedelta(seconds=seconds), everyone=True)
    known = next((words for part, words in UNREACHABLE.items() if part in description), None)
    if known is not None or code == 403:
        return Never(known or "Telegram forbids it")
    if code in (401, 404):
        return NotNow("Telegram refuses the bot's token", everyone=True)
    if code >= 500 or not told:
        return NotNow(f"Telegram has a fault: {code}", everyone=True)
    return Never(f"Telegram refuses the message: {code}")
