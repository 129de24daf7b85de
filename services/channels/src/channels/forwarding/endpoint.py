"""Calls of GeoReport v2 to an authority's endpoint, in XML, which every endpoint speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

import httpx
from common.federation.country import Endpoint
from common.messaging.failures import TransientError

from channels.forwarding.forwarded import NotUnderstood

SECONDS = 20.0
MAX_BYTES = 2_000_000


class Away(TransientError):
    """The endpoint did not take or tell anything now; says why, without what was sent."""


class EndpointClient:
    """One endpoint."""

    def __init__(self, http: httpx.AsyncClient, endpoint: Endpoint) -> None:
        self._http = http
        self._base = endpoint.url.rstrip("/")
        self._own = {"jurisdiction_id": endpoint.jurisdiction_id} if endpoint.jurisdiction_id else {}

    async def post(self, fields: Mapping[str, str], key: str) -> bytes:
        """A report; the same `key` is the same report, where the endpoint knows of such keys. Raises Away."""
        return await self._call("POST", "requests.xml", data=dict(fields), headers={"Idempotency-Key": key})

    async def number_of(self, token: str) -> bytes:
        """Raises Away."""
        return await self._call("GET", f"tokens/{quote(token, safe='')}.xml", params=self._own)

    async def ask(self, numbers: Iterable[str]) -> bytes:
        """Raises Away."""
        return await self._call("GET", "requests.xml", params={**self._own, "service_request_id": ",".join(numbers)})

    async def _call(
        self, method: str, path: str, *, data: dict[str, str] | None = None, params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:  # fmt: skip
        try:
            async with self._http.stream(
                method, f"{self._base}/{path}", data=data, params=params, headers=headers, timeout=SECONDS
            ) as answer:
                if not answer.is_success:
                    raise Away(f"HTTP {answer.status_code}")
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > MAX_BYTES:
                        raise NotUnderstood(f"the answer has more than {MAX_BYTES} bytes")
                return body
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Away(type(error).__name__) from error
