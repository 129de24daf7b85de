"""The port on which our own mail server hands mails over (LMTP, RFC 2033)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.adapters.email.inbound import Answer, Inbound
from channels.adapters.email.reading import MOST_BYTES

log = logging.getLogger(__name__)
logging.getLogger("mail.log").setLevel(logging.WARNING)  # It would hold addresses, and each line of a mail.

MOST_CONNECTIONS = 16
IDLE_SECONDS = 60.0
MAIL_SECONDS = 300.0
"""From a mail's first line to its last."""
COMMANDS = 1_000
"""Of one connection, each."""
LONGEST_LINE = 8_192
"""Bytes; longer than the protocol has it, since mail servers pass such lines on."""
CODES = {"taken": "250 2.6.0", "noted": "250 2.6.0", "refused": "554 5.6.0", "later": "451 4.3.0"}


class Port(LMTP):
    """One connection."""

    line_length_limit = LONGEST_LINE

    def __init__(self, inbound: Inbound, hostname: str, taken: set[Port]) -> None:
        super().__init__(
            Reception(inbound), data_size_limit=MOST_BYTES, enable_SMTPUTF8=True, hostname=hostname, ident="LMTP",
            timeout=IDLE_SECONDS, command_call_limit=COMMANDS, auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=asyncio.get_running_loop(),
        )  # fmt: skip
        self._connections = taken

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._connections) >= MOST_CONNECTIONS:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"421 4.3.2 too many connections, come again\r\n")
            transport.close()
            return
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._connections:
            self._connections.discard(self)
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:
        """Ends a connection that sends a mail too slowly."""
        try:
            async with asyncio.timeout(MAIL_SECONDS):
                await super().smtp_DATA(arg)
        except TimeoutError:
            log.warning("a mail took longer than %.0f s: its connection is closed", MAIL_SECONDS)
            if self.transport is not None:
                self.transport.close()


class Reception:
    """What the library asks of us. A mail has one recipient, so that each has an answer of its own."""

    def __init__(self, inbound: Inbound) -> None:
        self._inbound = inbound

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:  # fmt: skip
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        if not self._inbound.is_ours(address):
            return "550 5.1.1 there is no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        data = envelope.original_content
        assert isinstance(data, bytes)
        # The library gives the empty sender of reports as it was written.
        sender = (envelope.mail_from or "").strip("<>")
        return reply(await self._inbound.take(data, sender, envelope.rcpt_tos[0]))

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours: the mail server tries again."""
        log.error("a mail was not taken", exc_info=error)
        return "451 4.3.0 a fault of ours: try again"


def reply(answer: Answer) -> str:
    """One line of ASCII."""
    words = " ".join(answer.words.split()).encode("ascii", "replace").decode()
    return f"{CODES[answer.become]} {words}"[:480]


async def listen(inbound: Inbound, host: str, port: int, hostname: str) -> None:
    """Until it is cancelled; a port that is not free is tried again."""
    connections: set[Port] = set()
    while True:
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: Port(inbound, hostname, connections), host, port
            )
        except OSError as error:
            log.error("mails are not taken: %s port %d cannot be opened: %s", host, port, error.strerror)
            await asyncio.sleep(5)
            continue
        try:
            async with server:
                await server.serve_forever()
        finally:
            for each in list(connections):
                _close(each)


def _close(port: Any) -> None:
    with contextlib.suppress(Exception):
        if port.transport is not None:
            port.transport.close()
