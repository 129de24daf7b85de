"""The HTTP edge apart: posts of whole messages, answered once Kafka has them.

The senders share the cores with everything that is measured, so they do little: a post costs them 80 us, by httpx some
1,000.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import httptools

from otklik.bench.measure import Run

CONCURRENT_CITIZENS = 128
"""Citizens posting at the same time."""
PATIENCE_SECONDS = 60.0


class NotTaken(Exception):
    """The edge did not answer 2xx."""


async def post_all(edge: str, channel: str, bodies: Sequence[tuple[str, bytes]]) -> Run:
    """Post every (idempotency key, body); raises NotTaken when one is not taken, OSError when the edge is away."""
    where = urlsplit(edge)
    waiting = list(reversed(bodies))
    took: list[float] = []

    async def citizen() -> None:
        _, connection = await asyncio.get_running_loop().create_connection(
            _Citizen, where.hostname or "", where.port or 80
        )
        try:
            while waiting:
                key, body = waiting.pop()
                head = (
                    f"POST /v1/channels/{channel}/messages HTTP/1.1\r\nHost: {where.netloc}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: {key}\r\n\r\n"
                )
                began = time.perf_counter()
                status = await connection.ask(head.encode() + body)
                if status // 100 != 2:
                    raise NotTaken(f"{edge} answered {status} to a message on channel {channel}")
                took.append(time.perf_counter() - began)
        finally:
            connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(citizen() for _ in range(CONCURRENT_CITIZENS)))
    return Run(len(took), time.perf_counter() - began, tuple(sorted(took)))


class _Citizen(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[int] | None = None

    async def ask(self, request: bytes) -> int:
        """Send it and return the status of the answer, once that is whole."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("the edge closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(request)
        return await asyncio.wait_for(self._answer, PATIENCE_SECONDS)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the edge closed the connection"))
