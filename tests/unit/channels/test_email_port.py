"""The port for mails against whoever reaches it: what it answers, what it bears, and that it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from channels.adapters.email import lmtp
from channels.adapters.email.inbound import Answer, Inbound
from channels.adapters.email.lmtp import MOST_CONNECTIONS, listen
from channels.adapters.email.reading import MOST_BYTES
from embedded.processes import free_port

from tests.kafka import eventually
from tests.mail_server import hand_over
from tests.mails import OURS, mail


class Box:
    """In place of what becomes of mails: keeps them, and fails when it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bytes]] = []
        self.fault: Exception | None = None

    def is_ours(self, address: str) -> bool:
        return address.lower() == OURS

    async def take(self, data: bytes, sender: str, recipient: str) -> Answer:
        if self.fault is not None:
            raise self.fault
        self.taken.append((sender, recipient, data))
        return Answer("taken", "taken")


class Talk:
    """Raw lines to the port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def says(self, line: bytes) -> str:
        self._writer.write(line + b"\r\n")
        await self._writer.drain()
        return await self.answer()

    async def answer(self) -> str:
        """The last line of an answer; empty where the port has closed."""
        while True:
            line = (await asyncio.wait_for(self._reader.readline(), 120)).decode()
            if not line or line[3:4] != "-":
                return line.strip()

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def port_of(box: Box) -> AsyncIterator[int]:
    port = free_port()
    task = asyncio.create_task(listen(cast(Inbound, box), "127.0.0.1", port, "city.example"))
    try:
        while not task.done():
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0)
        yield port
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def talk(port: int) -> AsyncIterator[Talk]:
    found = Talk(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield found
    finally:
        found.close()


async def test_a_mail_is_taken_for_our_addresses_one_at_a_time() -> None:
    box = Box()
    async with port_of(box) as port, talk(port) as line:
        assert (await line.answer()).startswith("220 ")
        assert (await line.says(b"EHLO x")).startswith("500 ")
        assert (await line.says(b"MAIL FROM:<ann@example.org>")).startswith("503 ")
        assert (await line.says(b"LHLO x")).startswith("250 ")
        assert (await line.says(b"AUTH PLAIN AGEAYg==")).startswith("5")
        assert (await line.says(b"STARTTLS")).startswith("454 ")
        assert (await line.says(b"MAIL FROM:<ann@example.org> SIZE=%d" % (MOST_BYTES + 1))).startswith("552 ")
        assert (await line.says(b"MAIL FROM:<>")).startswith("250 ")
        assert (await line.says(b"RCPT TO:<bob@city.example>")).startswith("550 5.1.1 ")
        assert (await line.says(b"DATA")).startswith("503 ")
        assert (await line.says(b"RCPT TO:<help@city.example>")).startswith("250 ")
        assert (await line.says(b"RCPT TO:<help@city.example>")).startswith("452 ")
        assert (await line.says(b"DATA")).startswith("354 ")
        assert (await line.says(b"Subject: x\r\n\r\n..dot\r\n.")).startswith("250 ")
        assert await line.says(b"QUIT") == "221 Bye"
    assert box.taken == [("", OURS, b"Subject: x\r\n\r\n.dot\r\n")]


async def test_noise_disturbs_nobody() -> None:
    box = Box()
    async with port_of(box) as port:
        for noise in (b"\x00" * 600, b"\xff\xfe\r\n", b"A" * 20_000, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                      b"LHLO x\r\nMAIL FROM:<" + b"a" * 5_000 + b">\r\n", b"LHLO x\r\nRCPT TO:<\r\n"):  # fmt: skip
            async with talk(port) as line:
                await line.answer()
                await line.says(noise)
        # Words of a mail that are commands of the protocol stay words; a bare line feed ends no mail.
        smuggled = b"Subject: x\r\n\r\nhi\n.\nMAIL FROM:<eve@example.org>\r\n\n.\r\nRCPT TO:<help@city.example>\r\n"
        assert (await hand_over(port, mail()))[0] == 250
        async with talk(port) as line:
            await line.answer()
            await line.says(b"LHLO x")
            await line.says(b"MAIL FROM:<ann@example.org>")
            await line.says(b"RCPT TO:<help@city.example>")
            await line.says(b"DATA")
            assert (await line.says(smuggled + b".")).startswith("250 ")
        assert [sender for sender, _, _ in box.taken] == ["ann@example.org"] * 2


async def test_what_is_too_much_is_answered_and_the_connection_goes_on() -> None:
    box = Box()
    async with port_of(box) as port, talk(port) as line:
        await line.answer()
        await line.says(b"LHLO x")
        for data, code in ((b"x" * 100 + b"\r\n", "250"), (b"x" * 20_000 + b"\r\n", "500"),
                           ((b"x" * 70 + b"\r\n") * (MOST_BYTES // 72 + 1), "552")):  # fmt: skip
            await line.says(b"MAIL FROM:<ann@example.org>")
            await line.says(b"RCPT TO:<help@city.example>")
            await line.says(b"DATA")
            assert (await line.says(data + b".")).startswith(code)
    assert len(box.taken) == 1


async def test_a_fault_of_ours_makes_the_mail_server_try_again(caplog: pytest.LogCaptureFixture) -> None:
    box = Box()
    box.fault = RuntimeError("a fault")
    async with port_of(box) as port:
        assert (await hand_over(port, mail()))[0] == 451
        box.fault = None
        assert (await hand_over(port, mail()))[0] == 250
    assert "ann@example.org" not in caplog.text


async def test_so_many_connections_and_no_more() -> None:
    box = Box()
    async with port_of(box) as port:
        held = [Talk(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(MOST_CONNECTIONS)]
        greetings = [await one.answer() for one in held]
        full = [g for g in greetings if g.startswith("220 ")]
        # The probe for the port may still have had a place.
        assert len(full) >= MOST_CONNECTIONS - 1
        async with talk(port) as line:
            assert (await line.answer()).startswith("421 ")
        for one in held:
            one.close()

        async def free() -> bool:
            async with talk(port) as line:
                return (await line.answer()).startswith("220 ")

        await eventually(free)


async def test_who_is_silent_or_slow_is_put_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmtp, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(lmtp, "MAIL_SECONDS", 0.1)
    async with port_of(Box()) as port:
        async with talk(port) as line:
            await line.answer()
            assert await line.answer() == ""
        monkeypatch.setattr(lmtp, "IDLE_SECONDS", 60.0)
        async with talk(port) as line:
            await line.answer()
            await line.says(b"LHLO x")
            await line.says(b"MAIL FROM:<ann@example.org>")
            await line.says(b"RCPT TO:<help@city.example>")
            assert (await line.says(b"DATA")).startswith("354 ")
            assert await line.answer() == ""
