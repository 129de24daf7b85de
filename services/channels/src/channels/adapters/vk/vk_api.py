"""VK's API (https://dev.vk.com/ru/reference): calls, and what its errors mean for a delivery.

The token is a field of the body. VK's words about an error repeat what was sent and are not repeated.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from channels.delivery.deliverer import Never, NotNow

VERSION = "5.199"
TIMEOUT_SECONDS = 20.0
UNREACHABLE = {
    7: "VK does not permit the message",
    15: "VK does not permit the message",
    18: "the citizen's account is gone or blocked",
    37: "the citizen's account is blocked",
    100: "VK refuses the message",
    113: "there is no such citizen in VK",
    900: "the citizen is on the community's black list",
    901: "the citizen has not allowed messages",
    902: "the citizen's privacy settings forbid messages",
    911: "VK refuses the buttons",
    914: "the message is too long",
    917: "there is no such talk",
    945: "the talk is closed",
}
"""Codes that another try does not change."""
PAUSES = {6: timedelta(seconds=1), 9: timedelta(minutes=5), 14: timedelta(hours=1), 29: timedelta(hours=1)}
"""Too many requests, flood control, a captcha, the day's limit."""
FLOOD_OF_ONE = 9
CREDENTIALS = frozenset({2, 3, 4, 5, 8, 16, 17, 20, 21, 23, 27, 28, 912})
"""The token, its rights, or the community's settings for bots."""


class VkApi:
    """One community. Raises NotNow and Never."""

    def __init__(self, url: str, token: str) -> None:
        self.http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)
        self._methods = f"{url.rstrip('/')}/method/"
        self._token = token

    async def call(self, method: str, **fields: str | int) -> Any:
        """The `response` of a method."""
        form = {**{name: str(given) for name, given in fields.items()}, "access_token": self._token, "v": VERSION}
        try:
            answer = await self.http.post(self._methods + method, data=form)
        except httpx.HTTPError as error:
            raise NotNow(f"VK does not answer: {type(error).__name__}", everyone=True) from None
        try:
            told = answer.json()
        except ValueError:
            told = None
        if answer.is_success and isinstance(told, dict) and "response" in told:
            return told["response"]
        refusal = told.get("error") if isinstance(told, dict) else None
        code = refusal.get("error_code") if isinstance(refusal, dict) else None
        raise _meaning(code if isinstance(code, int) else None, answer.status_code)


def _meaning(code: int | None, status: int) -> NotNow | Never:
    """What an error says about trying again; every failure of VK's own passes."""
    if code is None:
        return NotNow(f"VK has a fault: HTTP {status}", everyone=True)
    if code in UNREACHABLE:
        return Never(f"{UNREACHABLE[code]} ({code})")
    if code in CREDENTIALS:
        return NotNow(f"VK refuses the community's token or settings ({code})", timedelta(minutes=1), everyone=True)
    if code in PAUSES:
        return NotNow(f"VK asks for a pause ({code})", PAUSES[code], everyone=code != FLOOD_OF_ONE)
    return NotNow(f"VK has a fault ({code})")
