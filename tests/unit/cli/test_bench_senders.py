"""The bench's senders over HTTP, against a server that answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from otklik.bench.edge_run import NotTaken, post_all

TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"
IN_PIECES = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def edge(answer: bytes, heard: list[bytes]) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with_body = b"Idempotency-Key: "
        while head := await reader.readuntil(b"\r\n\r\n"):
            heard.append(head.split(with_body)[1].split(b"\r\n")[0] + b" " + await reader.readexactly(4))
            writer.write(answer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("answer", [TAKEN, IN_PIECES])
async def test_every_body_is_posted_once_under_its_key(answer: bytes) -> None:
    heard: list[bytes] = []
    bodies = [(f"key-{number}", b"body") for number in range(300)]
    async with edge(answer, heard) as url:
        run = await post_all(url, "web", bodies)
    assert run.count == len(bodies)
    assert sorted(heard) == sorted(key.encode() + b" body" for key, _ in bodies)


async def test_a_message_that_is_not_taken_ends_the_run_with_words() -> None:
    async with edge(BUSY, []) as url:
        with pytest.raises(NotTaken, match="503 to a message on channel web"):
            await post_all(url, "web", [("key", b"body")])
