"""Mails out of a mailbox (IMAP), for who has an account at a provider and no mail server of their own.

The library waits for its answers, so it runs in a thread. One process at a time reads the mailbox; were it two, a mail
that both read would still be one message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
import threading
import time
from collections.abc import Callable
from typing import cast

from common.contracts.frozen import value
from common.messaging.failures import TransientError
from common.messaging.postgres import DATABASE_AWAY, give_back
from common.messaging.retry import Backoff
from common.messaging.settings import SettingsError
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from channels.adapters.email.envelope import envelope_of
from channels.adapters.email.inbound import Answer, Inbound
from channels.adapters.email.outbound import of_this_machine
from channels.adapters.email.reading import MOST_BYTES
from channels.edge import Edge

log = logging.getLogger(__name__)
logging.getLogger("imapclient").setLevel(logging.WARNING)  # It would hold each line of a mail.

SERVER = re.compile(r"(imaps|imap\+plain)://([^\s/:@\[\]]+|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?/?")
PORTS = {"imaps": 993, "imap+plain": 143}
TIMEOUT = SocketTimeout(20, 60)
"""Seconds to connect, and for an answer."""
AT_ONCE = 50
"""Mails that are asked for together."""
TAKE_SECONDS = 180.0
IDLE_SECONDS, SLICE_SECONDS = 240.0, 1.0
"""How long the server is left to tell of new mails before it is asked again; and how soon a stop is heard."""
LOOK_SECONDS = 15.0
"""Between looks where the server tells of nothing itself."""
LATER_SECONDS = 60.0
"""Until a mail that could not be taken is tried again."""
LOCK = 0x6D61696C
"""Of the process that reads."""
NEW = ("UNSEEN", "NOT", "DELETED")
SEEN, FLAGGED = b"\\Seen", b"\\Flagged"

Take = Callable[[bytes, str, str], Answer]


@value
class Account:
    """A mailbox, and who may read it."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str


def account_of(edge: Edge) -> Account | None:
    """None where the settings name none. Raises SettingsError."""
    settings = edge.settings
    if not settings.email_imap:
        return None
    found = SERVER.fullmatch(settings.email_imap)
    if found is None or int(found[3] or 1) > 65_535:
        raise SettingsError("OTKLIK_EMAIL_IMAP must be imaps://HOST, with :PORT where it is not 993")
    host = found[2].strip("[]")
    if found[1] == "imap+plain" and not of_this_machine(host):
        raise SettingsError("OTKLIK_EMAIL_IMAP: imap+plain:// is for this machine alone: use imaps://")
    if not settings.email_imap_user or settings.email_imap_password is None:
        raise SettingsError("OTKLIK_EMAIL_IMAP needs OTKLIK_EMAIL_IMAP_USER and OTKLIK_EMAIL_IMAP_PASSWORD")
    password = settings.email_imap_password.get_secret_value()
    return Account(
        found[1], host, int(found[3] or PORTS[found[1]]), settings.email_imap_user, password,
        settings.email_imap_folder,
    )  # fmt: skip


async def poll(edge: Edge, inbound: Inbound, account: Account) -> None:
    """Until it is cancelled; a mailbox that cannot be read is tried again."""
    pauses, work = Backoff(2.0), edge.works.watch("read_mailbox")

    def reads() -> None:
        pauses.reset()
        loop.call_soon_threadsafe(work.done)

    loop = asyncio.get_running_loop()
    while True:
        try:
            async with edge.pool.acquire() as db:
                try:
                    if await db.fetchval("SELECT pg_try_advisory_lock($1::bigint)", LOCK):
                        await follow(inbound, account, reads)
                finally:
                    # The pool leaves a session its locks.
                    await give_back(db)
        except DATABASE_AWAY as error:
            work.failed(error)
        except (IMAPClientError, OSError, ValueError) as error:
            # Its words may hold what the server said of the account.
            work.failed(TransientError(f"the mailbox cannot be read: {type(error).__name__}"))
        await pauses.wait(pauses.next())


