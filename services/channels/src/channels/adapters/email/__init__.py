"""E-mail: in by LMTP from our own mail server or out of a mailbox, out by SMTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import asyncpg
from common.messaging.settings import SettingsError

from channels.adapters.email import store
from channels.adapters.email.imap import account_of, poll
from channels.adapters.email.inbound import Inbound
from channels.adapters.email.lmtp import listen
from channels.adapters.email.mailbox import mailbox_of
from channels.adapters.email.outbound import Mails, Server
from channels.edge import Edge

THREADS_KEPT = timedelta(days=730)
"""After the last word in them; later an answer of ours stands in no thread, and still finds its conversation."""
SENT_KEPT = timedelta(days=30)
"""Longer than a mail server tries."""


def deliverer(edge: Edge) -> Mails | None:
    """What delivers the notices of `email`."""
    settings, mailbox = edge.settings, mailbox_of(edge)
    if mailbox is None:
        return None
    if not settings.email_smtp:
        raise SettingsError("OTKLIK_EMAIL_ADDRESSES needs OTKLIK_EMAIL_SMTP: the server by which answers go out")
    if (settings.email_smtp_password is not None) != bool(settings.email_smtp_user):
        raise SettingsError("OTKLIK_EMAIL_SMTP_USER and OTKLIK_EMAIL_SMTP_PASSWORD belong together")
    server = Server.read(settings.email_smtp, with_password=settings.email_smtp_password is not None)
    return Mails(edge, mailbox, server)


def listeners(edge: Edge) -> list[Callable[[], Awaitable[None]]]:
    """What runs until the service stops."""
    settings, mailbox = edge.settings, mailbox_of(edge)
    if mailbox is None:
        return []
    inbound, found = Inbound(edge, mailbox), []
    if settings.email_lmtp_port is not None:
        listening = partial(listen, inbound, settings.email_lmtp_host, settings.email_lmtp_port, mailbox.ours.domain)
        found.append(listening)
    account = account_of(edge)
    if account is not None:
        found.append(partial(poll, edge, inbound, account))
    return [*found]


async def forget_old(pool: asyncpg.Pool) -> None:
    """Threads in which nobody wrote for long, and which mails were sent."""
    await store.forget_old(pool, THREADS_KEPT, SENT_KEPT)
