"""Fetches files that a messenger names by an address of its own."""

from __future__ import annotations

import re

import httpx
from common.contracts.attachments import MOST_BYTES

from channels.delivery.deliverer import Never, NotNow

MOST_REDIRECTS = 3


async def fetch(
    http: httpx.AsyncClient, url: str, allowed: re.Pattern[str], auth: tuple[str, str] | None = None
) -> bytes:
    """At most as many bytes as may be kept. `auth` is said at the first address alone.

    Raises NotNow, and Never for a file that is too large or gone, or lies at an address that does not begin as
    `allowed`: whoever could post an update could else have us fetch anything.
    """
    for _ in range(MOST_REDIRECTS + 1):
        if not allowed.match(url):
            raise Never("the file lies at no address of the messenger")
        try:
            async with http.stream("GET", url, auth=auth) as answer:
                if answer.has_redirect_location:
                    auth, url = None, str(answer.url.join(answer.headers["location"]))
                    continue
                if answer.is_client_error:
                    raise Never("the messenger has the file no more")
                if not answer.is_success:
                    raise NotNow(f"the messenger gives no file: {answer.status_code}")
                return await bounded(answer)
        except httpx.HTTPError as error:
            raise NotNow(f"the messenger gives no file: {type(error).__name__}") from None
    raise Never("the file is at the end of too many redirects")


async def bounded(answer: httpx.Response) -> bytes:
    """The body of a streamed answer; Never where it is larger than what may be kept."""
    data = bytearray()
    async for piece in answer.aiter_bytes():
        data += piece
        if len(data) > MOST_BYTES:
            raise Never("the file is too large")
    return bytes(data)