async def follow(inbound: Inbound, account: Account, works: Callable[[], None]) -> None:
    """One connection, in a thread, until it breaks."""
    loop, stop = asyncio.get_running_loop(), threading.Event()

    def take(data: bytes, sender: str, recipient: str) -> Answer:
        """What the loop says of a mail; told in the library's thread."""
        future = asyncio.run_coroutine_threadsafe(inbound.take(data, sender, recipient), loop)
        try:
            return future.result(TAKE_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever it is, the mail stays where it is
            future.cancel()
            log.warning("a mail stays in the mailbox: %s", type(error).__name__)
            return Answer("later", "it was not taken")

    try:
        await asyncio.to_thread(read_mailbox, account, inbound.is_ours, take, stop, works)
    finally:
        stop.set()


def read_mailbox(
    account: Account, is_ours: Callable[[str], bool], take: Take, stop: threading.Event, works: Callable[[], None]
) -> None:  # fmt: skip
    """Take what is new, wait for more. Raises what the library raises."""
    tls = account.scheme == "imaps"
    context = ssl.create_default_context() if tls else None
    with IMAPClient(account.host, account.port, ssl=tls, ssl_context=context, timeout=TIMEOUT) as client:
        client.login(account.user, account.password)
        client.select_folder(account.folder)
        works()
        later: dict[int, float] = {}
        while not stop.is_set():
            new, now = client.search(NEW), time.monotonic()
            # Those that wait keep nobody behind them from being taken.
            later = {number: at for number, at in later.items() if number in set(new)}
            numbers = [number for number in new if later.get(number, now) <= now][:AT_ONCE]
            for number in numbers:
                if not _take_one(client, number, is_ours, take, stop):
                    later[number] = time.monotonic() + LATER_SECONDS
            if not numbers:
                _wait_for_more(client, stop, LATER_SECONDS if later else IDLE_SECONDS)


def _take_one(
    client: IMAPClient, number: int, is_ours: Callable[[str], bool], take: Take, stop: threading.Event
) -> bool:  # fmt: skip
    """Whether the mail is settled: read, or flagged for a person because it is never taken."""
    if stop.is_set():
        return False
    size = client.fetch([number], ["RFC822.SIZE"]).get(number, {}).get(b"RFC822.SIZE")
    if size is None:
        return True  # Somebody else has deleted it.
    if cast(int, size) > MOST_BYTES:
        log.warning("a mail is larger than %d bytes: it is flagged in the mailbox", MOST_BYTES)
        client.add_flags([number], [SEEN, FLAGGED])
        return True
    data = client.fetch([number], ["BODY.PEEK[]"]).get(number, {}).get(b"BODY[]")
    if not isinstance(data, bytes):
        return True
    sender, recipient = envelope_of(data, is_ours)
    answer = take(data, sender, recipient)
    if answer.become == "later":
        return False
    if answer.become == "refused":
        log.warning("a mail is never taken, and flagged in the mailbox: %s", answer.words)
    client.add_flags([number], [SEEN, FLAGGED] if answer.become == "refused" else [SEEN])
    return True


def _wait_for_more(client: IMAPClient, stop: threading.Event, seconds: float) -> None:
    """Until the server tells of something, for so long at most."""
    if not client.has_capability("IDLE"):
        stop.wait(min(seconds, LOOK_SECONDS))
        client.noop()
        return
    client.idle()
    try:
        end, slice_seconds = time.monotonic() + seconds, min(seconds, SLICE_SECONDS)
        while not stop.is_set() and (begun := time.monotonic()) < end:
            told = client.idle_check(timeout=slice_seconds)
            # Of a connection that is closed the library says at once that there is nothing: the next question fails.
            if told or time.monotonic() - begun < slice_seconds / 2:
                break
    finally:
        with contextlib.suppress(IMAPClientError, OSError):
            client.idle_done()
