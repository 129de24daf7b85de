"""A mailbox at a provider: as much of IMAP4rev1 (RFC 3501, 2177) as a reader of unread mails says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "help", "s3cret"
COMMAND = re.compile(rb"(\S+) (UID \S+|\S+)(?: (.*))?")
LITERAL = re.compile(rb"\{(\d+)\}$")


@dataclass
class FakeMailbox:
    """Mails with their flags, by number from 1."""

    mails: list[bytes] = field(default_factory=list)
    flags: dict[int, set[bytes]] = field(default_factory=dict)
    idle: bool = True
    logins: int = 0
    port: int = 0
    _idling: list[asyncio.StreamWriter] = field(default_factory=list)
    _open: list[asyncio.StreamWriter] = field(default_factory=list)

    def add(self, data: bytes) -> int:
        self.mails.append(data)
        for writer in self._idling:
            writer.write(b"* %d EXISTS\r\n" % len(self.mails))
        return len(self.mails)

    def drop_connections(self) -> None:
        for writer in self._open:
            writer.close()

    @property
    def waits(self) -> bool:
        """Whether a reader waits to be told of new mails."""
        return bool(self._idling)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeMailbox]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            self.port = server.sockets[0].getsockname()[1]
            yield self
        finally:
            server.close()
            self.drop_connections()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.append(writer)
        writer.write(b"* OK ready\r\n")
        try:
            while line := await self._line(reader, writer):
                found = COMMAND.fullmatch(line)
                assert found is not None, line
                await self._answer(found[1], found[2].upper(), found[3] or b"", reader, writer)
        except ConnectionError:
            pass
        finally:
            self._open.remove(writer)
            if writer in self._idling:
                self._idling.remove(writer)
            writer.close()

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """A command, with the literals in it."""
        line = (await reader.readline()).rstrip(b"\r\n")
        while literal := LITERAL.search(line):
            writer.write(b"+ go on\r\n")
            data = await reader.readexactly(int(literal[1]))
            line = line[: literal.start()] + b'"' + data + b'"' + (await reader.readline()).rstrip(b"\r\n")
        return line

    async def _answer(
        self, tag: bytes, command: bytes, rest: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:  # fmt: skip
        done, said = b"OK done", b""
        match command:
            case b"CAPABILITY":
                said = b"* CAPABILITY IMAP4rev1%s\r\n" % (b" IDLE" if self.idle else b"")
            case b"LOGIN":
                self.logins += 1
                if rest.replace(b'"', b"") != f"{USER} {PASSWORD}".encode():
                    done = b"NO [AUTHENTICATIONFAILED] wrong"
            case b"SELECT":
                said = b"* %d EXISTS\r\n* OK [UIDVALIDITY 1]\r\n" % len(self.mails)
                done = b"OK [READ-WRITE] done"
            case b"UID SEARCH":
                new = [n for n in range(1, len(self.mails) + 1) if b"\\Seen" not in self.flags.get(n, set())]
                said = b"* SEARCH %s\r\n" % b" ".join(b"%d" % n for n in new)
            case b"UID FETCH":
                number = int(rest.split()[0])
                data = self.mails[number - 1]
                said = b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (number, number, len(data))
                if b"BODY" in rest:
                    said = b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (number, number, len(data), data)
            case b"UID STORE":
                number = int(rest.split()[0])
                self.flags.setdefault(number, set()).update(re.findall(rb"\\\w+", rest))
            case b"IDLE":
                writer.write(b"+ idling\r\n")
                self._idling.append(writer)
                await reader.readline()
                self._idling.remove(writer)
            case b"LOGOUT":
                said = b"* BYE\r\n"
        writer.write(said + tag + b" " + done + b"\r\n")
        await writer.drain()
