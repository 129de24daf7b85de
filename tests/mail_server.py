"""The far side of e-mail: a mail server that takes notices over SMTP, and hands mails of citizens over by LMTP."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.mails import OURS


@dataclass
class FakeMailServer:
    """Keeps what it took; `refusals` by recipient are said first, each once."""

    taken: list[tuple[str, str, EmailMessage]] = field(default_factory=list)
    """Envelope sender, recipient, mail."""
    refusals: dict[str, list[str]] = field(default_factory=dict)
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: object
    ) -> str:
        if waiting := self.refusals.get(address):
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(mail, EmailMessage)
        self.taken += [(envelope.mail_from or "", recipient, mail) for recipient in envelope.rcpt_tos]
        return "250 OK"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeMailServer]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname="mx", loop=loop), "127.0.0.1", 0)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self


async def hand_over(
    port: int, data: bytes, sender: str = "ann@example.org", recipient: str = OURS
) -> tuple[int, str]:  # fmt: skip
    """What our port answers to a mail."""

    def deliver() -> tuple[int, str]:
        with smtplib.LMTP("127.0.0.1", port, timeout=120) as lmtp:
            lmtp.ehlo_or_helo_if_needed()
            for code, words in (lmtp.mail(sender), lmtp.rcpt(recipient)):
                if code != 250:
                    return code, words.decode()
            code, words = lmtp.data(data)
            return code, words.decode()

    return await asyncio.to_thread(deliver)
