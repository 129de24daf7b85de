"""What an HTTP port bears: the real server over raw sockets, without anything behind it."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from common.runtime.http.app import HttpServer
from common.runtime.http.limits import HttpLimits
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.kafka import eventually

HEAD = b"POST /echo HTTP/1.1\r\nhost: x\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
SHORT = HttpLimits(head_seconds=0.5, body_seconds=0.5, answer_seconds=1.0, total_seconds=3.0)


async def echo(request: Request) -> Response:
    assert request.client is not None
    return PlainTextResponse(f"{request.client.host} {len(await request.body())}")


async def large(_: Request) -> Response:
    return PlainTextResponse("x" * 50_000_000)


@asynccontextmanager
async def port(limits: HttpLimits | None = None) -> AsyncIterator[HttpServer]:
    routes = [Route("/echo", echo, methods=["GET", "POST"]), Route("/form/echo", echo), Route("/large", large)]
    routes.append(Route("/health/live", echo))
    forms = {"/form": lambda status, words: [{"code": status, "description": words}]}
    server = HttpServer("127.0.0.1", 0, routes, limits or HttpLimits(rate=0), forms)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def talk(server: HttpServer, *said: bytes, most: int = 100_000) -> bytes:
    """Everything that is answered until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    heard = b""
    try:
        with contextlib.suppress(ConnectionError):
            for part in said:
                writer.write(part)
                await writer.drain()
        async with asyncio.timeout(120):
            with contextlib.suppress(ConnectionError):
                while len(heard) < most and (part := await reader.read(65_536)):
                    heard += part
    finally:
        writer.close()
    return heard


async def ask(server: HttpServer, said: bytes) -> bytes:
    """The same for a request after whose answer the connection may stay open."""
    return await talk(server, said.replace(b"host: x\r\n", b"host: x\r\nconnection: close\r\n", 1))


