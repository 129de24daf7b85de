"""Notices over SMTP, by a mail server that is ours or that we have an account with."""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from ipaddress import ip_address

import aiosmtplib
from common.contracts.frozen import value
from common.messaging.postgres import DATABASE_AWAY
from common.messaging.settings import SettingsError

from channels.adapters.email import store
from channels.adapters.email.addresses import NoAddress, checked
from channels.adapters.email.mailbox import CHANNEL, Mailbox, whose, whose_address
from channels.adapters.email.thread import heading
from channels.adapters.email.writing import Letter, written
from channels.delivery.deliverer import Never, NotNow, Outgoing
from channels.edge import Edge

TIMEOUT_SECONDS = 40.0
SERVER = re.compile(r"(smtps|smtp|smtp\+plain)://([^\s/:@\[\]]+|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?/?")
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
OF_OUR_OWN = frozenset({421, 432, 454, 530, 534, 535, 538})
"""Codes that say nothing of the citizen: the server is away, or does not know us."""


@value
class Server:
    """Where mails are handed over."""

    scheme: str
    host: str
    port: int

    @classmethod
    def read(cls, setting: str, *, with_password: bool) -> Server:
        """Raises SettingsError."""
        found = SERVER.fullmatch(setting)
        if found is None or int(found[3] or 1) > 65_535:
            raise SettingsError(
                "OTKLIK_EMAIL_SMTP must be smtps://HOST (TLS), smtp://HOST (STARTTLS, always) or smtp+plain://HOST"
                " (a server on this machine or in its own network), with :PORT where it is another"
            )
        scheme, host = found[1], found[2].strip("[]")
        if scheme == "smtp+plain" and with_password and not of_this_machine(host):
            raise SettingsError("OTKLIK_EMAIL_SMTP: a password goes over TLS alone: use smtps:// or smtp://")
        return cls(scheme, host, int(found[3] or PORTS[scheme]))


class Mails:
    """The deliverer of the channel."""

    channel = CHANNEL

    def __init__(self, edge: Edge, mailbox: Mailbox, server: Server, tls: ssl.SSLContext | None = None) -> None:
        self._edge = edge
        self._mailbox = mailbox
        self._server = server
        self._tls = tls

    async def deliver(self, out: Outgoing) -> None:
        """The same mail at each try. Raises NotNow and Never."""
        ours = self._mailbox.ours
        try:
            recipient = checked(out.address)
        except NoAddress:
            raise Never("the contact is no e-mail address") from None
        if ours.tag_of(recipient) is not None:
            raise Never("the contact is an address of this channel itself")
        known_by, tag = whose(self._edge, out.conversation), self._mailbox.keys.tag(out.notice_id)
        try:
            if out.unasked and await store.wants_none(self._edge.pool, whose_address(self._edge, recipient)):
                raise Never("whoever has the address wants no mails about the case")
            thread = self._mailbox.opened(known_by, await store.thread_of(self._edge.pool, known_by))
            await store.note_sent(self._edge.pool, tag, out.notice_id)
        except DATABASE_AWAY:
            raise NotNow("the database is away", everyone=True) from None
        message_id = self._mailbox.keys.message_id(out.conversation, out.address, out.notice_id)
        letter = Letter(
            ours.first, self._edge.federation.title, recipient, message_id,
            heading(thread, out.reference, self._edge.federation.title), out.text, out.language, datetime.now(UTC),
        )  # fmt: skip
        try:
            await self._send(written(letter), ours.tagged(tag), recipient)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _meaning(error) from None

    async def _send(self, mail: bytes, sender: str, recipient: str) -> None:
        settings, server = self._edge.settings, self._server
        password = settings.email_smtp_password
        await aiosmtplib.send(
            mail, sender=sender, recipients=[recipient], hostname=server.host, port=server.port,
            username=settings.email_smtp_user or None,
            password=password.get_secret_value() if password is not None else None,
            local_hostname=self._mailbox.ours.domain, timeout=TIMEOUT_SECONDS, use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp", tls_context=self._tls,
        )  # fmt: skip


def _meaning(error: aiosmtplib.SMTPException | OSError) -> NotNow | Never:
    """What an error says about trying again; its own words may hold the address."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        code = error.recipients[0].code
        if code in OF_OUR_OWN:
            return NotNow(f"the mail server takes nothing now: {code}", everyone=True)
        if code >= 500:
            return Never(f"the mail server refuses the address: {code}")
        return NotNow(f"the mail server puts the address off: {code}")
    if isinstance(error, aiosmtplib.SMTPSenderRefused | aiosmtplib.SMTPAuthenticationError):
        return NotNow(f"the mail server refuses our sender or password: {error.code}", everyone=True)
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Never("the mail server cannot send to such an address")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        if error.code in OF_OUR_OWN or isinstance(error, aiosmtplib.SMTPHeloError):
            return NotNow(f"the mail server takes nothing now: {error.code}", everyone=True)
        if error.code >= 500:
            return Never(f"the mail server refuses the mail: {error.code}")
        return NotNow(f"the mail server puts the mail off: {error.code}")
    return NotNow(f"the mail server does not answer: {type(error).__name__}", everyone=True)


def of_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
