"""What is sent to do harm: each attack opens one connection, sends, and says which status it was answered with."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import random
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

PATHS = (b"/v1/channels/web/messages", b"/v1/channels/web/verdicts", b"/open311/v2/requests.json", b"/v1/messages/x",
         b"/health/live", b"/metrics", b"/nowhere")  # fmt: skip
MIB = b"x" * 1_048_576
PATIENCE_SECONDS = 15.0
"""How long a slow attack goes on, and how long an answer is waited for."""


@dataclass(frozen=True)
class Target:
    """Where the attacks go."""

    port: int
    good: bytes
    """A body that would be taken."""


class Line:
    """One connection of an attacker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._heard = asyncio.ensure_future(self._hear(reader))

    async def _hear(self, reader: asyncio.StreamReader) -> bytes:
        first = b""
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(65_536):
                first = first or part[:16]
        return first

    @property
    def over(self) -> bool:
        return self._heard.done() or self.writer.is_closing()

    async def say(self, *parts: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                if self.over:
                    return
                self.writer.write(part)
                await self.writer.drain()

    async def trickle(self, data: bytes, pause: float) -> None:
        """Byte by byte until the server has enough."""
        end = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        for at in range(len(data)):
            if self.over or asyncio.get_running_loop().time() > end:
                return
            await self.say(data[at : at + 1])
            await asyncio.wait([self._heard], timeout=pause)

    async def answer(self, seconds: float = PATIENCE_SECONDS) -> str:
        """The first status, `none` when the connection ended without one, `open` when neither came."""
        await asyncio.wait([self._heard], timeout=seconds)
        if not self._heard.done():
            return "open"
        heard = self._heard.result()
        return heard[9:12].decode("latin-1") if heard.startswith(b"HTTP/1.1 ") else "none"

    def end(self) -> None:
        self._heard.cancel()
        self.writer.close()


@asynccontextmanager
async def line(target: Target, draw: random.Random, *, receive_buffer: int | None = None) -> AsyncIterator[Line]:
    """From one of some two dozen addresses."""
    made = socket.socket()
    if receive_buffer is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.setblocking(False)
    made.bind((f"127.0.0.{draw.randint(2, 25)}", 0))
    try:
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", target.port))
        reader, writer = await asyncio.open_connection(sock=made)
    except BaseException:
        made.close()
        raise
    opened = Line(reader, writer)
    try:
        yield opened
    finally:
        opened.end()


def head(draw: random.Random, *more: bytes, path: bytes | None = None, method: bytes = b"POST") -> bytes:
    lines = [b"%s %s HTTP/1.1" % (method, path or draw.choice(PATHS)), b"host: x", *more]
    return b"\r\n".join(lines) + b"\r\n"


def whole(draw: random.Random, body: bytes, *more: bytes, path: bytes = PATHS[0]) -> bytes:
    kind = b"content-type: application/json"
    return head(draw, kind, b"content-length: %d" % len(body), *more, path=path) + b"\r\n" + body


async def said(target: Target, draw: random.Random, *parts: bytes, seconds: float = 5.0) -> str:
    async with line(target, draw) as sent:
        await sent.say(*parts)
        return await sent.answer(seconds)


async def slow_head(target: Target, draw: random.Random) -> str:
    async with line(target, draw) as sent:
        await sent.trickle(head(draw, *[b"x-%d: y" % n for n in range(200)]), draw.uniform(0.05, 1))
        return await sent.answer()


async def slow_body(target: Target, draw: random.Random) -> str:
    async with line(target, draw) as sent:
        await sent.say(head(draw, b"content-length: 200000") + b"\r\n")
        await sent.trickle(b"x" * 1_000, draw.uniform(0.05, 1))
        return await sent.answer()


async def silent(target: Target, draw: random.Random) -> str:
    async with line(target, draw) as sent:
        return await sent.answer()


async def half(target: Target, draw: random.Random) -> str:
    """A good request that stops somewhere, ended by a close, a half-close or a reset."""
    async with line(target, draw) as sent:
        request = whole(draw, target.good)
        await sent.say(request[: draw.randrange(len(request))])
        match draw.randrange(3):
            case 0:
                with contextlib.suppress(OSError):
                    sent.writer.write_eof()
            case 1:
                made = sent.writer.get_extra_info("socket")
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return "none"
        return await sent.answer()


async def unread(target: Target, draw: random.Random) -> str:
    """Asks much and reads nothing."""
    made = head(draw, method=b"GET", path=b"/metrics") + b"\r\n"
    async with line(target, draw, receive_buffer=2_048) as sent:
        sent.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await sent.say(made * draw.randint(1, 12))
        await asyncio.sleep(draw.uniform(1, PATIENCE_SECONDS))
        return "open"


async def huge_head(target: Target, draw: random.Random) -> str:
    begun = draw.choice((b"POST " + PATHS[0] + b" HTTP/1.1\r\na: ", b"GET /", b"x", head(draw) + b"cookie: "))
    return await said(target, draw, begun, *[MIB] * draw.choice((1, 20, 150)))


async def many_headers(target: Target, draw: random.Random) -> str:
    return await said(target, draw, head(draw, *[b"x-%d: y" % n for n in range(draw.choice((101, 5_000, 100_000)))]))


async def huge_body(target: Target, draw: random.Random) -> str:
    count = draw.choice((1, 50))
    kind = draw.choice((b"application/json", b"multipart/form-data; boundary=b", b"application/x-www-form-urlencoded"))
    declared = head(draw, b"content-type: " + kind, b"content-length: %d" % (count * len(MIB)))
    return await said(target, draw, declared + b"\r\n", *[MIB] * count)


async def endless_chunks(target: Target, draw: random.Random) -> str:
    begun = head(draw, b"transfer-encoding: chunked") + b"\r\n"
    piece = draw.choice((
        b"10000\r\n" + b"x" * 65_536 + b"\r\n",
        b"1\r\nx\r\n" * 10_000,
        b"1;" + b"x" * 65_536,
        b"0\r\n" + b"a: b\r\n" * 10_000,
        b"fffffffffffffffff\r\n",
    ))  # fmt: skip
    return await said(target, draw, begun, *[piece] * draw.choice((1, 200)))


async def deep(target: Target, draw: random.Random) -> str:
    depth = draw.choice((21, 500, 60_000))
    text = draw.choice(('{"a":' * depth, "[" * depth + "]" * depth, '{"text": "' + '\\"' * depth, '{"a":[' * depth))
    encoding = draw.choice(("utf-8", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"))
    return await said(target, draw, whole(draw, text.encode(encoding)[:262_144]))


async def much(target: Target, draw: random.Random) -> str:
    """Bodies that are small and mean much."""
    good = json.loads(target.good)
    body = draw.choice((
        json.dumps({str(n): n for n in range(20_000)}).encode(),
        json.dumps(good | {"rating": 0}).encode().replace(b'"rating": 0', b'"rating": ' + b"9" * 200_000),
        json.dumps(good).encode().replace(b"0.5", b"1e" + b"9" * 100_000),
        json.dumps(good | {"attachments": ["x"] * 50_000}).encode(),
        json.dumps(good | {"text": "\x00\ud800" * 10_000}).encode(),
        b"[" + b"{}," * 80_000 + b"{}]",
    ))  # fmt: skip
    return await said(target, draw, whole(draw, body))


async def packed(target: Target, draw: random.Random) -> str:
    body = gzip.compress(MIB * 20, 1)
    return await said(
        target, draw, whole(draw, body, b"content-encoding: " + draw.choice((b"gzip", b"deflate", b"br")))
    )


async def fields(target: Target, draw: random.Random) -> str:
    body = b"&".join(b"attribute[%d]=x" % n for n in range(draw.choice((60, 201, 15_000))))
    kind = b"content-type: application/x-www-form-urlencoded"
    path = draw.choice((PATHS[2], PATHS[2] + b"?" + b"a=b&" * draw.choice((10, 2_000, 50_000))))
    return await said(target, draw, head(draw, kind, b"content-length: %d" % len(body), path=path) + b"\r\n" + body)


async def pipelined(target: Target, draw: random.Random) -> str:
    one = draw.choice((head(draw, method=b"GET") + b"\r\n", whole(draw, target.good), b"\r\n" * 20))
    return await said(target, draw, *[one * 1_000] * draw.choice((1, 50)))


async def garbage(target: Target, draw: random.Random) -> str:
    return await said(target, draw, draw.randbytes(draw.choice((1, 100, 10_000))), seconds=1)


async def mutated(target: Target, draw: random.Random) -> str:
    """A good request with some of its bytes changed, left out, doubled or moved."""
    request = bytearray(whole(draw, target.good, b"idempotency-key: 1", b"authorization: Bearer x"))
    for _ in range(draw.choice((1, 1, 3, 20))):
        at, size = draw.randrange(len(request)), draw.choice((1, 1, 4, 50))
        match draw.randrange(4):
            case 0:
                request[at : at + size] = draw.randbytes(size)
            case 1:
                del request[at : at + size]
            case 2:
                request[at:at] = request[at : at + size] * draw.choice((1, 2, 100))
            case _:
                request[at:at] = draw.choice((b"\r\n", b"\x00", b"\r", b"\n\n", b": ", b"\xff\xfe", b"chunked", b"-1"))
    return await said(target, draw, bytes(request), seconds=1)


async def another_protocol(target: Target, draw: random.Random) -> str:
    return await said(
        target,
        draw,
        draw.choice((
            head(draw, b"connection: upgrade", b"upgrade: websocket", method=b"GET") + b"\r\n",
            head(draw, b"connection: upgrade", b"upgrade: h2c", b"content-length: 1") + b"\r\nx",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"CONNECT example.org:443 HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + draw.randbytes(300),
            head(draw, b"expect: 100-continue", b"content-length: 5") + b"\r\n",
            head(draw, b"content-length: 5", b"transfer-encoding: chunked") + b"\r\n0\r\n\r\n",
            head(draw, b"content-length: 5", b"content-length: 6") + b"\r\nxxxxxx",
        )),
        seconds=2,
    )  # fmt: skip


Attack = Callable[[Target, random.Random], Awaitable[str]]
ATTACKS: tuple[Attack, ...] = (
    slow_head, slow_body, silent, half, unread, huge_head, many_headers, huge_body, endless_chunks, deep, much, packed,
    fields, pipelined, garbage, mutated, another_protocol,
)  # fmt: skip
QUICK = (half, many_headers, endless_chunks, deep, much, fields, garbage, mutated, another_protocol)
"""Attacks that are over in a moment, and so can be made in numbers."""