async def test_what_is_too_large_is_refused_with_a_reason_before_it_is_kept() -> None:
    mib = b"x" * 1_048_576
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    async with port() as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answers = {
            "a header of 150 MB": (await talk(server, HEAD + b"a: ", *[mib] * 150), b" 431 "),
            "a header name of 20 MB": (await talk(server, HEAD, *[mib] * 20), b" 431 "),
            "an address of 20 MB": (await talk(server, b"GET /echo?", *[mib] * 20), b" 431 "),
            "an address of 20 KB": (await talk(server, b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * 20_000)), b" 414 "),
            "many headers": (await talk(server, HEAD + b"a: b\r\n" * 200 + b"\r\n"), b" 431 "),
            "blank lines for ever": (await talk(server, *[b"\r\n" * 65_536] * 20), b" 4"),
            "a declared body of 50 MB": (await talk(server, HEAD + b"content-length: 52428800\r\n\r\n", mib), b" 413 "),
            "a length of 40 digits": (await talk(server, HEAD + b"content-length: " + b"9" * 40 + b"\r\n\r\n"), b" 4"),
            "chunks without a length": (await talk(server, CHUNKED, *[chunk] * 200), b" 413 "),
            "chunk extensions": (await talk(server, CHUNKED, b"1;", *[mib] * 20), b" 413 "),
            "chunks of one byte": (await talk(server, CHUNKED, *[b"1\r\nx\r\n" * 20_000] * 20), b" 413 "),
            "trailers": (await talk(server, CHUNKED + b"0\r\n", *[b"a: b\r\n" * 20_000] * 20), b" 413 "),
            "a gzipped transfer": (await talk(server, HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n"), b" 501 "),
            "garbage": (await talk(server, b"\x16\x03\x01\x00garbage\r\n\r\n"), b" 400 "),
            "an address in Latin-1": (await talk(server, b"GET /\xe9 HTTP/1.1\r\n\r\n"), b" 400 "),
            "no address": (await talk(server, b"CONNECT x:1 HTTP/1.1\r\n\r\n"), b" 400 "),
            "another protocol": (await talk(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), b" 400 "),
        }
        for what, (answer, status) in answers.items():
            assert answer.startswith(b"HTTP/1.1 "), f"{what}: {answer[:100]!r}"
            assert status in answer.partition(b"\r\n")[0], f"{what}: {answer[:300]!r}"
            assert b"connection: close" in answer, what
        formed = await talk(server, b"GET /form/echo?" + b"x" * 10_000 + b" HTTP/1.1\r\n\r\n")
        assert b'[{"code": 414, "description": "the address is longer' in formed
        assert b" 200 " in await ask(server, HEAD + b"content-length: 3\r\n\r\nabc")
        assert b"127.0.0.1 262144" in await ask(server, HEAD + b"content-length: 262144\r\n\r\n" + b"x" * 262_144)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50_000, f"{grown} KB more"


async def test_requests_in_a_row_are_answered_in_order_and_too_many_at_once_are_not_kept() -> None:
    one = HEAD + b"content-length: 1\r\n\r\nx"
    async with port() as server:
        answers = await talk(server, one * 9 + HEAD + b"connection: close\r\ncontent-length: 2\r\n\r\nxy")
        assert (answers.count(b" 200 "), answers.count(b"127.0.0.1 1")) == (10, 9)
        assert answers.endswith(b"127.0.0.1 2")
        flood = await talk(server, b"GET /echo HTTP/1.1\r\n\r\n" * 100_000)
        assert flood.count(b" 200 ") <= 20
        assert flood.count(b" 429 ") == 1
        split = await talk(server, one + HEAD + b"content-length: 10\r\n\r\nxx", b"x" * 8 + b"nonsense\r\n\r\n")
        assert (split.count(b" 200 "), split.count(b" 400 ")) == (2, 1)
        upgrade = await talk(server, b"GET /echo HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
        assert b" 200 " in upgrade
        assert b"connection: close" in upgrade
        patient = await talk(
            server, HEAD + b"connection: close\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n", b"x"
        )
        assert patient.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ")


async def test_who_is_slow_is_cut_off_and_told() -> None:
    async def trickle(first: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(first)
        heard = asyncio.ensure_future(reader.read())
        with contextlib.suppress(ConnectionError):
            while not heard.done():
                writer.write(b"a")
                await asyncio.wait([heard], timeout=0.1)
        writer.close()
        return await heard

    async def without_reading() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1_000)
        writer.write(b"GET /large HTTP/1.1\r\n\r\n")
        await eventually(cut_off)
        heard = b""
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(65_536):
                heard += part
        writer.close()
        return heard

    async def cut_off() -> bool:
        return not len(server._shared.connections)

    async with port(replace(SHORT, rate=0)) as server:
        line, head, body, silent = await asyncio.gather(
            trickle(b"GET /ec"), trickle(HEAD + b"x: "), trickle(HEAD + b"content-length: 100000\r\n\r\n"), talk(server)
        )
        assert [a.split(b" ")[1] for a in (line, head, body)] == [b"408"] * 3
        assert silent == b""
        async with asyncio.timeout(120):
            assert len(await without_reading()) < 50_000_000


async def test_slow_connections_of_one_address_displace_each_other_and_never_an_honest_one() -> None:
    limits = HttpLimits(rate=0, connections=60, connections_per_address=40)
    async with port(limits) as server:
        slow = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(300)]
        for _, writer in slow:
            writer.write(HEAD + b"content-length: 100000\r\n\r\nx")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", verify=False, timeout=60) as http:
            for _ in range(30):
                assert (await http.post("/echo", content=b"abc")).text == "127.0.0.1 3"
        others = httpx.AsyncHTTPTransport(verify=False, local_address="127.0.0.2")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", transport=others, timeout=60) as http:
            assert (await http.post("/echo", content=b"abc")).text == "127.0.0.2 3"
        assert len(server._shared.connections) <= 41
        for _, writer in slow:
            writer.close()


async def test_one_source_is_limited_with_a_time_to_come_again_and_others_are_not() -> None:
    limits = HttpLimits(rate=0.01, burst=10, trusted_proxies="127.0.0.1, 10.0.0.0/8")
    async with port(limits) as server:
        address = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=address, verify=False, timeout=60) as http:
            first = [await http.get("/form/echo", headers={"X-Forwarded-For": "192.0.2.1"}) for _ in range(20)]
            refused = [a for a in first if a.status_code == 429]
            assert len(refused) == 10
            assert 1 <= int(refused[0].headers["retry-after"]) <= 100
            assert "too many requests" in refused[0].json()[0]["description"]
            forged = await http.get("/echo", headers={"X-Forwarded-For": "192.0.2.77, 192.0.2.1, 10.1.1.1"})
            assert forged.status_code == 429
            other = await http.get("/echo", headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.2"})
            assert other.text == "192.0.2.2 0"
            assert [(await http.get("/health/live")).status_code for _ in range(20)] == [200] * 20
        outsider = httpx.AsyncHTTPTransport(verify=False, local_address="127.0.0.2")
        async with httpx.AsyncClient(base_url=address, transport=outsider, timeout=60) as http:
            lied = [await http.get("/echo", headers={"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(20)]
            assert lied[0].text == "127.0.0.2 0"
            assert 429 in {a.status_code for a in lied}


def test_a_wrong_list_of_proxies_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="proxy"):
        HttpServer("127.0.0.1", 0, [], HttpLimits(trusted_proxies="proxy"))
