"""MAX's bot API (https://dev.max.ru/docs-api): calls, and what errors mean for a delivery. The token is a header."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from channels.delivery.deliverer import Never, NotNow

TIMEOUT_SECONDS = 20.0
PAUSE = timedelta(seconds=2)
"""After too many requests; MAX takes 30 a second."""


class MaxApi:
    """One bot. Raises NotNow and Never."""

    def __init__(self, url: str, token: str) -> None:
        self.http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)
        self._url = url.rstrip("/")
        self._token = token

    async def post(self, path: str, query: dict[str, str], body: dict[str, Any]) -> None:
        try:
            answer = await self.http.post(
                self._url + path, params=query, json=body, headers={"Authorization": self._token}
            )
        except httpx.HTTPError as error:
            raise NotNow(f"MAX does not answer: {type(error).__name__}", everyone=True) from None
        if not answer.is_success:
            raise _meaning(answer)


def _meaning(answer: httpx.Response) -> NotNow | Never:
    """What an error says about trying again."""
    status = answer.status_code
    if status == 429:
        given = answer.headers.get("retry-after", "")
        after = timedelta(seconds=int(given)) if given.isdigit() and len(given) < 6 else PAUSE
        return NotNow("MAX asks for a pause", after, everyone=True)
    if status == 401:
        return NotNow("MAX refuses the bot's token", everyone=True)
    if status == 403:
        return Never("the citizen has stopped the bot")
    if status == 404:
        return Never("there is no such citizen in MAX")
    if 400 <= status < 500:
        return Never(f"MAX refuses the message: {status}")
    return NotNow(f"MAX has a fault: {status}", everyone=True)
